//! A queue without bound, of many senders and one receiver.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::core::Core;
use super::ids::TaskId;

/// The sending end; clones send into the same queue.
pub struct Sender<T> {
    queue: Rc<Queue<T>>,
}

/// The receiving end.
pub struct Receiver<T> {
    queue: Rc<Queue<T>>,
}

/// Waits for a value; see [`Receiver::recv`].
#[must_use = "a future does nothing unless it is awaited"]
pub struct Recv<'a, T> {
    queue: &'a Queue<T>,
}

struct Queue<T> {
    core: Rc<Core>,
    values: RefCell<VecDeque<T>>,
    /// Who waits for a value.
    waiter: Cell<TaskId>,
    senders: Cell<usize>,
    /// The receiver is still there.
    open: Cell<bool>,
}

pub(super) fn channel<T>(core: Rc<Core>) -> (Sender<T>, Receiver<T>) {
    let queue = Rc::new(Queue {
        core,
        values: RefCell::default(),
        waiter: Cell::new(TaskId::NONE),
        senders: Cell::new(1),
        open: Cell::new(true),
    });
    (Sender { queue: Rc::clone(&queue) }, Receiver { queue })
}

impl<T> Queue<T> {
    #[inline]
    fn wake(&self) {
        self.core.wake(self.waiter.replace(TaskId::NONE));
    }
}

impl<T> Sender<T> {
    /// Puts a value into the queue.
    ///
    /// # Errors
    /// The value itself if the receiver is gone.
    #[inline]
    pub fn send(&self, value: T) -> Result<(), T> {
        if !self.queue.open.get() {
            return Err(value);
        }
        self.queue.values.borrow_mut().push_back(value);
        self.queue.wake();
        Ok(())
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Sender<T> {
        self.queue.senders.set(self.queue.senders.get() + 1);
        Sender { queue: Rc::clone(&self.queue) }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.queue.senders.set(self.queue.senders.get() - 1);
        if self.queue.senders.get() == 0 {
            self.queue.wake();
        }
    }
}

impl<T> Receiver<T> {
    /// Waits for the next value; None when the queue is empty and all senders are gone.
    #[inline]
    pub fn recv(&mut self) -> Recv<'_, T> {
        Recv { queue: &self.queue }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.queue.open.set(false);
        // Dropped outside of the borrow: a value's own drop may send here.
        drop(self.queue.values.take());
    }
}

impl<T> Future for Recv<'_, T> {
    type Output = Option<T>;
    #[inline]
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        let value = self.queue.values.borrow_mut().pop_front();
        if value.is_none() && self.queue.senders.get() > 0 {
            self.queue.waiter.set(self.queue.core.running());
            return Poll::Pending;
        }
        Poll::Ready(value)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sim;
    use super::super::testing::{collect, sim};
    use crate::base::{Span, Time};

    #[test]
    fn sending_to_a_dropped_receiver_gives_the_value_back() {
        let (_sim, handle, _) = sim();
        let (sender, receiver) = handle.channel();
        sender.send("kept until then").unwrap();
        drop(receiver);
        assert_eq!(sender.send("late"), Err("late"));
    }

    #[test]
    fn what_was_sent_before_the_sender_was_killed_arrives() {
        let (mut sim, handle, node): (Sim, _, _) = sim();
        let doomed = handle.node("doomed");
        let (sender, mut receiver) = handle.channel();
        let (log, inside) = (collect(), handle.clone());
        let seen = log.clone();
        handle.spawn(doomed, "send", async move {
            sender.send("sent").unwrap();
            inside.sleep(Span(10)).await;
            sender.send("never sent").unwrap();
        });
        let inside = handle.clone();
        handle.spawn(node, "receive", async move {
            inside.sleep(Span(5)).await;
            inside.kill(doomed);
            while let Some(value) = receiver.recv().await {
                seen.borrow_mut().push((inside.now(), value));
            }
        });
        sim.run_until(Time::FAR);
        assert_eq!(*log.borrow(), [(Time(5), "sent")]);
    }
}
