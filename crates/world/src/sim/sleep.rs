//! Waits until a time.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::core::Core;
use super::ids::TaskId;
use crate::base::Time;

/// Waits until a time; see [`Handle::sleep_until`](super::Handle::sleep_until).
#[must_use = "a future does nothing unless it is awaited"]
pub struct Sleep {
    pub(super) core: Rc<Core>,
    pub(super) deadline: Time,
    pub(super) task: TaskId,
    /// The sequence number of the future's timer; 0 if it has none.
    pub(super) timer: u64,
}

impl Sleep {
    /// Sets a timer for the running task. It replaces the task that polled this future before.
    #[inline(never)]
    fn ask(&mut self) {
        let task = self.core.running();
        if task == self.task {
            return;
        }
        self.cancel();
        self.task = task;
        if self.deadline <= self.core.now.get() {
            self.core.wake(task);
        } else if self.deadline < Time::FAR {
            self.timer = self.core.timers.borrow_mut().add(self.deadline, task);
        }
    }

    /// Cancels the timer, unless it is due. A timer that is due has left the heap before any task
    /// runs.
    #[inline]
    fn cancel(&mut self) {
        if self.timer != 0 && self.deadline > self.core.now.get() {
            self.take_back();
        }
    }

    #[inline(never)]
    fn take_back(&self) {
        self.core.timers.borrow_mut().cancel(self.timer);
    }
}

impl Future for Sleep {
    type Output = ();
    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let asked = self.task != TaskId::NONE;
        if asked && self.core.now.get() >= self.deadline {
            return Poll::Ready(());
        }
        self.ask();
        Poll::Pending
    }
}

impl Drop for Sleep {
    #[inline]
    fn drop(&mut self) {
        self.cancel();
    }
}
