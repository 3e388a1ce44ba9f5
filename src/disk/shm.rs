//! The shared memory of a database in WAL mode: its index, which SQLite reads and writes through
//! pointers, and the eight locks that guard it. A killed process' successor starts with none.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

/// Locks on a WAL index (`SQLITE_SHM_NLOCK`).
const SLOTS: usize = 8;

/// A piece of shared memory; in cells, for SQLite writes it behind our back.
pub(super) type Region = Rc<[Cell<u64>]>;

#[derive(Clone, Copy, Default)]
struct Slot {
    shared: u32,
    exclusive: bool,
}

#[derive(Default)]
pub(super) struct Shm {
    regions: RefCell<Vec<Region>>,
    slots: Cell<[Slot; SLOTS]>,
}

pub(super) struct Mapping {
    shm: Rc<Shm>,
    held: [Hold; SLOTS],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    Nothing,
    Shared,
    Exclusive,
}

impl Mapping {
    pub(super) fn new(shm: Rc<Shm>) -> Mapping {
        Mapping { shm, held: [Hold::Nothing; SLOTS] }
    }

    /// Made of zeros if it is not there and `extend` says so.
    pub(super) fn region(&self, index: usize, bytes: usize, extend: bool) -> Option<Region> {
        let mut regions = self.shm.regions.borrow_mut();
        while extend && regions.len() <= index {
            regions.push((0..bytes.div_ceil(8)).map(|_| Cell::new(0)).collect());
        }
        regions.get(index).cloned()
    }

    /// Takes the locks in `range`, all or none; says whether that went.
    pub(super) fn lock(&mut self, range: Range<usize>, exclusive: bool) -> bool {
        let mut slots = self.shm.slots.get();
        for at in range.clone() {
            let (slot, held) = (&mut slots[at], self.held[at]);
            let wanted = if exclusive { Hold::Exclusive } else { Hold::Shared };
            if held == wanted {
                continue;
            }
            assert!(held == Hold::Nothing, "SQLite does not turn one kind of WAL lock into the other");
            if slot.exclusive || (exclusive && slot.shared > 0) {
                return false;
            }
            if exclusive {
                slot.exclusive = true;
            } else {
                slot.shared += 1;
            }
        }
        self.shm.slots.set(slots);
        self.held[range].fill(if exclusive { Hold::Exclusive } else { Hold::Shared });
        true
    }

    pub(super) fn unlock(&mut self, range: Range<usize>) {
        let mut slots = self.shm.slots.get();
        for at in range.clone() {
            match self.held[at] {
                Hold::Nothing => {}
                Hold::Shared => slots[at].shared -= 1,
                Hold::Exclusive => slots[at].exclusive = false,
            }
        }
        self.shm.slots.set(slots);
        self.held[range].fill(Hold::Nothing);
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
