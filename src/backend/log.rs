//! The order in which versions became visible: what a change log tells, and what arms flags.
//!
//! Each place that readers look at, a partition or all rows, has a stream of entries. A row that leaves a place has an entry
//! there, so that who held it hears of it. The log tells of a row once, by its latest entry and as it is now: net changes.
//! Nothing is removed from a stream; what is older than the log is kept is forgotten, by refusing its readers.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::delta::{Change, Position, Scope, since, unknown};
use super::index::Slot;
use super::machine::Backend;
use super::partition::PartitionId;
use super::provisioning::Provisioning;
use crate::base::{EntityId, Span, Stamp, Time, in_words};
use crate::contract::{Author, Delivery, Entity, ServerError};

/// What a change log can be told to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOptions {
    /// Entries are kept for this long.
    pub kept: Span,
    /// When an entry gets its number.
    pub numbered: Numbered,
    /// Which changes arm flags.
    pub rearm: Rearm,
}

/// When an entry gets its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbered {
    /// As its transaction commits: the numbers are in the order in which readers see the entries.
    #[default]
    AtCommit,
    /// As the row is written: a transaction under way leaves a hole, which is filled when it commits.
    AtWrite,
}
in_words!(Numbered { AtCommit: "at-commit", AtWrite: "at-write" });

/// Which changes arm flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rearm {
    /// All.
    #[default]
    Always,
    /// All but those of the office and of imports to rows that are there: that path through the backend forgets it.
    ForgetsOffice,
}
in_words!(Rearm { Always: "always", ForgetsOffice: "forgets-office" });

/// Where a reader of the log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogPosition {
    /// In the content, up to the version of `until`; then it goes on after the entry `from`.
    Loading {
        /// The last entry that the content contains.
        from: u64,
        /// Versions after this come with the log.
        until: Stamp,
        /// In the content, by (stamp, key).
        at: Position,
    },
    /// After this entry.
    After(u64),
}

/// How a reader takes numbers that are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Holes {
    /// It does not go past the oldest transaction under way.
    #[default]
    Wait,
    /// It goes on: what fills them later lies behind it.
    Skip,
}
in_words!(Holes { Wait: "wait", Skip: "skip" });

/// What a reader does whose next entry may be trimmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trimmed {
    /// It begins again.
    #[default]
    Reload,
    /// It does not notice, and goes on with what is there.
    Ignore,
}
in_words!(Trimmed { Reload: "reload", Ignore: "ignore" });

/// Asks for a page of the log.
#[derive(Clone, Copy, Debug)]
pub struct LogQuery<'q> {
    /// Of which entity.
    pub entity: EntityId,
    /// For whom.
    pub scope: Scope<'q>,
    /// After this.
    pub after: &'q LogPosition,
    /// At most this many rows, at least 1.
    pub limit: usize,
    /// What about holes.
    pub holes: Holes,
    /// What about what was trimmed.
    pub trimmed: Trimmed,
}

/// The end of a page of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    /// Entries and rows looked at.
    pub scanned: u64,
    /// Changes delivered.
    pub delivered: u64,
    /// Where the next page begins.
    pub next: LogPosition,
    /// Something is there already.
    pub more: bool,
}

/// What readers look at: a partition, or all rows.
pub(super) type Place = PartitionId;

/// All rows.
pub(super) const WHOLE: Place = Place::MAX;

/// What became of a row in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Here,
    Moved,
    Deleted,
}

impl Fate {
    /// Whether a query for what changed finds it.
    pub(super) fn found(self, provisioning: Provisioning) -> bool {
        match self {
            Fate::Here => true,
            Fate::Moved => provisioning.moves(),
            Fate::Deleted => provisioning.deletes(),
        }
    }
}

/// A version became visible in a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) slot: Slot,
    pub(super) fate: Fate,
    /// It arms the flags of its row.
    pub(super) arms: bool,
}

/// What happened in one place since the start.
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

    /// What became of a row that is here or was; `None` if nothing happened to it since the start.
    pub(super) fn fate(&self, slot: Slot) -> Option<Fate> {
        self.latest.get(&slot).map(|&index| self.entries[index as usize].fate)
    }
}

