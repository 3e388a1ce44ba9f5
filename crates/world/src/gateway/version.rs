//! The app version of each device, if two versions exist at the same time. The newer version has
//! more columns. The additional columns come last.

use std::cell::Cell;
use std::sync::Arc;

use crate::base::{DeviceId, EntityId};
use crate::contract::{Mutation, Outcome, Schema};

/// The two versions of an app, and the one that each device runs.
#[derive(Debug)]
pub(crate) struct Versions {
    pub(crate) before: Arc<Schema>,
    after: Arc<Schema>,
    is_newer: Vec<Cell<bool>>,
}

impl Versions {
    /// All devices run the older version.
    pub(crate) fn new(before: Arc<Schema>, after: Arc<Schema>, devices: usize) -> Versions {
        Versions { before, after, is_newer: vec![Cell::new(false); devices] }
    }

    pub(crate) fn is_newer(&self, device: DeviceId) -> bool {
        self.is_newer[device.0 as usize].get()
    }

    /// The device runs the newer version from now on.
    pub(crate) fn upgrade(&self, device: DeviceId) {
        self.is_newer[device.0 as usize].set(true);
    }

    /// The schema of the device's app version.
    pub(crate) fn schema(&self, device: DeviceId) -> &Arc<Schema> {
        if self.is_newer(device) { &self.after } else { &self.before }
    }
}

pub(super) fn width(versions: Option<&Versions>, device: DeviceId, entity: EntityId) -> usize {
    versions.map_or(usize::MAX, |versions| versions.schema(device).entity(entity).projection.len())
}

/// Removes from verdicts the columns that the device's app does not know.
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
