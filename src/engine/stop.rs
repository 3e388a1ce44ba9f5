//! A run that is cancelled: what waits for the network or for another try waits no more.
//!
//! Between two waits nothing is cut short: what was written is told. Runs take turns in one task,
//! so that there is one waker.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Poll, Waker};

/// Whether the run under way is to end.
#[derive(Debug, Default)]
pub(super) struct Stop {
    asked: Cell<bool>,
    waiting: RefCell<Option<Waker>>,
}

impl Stop {
    /// The run under way is to end.
    pub(super) fn ask(&self) {
        self.asked.set(true);
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }

    /// The run has ended; the next is another.
    pub(super) fn over(&self) {
        self.asked.set(false);
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked.get()
    }

    /// What comes of `work`, which is begun in any case; `None` if the run is to end before.
    pub(super) async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if self.asked.get() => Poll::Ready(None),
            Poll::Pending => {
                *self.waiting.borrow_mut() = Some(context.waker().clone());
                Poll::Pending
            }
        })
        .await
    }
}
