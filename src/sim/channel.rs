//! A queue without bound, of many senders and one receiver.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

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

struct Queue<T> {
    core: Rc<Core>,
    values: RefCell<VecDeque<T>>,
    waiter: Cell<TaskId>,
    senders: Cell<usize>,
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
    /// Puts a value into the queue; it comes back if the receiver is gone.
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
    pub fn recv(&mut self) -> impl Future<Output = Option<T>> + Unpin {
        let queue = &self.queue;
        poll_fn(move |_| {
            let value = queue.values.borrow_mut().pop_front();
            if value.is_none() && queue.senders.get() > 0 {
                queue.waiter.set(queue.core.running());
                return Poll::Pending;
            }
            Poll::Ready(value)
        })
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.queue.open.set(false);
        // Dropped outside of the borrow: a value's own drop may send here.
        drop(self.queue.values.take());
    }
}
