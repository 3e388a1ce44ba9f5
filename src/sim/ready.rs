//! The tasks that are ready to run.

use super::ids::TaskId;

/// Tasks to poll, first come, first served. It is empty at the end of every instant, so a row with
/// a mark at its head does for a ring.
#[derive(Default)]
pub(super) struct Ready {
    row: Vec<TaskId>,
    head: usize,
}

impl Ready {
    pub(super) fn waiting(&self) -> &[TaskId] {
        &self.row[self.head..]
    }
    #[inline]
    pub(super) fn push(&mut self, task: TaskId) {
        self.row.push(task);
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<TaskId> {
        let Some(&task) = self.row.get(self.head) else {
            self.row.clear();
            self.head = 0;
            return None;
        };
        self.head += 1;
        Some(task)
    }
}
