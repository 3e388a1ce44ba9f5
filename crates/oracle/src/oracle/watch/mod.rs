//! Checks that follow the events of one device while the world runs.
//!
//! `watched` has one list of watchers per device; each file below is one watcher or what several of
//! them share (`patience`: how long an engine may take; `exits`: what ends all that is under way).

pub(in crate::oracle) mod conflict_page;
pub(in crate::oracle) mod due;
pub(in crate::oracle) mod durable_queue;
pub(in crate::oracle) mod exits;
pub(in crate::oracle) mod flow;
pub(in crate::oracle) mod foreign_cursors;
pub(in crate::oracle) mod looks;
pub(in crate::oracle) mod monotonic_reads;
pub(in crate::oracle) mod owed;
pub(in crate::oracle) mod patience;
pub(in crate::oracle) mod repeated_rows;
pub(in crate::oracle) mod reports;
pub(in crate::oracle) mod request_count;
pub(in crate::oracle) mod retry_pacing;
pub(in crate::oracle) mod sends;
pub(in crate::oracle) mod signs_of_life;
pub(in crate::oracle) mod status;
pub(in crate::oracle) mod watched;
pub(in crate::oracle) mod watcher;
