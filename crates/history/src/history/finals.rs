//! The rows that each device shows at the end, its waiting edits, and the messages to its user.

use std::collections::{BTreeMap, BTreeSet};

use super::recorded::{EditAt, History, Shown, When};
use crate::base::{EntityId, Key, Value};
use crate::contract::LogKind;

/// The shown rows, by key. `None` values mean that the device does not show the row.
pub(super) type Listing<'h> = Vec<(&'h Key, Option<&'h [Value]>)>;

#[derive(Debug, Default)]
pub(super) struct Final<'h> {
    /// The last list of all rows, in key order, and when it was observed.
    pub(super) all: Option<(When, Listing<'h>)>,
    /// Rows that were observed individually after that list.
    pub(super) single: BTreeMap<&'h str, (When, Option<&'h [Value]>)>,
}

#[derive(Debug, Default)]
pub(super) struct Finals<'h> {
    pub(super) shows: Vec<BTreeMap<EntityId, Final<'h>>>,
    /// By device; `None` if no line lists the edits that wait there.
    pub(super) waits: Vec<Option<(When, Vec<EditAt>)>>,
    /// Edits that wait for a person's decision.
    pub(super) undecided: BTreeSet<EditAt>,
    pub(super) told: Vec<Vec<(EditAt, LogKind)>>,
}

impl<'h> Finals<'h> {
    pub(super) fn of(history: &'h History) -> Finals<'h> {
        let devices = history.devices.len();
        let mut finals = Finals {
            shows: (0..devices).map(|_| BTreeMap::new()).collect(),
            waits: vec![None; devices],
            undecided: history.waits.iter().flat_map(|waiting| waiting.undecided.iter().copied()).collect(),
            told: vec![Vec::new(); devices],
        };
        let mut shows: Vec<&Shown> = history.shows.iter().collect();
        // A line without a time counts as the end. If two times are equal, the later line counts.
        shows.sort_by_key(|shown| (middle(shown.mark.when), shown.mark.line));
        for shown in shows {
            let of = finals.shows[shown.device as usize].entry(shown.entity).or_default();
            of.add(shown);
        }
        let mut waits: Vec<_> = history.waits.iter().collect();
        waits.sort_by_key(|waiting| (middle(waiting.mark.when), waiting.mark.line));
        for waiting in waits {
            let mut edits = waiting.edits.clone();
            edits.sort_unstable();
            edits.dedup();
            finals.waits[waiting.device as usize] = Some((waiting.mark.when, edits));
        }
        for word in &history.words {
            let device = history.edits[word.edit].device as usize;
            finals.told[device].extend(word.says.map(|says| (word.edit, says)));
        }
        finals
    }
}

fn middle(when: When) -> i64 {
    if when.until == i64::MAX { i64::MAX } else { when.from / 2 + when.until / 2 }
}

impl<'h> Final<'h> {
    fn add(&mut self, shown: &'h Shown) {
        let row = |(key, values): &'h (Key, Option<Vec<Value>>)| (key, values.as_deref());
        if shown.all {
            let mut rows: Listing<'h> = shown.rows.iter().map(row).collect();
            rows.sort_by(|a, b| a.0.cmp(b.0));
            self.all = Some((shown.mark.when, rows));
            self.single.clear();
            return;
        }
        for (key, values) in shown.rows.iter().map(row) {
            self.single.insert(key.as_str(), (shown.mark.when, values));
        }
    }

    /// The values that the device shows for a row, and when they were observed; `None` if they were
    /// not.
    pub(super) fn row(&self, key: &str) -> Option<(When, Option<&'h [Value]>)> {
        if let Some(single) = self.single.get(key) {
            return Some(*single);
        }
        let (when, rows) = self.all.as_ref()?;
        let found = rows.binary_search_by(|(of, _)| of.as_str().cmp(key));
        Some((*when, found.ok().and_then(|at| rows[at].1)))
    }
}
