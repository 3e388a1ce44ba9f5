//! The points at which a fault kills an app: crash points, and disk syncs with a power failure.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::base::{Span, Time};
use crate::faults::{Struck, SyncLoss};

#[derive(Default)]
pub(crate) struct CrashBook {
    armed: RefCell<Vec<Armed>>,
    ever_armed: Cell<u64>,
    /// How often the app passed each crash point.
    pub(crate) passed: RefCell<BTreeMap<String, u64>>,
    pub(crate) suspended: Cell<bool>,
}

struct Armed {
    number: u64,
    point: String,
    from: Time,
    left: u32,
    restart_after: Span,
    struck: Struck,
}

impl CrashBook {
    /// Arms a kill at the `nth` passing (from 1) of a crash point after `from`. Returns a number to
    /// disarm it.
    pub(crate) fn arm(&self, point: &str, nth: u32, from: Time, restart_after: Span, struck: &Struck) -> u64 {
        let number = self.ever_armed.replace(self.ever_armed.get() + 1);
        let (point, left, struck) = (point.to_owned(), nth.max(1), struck.clone());
        let armed = Armed { number, point, from, left, restart_after, struck };
        self.armed.borrow_mut().push(armed);
        number
    }
    /// Disarms a kill. Returns true if it had not fired yet.
    pub(crate) fn disarm(&self, number: u64) -> bool {
        self.armed.borrow_mut().extract_if(.., |armed| armed.number == number).next().is_some()
    }
    fn count(&self, point: &str) {
        let mut passed = self.passed.borrow_mut();
        match passed.get_mut(point) {
            Some(times) => *times += 1,
            None => _ = passed.insert(point.to_owned(), 1),
        }
    }
    /// Passes a crash point. If the app dies there, returns the time until its restart.
    pub(crate) fn pass(&self, point: &str, now: Time) -> Option<Span> {
        self.count(point);
        if self.suspended.get() {
            return None;
        }
        let mut armed = self.armed.borrow_mut();
        for one in armed.iter_mut().filter(|a| a.point == point && a.from <= now) {
            one.left = one.left.saturating_sub(1);
        }
        // If several kills are due, only one fires. The others fire at the next passing.
        let due = armed.iter().position(|a| a.point == point && a.left == 0)?;
        let due = armed.remove(due);
        due.struck.set(true);
        Some(due.restart_after)
    }
}

#[derive(Debug, Default)]
pub(crate) struct SyncLosses(pub(crate) RefCell<Vec<SyncLoss>>);

impl SyncLosses {
    /// The power failures that are due at the ends of these disk syncs, each with its time.
    pub(crate) fn due(&self, ends: &[Time]) -> Vec<(Time, SyncLoss)> {
        let mut due = Vec::new();
        self.0.borrow_mut().retain_mut(|loss| {
            let counted = ends.iter().filter(|end| (loss.from..loss.until).contains(end));
            match counted.clone().nth(loss.nth as usize - 1) {
                Some(end) => {
                    let at = if loss.after { *end } else { Time(end.0 - 1) };
                    due.push((at, loss.clone()));
                    false
                }
                None => {
                    loss.nth -= counted.count() as u32;
                    true
                }
            }
        });
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::DeviceId;
    use crate::base::at_ms as at;

    #[test]
    fn the_power_fails_at_the_sync_that_was_asked_for() {
        let (device, restart_after) = (DeviceId(0), Span::secs(5));
        for (nth, after, expected) in [
            (1, false, Some(Time(at(20).0 - 1))),
            (1, true, Some(at(20))),
            (3, false, Some(Time(at(40).0 - 1))),
            (4, true, None),
        ] {
            let losses = SyncLosses::default();
            losses.0.borrow_mut().push(SyncLoss {
                device,
                from: at(15),
                until: at(45),
                nth,
                after,
                restart_after,
                struck: Struck::default(),
            });
            let mut due = losses.due(&[at(10), at(20), at(30)]);
            due.extend(losses.due(&[at(40), at(50), at(60)]));
            let due: Vec<Time> = due.into_iter().map(|(at, _)| at).collect();
            assert_eq!(due, Vec::from_iter(expected), "{nth}");
            assert_eq!(losses.0.borrow().is_empty(), expected.is_some());
        }
    }
}
