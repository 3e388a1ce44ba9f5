//! What the executor, the handles and the leaf futures share.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Context;

use super::channel::Sender;
use super::foreign::Inbox;
use super::tasks::{Life, NodeId, TaskId, Tasks, Turn};
use super::timers::{Advance, Timers};
use crate::base::{Stream, Time};

/// Every borrow of a cell in here ends before foreign code (a poll, a drop) runs.
pub(super) struct Core {
    now: Cell<Time>,
    /// The task being polled, or polled last in a run that is under way: whom a leaf future wakes.
    running: Cell<TaskId>,
    halted: Cell<bool>,
    /// After the poll there is something to do besides the next: a halt or a burial.
    attention: Cell<bool>,
    burying: Cell<bool>,
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
            halted: Cell::new(false),
            attention: Cell::new(false),
            burying: Cell::new(false),
            tasks: RefCell::new(Tasks::new(shuffle)),
            timers: RefCell::new(Timers::new()),
            dead: RefCell::default(),
            kills: RefCell::default(),
            inbox: Arc::default(),
        })
    }

    #[inline]
    pub(super) fn now(&self) -> Time {
        self.now.get()
    }

    /// The task whose poll is under way.
    #[inline]
    pub(super) fn running(&self) -> TaskId {
        let task = self.running.get();
        assert!(task != TaskId::NONE, "a future of the simulation is polled by its own executor only");
        task
    }

    #[inline]
    pub(super) fn wake(&self, task: TaskId) {
        self.tasks.borrow_mut().wake(task);
    }

    pub(super) fn halt(&self) {
        self.halted.set(true);
        self.attention.set(true);
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

    /// Polls one task and does what it left to be done. True if the run is to halt.
    #[inline]
    pub(super) fn poll(&self, turn: Turn, context: &mut Context<'_>) -> bool {
        let Turn { task, mut life, fatal } = turn;
        self.running.set(task);
        if life.as_mut().poll(context).is_ready() {
            drop(life);
            self.tasks.borrow_mut().finish(task);
        } else {
            let killed = self.tasks.borrow_mut().put_back(task, life);
            drop(killed);
        }
        if fatal.is_none() && !self.attention.get() {
            return false;
        }
        self.see_to(fatal)
    }

    /// What comes after a poll that was not like the others. True if the run is to halt.
    #[cold]
    fn see_to(&self, fatal: Option<NodeId>) -> bool {
        self.rest();
        if let Some(node) = fatal {
            self.kill_as_planned(node);
        }
        if self.attention.take() {
            self.bury();
            return self.halted.take();
        }
        false
    }

    /// No poll is under way from here on.
    pub(super) fn rest(&self) {
        self.running.set(TaskId::NONE);
    }

    /// Sets the clock to the next timer and wakes all that are due; if that is after the deadline, to the deadline.
    #[inline]
    pub(super) fn advance(&self, deadline: Time) -> Advance {
        let mut tasks = self.tasks.borrow_mut();
        let advance = self.timers.borrow_mut().advance(deadline, |task| tasks.wake(task));
        match advance {
            Advance::To(now) => self.now.set(now),
            Advance::TooFar => self.now.set(deadline),
            Advance::Idle => {}
        }
        advance
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

    /// The node had its fatal poll, in which it may have been killed, and even restarted, already.
    fn kill_as_planned(&self, node: NodeId) {
        let due = self.tasks.borrow().is_fatal(node);
        if due {
            self.kill(node);
        }
    }

    pub(super) fn tell_kills(&self, kills: Option<Sender<NodeId>>) {
        drop(self.kills.replace(kills));
    }

    /// Drops the futures of killed nodes one by one, now or after the poll that is under way. What their drops kill or
    /// spawn meanwhile joins the row.
    fn bury(&self) {
        if self.running.get() != TaskId::NONE {
            self.attention.set(true);
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

    /// The end of the world: every node is taken down, those too that a drop creates on the way.
    pub(super) fn close(&self) {
        // A poll or a drop that panicked leaves its marks.
        self.running.set(TaskId::NONE);
        self.burying.set(false);
        self.tell_kills(None);
        let mut node = NodeId(0);
        while node.0 < self.tasks.borrow().nodes() {
            self.kill(node);
            node.0 += 1;
        }
    }
}
