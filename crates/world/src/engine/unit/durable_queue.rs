//! The queue of sync units on disk. A unit stays in it from its request until a run succeeds or the
//! unit is discarded. So an interrupted run, or the retry of a failed run, starts again in the next
//! process.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::base::UnitId;
use crate::engine::options::QueueKept;
use crate::engine::process::Process;
use crate::store::{self, Stored, Tx};

pub(crate) struct DurableQueue {
    process: Rc<Process>,
    /// The units that are on disk. A unit in this set is not written again.
    units: RefCell<BTreeSet<UnitId>>,
}

impl DurableQueue {
    pub(crate) fn new(process: Rc<Process>) -> DurableQueue {
        DurableQueue { process, units: RefCell::default() }
    }

    fn is_kept(&self) -> bool {
        self.process.options.queue_kept == QueueKept::Disk
    }

    /// The units that an earlier process left in the queue, in queue order.
    pub(crate) fn left(&self) -> Vec<UnitId> {
        if !self.is_kept() {
            return Vec::new();
        }
        let left = self.process.store.read(store::waiting::all).unwrap_or_default();
        let known = self.process.setup.units.len();
        let left: Vec<UnitId> = left.into_iter().filter(|unit| usize::from(unit.0) < known).collect();
        self.units.borrow_mut().extend(&left);
        left
    }

    /// Writes a requested unit to disk. If the disk is full, the request is lost with this process.
    pub(crate) fn keep(&self, unit: UnitId) {
        if self.is_kept() && self.units.borrow_mut().insert(unit) {
            let kept = self.process.store.transaction(|tx| store::waiting::put(tx, unit));
            self.process.ports.machine.take_on(self.process.store.work());
            drop(kept);
        }
    }

    pub(crate) fn forget(&self, unit: UnitId) {
        if self.units.borrow_mut().remove(&unit) {
            let gone = self.process.store.transaction(|tx| store::waiting::remove(tx, unit));
            self.process.ports.machine.take_on(self.process.store.work());
            drop(gone);
        }
    }

    /// Removes a unit whose run ends successfully in `tx`. Callers first check that no further run
    /// is requested.
    pub(crate) fn is_done(&self, tx: &Tx<'_>, unit: UnitId) -> Stored<()> {
        if self.units.borrow_mut().remove(&unit) { store::waiting::remove(tx, unit) } else { Ok(()) }
    }
}
