//! The protocol between the built-in engine and the gateway (the server between devices and
//! backend).
//!
//! A device sends a [`Request`]. The gateway responds with an `Answer`: pages of rows, a verdict
//! per mutation (edit), or an error. A [`Codec`] encodes these messages to bytes and decodes them.
//! No other code reads the bytes. Pages are written row by row, because requests limit their bytes.
//! A page is read into one flat list of cells (values), which borrow from the response's bytes
//! ([`Codec::open`]). Any format can be compressed.
//!
//! Read `message`, `answer`, `codec`, `format`, then one format.
//!
//! Invariants: an encoded message is decoded to the same message. Damaged bytes are an error, never
//! a panic. The disk of the gateway's replica has JSON with every codec, so it stays valid if the
//! codec changes.
//!
//! To add a format, implement `Notation`, `Marked` or `Format` in a new file, for the types in
//! `raw_request.rs` and `raw_answer.rs`. Put its name, description and costs into its `Facts`, and
//! add a line to `list.rs`. The tests here check every codec, with and without compression.

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
mod live;
mod mapped;
mod marked;
mod message;
mod packed;
mod pages;
mod protobuf;
mod raw_answer;
mod raw_request;
mod readdressed;
mod room;
#[cfg(test)]
mod tests;
mod weight;
mod xml;
mod zst;

pub(crate) use answer::{Answer, Page, PushResult, Rows, WireRow};
pub use answer::{Part, Projected};
pub(crate) use blob::{BlobAnswer, BlobPut};
pub use codec::Codec;
pub(crate) use coding::Effort;
pub use coding::{BytesCount, Coding, Packing, Packs, Way};
pub use list::{ANY, DEFAULT, NAMES, NAMES_OR_ANY, all, explained, named, packed};
pub(crate) use live::{Change, Listen, PING, PONG, Position, RowsWanted, Said, SentRows, Topic};
pub use message::{Asked, FetchRequest, PullRequest, PushRequest, Request, SyncRequest, Want};
pub use packed::LIMIT;
pub(crate) use pages::PageWriter;
pub(crate) use readdressed::readdressed;
