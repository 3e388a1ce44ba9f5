//! What the tests of this room share.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Handle, NodeId, Sim, SimOptions};

/// A world with one node.
pub(super) fn sim() -> (Sim, Handle, NodeId) {
    let sim = Sim::new(SimOptions::default());
    let handle = sim.handle().clone();
    let node = handle.node("n");
    (sim, handle, node)
}

/// A log for tasks to write to.
pub(super) fn collect<T>() -> Rc<RefCell<Vec<T>>> {
    Rc::new(RefCell::new(Vec::new()))
}
