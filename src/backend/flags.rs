//! Flags that say of each row which consumer has it.
//!
//! A consumer's flags are a table of rows that it has not: what is not in it is synced. A row that
//! becomes visible in a new version is armed again, with a new token, so that a reset that names
//! the token of what was delivered does not undo that. To find rows that are not synced costs what
//! is found. To arm one belongs to the commit that changes it and costs nothing besides; to reset
//! one, to claim one and to arm one by hand is a write.
//!
//! How: the commit does not touch the flags. They catch up with the stream of their place
//! ([`stream`](super::stream)) when they are read, which comes to the same.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use rustc_hash::FxHashMap;

use super::content::Content;
use super::index::Slot;
use super::partition::Scope;
use super::position::{Change, Position, since};
use super::provisioning::Provisioning;
use super::stream::{Fate, Place, Stream};
use super::table::Table;
use crate::base::{DeviceId, EntityId, Key, Span, Stamp, Time, in_words};
use crate::contract::{Entity, ServerError};

/// Whose flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Consumer {
    /// A device's own.
    Device(DeviceId),
    /// The gateway's replica.
    Replica,
    /// One flag for all who come.
    Anybody,
}

/// What a consumer is taken to have when its flags are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    /// Nothing: all rows are armed.
    Nothing,
    /// All that there was at this instant, which is not later than the backend's start.
    AllUntil(Stamp),
    /// Every row that was there at the backend's start.
    All,
}

/// How a flag is reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reset {
    /// If it is still armed by the version that was delivered.
    #[default]
    CompareAndSet,
    /// Whatever it says.
    Naive,
}
in_words!(Reset { CompareAndSet: "compare-and-set", Naive: "naive" });

/// A row that is delivered only to who claims it first, for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease(pub Span);

/// Asks for rows that are not synced.
#[derive(Clone, Copy, Debug)]
pub struct FlagQuery<'q> {
    /// By whose flags.
    pub consumer: Consumer,
    /// Of which entity.
    pub entity: EntityId,
    /// For whom.
    pub scope: Scope<'q>,
    /// At most this many rows, at least 1.
    pub limit: usize,
    /// What is delivered is claimed.
    pub lease: Option<Lease>,
}

/// A row that was delivered, and by which of its versions it was armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    place: Place,
    slot: Slot,
    token: u64,
}

/// Rows that are not synced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flagged {
    /// Rows looked at.
    pub scanned: u64,
    /// Rows passed over.
    pub passed: u64,
    /// Of those delivered, how many had been delivered before since they were armed.
    pub again: u64,
    /// Rows claimed.
    pub claimed: u64,
    /// Something is there already.
    pub more: bool,
    /// What was delivered, in order.
    pub marks: Vec<Mark>,
}

/// A row that is not synced.
#[derive(Clone, Copy, Debug)]
struct Armed {
    slot: Slot,
    /// It was delivered at least once.
    delivered: bool,
    /// When the claim on it ends, if there is one.
    claimed: Option<Time>,
}

/// One consumer's flags in one place.
#[derive(Clone, Debug, Default)]
struct Flags {
    /// Entries of the stream that are taken in.
    taken_in: usize,
    /// The last token.
    last: u64,
    /// The highest receipt that its consumer has shown.
    receipt: u64,
    /// By token: the order in which they were armed.
    free: BTreeMap<u64, Armed>,
    claimed: BTreeMap<u64, Armed>,
    ends: BTreeSet<(Time, u64)>,
    tokens: FxHashMap<Slot, u64>,
}

/// All consumers' flags.
#[derive(Clone, Debug, Default)]
pub(super) struct AllFlags {
    by_consumer: BTreeMap<(Consumer, EntityId, Place), Flags>,
}

/// Flags, and the content that they are of.
#[derive(Debug)]
pub struct Flagging<'b> {
    pub(super) flags: &'b mut AllFlags,
    pub(super) content: &'b mut Content,
}

