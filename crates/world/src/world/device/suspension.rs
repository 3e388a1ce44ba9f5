//! Whether an app is suspended, and what waits for it to continue.

use std::cell::{Cell, RefCell};
use std::task::Waker;

use crate::base::{Span, Time};
use crate::contract::AppEvent;
use crate::setup::Budget;

#[derive(Default)]
pub(in crate::world) struct Suspension {
    pub(in crate::world) budget: Option<Budget>,
    pub(in crate::world) since: Cell<Option<Time>>,
    /// No background window is given before.
    pub(in crate::world) forced_until: Cell<Time>,
    /// The person looked at it, and opens it when it continues.
    pub(in crate::world) comes_back: Cell<bool>,
    /// The number of the present or next stay in the background.
    pub(in crate::world) stay: Cell<u64>,
    pub(in crate::world) lifted: Cell<bool>,
    pub(in crate::world) tasks: RefCell<Vec<Waker>>,
    pub(in crate::world) network: Cell<Option<AppEvent>>,
    pub(in crate::world) times: Cell<u64>,
    pub(in crate::world) long: Cell<Span>,
    /// The number of windows given in the background.
    pub(in crate::world) windows: Cell<u64>,
}

impl Suspension {
    pub(in crate::world) fn new(budget: Option<Budget>) -> Suspension {
        Suspension { budget, ..Suspension::default() }
    }
    pub(in crate::world) fn is_on(&self) -> bool {
        self.since.get().is_some()
    }
    pub(in crate::world) fn end(&self, now: Time) {
        self.over(now);
        self.network.set(None);
        self.comes_back.set(false);
        self.leave();
        self.tasks.take();
    }
    /// Ends a suspension; returns its duration, if there was one.
    pub(in crate::world) fn over(&self, now: Time) -> Option<Span> {
        let after = now.since(self.since.take()?);
        self.forced_until.set(Time::ZERO);
        self.long.set(self.long.get() + after);
        Some(after)
    }
    pub(in crate::world) fn leave(&self) -> u64 {
        self.stay.set(self.stay.get() + 1);
        self.stay.get()
    }
}
