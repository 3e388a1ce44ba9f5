//! What a gateway can be told to be.

use super::leg;
use crate::backend::{Provisioning, Upto};
use crate::base::Span;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// By the time of last modification, paged by (stamp, key).
    LastModifiedKeyset {
        /// How close to the present a pull comes.
        upto: Upto,
    },
}

impl Default for Capture {
    fn default() -> Capture {
        Capture::LastModifiedKeyset { upto: Upto::Settled }
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

impl Capture {
    /// How long after its commit at the latest a change is found that can be seen at once.
    pub fn behind(self) -> Span {
        match self {
            Capture::LastModifiedKeyset { upto: Upto::Behind(window) } => window,
            Capture::LastModifiedKeyset { upto: Upto::Settled } => Span::ZERO,
        }
    }

    /// Whether a backend of this provisioning has what the strategy asks it for. That it finds everything is another matter:
    /// where rows are deleted for good, this one misses that.
    ///
    /// # Errors
    /// [`Unfit`] if it cannot even ask.
    pub fn fits(self, provisioning: Provisioning) -> Result<(), Unfit> {
        match self {
            Capture::LastModifiedKeyset { .. } if provisioning.stamps() => Ok(()),
            Capture::LastModifiedKeyset { .. } => Err(Unfit {
                why: "the time of last modification is asked for, and this backend keeps none",
                instead: "a backend that stamps its rows (full, stamps-only, three-stamps, read-only-schema), \
                          or a capture that compares all rows",
            }),
        }
    }
}
