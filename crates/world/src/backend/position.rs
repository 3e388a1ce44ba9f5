//! Where a reader is, and what it has yet to see.

use std::ops::Bound;

use super::index::Slot;
use super::partition::Partition;
use crate::base::{Key, Span, Stamp, Value};

/// How far a reader has come in one entity: everything at or before (`stamp`, `key`) is read;
/// without a key, everything with this stamp or an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The stamp of the last row.
    pub stamp: Stamp,
    /// Its key.
    pub key: Option<Key>,
    /// Set while a first load is under way: it needs no tombstone of this instant or before, and it
    /// is as old as this, however old the rows are that it has come to.
    pub since: Option<Stamp>,
}

/// How close to the present a reader comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Upto {
    /// Up to the oldest version that is stamped and cannot be seen yet, or the tick that is not
    /// over: nothing will appear behind the reader.
    #[default]
    Settled,
    /// Up to this long before the backend's clock; what becomes visible later than that appears
    /// behind the reader.
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
    /// It is there and was created then: of created, updated and deleted, the first is the latest.
    pub is_new: bool,
}

impl Position {
    /// Everything up to and including `stamp` is read.
    pub fn at(stamp: Stamp) -> Position {
        Position { stamp, key: None, since: None }
    }

    /// As old as this is what the reader knows.
    pub(super) fn age(&self) -> Stamp {
        self.since.map_or(self.stamp, |since| since.max(self.stamp))
    }
}

/// Everything later than `stamp`.
fn beyond(stamp: Stamp) -> Bound<(Stamp, Key)> {
    // Saturating: a cursor may hold any number.
    Bound::Included((Stamp(stamp.0.saturating_add(1)), Key::new("")))
}

/// What a reader at `after` has yet to see: live rows by their slot, tombstones without.
pub(super) fn since<'p>(
    partition: &'p Partition,
    after: &Position,
) -> impl Iterator<Item = (&'p (Stamp, Key), Option<Slot>)> + use<'p> {
    let bound = match &after.key {
        Some(key) => Bound::Excluded((after.stamp, key.clone())),
        None => beyond(after.stamp),
    };
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
