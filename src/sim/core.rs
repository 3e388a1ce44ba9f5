//! What the executor, the handles and the leaf futures share.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Context;

use super::channel::Sender;
use super::foreign::Inbox;
use super::tasks::{Life, NodeId, TaskId, Tasks, Turn};
use super::timers::Timers;
use crate::base::{Stream, Time};

/// Every borrow of a cell in here ends before foreign code (a poll, a drop) runs.
pub(super) struct Core {
    now: Cell<Time>,
    /// The task being polled: whom a leaf future wakes.
    running: Cell<TaskId>,
    /// A poll or a burial is under way, so dropping futures has to wait.
    busy: Cell<bool>,
    halted: Cell<bool>,
    pub(super) tasks: RefCell<Tasks>,
    pub(super) timers: RefCell<Timers>,
    /// Futures of killed nodes, still to be dropped.
    dead: RefCell<VecDeque<Life>>,
    kills: RefCell<Option<Sender<NodeId>>>,
    pub(super) inbox: Arc<Inbox>,
}

impl Core {
    pub(super) fn new(shuffle: Option<Stream>) -> Rc<Core> {
        Rc::new(Core {
            now: Cell::new(Time::ZERO),
            running: Cell::new(TaskId::NONE),
            busy: Cell::new(false),
            halted: Cell::new(false),
            tasks: RefCell::new(Tasks::new(shuffle)),
            timers: RefCell::default(),
            dead: RefCell::default(),
            kills: RefCell::default(),
            inbox: Arc::default(),
        })
    }

    pub(super) fn now(&self) -> Time {
        self.now.get()
    }

    /// The task whose poll is under way.
    pub(super) fn running(&self) -> TaskId {
        let task = self.running.get();
        assert!(task != TaskId::NONE, "a future of the simulation is polled by its own executor only");
        task
    }

    pub(super) fn wake(&self, task: TaskId) {
        self.tasks.borrow_mut().wake(task);
    }

    pub(super) fn halt(&self) {
        self.halted.set(true);
    }
    pub(super) fn take_halt(&self) -> bool {
        self.halted.take()
    }

    /// Adds a task; on a node that is down its future is dropped, as soon as no poll is under way.
    pub(super) fn spawn(&self, node: NodeId, name: &'static str, life: Life) -> TaskId {
        let added = self.tasks.borrow_mut().add(node, name, life);
        added.unwrap_or_else(|life| {
            self.dead.borrow_mut().push_back(life);
            self.bury();
            TaskId::NONE
        })
    }

    /// Polls one task, then does what it left to be done: a planned kill, and the dropping of futures.
    pub(super) fn poll(&self, turn: Turn, context: &mut Context<'_>) {
        let Turn { task, node, mut life, .. } = turn;
        self.busy.set(true);
        self.running.set(task);
        let poll = life.as_mut().poll(context);
        self.running.set(TaskId::NONE);
        let killed = if poll.is_ready() {
            drop(life);
            self.tasks.borrow_mut().finish(task);
            None
        } else {
            self.tasks.borrow_mut().put_back(task, life)
        };
        drop(killed);
        self.busy.set(false);
        if self.tasks.borrow().is_fatal(node) {
            self.kill(node);
        }
        self.bury();
    }

    /// Sets the clock to the next timer and wakes all that are due, unless that is later than `deadline`.
    pub(super) fn advance(&self, deadline: Time) -> Advance {
        let mut timers = self.timers.borrow_mut();
        let Some(next) = timers.next() else { return Advance::Idle };
        if next > deadline {
            self.now.set(deadline);
            return Advance::Deadline;
        }
        self.now.set(next);
        let mut tasks = self.tasks.borrow_mut();
        while let Some(task) = timers.pop_at(next) {
            tasks.wake(task);
        }
        Advance::Moved
    }

    /// Takes the node down at once; its futures are dropped as soon as no poll is under way.
    pub(super) fn kill(&self, node: NodeId) {
        if !self.tasks.borrow_mut().kill(node, &mut self.dead.borrow_mut()) {
            return;
        }
        let told = self.kills.borrow().as_ref().map(|kills| kills.send(node));
        if told.is_some_and(|sent| sent.is_err()) {
            self.kills.take();
        }
        self.bury();
    }

    pub(super) fn tell_kills(&self, kills: Option<Sender<NodeId>>) {
        drop(self.kills.replace(kills));
    }

    /// Drops the futures of killed nodes one by one; what their drops kill or spawn meanwhile joins the row.
    fn bury(&self) {
        if self.busy.replace(true) {
            return;
        }
        loop {
            let life = self.dead.borrow_mut().pop_front();
            if life.is_none() {
                break;
            }
        }
        self.busy.set(false);
    }

    /// The end of the world: every node is taken down, those too that a drop creates on the way.
    pub(super) fn close(&self) {
        self.busy.set(false);
        self.tell_kills(None);
        let mut node = NodeId(0);
        while node.0 < self.tasks.borrow().nodes() {
            self.kill(node);
            node.0 += 1;
        }
    }
}

/// What became of moving the clock.
pub(super) enum Advance {
    /// At least one timer came up.
    Moved,
    /// There is no timer.
    Idle,
    /// The next timer is later than the deadline; the clock stands at the deadline.
    Deadline,
}
