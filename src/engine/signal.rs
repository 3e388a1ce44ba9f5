//! A flag that tasks wait for and others raise.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

/// Tasks that wait for something.
#[derive(Debug, Default)]
pub(super) struct Waiting(RefCell<Vec<Waker>>);

impl Waiting {
    pub(super) fn wake(&self) {
        self.0.take().into_iter().for_each(Waker::wake);
    }

    pub(super) fn forget(&self) {
        self.0.take();
    }

    pub(super) fn add(&self, context: &Context<'_>) {
        let mut waiting = self.0.borrow_mut();
        if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            waiting.push(context.waker().clone());
        }
    }
}

/// Raised once, seen once. Raising it twice before it is seen counts as once.
#[derive(Debug, Default)]
pub(super) struct Signal {
    raised: Cell<bool>,
    waiting: Waiting,
}

impl Signal {
    /// Wakes the tasks that wait, of which the first goes on, or lets the next wait pass at once.
    pub(super) fn raise(&self) {
        self.raised.set(true);
        self.waiting.wake();
    }

    /// Waits until it is raised, and takes it down.
    pub(super) async fn wait(&self) {
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

#[cfg(test)]
mod tests {
    use std::pin::pin;
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
}
