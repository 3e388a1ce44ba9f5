//! The queue of sync units: first in, first out, each unit at most once.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use crate::base::{Time, UnitId};

/// Units that wait for their turn; the running one is not among them. One task takes them, others
/// add them.
#[derive(Default)]
pub struct Queue {
    waiting: RefCell<VecDeque<(UnitId, Time)>>,
    taker: Cell<Option<Waker>>,
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
    pub fn add(&self, unit: UnitId, discard: bool, now: Time) -> (Added, Vec<UnitId>) {
        let mut waiting = self.waiting.borrow_mut();
        let mut discarded = Vec::new();
        if discard {
            discarded = waiting.iter().map(|(u, _)| *u).filter(|u| *u != unit).collect();
            waiting.retain(|(u, _)| *u == unit);
        }
        if waiting.iter().any(|(u, _)| *u == unit) {
            return (Added::Coalesced, discarded);
        }
        waiting.push_back((unit, now));
        let depth = waiting.len() as u32;
        drop(waiting);
        self.taker.take().into_iter().for_each(Waker::wake);
        (Added::Queued { depth }, discarded)
    }

    /// Takes the unit whose turn it is, with the time since when it has waited: the first, or
    /// against the rule the last.
    pub fn take(&self, last: bool) -> Option<(UnitId, Time)> {
        let mut waiting = self.waiting.borrow_mut();
        if last { waiting.pop_back() } else { waiting.pop_front() }
    }

    /// As [`take`](Queue::take), waiting until there is one.
    pub async fn next(&self, last: bool) -> (UnitId, Time) {
        poll_fn(|context| match self.take(last) {
            Some(next) => Poll::Ready(next),
            None => {
                self.taker.set(Some(context.waker().clone()));
                Poll::Pending
            }
        })
        .await
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.borrow().len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.borrow().is_empty()
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
        let queue = Queue::default();
        for unit in [B, A, C] {
            queue.add(unit, false, Time(1));
        }
        let order: Vec<_> = std::iter::from_fn(|| queue.take(false)).map(|(u, _)| u).collect();
        assert_eq!(order, [B, A, C]);
    }

    #[test]
    fn a_unit_that_waits_is_not_added_again() {
        let queue = Queue::default();
        queue.add(A, false, Time(1));
        assert_eq!(queue.add(A, false, Time(2)), (Added::Coalesced, Vec::new()));
        assert_eq!(queue.take(false), Some((A, Time(1))));
        assert!(queue.is_empty());
    }

    #[test]
    fn discarding_drops_what_waits_and_keeps_the_unit_itself() {
        let queue = Queue::default();
        for unit in [A, B] {
            queue.add(unit, false, Time(1));
        }
        assert_eq!(queue.add(C, true, Time(2)), (Added::Queued { depth: 1 }, vec![A, B]));
        queue.add(A, false, Time(3));
        assert_eq!(queue.add(C, true, Time(4)), (Added::Coalesced, vec![A]));
        assert_eq!(queue.take(false), Some((C, Time(2))));
    }
}
