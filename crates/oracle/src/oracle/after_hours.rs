//! Rows that come after the script alone, with a sync that nobody would start on an ordinary day:
//! the app's other syncs have passed them over.

use std::collections::BTreeSet;

use super::checks::{LOST, STALE, UNDETECTED_DELETE};
use super::findings::Findings;
use super::history::Row;
use crate::base::{DeviceId, EntityId, UnitId};

/// Whose run brings something, if it is of a unit.
pub(super) type By = (DeviceId, Option<UnitId>);

/// What those other syncs are to have brought, once they are through.
#[derive(Debug, Default)]
pub struct AfterHours {
    everyday: BTreeSet<UnitId>,
    entities: BTreeSet<EntityId>,
}

impl AfterHours {
    /// The runs of `everyday` units are through, which bring these entities; others follow.
    pub fn begin(&mut self, everyday: BTreeSet<UnitId>, entities: BTreeSet<EntityId>) {
        (self.everyday, self.entities) = (everyday, entities);
    }

    /// A unit brings a device the first `has` versions of a row, of which it had `had`.
    pub(super) fn brings(
        &self,
        findings: &mut Findings,
        (device, unit): By,
        row: &Row,
        (has, had): (usize, usize),
    ) {
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
        let record = words.record(row.entity, row.key.as_str());
        findings.add(check, (Some(device), Some((row.entity, row.key.as_str()))), || {
            format!(
                "{device} had no word of {record} as of {at} until unit {unit} ran after the script; the units \
                 that ran before are to bring it, and passed it over"
            )
        });
    }
}
