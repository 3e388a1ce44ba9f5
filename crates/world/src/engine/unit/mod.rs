//! Runs of sync units (groups of entities that are synced together): which unit runs when, the
//! steps of a run, and the status that the app shows.
//!
//! Start with `scheduler` (triggers, the queue, retries) and `session` (the runs).

pub(crate) mod durable_queue;
pub(crate) mod logout;
pub(crate) mod reset;
pub(crate) mod retry;
pub(crate) mod scheduler;
pub(crate) mod session;
pub(crate) mod status;
pub(crate) mod token;
