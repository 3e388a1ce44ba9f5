//! What a gateway can be told to be.

use super::capture::{ChangeLogOptions, FlagOptions, LastModifiedOptions};
use super::leg;

/// A gateway's options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether it passes requests through or keeps a replica.
    pub mode: Mode,
    /// How it finds out what changed when it serves devices.
    pub serve: Capture,
    /// The way to the backend; `None` if both stand in one place.
    pub leg: Option<leg::Options>,
}

/// Where a device's request is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// By the backend, each time ("OTA").
    #[default]
    Ota,
}

/// A way to find out what changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capture {
    /// By the time of last modification.
    LastModified(LastModifiedOptions),
    /// By a flag on each row.
    Flag(FlagOptions),
    /// By the backend's log of changes.
    ChangeLog(ChangeLogOptions),
}

impl Default for Capture {
    fn default() -> Capture {
        Capture::LastModified(LastModifiedOptions::default())
    }
}

/// A strategy that cannot work with a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unfit {
    /// Why not.
    pub why: &'static str,
    /// What would do.
    pub instead: &'static str,
}
