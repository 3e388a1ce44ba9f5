//! What answers phones in a published protocol, over the system of record.
//!
//! A stack whose phones speak such a protocol takes a [`Half`] of [`servers`] by its name: it needs
//! no server of its own. Each half says in its door which documentation it follows, and has what
//! that leaves open as options. All options of all halves together are [`options`]: one name means
//! the same in each.
//!
//! Requests are HTTP ([`crate::contract::http`]). The protocols name no edits, so a phone's
//! [`Slip`](crate::contract::Slip) says which are behind each row that it writes. A row that is
//! written without one is refused with 500 and words that say so. The response's slip has the
//! stamps of the rows that it brings, and of what the edits were committed as.
//!
//! **A held connection** is how a response is streamed. Its first words are the bytes of the `GET`
//! request. What comes first is the head of the response, written as one without a body; each
//! message after it is a piece of the body. A WebSocket's first words are those of its `GET`, too;
//! its messages are the frames, and no head comes.
//!
//! Invariants: what a half must know after a kill lies in its own database, written in the request
//! that it is about; each request may come twice; rows become JSON, and JSON rows, in `rows` alone.

mod conditional;
mod couch;
mod datasync;
mod half;
mod kept;
mod list;
mod notes;
mod odata;
mod paging;
mod plain;
mod rows;
mod rx;
mod served;
#[cfg(test)]
mod tests;
mod tinybase;
mod watermelon;
mod web;
mod writing;
#[cfg(feature = "yjs")]
mod yjs;

pub use half::Half;
pub use list::{find, options, servers};
