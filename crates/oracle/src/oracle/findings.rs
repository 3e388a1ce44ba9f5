//! The findings so far: exact counts, and the first violations of each check as text.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::check::{Check, Concerns, Matter};
use super::checks::{AlteredValue, BENT_VALUE};
use super::setup::OracleSetup;
use crate::base::{DeviceId, EditId, EntityId, Key, Time};
use crate::contract::{EditKind, Event, Merge};
use crate::oracle::final_checks::Bent;
use crate::oracle::model::{Edit, Row, Won, bit};
use crate::oracle::watch::StateLoss;
use crate::oracle::words::Labels;

/// At most this many violations of one check are kept as text.
pub const VIOLATIONS_KEPT: usize = 20;

pub(crate) struct Findings {
    pub(crate) setup: Rc<OracleSetup>,
    rules: &'static [Check],
    counts: Vec<u64>,
    /// By check, the number of violations that do not count because the stack promises less.
    unjudged: Vec<u64>,
    violations: Vec<Violation>,
    pub(crate) bent: Bent,
    /// Counts for the other system, to which an integration sends rows; `None` without an
    /// integration.
    pub(crate) destination: Option<DestinationCounts>,
}

/// Counts for the other system: rows looked up, and rows that it refuses by its own rules.
/// `restless` names the check that reported records which are still on their way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DestinationCounts {
    pub(crate) rows: u64,
    pub(crate) refused: u64,
    pub(crate) restless: Option<&'static str>,
}

/// A violation of one check, with the record it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The check's name as in scenario files, such as `lost`.
    pub check: &'static str,
    /// The device; `None` if no device is concerned.
    pub device: Option<DeviceId>,
    /// The record; `None` if no record is concerned.
    pub record: Option<(EntityId, Key)>,
    /// If no record is concerned: the record on which the device last worked.
    pub beside: Option<(EntityId, Key)>,
    /// The violation as text, with names and figures.
    pub text: String,
}

/// A possible violation by an edit. At the end it is dropped if the user's log mentions the edit.
#[derive(Debug)]
pub(crate) struct Suspicion {
    pub(crate) check: Check,
    pub(crate) edit: EditId,
    pub(crate) record: (EntityId, Key),
    pub(crate) committed: (u32, Time),
    pub(crate) text: String,
}

pub(crate) struct Heard<'a> {
    pub(crate) at: Time,
    pub(crate) device: DeviceId,
    pub(crate) event: &'a Event<'a>,
    /// What the device may have lost, if the event ends a process or replaces its storage.
    pub(crate) out: Option<StateLoss>,
    pub(crate) setup: &'a OracleSetup,
    pub(crate) findings: &'a mut Findings,
}

/// True if the edit may have lost each of its columns. Between the device's read of the row and
/// version `by_then`, others must have changed the column, or it already had the edit's value.
fn is_contested(edit: &Edit, row: &Row, by_then: usize) -> bool {
    let read = edit.made_on.min(edit.reached);
    let others = row.beside(read..by_then, edit.id.device);
    let changed = others.fold(0, |bits, version| bits | version.changed);
    match edit.kind {
        EditKind::Delete => changed != 0,
        _ => edit
            .own_values()
            .iter()
            .all(|(at, value)| changed & bit(*at) != 0 || row.says(*at, by_then, value)),
    }
}

impl Findings {
    pub(crate) fn new(setup: Rc<OracleSetup>, rules: &'static [Check]) -> Findings {
        Findings {
            setup,
            rules,
            counts: vec![0; rules.len()],
            unjudged: vec![0; rules.len()],
            violations: Vec::new(),
            bent: Bent::default(),
            destination: None,
        }
    }
    pub(crate) fn words(&self) -> &Labels {
        &self.setup.labels
    }
    pub(crate) fn by_stamps(&self) -> bool {
        self.setup.capabilities.stamps
    }
    /// True if the stack may drop this edit in favour of another version. A stack with
    /// `Merge::Keeps` may drop none, and one with `Merge::Drops` each edit that was refused or lost
    /// a conflict. For other stacks the edit must have lost a conflict, and the backend must not
    /// have refused it for good. Another author's version must exist that the device had not read.
    /// If the conflict was over columns alone, each column of the edit needs such a version.
    pub(crate) fn may_give_way(&self, edit: &Edit, row: &Row) -> bool {
        match self.setup.capabilities.merge {
            Merge::Keeps => false,
            Merge::Converges | Merge::Combines => {
                let read = edit.made_on.min(edit.reached);
                let is_beside = match edit.by_column {
                    Some(by_then) => is_contested(edit, row, by_then),
                    None => row.beside(read..row.versions.len(), edit.id.device).next().is_some(),
                };
                let gives_way = edit.won == Some(Won::Other) && !edit.is_refused_for_good();
                !edit.combines && gives_way && is_beside
            }
            Merge::Drops => edit.refused.is_some() || edit.won.is_some(),
        }
    }

