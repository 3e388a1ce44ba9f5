//! One-way integration: copies rows of the backend to another system, which is not a phone.
//!
//! This module has the other system and all decisions about the copy. The *destination* is the
//! other system: a state machine with a write API. It responds for each record of a call, assigns
//! ids, rejects records, and fails. The *workers* find changes with the gateway's capture
//! strategies (`gateway::Feed`), write them to the destination, and record their progress on the
//! integration's *platform*. The module `world` decides when workers run and when they are killed.
//! Reading order: `options`, `destination`, `rows`, `platform`.
//!
//! Invariants: no function here waits. The same call at the same time gets the same response. A
//! call takes effect on arrival, even if nobody waits for the response. A killed worker loses all
//! state that is not on the platform, in the source or in the destination.

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
