//! A real waker, for foreign futures that keep one.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use super::handle::Handle;
use super::inbox::ForeignWake;

impl Handle {
    /// Polls `future` with a real waker of the running task: for futures of other crates that wait
    /// on wakers.
    ///
    /// Tasks are polled with a waker that does nothing, since the futures of this room note the
    /// running task instead. Inside a combinator that polls only those of its children whose waker
    /// was called (`FuturesUnordered`), a future of this room is not polled again: spawn such
    /// children as tasks.
    pub async fn with_waker<F: Future>(&self, future: F) -> F::Output {
        let wake = ForeignWake { task: self.core.running(), inbox: Arc::clone(&self.core.inbox) };
        let waker = Waker::from(Arc::new(wake));
        let mut future = pin!(future);
        poll_fn(|_| future.as_mut().poll(&mut Context::from_waker(&waker))).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Sim, SimOptions, Stop};
    use crate::base::{Span, Time};

    #[test]
    fn a_foreign_channel_wakes_its_task() {
        let mut sim = Sim::new(SimOptions::default());
        let handle = sim.handle().clone();
        let node = handle.node("n");
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let (seen, clock) = (std::rc::Rc::new(std::cell::Cell::new(None)), handle.clone());
        let (told, waiting) = (seen.clone(), handle.clone());
        handle.spawn(node, "receive", async move {
            let value = waiting.with_waker(receiver.recv()).await;
            told.set(Some((value, waiting.now())));
        });
        handle.spawn(node, "send", async move {
            clock.sleep(Span(5)).await;
            sender.send(42).unwrap();
            clock.sleep(Span(5)).await;
        });
        assert!(matches!(sim.run_until(Time::FAR), Stop::Idle));
        assert_eq!(seen.get(), Some((Some(42), Time(5))));
    }
}