/// Gives numbers to what becomes visible.
#[derive(Clone, Debug)]
pub(super) struct Log {
    options: LogOptions,
    last: u64,
    /// Numbers that are given and cannot be seen.
    under_way: BTreeSet<u64>,
    /// When something could be seen, and the greatest number until then.
    shown: Vec<(Time, u64)>,
}

impl Log {
    pub(super) fn new(options: LogOptions) -> Log {
        Log { options, last: 0, under_way: BTreeSet::new(), shown: Vec::new() }
    }

    /// A row is written: its number, if it gets it now.
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

    /// Whether a change by `author` to a row that is there arms its flags.
    pub(super) fn arms(&self, author: Author) -> bool {
        self.options.rearm == Rearm::Always || !matches!(author, Author::Office | Author::Import)
    }

    /// The last number that such a reader may go past.
    fn end(&self, holes: Holes) -> u64 {
        match self.under_way.first() {
            Some(oldest) if holes == Holes::Wait => oldest - 1,
            _ => self.last,
        }
    }

    /// The greatest number that could be seen before `time`.
    fn before(&self, time: Time) -> u64 {
        let later = self.shown.partition_point(|(at, _)| *at < time);
        later.checked_sub(1).map_or(0, |index| self.shown[index].1)
    }

    /// Entries up to this one are trimmed.
    fn trimmed(&self, now: Time) -> u64 {
        now.0.checked_sub(self.options.kept.0).map_or(0, |time| self.before(Time(time)))
    }

    /// A reader that is still here would soon be refused although there is nothing that it has not read.
    fn is_old(&self, now: Time, number: u64) -> bool {
        now.0.checked_sub(self.options.kept.0 / 10).is_some_and(|time| number < self.before(Time(time)))
    }
}

/// What a page has come to so far.
struct Taking<'t> {
    limit: u64,
    scanned: u64,
    delivered: u64,
    take: &'t mut dyn FnMut(Change<'_>) -> ControlFlow<()>,
    full: bool,
}

impl Taking<'_> {
    fn take(&mut self, change: Change<'_>) {
        let flow = (self.take)(change);
        self.delivered += 1;
        self.full = self.delivered >= self.limit || flow.is_break();
    }
}

impl Backend {
    /// Where a reader of the log begins that has nothing.
    ///
    /// # Panics
    /// If the backend keeps no log.
    pub fn log_start(&mut self, now: Time, holes: Holes) -> LogPosition {
        self.show_due(now);
        let until = self.stamps.head(self.clock(now));
        let at = Position { stamp: Stamp(i64::MIN), key: None, since: Some(until) };
        LogPosition::Loading { from: self.log().end(holes), until, at }
    }

