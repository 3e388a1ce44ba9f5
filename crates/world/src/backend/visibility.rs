//! Committed versions that are not visible yet: of transactions that are stamped before they
//! commit, and on a lagging replica.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::index::Slot;
use crate::base::{EntityId, Stamp, Time, Value};
use crate::contract::Author;

/// A row's next version as readers of deltas will see it.
#[derive(Clone, Debug)]
pub(super) struct Showing {
    pub(super) entity: EntityId,
    pub(super) slot: Slot,
    pub(super) stamp: Stamp,
    pub(super) begun: Time,
    pub(super) values: Option<Arc<[Value]>>,
    pub(super) writer: Option<Arc<[Value]>>,
    pub(super) author: Author,
    /// Its log number, if it already has one.
    pub(super) number: Option<u64>,
}

/// Versions that are written but invisible, ordered by when they become visible.
#[derive(Clone, Debug, Default)]
pub(super) struct Unshown {
    queue: BTreeMap<(Time, u64), Showing>,
    stamps: BTreeSet<(Stamp, u64)>,
    /// The next sequence number: versions of one instant are shown in the order of their commits.
    next: u64,
}

impl Unshown {
    pub(super) fn add(&mut self, at: Time, showing: Showing) {
        self.stamps.insert((showing.stamp, self.next));
        self.queue.insert((at, self.next), showing);
        self.next += 1;
    }

    pub(super) fn due(&mut self, now: Time) -> Option<Showing> {
        let first = self.queue.first_entry()?;
        let (at, number) = *first.key();
        if at > now {
            return None;
        }
        let showing = first.remove();
        self.stamps.remove(&(showing.stamp, number));
        Some(showing)
    }

    pub(super) fn oldest(&self) -> Option<Stamp> {
        self.stamps.first().map(|(stamp, _)| *stamp)
    }

    pub(super) fn since(&self) -> Option<Time> {
        self.queue.values().map(|showing| showing.begun).min()
    }

    pub(super) fn last(&self) -> Option<Time> {
        self.queue.last_key_value().map(|((at, _), _)| *at)
    }
}
