//! The order in which versions became visible, and committed versions that are not visible yet.
//!
//! A place is a partition (the rows for devices with the same scope) or the whole table. Each place
//! has a stream of entries. A row that leaves a place gets an entry there, so that the place's
//! readers learn of it. Streams are never trimmed. Readers of deltas ask for changes since a
//! cursor. A version is invisible to them for a while if its transaction gets its stamp before it
//! commits, or if a replica lags.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::index::Slot;
use super::options::{LogOptions, Numbered, Provisioning, Rearm};
use super::partition::PartitionId;
use crate::base::{EntityId, Stamp, Time, Value};
use crate::contract::Author;

pub(super) type Place = PartitionId;

pub(super) const WHOLE: Place = Place::MAX;

/// The state of a row in a place.
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
            Fate::Moved => provisioning.tracks_scope_moves(),
            Fate::Deleted => provisioning.tracks_deletes(),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) slot: Slot,
    pub(super) fate: Fate,
    pub(super) arms: bool,
    number: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    /// The entries, in the order in which they became visible.
    pub(super) entries: Vec<Entry>,
    by_number: BTreeMap<u64, u32>,
    /// Each row's last entry. Used for look-ups only, never iterated.
    latest: FxHashMap<Slot, u32>,
}

impl Stream {
    pub(super) fn push(&mut self, number: u64, slot: Slot, fate: Fate, arms: bool) {
        let index = self.entries.len() as u32;
        self.entries.push(Entry { slot, fate, arms, number });
        self.by_number.insert(number, index);
        self.latest.insert(slot, index);
    }

    /// The entries in this range of numbers. The flag is true for a row's last entry.
    pub(super) fn numbered(
        &self,
        range: (Bound<u64>, Bound<u64>),
    ) -> impl Iterator<Item = (u64, Entry, bool)> {
        self.by_number.range(range).map(|(number, index)| {
            let entry = self.entries[*index as usize];
            (*number, entry, self.latest[&entry.slot] == *index)
        })
    }

    /// The state of a row that is or was here; `None` if it has not changed since the start.
    pub(super) fn fate(&self, slot: Slot) -> Option<Fate> {
        self.latest.get(&slot).map(|&index| self.entries[index as usize].fate)
    }

    /// The number of a row's last entry; `None` if it has not changed since the start.
    pub(super) fn last_number(&self, slot: Slot) -> Option<u64> {
        self.latest.get(&slot).map(|&index| self.entries[index as usize].number)
    }
}

/// Numbers the versions that become visible.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) options: LogOptions,
    pub(super) last: u64,
    /// Numbers of versions that are still invisible.
    under_way: BTreeSet<u64>,
    /// (time at which versions became visible, greatest number at that time).
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

    /// Makes the row written under `number` visible.
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

    /// The last number before the oldest transaction in progress.
    pub(super) fn settled(&self) -> u64 {
        self.under_way.first().map_or(self.last, |oldest| oldest - 1)
    }

    /// The greatest number that was visible before `time`.
    pub(super) fn before(&self, time: Time) -> u64 {
        let later = self.shown.partition_point(|(at, _)| *at < time);
        later.checked_sub(1).map_or(0, |index| self.shown[index].1)
    }

    /// The last trimmed number at `now`.
    pub(super) fn trimmed(&self, now: Time) -> u64 {
        now.0.checked_sub(self.options.kept.0).map_or(0, |time| self.before(Time(time)))
    }

    /// True if a reader at `number` would soon be refused, although it has read everything.
    pub(super) fn is_old(&self, now: Time, number: u64) -> bool {
        now.0.checked_sub(self.options.kept.0 / 10).is_some_and(|time| number < self.before(Time(time)))
    }
}

/// A row's next version, as readers of deltas will see it.
#[derive(Clone, Debug)]
pub(super) struct PendingVersion {
    pub(super) entity: EntityId,
    pub(super) slot: Slot,
    pub(super) stamp: Stamp,
    /// The stamp under which the row's place lists the version.
    pub(super) listed: Stamp,
    pub(super) begun: Time,
    pub(super) values: Option<Arc<[Value]>>,
    pub(super) writer: Option<Arc<[Value]>>,
    pub(super) author: Author,
    /// The version's log number; `None` if it has none yet.
    pub(super) number: Option<u64>,
    /// No stamp, log or flag shows this version.
    pub(super) unnoted: bool,
}

/// Versions that are written but invisible, in the order in which they become visible.
#[derive(Clone, Debug, Default)]
pub(super) struct PendingVersions {
    queue: BTreeMap<(Time, u64), PendingVersion>,
    stamps: BTreeSet<(Stamp, u64)>,
    /// The next sequence number. Versions of one instant are shown in the order of their commits.
    next: u64,
}

impl PendingVersions {
    pub(super) fn add(&mut self, at: Time, showing: PendingVersion) {
        // No reader waits for a version that kept its row's old stamp.
        if !showing.unnoted {
            self.stamps.insert((showing.listed, self.next));
        }
        self.queue.insert((at, self.next), showing);
        self.next += 1;
    }

    pub(super) fn due(&mut self, now: Time) -> Option<PendingVersion> {
        let first = self.queue.first_entry()?;
        let (at, number) = *first.key();
        if at > now {
            return None;
        }
        let showing = first.remove();
        self.stamps.remove(&(showing.listed, number));
        Some(showing)
    }

    pub(super) fn oldest(&self) -> Option<Stamp> {
        self.stamps.first().map(|(stamp, _)| *stamp)
    }

    pub(super) fn since(&self) -> Option<Time> {
        self.queue.values().map(|showing| showing.begun).min()
    }

    pub(super) fn last(&self) -> Option<Time> {
        self.queue.last_key_value().map(|((at, _), _)| *at)
    }
}