    /// Counts a violation of `check`. Keeps the text of the first [`VIOLATIONS_KEPT`].
    pub(crate) fn add(&mut self, check: Check, concerns: Concerns<'_>, text: impl FnOnce() -> String) {
        if check.applies(self.setup.capabilities) {
            self.add_certain(check, concerns, text);
        } else if check.is_counted(self.setup.capabilities) {
            let place = self.place(check);
            self.unjudged[place] += 1;
        }
    }
    fn place(&self, check: Check) -> usize {
        self.rules.iter().position(|rule| rule.name == check.name).expect("each check is in the list")
    }

    pub(crate) fn found(&mut self, check: Check, concerns: Concerns<'_>, text: Option<String>) {
        if let Some(text) = text {
            self.add(check, concerns, || text);
        }
    }
    pub(crate) fn tell(&mut self, check: Check, device: DeviceId, text: impl FnOnce(&Labels) -> String) {
        let setup = Rc::clone(&self.setup);
        self.add(check, (Some(device), None), || text(&setup.labels));
    }

    pub(crate) fn add_certain(
        &mut self,
        check: Check,
        concerns: Concerns<'_>,
        text: impl FnOnce() -> String,
    ) {
        let place = self.place(check);
        self.counts[place] += 1;
        if self.counts[place] <= VIOLATIONS_KEPT as u64 {
            let (device, record) = concerns;
            let record = record.map(|(entity, key)| (entity, Key::new(key)));
            self.violations.push(Violation { check: check.name, device, record, beside: None, text: text() });
        }
    }

    /// Counts altered values. `committed`: the altered values are on the backend.
    pub(crate) fn add_bent(
        &mut self,
        (device, record): (DeviceId, (EntityId, &str)),
        values: Vec<AlteredValue>,
        committed: bool,
    ) {
        for bent in values {
            let column = (record.0, bent.column);
            bent.with_refs(|values| self.bent.note(&self.setup.labels.schema, column, values, committed));
            self.add(&BENT_VALUE, (Some(device), Some(record)), || bent.text);
        }
    }

    /// Each check with two counts: violations that count, and violations that do not.
    fn counted(&self) -> impl Iterator<Item = (Check, u64, u64)> {
        let counts = self.counts.iter().zip(&self.unjudged);
        self.rules.iter().zip(counts).map(|(rule, (found, unjudged))| (*rule, *found, *unjudged))
    }

    pub(crate) fn unfound(&self, like: impl Fn(Matter) -> bool) -> Vec<&'static str> {
        let for_nothing = |matter: Matter| match matter {
            Matter::Destination => self.destination.is_some_and(|looked| looked.rows == 0),
            matter => like(matter),
        };
        let unfound = |(check, found, _): &(Check, u64, u64)| {
            check.applies(self.setup.capabilities) && *found == 0 && for_nothing(check.matter)
        };
        self.counted().filter(unfound).map(|(check, ..)| check.name).collect()
    }
    pub(crate) fn append_altered_columns(&mut self) {
        let first = self.violations.iter_mut().find(|v| v.check == BENT_VALUE.name);
        if let (Some(first), Some(by_column)) = (first, self.bent.by_column(&self.setup.labels.schema)) {
            first.text.push_str(&format!(" (by column: {by_column})"));
        }
    }

    pub(crate) fn finish(mut self) -> (Vec<Violation>, BTreeMap<&'static str, u64>, Vec<&'static str>) {
        let rank = |name: &str| self.rules.iter().position(|rule| rule.name == name);
        self.violations.sort_by_key(|v| rank(v.check));
        let can = self.setup.capabilities;
        let applies = |check: Check, found: u64| check.applies(can) || found > 0;
        let is_there = |check: Check| check.matter != Matter::Destination || self.destination.is_some();
        // The metric counts devices. The other system is not a device, so its unfinished work is
        // subtracted.
        let no_device = |check: Check| self.destination.is_some_and(|of| of.restless == Some(check.name));
        let refused = self.destination.map(|looked| ("destination.refused.rows", looked.refused));
        let figures = self
            .counted()
            .filter(|(check, found, _)| applies(check, *found) || check.is_counted(can))
            .filter(|(check, ..)| is_there(check))
            .map(|(check, found, other)| (check.metric, found + other - u64::from(no_device(check))));
        let figures = figures.chain(self.bent.figures()).chain(refused).collect();
        let others = self.counted().filter(|(check, found, _)| !applies(check, *found));
        let others = others.map(|(check, ..)| check.name).collect();
        (self.violations, figures, others)
    }
}
