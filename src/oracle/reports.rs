//! What a stack tells of rows has to say something: which rows, and as of which version.
//!
//! Checks believe what is told of rows, and hold against each other what says the same. A stamp
//! that no version can have, and a row that came in a page which did not name it, pass all of them:
//! they are found here.

use super::check::Check;
use super::findings::Findings;
use super::held::Held;
use super::history::{History, Row, RowId};
use super::shown::Shown;
use crate::base::{DeviceId, Stamp, Time};

/// A row came, was acknowledged or is shown with this stamp, as `what` says.
pub(super) fn dates_row(findings: &mut Findings, (device, what): (DeviceId, &str), row: &Row, stamp: Stamp) {
    if row.values.is_none() || !row.predates(stamp) {
        return;
    }
    let record = findings.words().record(row.entity, row.key.as_str());
    findings.add(Check::EmptyReport, (Some(device), Some((row.entity, row.key.as_str()))), || {
        format!("{device} {what} {record} with the stamp {}, which no version of it can have", stamp.0)
    });
}

/// What is known of a device at rest.
pub(super) struct Told<'a> {
    pub(super) device: DeviceId,
    pub(super) history: &'a History,
    pub(super) held: &'a Held,
    pub(super) shown: &'a Shown,
    /// When it last died at work.
    pub(super) cut: Option<Time>,
}

impl Told<'_> {
    /// The device shows a row as the backend has it, as of `stamp`: it said that this came.
    pub(super) fn shows(&self, findings: &mut Findings, id: RowId, (stamp, content): (Stamp, u64)) {
        let (device, row) = (self.device, self.history.row(id));
        dates_row(findings, (device, "shows"), row, stamp);
        if self.is_explained(id, content) {
            return;
        }
        let record = findings.words().record(row.entity, row.key.as_str());
        findings.add(Check::EmptyReport, (Some(device), Some((row.entity, row.key.as_str()))), || {
            format!("{device} shows {record} in its last version, and never said that this came")
        });
    }

    fn is_explained(&self, id: RowId, content: u64) -> bool {
        let (device, row, held) = (self.device, self.history.row(id), self.held.versions(id, self.device));
        let Some(untold) = row.versions.get(held..).filter(|untold| !untold.is_empty()) else { return true };
        let reads_so = match held.checked_sub(1) {
            Some(last) => row.versions[last].content == content,
            None => {
                self.history.first(row.entity, row.key.as_str()).is_some_and(|(_, first)| first == content)
            }
        };
        // What it applied as it died it need not have told, nor what a copy or a backup had.
        let cut = self.cut.is_some_and(|cut| untold.iter().any(|version| version.at <= cut));
        reads_so || cut || !self.shown.knows(id, device) || self.held.is_unsure(id, device)
    }
}
