//! Reads at one instant: pages of changes by cursor, plain range queries for systems without
//! cursors, full reads, and the details of a record.

use std::ops::{Bound, ControlFlow};

use super::database::Database;
use super::index::Slot;
use super::options::Sort;
use super::partition::{Change, Partition, Position, Scope, Upto, since};
use crate::base::{EntityId, Key, Span, Stamp, Time, Value};
use crate::contract::{Entity, ServerError};

/// A read view of the database at one instant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight<'b> {
    pub(super) database: &'b Database,
    pub(super) now: Time,
}

/// A request for a page of changes.
#[derive(Clone, Copy, Debug)]
pub struct Query<'q> {
    /// The entity.
    pub entity: EntityId,
    /// The reader's scope.
    pub scope: Scope<'q>,
    /// Asks for changes after this; `None` begins a first load.
    pub after: Option<&'q Position>,
    /// The page has at most this many rows; at least 1.
    pub limit: usize,
    /// How near the present to read.
    pub upto: Upto,
}

/// The result of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Rows read.
    pub scanned: u64,
    /// Changes delivered.
    pub delivered: u64,
    /// The position at which the next page begins.
    pub next: Position,
    /// True if more changes exist now.
    pub more: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch<'q> {
    pub(crate) entity: EntityId,
    pub(crate) scope: Scope<'q>,
    pub(crate) from: Lower<'q>,
    /// The start of the first load in progress. The load needs no older tombstones.
    pub(crate) loading: Option<Stamp>,
    pub(crate) upto: Upto,
    pub(crate) skip: u64,
    pub(crate) limit: usize,
    /// If true, also delivers all changes with the last one's stamp, even beyond the limit.
    pub(crate) whole_ties: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lower<'q> {
    /// From the first change.
    First,
    /// After this stamp: `>`.
    After(Stamp),
    /// From this stamp on: `>=`.
    At(Stamp),
    /// After this stamp and key, compared as a pair.
    Row(Stamp, &'q Key),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RangeRead {
    /// Rows delivered or skipped.
    pub(crate) scanned: u64,
    pub(crate) delivered: u64,
    pub(crate) last: Option<(Stamp, Key)>,
    /// The greatest stamp delivered: that of `last` if responses are sorted by stamp.
    pub(crate) greatest: Option<Stamp>,
    /// The stamp of the first change that was not delivered; `None` if there are no more changes.
    pub(crate) next: Option<Stamp>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fetched {
    pub(crate) scanned: u64,
    pub(crate) delivered: u64,
    pub(crate) more: bool,
}

impl Lower<'_> {
    /// The same bound for a filter that only knows multiples of `unit`.
    fn coarse(self, unit: Span) -> Self {
        match self {
            Lower::After(stamp) | Lower::At(stamp) if stamp.truncated(unit) != stamp => {
                Lower::At(stamp.truncated(unit))
            }
            exact => exact,
        }
    }

    fn position(self, loading: Option<Stamp>) -> Position {
        let (stamp, key) = match self {
            Lower::First => (Stamp(i64::MIN), None),
            Lower::After(stamp) => (stamp, None),
            Lower::At(stamp) => (Stamp(stamp.0.saturating_sub(1)), None),
            Lower::Row(stamp, key) => (stamp, Some(key.clone())),
        };
        Position { stamp, key, since: loading }
    }
}

