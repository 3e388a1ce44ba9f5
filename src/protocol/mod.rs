//! What the built-in engine and the gateway say to each other.
//!
//! A device asks ([`Request`]) and the gateway answers ([`Answer`]): with pages of rows, with a
//! verdict on each mutation, or with a word why not. A [`Codec`] makes bytes of that and reads them
//! back; who speaks never looks at bytes. A page is written row by row, as its reader limits its
//! bytes, and read into one flat list of cells that borrow from the body, which the side that got
//! it owns ([`Codec::open`]). Any format may be packed, which is a codec over another.
//!
//! Invariants: what is encoded decodes to itself; damaged bytes are an error, never a panic; what a
//! replica keeps on its disk is JSON, whatever is spoken, so that it outlives a change of codec.
//!
//! How to add a format: a folder that implements `Format` over the shapes of `raw`, its costs in
//! `costs.rs`, and a line in `list.rs`. The tests here hold every codec, packed and not, to the
//! above.

mod answer;
mod blob;
mod cbor;
mod codec;
mod coding;
mod costs;
mod damaged;
mod format;
mod json;
mod list;
mod message;
mod packed;
mod protobuf;
mod raw;
#[cfg(test)]
mod tests;
mod weight;
#[cfg(test)]
mod whole_tests;
mod xml;

pub use answer::{Answer, Page, Part, Projected, PushResult, Rows, WireRow};
pub use blob::{BlobAnswer, BlobPut};
pub use codec::{Codec, CopiedRow, PageWriter, PushVerdict, Weighed};
pub use coding::{BytesCount, Coding, Packing, Packs};
pub use costs::{Effort, Way};
pub use damaged::Damaged;
pub use list::{DEFAULT, NAMES, all, named, packed};
pub use message::{Asked, FetchRequest, PullRequest, PushRequest, Request, SyncRequest, Want};
pub use packed::LIMIT;
