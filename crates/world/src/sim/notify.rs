//! A wake-up primitive for tasks.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::core::Core;
use super::ids::TaskId;

/// Lets tasks wait until another task notifies them. Clones share the same waiting tasks.
#[derive(Clone)]
pub struct Notify {
    inner: Rc<Inner>,
}

/// Waits for a notification; see [`Notify::notified`].
#[must_use = "a future does nothing unless it is awaited"]
pub struct Notified {
    inner: Rc<Inner>,
    /// The future's number in the queue of waiters; 0 before the first poll and after the last.
    ticket: u64,
}

/// The waiters by ticket, and the last ticket given. If a ticket is not in `waiters`, it was
/// notified.
struct Inner {
    core: Rc<Core>,
    waiters: RefCell<Vec<(u64, TaskId)>>,
    ticket: Cell<u64>,
}

impl Notify {
    pub(super) fn new(core: Rc<Core>) -> Notify {
        Notify { inner: Rc::new(Inner { core, waiters: RefCell::default(), ticket: Cell::default() }) }
    }
    /// Wakes all current waiters.
    pub fn notify_all(&self) {
        for (_, task) in self.inner.waiters.borrow_mut().drain(..) {
            self.inner.core.wake(task);
        }
    }
    /// Waits for a notification. Notifications before the future's first poll do not count.
    pub fn notified(&self) -> Notified {
        Notified { inner: Rc::clone(&self.inner), ticket: 0 }
    }
}

fn place(waiters: &[(u64, TaskId)], ticket: u64) -> Option<usize> {
    waiters.binary_search_by_key(&ticket, |(ticket, _)| *ticket).ok()
}

impl Future for Notified {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let inner = Rc::clone(&self.inner);
        let (waiters, task) = (&mut *inner.waiters.borrow_mut(), inner.core.running());
        if self.ticket == 0 {
            self.ticket = inner.ticket.get() + 1;
            inner.ticket.set(self.ticket);
            waiters.push((self.ticket, task));
            return Poll::Pending;
        }
        let Some(place) = place(waiters, self.ticket) else {
            self.ticket = 0;
            return Poll::Ready(());
        };
        waiters[place].1 = task;
        Poll::Pending
    }
}

impl Drop for Notified {
    fn drop(&mut self) {
        let mut waiters = self.inner.waiters.borrow_mut();
        if let Some(place) = place(&waiters, self.ticket) {
            waiters.remove(place);
        }
    }
}
