//! A channel for a single value.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::core::Core;
use super::ids::TaskId;

/// The sending end of a single value.
pub struct Sender<T> {
    parcel: Rc<Parcel<T>>,
}

/// Waits for the single value: it is a future of `Option<T>`, None if the sender was dropped
/// without sending.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Receiver<T> {
    parcel: Rc<Parcel<T>>,
}

struct Parcel<T> {
    core: Rc<Core>,
    value: Cell<Option<T>>,
    /// Who waits for the value.
    waiter: Cell<TaskId>,
    /// The sender has sent or is gone.
    closed: Cell<bool>,
    /// The receiver is still there.
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
    /// Sends the value.
    ///
    /// # Errors
    /// The value itself if the receiver is gone.
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
    /// Wakes the receiver, sent or not.
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

#[cfg(test)]
mod tests {
    use super::super::testing::{collect, sim};
    use crate::base::{Span, Time};

    #[test]
    fn a_killed_sender_leaves_none_and_a_killed_receiver_gives_the_value_back() {
        let (mut sim, handle, node) = sim();
        let doomed = handle.node("doomed");
        let (sender, receiver) = handle.oneshot::<u8>();
        let (back, gone) = handle.oneshot::<u8>();
        handle.spawn(doomed, "hold", async move {
            let _held = (sender, gone);
            std::future::pending::<()>().await;
        });
        let (log, inside) = (collect(), handle.clone());
        let seen = log.clone();
        handle.spawn(node, "receive", async move {
            inside.sleep(Span(1)).await;
            inside.kill(doomed);
            let value = receiver.await;
            seen.borrow_mut().push((value, back.send(7)));
        });
        sim.run_until(Time::FAR);
        assert_eq!(*log.borrow(), [(None, Err(7))]);
    }
}
