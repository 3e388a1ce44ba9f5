//! The link conditions of a device's link: what it offers at a time, as a function of (link,
//! direction, time).
//!
//! A [`LinkConditions`] is that of a device which stays on one link or moves between several, as
//! its [`LinkSchedule`] says; a message that leaves at a moment asks [`ConditionsAt`], which
//! implements [`Conditions`](super::Conditions). This room decides rate, delay, which packets are
//! lost, when the link is gone and when the session dies; what that does to a message is for the
//! transport.
//!
//! Invariants: nothing depends on what is sent or on what was asked before (two engines and two
//! chunk sizes meet the same link conditions); what is drawn is named by time, so that no answer
//! walks there from the start; what is kept (the last second's rate, the last run of losses) only
//! makes the next answer cheaper. A stay's link has its own seed, by its position in the link
//! schedule.
//!
//! How: each part is a file of pure functions. `rate` is the log-autoregression, `trace` the replay
//! of packet-delivery traces, `capacity` integrates and inverts either; `jitter`, `loss`, `gaps`
//! and `radio` draw what their names say; `link_schedule` tells where a device is, `workday` where
//! a field worker is. Times without the link are few and are drawn before the world starts.

mod capacity;
mod gaps;
mod jitter;
mod link_conditions;
mod link_schedule;
mod loss;
mod moves;
mod radio;
mod rate;
mod trace;
mod workday;

pub use link_conditions::{ConditionsAt, LinkConditions};
pub use link_schedule::LinkSchedule;
pub use trace::{Trace, TraceError};
