//! What was found so far: exact counts, and the first violations of each check in words.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::bent::Bent;
use super::check::{Check, Matter};
use super::checks::{BENT_VALUE, BentValue};
use super::edit::Edit;
use super::history::{Row, bit};
use super::meant::Won;
use super::setup::OracleSetup;
use super::truth::alike;
use super::ways_out::WayOut;
use super::words::Labels;
use crate::base::{DeviceId, EditId, EntityId, Key, Time, Value};
use crate::contract::{EditKind, Event, Merge};

/// How many violations of one check are kept with their text.
pub const VIOLATIONS_KEPT: usize = 20;

pub(super) struct Findings {
    setup: Rc<OracleSetup>,
    rules: &'static [Check],
    counts: Vec<u64>,
    /// What was counted of checks that the stack does not have to pass.
    unjudged: Vec<u64>,
    violations: Vec<Violation>,
    pub(super) bent: Bent,
    /// Of another system, if there is one; without it nothing is said of its checks.
    pub(super) destination: Option<Looked>,
}

/// Rows that were looked for in another system, those that it refuses, and the check that has said
/// of it that more of them are on their way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Looked {
    pub(super) rows: u64,
    pub(super) refused: u64,
    pub(super) restless: Option<Check>,
}

/// A broken promise, with the record it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The check's name, as scenario files write it: `lost`, `two-syncs-of-one-unit`.
    pub check: &'static str,
    /// The device, where one is concerned.
    pub device: Option<DeviceId>,
    /// The record, where one is concerned.
    pub record: Option<(EntityId, Key)>,
    /// The record that the device was last busy with, where none is concerned.
    pub beside: Option<(EntityId, Key)>,
    /// In words, with names and figures.
    pub text: String,
}

/// What an edit seems to have done wrong, unless a log speaks of it in the end.
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
    /// The way out that the event is.
    pub(super) out: Option<WayOut>,
    pub(super) setup: &'a OracleSetup,
    pub(super) findings: &'a mut Findings,
}

pub(super) type Concerns<'a> = (Option<DeviceId>, Option<(EntityId, &'a str)>);

/// Whether somebody else set each column of an edit since its device read the row, and before
/// there were `by_then` versions; or the row said the same.
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
    /// Whether an edit that is nowhere may be so, as its stack promises no more. What the backend
    /// never judged has no other version to give way to, nor has what it refused for good; what a
    /// server judged by column has one in each of its columns.
    pub(super) fn may_give_way(&self, id: EditId, edit: &Edit, row: &Row) -> bool {
        match self.setup.capabilities.merge {
            Merge::Keeps => false,
            Merge::Converges | Merge::Combines => {
                let is_beside = match edit.by_column {
                    Some(by_then) => is_contested(id, edit, (row, by_then)),
                    None => row.changed_beside(edit.made_on, id.device),
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

    /// Counts one more of `check`; the first [`VIOLATIONS_KEPT`] are kept in words.
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
    /// Where its counts are.
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

    /// Counts values that came to mean something else; `committed` of those that the backend has.
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

    /// Each check with what it found of a stack that has to pass it, and of another.
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
        // What does not come to rest there is no device.
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
