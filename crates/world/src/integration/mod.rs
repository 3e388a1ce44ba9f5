//! One-way integration: rows of the backend are carried to another system, which is no phone.
//!
//! This room has the other system and what is decided on the way there. The *destination* is a pure
//! machine with a write API of its own: it answers for each record of a call, gives ids, rejects
//! records, fails. The *workers* of the integration find what changed by the gateway's strategies
//! of capture (`gateway::Feed`), write it, and remember what they have written on the integration's
//! own *platform*. When they do what, and where a kill strikes them, is for `world` to say.
//!
//! Invariants: nothing here waits; the same call at the same time has the same answer; a call takes
//! effect when it comes, whether or not anybody still waits for the answer; what is not on the
//! platform, in the source or in the destination dies with a worker.

#![allow(missing_docs, reason = "what its name says needs no sentence")]

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
