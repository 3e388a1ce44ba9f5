//! A reader's position, and the changes after it.

use std::ops::Bound;

use super::index::Slot;
use super::partition::Partition;
use crate::base::{Key, Span, Stamp, Value};

/// How far a reader has come in one entity: everything at or before (`stamp`, `key`) is read.
/// Without a key, everything with this stamp or an earlier one is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The stamp of the last row.
    pub stamp: Stamp,
    /// Its key.
    pub key: Option<Key>,
    /// The start of the first load, while it is under way. The load needs no tombstone up to then.
    /// For expiry the position is never older than this.
    pub since: Option<Stamp>,
}

/// How close to the present a reader reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Upto {
    /// Up to the oldest version that is stamped but invisible, or the open tick: nothing will
    /// appear behind the reader.
    #[default]
    Settled,
    /// Up to this long before the backend's clock. A version that becomes visible later appears
    /// behind the reader.
    Behind(Span),
}

/// One change, borrowed from the backend.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The row.
    pub key: &'a Key,
    /// The stamp of the change.
    pub stamp: Stamp,
    /// All columns of the backend; `None` for a tombstone.
    pub values: Option<&'a [Value]>,
    /// True if the row exists and this is its creation, not an update.
    pub is_new: bool,
}

impl Position {
    /// Everything up to and including `stamp` is read.
    pub fn at(stamp: Stamp) -> Position {
        Position { stamp, key: None, since: None }
    }

    /// The age of the reader's knowledge, for expiry.
    pub(super) fn age(&self) -> Stamp {
        self.since.map_or(self.stamp, |since| since.max(self.stamp))
    }
}

/// Everything later than `stamp`.
fn beyond(stamp: Stamp) -> Bound<(Stamp, Key)> {
    // Saturating, as a cursor may hold any number.
    Bound::Included((Stamp(stamp.0.saturating_add(1)), Key::new("")))
}

/// The changes after `after`: live rows with their slot, tombstones without.
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
