//! The shared memory of a database in WAL mode: the WAL index, which SQLite accesses by pointers,
//! and the 8 locks that protect it. After a kill, the next process starts without shared memory.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

/// Locks on a WAL index (`SQLITE_SHM_NLOCK`).
const SLOTS: usize = 8;

/// A piece of shared memory. Its elements are cells, because SQLite writes through raw pointers.
pub(super) type Region = Rc<[Cell<u64>]>;

/// The values of a lock. Shared locks add up, so their sum is the number of readers.
const SHARED: i32 = 1;
const EXCLUSIVE: i32 = -1;

#[derive(Default)]
pub(super) struct Shm {
    regions: RefCell<Vec<Region>>,
    /// For each lock, the sum of its values over all mappings.
    slots: Cell<[i32; SLOTS]>,
}

pub(super) struct Mapping {
    shm: Rc<Shm>,
    held: [i32; SLOTS],
}

impl Mapping {
    pub(super) fn new(shm: Rc<Shm>) -> Mapping {
        Mapping { shm, held: [0; SLOTS] }
    }

    /// The region at `index`. If it is missing and `extend` is true, creates it with zeros.
    pub(super) fn region(&self, index: usize, bytes: usize, extend: bool) -> Option<Region> {
        let mut regions = self.shm.regions.borrow_mut();
        while extend && regions.len() <= index {
            regions.push((0..bytes.div_ceil(8)).map(|_| Cell::new(0)).collect());
        }
        regions.get(index).cloned()
    }

    /// Takes all locks in `range`, or none of them. Returns false if a lock is refused.
    pub(super) fn lock(&mut self, range: Range<usize>, exclusive: bool) -> bool {
        let wanted = if exclusive { EXCLUSIVE } else { SHARED };
        let mut slots = self.shm.slots.get();
        for at in range.clone().filter(|at| self.held[*at] != wanted) {
            assert!(self.held[at] == 0, "SQLite does not turn one kind of WAL lock into the other");
            if slots[at] < 0 || exclusive && slots[at] > 0 {
                return false;
            }
            slots[at] += wanted;
        }
        self.shm.slots.set(slots);
        self.held[range].fill(wanted);
        true
    }

    pub(super) fn unlock(&mut self, range: Range<usize>) {
        let mut slots = self.shm.slots.get();
        for at in range {
            slots[at] -= std::mem::take(&mut self.held[at]);
        }
        self.shm.slots.set(slots);
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        self.unlock(0..SLOTS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_are_taken_all_or_none_and_go_with_their_mapping() {
        let shm = Rc::new(Shm::default());
        let (mut one, mut two) = (Mapping::new(Rc::clone(&shm)), Mapping::new(shm));
        assert!(one.lock(3..4, false) && two.lock(3..4, false));
        one.unlock(3..4);
        assert!(!one.lock(0..8, true), "somebody reads at 3");
        assert!(two.lock(0..1, true), "the refused lock left nothing behind");
        assert!(!one.lock(0..1, false));
        drop(two);
        assert!(one.lock(0..8, true));
    }
}
