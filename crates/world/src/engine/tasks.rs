//! Signals between tasks, and futures that run concurrently in one task. Each poll visits the
//! futures in the same order. If the process dies in one future (`dead`), the other futures must
//! not continue.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::contract::LocalBoxFuture;

#[derive(Debug, Default)]
struct Waiting(RefCell<Vec<Waker>>);

impl Waiting {
    fn wake(&self) {
        self.0.take().into_iter().for_each(Waker::wake);
    }

    fn add(&self, context: &Context<'_>) {
        let mut waiting = self.0.borrow_mut();
        if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            waiting.push(context.waker().clone());
        }
    }
}

/// A signal that ends one wait. Two `raise` calls before a wait have the effect of one.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    raised: Cell<bool>,
    waiting: Waiting,
}

impl Signal {
    /// Wakes all waiting tasks; only the first of them continues. If no task waits, the next wait
    /// ends at once.
    pub(crate) fn raise(&self) {
        self.raised.set(true);
        self.waiting.wake();
    }

    pub(crate) fn lower(&self) {
        self.raised.set(false);
    }

    pub(crate) async fn wait(&self) {
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

/// Cancels runs: their waits for the network or for a retry end at once.
///
/// Other waits continue. So the engine still reports transactions that it has written. All
/// concurrent runs end.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    asked: Cell<bool>,
    waiting: Waiting,
}

impl Stop {
    pub(crate) fn ask(&self) {
        self.asked.set(true);
        self.waiting.wake();
    }

    /// Resets the cancellation after a run has ended. The next run is not cancelled.
    pub(crate) fn over(&self) {
        self.asked.set(false);
        self.waiting.0.take();
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.asked.get()
    }

    /// The result of `work`; `None` if the run is cancelled before `work` ends. Polls `work` at
    /// least once.
    pub(crate) async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
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

/// Runs `main` to its end and meanwhile polls `side`.
pub(super) async fn until<T>(
    dead: &Cell<bool>,
    main: impl Future<Output = T>,
    side: impl Future<Output = ()>,
) -> T {
    let (mut main, mut side, mut goes_on) = (pin!(main), pin!(side), true);
    poll_fn(|context| {
        let polled = main.as_mut().poll(context);
        if polled.is_pending() && goes_on && !dead.get() {
            goes_on = side.as_mut().poll(context).is_pending();
        }
        polled
    })
    .await
}

async fn all(dead: &Cell<bool>, mut stories: Vec<LocalBoxFuture<'_, ()>>) {
    poll_fn(|context| {
        stories.retain_mut(|story| dead.get() || story.as_mut().poll(context).is_pending());
        if stories.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Repeats `step` in `stories` concurrent futures. Each future ends when its `step` returns false.
/// After an error no further step begins, and running steps finish.
pub(super) async fn several<E>(
    dead: &Cell<bool>,
    stories: usize,
    step: impl AsyncFn() -> Result<bool, E>,
) -> Result<(), E> {
    let failed = RefCell::new(None);
    let story = || -> LocalBoxFuture<'_, ()> {
        Box::pin(async {
            while failed.borrow().is_none() {
                match step().await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => _ = failed.borrow_mut().get_or_insert(error),
                }
            }
        })
    };
    all(dead, (0..stories).map(|_| story()).collect()).await;
    failed.into_inner().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn says(name: char, polls: usize, said: &RefCell<String>) {
        let mut left = polls;
        poll_fn(|_| {
            said.borrow_mut().push(name);
            left -= 1;
            if left == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn polls_of(future: impl Future<Output = ()>, most: usize) -> usize {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        let polls = (0..most).take_while(|_| future.as_mut().poll(&mut context).is_pending());
        polls.count() + 1
    }

    #[test]
    fn after_a_death_no_story_goes_on_in_the_same_poll() {
        let (said, dead) = (RefCell::new(String::new()), Cell::new(false));
        let dies = || async {
            said.borrow_mut().push('x');
            dead.set(true);
            std::future::pending::<()>().await;
        };
        polls_of(until(&dead, dies(), says('s', 9, &said)), 1);
        dead.set(false);
        polls_of(all(&dead, vec![Box::pin(dies()), Box::pin(says('s', 9, &said))]), 1);
        assert_eq!(*said.borrow(), "xx");
    }
}

#[cfg(test)]
mod signal_tests {
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
