//! What tasks and nodes are called.

use std::pin::Pin;

/// One future; a finished task's id is never given again. Slot and generation are one number: two
/// halves written apart and read as one cost the processor a dozen cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskId(u64);

/// A node, counted from 0 in the order of creation: what is killed and restarted as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

pub(super) type Life = Pin<Box<dyn Live>>;

/// A task's future, whose memory may be read before its turn.
pub(super) trait Live: Future<Output = ()> {
    /// Reads where the future stands: of an `async fn` that is in its own memory.
    fn touch(&self);
}

impl<F: Future<Output = ()>> Live for F {
    #[inline]
    fn touch(&self) {
        std::hint::black_box(std::mem::discriminant(self));
    }
}

/// No slot.
pub(super) const NIL: u32 = u32::MAX;

pub(super) const FIRST_BLOCK: u32 = 64;

impl TaskId {
    /// No task: it is never woken.
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
