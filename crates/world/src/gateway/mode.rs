//! Where requests are answered, and what does not go with what.

use crate::base::in_words;

/// Where a device's request is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// By the backend, each time ("OTA").
    #[default]
    Ota,
    /// By the gateway, from a replica that it refreshes on its own schedule; what devices write is
    /// queued for the backend.
    Persistent,
}
in_words!(Mode { Ota: "ota", Persistent: "persistent" });

/// A strategy that cannot work with a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unfit {
    /// Why not.
    pub why: &'static str,
    /// What would do.
    pub instead: &'static str,
}
