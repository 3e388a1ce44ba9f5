//! Primitives that tasks wait on and others raise.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Tasks that wait for something.
#[derive(Debug, Default)]
struct Waiting(RefCell<Vec<Waker>>);

impl Waiting {
    fn wake(&self) {
        self.0.take().into_iter().for_each(Waker::wake);
    }

    fn forget(&self) {
        self.0.take();
    }

    fn add(&self, context: &Context<'_>) {
        let mut waiting = self.0.borrow_mut();
        if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            waiting.push(context.waker().clone());
        }
    }
}

/// Raised once, seen once. Raising it twice before it is seen counts as once.
#[derive(Debug, Default)]
pub(in crate::engine) struct Signal {
    raised: Cell<bool>,
    waiting: Waiting,
}

impl Signal {
    /// Wakes all waiting tasks, of which the first goes on, or lets the next wait pass at once.
    pub(in crate::engine) fn raise(&self) {
        self.raised.set(true);
        self.waiting.wake();
    }

    /// Waits until it is raised, and resets it.
    pub(in crate::engine) async fn wait(&self) {
        poll_fn(|context| {
            if self.raised.take() {
                Poll::Ready(())
            } else {
                self.waiting.add(context);
                Poll::Pending
            }
        })
        .await;
    }
}

/// Cancels a run: its waits for the network or for a retry end.
///
/// Nothing else is cut short: what was written is reported. All concurrent runs end.
#[derive(Debug, Default)]
pub(in crate::engine) struct Stop {
    asked: Cell<bool>,
    waiting: Waiting,
}

impl Stop {
    pub(in crate::engine) fn ask(&self) {
        self.asked.set(true);
        self.waiting.wake();
    }

    /// The run has ended; the next one is not cancelled.
    pub(in crate::engine) fn over(&self) {
        self.asked.set(false);
        self.waiting.forget();
    }

    pub(in crate::engine) fn is_asked(&self) -> bool {
        self.asked.get()
    }

    /// The result of `work`, which is begun in any case; `None` if the run is cancelled before.
    pub(in crate::engine) async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
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
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicU32);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn each_of_two_that_wait_goes_on_at_last() {
        let signal = Signal::default();
        let woken = [(); 2].map(|()| Arc::<Woken>::default());
        let wakers = woken.clone().map(Waker::from);
        let (mut one, mut other) = (pin!(signal.wait()), pin!(signal.wait()));
        assert!(one.as_mut().poll(&mut Context::from_waker(&wakers[0])).is_pending());
        assert!(other.as_mut().poll(&mut Context::from_waker(&wakers[1])).is_pending());
        signal.raise();
        assert!(one.as_mut().poll(&mut Context::from_waker(&wakers[0])).is_ready());
        assert!(other.as_mut().poll(&mut Context::from_waker(&wakers[1])).is_pending(), "one goes on");
        signal.raise();
        assert!(other.as_mut().poll(&mut Context::from_waker(&wakers[1])).is_ready());
        assert_eq!(woken.map(|woken| woken.0.load(Ordering::Relaxed)), [1, 2]);
    }

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
