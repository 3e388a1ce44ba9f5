//! A flag that one task waits for and others raise.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// Raised once, seen once. Raising it twice before it is seen counts as once.
#[derive(Debug, Default)]
pub(super) struct Signal {
    raised: Cell<bool>,
    waiting: RefCell<Option<Waker>>,
}

impl Signal {
    /// Wakes the task that waits, or lets the next wait pass at once.
    pub(super) fn raise(&self) {
        self.raised.set(true);
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }

    /// Waits until it is raised, and takes it down.
    pub(super) async fn wait(&self) {
        poll_fn(|context| {
            if self.raised.take() {
                Poll::Ready(())
            } else {
                *self.waiting.borrow_mut() = Some(context.waker().clone());
                Poll::Pending
            }
        })
        .await;
    }
}
