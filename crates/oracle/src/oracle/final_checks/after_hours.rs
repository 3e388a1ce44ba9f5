//! Finds rows that arrive only after the script, by a sync that nobody starts on an ordinary day.
//! The app's everyday syncs have missed these rows.

use std::collections::BTreeSet;

use crate::base::{DeviceId, EntityId, UnitId};
use crate::oracle::Findings;
use crate::oracle::checks::{LOST, STALE, UNDETECTED_DELETE};
use crate::oracle::model::Row;
use crate::oracle::watch::Reported;

/// The device that gets a row, and the sync unit that delivers it. `None`: a fetch of this row
/// alone.
pub(crate) type By = (DeviceId, Option<UnitId>);

/// The everyday syncs, and the entities that they must have delivered.
#[derive(Debug, Default)]
pub struct AfterHours {
    everyday: BTreeSet<UnitId>,
    entities: BTreeSet<EntityId>,
}

impl AfterHours {
    /// The `everyday` units, which deliver `entities`, have run for the last time. Other syncs
    /// follow.
    pub fn begin(&mut self, everyday: BTreeSet<UnitId>, entities: BTreeSet<EntityId>) {
        (self.everyday, self.entities) = (everyday, entities);
    }

    /// A unit delivers a newer version of a row to a device.
    pub(crate) fn brings(&self, findings: &mut Findings, (device, unit): By, row: &Row, brought: Reported) {
        let Reported { had, versions: has, .. } = brought;
        let Some(unit) = unit.filter(|unit| !self.everyday.contains(unit)) else { return };
        if has <= had || !self.entities.contains(&row.entity) {
            return;
        }
        let was_there = had > 0 || row.first_place.is_some();
        let version = &row.versions[has - 1];
        let check = match (version.gone, was_there) {
            (true, false) => return,
            (true, true) => &UNDETECTED_DELETE,
            (false, true) => &STALE,
            (false, false) => &LOST,
        };
        let words = findings.words();
        let (unit, at) = (words.unit(unit).to_owned(), words.time(version.at));
        let record = words.record(row.entity, &row.key);
        findings.add(check, (Some(device), Some((row.entity, row.key.as_str()))), || {
            format!(
                "{device} got no report of {record} as of {at} until unit {unit} ran after the \
                 script; the units that ran before should have brought it, and skipped it"
            )
        });
    }
}
