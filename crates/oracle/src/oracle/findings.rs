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

/// The most violations of one check that are kept as text.
pub const VIOLATIONS_KEPT: usize = 20;

pub(crate) struct Findings {
    pub(crate) setup: Rc<OracleSetup>,
    rules: &'static [Check],
    counts: Vec<u64>,
    /// By check, the count of findings that the stack need not avoid.
    unjudged: Vec<u64>,
    violations: Vec<Violation>,
    pub(crate) bent: Bent,
    /// Findings about another system; `None` without such a system: its checks are then left out.
    pub(crate) destination: Option<DestinationCounts>,
}

/// For another system: the rows looked up, the rows that it refuses, and the check that already
/// reported that more rows are on their way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DestinationCounts {
    pub(crate) rows: u64,
    pub(crate) refused: u64,
    pub(crate) restless: Option<&'static str>,
}

/// A broken promise, with the record it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The check's name as in scenario files: `lost`, `two-syncs-of-one-unit`.
    pub check: &'static str,
    /// The device; `None` if no device is concerned.
    pub device: Option<DeviceId>,
    /// The record; `None` if no record is concerned.
    pub record: Option<(EntityId, Key)>,
    /// If no record is concerned, the record that the device last worked on.
    pub beside: Option<(EntityId, Key)>,
    /// The violation as text, with names and figures.
    pub text: String,
}

/// A violation that an edit may be. It is dropped if a log mentions the edit at the end.
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
    /// The loss, if the event ends a process or replaces its storage; else `None`.
    pub(crate) out: Option<StateLoss>,
    pub(crate) setup: &'a OracleSetup,
    pub(crate) findings: &'a mut Findings,
}

/// True if for each column of an edit, others set it between the device's read of the row and
/// version `by_then`, or it already had the edit's value.
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
    /// True if an edit may be gone because its stack promises no more. An edit that the backend
    /// refused for good, or never judged, met no version to which it could give way. If it is
    /// judged by column, each column must have such a version.
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

    /// Counts a violation of `check`. Keeps the first [`VIOLATIONS_KEPT`] as text.
    pub(crate) fn add(&mut self, check: Check, concerns: Concerns<'_>, text: impl FnOnce() -> String) {
        if check.applies(self.setup.capabilities) {
            self.add_certain(check, concerns, text);
        } else if check.is_counted(self.setup.capabilities) {
            let place = self.place(check);
            self.unjudged[place] += 1;
        }
    }
    /// The index of the check's counts.
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

    /// Counts altered values. `committed`: they are on the backend.
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

    /// Each check with two counts: of findings that the stack must avoid, and of the others.
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
        // A destination that does not come to rest is not a device.
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
