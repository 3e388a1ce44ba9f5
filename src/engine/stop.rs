//! A run that is cancelled: what waits for the network or for another try waits no more.
//!
//! Between two waits nothing is cut short: what was written is told. Runs that go on at a time all
//! end.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use super::signal::Waiting;

#[derive(Debug, Default)]
pub(super) struct Stop {
    asked: Cell<bool>,
    waiting: Waiting,
}

impl Stop {
    pub(super) fn ask(&self) {
        self.asked.set(true);
        self.waiting.wake();
    }

    /// The run has ended; the next is another.
    pub(super) fn over(&self) {
        self.asked.set(false);
        self.waiting.forget();
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
                self.waiting.add(context);
                Poll::Pending
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::task::{Context, Waker};

    use super::*;

    fn poll<T>(future: impl Future<Output = T>) -> Poll<T> {
        pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_run_that_is_to_end_waits_for_nothing_and_keeps_what_is_there() {
        let stop = Stop::default();
        assert_eq!(poll(stop.or(pending::<u8>())), Poll::Pending);
        stop.ask();
        assert_eq!(poll(stop.or(pending::<u8>())), Poll::Ready(None));
        assert_eq!(poll(stop.or(ready(7))), Poll::Ready(Some(7)), "what has come is not thrown away");
        stop.over();
        assert_eq!(poll(stop.or(pending::<u8>())), Poll::Pending, "the next run is another");
    }
}
