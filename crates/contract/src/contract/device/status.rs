//! What an app shows its person of the sync.

use std::fmt;

use crate::base::{Digest, Digestible};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    pub state: Shown,
    /// Edits that are on the device alone, those among them that wait for a person too.
    pub pending: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nothing runs and nothing is wrong; with no edit that waits: "all synced".
    Idle,
    Offline,
    Syncing(Progress),
    Failed {
        /// Another try may help.
        retryable: bool,
    },
    Conflict,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Of the steps that are known when it begins, those done: from 0 to 100.
    pub percent: u8,
    pub rows: u32,
}

/// What is shown changes nothing that happens.
impl Digestible for Status {
    fn digest(&self, _: &mut Digest) {}
}

impl Shown {
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
            Shown::Failed { retryable: false } => f.write_str(" for good")?,
            _ => {}
        }
        write!(f, ", {} pending", self.pending)
    }
}
