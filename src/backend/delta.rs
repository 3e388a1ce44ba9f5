//! What changed: pages of deltas, and the details of a record.

use std::ops::{Bound, ControlFlow};

use super::index::Slot;
use super::machine::Backend;
use super::partition::Partition;
use crate::base::{EntityId, Key, Span, Stamp, Time, Value};
use crate::contract::{Delivery, Entity, ServerError};

/// How far a reader has come in one entity.
///
/// Everything at or before (`stamp`, `key`) is read; without a key, everything with this stamp or an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The stamp of the last row.
    pub stamp: Stamp,
    /// Its key.
    pub key: Option<Key>,
    /// Set while a first load is under way: it needs no tombstone of this instant or before, and it is as old as this,
    /// however old the rows are that it has come to.
    pub since: Option<Stamp>,
}

/// Asks for a page of what changed.
#[derive(Clone, Copy, Debug)]
pub struct Query<'q> {
    /// Of which entity.
    pub entity: EntityId,
    /// For whom.
    pub scope: Scope<'q>,
    /// After this; `None` begins a first load.
    pub after: Option<&'q Position>,
    /// At most this many rows, at least 1.
    pub limit: usize,
    /// How close to the present.
    pub upto: Upto,
}

/// Whose rows a reader asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scope<'a> {
    /// Those of a device with these attributes.
    Of(&'a [Value]),
    /// All there are; for a backend that was told to keep them in order, [`Options::whole`](super::Options::whole).
    Whole,
}

/// How close to the present a reader comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Upto {
    /// Up to the oldest version that is stamped and cannot be seen yet, or the tick that is not over: nothing will appear behind the
    /// reader.
    #[default]
    Settled,
    /// Up to this long before the backend's clock; what becomes visible later than that appears behind the reader.
    Behind(Span),
}

/// One change, borrowed from the backend.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The row.
    pub key: &'a Key,
    /// When it changed.
    pub stamp: Stamp,
    /// All columns of the backend; `None` for a tombstone.
    pub values: Option<&'a [Value]>,
}

/// The end of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Rows looked at.
    pub scanned: u64,
    /// Changes delivered.
    pub delivered: u64,
    /// Where the next page begins.
    pub next: Position,
    /// Something is there already.
    pub more: bool,
}

/// How the rows of a record were delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Rows looked at.
    pub scanned: u64,
    /// Rows delivered.
    pub delivered: u64,
    /// There are more than were asked for.
    pub more: bool,
}

impl Position {
    /// Everything up to and including `stamp` is read.
    pub fn at(stamp: Stamp) -> Position {
        Position { stamp, key: None, since: None }
    }

    /// As old as this is what the reader knows.
    fn age(&self) -> Stamp {
        self.since.map_or(self.stamp, |since| since.max(self.stamp))
    }

    /// The first entry that may follow.
    fn bound(&self) -> Bound<(Stamp, Key)> {
        match &self.key {
            Some(key) => Bound::Excluded((self.stamp, key.clone())),
            None => beyond(self.stamp),
        }
    }
}

/// Everything later than `stamp`.
fn beyond(stamp: Stamp) -> Bound<(Stamp, Key)> {
    // Saturating: a cursor may hold any number.
    Bound::Included((Stamp(stamp.0.saturating_add(1)), Key::new("")))
}

