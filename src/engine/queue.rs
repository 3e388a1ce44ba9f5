//! The queue of sync units: first in, first out, each unit at most once.

use std::collections::VecDeque;

use crate::base::{Time, UnitId};

/// Units that wait for their turn; the running one is not among them.
#[derive(Debug, Default)]
pub struct Queue {
    waiting: VecDeque<(UnitId, Time)>,
}

/// What adding a unit did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// It waits at this depth.
    Queued {
        /// Units waiting, this one included.
        depth: u32,
    },
    /// It was waiting already, and keeps its place.
    Coalesced,
}

impl Queue {
    /// Adds `unit` at `now`; with `discard` the units that wait are dropped first, and given back.
    pub fn add(&mut self, unit: UnitId, discard: bool, now: Time) -> (Added, Vec<UnitId>) {
        let mut discarded = Vec::new();
        if discard {
            discarded = self.waiting.iter().map(|(u, _)| *u).filter(|u| *u != unit).collect();
            self.waiting.retain(|(u, _)| *u == unit);
        }
        if self.waiting.iter().any(|(u, _)| *u == unit) {
            return (Added::Coalesced, discarded);
        }
        self.waiting.push_back((unit, now));
        (Added::Queued { depth: self.waiting.len() as u32 }, discarded)
    }

    /// Takes the unit whose turn it is, with the time since when it has waited: the first, or
    /// against the rule the last.
    pub fn take(&mut self, last: bool) -> Option<(UnitId, Time)> {
        if last { self.waiting.pop_back() } else { self.waiting.pop_front() }
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: UnitId = UnitId(0);
    const B: UnitId = UnitId(1);
    const C: UnitId = UnitId(2);

    #[test]
    fn units_leave_in_the_order_in_which_they_came() {
        let mut queue = Queue::default();
        for unit in [B, A, C] {
            queue.add(unit, false, Time(1));
        }
        let order: Vec<_> = std::iter::from_fn(|| queue.take(false)).map(|(u, _)| u).collect();
        assert_eq!(order, [B, A, C]);
    }

    #[test]
    fn a_unit_that_waits_is_not_added_again() {
        let mut queue = Queue::default();
        queue.add(A, false, Time(1));
        assert_eq!(queue.add(A, false, Time(2)), (Added::Coalesced, Vec::new()));
        assert_eq!(queue.take(false), Some((A, Time(1))));
        assert!(queue.is_empty());
    }

    #[test]
    fn discarding_drops_what_waits_and_keeps_the_unit_itself() {
        let mut queue = Queue::default();
        for unit in [A, B] {
            queue.add(unit, false, Time(1));
        }
        assert_eq!(queue.add(C, true, Time(2)), (Added::Queued { depth: 1 }, vec![A, B]));
        queue.add(A, false, Time(3));
        assert_eq!(queue.add(C, true, Time(4)), (Added::Coalesced, vec![A]));
        assert_eq!(queue.take(false), Some((C, Time(2))));
    }
}
