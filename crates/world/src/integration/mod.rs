//! One-way integration: rows of the backend are carried to another system, which is not a phone.
//!
//! This room has the other system and the decisions on the way there. The *destination* is a pure
//! machine with a write API of its own: it responds per record of a call, gives ids, rejects
//! records, fails. The *workers* find what changed by the gateway's capture strategies
//! (`gateway::Feed`), write it, and remember what they wrote on the integration's own *platform*.
//! Room `world` decides when they act and where they are killed. Reading order: `options`,
//! `destination`, `rows`, `platform`.
//!
//! Invariants: nothing here waits. The same call at the same time gets the same response. A call
//! takes effect when it comes, even if nobody still waits for the response. What is not on the
//! platform, in the source or in the destination dies with a worker.

mod destination;
mod options;
mod platform;
mod rows;
#[cfg(test)]
mod tests;

pub(crate) use destination::{Answer, Destination, Failure, Handled, Move, Request};
pub use options::{CursorKept, DestinationOptions, Ids, IntegrationOptions, OnRejected, Remembers};
pub(crate) use platform::Platform;
pub(crate) use rows::{Settled, Write, settled, writes};
