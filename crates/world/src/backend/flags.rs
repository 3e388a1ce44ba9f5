//! Flags show which rows a consumer (a reader with flags) still lacks.
//!
//! When a new version of a row becomes visible, it arms the row's flag (sets it to "not synced")
//! with a new token. A reset (to "synced") names the token of the delivered version, so it cannot
//! hide a newer version. A claim reserves a row for one reader for some time.
//!
//! Arming is part of the row's commit and costs no extra time. The code arms late: before it
//! reads flags, it processes the new entries of the partition's [`stream`](super::stream). A reset,
//! a claim and arming by hand are writes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use rustc_hash::FxHashMap;

use super::content::Content;
use super::index::Slot;
use super::options::Provisioning;
use super::partition::{Change, Position, Scope, since};
use super::stream::{Place, Stream};
use super::table::Table;
use crate::base::{DeviceId, EntityId, Key, Span, Stamp, Time, in_words};
use crate::contract::{Entity, ServerError};

/// A reader that uses flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Consumer {
    Device(DeviceId),
    /// The gateway's replica.
    Replica,
    /// All workers that transfer rows to another system.
    Workers,
    /// One flag shared by all readers.
    Anybody,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct FlagsOf<'q> {
    pub(crate) consumer: Consumer,
    pub(crate) entity: EntityId,
    pub(crate) scope: Scope<'q>,
}

/// The rows that a consumer has when its flags are created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Has {
    Nothing,
    /// All rows as of this instant, which is not after the backend's start.
    AllUntil(Stamp),
    /// Every row that exists at the backend's start.
    All,
}

/// How a flag is reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reset {
    /// Only if the delivered version is the one that armed the flag last.
    #[default]
    CompareAndSet,
    /// In any case.
    Naive,
}
in_words!(Reset { CompareAndSet: "compare-and-set", Naive: "naive" });

/// A delivered row, and the token of its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    place: Place,
    slot: Slot,
    token: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flagged {
    pub(crate) scanned: u64,
    pub(crate) passed: u64,
    /// The number of delivered rows that were delivered before with the same token.
    pub(crate) again: u64,
    pub(crate) claimed: u64,
    pub(crate) more: bool,
    pub(crate) marks: Vec<Mark>,
}

#[derive(Clone, Copy, Debug)]
struct Armed {
    slot: Slot,
    delivered: bool,
    claimed: Option<Time>,
}

#[derive(Clone, Debug, Default)]
struct Flags {
    /// The number of stream entries processed so far.
    taken_in: usize,
    last: u64,
    /// The highest receipt that the consumer sent.
    receipt: u64,
    free: BTreeMap<u64, Armed>,
    claimed: BTreeMap<u64, Armed>,
    ends: BTreeSet<(Time, u64)>,
    tokens: FxHashMap<Slot, u64>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct AllFlags(BTreeMap<(Consumer, EntityId, Place), Flags>);

#[derive(Debug)]
pub(crate) struct Flagging<'b> {
    pub(super) flags: &'b mut AllFlags,
    pub(super) content: &'b mut Content,
}

impl AllFlags {
    pub(super) fn claimed_until(&self, since: Time, upto: Time) -> Option<Time> {
        let ends = |flags: &Flags| flags.ends.range(..=(upto, u64::MAX)).next_back().map(|(end, _)| *end);
        self.0.values().filter_map(ends).max().filter(|end| *end > since)
    }
}

impl Flags {
    fn arm(&mut self, slot: Slot) {
        self.disarm(slot);
        self.last += 1;
        self.tokens.insert(slot, self.last);
        self.free.insert(self.last, Armed { slot, delivered: false, claimed: None });
    }

    fn disarm(&mut self, slot: Slot) {
        if let Some(token) = self.tokens.remove(&slot) {
            self.release(token);
            self.free.remove(&token);
        }
    }

    fn is_free(&self, slot: Slot) -> bool {
        self.tokens.get(&slot).is_some_and(|token| self.free.contains_key(token))
    }

