//! A channel for a single value.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::core::Core;
use super::ids::TaskId;

/// The sending end of the channel.
pub struct Sender<T> {
    parcel: Rc<Parcel<T>>,
}

/// Waits for the value; `None` if the sender was dropped and sent no value.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Receiver<T> {
    parcel: Rc<Parcel<T>>,
}

struct Parcel<T> {
    core: Rc<Core>,
    value: Cell<Option<T>>,
    waiter: Cell<TaskId>,
}

impl<T> Parcel<T> {
    /// True if the other end was dropped.
    fn is_alone(self: &Rc<Self>) -> bool {
        Rc::strong_count(self) == 1
    }
}

#[inline]
pub(super) fn oneshot<T>(core: Rc<Core>) -> (Sender<T>, Receiver<T>) {
    let parcel = Rc::new(Parcel { core, value: Cell::new(None), waiter: Cell::new(TaskId::NONE) });
    (Sender { parcel: Rc::clone(&parcel) }, Receiver { parcel })
}

impl<T> Sender<T> {
    /// Sends the value. If the receiver was dropped, returns the value as an error.
    #[inline]
    pub fn send(self, value: T) -> Result<(), T> {
        if self.parcel.is_alone() {
            return Err(value);
        }
        self.parcel.value.set(Some(value));
        Ok(())
    }
}

impl<T> Drop for Sender<T> {
    #[inline]
    fn drop(&mut self) {
        self.parcel.core.wake(self.parcel.waiter.get());
    }
}

impl<T> Future for Receiver<T> {
    type Output = Option<T>;
    #[inline]
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        if self.parcel.is_alone() {
            return Poll::Ready(self.parcel.value.take());
        }
        self.parcel.waiter.set(self.parcel.core.running());
        Poll::Pending
    }
}
