//! A wake-up that tasks wait for.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::core::Core;
use super::ids::TaskId;

/// Lets tasks wait until another says so; clones are the same one.
#[derive(Clone)]
pub struct Notify {
    inner: Rc<Inner>,
}

/// Waits for a notification; see [`Notify::notified`].
#[must_use = "a future does nothing unless it is awaited"]
pub struct Notified {
    inner: Rc<Inner>,
    /// The place in the row of waiters; 0 before the first poll and after the last.
    ticket: u64,
}

struct Inner {
    core: Rc<Core>,
    row: RefCell<Waiters>,
}

#[derive(Default)]
struct Waiters {
    waiters: VecDeque<Waiter>,
    ticket: u64,
    /// A notification for one that came when nobody waited.
    kept: bool,
}

struct Waiter {
    ticket: u64,
    task: TaskId,
    told: Notice,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Notice {
    NotYet,
    Alone,
    WithAll,
}

impl Notify {
    pub(super) fn new(core: Rc<Core>) -> Notify {
        Notify { inner: Rc::new(Inner { core, row: RefCell::default() }) }
    }
    /// Wakes the one that has waited longest, or the next to wait.
    pub fn notify_one(&self) {
        self.inner.notify_one();
    }

    /// Wakes all that wait now.
    pub fn notify_all(&self) {
        for waiter in &mut self.inner.row.borrow_mut().waiters {
            if waiter.told == Notice::NotYet {
                waiter.told = Notice::WithAll;
                self.inner.core.wake(waiter.task);
            }
        }
    }

    /// Waits for a notification, from the first poll on.
    pub fn notified(&self) -> Notified {
        Notified { inner: Rc::clone(&self.inner), ticket: 0 }
    }
}

impl Inner {
    fn notify_one(&self) {
        let mut row = self.row.borrow_mut();
        match row.waiters.iter_mut().find(|waiter| waiter.told == Notice::NotYet) {
            Some(waiter) => {
                waiter.told = Notice::Alone;
                self.core.wake(waiter.task);
            }
            None => row.kept = true,
        }
    }
}

impl Waiters {
    fn place(&self, ticket: u64) -> usize {
        let place = self.waiters.binary_search_by_key(&ticket, |waiter| waiter.ticket);
        place.expect("who holds a ticket is in the row")
    }
}

impl Future for Notified {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let inner = Rc::clone(&self.inner);
        let mut row = inner.row.borrow_mut();
        let task = inner.core.running();
        if self.ticket == 0 {
            if std::mem::take(&mut row.kept) {
                return Poll::Ready(());
            }
            row.ticket += 1;
            self.ticket = row.ticket;
            row.waiters.push_back(Waiter { ticket: self.ticket, task, told: Notice::NotYet });
            return Poll::Pending;
        }
        let place = row.place(self.ticket);
        if row.waiters[place].told == Notice::NotYet {
            row.waiters[place].task = task;
            return Poll::Pending;
        }
        row.waiters.remove(place);
        self.ticket = 0;
        Poll::Ready(())
    }
}

impl Drop for Notified {
    /// Leaves the row; a notification for one that was not taken passes to the next.
    fn drop(&mut self) {
        if self.ticket == 0 {
            return;
        }
        let mut row = self.inner.row.borrow_mut();
        let place = row.place(self.ticket);
        let told = row.waiters.remove(place).map(|waiter| waiter.told);
        drop(row);
        if told == Some(Notice::Alone) {
            self.inner.notify_one();
        }
    }
}
