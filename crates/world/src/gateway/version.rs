//! Which version of the app each device runs, where there are two of them side by side. The newer
//! one holds more columns, which come last.

use std::cell::Cell;
use std::sync::Arc;

use crate::base::{DeviceId, EntityId};
use crate::contract::{Mutation, Outcome, Schema};

/// The versions of an app, and which of them each device runs.
#[derive(Debug)]
pub(crate) struct Versions {
    before: Arc<Schema>,
    after: Arc<Schema>,
    is_newer: Vec<Cell<bool>>,
}

impl Versions {
    /// All of so many devices run the older one.
    pub(crate) fn new(before: Arc<Schema>, after: Arc<Schema>, devices: usize) -> Versions {
        Versions { before, after, is_newer: vec![Cell::new(false); devices] }
    }

    pub(crate) fn is_newer(&self, device: DeviceId) -> bool {
        self.is_newer[device.0 as usize].get()
    }

    /// A device runs the newer one from now on.
    pub(crate) fn upgrade(&self, device: DeviceId) {
        self.is_newer[device.0 as usize].set(true);
    }

    /// What the app of a device knows of the data.
    pub(crate) fn schema(&self, device: DeviceId) -> &Arc<Schema> {
        if self.is_newer(device) { &self.after } else { &self.before }
    }

    pub(crate) fn before(&self) -> &Arc<Schema> {
        &self.before
    }
}

pub(super) fn width(versions: Option<&Versions>, device: DeviceId, entity: EntityId) -> usize {
    versions.map_or(usize::MAX, |versions| versions.schema(device).entity(entity).projection.len())
}

/// Takes out of verdicts what the app of their device does not know.
pub(super) fn narrow(
    versions: Option<&Versions>,
    device: DeviceId,
    mutations: &[Mutation],
    outcomes: &mut [Outcome],
) {
    if versions.is_none_or(|versions| versions.is_newer(device)) {
        return;
    }
    for (mutation, outcome) in mutations.iter().zip(outcomes) {
        if let Outcome::Named { row, .. }
        | Outcome::Conflict { current: Some(row), .. }
        | Outcome::Rejected { current: Some(row), .. } = outcome
            && let Some(values) = &mut row.values
        {
            values.truncate(width(versions, device, mutation.entity));
        }
    }
}
