//! The backend calls that a persistent gateway makes itself, and their results.

use std::collections::VecDeque;

use super::incarnation::Life;
use super::replica::{Captures, Judged, Waiting};
use crate::backend::Called;
use crate::base::{DeviceId, EntityId, Time, Undone};
use crate::protocol::Codec;

/// The result of a call that the gateway made itself.
#[derive(Debug)]
pub(crate) struct BackendCall<T> {
    pub(crate) called: Called<T>,
    /// Approximate size in bytes.
    pub(crate) bytes: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    pub(super) begun: Time,
    pub(super) left: VecDeque<EntityId>,
    pub(super) failures: u32,
    /// The pages of the refresh saw everything committed by this time.
    pub(super) shown: Time,
}

#[derive(Clone, Debug)]
pub(crate) struct PageAsk {
    pub(super) entity: EntityId,
    pub(super) cursor: Option<String>,
    /// The start of the page's refresh. It identifies the refresh.
    pub(super) refresh: u64,
}

#[derive(Debug)]
pub(crate) struct PageRead {
    pub(super) life: Life,
    pub(super) undone: Vec<Undone>,
    /// Changes on their way into the replica. `None`: the backend was restored from a backup after
    /// the replica got its cursor.
    pub(super) brought: Option<Captures>,
    pub(super) scanned: u64,
    /// Readers saw everything committed by this time.
    pub(super) shown: Time,
}

/// One pass through the upload queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Upload {
    pub(super) after: i64,
    /// Devices with a deferred edit. Their later edits may depend on it.
    pub(super) put_off: Vec<DeviceId>,
}

/// Mutations on their way to the backend.
#[derive(Clone, Debug)]
pub(crate) struct Batch(pub(super) Vec<Waiting>);

/// The backend's verdicts on a batch, on their way back.
#[derive(Debug)]
pub(crate) struct Verdicts {
    pub(super) life: Life,
    pub(super) undone: Vec<Undone>,
    pub(super) judged: Vec<Judged>,
}

impl PageAsk {
    pub(crate) fn bytes(&self, codec: Codec) -> u64 {
        codec.frames().head + self.cursor.as_ref().map_or(0, |cursor| cursor.len() as u64)
    }
}

impl Batch {
    pub(crate) fn bytes(&self, codec: Codec) -> u64 {
        self.0.iter().map(|waiting| codec.frames().of_relayed(&waiting.mutation)).sum()
    }

    pub(super) fn devices(&self) -> Vec<DeviceId> {
        let mut devices = Vec::new();
        for waiting in &self.0 {
            if !devices.contains(&waiting.device) {
                devices.push(waiting.device);
            }
        }
        devices
    }
}
