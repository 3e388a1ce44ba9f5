//! Runs of sync units: which unit runs when, what a run does, and what the app shows of it.
//!
//! Start with `scheduler` (triggers, the queue, retries) and `session` (one run after the other).

pub(in crate::engine) mod durable_queue;
pub(in crate::engine) mod logout;
pub(in crate::engine) mod retry;
pub(in crate::engine) mod scheduler;
pub(in crate::engine) mod session;
pub(in crate::engine) mod signal;
pub(in crate::engine) mod status;
pub(in crate::engine) mod token;
