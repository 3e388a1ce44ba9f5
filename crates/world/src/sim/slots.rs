//! The memory of the tasks: numbered slots, one for each task.

use std::cell::{Cell, OnceCell};

use super::ids::{FIRST_BLOCK, Life, NIL, NodeId, TaskId, index};

/// Numbered slots in blocks that never move. Each block is twice as large as the previous one. All
/// fields are cells, so a slot can be read and written during a whole poll without a borrow.
pub(super) struct Slots {
    /// A slot's place is computed from its number plus the size of the first block. The highest bit
    /// of this sum selects the block; the other bits are the index in the block.
    blocks: [OnceCell<Box<[Slot]>>; u32::BITS as usize],
    /// The first vacant slot. Its `next` leads to the next vacant slot.
    vacant: Cell<u32>,
    count: Cell<u32>,
}

/// The memory of one task. It has the size of one cache line.
#[repr(align(64))]
pub(super) struct Slot {
    /// The id of the task in this slot. In a vacant slot, the id of the slot's next task.
    pub(super) id: Cell<TaskId>,
    pub(super) life: Cell<Option<Life>>,
    pub(super) name: Cell<&'static str>,
    pub(super) polls: Cell<u64>,
    pub(super) node: Cell<NodeId>,
    /// The previous and the next task in the node's list of tasks, in spawn order.
    pub(super) previous: Cell<u32>,
    pub(super) next: Cell<u32>,
    /// True if the task is in the ready queue or the slot is vacant.
    queued: Cell<bool>,
    /// True if a kill of the task's node is planned. Then each poll must be checked.
    pub(super) watched: Cell<bool>,
}

impl Default for Slots {
    fn default() -> Slots {
        Slots { blocks: Default::default(), vacant: Cell::new(NIL), count: Cell::new(0) }
    }
}

impl Slots {
    /// The slot with this number; `None` if there is none, for example for [`NIL`].
    #[inline]
    pub(super) fn at(&self, number: u32) -> Option<&Slot> {
        let sum = number.wrapping_add(FIRST_BLOCK);
        let block = (sum | 1).ilog2();
        self.blocks[block as usize].get()?.get((sum ^ 1 << block) as usize)
    }

    #[inline]
    pub(super) fn find(&self, task: TaskId) -> Option<&Slot> {
        self.at(task.slot()).filter(|slot| slot.id.get() == task)
    }

    pub(super) fn occupy(&self, node: NodeId, name: &'static str, life: Life) -> &Slot {
        let slot = self.vacant();
        slot.life.set(Some(life));
        slot.name.set(name);
        slot.polls.set(0);
        slot.node.set(node);
        slot.previous.set(NIL);
        slot.next.set(NIL);
        slot
    }

    fn vacant(&self) -> &Slot {
        if let Some(slot) = self.at(self.vacant.get()) {
            self.vacant.set(slot.next.get());
            return slot;
        }
        let number = self.count.replace(index(self.count.get() as usize + 1));
        let block = (number + FIRST_BLOCK).ilog2();
        let first = (1 << block) - FIRST_BLOCK;
        let make = || (first..first + (1 << block)).map(|number| Slot::new(TaskId::new(number, 0))).collect();
        self.blocks[block as usize].get_or_init(make);
        self.at(number).expect("its block was made")
    }

    /// Makes the slot vacant. The id of its task is no longer valid.
    pub(super) fn vacate(&self, slot: &Slot) {
        let id = slot.id.get();
        slot.id.set(TaskId::new(id.slot(), id.generation().wrapping_add(1)));
        slot.queued.set(true);
        slot.next.set(self.vacant.replace(id.slot()));
    }
}

impl Slot {
    fn new(id: TaskId) -> Slot {
        Slot {
            id: Cell::new(id),
            life: Cell::new(None),
            name: Cell::new(""),
            polls: Cell::new(0),
            node: Cell::new(NodeId(NIL)),
            previous: Cell::new(NIL),
            next: Cell::new(NIL),
            queued: Cell::new(true),
            watched: Cell::new(false),
        }
    }

    #[inline]
    pub(super) fn queue(&self) -> bool {
        !self.queued.replace(true)
    }

    /// Takes the future of a ready task out of its slot for a poll, and counts the poll.
    #[inline]
    pub(super) fn take(&self) -> Life {
        self.queued.set(false);
        self.polls.set(self.polls.get() + 1);
        self.life.take().expect("a ready task is in its slot")
    }

    #[inline]
    pub(super) fn touch(&self) {
        let life = self.life.take();
        life.iter().for_each(|life| life.touch());
        self.life.set(life);
    }

    /// Puts a future back into its slot. If the task was killed during the poll, returns the future
    /// instead.
    #[inline]
    pub(super) fn put_back(&self, task: TaskId, life: Life) -> Option<Life> {
        if self.id.get() != task {
            return Some(life);
        }
        self.life.replace(Some(life))
    }
}
