//! What the oracle found wrong.

use crate::base::{DeviceId, EntityId, Key};

/// A broken promise, with the record it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The check's name, as scenario files write it: `lost`, `two-syncs-of-one-unit`.
    pub check: &'static str,
    /// The device, where one is concerned.
    pub device: Option<DeviceId>,
    /// The record, where one is concerned.
    pub record: Option<(EntityId, Key)>,
    /// The record that the device was last busy with, where none is concerned: its life tells what
    /// happened about then.
    pub beside: Option<(EntityId, Key)>,
    /// In words, with names and figures.
    pub text: String,
}