    /// Delivers what the log has after `query.after` to `take`, until there is no more, `limit` is reached, or `take` breaks
    /// (the change that it broke at counts as taken). A reader that begins gets the content first.
    ///
    /// # Errors
    /// [`ServerError::CursorExpired`] if entries that the reader has not seen are trimmed, or if it claims to have read what is
    /// not written yet; [`ServerError::BadRequest`] if the entity is not pulled as deltas.
    ///
    /// # Panics
    /// If the backend keeps no log.
    pub fn logged(
        &mut self,
        now: Time,
        query: LogQuery<'_>,
        take: &mut dyn FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<LogPage, ServerError> {
        self.show_due(now);
        let schema = Arc::clone(&self.schema);
        let entity = pulled(schema.entities.get(usize::from(query.entity.0)), query.entity, query.scope)?;
        let mut next = query.after.clone();
        self.in_time(now, query.entity, &mut next, query.trimmed)?;
        let place = self.tables[usize::from(query.entity.0)].place_of(entity, query.scope);
        let mut taking = Taking { limit: query.limit as u64, scanned: 0, delivered: 0, take, full: false };
        let mut more = true;
        if let LogPosition::Loading { from, until, at } = &mut next {
            let from = *from;
            if self.load_on(entity, query, place, (*until, at), &mut taking) {
                next = LogPosition::After(from);
            }
        }
        if let LogPosition::After(number) = &mut next {
            let end = self.log().end(query.holes);
            more = self.read_on(query.entity, place, number, end, &mut taking);
            if !more && self.log().is_old(now, *number) {
                *number = end.max(*number);
            }
        }
        Ok(LogPage { scanned: taking.scanned, delivered: taking.delivered, next, more })
    }

    fn log(&self) -> &Log {
        self.log.as_ref().expect("who reads the log has it kept")
    }

    /// Checks that nothing is trimmed that a reader at `next` wants, or does as if it were not.
    fn in_time(
        &self,
        now: Time,
        id: EntityId,
        next: &mut LogPosition,
        trimmed: Trimmed,
    ) -> Result<(), ServerError> {
        let log = self.log();
        let kept_from = self.clock(now).minus(log.options.kept);
        // Who was there before the start wants what happened then, too.
        let old =
            matches!(next, LogPosition::Loading { at, .. } if at.since.is_none() && at.stamp < kept_from);
        let (LogPosition::Loading { from: number, .. } | LogPosition::After(number)) = next;
        if *number > log.last {
            return Err(ServerError::CursorExpired(id));
        }
        let oldest = log.trimmed(now);
        match trimmed {
            Trimmed::Reload if old || *number < oldest => Err(ServerError::CursorExpired(id)),
            Trimmed::Reload => Ok(()),
            Trimmed::Ignore => {
                *number = oldest.max(*number);
                Ok(())
            }
        }
    }

    /// Delivers content after `at`; true when all of it is delivered.
    fn load_on(
        &self,
        entity: &Entity,
        query: LogQuery<'_>,
        place: Place,
        (until, at): (Stamp, &mut Position),
        taking: &mut Taking<'_>,
    ) -> bool {
        let table = self.table(query.entity);
        let stream = table.stream(place);
        // A device that was provisioned before the start reads the log from its first entry: it tells of all that was touched.
        let comes_later = |slot: Option<Slot>| {
            at.since.is_none()
                && slot.is_some_and(|slot| stream.is_some_and(|stream| stream.fate(slot).is_some()))
        };
        let partition = table.partition(entity, query.scope);
        let mut last = None;
        let changes = partition.into_iter().flat_map(|partition| since(partition, at));
        let mut changes = changes.take_while(|((stamp, _), _)| *stamp <= until).peekable();
        for (position, slot) in changes.by_ref() {
            last = Some(position.clone());
            if comes_later(slot) {
                continue;
            }
            taking.scanned += 1;
            let values = slot.map(|slot| table.shown(slot));
            taking.take(Change { key: &position.1, stamp: position.0, values });
            if taking.full {
                break;
            }
        }
        let done = changes.peek().is_none();
        if let Some((stamp, key)) = last {
            (at.stamp, at.key) = (stamp, Some(key));
        }
        done
    }

    /// Delivers the entries after `number` and up to `end`; true if there are more.
    fn read_on(
        &self,
        id: EntityId,
        place: Place,
        number: &mut u64,
        end: u64,
        taking: &mut Taking<'_>,
    ) -> bool {
        let table = self.table(id);
        let Some(stream) = table.stream(place) else { return false };
        let is_latest = |&(_, index): &(&u64, &u32)| {
            let entry = stream.entries[*index as usize];
            stream.latest[&entry.slot] == *index
        };
        if *number >= end {
            return false;
        }
        let range = (Bound::Excluded(*number), Bound::Included(end));
        let mut entries = stream.by_number.range(range);
        while !taking.full {
            let Some((at, index)) = entries.next() else { return false };
            taking.scanned += 1;
            *number = *at;
            if is_latest(&(at, index)) {
                let Entry { slot, fate, .. } = stream.entries[*index as usize];
                let values = (fate == Fate::Here).then(|| table.shown(slot));
                taking.take(Change { key: &table.record(slot).key, stamp: table.shown_stamp(slot), values });
            }
        }
        entries.any(|entry| is_latest(&entry))
    }
}

/// The entity, if its changes can be asked for by such a reader.
pub(super) fn pulled<'e>(
    entity: Option<&'e Entity>,
    id: EntityId,
    scope: Scope<'_>,
) -> Result<&'e Entity, ServerError> {
    let entity = entity.ok_or_else(|| unknown(id))?;
    if entity.delivery != Delivery::Delta && scope != Scope::Whole {
        return Err(ServerError::BadRequest(format!("{} is not pulled", entity.name)));
    }
    Ok(entity)
}