impl<'b> Sight<'b> {
    pub(super) fn changes(
        self,
        query: Query<'_>,
        take: impl FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<Page, ServerError> {
        let Query { entity: id, scope, after, limit, upto } = query;
        let entity = self.stamped(id, scope)?;
        let settled = self.settled(upto);
        if after.is_some_and(|after| self.is_expired(after) || self.is_ahead(after)) {
            return Err(ServerError::CursorExpired(id));
        }
        let first = Position { stamp: Stamp(i64::MIN), key: None, since: Some(settled) };
        let after = after.unwrap_or(&first);
        let partition = self.database.content.table(id).partition(entity, scope);
        let (from, loading) = (Lower::First, None);
        let stretch = Stretch { entity: id, scope, from, loading, upto, skip: 0, limit, whole_ties: false };
        let RangeRead { delivered, last, next: following, .. } = self.walk(partition, stretch, after, take);
        let (mut next, more) = (after.clone(), following.is_some());
        if let Some((stamp, key)) = last {
            (next.stamp, next.key) = (stamp, Some(key));
        }
        // A reader that has read everything stays at its last row, so that it need not write a new
        // cursor. It moves on in two cases: the position would soon expire, or a first load ends,
        // which needs no older tombstones.
        if !more && next.stamp < settled && (next.since.is_some() || next.stamp < self.old(settled)) {
            next.stamp = settled;
            next.key = None;
        }
        next.since.take_if(|_| !more);
        let again = partition.map_or(0, |partition| self.read_again(partition, after));
        Ok(Page { scanned: delivered + again, delivered, next, more })
    }

    pub(super) fn stretch(
        self,
        stretch: Stretch<'_>,
        take: impl FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<RangeRead, ServerError> {
        let entity = self.stamped(stretch.entity, stretch.scope)?;
        let after = stretch.from.coarse(self.database.options.filter_precision).position(stretch.loading);
        if stretch.from != Lower::First && self.is_expired(&after) {
            return Err(ServerError::CursorExpired(stretch.entity));
        }
        let partition = self.database.content.table(stretch.entity).partition(entity, stretch.scope);
        Ok(self.walk(partition, stretch, &after, take))
    }

    /// Delivers the changes after `after`, within `stretch`.
    fn walk(
        self,
        partition: Option<&Partition>,
        stretch: Stretch<'_>,
        after: &Position,
        mut take: impl FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> RangeRead {
        let end = self.end_of(stretch.upto);
        let table = self.database.content.table(stretch.entity);
        let mut walked = RangeRead::default();
        let (mut last, mut full) = (None, false);
        let changes = partition.into_iter().flat_map(|partition| since(partition, after));
        let in_time = changes.take_while(|((stamp, _), _)| end.is_none_or(|end| *stamp < end));
        for (place, slot) in sorted(self.database.options.sort, in_time) {
            if walked.scanned < stretch.skip {
                walked.scanned += 1;
                continue;
            }
            let tied = last.is_some_and(|(last, _): &(Stamp, Key)| *last == place.0);
            if full && !(stretch.whole_ties && tied) {
                walked.next = Some(place.0);
                break;
            }
            let flow = take(table.change(place, slot));
            walked.scanned += 1;
            walked.delivered += 1;
            walked.greatest = walked.greatest.max(Some(place.0));
            full = full || flow.is_break() || walked.delivered >= stretch.limit as u64;
            last = Some(place);
        }
        walked.last = last.cloned();
        walked
    }

    /// Reports for each key whether the row is visible in `scope`, and its values if so. A row with
    /// an invisible version counts as present.
    pub(crate) fn batch<'k>(
        self,
        entity: EntityId,
        scope: Scope<'_>,
        keys: impl IntoIterator<Item = &'k Key>,
        mut take: impl FnMut(Change<'_>),
    ) -> Result<(), ServerError> {
        let schema = self.database.content.entity(entity)?;
        let table = self.database.content.table(entity);
        for key in keys {
            let found = table.find(key).filter(|&slot| {
                let record = table.record(slot);
                table.hidden_until(slot).is_some() || !record.deleted && scope.holds(schema, &record.values)
            });
            let stamp = found.map_or_else(|| self.head(), |slot| table.record(slot).stamp);
            take(Change { key, stamp, values: found.map(|slot| table.shown(slot)), is_new: false });
        }
        Ok(())
    }

    /// Delivers up to `limit` live rows of the record `of`, in the order of creation.
    pub(crate) fn fetch(
        self,
        entity: EntityId,
        attributes: &[Value],
        of: &Key,
        limit: usize,
        mut take: impl FnMut(Change<'_>),
    ) -> Result<Fetched, ServerError> {
        let (schema, index) = self.database.content.on_open(entity)?;
        let table = self.database.content.table(entity);
        let mut fetched = Fetched::default();
        for &slot in index.of(&Value::Text(of.0.clone())) {
            if fetched.delivered >= limit as u64 {
                fetched.more = true;
                break;
            }
            fetched.scanned += 1;
            let record = table.record(slot);
            if schema.in_scope(&record.values, attributes) {
                fetched.delivered += 1;
                let is_new = table.is_new(slot);
                take(Change { key: &record.key, stamp: record.stamp, values: Some(&record.values), is_new });
            }
        }
        Ok(fetched)
    }

    /// Delivers all rows visible in `scope`, in the order of keys. The read is like one isolated
    /// transaction. Returns the number of rows read.
    pub(crate) fn all(
        self,
        entity: EntityId,
        scope: Scope<'_>,
        mut take: impl FnMut(Change<'_>),
    ) -> Result<u64, ServerError> {
        let content = &self.database.content;
        let (schema, table) = (content.pulled(entity, scope)?, content.table(entity));
        let mut rows: Vec<(&Key, Stamp, &[Value])> = match scope {
            // The partition of a scope already has only the scope's rows.
            Scope::Of(_) => {
                let live = table.partition(schema, scope).into_iter().flat_map(|p| &p.live);
                live.filter_map(|((_, key), slot)| {
                    let (stamp, values) = table.seen((*slot)?)?;
                    Some((key, stamp, values))
                })
                .collect()
            }
            Scope::Whole => {
                let seen = (0..table.records().len() as Slot).filter_map(|slot| {
                    let (stamp, values) = table.seen(slot)?;
                    Some((&table.record(slot).key, stamp, values))
                });
                seen.collect()
            }
        };
        rows.sort_unstable_by(|a, b| a.0.cmp(b.0));
        for (key, stamp, values) in rows {
            take(Change { key, stamp, values: Some(values), is_new: false });
        }
        Ok(table.read_by_all() as u64)
    }

    /// The last settled stamp for a reader with this `upto`: no change can appear at or before it.
    pub(crate) fn settled(self, upto: Upto) -> Stamp {
        let settled = self.database.clock.settled(self.clock());
        self.end_of(upto).map_or(settled, |end| settled.min(Stamp(end.0 - 1)))
    }

    /// True if tombstones that a reader at `position` has not seen may be purged.
    fn is_expired(self, position: &Position) -> bool {
        position.age() < self.horizon()
    }

    /// Tombstones before this stamp are purged. A new cursor is never before it.
    fn horizon(self) -> Stamp {
        if !self.database.content.provisioning.tracks_deletes() {
            return Stamp(i64::MIN);
        }
        let oldest = self.clock().minus(self.database.options.tombstones_kept);
        oldest.min(self.settled(Upto::Settled))
    }

    /// The row with this key; `None` if it was deleted and the backend has forgotten it.
    pub(super) fn remembered_row(self, entity: EntityId, key: &Key) -> Option<Slot> {
        let content = &self.database.content;
        let table = content.table(entity);
        table.find(key).filter(|&slot| {
            let record = table.record(slot);
            !record.deleted || content.provisioning.tracks_deletes() && record.stamp >= self.horizon()
        })
    }

    pub(super) fn clock(self) -> Stamp {
        self.database.clock.at(self.now)
    }

    /// True if `position` claims changes that are not written yet.
    pub(crate) fn is_ahead(self, position: &Position) -> bool {
        position.age() > self.head()
    }

    pub(crate) fn head(self) -> Stamp {
        self.database.clock.head(self.clock())
    }

    /// The first stamp that this reader does not ask for; `None`: no limit.
    fn end_of(self, upto: Upto) -> Option<Stamp> {
        match upto {
            Upto::Settled => {
                let open = self.database.clock.open_tick(self.clock());
                self.database.content.unshown.oldest().into_iter().chain(open).min()
            }
            Upto::Behind(Span::ZERO) => None,
            Upto::Behind(window) => Some(Stamp(self.clock().minus(window).0 + 1)),
        }
    }

    /// Rows of `scope` with a version that this reader does not see yet, in the order of (stamp,
    /// key). A load reports nothing else about them.
    pub(crate) fn withheld(
        self,
        id: EntityId,
        scope: Scope<'_>,
        upto: Upto,
    ) -> Result<Vec<Key>, ServerError> {
        let entity = self.stamped(id, scope)?;
        let partition = self.database.content.table(id).partition(entity, scope);
        let (Some(partition), Some(end)) = (partition, self.end_of(upto)) else { return Ok(Vec::new()) };
        let rows = partition.live.range((end, Key::new(""))..).filter(|(_, slot)| slot.is_some());
        Ok(rows.map(|((_, key), _)| key.clone()).collect())
    }

    /// The number of changes up to `after` that the reader gets again because its filter is rounded
    /// down.
    fn read_again(self, partition: &Partition, after: &Position) -> u64 {
        let Some(key) = &after.key else { return 0 };
        let from = after.stamp.truncated(self.database.options.filter_precision);
        if from == after.stamp {
            return 0;
        }
        let again = (Bound::Included((from, Key::new(""))), Bound::Included((after.stamp, key.clone())));
        (partition.live.range(again.clone()).count() + partition.gone.range(again).count()) as u64
    }

    /// A reader that stays before this stamp would soon be refused, even if it has read up to
    /// `settled`.
    fn old(self, settled: Stamp) -> Stamp {
        settled.minus(Span(self.database.options.tombstones_kept.0 / 10))
    }

    /// The position of an idle reader: its last stamp, or a later one if that would soon expire.
    pub(crate) fn rested(self, stamp: Stamp, upto: Upto) -> Stamp {
        let settled = self.settled(upto);
        if stamp < self.old(settled) { settled } else { stamp }
    }

    /// True if responses list changes in the order of stamps.
    pub(crate) fn is_by_time(self) -> bool {
        self.database.options.sort == Sort::Stamp
    }

    /// The entity, if a reader of this scope can select its changes by stamp; otherwise an error.
    fn stamped(self, id: EntityId, scope: Scope<'_>) -> Result<&'b Entity, ServerError> {
        let content = &self.database.content;
        let entity = content.pulled(id, scope)?;
        if !content.provisioning.has_stamps() {
            return Err(ServerError::BadRequest(format!("{} has no stamps to ask for", entity.name)));
        }
        Ok(entity)
    }
}

type Place<'p> = (&'p (Stamp, Key), Option<Slot>);

/// Changes in (stamp, key) order, brought into the order of a response.
fn sorted<'p>(sort: Sort, changes: impl Iterator<Item = Place<'p>>) -> impl Iterator<Item = Place<'p>> {
    let by_time = sort == Sort::Stamp;
    let mut changes = changes;
    let mut others: Vec<Place<'p>> = if by_time { Vec::new() } else { changes.by_ref().collect() };
    match sort {
        Sort::Stamp => {}
        Sort::NewestFirst => others.reverse(),
        Sort::Key => others.sort_by_key(|((_, key), _)| key),
        Sort::None => others.sort_by_key(|((_, key), _)| scattered(key)),
    }
    others.into_iter().chain(changes)
}

/// A hash of a key (FNV-1a). It gives an order without meaning.
fn scattered(key: &Key) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    key.0.bytes().fold(0xcbf2_9ce4_8422_2325, mix)
}
