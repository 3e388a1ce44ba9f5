//! The findings so far: exact counts, and the first violations of each check as text.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::check::{Check, Matter};
use super::checks::{BENT_VALUE, BentValue};
use super::setup::OracleSetup;
use crate::base::{DeviceId, EditId, EntityId, Key, Time, Value};
use crate::contract::{EditKind, Event, Merge};
use crate::oracle::final_checks::bent::Bent;
use crate::oracle::model::edit::Edit;
use crate::oracle::model::intent::Won;
use crate::oracle::model::truth::alike;
use crate::oracle::model::versions::{Row, bit};
use crate::oracle::watch::exits::WayOut;
use crate::oracle::words::phrases::Labels;

/// How many violations of one check are kept as text.
pub const VIOLATIONS_KEPT: usize = 20;

pub(super) struct Findings {
    setup: Rc<OracleSetup>,
    rules: &'static [Check],
    counts: Vec<u64>,
    /// Counts of checks that the stack does not have to pass.
    unjudged: Vec<u64>,
    violations: Vec<Violation>,
    pub(super) bent: Bent,
    /// Findings about another system, if there is one; without it its checks are not reported.
    pub(super) destination: Option<Looked>,
}

/// The rows looked up in another system, the rows it refuses, and the check that already reported
/// that more are on their way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Looked {
    pub(super) rows: u64,
    pub(super) refused: u64,
    pub(super) restless: Option<Check>,
}

/// A broken promise, with the record it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The check's name as in scenario files: `lost`, `two-syncs-of-one-unit`.
    pub check: &'static str,
    /// The device, if one is concerned.
    pub device: Option<DeviceId>,
    /// The record, if one is concerned.
    pub record: Option<(EntityId, Key)>,
    /// The record that the device last worked on, if no record is concerned.
    pub beside: Option<(EntityId, Key)>,
    /// As text, with names and figures.
    pub text: String,
}

/// A suspected violation by an edit, dropped if a log mentions it at the end.
#[derive(Debug)]
pub(super) struct Suspicion {
    pub(super) check: Check,
    pub(super) edit: EditId,
    pub(super) record: (EntityId, Key),
    pub(super) committed: (u32, Time),
    pub(super) text: String,
}

pub(super) struct Heard<'a> {
    pub(super) at: Time,
    pub(super) device: DeviceId,
    pub(super) event: &'a Event<'a>,
    /// How the event ends or replaces a process or its storage, if it does.
    pub(super) out: Option<WayOut>,
    pub(super) setup: &'a OracleSetup,
    pub(super) findings: &'a mut Findings,
}

pub(super) type Concerns<'a> = (Option<DeviceId>, Option<(EntityId, &'a str)>);

/// Whether each column of an edit was set by others between its device's read of the row and
/// version `by_then`, or had the same value already.
fn is_contested(id: EditId, edit: &Edit, (row, by_then): (&Row, usize)) -> bool {
    let read = edit.made_on.min(edit.reached);
    let says =
        |column: usize, value: &Value| row.said(column, by_then).is_some_and(|said| alike(said, value));
    let changed = row.changed_by_others(read..by_then, id.device);
    match edit.kind {
        EditKind::Delete => changed != 0,
        _ => edit.own_values().iter().all(|(at, value)| changed & bit(*at) != 0 || says(*at, value)),
    }
}

