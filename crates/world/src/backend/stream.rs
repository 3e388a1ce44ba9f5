//! The order in which versions became visible.
//!
//! Each place that readers look at, a partition or all rows, has a stream of entries. A row that
//! leaves a place has an entry there, so that who held it hears of it. Nothing is removed from a
//! stream.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use rustc_hash::FxHashMap;

use super::index::Slot;
use super::options::{LogOptions, Numbered, Rearm};
use super::partition::PartitionId;
use super::provisioning::Provisioning;
use crate::base::Time;
use crate::contract::Author;

pub(super) type Place = PartitionId;

pub(super) const WHOLE: Place = Place::MAX;

/// What became of a row in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Here,
    Moved,
    Deleted,
}

impl Fate {
    pub(super) fn found(self, provisioning: Provisioning) -> bool {
        match self {
            Fate::Here => true,
            Fate::Moved => provisioning.moves(),
            Fate::Deleted => provisioning.deletes(),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) slot: Slot,
    pub(super) fate: Fate,
    pub(super) arms: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    /// In the order in which it could be seen.
    pub(super) entries: Vec<Entry>,
    by_number: BTreeMap<u64, u32>,
    /// A row's last entry; looked up only, never iterated.
    latest: FxHashMap<Slot, u32>,
}

impl Stream {
    pub(super) fn push(&mut self, number: u64, slot: Slot, fate: Fate, arms: bool) {
        let index = self.entries.len() as u32;
        self.entries.push(Entry { slot, fate, arms });
        self.by_number.insert(number, index);
        self.latest.insert(slot, index);
    }

    /// The entries with these numbers, and whether each is its row's last.
    pub(super) fn numbered(
        &self,
        range: (Bound<u64>, Bound<u64>),
    ) -> impl Iterator<Item = (u64, Entry, bool)> {
        self.by_number.range(range).map(|(number, index)| {
            let entry = self.entries[*index as usize];
            (*number, entry, self.latest[&entry.slot] == *index)
        })
    }

    /// What became of a row that is here or was; `None` if nothing happened to it since the start.
    pub(super) fn fate(&self, slot: Slot) -> Option<Fate> {
        self.latest.get(&slot).map(|&index| self.entries[index as usize].fate)
    }
}

/// Gives numbers to what becomes visible.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) options: LogOptions,
    pub(super) last: u64,
    /// Numbers that are given and cannot be seen.
    under_way: BTreeSet<u64>,
    /// When something could be seen, and the greatest number until then.
    shown: Vec<(Time, u64)>,
}

impl Log {
    pub(super) fn new(options: LogOptions) -> Log {
        Log { options, last: 0, under_way: BTreeSet::new(), shown: Vec::new() }
    }

    pub(super) fn write(&mut self) -> Option<u64> {
        (self.options.numbered == Numbered::AtWrite).then(|| {
            self.last += 1;
            self.under_way.insert(self.last);
            self.last
        })
    }

    /// A row written under `number` can be seen.
    pub(super) fn show(&mut self, now: Time, number: Option<u64>) -> u64 {
        let number = number.unwrap_or_else(|| {
            self.last += 1;
            self.last
        });
        self.under_way.remove(&number);
        let greatest = self.shown.last().map_or(0, |(_, greatest)| *greatest);
        self.shown.push((now, greatest.max(number)));
        number
    }

    pub(super) fn arms(&self, author: Author) -> bool {
        self.options.rearm == Rearm::Always || !matches!(author, Author::Office | Author::Import)
    }

    /// The last number before the oldest transaction under way.
    pub(super) fn settled(&self) -> u64 {
        self.under_way.first().map_or(self.last, |oldest| oldest - 1)
    }

    fn before(&self, time: Time) -> u64 {
        let later = self.shown.partition_point(|(at, _)| *at < time);
        later.checked_sub(1).map_or(0, |index| self.shown[index].1)
    }

    /// Entries up to this one are trimmed.
    pub(super) fn trimmed(&self, now: Time) -> u64 {
        now.0.checked_sub(self.options.kept.0).map_or(0, |time| self.before(Time(time)))
    }

    /// A reader that is here would soon be refused though it has read everything.
    pub(super) fn is_old(&self, now: Time, number: u64) -> bool {
        now.0.checked_sub(self.options.kept.0 / 10).is_some_and(|time| number < self.before(Time(time)))
    }
}
