//! The queue of sync units: first in, first out, each unit at most once.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use crate::base::{Time, UnitId};

/// The waiting units, each with the time since which it waits. The running unit is not in the
/// queue. One task takes units; other tasks add them.
#[derive(Default)]
pub struct Queue {
    line: RefCell<VecDeque<(UnitId, Time)>>,
    taker: Cell<Option<Waker>>,
}

/// The result of adding a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// It waits; `depth` units now wait in all.
    Queued {
        /// The number of waiting units, this one included.
        depth: u32,
    },
    /// It was waiting already, and keeps its place.
    Coalesced,
}

impl Queue {
    /// Adds `unit` at `now`. With `discard` the other waiting units are dropped first and returned.
    pub fn add(&self, unit: UnitId, discard: bool, now: Time) -> (Added, Vec<UnitId>) {
        let discarded = if discard { self.discard(Some(unit)) } else { Vec::new() };
        if self.waits(unit) {
            return (Added::Coalesced, discarded);
        }
        self.line.borrow_mut().push_back((unit, now));
        self.taker.take().into_iter().for_each(Waker::wake);
        (Added::Queued { depth: self.len() as u32 }, discarded)
    }

    /// Drops the waiting units except `but`, and returns them in order.
    pub fn discard(&self, but: Option<UnitId>) -> Vec<UnitId> {
        let all = self.line.take().into_iter();
        let (kept, dropped): (_, VecDeque<_>) = all.partition(|(unit, _)| Some(*unit) == but);
        self.line.replace(kept);
        dropped.into_iter().map(|(unit, _)| unit).collect()
    }
    /// Puts a taken unit back to the front. Returns true if the unit was queued again meanwhile. It
    /// then waits only once, at the front.
    pub fn put_back(&self, unit: UnitId, since: Time) -> bool {
        let waits = self.waits(unit);
        let mut line = self.line.borrow_mut();
        line.retain(|(other, _)| *other != unit);
        line.push_front((unit, since));
        waits
    }
    /// Takes the first unit, and the time since which it waits. `last` takes the last unit (a
    /// planted bug).
    pub fn take(&self, last: bool) -> Option<(UnitId, Time)> {
        let mut line = self.line.borrow_mut();
        if last { line.pop_back() } else { line.pop_front() }
    }
    /// Waits for a unit and takes it, as [`take`](Queue::take).
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

    /// True if the unit waits in the queue.
    pub fn waits(&self, unit: UnitId) -> bool {
        self.line.borrow().iter().any(|(waiting, _)| *waiting == unit)
    }
    /// The number of waiting units.
    pub fn len(&self) -> usize {
        self.line.borrow().len()
    }
    /// True if no unit waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_wait_once_in_their_order_and_go_where_they_are_put() {
        let (queue, [a, b, c]) = (Queue::default(), [0, 1, 2].map(UnitId));
        for unit in [b, a, c] {
            queue.add(unit, false, Time(1));
        }
        assert_eq!(queue.add(a, false, Time(2)), (Added::Coalesced, Vec::new()));
        assert_eq!(queue.take(false), Some((b, Time(1))));
        queue.add(b, false, Time(3));
        assert!(queue.put_back(b, Time(1)), "it was asked for meanwhile");
        assert!(!queue.put_back(UnitId(7), Time(1)), "nothing of it waited");
        let order: Vec<_> = std::iter::from_fn(|| queue.take(false)).collect();
        assert_eq!(order, [(UnitId(7), Time(1)), (b, Time(1)), (a, Time(1)), (c, Time(1))]);
        for unit in [a, b] {
            queue.add(unit, false, Time(1));
        }
        assert_eq!(queue.add(c, true, Time(2)), (Added::Queued { depth: 1 }, vec![a, b]));
        queue.add(a, false, Time(3));
        assert_eq!(queue.add(c, true, Time(4)), (Added::Coalesced, vec![a]));
        assert_eq!((queue.discard(None), queue.is_empty()), (vec![c], true));
    }
}
