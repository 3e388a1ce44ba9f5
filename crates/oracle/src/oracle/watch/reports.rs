//! Checks that a stack's reports about rows make sense: which rows, and which versions.
//!
//! Other checks trust these reports and compare them with each other. So they would miss two
//! errors: a stamp that no version can have, and a row that came without a report. This file finds
//! both. It also finds a phone whose engine never reports what its stack promised to report.

use crate::base::{DeviceId, EditId, EntityId, Stamp, Time};
use crate::contract::{AppliedChange, Event};
use crate::oracle::model::{Edit, Expected, Held, History, Row, RowHash, RowId};
use crate::oracle::watch::{Ended, Rest, Shown, StateLoss, Watcher};
use crate::oracle::{Findings, Harm, Heard, Matter, Rule, Topic};

pub(crate) static EMPTY_REPORT: Rule = Rule {
    finds: "a stamp that no version of the row can have, a row that came without a report, or none of the reports that its stack promised",
    needs: |can| can.sight.inside && (can.stamps || can.acknowledges || can.status),
    hears: &[Topic::Rows],
    ..Rule::new("empty-report", "oracle.empty_report.count", Harm::Wrong, Matter::Rows)
};

/// Checks the stamp of a row. `what` is a verb: the device applied, acknowledged or shows the row.
pub(crate) fn check_stamp(
    findings: &mut Findings,
    (device, what): (DeviceId, &str),
    row: &Row,
    stamp: Stamp,
) {
    if !findings.by_stamps() || row.values.is_none() || !row.predates(stamp) {
        return;
    }
    let record = findings.words().record(row.entity, &row.key);
    findings.add(&EMPTY_REPORT, (Some(device), Some((row.entity, row.key.as_str()))), || {
        format!("{device} {what} {record} with the stamp {}, which no version of it can have", stamp.0)
    });
}

/// The version that a change brought to a device. The content decides, and the stamp only if no
/// version has the content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reported {
    /// How many versions the device had before the change. `versions`: how many it has now.
    pub(crate) had: usize,
    pub(crate) versions: usize,
    pub(crate) stamp: Stamp,
    pub(crate) removed: bool,
}

impl Reported {
    /// A row with the content of a version has that version, whatever its stamp. If no version has
    /// the content, parts of the row are still on their way. Then the row has not gone back.
    pub(crate) fn of(change: &AppliedChange<'_>, had: usize, row: &Row, history: &History) -> Reported {
        let AppliedChange { stamp, removed, .. } = *change;
        let dated = Reported { had, versions: row.held_with(stamp), stamp, removed };
        let Some(shows) = change.values.filter(|_| !removed) else { return dated };
        let first = history.first_of(row, 0);
        let content = RowHash::default().shown(shows);
        match row.reads_as(content, first.map(|(_, content)| content)) {
            Some(0) => Reported { versions: 0, stamp: first.map_or(stamp, |(stamp, _)| stamp), ..dated },
            Some(versions) => Reported { versions, stamp: row.versions[versions - 1].stamp, ..dated },
            None => Reported { versions: dated.versions.max(had), ..dated },
        }
    }
}

/// The model's knowledge about a device that has come to rest.
pub(crate) struct Told<'a> {
    pub(crate) device: DeviceId,
    pub(crate) history: &'a History,
    pub(crate) held: &'a Held,
    pub(crate) shown: &'a Shown,
    /// When its process last died in a transaction that it may not have reported.
    pub(crate) cut: Option<Time>,
}

