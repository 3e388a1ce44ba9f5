//! What a gateway can be told to be.

/// A gateway's options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether it passes requests through or keeps a replica.
    pub mode: Mode,
    /// How it finds out what changed when it serves devices.
    pub serve: Capture,
}

/// Where a device's request is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// By the backend, each time ("OTA").
    #[default]
    Ota,
}

/// A way to find out what changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Capture {
    /// By the time of last modification, paged by (stamp, key).
    #[default]
    LastModifiedKeyset,
}