impl AllFlags {
    /// When the last claim ends, or ended, of those that do after `since` and by `upto`.
    pub(super) fn claimed_until(&self, since: Time, upto: Time) -> Option<Time> {
        let ends = |flags: &Flags| flags.ends.range(..=(upto, u64::MAX)).next_back().map(|(end, _)| *end);
        self.by_consumer.values().filter_map(ends).max().filter(|end| *end > since)
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

    /// Whether a row is not synced and nobody has claimed it.
    fn is_free(&self, slot: Slot) -> bool {
        self.tokens.get(&slot).is_some_and(|token| self.free.contains_key(token))
    }

    /// Ends the claim on a row.
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

    /// Arms what became visible since it was last asked.
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
    /// Makes a consumer's flags; if they are there already and it says that it has nothing, arms
    /// all that is synced or claimed, row by row: who claimed it is gone, or cannot say any more
    /// that it was committed. Gives the rows written for that.
    ///
    /// # Errors
    /// [`ServerError::BadRequest`] if the entity is not pulled as deltas.
    pub fn enrol(
        &mut self,
        now: Time,
        consumer: Consumer,
        id: EntityId,
        scope: Scope<'_>,
        has: Has,
    ) -> Result<u64, ServerError> {
        let place = self.place(now, id, scope)?;
        let Content { schema, provisioning, .. } = &*self.content;
        let (entity, table) = (schema.entity(id), self.content.table(id));
        let key = (consumer, id, place);
        let Some(flags) = self.flags.by_consumer.get_mut(&key) else {
            let flags = begun(table, entity, scope, place, has, *provisioning);
            self.flags.by_consumer.insert(key, flags);
            return Ok(0);
        };
        if has != Has::Nothing {
            return Ok(0);
        }
        flags.catch_up(table.stream(place), *provisioning);
        let mut written = 0;
        for slot in live(table, entity, scope) {
            if !flags.is_free(slot) {
                flags.arm(slot);
                written += 1;
            }
        }
        Ok(written)
    }

    /// The highest receipt that is noted beside a consumer's flags for the rows of this scope, 0
    /// before the first; `None` if it has no flags.
    ///
    /// # Errors
    /// [`ServerError::BadRequest`] if the entity is not pulled as deltas.
    pub fn receipt(
        &mut self,
        now: Time,
        consumer: Consumer,
        id: EntityId,
        scope: Scope<'_>,
    ) -> Result<Option<u64>, ServerError> {
        let place = self.place(now, id, scope)?;
        Ok(self.flags.by_consumer.get(&(consumer, id, place)).map(|flags| flags.receipt))
    }

    /// Notes a receipt beside a consumer's flags, if it has any.
    ///
    /// # Errors
    /// [`ServerError::BadRequest`] if the entity is not pulled as deltas.
    pub fn note_receipt(
        &mut self,
        now: Time,
        consumer: Consumer,
        id: EntityId,
        scope: Scope<'_>,
        receipt: u64,
    ) -> Result<(), ServerError> {
        let place = self.place(now, id, scope)?;
        if let Some(flags) = self.flags.by_consumer.get_mut(&(consumer, id, place)) {
            flags.receipt = flags.receipt.max(receipt);
        }
        Ok(())
    }

    /// Delivers rows that a consumer's flags say are not synced to `take`, in the order in which
    /// they were armed, until there are no more, `limit` is reached, or `take` breaks (the row that
    /// it broke at counts as taken). Rows that `passes_over` names are looked at and left as they
    /// are. Flags stay armed until [`Flagging::reset`].
    ///
    /// # Errors
    /// [`ServerError::BadRequest`] if the entity is not pulled as deltas.
    pub fn flagged(
        &mut self,
        now: Time,
        query: FlagQuery<'_>,
        passes_over: &dyn Fn(&Key) -> bool,
        take: &mut dyn FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<Flagged, ServerError> {
        let place = self.place(now, query.entity, query.scope)?;
        let (provisioning, table) = (self.content.provisioning, self.content.table(query.entity));
        let flags = self.flags.by_consumer.entry((query.consumer, query.entity, place)).or_default();
        flags.catch_up(table.stream(place), provisioning);
        flags.release_due(now);
        let mut found = Flagged::default();
        let mut vanished = Vec::new();
        let mut full = false;
        for (&token, armed) in &mut flags.free {
            let (slot, record) = (armed.slot, table.record(armed.slot));
            let fate = table.fate(place, slot);
            if passes_over(&record.key) {
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
            let values = (fate == Fate::Here).then(|| table.shown(slot));
            let is_new = values.is_some() && table.is_new(slot);
            let flow = take(Change { key: &record.key, stamp: table.shown_stamp(slot), values, is_new });
            full = found.marks.len() >= query.limit || flow.is_break();
        }
        vanished.into_iter().for_each(|slot| flags.disarm(slot));
        if let Some(Lease(length)) = query.lease {
            found.claimed = found.marks.len() as u64;
            found.marks.iter().for_each(|mark| flags.claim(mark.token, now + length));
        }
        Ok(found)
    }

    /// Says that a consumer has what was delivered to it; gives the rows written.
    pub fn reset(&mut self, now: Time, consumer: Consumer, id: EntityId, marks: &[Mark], how: Reset) -> u64 {
        self.content.show_due(now);
        let (provisioning, table) = (self.content.provisioning, self.content.table(id));
        let mut written = 0;
        for Mark { place, slot, token } in marks {
            let Some(flags) = self.flags.by_consumer.get_mut(&(consumer, id, *place)) else { continue };
            flags.catch_up(table.stream(*place), provisioning);
            let armed = flags.tokens.get(slot).copied();
            if how == Reset::Naive || armed == Some(*token) {
                flags.disarm(*slot);
                written += 1;
            }
        }
        written
    }

    /// Gives up the claims on what was delivered.
    pub fn release(&mut self, consumer: Consumer, id: EntityId, marks: &[Mark]) {
        for Mark { place, token, .. } in marks {
            if let Some(flags) = self.flags.by_consumer.get_mut(&(consumer, id, *place)) {
                flags.release(*token);
            }
        }
    }

    /// A user sets the flags of the first `rows` live rows of an entity, in the order of keys, to
    /// "not synced", for every consumer.
    ///
    /// # Panics
    /// If the backend keeps no log.
    pub fn touch(&mut self, now: Time, id: EntityId, rows: usize) -> usize {
        self.content.show_due(now);
        let table = self.content.table(id);
        let mut live: Vec<(Key, Slot)> = (0..table.records().len() as Slot)
            .map(|slot| (table.record(slot), slot))
            .filter(|(record, _)| !record.deleted)
            .map(|(record, slot)| (record.key.clone(), slot))
            .collect();
        live.sort_unstable();
        let touched = rows.min(live.len());
        live.into_iter().take(rows).for_each(|(_, slot)| self.content.touch(now, id, slot));
        touched
    }

    /// What such a reader looks at.
    fn place(&mut self, now: Time, id: EntityId, scope: Scope<'_>) -> Result<Place, ServerError> {
        self.content.show_due(now);
        self.content.place(id, scope)
    }
}

/// The flags of a consumer that comes for the first time.
fn begun(
    table: &Table,
    entity: &Entity,
    scope: Scope<'_>,
    place: Place,
    has: Has,
    provisioning: Provisioning,
) -> Flags {
    let mut flags = Flags::default();
    let stream = table.stream(place);
    match has {
        Has::Nothing => {
            live(table, entity, scope).into_iter().for_each(|slot| flags.arm(slot));
            flags.taken_in = stream.map_or(0, |stream| stream.entries.len());
        }
        Has::AllUntil(stamp) => {
            let partition = table.partition(entity, scope);
            let at = Position::at(stamp);
            for ((_, key), slot) in partition.into_iter().flat_map(|partition| since(partition, &at)) {
                let slot = slot.or_else(|| table.find(key)).expect("a tombstone's row was there");
                // What was touched since the start is in the stream.
                let untouched = stream.is_none_or(|stream| stream.fate(slot).is_none());
                if untouched && table.fate(place, slot).found(provisioning) {
                    flags.arm(slot);
                }
            }
        }
        Has::All => {}
    }
    flags
}

/// The rows that are in a place, and those that a device has written and that are not.
fn live(table: &Table, entity: &Entity, scope: Scope<'_>) -> Vec<Slot> {
    let partition = table.partition(entity, scope);
    let rows = partition.into_iter().flat_map(|partition| &partition.live);
    rows.map(|((_, key), slot)| slot.or_else(|| table.find(key)).expect("its row was there")).collect()
}
