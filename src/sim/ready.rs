//! The tasks that are ready to run.

use super::ids::TaskId;
use crate::base::Stream;

/// Tasks to poll, first come, first served, or in an order that is drawn; an id may be stale.
///
/// It is empty at the end of every instant, so a row with a mark at its head does for a ring, and
/// costs less.
pub(super) struct Ready {
    row: Vec<TaskId>,
    /// Those before were served.
    head: usize,
    shuffle: Option<Stream>,
}

impl Ready {
    pub(super) fn new(shuffle: Option<Stream>) -> Ready {
        Ready { row: Vec::new(), head: 0, shuffle }
    }

    /// Those who are ready, the next first.
    pub(super) fn waiting(&self) -> &[TaskId] {
        &self.row[self.head..]
    }

    #[inline]
    pub(super) fn push(&mut self, task: TaskId) {
        self.row.push(task);
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<TaskId> {
        if self.shuffle.is_some() {
            self.draw();
        }
        let Some(&task) = self.row.get(self.head) else {
            self.row.clear();
            self.head = 0;
            return None;
        };
        self.head += 1;
        Some(task)
    }

    /// Draws who is next.
    #[cold]
    fn draw(&mut self) {
        let count = self.waiting().len() as u64;
        if let Some(stream) = &mut self.shuffle
            && count > 1
        {
            self.row.swap(self.head, self.head + stream.below(count) as usize);
        }
    }
}
