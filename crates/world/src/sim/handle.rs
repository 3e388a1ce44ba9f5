//! The interface of the simulation for the code inside it.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::core::Core;
use super::ids::{NodeId, TaskId};
use super::inbox::ForeignWake;
use super::notify::Notify;
use super::oneshot;
use super::sleep::Sleep;
use crate::base::{Incarnation, Span, Time};

/// Waits for the first of two futures: `Ok` if `one` is first, `Err` if `other` is. Polls `one`
/// first.
pub fn either<A: Future + Unpin, B: Future + Unpin>(
    mut one: A,
    mut other: B,
) -> impl Future<Output = Result<A::Output, B::Output>> + Unpin {
    poll_fn(move |context| match Pin::new(&mut one).poll(context) {
        Poll::Ready(output) => Poll::Ready(Ok(output)),
        Poll::Pending => Pin::new(&mut other).poll(context).map(Err),
    })
}

/// Access to the simulation for the code inside it. A clone is cheap.
#[derive(Clone)]
pub struct Handle {
    pub(super) core: Rc<Core>,
}

impl Handle {
    /// Virtual time.
    #[inline]
    pub fn now(&self) -> Time {
        self.core.now.get()
    }
    /// Waits for a time span; see [`sleep_until`](Handle::sleep_until).
    #[inline]
    pub fn sleep(&self, span: Span) -> Sleep {
        self.sleep_until(self.now() + span)
    }

    /// Waits until `deadline`; never ends for [`Time::FAR`]. If the deadline is not in the future,
    /// the wait still takes one poll. So the stall limit finds a loop around this wait.
    #[inline]
    pub fn sleep_until(&self, deadline: Time) -> Sleep {
        Sleep { core: Rc::clone(&self.core), deadline, task: TaskId::NONE, timer: 0 }
    }
    /// Waits for `future`, at most until `deadline`. If both are ready, returns the future's
    /// output. If the future is not `Unpin`, pass `pin!(future)`, which stores it only once.
    #[inline]
    pub fn timeout<F: Future + Unpin>(
        &self,
        deadline: Time,
        future: F,
    ) -> impl Future<Output = Result<F::Output, ()>> + Unpin + use<F> {
        either(future, self.sleep_until(deadline))
    }

    /// Starts a task on a node. It runs after all tasks that are ready now. If the node is down,
    /// the future is dropped. `name` appears in a [`Snapshot`](super::Snapshot).
    pub fn spawn(
        &self,
        node: NodeId,
        name: &'static str,
        future: impl Future<Output = ()> + 'static,
    ) -> TaskId {
        self.core.spawn(node, name, Box::pin(future))
    }

    /// Allows this many more polls before the present instant counts as stalled.
    pub fn excuse(&self, polls: u64) {
        let excused = &self.core.excused;
        excused.set(excused.get().saturating_add(polls));
    }

    /// Lets the run loop check whether it must halt. Then this task continues before all others.
    pub async fn pause(&self) {
        let mut paused = false;
        poll_fn(|_| {
            if std::mem::replace(&mut paused, true) {
                return Poll::Ready(());
            }
            self.core.pause();
            Poll::Pending
        })
        .await;
    }

    /// Stops the run after the current poll, or the next run before its first poll.
    pub fn halt(&self) {
        self.core.halt();
    }
    /// A channel for a single value.
    #[inline]
    pub fn oneshot<T>(&self) -> (oneshot::Sender<T>, oneshot::Receiver<T>) {
        oneshot::oneshot(Rc::clone(&self.core))
    }
    /// A [`Notify`], with which tasks wait until another task notifies them.
    pub fn notify(&self) -> Notify {
        Notify::new(Rc::clone(&self.core))
    }

    /// Creates a node that is up. `name` appears in a [`Snapshot`](super::Snapshot).
    pub fn node(&self, name: &str) -> NodeId {
        self.core.tasks.add_node(name)
    }

    /// Kills a node. Its tasks are not polled again, and no task starts on it before a restart. Its
    /// futures are dropped after the current poll, in spawn order. A task that kills its own node
    /// continues until its next wait. If the node is down, the call has no effect.
    pub fn kill(&self, node: NodeId) {
        self.core.kill(node);
    }
    /// Restarts a killed node in its next incarnation, without tasks. Panics if the node is up.
    pub fn restart(&self, node: NodeId) -> Incarnation {
        self.core.tasks.restart(node)
    }
    /// True if the node is up.
    pub fn is_up(&self, node: NodeId) -> bool {
        self.core.tasks.nodes.borrow()[node.0 as usize].up
    }
    /// How often the node was restarted.
    pub fn incarnation(&self, node: NodeId) -> Incarnation {
        Incarnation(self.core.tasks.nodes.borrow()[node.0 as usize].incarnation)
    }
    /// The number of polls of the node's tasks, over all incarnations.
    pub fn polls(&self, node: NodeId) -> u64 {
        self.core.tasks.polls(node)
    }
    /// Plans one kill directly after the node's poll with the number `polls`. An earlier kill
    /// cancels the plan. Panics if that poll is in the past.
    pub fn kill_after_polls(&self, node: NodeId, polls: u64) {
        self.core.tasks.plan_kill(node, polls);
    }

    /// Waits for the next kill that was not reported yet. Kills are reported in order. Only one
    /// task may wait. When a kill is reported, the node's futures have been dropped.
    pub fn next_kill(&self) -> impl Future<Output = NodeId> {
        poll_fn(|_| self.core.next_kill())
    }

    /// Polls a foreign future with a real waker of the running task. The executor itself polls
    /// tasks with a waker that does nothing. Some combinators (`FuturesUnordered`) poll a child
    /// again only if its waker was called. The futures of this module do not call the waker. So
    /// such a child must be a task of its own.
    pub async fn with_waker<F: Future>(&self, future: F) -> F::Output {
        let wake = ForeignWake { task: self.core.running(), inbox: Arc::clone(&self.core.inbox) };
        let waker = Waker::from(Arc::new(wake));
        let mut future = pin!(future);
        poll_fn(|_| future.as_mut().poll(&mut Context::from_waker(&waker))).await
    }
}
