//! What answers phones: bytes in, bytes out, over the system of record.
//!
//! A [`SyncServer`] is the other half of a stack. What it says to its phones is its own affair; the
//! bench carries the bytes and never reads them. Rows live in the backend, which it uses as a
//! [`SystemOfRecord`]: what it asks of that while it answers a request happens at the instant at
//! which the request came, and the bench says how long it took. An edit on its way is a
//! [`Mutation`], and what became of it an [`Outcome`].
//!
//! A server may also speak first: on a connection that a phone holds, or by the answer to a request
//! that it keeps back ([`Phones`]).
//!
//! Invariants: damaged bytes are answered with a refusal; a mutation that comes again by the same
//! idempotency key has the verdict of the first time, as an answer may be lost after the commit.

mod error;
mod mutation;
mod phones;
mod port;
mod serve;

pub use error::ServerError;
pub use mutation::{Guard, Mutation, Outcome, Refusal, Row, image};
pub use phones::{ConnectionId, Phones, Reply, Ticket};
pub use port::{BackendCall, RecordLink, ServerPorts};
pub use serve::{EachChange, EachServed, ServerSetup, SyncServer, SystemOfRecord};
