//! Ids of tasks and nodes.

use std::pin::Pin;

/// The id of a task (one future). The id of a finished task is never reused. Slot and generation
/// are one number, because a write of two halves and a read of both as one cost the CPU about 12
/// cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskId(u64);

/// The id of a node, counted from 0 in the order of creation. A node is the unit of kill and
/// restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

pub(super) type Life = Pin<Box<dyn Live>>;

/// A task's future. Its memory can be prefetched before its poll.
pub(super) trait Live: Future<Output = ()> {
    /// Reads the future's state into the CPU's cache. The state of an `async fn` is in its own
    /// memory.
    fn touch(&self);
}

impl<F: Future<Output = ()>> Live for F {
    #[inline]
    fn touch(&self) {
        std::hint::black_box(std::mem::discriminant(self));
    }
}

/// The number that means "no slot".
pub(super) const NIL: u32 = u32::MAX;

pub(super) const FIRST_BLOCK: u32 = 64;

impl TaskId {
    /// The id that means "no task". Waking it has no effect.
    pub(super) const NONE: TaskId = TaskId::new(NIL, 0);

    #[inline]
    pub(super) const fn new(slot: u32, generation: u32) -> TaskId {
        TaskId((generation as u64) << 32 | slot as u64)
    }
    #[inline]
    pub(super) fn slot(self) -> u32 {
        self.0 as u32
    }
    #[inline]
    pub(super) fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

impl Default for TaskId {
    fn default() -> TaskId {
        TaskId::NONE
    }
}

pub(super) fn index(count: usize) -> u32 {
    let count = u32::try_from(count).expect("fewer than 2^32 tasks and nodes");
    assert!(count < NIL - FIRST_BLOCK, "the last numbers stand for none");
    count
}
