//! What a stack tells of rows has to say something: which rows, and as of which version.
//!
//! Checks believe what is told of rows, and hold against each other what says the same. A stamp
//! that no version can have, and a row that came in a page which did not name it, pass all of them:
//! they are found here.

use super::check::Check;
use super::content::Expected;
use super::history::RowId;
use super::model::Oracle;
use crate::base::{DeviceId, EntityId, Stamp};
use crate::contract::EditKind;

impl Oracle {
    /// A row came or was acknowledged with this stamp.
    pub(super) fn dates_row(&mut self, device: DeviceId, id: RowId, stamp: Stamp, what: &str) {
        let row = self.history.row(id);
        if row.values.is_none() || !row.predates(stamp) {
            return;
        }
        let words = &self.setup.labels;
        let concerns = (Some(device), Some((row.entity, row.key.as_str())));
        self.findings.add(Check::EmptyReport, concerns, || {
            let (record, stamp) = (words.record(row.entity, row.key.as_str()), stamp.0);
            format!("{device} {what} {record} with the stamp {stamp}, which no version of it can have")
        });
    }

    /// The device at rest shows the row as the backend has it, as of `stamp`.
    pub(super) fn shows_rightly(
        &mut self,
        device: DeviceId,
        entity: EntityId,
        expected: &Expected,
        stamp: Stamp,
    ) {
        let Some(id) = self.history.find(entity, expected.key.as_str()) else { return };
        self.dates_row(device, id, stamp, "shows");
        if !self.was_told(device, id, expected.content) {
            let words = &self.setup.labels;
            let concerns = (Some(device), Some((entity, expected.key.as_str())));
            self.findings.add(Check::EmptyReport, concerns, || {
                let record = words.record(entity, expected.key.as_str());
                format!("{device} shows {record} in its last version, and never said that this came")
            });
        }
    }

    /// Whether what a device said explains that it shows the last version.
    fn was_told(&self, device: DeviceId, id: RowId, content: u64) -> bool {
        let (row, held) = (self.history.row(id), self.held.versions(id, device));
        let Some(untold) = row.versions.get(held..).filter(|untold| !untold.is_empty()) else { return true };
        let reads_so = match held.checked_sub(1) {
            Some(last) => row.versions[last].content == content,
            None => {
                self.history.first(row.entity, row.key.as_str()).is_some_and(|(_, first)| first == content)
            }
        };
        // What it applied as it died it need not have told, nor what a copy or a backup had.
        let cut = self.cut_short.get(&device).is_some_and(|cut| untold.iter().any(|v| v.at <= *cut));
        reads_so || cut || !self.shown.knows(id, device) || self.held.is_unsure(id, device)
    }
}

/// Whether a stamp belongs to what was acknowledged: of a row that is gone there is none.
pub(super) fn has_stamp(kind: EditKind, commits: u32) -> bool {
    kind != EditKind::Delete && commits > 0
}
