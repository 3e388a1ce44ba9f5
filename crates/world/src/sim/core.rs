//! The state that the executor, the handles and the futures of this module share.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::ids::{Life, NodeId, TaskId};
use super::inbox::Inbox;
use super::slots::Slot;
use super::tasks::Tasks;
use super::timers::{Advance, Timers};
use crate::base::Time;

/// Every borrow of a cell in this state ends before foreign code (a poll, a drop) runs.
#[derive(Default)]
pub(super) struct Core {
    pub(super) now: Cell<Time>,
    /// The task that is being polled, or was polled last in this run. Futures of this module wake
    /// it.
    running: Cell<TaskId>,
    halted: Cell<bool>,
    paused: Cell<TaskId>,
    /// Additional polls that this instant allows, because outside code requested more work.
    pub(super) excused: Cell<u64>,
    burying: Cell<bool>,
    /// The node whose planned kill is due now, after the last poll.
    fatal: Cell<Option<NodeId>>,
    pub(super) tasks: Tasks,
    /// Tasks to poll, in FIFO order.
    pub(super) ready: RefCell<VecDeque<TaskId>>,
    pub(super) timers: RefCell<Timers>,
    dead: RefCell<VecDeque<Life>>,
    /// Kills that are not reported yet. `told` is the task that waits for the next one.
    kills: RefCell<VecDeque<NodeId>>,
    told: Cell<TaskId>,
    pub(super) inbox: Arc<Inbox>,
}

impl Core {
    #[inline]
    pub(super) fn running(&self) -> TaskId {
        let task = self.running.get();
        assert!(task != TaskId::NONE, "a future of the simulation is polled by its own executor only");
        task
    }

    /// Puts a task into the ready queue, unless it is there. Ignores the id of a task that has
    /// ended.
    #[inline]
    pub(super) fn wake(&self, task: TaskId) {
        if self.tasks.slots.find(task).is_some_and(Slot::queue) {
            self.ready.borrow_mut().push_back(task);
        }
    }

    pub(super) fn halt(&self) {
        self.halted.set(true);
        self.inbox.call();
    }

    pub(super) fn pause(&self) {
        self.paused.set(self.running());
        self.inbox.call();
    }

    pub(super) fn paused(&self) -> Option<&Slot> {
        match self.paused.replace(TaskId::NONE) {
            TaskId::NONE => None,
            task => self.tasks.slots.find(task),
        }
    }

    /// If this run is halted, a paused task stays first in the next run.
    pub(super) fn stays_paused(&self) {
        if self.paused.get() != TaskId::NONE {
            self.inbox.call();
        }
    }

    pub(super) fn spawn(&self, node: NodeId, name: &'static str, life: Life) -> TaskId {
        match self.tasks.add(node, name, life) {
            Ok(task) => {
                self.ready.borrow_mut().push_back(task);
                task
            }
            Err(life) => {
                self.dead.borrow_mut().push_back(life);
                self.bury();
                TaskId::NONE
            }
        }
    }

    #[inline]
    pub(super) fn next(&self) -> Option<&Slot> {
        let mut ready = self.ready.borrow_mut();
        loop {
            let task = ready.pop_front()?;
            if let Some(slot) = self.tasks.slots.find(task) {
                return Some(slot);
            }
        }
    }

    #[inline]
    pub(super) fn poll(&self, slot: &Slot, context: &mut Context<'_>) {
        let task = slot.id.get();
        let mut life = slot.take();
        if slot.watched.get() {
            self.look(slot);
        }
        self.running.set(task);
        if life.as_mut().poll(context).is_ready() {
            drop(life);
            self.tasks.finish(task);
        } else {
            drop(slot.put_back(task, life));
        }
    }

    #[cold]
    fn look(&self, slot: &Slot) {
        self.fatal.set(self.tasks.fatal(slot));
        self.inbox.call();
    }

    /// Does rare work between polls: kills, drops, wakes from outside. Returns true if the run must
    /// halt.
    #[cold]
    pub(super) fn handle_rare_work(&self) -> bool {
        self.rest();
        let woken = self.inbox.take();
        // The poll may already have killed the node, and may even have restarted it.
        if let Some(node) = self.fatal.take()
            && self.tasks.is_fatal(node)
        {
            self.kill(node);
        }
        self.bury();
        woken.into_iter().for_each(|task| self.wake(task));
        self.halted.take()
    }

    pub(super) fn rest(&self) {
        self.running.set(TaskId::NONE);
    }

    /// Advances the clock to the next timers and wakes their tasks. If they are too late, advances
    /// to the deadline.
    #[inline]
    pub(super) fn advance(&self, deadline: Time) -> Advance {
        let mut timers = self.timers.borrow_mut();
        let ahead = timers.advance(deadline, |some| self.tasks.fetch(some), |task| self.wake(task));
        match ahead {
            Advance::To(now) => self.now.set(now),
            Advance::TooFar => self.now.set(deadline),
            Advance::Idle => {}
        }
        ahead
    }

    pub(super) fn kill(&self, node: NodeId) {
        if !self.tasks.kill(node, &mut self.dead.borrow_mut()) {
            return;
        }
        self.kills.borrow_mut().push_back(node);
        self.wake(self.told.replace(TaskId::NONE));
        self.bury();
    }

    pub(super) fn next_kill(&self) -> Poll<NodeId> {
        match self.kills.borrow_mut().pop_front() {
            Some(node) => Poll::Ready(node),
            None => {
                self.told.set(self.running());
                Poll::Pending
            }
        }
    }

    /// Drops the futures of killed nodes, now or after the current poll. Such a drop may kill or
    /// spawn; the futures that it adds join the queue.
    fn bury(&self) {
        if self.running.get() != TaskId::NONE {
            self.inbox.call();
            return;
        }
        if self.burying.replace(true) {
            return;
        }
        loop {
            let life = self.dead.borrow_mut().pop_front();
            if life.is_none() {
                break;
            }
        }
        self.burying.set(false);
    }

    /// Ends the simulation: kills every node, even nodes that a drop creates meanwhile.
    pub(super) fn close(&self) {
        // A poll or a drop that panicked may have left these two set.
        self.rest();
        self.burying.set(false);
        let mut node = NodeId(0);
        while node.0 < self.tasks.nodes.borrow().len() as u32 {
            self.kill(node);
            node.0 += 1;
        }
    }
}
