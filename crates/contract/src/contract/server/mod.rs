//! The server's half of a stack. It takes request bytes, uses the system of record, and returns
//! response bytes.
//!
//! A [`SyncServer`] is the other half of a stack. It chooses its own protocol: the bench carries
//! the bytes and never reads them. Rows live in the backend, which the server uses as a
//! [`SystemOfRecord`]. While the server handles a request, its calls to the backend take effect at
//! the time when the request arrived. The bench decides how long they take. A [`Mutation`] is an
//! edit that is sent to the backend; an [`Outcome`] is its result.
//!
//! A server may also send without a request: on a connection that a phone holds, or as a late
//! response ([`Phones`]).
//!
//! Invariants: a server refuses damaged bytes. A mutation that is sent again with the same
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
