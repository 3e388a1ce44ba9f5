//! The sync status that an app shows to its person.

use std::fmt;

use crate::base::{Digest, Digestible};

/// The facts that an app shows about its sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The state that the app shows.
    pub state: Shown,
    /// Edits that are only on the device, including edits that wait for a person's decision.
    pub pending: u32,
}

/// The state of the sync, as shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nothing runs and nothing failed; if no edit waits, the app shows "all synced".
    Idle,
    /// There is no network.
    Offline,
    /// A unit runs. The value is its progress.
    Syncing(Progress),
    /// The last run of a unit failed.
    Failed {
        /// Another try may help.
        retryable: bool,
    },
    /// A conflict waits for a person's decision.
    Conflict,
}

/// The progress of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The percentage of finished steps: 0 to 100. It counts the steps known when the run began.
    pub percent: u8,
    /// The number of rows that the run has applied so far.
    pub rows: u32,
}

/// The shown status does not affect the run, so no digest contains it.
impl Digestible for Status {
    fn digest(&self, _: &mut Digest) {}
}

impl Shown {
    /// The name of the state.
    pub fn word(self) -> &'static str {
        match self {
            Shown::Idle => "idle",
            Shown::Offline => "offline",
            Shown::Syncing(_) => "syncing",
            Shown::Failed { .. } => "failed",
            Shown::Conflict => "conflict",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.state.word())?;
        match self.state {
            Shown::Syncing(Progress { percent, rows }) => write!(f, " ({percent} %, {rows} rows)")?,
            Shown::Failed { retryable: false } => f.write_str(" permanently")?,
            _ => {}
        }
        write!(f, ", {} pending", self.pending)
    }
}
