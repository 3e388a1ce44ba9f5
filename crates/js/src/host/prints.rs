//! Compares edits by prints (hashes) of the values that they set, per column of the backend.

use crate::contract::{EditKind, EditSaid};

pub(crate) trait Says {
    fn prints(&self) -> &[(usize, u64)];
    fn deletes(&self) -> bool;
}

impl Says for EditSaid {
    fn prints(&self) -> &[(usize, u64)] {
        &self.prints
    }
    fn deletes(&self) -> bool {
        self.kind == EditKind::Delete
    }
}

pub(crate) fn print_at(prints: &[(usize, u64)], column: usize) -> Option<u64> {
    prints.iter().find(|(of, _)| *of == column).map(|(_, print)| *print)
}

/// The print of a column after the edit at `at`; `None` if no edit up to `at` sets the column.
pub(crate) fn by_then(edits: &[&impl Says], at: usize, column: usize) -> Option<u64> {
    edits[..=at].iter().rev().find_map(|edit| print_at(edit.prints(), column))
}

/// True if `state` (a row, or its deletion) is the row after the edit at `at`. The state must have
/// all values of that edit, and no value that only a later edit sets.
pub(crate) fn fits(edits: &[&impl Says], at: usize, is_gone: bool, state: &[(usize, u64)]) -> bool {
    if is_gone || edits[at].deletes() {
        return is_gone && edits[at].deletes();
    }
    let is_later = |(column, says): &(usize, u64)| {
        by_then(edits, at, *column) != Some(*says)
            && edits[at + 1..].iter().any(|edit| print_at(edit.prints(), *column) == Some(*says))
    };
    edits[at].prints().iter().all(|(column, print)| print_at(state, *column) == Some(*print))
        && !state.iter().any(is_later)
}
