//! Where requests are served, and strategies that cannot work with a backend.

use crate::base::in_words;

/// Where a device's request is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// By the backend, every time ("OTA").
    #[default]
    Ota,
    /// By the gateway, from a replica that it refreshes on its own schedule. The gateway queues
    /// devices' edits for the backend.
    Persistent,
}
in_words!(Mode { Ota: "ota", Persistent: "persistent" });

/// A strategy that cannot work with a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unfit {
    /// The reason.
    pub why: &'static str,
    /// The alternatives.
    pub instead: &'static str,
}
