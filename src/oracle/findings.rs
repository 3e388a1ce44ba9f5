//! What was found so far: exact counts, and the first violations of each check in words.

use std::collections::BTreeMap;

use super::bent::Bent;
use super::check::{ALL, Check};
use super::checks::BentValue;
use super::violation::Violation;
use crate::base::{DeviceId, EntityId, Key};
use crate::contract::{Capabilities, Merge, Schema};

/// How many violations of one check are kept with their text.
pub const VIOLATIONS_KEPT: usize = 20;

#[derive(Debug)]
pub(super) struct Findings {
    capabilities: Capabilities,
    counts: Vec<u64>,
    /// What was counted of checks that the stack does not have to pass.
    unjudged: Vec<u64>,
    violations: Vec<Violation>,
    pub(super) bent: Bent,
}

pub(super) type Concerns<'a> = (Option<DeviceId>, Option<(EntityId, &'a str)>);

impl Findings {
    pub(super) fn new(capabilities: Capabilities) -> Findings {
        Findings {
            capabilities,
            counts: vec![0; ALL.len()],
            unjudged: vec![0; ALL.len()],
            violations: Vec::new(),
            bent: Bent::default(),
        }
    }

    pub(super) fn by_stamps(&self) -> bool {
        self.capabilities.stamps
    }

    /// Whether every edit ends on the backend, waits, or stands in a log.
    pub(super) fn keeps_edits(&self) -> bool {
        self.capabilities.merge == Merge::Keeps
    }

    /// Counts one more of `check`; the first [`VIOLATIONS_KEPT`] are kept in words.
    pub(super) fn add(
        &mut self,
        check: Check,
        (device, record): Concerns<'_>,
        text: impl FnOnce() -> String,
    ) {
        if check.applies(self.capabilities) {
            self.add_certain(check, (device, record), text);
        } else if check.counts(self.capabilities) {
            self.unjudged[check as usize] += 1;
        }
    }

    /// Counts what is wrong whatever the stack is able to.
    pub(super) fn add_certain(
        &mut self,
        check: Check,
        (device, record): Concerns<'_>,
        text: impl FnOnce() -> String,
    ) {
        self.counts[check as usize] += 1;
        if self.counts[check as usize] <= VIOLATIONS_KEPT as u64 {
            let record = record.map(|(entity, key)| (entity, Key::new(key)));
            self.violations.push(Violation {
                check: check.name(),
                device,
                record,
                beside: None,
                text: text(),
            });
        }
    }

    /// Counts values that came to mean something else; `committed` of those that the backend has.
    pub(super) fn add_bent(
        &mut self,
        schema: &Schema,
        (device, record): (DeviceId, (EntityId, &str)),
        values: Vec<BentValue>,
        committed: bool,
    ) {
        for bent in values {
            let column = (record.0, bent.column);
            bent.with_refs(|values| self.bent.note(schema, column, values, committed));
            self.add(Check::BentValue, (Some(device), Some(record)), || bent.text);
        }
    }

    /// The checks that apply, have found nothing so far, and are like that.
    pub(super) fn unfound(&self, like: impl Fn(Check) -> bool) -> Vec<&'static str> {
        let unfound = |check: &&Check| {
            check.applies(self.capabilities) && self.counts[**check as usize] == 0 && like(**check)
        };
        Check::EVERY.iter().filter(unfound).map(|check| check.name()).collect()
    }

    /// Tells with the first bent value how many there are of each column.
    pub(super) fn tell_columns(&mut self, schema: &Schema) {
        let first = self.violations.iter_mut().find(|v| v.check == Check::BentValue.name());
        if let (Some(first), Some(by_column)) = (first, self.bent.by_column(schema)) {
            first.text.push_str(&format!(" (by column: {by_column})"));
        }
    }

    /// The violations by check, the counts by metric, and the checks that are not applicable.
    pub(super) fn finish(mut self) -> (Vec<Violation>, BTreeMap<&'static str, u64>, Vec<&'static str>) {
        let rank = |name: &str| ALL.iter().position(|(n, _)| *n == name);
        self.violations.sort_by_key(|v| rank(v.check));
        // What was found all the same is told.
        let applies = |check: &Check| check.applies(self.capabilities) || self.counts[*check as usize] > 0;
        let counts = |check: &&Check| applies(check) || check.counts(self.capabilities);
        let count = |check: Check| self.counts[check as usize] + self.unjudged[check as usize];
        let figures = Check::EVERY.iter().filter(counts);
        let figures = figures.map(|check| (ALL[*check as usize].1, count(*check)));
        let figures = figures.chain(self.bent.figures()).collect();
        let others = Check::EVERY.iter().filter(|check| !applies(check)).map(|check| check.name()).collect();
        (self.violations, figures, others)
    }
}
