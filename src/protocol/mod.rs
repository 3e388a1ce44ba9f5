//! What the built-in engine and the gateway say to each other.
//!
//! A device asks ([`Request`]) and the gateway answers ([`Answer`]): with pages of rows, with a
//! verdict on each mutation, or with a word why not. A [`Codec`] makes bytes of that and reads them
//! back; who speaks never looks at bytes, and asks the codec also for what a message would weigh
//! and whether an answer says no. A page is written row by row, as its reader limits its bytes, and
//! read into one flat list of cells that borrow from the body; the body is owned by the side that
//! got it ([`Codec::open`]).
//!
//! Invariants: what is encoded decodes to itself; damaged bytes are an error, never a panic;
//! nothing is kept on a disk as a codec writes it, so that databases outlive a change of codec.
//!
//! How to add a codec: a file that implements [`Codec`], and a line in `list.rs`. The tests here
//! hold every codec to the above.

mod answer;
mod blob;
mod codec;
mod damaged;
mod json;
mod list;
mod message;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Page, Part, Projected, PushResult, Rows, WireRow};
pub use blob::{BlobAnswer, BlobPut};
pub use codec::{Codec, CopiedRow, PageWriter, PushVerdict, Weighed};
pub use damaged::Damaged;
pub use list::{DEFAULT, NAMES, named};
pub use message::{Asked, FetchRequest, PullRequest, PushRequest, Request, SyncRequest, Want};
