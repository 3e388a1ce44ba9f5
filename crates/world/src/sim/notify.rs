//! A wake-up primitive for tasks.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::core::Core;
use super::ids::TaskId;

/// Lets tasks wait until another task notifies; clones share the same waiters.
#[derive(Clone)]
pub struct Notify {
    inner: Rc<Inner>,
}

/// Waits for a notification; see [`Notify::notified`].
#[must_use = "a future does nothing unless it is awaited"]
pub struct Notified {
    inner: Rc<Inner>,
    /// Ticket in the queue of waiters; 0 before the first poll and after the last.
    ticket: u64,
}

struct Inner {
    core: Rc<Core>,
    row: RefCell<Row>,
}

/// Waiters by ticket, and the last ticket given. A ticket that is not there was notified.
#[derive(Default)]
struct Row {
    waiters: Vec<(u64, TaskId)>,
    ticket: u64,
}

impl Notify {
    pub(super) fn new(core: Rc<Core>) -> Notify {
        Notify { inner: Rc::new(Inner { core, row: RefCell::default() }) }
    }
    /// Wakes all current waiters.
    pub fn notify_all(&self) {
        for (_, task) in self.inner.row.borrow_mut().waiters.drain(..) {
            self.inner.core.wake(task);
        }
    }
    /// Waits for a notification, from the first poll on.
    pub fn notified(&self) -> Notified {
        Notified { inner: Rc::clone(&self.inner), ticket: 0 }
    }
}

impl Row {
    fn place(&self, ticket: u64) -> Option<usize> {
        self.waiters.binary_search_by_key(&ticket, |(ticket, _)| *ticket).ok()
    }
}

impl Future for Notified {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let inner = Rc::clone(&self.inner);
        let (row, task) = (&mut *inner.row.borrow_mut(), inner.core.running());
        if self.ticket == 0 {
            row.ticket += 1;
            self.ticket = row.ticket;
            row.waiters.push((self.ticket, task));
            return Poll::Pending;
        }
        match row.place(self.ticket) {
            Some(place) => row.waiters[place].1 = task,
            None => self.ticket = 0,
        }
        if self.ticket == 0 { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Notified {
    fn drop(&mut self) {
        let mut row = self.inner.row.borrow_mut();
        if let Some(place) = row.place(self.ticket) {
            row.waiters.remove(place);
        }
    }
}
