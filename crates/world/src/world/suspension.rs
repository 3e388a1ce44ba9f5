//! Whether an app is suspended, and what waits for it to continue.

use std::cell::{Cell, RefCell};
use std::task::Waker;

use crate::base::{Span, Time};
use crate::contract::AppEvent;
use crate::setup::Budget;

#[derive(Default)]
pub(super) struct Suspension {
    pub(super) budget: Option<Budget>,
    pub(super) since: Cell<Option<Time>>,
    /// No background window is given before.
    pub(super) forced_until: Cell<Time>,
    /// The person looked at it, and opens it when it continues.
    pub(super) comes_back: Cell<bool>,
    /// The number of the present or next stay in the background.
    pub(super) stay: Cell<u64>,
    pub(super) lifted: Cell<bool>,
    pub(super) tasks: RefCell<Vec<Waker>>,
    pub(super) network: Cell<Option<AppEvent>>,
    pub(super) times: Cell<u64>,
    pub(super) long: Cell<Span>,
    /// The number of windows given in the background.
    pub(super) windows: Cell<u64>,
}

impl Suspension {
    pub(super) fn new(budget: Option<Budget>) -> Suspension {
        Suspension { budget, ..Suspension::default() }
    }
    pub(super) fn is_on(&self) -> bool {
        self.since.get().is_some()
    }
    pub(super) fn end(&self, now: Time) {
        self.over(now);
        self.network.set(None);
        self.comes_back.set(false);
        self.leave();
        self.tasks.take();
    }
    /// Ends a suspension; returns its duration, if there was one.
    pub(super) fn over(&self, now: Time) -> Option<Span> {
        let after = now.since(self.since.take()?);
        self.forced_until.set(Time::ZERO);
        self.long.set(self.long.get() + after);
        Some(after)
    }
    pub(super) fn leave(&self) -> u64 {
        self.stay.set(self.stay.get() + 1);
        self.stay.get()
    }
}