    fn release(&mut self, token: u64) {
        if let Some(armed) = self.claimed.remove(&token) {
            self.ends.remove(&(armed.claimed.expect("it is claimed"), token));
            self.free.insert(token, Armed { claimed: None, ..armed });
        }
    }

    fn release_due(&mut self, now: Time) {
        while let Some(&(_, token)) = self.ends.first().filter(|(until, _)| *until <= now) {
            self.release(token);
        }
    }

    fn claim(&mut self, token: u64, until: Time) {
        let armed = self.free.remove(&token).expect("what is claimed is free");
        self.ends.insert((until, token));
        self.claimed.insert(token, Armed { claimed: Some(until), ..armed });
    }

    /// Arms rows that became visible after the last call.
    fn catch_up(&mut self, stream: Option<&Stream>, provisioning: Provisioning) {
        let entries = stream.map_or(&[][..], |stream| &stream.entries);
        for entry in &entries[self.taken_in..] {
            if entry.arms && entry.fate.found(provisioning) {
                self.arm(entry.slot);
            }
        }
        self.taken_in = entries.len();
    }
}

impl Flagging<'_> {
    /// Creates a consumer's flags. If the flags exist already and the consumer has no rows, all
    /// synced and all claimed rows are armed again. The reader that claimed them can no longer
    /// confirm. Returns the number of rows written.
    pub(crate) fn enrol(&mut self, now: Time, of: FlagsOf<'_>, has: Has) -> Result<u64, ServerError> {
        let key = self.key(now, of)?;
        let Content { schema, provisioning, .. } = &*self.content;
        let (entity, table, place) = (schema.entity(of.entity), self.content.table(of.entity), key.2);
        let Some(flags) = self.flags.0.get_mut(&key) else {
            let flags = begun(self.content, of, place, has);
            self.flags.0.insert(key, flags);
            return Ok(0);
        };
        if has != Has::Nothing {
            return Ok(0);
        }
        flags.catch_up(table.stream(place), *provisioning);
        let mut written = 0;
        for slot in live(table, entity, of.scope) {
            if !flags.is_free(slot) {
                flags.arm(slot);
                written += 1;
            }
        }
        Ok(written)
    }

    /// The highest receipt noted with these flags, or 0 if there is none; `None` without flags.
    pub(crate) fn receipt(&mut self, now: Time, of: FlagsOf<'_>) -> Result<Option<u64>, ServerError> {
        let key = self.key(now, of)?;
        Ok(self.flags.0.get(&key).map(|flags| flags.receipt))
    }

    pub(crate) fn note_receipt(
        &mut self,
        now: Time,
        of: FlagsOf<'_>,
        receipt: u64,
    ) -> Result<(), ServerError> {
        let key = self.key(now, of)?;
        if let Some(flags) = self.flags.0.get_mut(&key) {
            flags.receipt = flags.receipt.max(receipt);
        }
        Ok(())
    }

    /// Delivers unsynced rows to `take`, in the order in which they were armed, and claims them
    /// with a lease. Ends at `limit` or when `take` breaks; that last row counts as taken. If
    /// `passes_over` is true for a row, the row is read but not changed.
    pub(crate) fn flagged(
        &mut self,
        now: Time,
        of: FlagsOf<'_>,
        (limit, lease): (usize, Option<Span>),
        passes_over: &dyn Fn(&Key) -> bool,
        take: &mut dyn FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<Flagged, ServerError> {
        let key = self.key(now, of)?;
        let (provisioning, table, place) = (self.content.provisioning, self.content.table(of.entity), key.2);
        let flags = self.flags.0.entry(key).or_default();
        flags.catch_up(table.stream(place), provisioning);
        flags.release_due(now);
        let mut found = Flagged::default();
        let mut vanished = Vec::new();
        let mut full = false;
        for (&token, armed) in &mut flags.free {
            let slot = armed.slot;
            let fate = table.fate(place, slot);
            if passes_over(&table.record(slot).key) {
                found.scanned += 1;
                found.passed += u64::from(!full);
                continue;
            }
            if !fate.found(provisioning) {
                vanished.push(slot);
                continue;
            }
            if full {
                found.more = true;
                break;
            }
            found.scanned += 1;
            found.again += u64::from(armed.delivered);
            armed.delivered = true;
            found.marks.push(Mark { place, slot, token });
            let flow = take(table.told(slot, fate));
            full = found.marks.len() >= limit || flow.is_break();
        }
        vanished.into_iter().for_each(|slot| flags.disarm(slot));
        if let Some(length) = lease {
            found.claimed = found.marks.len() as u64;
            found.marks.iter().for_each(|mark| flags.claim(mark.token, now + length));
        }
        Ok(found)
    }

    pub(crate) fn reset(
        &mut self,
        now: Time,
        consumer: Consumer,
        id: EntityId,
        marks: &[Mark],
        how: Reset,
    ) -> u64 {
        self.content.show_due(now);
        let (provisioning, table) = (self.content.provisioning, self.content.table(id));
        let mut written = 0;
        for Mark { place, slot, token } in marks {
            let Some(flags) = self.flags.0.get_mut(&(consumer, id, *place)) else { continue };
            flags.catch_up(table.stream(*place), provisioning);
            let armed = flags.tokens.get(slot).copied();
            if how == Reset::Naive || armed == Some(*token) {
                flags.disarm(*slot);
                written += 1;
            }
        }
        written
    }

    /// True if `mark` belongs to the row with this key.
    pub(crate) fn is_of(&self, id: EntityId, mark: Mark, key: &Key) -> bool {
        self.content.table(id).record(mark.slot).key == *key
    }

    pub(crate) fn release(&mut self, consumer: Consumer, id: EntityId, marks: &[Mark]) {
        for Mark { place, token, .. } in marks {
            if let Some(flags) = self.flags.0.get_mut(&(consumer, id, *place)) {
                flags.release(*token);
            }
        }
    }

    /// Sets the flags of an entity's first `rows` live rows, by key, to "not synced" for every
    /// consumer, as a user would by hand. Returns the number of rows.
    pub(crate) fn touch(&mut self, now: Time, id: EntityId, rows: usize) -> usize {
        self.content.show_due(now);
        let touched: Vec<Key> =
            self.content.rows(id).filter(|row| !row.deleted).take(rows).map(|row| row.key.clone()).collect();
        for key in &touched {
            let slot = self.content.table(id).find(key).expect("it is there");
            self.content.touch(now, id, slot);
        }
        touched.len()
    }

    fn key(&mut self, now: Time, of: FlagsOf<'_>) -> Result<(Consumer, EntityId, Place), ServerError> {
        self.content.show_due(now);
        Ok((of.consumer, of.entity, self.content.place(of.entity, of.scope)?))
    }
}

