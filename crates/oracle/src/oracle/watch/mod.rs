//! Checks that follow the events of one device while the simulation runs.
//!
//! A watcher is such a check. `watched` has one list of watchers per device. Each other file is one
//! watcher, or code that several watchers share: `patience` says how long an engine may take, and
//! `exits` lists the events that end all activity of a device.

pub(crate) mod conflict_page;
pub(crate) mod due;
pub(crate) mod durable_queue;
pub(crate) mod exits;
pub(crate) mod flow;
pub(crate) mod foreign_cursors;
pub(crate) mod looks;
pub(crate) mod monotonic_reads;
pub(crate) mod owed;
pub(crate) mod patience;
pub(crate) mod repeated_rows;
pub(crate) mod reports;
pub(crate) mod request_count;
pub(crate) mod retry_pacing;
pub(crate) mod sends;
pub(crate) mod signs_of_life;
pub(crate) mod status;
pub(crate) mod watched;
pub(crate) mod watcher;

pub(crate) use conflict_page::{EditTarget, OpenConflicts};
pub(crate) use due::{Owed, Waiting, Why};
pub(crate) use durable_queue::Kept;
pub(crate) use exits::{StateLoss, StateLossTracker};
pub(crate) use flow::{DeviceFlow, Run};
pub(crate) use looks::{Look, Looks, with_waiting_edits};
pub(crate) use monotonic_reads::Shown;
pub(crate) use owed::DueRuns;
pub(crate) use patience::{Bound, Patience, Waits};
pub(crate) use reports::{Reported, Told, check_stamp};
pub(crate) use retry_pacing::{RetryPacing, period};
pub(crate) use sends::Sends;
pub(crate) use signs_of_life::Sign;
pub(crate) use watched::{Watched, served};
pub(crate) use watcher::{Ended, MakeWatcher, Rest, Watcher};
