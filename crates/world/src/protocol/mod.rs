//! What the built-in engine and the gateway say to each other.
//!
//! A device asks ([`Request`]) and the gateway answers ([`Answer`]): with pages of rows, with a
//! verdict on each mutation, or with a word why not. A [`Codec`] makes bytes of that and reads them
//! back; who speaks never looks at bytes. A page is written row by row, as its reader limits its
//! bytes, and read into one flat list of cells that borrow from the body, which the side that got
//! it owns ([`Codec::open`]). Any format may be packed.
//!
//! Invariants: what is encoded decodes to itself; damaged bytes are an error, never a panic; what a
//! replica keeps on its disk is JSON, whatever is spoken, so that it outlives a change of codec.
//!
//! How to add a format: a file that implements `Notation`, `Marked` or `Format` over the shapes of
//! `raw_request.rs` and `raw_answer.rs`, with its name, its sentence and its costs in its `Facts`,
//! and a line in `list.rs`. The tests here hold every codec, packed and not, to the above.

#![allow(missing_docs, reason = "what its name says needs no sentence")]

mod answer;
mod blob;
mod cbor;
mod codec;
mod coding;
mod damaged;
mod format;
mod gzip;
mod json;
mod list;
mod mapped;
mod marked;
mod message;
mod packed;
mod pages;
mod protobuf;
mod raw_answer;
mod raw_request;
mod room;
#[cfg(test)]
mod tests;
mod weight;
mod xml;
mod zst;

pub use answer::{Answer, Page, Part, Projected, PushResult, Rows, WireRow};
pub use blob::{BlobAnswer, BlobPut};
pub use codec::Codec;
pub use coding::{BytesCount, Coding, Effort, Packing, Packs, Way};
pub use damaged::Damaged;
pub use list::{ANY, DEFAULT, NAMES, NAMES_OR_ANY, all, explained, named, packed};
pub use message::{Asked, FetchRequest, PullRequest, PushRequest, Request, SyncRequest, Want};
pub use packed::LIMIT;
pub use pages::{PageWriter, PushVerdict};
pub use weight::{CopiedRow, Weighed};
