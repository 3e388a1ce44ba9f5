//! What a persistent gateway sends to the backend of its own accord, and what comes home.

use std::collections::VecDeque;

use super::incarnation::Life;
use super::replica::{Captures, Judged, Waiting};
use crate::backend::Called;
use crate::base::{DeviceId, EntityId, Time, Undone};
use crate::protocol::{Codec, Weighed};

/// What something that the gateway wanted of the backend came to there.
#[derive(Debug)]
pub(crate) struct BackendCall<T> {
    pub(crate) called: Called<T>,
    /// About its size, in bytes.
    pub(crate) bytes: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    pub(super) begun: Time,
    pub(super) left: VecDeque<EntityId>,
    pub(super) failures: u32,
    /// Its pages saw all that was committed by then.
    pub(super) shown: Time,
}

#[derive(Clone, Debug)]
pub(crate) struct PageAsk {
    pub(super) entity: EntityId,
    pub(super) cursor: Option<String>,
    /// When the refresh that it is a page of began: its name.
    pub(super) refresh: u64,
}

#[derive(Debug)]
pub(crate) struct PageRead {
    pub(super) life: Life,
    pub(super) undone: Vec<Undone>,
    /// Changes on their way into the replica; `None` if the backend went back to a backup since
    /// the replica's cursor was made.
    pub(super) brought: Option<Captures>,
    pub(super) scanned: u64,
    /// Readers were shown all that was committed by then.
    pub(super) shown: Time,
}

/// A round through the queue of uploads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Upload {
    pub(super) after: i64,
    /// Devices of which something was put off: what they wrote later may depend on it.
    pub(super) put_off: Vec<DeviceId>,
}

/// Mutations on their way to the backend.
#[derive(Clone, Debug)]
pub(crate) struct Batch(pub(super) Vec<Waiting>);

/// What the backend made of a batch, on its way home.
#[derive(Debug)]
pub(crate) struct Verdicts {
    pub(super) life: Life,
    pub(super) undone: Vec<Undone>,
    pub(super) judged: Vec<Judged>,
}

impl PageAsk {
    pub(crate) fn bytes(&self, codec: Codec) -> u64 {
        codec.weight(Weighed::Ask { cursor: self.cursor.as_deref() })
    }
}

impl Batch {
    pub(crate) fn bytes(&self, codec: Codec) -> u64 {
        self.0.iter().map(|waiting| codec.weight(Weighed::Relayed(&waiting.mutation))).sum()
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
