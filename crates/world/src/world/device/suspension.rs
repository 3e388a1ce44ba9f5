//! The state of an app's suspension, and the tasks that wait for its end.

use std::cell::{Cell, RefCell};
use std::task::Waker;

use crate::base::{Span, Time};
use crate::contract::AppEvent;
use crate::setup::Budget;

#[derive(Default)]
pub(crate) struct Suspension {
    pub(crate) budget: Option<Budget>,
    pub(crate) since: Cell<Option<Time>>,
    /// No background window begins before this time.
    pub(crate) forced_until: Cell<Time>,
    /// True if the person looked at the app before the suspension. They then open it again when it
    /// ends.
    pub(crate) comes_back: Cell<bool>,
    /// The number of the app's present or next stay in the background.
    pub(crate) stay: Cell<u64>,
    pub(crate) lifted: Cell<bool>,
    pub(crate) tasks: RefCell<Vec<Waker>>,
    pub(crate) network: Cell<Option<AppEvent>>,
    pub(crate) times: Cell<u64>,
    pub(crate) long: Cell<Span>,
    /// True if the system killed the app at the end of a window, and the app has not started since.
    pub(crate) ended: Cell<bool>,
    /// True if the app starts in a background window that is already counted.
    pub(crate) starts_in_window: Cell<bool>,
    /// The number of background windows so far.
    pub(crate) windows: Cell<u64>,
}

impl Suspension {
    pub(crate) fn is_on(&self) -> bool {
        self.since.get().is_some()
    }
    pub(crate) fn end(&self, now: Time) {
        self.over(now);
        self.network.set(None);
        self.comes_back.set(false);
        self.leave();
        self.tasks.take();
    }
    /// Ends a suspension; returns its duration, if the app was suspended.
    pub(crate) fn over(&self, now: Time) -> Option<Span> {
        let after = now.since(self.since.take()?);
        self.forced_until.set(Time::ZERO);
        self.long.set(self.long.get() + after);
        Some(after)
    }
    pub(crate) fn leave(&self) -> u64 {
        self.stay.set(self.stay.get() + 1);
        self.stay.get()
    }
}
