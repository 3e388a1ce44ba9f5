//! What answers phones: bytes in, bytes out, over the system of record.
//!
//! A [`SyncServer`] is the other half of a stack. What it says to its phones is its own affair; the
//! bench carries the bytes and never reads them. Rows live in the backend, which it uses as a
//! [`SystemOfRecord`]: what changed, a row, and edits to be written. An edit on its way is a
//! [`Mutation`], and what became of it an [`Outcome`].
//!
//! Invariants:
//! - The server stands beside the backend: what it asks of that while it answers a request happens
//!   at the instant at which the request came. The bench says how long it took.
//! - The bytes of a request are not to be trusted. Damaged ones are answered with a refusal.
//! - A mutation has an idempotency key, and the system of record gives one that comes again the
//!   verdict of the first time: an answer may be lost after the commit.

mod error;
mod mutation;
mod serve;

pub use error::ServerError;
pub use mutation::{Guard, Mutation, Outcome, Refusal, Row, image};
pub use serve::{Answered, EachChange, EachServed, RecordPort, ServerSetup, SyncServer, SystemOfRecord};
