//! Runs of sync units: which unit runs when, what a run does, and what the app shows of it.
//!
//! Start with `scheduler` (triggers, the queue, retries) and `session` (one run after the other).

pub(crate) mod durable_queue;
pub(crate) mod logout;
pub(crate) mod reset;
pub(crate) mod retry;
pub(crate) mod scheduler;
pub(crate) mod session;
pub(crate) mod status;
pub(crate) mod token;
