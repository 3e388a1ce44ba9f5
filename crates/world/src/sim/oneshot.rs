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

/// Waits for the value; `None` if the sender was dropped without sending.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Receiver<T> {
    parcel: Rc<Parcel<T>>,
}

struct Parcel<T> {
    core: Rc<Core>,
    value: Cell<Option<T>>,
    waiter: Cell<TaskId>,
    closed: Cell<bool>,
    open: Cell<bool>,
}

#[inline]
pub(super) fn oneshot<T>(core: Rc<Core>) -> (Sender<T>, Receiver<T>) {
    let parcel = Rc::new(Parcel {
        core,
        value: Cell::new(None),
        waiter: Cell::new(TaskId::NONE),
        closed: Cell::new(false),
        open: Cell::new(true),
    });
    (Sender { parcel: Rc::clone(&parcel) }, Receiver { parcel })
}

impl<T> Sender<T> {
    /// Sends the value; returns it as an error if the receiver is gone.
    #[inline]
    pub fn send(self, value: T) -> Result<(), T> {
        if !self.parcel.open.get() {
            return Err(value);
        }
        self.parcel.value.set(Some(value));
        Ok(())
    }
}

impl<T> Drop for Sender<T> {
    #[inline]
    fn drop(&mut self) {
        self.parcel.closed.set(true);
        self.parcel.core.wake(self.parcel.waiter.get());
    }
}

impl<T> Drop for Receiver<T> {
    #[inline]
    fn drop(&mut self) {
        self.parcel.open.set(false);
        drop(self.parcel.value.take());
    }
}

impl<T> Future for Receiver<T> {
    type Output = Option<T>;
    #[inline]
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        if self.parcel.closed.get() {
            return Poll::Ready(self.parcel.value.take());
        }
        self.parcel.waiter.set(self.parcel.core.running());
        Poll::Pending
    }
}
