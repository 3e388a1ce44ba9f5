//! The queue of sync units: first in, first out, each unit at most once.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use crate::base::{Time, UnitId};

/// Units that wait for their turn; the running one is not among them. One task takes them, others
/// add them. To add one and to take one costs O(log n), to discard what waits O(n).
#[derive(Default)]
pub struct Queue {
    line: RefCell<Waiting>,
    taker: Cell<Option<Waker>>,
}

#[derive(Default)]
struct Waiting {
    /// By place; places grow to the back.
    waiting: BTreeMap<i64, (UnitId, Time)>,
    places: BTreeMap<UnitId, i64>,
}

impl Waiting {
    fn remove(&mut self, place: i64) -> Option<(UnitId, Time)> {
        let entry = self.waiting.remove(&place)?;
        self.places.remove(&entry.0);
        Some(entry)
    }

    fn put(&mut self, place: i64, unit: UnitId, since: Time) {
        self.waiting.insert(place, (unit, since));
        self.places.insert(unit, place);
    }
}

/// What adding a unit did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "said by the variant")]
pub enum Added {
    /// It waits, with so many in all.
    Queued { depth: u32 },
    /// It was waiting already, and keeps its place.
    Coalesced,
}

impl Queue {
    /// Adds `unit` at `now`; with `discard` the units that wait are dropped first, and given back.
    pub fn add(&self, unit: UnitId, discard: bool, now: Time) -> (Added, Vec<UnitId>) {
        let discarded = if discard { self.discard(Some(unit)) } else { Vec::new() };
        let mut line = self.line.borrow_mut();
        if line.places.contains_key(&unit) {
            return (Added::Coalesced, discarded);
        }
        let place = line.waiting.last_key_value().map_or(0, |(last, _)| last + 1);
        line.put(place, unit, now);
        let depth = line.waiting.len() as u32;
        drop(line);
        self.taker.take().into_iter().for_each(Waker::wake);
        (Added::Queued { depth }, discarded)
    }

    /// Drops the units that wait, but for one if it is to stay, and gives them back in order.
    pub fn discard(&self, but: Option<UnitId>) -> Vec<UnitId> {
        let mut line = self.line.borrow_mut();
        let (kept, dropped) = line.waiting.values().partition::<Vec<_>, _>(|(unit, _)| Some(*unit) == but);
        *line = Waiting::default();
        kept.into_iter().for_each(|(unit, since)| line.put(0, unit, since));
        dropped.into_iter().map(|(unit, _)| unit).collect()
    }

    /// Puts a unit that was taken back to the front; gives whether it waited behind too, asked for
    /// again meanwhile: that place is dropped.
    pub fn put_back(&self, unit: UnitId, since: Time) -> bool {
        let mut line = self.line.borrow_mut();
        let behind = line.places.get(&unit).copied();
        let dropped = behind.and_then(|place| line.remove(place)).is_some();
        let place = line.waiting.first_key_value().map_or(0, |(first, _)| first - 1);
        line.put(place, unit, since);
        dropped
    }

    /// Takes the unit whose turn it is, with the time since when it has waited: the first, or
    /// against the rule the last.
    pub fn take(&self, last: bool) -> Option<(UnitId, Time)> {
        let mut line = self.line.borrow_mut();
        let end = if last { line.waiting.last_key_value() } else { line.waiting.first_key_value() };
        let place = *end?.0;
        line.remove(place)
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

    /// Whether the unit waits.
    pub fn waits(&self, unit: UnitId) -> bool {
        self.line.borrow().places.contains_key(&unit)
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.line.borrow().waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.line.borrow().waiting.is_empty()
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
    fn what_is_put_back_is_first_again_and_there_once() {
        let queue = Queue::default();
        for unit in [A, B, C] {
            queue.add(unit, false, Time(1));
        }
        let (first, since) = queue.take(false).unwrap();
        queue.add(first, false, Time(2));
        assert!(queue.put_back(first, since));
        let order: Vec<_> = std::iter::from_fn(|| queue.take(false)).collect();
        assert_eq!(order, [(A, Time(1)), (B, Time(1)), (C, Time(1))]);
        assert!(!queue.put_back(first, since), "nothing of it waited");
    }

    #[test]
    fn discarding_without_another_leaves_nothing() {
        let queue = Queue::default();
        for unit in [A, B] {
            queue.add(unit, false, Time(1));
        }
        assert_eq!(queue.discard(None), [A, B]);
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
