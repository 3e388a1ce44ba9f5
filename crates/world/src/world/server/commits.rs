//! Counts the backend commits that readers can see. A server half can wait for the next one.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::base::Time;
use crate::sim::{Handle, Notify};

pub(crate) struct Commits {
    handle: Handle,
    pub(crate) all: Cell<u64>,
    /// The times at which the invisible commits become visible.
    unseen: RefCell<BinaryHeap<Reverse<Time>>>,
    came: Notify,
}

impl Commits {
    pub(crate) fn new(handle: &Handle) -> Commits {
        let (all, unseen) = Default::default();
        Commits { handle: handle.clone(), all, unseen, came: handle.notify() }
    }
    /// Adds a commit. It is visible at once, or from `visible_at` on.
    pub(crate) fn add(&self, visible_at: Option<Time>) {
        self.all.set(self.all.get() + 1);
        self.unseen.borrow_mut().extend(visible_at.map(Reverse));
        self.came.notify_all();
    }
    /// Waits until more than `seen` commits are visible; returns their number.
    pub(crate) async fn more_than(&self, seen: u64) -> u64 {
        loop {
            let (visible, next) = self.visible();
            if visible > seen {
                return visible;
            }
            let until = next.unwrap_or(Time::FAR);
            let _ = self.handle.timeout(until, self.came.notified()).await;
        }
    }
    fn visible(&self) -> (u64, Option<Time>) {
        let mut unseen = self.unseen.borrow_mut();
        while unseen.peek().is_some_and(|at| at.0 <= self.handle.now()) {
            unseen.pop();
        }
        (self.all.get() - unseen.len() as u64, unseen.peek().map(|at| at.0))
    }
}