fn begun(content: &Content, of: FlagsOf<'_>, place: Place, has: Has) -> Flags {
    let table = content.table(of.entity);
    let entity = content.schema.entity(of.entity);
    let mut flags = Flags::default();
    let stream = table.stream(place);
    match has {
        Has::Nothing => {
            live(table, entity, of.scope).into_iter().for_each(|slot| flags.arm(slot));
            flags.taken_in = stream.map_or(0, |stream| stream.entries.len());
        }
        Has::AllUntil(stamp) => {
            let partition = table.partition(entity, of.scope);
            let at = Position::at(stamp);
            for ((_, key), slot) in partition.into_iter().flat_map(|partition| since(partition, &at)) {
                let slot = slot.or_else(|| table.find(key)).expect("a tombstone's row was there");
                // Rows that changed after the start are in the stream.
                let untouched = stream.is_none_or(|stream| stream.fate(slot).is_none());
                if untouched && table.fate(place, slot).found(content.provisioning) {
                    flags.arm(slot);
                }
            }
        }
        Has::All => {}
    }
    flags
}

/// The live rows of a scope, and the tombstones of rows that a device wrote.
fn live(table: &Table, entity: &Entity, scope: Scope<'_>) -> Vec<Slot> {
    let partition = table.partition(entity, scope);
    let rows = partition.into_iter().flat_map(|partition| &partition.live);
    rows.map(|((_, key), slot)| slot.or_else(|| table.find(key)).expect("its row was there")).collect()
}
