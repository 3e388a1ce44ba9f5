//! What changed within a stretch of time: the plain operations of a system that knows nothing of
//! its readers' cursors.
//!
//! Such systems answer "what changed since" and "give me these rows", and tell the time. Whether a
//! reader that puts those together gets everything is its own affair; [`delta`](super::delta) is
//! what loses nothing.

use std::ops::ControlFlow;

use super::delta::Sight;
use super::partition::Scope;
use super::position::{Change, Position, Upto, since};
use crate::base::{EntityId, Key, Span, Stamp};
use crate::contract::ServerError;

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
    /// The same bound where only multiples of `unit` can be asked for; a stamp that is none begins
    /// at the one before.
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

impl Sight<'_> {
    /// Changes within a stretch, as [`Backend::stretch`](super::Backend::stretch) gives them.
    pub(super) fn stretch(
        self,
        stretch: Stretch<'_>,
        mut take: impl FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<Stretched, ServerError> {
        let entity = self.stamped(stretch.entity, stretch.scope)?;
        let after = stretch.from.coarse(self.database.options.filter_precision).position(stretch.loading);
        if stretch.from != Lower::First && self.is_expired(&after) {
            return Err(ServerError::CursorExpired(stretch.entity));
        }
        let end = self.end_of(stretch.upto);
        let table = self.database.content.table(stretch.entity);
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
            let (values, is_new) =
                (slot.map(|slot| table.shown(slot)), slot.is_some_and(|slot| table.is_new(slot)));
            let flow = take(Change { key, stamp: *stamp, values, is_new });
            stretched.scanned += 1;
            stretched.delivered += 1;
            full = full || flow.is_break() || stretched.delivered >= stretch.limit as u64;
            stretched.last = Some((*stamp, key.clone()));
        }
        Ok(stretched)
    }

    /// Which of these rows are there for readers of `scope`: each is given to `take` in turn, with
    /// its values, or without any if it is deleted or belongs to others. A row with a version that
    /// cannot be seen yet counts as there.
    ///
    /// # Errors
    /// [`ServerError::BadRequest`] if there is no such entity.
    pub fn batch<'k>(
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
                let theirs = match scope {
                    Scope::Of(attributes) => schema.in_scope(&record.values, attributes),
                    Scope::Whole => true,
                };
                table.hidden_until(slot).is_some() || !record.deleted && theirs
            });
            let stamp = found.map_or_else(|| self.head(), |slot| table.record(slot).stamp);
            take(Change { key, stamp, values: found.map(|slot| table.shown(slot)), is_new: false });
        }
        Ok(())
    }
}
