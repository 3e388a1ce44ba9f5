//! Edits told apart by prints of the values that they give, by column of the backend.

use crate::contract::{EditKind, EditSaid};

/// What an edit of a row says.
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

/// What these say of a column.
pub(crate) fn print_at(prints: &[(usize, u64)], column: usize) -> Option<u64> {
    prints.iter().find(|(of, _)| *of == column).map(|(_, print)| *print)
}

/// What a column says after the edit at `at`, as far as these say it.
pub(crate) fn by_then(edits: &[&impl Says], at: usize, column: usize) -> Option<u64> {
    edits[..=at].iter().rev().find_map(|edit| print_at(edit.prints(), column))
}

/// Whether a state of the row, or that it is gone, is what was there after the edit at `at` of
/// these: it has all of that, and nothing that is newer.
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
