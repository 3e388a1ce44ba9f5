//! Wakes that come from outside the executor.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;

use super::ids::TaskId;

/// The queue for real wakers, which must be `Send`.
#[derive(Default)]
pub(super) struct Inbox {
    /// True if there is rare work before the next poll. The run loop checks only this flag.
    attention: AtomicBool,
    woken: Mutex<Vec<TaskId>>,
}

pub(super) struct ForeignWake {
    pub(super) task: TaskId,
    pub(super) inbox: Arc<Inbox>,
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
