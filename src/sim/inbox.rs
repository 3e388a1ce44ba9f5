//! Wakes from outside the executor, by a real waker for foreign futures that keep one.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};

use super::handle::Handle;
use super::ids::TaskId;

/// Where real wakers, which must be `Send`, leave their wakes.
#[derive(Default)]
pub(super) struct Inbox {
    /// There is something rare to do before the next poll: the run loop has one thing to look at.
    attention: AtomicBool,
    woken: Mutex<Vec<TaskId>>,
}

struct ForeignWake {
    task: TaskId,
    inbox: Arc<Inbox>,
}

impl Wake for ForeignWake {
    #[inline]
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        self.inbox.woken.lock().unwrap_or_else(PoisonError::into_inner).push(self.task);
        self.inbox.attention.store(true, Ordering::Release);
    }
}

impl Inbox {
    pub(super) fn call(&self) {
        self.attention.store(true, Ordering::Relaxed);
    }
    #[inline]
    pub(super) fn is_called(&self) -> bool {
        self.attention.load(Ordering::Relaxed)
    }

    pub(super) fn take(&self) -> Vec<TaskId> {
        self.attention.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.woken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

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
