//! What is seen at an instant, and first what changed: pages of deltas.

use std::ops::{Bound, ControlFlow};

use super::database::Database;
use super::index::Slot;
use super::partition::{Partition, Scope};
use super::position::{Change, Position, Upto, since};
use crate::base::{EntityId, Key, Span, Stamp, Time};
use crate::contract::{Entity, ServerError};

/// The database as it is at an instant, for those who read.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'b> {
    pub(super) database: &'b Database,
    pub(super) now: Time,
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

impl<'b> Sight<'b> {
    /// A page of what changed, as [`Backend::changes`](super::Backend::changes) gives it.
    pub(super) fn changes(
        self,
        query: Query<'_>,
        mut take: impl FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<Page, ServerError> {
        let entity = self.stamped(query.entity, query.scope)?;
        let settled = self.settled(query.upto);
        let end = self.end_of(query.upto);
        if query.after.is_some_and(|after| self.is_expired(after) || self.is_ahead(after)) {
            return Err(ServerError::CursorExpired(query.entity));
        }
        let first = Position { stamp: Stamp(i64::MIN), key: None, since: Some(settled) };
        let after = query.after.unwrap_or(&first);
        let mut next = after.clone();
        let mut delivered = 0;
        let mut more = false;
        let mut last = None;

        let table = self.database.content.table(query.entity);
        let partition = table.partition(entity, query.scope);
        let changes = partition.into_iter().flat_map(|p| since(p, after));
        let mut changes = changes.take_while(|((stamp, _), _)| end.is_none_or(|end| *stamp < end)).peekable();
        while let Some((place, slot)) = changes.next() {
            let values = slot.map(|slot| table.shown(slot));
            let is_new = slot.is_some_and(|slot| table.is_new(slot));
            let flow = take(Change { key: &place.1, stamp: place.0, values, is_new });
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

    /// The last instant behind which nothing can appear for a reader that comes this close.
    pub fn settled(self, upto: Upto) -> Stamp {
        let settled = self.database.clock.stamps.settled(self.clock());
        match self.end_of(upto) {
            Some(end) => settled.min(Stamp(end.0 - 1)),
            None => settled,
        }
    }

    /// Whether tombstones that a reader at `position` has not seen may be purged.
    pub(super) fn is_expired(self, position: &Position) -> bool {
        position.age() < self.horizon()
    }

    /// Tombstones before this are purged. What is not settled is kept in any case: a cursor made
    /// now has not expired. Where there are no tombstones none is missed.
    fn horizon(self) -> Stamp {
        if !self.database.content.provisioning.deletes() {
            return Stamp(i64::MIN);
        }
        let oldest = self.clock().minus(self.database.options.tombstones_kept);
        oldest.min(self.settled(Upto::Settled))
    }

    /// The row of this key, unless it was deleted and the backend has forgotten it.
    pub(super) fn remembered_row(self, entity: EntityId, key: &Key) -> Option<Slot> {
        let content = &self.database.content;
        let table = content.table(entity);
        table.find(key).filter(|&slot| {
            let record = table.record(slot);
            !record.deleted || content.provisioning.deletes() && record.stamp >= self.horizon()
        })
    }

    /// What the clock shows.
    pub(super) fn clock(self) -> Stamp {
        self.database.clock.at(self.now)
    }

    /// Whether a reader at `position` claims to have read what is not written yet.
    pub fn is_ahead(self, position: &Position) -> bool {
        position.age() > self.head()
    }

    /// The last instant that a row can have.
    pub fn head(self) -> Stamp {
        self.database.clock.stamps.head(self.clock())
    }

    /// The first stamp that this reader does not ask for.
    pub(super) fn end_of(self, upto: Upto) -> Option<Stamp> {
        match upto {
            Upto::Settled => {
                let open = self.database.clock.stamps.open_tick(self.clock());
                self.database.content.unshown.oldest().into_iter().chain(open).min()
            }
            Upto::Behind(Span::ZERO) => None,
            Upto::Behind(window) => Some(Stamp(self.clock().minus(window).0 + 1)),
        }
    }

    /// The rows that are there for readers of `scope` in a version that one who comes this close is
    /// not shown yet, in the order of (stamp, key): of them a load says nothing else.
    ///
    /// # Errors
    /// [`ServerError::BadRequest`] if the entity is not pulled, or the backend keeps no stamps.
    pub fn withheld(self, id: EntityId, scope: Scope<'_>, upto: Upto) -> Result<Vec<Key>, ServerError> {
        let entity = self.stamped(id, scope)?;
        let partition = self.database.content.table(id).partition(entity, scope);
        let (Some(partition), Some(end)) = (partition, self.end_of(upto)) else { return Ok(Vec::new()) };
        let rows = partition.live.range((end, Key::new(""))..).filter(|(_, slot)| slot.is_some());
        Ok(rows.map(|((_, key), _)| key.clone()).collect())
    }

    /// Changes up to `after` that come again, as the backend filters by multiples of its precision
    /// alone.
    fn read_again(self, partition: &Partition, after: &Position) -> u64 {
        let Some(key) = &after.key else { return 0 };
        let from = after.stamp.truncated(self.database.options.filter_precision);
        if from == after.stamp {
            return 0;
        }
        let again = (Bound::Included((from, Key::new(""))), Bound::Included((after.stamp, key.clone())));
        (partition.live.range(again.clone()).count() + partition.gone.range(again).count()) as u64
    }

    /// Moves the position of a reader that has read everything.
    ///
    /// It stays at the last row, so that an idle reader need not write a new cursor each time;
    /// unless that row is so old that the position would soon expire though the reader comes every
    /// minute, or a first load ends, which has no need of the tombstones in between.
    fn end(self, next: &mut Position, settled: Stamp) {
        let ends_load = next.since.take().is_some();
        if next.stamp < settled && (ends_load || next.stamp < self.old(settled)) {
            *next = Position::at(settled);
        }
    }

    /// A reader that has read up to `settled` and stays before this would soon be refused.
    fn old(self, settled: Stamp) -> Stamp {
        settled.minus(Span(self.database.options.tombstones_kept.0 / 10))
    }

    /// Where a reader goes on that has come to the end of what there was, and whose last change has
    /// this stamp: there, unless it would soon be refused though it comes every minute.
    pub fn rested(self, stamp: Stamp, upto: Upto) -> Stamp {
        let settled = self.settled(upto);
        if stamp < self.old(settled) { settled } else { stamp }
    }

    /// The entity, if such a reader can ask for its changes by when they were made.
    pub(super) fn stamped(self, id: EntityId, scope: Scope<'_>) -> Result<&'b Entity, ServerError> {
        let content = &self.database.content;
        let entity = content.pulled(id, scope)?;
        if !content.provisioning.stamps() {
            return Err(ServerError::BadRequest(format!("{} has no stamps to ask for", entity.name)));
        }
        Ok(entity)
    }
}
