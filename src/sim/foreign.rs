//! A real waker, for foreign futures that keep one.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use super::handle::Handle;
use super::inbox::ForeignWake;

impl Handle {
    /// Polls a future of another crate with a real waker of the running task; tasks are polled with
    /// one that does nothing. In a combinator that polls only children whose waker was called
    /// (`FuturesUnordered`) a future of this room is not polled again: spawn such children as
    /// tasks.
    pub async fn with_waker<F: Future>(&self, future: F) -> F::Output {
        let wake = ForeignWake { task: self.core.running(), inbox: Arc::clone(&self.core.inbox) };
        let waker = Waker::from(Arc::new(wake));
        let mut future = pin!(future);
        poll_fn(|_| future.as_mut().poll(&mut Context::from_waker(&waker))).await
    }
}