impl Told<'_> {
    /// The device shows a row as the backend has it, with `stamp`. The device must have reported
    /// that the row came.
    pub(crate) fn shows(&self, findings: &mut Findings, entity: EntityId, expected: &Expected, stamp: Stamp) {
        let Some(id) = self.history.find(entity, &expected.key) else { return };
        let (device, row) = (self.device, self.history.row(id));
        check_stamp(findings, (device, "shows"), row, stamp);
        if !findings.by_stamps() || self.is_explained(id, expected.content) {
            return;
        }
        let record = findings.words().record(row.entity, &row.key);
        findings.add(&EMPTY_REPORT, (Some(device), Some((row.entity, row.key.as_str()))), || {
            format!("{device} shows {record} in its last version, and never reported that it came")
        });
    }

    fn is_explained(&self, id: RowId, content: u64) -> bool {
        let (device, row, held) = (self.device, self.history.row(id), self.held.versions(id, self.device));
        let Some(untold) = row.versions.get(held..).filter(|untold| !untold.is_empty()) else { return true };
        let reads_so = match held.checked_sub(1) {
            Some(last) => row.versions[last].content == content,
            None => self.history.first(row.entity, &row.key).is_some_and(|(_, first)| first == content),
        };
        // The device need not report changes that it applied just before it died, or got with a
        // copy or a backup.
        let cut = self.cut.is_some_and(|cut| untold.iter().any(|version| version.at <= cut));
        reads_so || cut || !self.shown.knows(id, device) || self.held.is_unsure(id, device)
    }
}

/// An engine that reports none of this many edits as done reports no edit as done.
const SEVERAL: usize = 3;

/// The topics of events that a device has reported, and the reasons to expect reports from it.
#[derive(Debug, Default)]
pub(crate) struct Telling {
    told: Vec<Topic>,
    served: bool,
    /// True if the device kept a connection open. Such a connection carries no requests.
    held: bool,
    /// True if the device's state was replaced or lost.
    unsure: bool,
}

impl Watcher for Telling {
    fn on(&mut self, heard: &mut Heard<'_>) {
        let Heard { event, out, .. } = *heard;
        match event {
            Event::Engine(event) => {
                let topic = Topic::of(event).filter(|topic| !self.told.contains(topic));
                self.told.extend(topic);
            }
            Event::Held(_) => self.held = true,
            _ => {}
        }
        self.unsure |= out >= Some(StateLoss::Part) || matches!(event, Event::CutShort);
    }

    fn on_server(&mut self, event: &Event<'_>) {
        self.served |= matches!(event, Event::BackendServed { kind, .. } if kind.pulls());
    }

    /// Checks that the device has reported each kind of event that its stack promised, if there was
    /// a reason.
    fn at_rest(&mut self, rest: &Rest<'_>, ended: &mut Ended<'_>) {
        let Ended { device, setup, ref mut findings, .. } = *ended;
        let can = setup.capabilities;
        let lacks = |topic: Topic| !self.told.contains(&topic);
        let done = done(device, rest).filter(|_| can.acknowledges && !self.unsure && lacks(Topic::Done));
        if let Some(edit) = done {
            findings.add(&EMPTY_REPORT, (Some(device), Some((edit.entity, &edit.key))), || {
                let what = setup.labels.edit(edit);
                format!(
                    "{what} is on the backend and does not wait, and {device} never reported any edit as done"
                )
            });
        }
        let mut silent = |is_so: bool, what: &str| {
            let text = is_so.then(|| format!("{device} {what}"));
            findings.found(&EMPTY_REPORT, (Some(device), None), text);
        };
        silent(
            can.status && rest.ran && lacks(Topic::Status),
            "ran units and never reported the sync state that its app shows",
        );
        let untold = self.served && !self.held && lacks(Topic::Requests);
        silent(untold, "was served by the server and never reported a request");
    }
}

/// An edit that the device brought to the backend and that does not wait, if there are at least
/// [`SEVERAL`].
fn done<'a>(device: DeviceId, rest: &Rest<'a>) -> Option<&'a Edit> {
    let own = |edit: &Edit| edit.asked_by == device && edit.won.is_none() && !edit.equal && !edit.emptied;
    let waits = |id: EditId| rest.unsent.iter().any(|waits| waits.edit == id);
    let mut done = rest.ledger.of(device).filter(|edit| edit.commits > 0 && own(edit) && !waits(edit.id));
    // A single edit can have reached the backend in another way.
    done.nth(SEVERAL - 1)
}
