//! The simulation as seen from inside.

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
use super::sleep::{Sleep, TimedOut};
use crate::base::{Incarnation, Span, Time};

/// A way into the simulation for the code inside it; cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(super) core: Rc<Core>,
}

impl Handle {
    /// The virtual time.
    #[inline]
    pub fn now(&self) -> Time {
        self.core.now()
    }
    /// Waits for a span; see [`sleep_until`](Handle::sleep_until).
    #[inline]
    pub fn sleep(&self, span: Span) -> Sleep {
        self.sleep_until(self.now() + span)
    }

    /// Waits until `deadline`; [`Time::FAR`] is never. A time that is not in the future still costs
    /// one turn, so that a loop around it is seen by the stall limit.
    #[inline]
    pub fn sleep_until(&self, deadline: Time) -> Sleep {
        Sleep::new(Rc::clone(&self.core), deadline)
    }
    /// Waits for `future`, at most until `deadline`; if both are ready, the future counts.
    /// `pin!(future)` takes the room of one that is not `Unpin` only once.
    #[inline]
    pub fn timeout<F: Future + Unpin>(
        &self,
        deadline: Time,
        mut future: F,
    ) -> impl Future<Output = Result<F::Output, TimedOut>> + Unpin + use<F> {
        let mut sleep = self.sleep_until(deadline);
        poll_fn(move |context| match Pin::new(&mut future).poll(context) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => Pin::new(&mut sleep).poll(context).map(|()| Err(TimedOut)),
        })
    }

    /// Starts a task on a node, behind all tasks that are ready now; on a node that is down the
    /// future is dropped. `name` is shown in a [`Snapshot`](super::Snapshot).
    pub fn spawn(
        &self,
        node: NodeId,
        name: &'static str,
        future: impl Future<Output = ()> + 'static,
    ) -> TaskId {
        self.core.spawn(node, name, Box::pin(future))
    }

    /// So many more polls may there be in this instant before it counts as a stall.
    pub fn excuse(&self, polls: u64) {
        let excused = &self.core.excused;
        excused.set(excused.get().saturating_add(polls));
    }

    /// Lets the runner look whether it is to halt; the task goes on before all others.
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

    /// Stops the run after the current poll, or the next run before its first.
    pub fn halt(&self) {
        self.core.halt();
    }
    /// A channel for a single value.
    #[inline]
    pub fn oneshot<T>(&self) -> (oneshot::Sender<T>, oneshot::Receiver<T>) {
        oneshot::oneshot(Rc::clone(&self.core))
    }
    /// A wake-up that tasks wait for.
    pub fn notify(&self) -> Notify {
        Notify::new(Rc::clone(&self.core))
    }
}

impl Handle {
    /// Creates a node, up. `name` is shown in a [`Snapshot`](super::Snapshot).
    pub fn node(&self, name: &str) -> NodeId {
        self.core.tasks.add_node(name)
    }

    /// Takes a node down: none of its tasks is polled again, and until a restart none starts on it.
    /// Its futures are dropped after the current poll, in the order of their spawn; a task that
    /// kills its own node runs on until it next waits. Nothing happens if it is down already.
    pub fn kill(&self, node: NodeId) {
        self.core.kill(node);
    }
    /// Brings a killed node up again, with nothing running, in the next incarnation. Panics if it
    /// is up.
    pub fn restart(&self, node: NodeId) -> Incarnation {
        self.core.tasks.restart(node)
    }
    /// Whether the node is not killed, or restarted since.
    pub fn is_up(&self, node: NodeId) -> bool {
        self.core.tasks.is_up(node)
    }
    /// How often the node has been restarted.
    pub fn incarnation(&self, node: NodeId) -> Incarnation {
        self.core.tasks.incarnation(node)
    }
    /// How many polls the node's tasks have had, over all incarnations.
    pub fn polls(&self, node: NodeId) -> u64 {
        self.core.tasks.polls(node)
    }
    /// Plans a kill right after the node's poll number `polls`, once; a kill that comes earlier
    /// calls it off. Panics if that poll is past.
    pub fn kill_after_polls(&self, node: NodeId, polls: u64) {
        self.core.tasks.plan_kill(node, polls);
    }

    /// Waits for the next kill that was not told yet, in their order; for one task. When it is
    /// told, the futures of the node are dropped already.
    pub fn next_kill(&self) -> impl Future<Output = NodeId> {
        poll_fn(|_| self.core.next_kill())
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
