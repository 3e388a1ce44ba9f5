//! The queue on disk: a unit is in it from when it is asked for until a run of it has ended well,
//! or it is discarded. So a run that a kill cut off and the next try of one that failed come again,
//! too.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::options::QueueKept;
use super::process::Process;
use crate::base::UnitId;
use crate::store::{self, Stored, Tx};

pub(super) struct KeptQueue {
    process: Rc<Process>,
    /// What is on disk, so that nothing is written twice.
    units: RefCell<BTreeSet<UnitId>>,
}

impl KeptQueue {
    pub(super) fn new(process: Rc<Process>) -> KeptQueue {
        KeptQueue { process, units: RefCell::default() }
    }

    fn is_kept(&self) -> bool {
        self.process.options.queue_kept == QueueKept::Disk
    }

    /// What an earlier process left, in order.
    pub(super) fn left(&self) -> Vec<UnitId> {
        if !self.is_kept() {
            return Vec::new();
        }
        let left = self.process.store.read(store::waiting::all).unwrap_or_default();
        let known = self.process.setup.units.len();
        let left: Vec<UnitId> = left.into_iter().filter(|unit| usize::from(unit.0) < known).collect();
        self.units.borrow_mut().extend(&left);
        left
    }

    /// A unit is asked for. Where there is no room to write that down the process alone knows it.
    pub(super) fn keep(&self, unit: UnitId) {
        if self.is_kept() && self.units.borrow_mut().insert(unit) {
            let kept = self.process.store.transaction(|tx| store::waiting::put(tx, unit));
            self.process.ports.machine.take_on(self.process.store.work());
            drop(kept);
        }
    }

    pub(super) fn forget(&self, unit: UnitId) {
        if self.units.borrow_mut().remove(&unit) {
            let gone = self.process.store.transaction(|tx| store::waiting::remove(tx, unit));
            self.process.ports.machine.take_on(self.process.store.work());
            drop(gone);
        }
    }

    /// A run of the unit ends well in `tx`, and nobody has asked for the next.
    pub(super) fn is_done(&self, tx: &Tx<'_>, unit: UnitId) -> Stored<()> {
        if self.units.borrow_mut().remove(&unit) { store::waiting::remove(tx, unit) } else { Ok(()) }
    }
}
