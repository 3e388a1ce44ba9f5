//! The server's half of a stack: bytes in, bytes out, over the system of record.
//!
//! A [`SyncServer`] is the other half of a stack. Its protocol is its own: the bench carries the
//! bytes and never reads them. Rows live in the backend, which it uses as a [`SystemOfRecord`].
//! Calls to it while a request is answered take effect at the instant when the request came; the
//! bench decides how long they took. An edit on its way is a [`Mutation`], and its result an
//! [`Outcome`].
//!
//! A server may also send first: on a connection that a phone holds, or as a late response
//! ([`Phones`]).
//!
//! Invariants: damaged bytes are answered with a refusal. A mutation that comes again with the same
//! idempotency key gets its first outcome, because a response may be lost after the commit.

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