impl Findings {
    pub(super) fn new(setup: Rc<OracleSetup>, rules: &'static [Check]) -> Findings {
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
    pub(super) fn words(&self) -> &Labels {
        &self.setup.labels
    }
    pub(super) fn by_stamps(&self) -> bool {
        self.setup.capabilities.stamps
    }
    /// Whether an edit may be gone because its stack promises no more. An edit that the backend
    /// never judged, or refused for good, met no version that it could give way to. For an edit
    /// judged by column, each column must have such a version.
    pub(super) fn may_give_way(&self, id: EditId, edit: &Edit, row: &Row) -> bool {
        match self.setup.capabilities.merge {
            Merge::Keeps => false,
            Merge::Converges | Merge::Combines => {
                let is_beside = match edit.by_column {
                    Some(by_then) => is_contested(id, edit, (row, by_then)),
                    None => row.changed_beside(edit.made_on.min(edit.reached), id.device),
                };
                let gives_way = edit.won == Some(Won::Other) && !edit.is_refused_for_good();
                !edit.combines && gives_way && is_beside
            }
            Merge::Drops => edit.refused.is_some() || edit.won.is_some(),
        }
    }
    pub(super) fn merge(&self) -> Merge {
        self.setup.capabilities.merge
    }

    /// Counts a violation of `check`; the first [`VIOLATIONS_KEPT`] are kept as text.
    pub(super) fn add(
        &mut self,
        check: Check,
        (device, record): Concerns<'_>,
        text: impl FnOnce() -> String,
    ) {
        if check.applies(self.setup.capabilities) {
            self.add_certain(check, (device, record), text);
        } else if check.is_counted(self.setup.capabilities) {
            let place = self.place(check);
            self.unjudged[place] += 1;
        }
    }
    /// The index of its counts.
    fn place(&self, check: Check) -> usize {
        self.rules.iter().position(|rule| *rule == check).expect("each check is in the list")
    }

    pub(super) fn found(&mut self, check: Check, concerns: Concerns<'_>, text: Option<String>) {
        if let Some(text) = text {
            self.add(check, concerns, || text);
        }
    }
    pub(super) fn tell(&mut self, check: Check, device: DeviceId, text: impl FnOnce(&Labels) -> String) {
        let setup = Rc::clone(&self.setup);
        self.add(check, (Some(device), None), || text(&setup.labels));
    }

    pub(super) fn add_certain(
        &mut self,
        check: Check,
        (device, record): Concerns<'_>,
        text: impl FnOnce() -> String,
    ) {
        let place = self.place(check);
        self.counts[place] += 1;
        if self.counts[place] <= VIOLATIONS_KEPT as u64 {
            let record = record.map(|(entity, key)| (entity, Key::new(key)));
            self.violations.push(Violation { check: check.name, device, record, beside: None, text: text() });
        }
    }

    /// Counts altered values; `committed` if the backend has them.
    pub(super) fn add_bent(
        &mut self,
        (device, record): (DeviceId, (EntityId, &str)),
        values: Vec<BentValue>,
        committed: bool,
    ) {
        for bent in values {
            let column = (record.0, bent.column);
            bent.with_refs(|values| self.bent.note(&self.setup.labels.schema, column, values, committed));
            self.add(&BENT_VALUE, (Some(device), Some(record)), || bent.text);
        }
    }

    /// Each check with its count where the stack must pass it, and its count otherwise.
    fn counted(&self) -> impl Iterator<Item = (Check, u64, u64)> {
        let counts = self.counts.iter().zip(&self.unjudged);
        self.rules.iter().zip(counts).map(|(rule, (found, unjudged))| (*rule, *found, *unjudged))
    }

    pub(super) fn unfound(&self, like: impl Fn(Matter) -> bool) -> Vec<&'static str> {
        let for_nothing = |matter: Matter| match matter {
            Matter::Destination => self.destination.is_some_and(|looked| looked.rows == 0),
            matter => like(matter),
        };
        let unfound = |(check, found, _): &(Check, u64, u64)| {
            check.applies(self.setup.capabilities) && *found == 0 && for_nothing(check.matter)
        };
        self.counted().filter(unfound).map(|(check, ..)| check.name).collect()
    }
    pub(super) fn tell_columns(&mut self) {
        let first = self.violations.iter_mut().find(|v| v.check == BENT_VALUE.name);
        if let (Some(first), Some(by_column)) = (first, self.bent.by_column(&self.setup.labels.schema)) {
            first.text.push_str(&format!(" (by column: {by_column})"));
        }
    }

    pub(super) fn finish(mut self) -> (Vec<Violation>, BTreeMap<&'static str, u64>, Vec<&'static str>) {
        let rank = |name: &str| self.rules.iter().position(|rule| rule.name == name);
        self.violations.sort_by_key(|v| rank(v.check));
        let can = self.setup.capabilities;
        let applies = |check: Check, found: u64| check.applies(can) || found > 0;
        let is_there = |check: Check| check.matter != Matter::Destination || self.destination.is_some();
        // The destination that does not come to rest is not a device.
        let no_device = |check: Check| self.destination.is_some_and(|of| of.restless == Some(check));
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
