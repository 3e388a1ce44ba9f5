//! What changed within a stretch of time: the plain operations of a system that knows nothing of its readers' cursors.
//!
//! Such systems answer "what changed since" and "give me these rows", and tell the time. Whether a reader that puts those
//! together gets everything is its own affair; [`Backend::changes`] is what loses nothing.

use std::ops::ControlFlow;

use super::delta::{Change, Position, Scope, Upto, since, unknown};
use super::machine::Backend;
use super::pool::{Load, mean_service};
use crate::base::{EntityId, Key, Span, Stamp, Time};
use crate::contract::{RequestKind, ServerError};

/// Asks for changes of one entity, in the order of (stamp, key).
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'q> {
    /// Of which entity.
    pub entity: EntityId,
    /// For whom.
    pub scope: Scope<'q>,
    /// From where.
    pub from: Lower<'q>,
    /// A first load that began then needs no tombstones from before.
    pub loading: Option<Stamp>,
    /// Up to this stamp, included; without it, as close to the present as [`Stretch::upto`] says.
    pub until: Option<Stamp>,
    /// How close to the present.
    pub upto: Upto,
    /// Changes that are passed over.
    pub skip: u64,
    /// At most this many are delivered.
    pub limit: usize,
    /// All changes with the stamp of the last one are delivered too, however many there are.
    pub whole_ties: bool,
}

/// Where a stretch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lower<'q> {
    /// With the first change there is.
    First,
    /// After this stamp: `>`.
    After(Stamp),
    /// With this stamp: `>=`.
    At(Stamp),
    /// After this stamp and key, a row value.
    Row(Stamp, &'q Key),
}

/// What a stretch came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretched {
    /// Rows looked at: delivered, or passed over.
    pub scanned: u64,
    /// Changes delivered.
    pub delivered: u64,
    /// The last that was delivered.
    pub last: Option<(Stamp, Key)>,
    /// The stamp of the first that was not; `None` if there are no more.
    pub next: Option<Stamp>,
}

impl Lower<'_> {
    /// The same bound where only multiples of `unit` can be asked for; a stamp that is none begins at the one before.
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

impl Backend {
    /// Delivers changes within a stretch to `take`, in the order of (stamp, key). Where `take` breaks the limit is reached;
    /// a tie that is to be whole goes on regardless.
    ///
    /// Costs what is delivered and what is passed over.
    ///
    /// # Errors
    /// [`ServerError::CursorExpired`] if tombstones from there on may be purged; [`ServerError::BadRequest`] if the entity is
    /// not pulled as deltas, or the backend keeps no stamps.
    pub fn stretch(
        &mut self,
        now: Time,
        stretch: Stretch<'_>,
        take: impl FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<Stretched, ServerError> {
        self.show_due(now);
        let stretched = self.read_stretch(now, stretch, take)?;
        if let Some((stamp, _)) = &stretched.last {
            self.stamps.passed(*stamp);
        }
        Ok(stretched)
    }

    fn read_stretch(
        &self,
        now: Time,
        stretch: Stretch<'_>,
        mut take: impl FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<Stretched, ServerError> {
        let entity = self.pulled(stretch.entity, stretch.scope)?;
        let after = stretch.from.coarse(self.options.filter_precision).position(stretch.loading);
        if stretch.from != Lower::First && self.is_expired(now, &after) {
            return Err(ServerError::CursorExpired(stretch.entity));
        }
        let end = self.end_of(now, stretch.upto);
        let table = self.table(stretch.entity);
        let mut stretched = Stretched::default();
        let mut full = false;
        for ((stamp, key), slot) in
            table.partition(entity, stretch.scope).into_iter().flat_map(|p| since(p, &after))
        {
            if end.is_some_and(|end| *stamp >= end) || stretch.until.is_some_and(|until| *stamp > until) {
                break;
            }
            if stretched.scanned < stretch.skip {
                stretched.scanned += 1;
                continue;
            }
            let tied = stretched.last.as_ref().is_some_and(|(last, _)| last == stamp);
            if full && !(stretch.whole_ties && tied) {
                stretched.next = Some(*stamp);
                break;
            }
            let flow = take(Change { key, stamp: *stamp, values: slot.map(|slot| table.shown(slot)) });
            stretched.scanned += 1;
            stretched.delivered += 1;
            full = full || flow.is_break() || stretched.delivered >= stretch.limit as u64;
            stretched.last = Some((*stamp, key.clone()));
        }
        Ok(stretched)
    }

    /// Where a reader goes on that has come to the end of what there was, and whose last change has this stamp: there, unless
    /// it would soon be refused though it comes every minute.
    pub fn rested(&self, now: Time, stamp: Stamp, upto: Upto) -> Stamp {
        let settled = self.settled(now, upto);
        if stamp < self.old(settled) { settled } else { stamp }
    }

    /// The last instant at `now` behind which nothing can appear any more for a reader that comes this close to the present.
    pub fn settled_at(&self, now: Time, upto: Upto) -> Stamp {
        self.settled(now, upto)
    }

    /// Which of these rows are there for readers of `scope`: each is given to `take` in turn, with its values, or without any
    /// if it is deleted or belongs to others. A row with a version that cannot be seen yet counts as there.
    ///
    /// # Errors
    /// [`ServerError::BadRequest`] if there is no such entity.
    pub fn batch<'k>(
        &self,
        now: Time,
        entity: EntityId,
        scope: Scope<'_>,
        keys: impl IntoIterator<Item = &'k Key>,
        mut take: impl FnMut(Change<'_>),
    ) -> Result<(), ServerError> {
        let schema = self.entity(entity).ok_or_else(|| unknown(entity))?;
        let table = self.table(entity);
        for key in keys {
            let found = table.find(key).filter(|&slot| {
                let record = table.record(slot);
                let theirs = match scope {
                    Scope::Of(attributes) => schema.in_scope(&record.values, attributes),
                    Scope::Whole => true,
                };
                table.hidden_until(slot).is_some() || !record.deleted && theirs
            });
            let stamp = found.map_or_else(|| self.head(now), |slot| table.record(slot).stamp);
            take(Change { key, stamp, values: found.map(|slot| table.shown(slot)) });
        }
        Ok(())
    }

    /// When a read that comes at `now` is done, if it takes as long as such reads do on average.
    pub fn done(&self, now: Time, scanned: u64, rows: u64) -> Time {
        let load = Load { scanned, rows, written: 0 };
        self.begins(now) + mean_service(&self.options, RequestKind::Pull, load)
    }
}
