//! Crash points of an app that are armed, and how often each was passed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::missed::Struck;
use crate::base::{Span, Time};

/// The crash points of one device.
#[derive(Default)]
pub(super) struct CrashBook {
    armed: RefCell<Vec<Armed>>,
    ever_armed: Cell<u64>,
    passed: RefCell<BTreeMap<&'static str, u64>>,
    suspended: Cell<bool>,
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
    /// The app dies at the passing number `nth` (from 1) of `point` at or after `from`. Gives a
    /// number to disarm it by.
    pub(super) fn arm(&self, point: &str, nth: u32, from: Time, restart_after: Span, struck: &Struck) -> u64 {
        let number = self.ever_armed.replace(self.ever_armed.get() + 1);
        let (point, left, struck) = (point.to_owned(), nth.max(1), struck.clone());
        let armed = Armed { number, point, from, left, restart_after, struck };
        self.armed.borrow_mut().push(armed);
        number
    }

    /// Whether it did not come to kill; now it will not.
    pub(super) fn disarm(&self, number: u64) -> bool {
        self.armed.borrow_mut().extract_if(.., |armed| armed.number == number).next().is_some()
    }

    pub(super) fn suspend(&self) {
        self.suspended.set(true);
    }

    /// How often each point was passed.
    pub(super) fn passed(&self) -> BTreeMap<&'static str, u64> {
        self.passed.borrow().clone()
    }

    /// A point is passed. If the app is to die there: after how long it is started again.
    pub(super) fn pass(&self, point: &'static str, now: Time) -> Option<Span> {
        *self.passed.borrow_mut().entry(point).or_default() += 1;
        if self.suspended.get() {
            return None;
        }
        let mut armed = self.armed.borrow_mut();
        for one in armed.iter_mut().filter(|a| a.point == point && a.from <= now) {
            one.left = one.left.saturating_sub(1);
        }
        // Of several that are due one strikes, and the others at the next passing.
        let due = armed.iter().position(|a| a.point == point && a.left == 0)?;
        let due = armed.remove(due);
        due.struck.set();
        Some(due.restart_after)
    }
}