/// The changes in `partition` that a reader at `after` has yet to see: live rows by their slot, tombstones without.
pub(super) fn since<'p>(
    partition: &'p Partition,
    after: &Position,
) -> impl Iterator<Item = (&'p (Stamp, Key), Option<Slot>)> + use<'p> {
    let bound = after.bound();
    let vanished = match after.since {
        Some(since) if since >= after.stamp => beyond(since),
        _ => bound.clone(),
    };
    let mut live = partition.live.range((bound, Bound::Unbounded)).peekable();
    let mut gone = partition.gone.range((vanished, Bound::Unbounded)).peekable();
    std::iter::from_fn(move || match (live.peek(), gone.peek()) {
        (Some((alive, _)), Some(dead)) if alive > dead => gone.next().map(|place| (place, None)),
        (None, _) => gone.next().map(|place| (place, None)),
        _ => live.next().map(|(place, &slot)| (place, slot)),
    })
}

impl Backend {
    /// Delivers the changes after `query.after` to `take`, in the order of (stamp, key), until there are no more, `limit` is
    /// reached, or `take` breaks (the change that it broke at counts as taken).
    ///
    /// A row that is in scope comes with its values; one that was and is no more, deleted or moved away, as a tombstone. A
    /// first load gets tombstones only of what vanished since it began. Costs what is delivered, wherever in the entity, and
    /// where the backend filters coarsely what was read since the last multiple of its precision.
    ///
    /// # Errors
    /// [`ServerError::CursorExpired`] if tombstones that the reader has not seen may be purged, or if it claims to have read
    /// what is not written yet; [`ServerError::BadRequest`] if the entity is not pulled as deltas, or the backend keeps no
    /// stamps.
    pub fn changes(
        &mut self,
        now: Time,
        query: Query<'_>,
        take: impl FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<Page, ServerError> {
        self.show_due(now);
        let page = self.read(now, query, take)?;
        self.stamps.passed(page.next.stamp);
        Ok(page)
    }

    fn read(
        &self,
        now: Time,
        query: Query<'_>,
        mut take: impl FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<Page, ServerError> {
        let entity = self.pulled(query.entity, query.scope)?;
        let settled = self.settled(now, query.upto);
        let end = self.end_of(now, query.upto);
        if query.after.is_some_and(|after| self.is_expired(now, after) || self.is_ahead(now, after)) {
            return Err(ServerError::CursorExpired(query.entity));
        }
        let first = Position { stamp: Stamp(i64::MIN), key: None, since: Some(settled) };
        let after = query.after.unwrap_or(&first);
        let mut next = after.clone();
        let mut delivered = 0;
        let mut more = false;
        let mut last = None;

        let table = self.table(query.entity);
        let partition = table.partition(entity, query.scope);
        let changes = partition.into_iter().flat_map(|p| since(p, after));
        let mut changes = changes.take_while(|((stamp, _), _)| end.is_none_or(|end| *stamp < end)).peekable();
        while let Some((place, slot)) = changes.next() {
            let values = slot.map(|slot| table.shown(slot));
            let flow = take(Change { key: &place.1, stamp: place.0, values });
            delivered += 1;
            last = Some(place);
            if delivered >= query.limit as u64 || flow.is_break() {
                more = changes.peek().is_some();
                break;
            }
        }
        if let Some((stamp, key)) = last {
            (next.stamp, next.key) = (*stamp, Some(key.clone()));
        }
        if !more {
            self.end(&mut next, settled);
        }
        let again = partition.map_or(0, |partition| self.read_again(partition, after));
        Ok(Page { scanned: delivered + again, delivered, next, more })
    }

    /// The last instant at `now` behind which nothing can appear any more, as far as this reader knows.
    pub(super) fn settled(&self, now: Time, upto: Upto) -> Stamp {
        let settled = self.stamps.settled(self.clock(now));
        match self.end_of(now, upto) {
            Some(end) => settled.min(Stamp(end.0 - 1)),
            None => settled,
        }
    }

    /// Whether tombstones that a reader at `position` has not seen may be purged.
    pub(super) fn is_expired(&self, now: Time, position: &Position) -> bool {
        position.age() < self.horizon(now)
    }

    /// Whether a reader at `position` claims to have read what is not written yet.
    pub fn is_ahead(&self, now: Time, position: &Position) -> bool {
        position.age() > self.head(now)
    }

    /// The last instant that a row can have at `now`.
    pub fn head(&self, now: Time) -> Stamp {
        self.stamps.head(self.clock(now))
    }

    /// The first stamp that this reader does not ask for.
    pub(super) fn end_of(&self, now: Time, upto: Upto) -> Option<Stamp> {
        match upto {
            Upto::Settled => {
                let open = self.stamps.open_tick(self.clock(now));
                self.unshown.oldest().into_iter().chain(open).min()
            }
            Upto::Behind(Span::ZERO) => None,
            Upto::Behind(window) => Some(Stamp(self.clock(now).minus(window).0 + 1)),
        }
    }

    /// Changes up to `after` that come again, as the backend filters by multiples of its precision alone.
    fn read_again(&self, partition: &Partition, after: &Position) -> u64 {
        let Some(key) = &after.key else { return 0 };
        let from = after.stamp.truncated(self.options.filter_precision);
        if from == after.stamp {
            return 0;
        }
        let again = (Bound::Included((from, Key::new(""))), Bound::Included((after.stamp, key.clone())));
        (partition.live.range(again.clone()).count() + partition.gone.range(again).count()) as u64
    }

    /// Moves the position of a reader that has read everything.
    ///
    /// It stays at the last row, so that an idle reader need not write a new cursor each time; unless that row is so old
    /// that the position would soon expire though the reader comes every minute, or a first load ends, which has no need
    /// of the tombstones in between.
    fn end(&self, next: &mut Position, settled: Stamp) {
        let ends_load = next.since.take().is_some();
        if next.stamp < settled && (ends_load || next.stamp < self.old(settled)) {
            *next = Position::at(settled);
        }
    }

    /// A reader that has read up to `settled` and stays before this would soon be refused.
    pub(super) fn old(&self, settled: Stamp) -> Stamp {
        settled.minus(Span(self.options.tombstones_kept.0 / 10))
    }

    /// Delivers the live rows of an entity fetched on open that belong to the record `of` and to a device with these
    /// attributes, in the order of their creation, at most `limit`.
    ///
    /// # Errors
    /// [`ServerError::BadRequest`] if the entity is not fetched on open.
    pub fn fetch(
        &self,
        entity: EntityId,
        attributes: &[Value],
        of: &Key,
        limit: usize,
        mut take: impl FnMut(Change<'_>),
    ) -> Result<Fetched, ServerError> {
        let schema = self.entity(entity).ok_or_else(|| unknown(entity))?;
        let Some(index) = self.on_open[usize::from(entity.0)] else {
            return Err(ServerError::BadRequest(format!("{} is not fetched on open", schema.name)));
        };
        let table = self.table(entity);
        let mut fetched = Fetched { scanned: 0, delivered: 0, more: false };
        for &slot in table.index(index).of(&Value::Text(of.0.clone())) {
            if fetched.delivered >= limit as u64 {
                fetched.more = true;
                break;
            }
            fetched.scanned += 1;
            let record = table.record(slot);
            if schema.in_scope(&record.values, attributes) {
                fetched.delivered += 1;
                take(Change { key: &record.key, stamp: record.stamp, values: Some(&record.values) });
            }
        }
        Ok(fetched)
    }

    pub(super) fn pulled(&self, id: EntityId, scope: Scope<'_>) -> Result<&Entity, ServerError> {
        let entity = self.entity(id).ok_or_else(|| unknown(id))?;
        if entity.delivery != Delivery::Delta && scope != Scope::Whole {
            return Err(ServerError::BadRequest(format!("{} is not pulled", entity.name)));
        }
        if !self.options.provisioning.stamps() {
            return Err(ServerError::BadRequest(format!("{} has no stamps to ask for", entity.name)));
        }
        Ok(entity)
    }
}

pub(super) fn unknown(entity: EntityId) -> ServerError {
    ServerError::BadRequest(format!("there is no entity {}", entity.0))
}
