//! What the tests of this room share.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Handle, NodeId, Sim, SimOptions, TaskId};
use crate::base::Time;

pub(super) type Log<T> = Rc<RefCell<Vec<T>>>;

/// A world with a node, and a log for its tasks to write to.
pub(super) struct Rig<T> {
    pub(super) sim: Sim,
    pub(super) handle: Handle,
    pub(super) node: NodeId,
    pub(super) log: Log<T>,
}

pub(super) fn rig<T>() -> Rig<T> {
    let sim = Sim::new(SimOptions::default());
    let handle = sim.handle().clone();
    Rig { node: handle.node("n"), sim, handle, log: Rc::default() }
}

impl<T> Rig<T> {
    /// Starts a task that is made with the handle and the log.
    pub(super) fn task<F>(&self, node: NodeId, make: impl FnOnce(Handle, Log<T>) -> F) -> TaskId
    where
        F: Future<Output = ()> + 'static,
    {
        self.handle.spawn(node, "task", make(self.handle.clone(), self.log.clone()))
    }

    /// Runs to the end: what was logged.
    pub(super) fn run(&mut self) -> Vec<T> {
        self.sim.run_until(Time::FAR);
        self.log.take()
    }
}
