//! What was found so far: exact counts, and the first violations of each check in words.

use std::collections::BTreeMap;

use super::check::{ALL, Check};
use super::violation::Violation;
use crate::base::{DeviceId, EntityId, Key};

/// How many violations of one check are kept with their text.
pub const VIOLATIONS_KEPT: usize = 20;

/// Counts and texts.
#[derive(Debug)]
pub(super) struct Findings {
    counts: Vec<u64>,
    violations: Vec<Violation>,
}

/// Whom a violation concerns.
pub(super) type Concerns<'a> = (Option<DeviceId>, Option<(EntityId, &'a str)>);

impl Findings {
    pub(super) fn new() -> Findings {
        Findings { counts: vec![0; ALL.len()], violations: Vec::new() }
    }

    /// Counts one more of `check`; the first [`VIOLATIONS_KEPT`] are kept in words.
    pub(super) fn add(
        &mut self,
        check: Check,
        (device, record): Concerns<'_>,
        text: impl FnOnce() -> String,
    ) {
        self.counts[check as usize] += 1;
        if self.counts[check as usize] <= VIOLATIONS_KEPT as u64 {
            let record = record.map(|(entity, key)| (entity, Key::new(key)));
            self.violations.push(Violation { check: check.name(), device, record, text: text() });
        }
    }

    /// The violations by check, and the counts by metric.
    pub(super) fn finish(mut self) -> (Vec<Violation>, BTreeMap<&'static str, u64>) {
        let rank = |name: &str| ALL.iter().position(|(n, _)| *n == name);
        self.violations.sort_by_key(|v| rank(v.check));
        let figures = ALL.iter().zip(&self.counts).map(|((_, metric), count)| (*metric, *count)).collect();
        (self.violations, figures)
    }
}
