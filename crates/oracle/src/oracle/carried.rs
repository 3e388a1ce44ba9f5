//! Edits that come to the backend with a later one of the same person and row.

use std::ops::Bound;

use super::edit::Edit;
use super::history::{History, RowId};
use super::ledger::Ledger;
use super::truth::alike;
use crate::base::{EditId, Time, Value};
use crate::contract::EditKind;

impl Ledger {
    /// Whether the commit of `author`, which left the row as `after`, brought what `id` says, too.
    pub(super) fn carries(&self, author: EditId, id: EditId, after: Option<&[Value]>) -> bool {
        let Some(edit) = self.get(id) else { return false };
        let is_named = self.combined.others(author).contains(&id) || edit.goes_with == Some(author);
        if let Some(after) = after.filter(|_| edit.combines || is_named && author.device != id.device) {
            return is_named && self.leaves_plain_columns(author, edit, after);
        }
        if author.device != id.device {
            return false;
        }
        let missed = self.missed.get(&author).map(|(_, by)| (by.kind, edit.is_of(by.entity, &by.key)));
        let by = self.get(author).map(|by| (by.kind, by.row == edit.row));
        let Some((by, true)) = by.or(missed) else { return false };
        let Some(after) = after else { return edit.kind == EditKind::Delete || id.number < author.number };
        if edit.kind == EditKind::Delete {
            return by == EditKind::Create && id.number < author.number;
        }
        // Columns that the person set once more before the commit need not show the earlier value.
        let set_again = |column: usize| {
            let later = self.after(id).take_while(|(other, _)| other.number <= author.number);
            later.filter(|(_, e)| e.row == edit.row).any(|(_, e)| e.sets(column))
                || self.missed_says(id, author, (column, &after[column]))
        };
        let is_remade = |column: usize| self.combined.is_remade(author, column);
        id.number < author.number
            && edit.values.iter().all(|(column, value)| {
                set_again(*column) || is_remade(*column) || alike(&after[*column], value)
            })
            || id.number > author.number && edit.matches(Some(after))
    }

    /// Whether a commit of `author` says what an edit does, but for what is combined there and what
    /// that sets itself.
    fn leaves_plain_columns(&self, author: EditId, edit: &Edit, after: &[Value]) -> bool {
        let by = self.get(author);
        edit.values.iter().all(|(column, value)| {
            let is_set = || by.is_some_and(|by| by.row == edit.row && by.sets(*column));
            self.combined.takes(edit.entity, *column) || is_set() || alike(&after[*column], value)
        })
    }

    /// Whether one that nobody saw saved says this of the row of `id`, after that, up to `last`.
    fn missed_says(&self, id: EditId, last: EditId, says: (usize, &Value)) -> bool {
        let Some(edit) = self.get(id).filter(|_| id < last) else { return false };
        let between = self.missed.range((Bound::Excluded(id), Bound::Included(last)));
        let of_row =
            between.map(|(_, (_, other))| other).filter(|other| edit.is_of(other.entity, &other.key));
        of_row.flat_map(|other| &other.values).any(|(of, value)| *of == says.0 && alike(value, says.1))
    }

    /// The backend refused the edit, and may say what it wants: so it says of those it stands for.
    pub(super) fn note_alongside(&mut self, id: EditId, says_so: bool, history: &History) {
        let Some(row) = self.get(id).map(|edit| edit.row) else { return };
        let after = history.row(row).values.as_deref();
        for other in self.earlier_open(row, id) {
            let with = says_so && self.carries(id, other, after);
            if let Some(other) = self.get_mut(other) {
                other.alongside = with.then_some(id.number);
            }
        }
    }

    pub(super) fn carry_alongside(&mut self, id: EditId) {
        let Some(row) = self.get(id).map(|edit| edit.row) else { return };
        for other in self.earlier_open(row, id) {
            let Some(edit) = self.get_mut(other) else { continue };
            if edit.alongside == Some(id.number) {
                edit.carried = Some(id);
                self.close(row, other);
            }
        }
    }

    /// The edit goes out in the place of earlier ones, too, on what the first of them was made on.
    pub(super) fn squashed(&mut self, at: Time, id: EditId, with: &[EditId]) {
        let place = self.place(id.device, at);
        if let Some(row) = self.get(id).map(|edit| edit.row) {
            self.found.squashed(place, (id, row), with);
        }
        for &other in with.iter().rev() {
            let Some((values, seen, made_on)) =
                self.get(other).map(|edit| (edit.values.clone(), edit.seen, edit.made_on))
            else {
                continue;
            };
            if let Some(other) = self.get_mut(other) {
                other.goes_with = Some(id);
            }
            let Some(edit) = self.get_mut(id) else { return };
            edit.seen = edit.seen.min(seen);
            edit.made_on = edit.made_on.min(made_on);
            if edit.kind != EditKind::Delete {
                let sets = |column: usize| edit.values.iter().any(|(of, _)| *of == column);
                let besides: Vec<_> = values.into_iter().filter(|(column, _)| !sets(*column)).collect();
                edit.local.values.extend(besides);
            }
        }
    }

    /// The edit is refused for good by itself: what goes out in its place goes without it.
    pub(super) fn parted(&mut self, id: EditId) {
        let Some(by) = self.get_mut(id).and_then(|edit| edit.goes_with.take()) else { return };
        let columns = |edit: &Edit| edit.values.iter().map(|(column, _)| *column).collect::<Vec<_>>();
        let others = self.of(id.device).filter(|(_, edit)| edit.goes_with == Some(by));
        let stays: Vec<usize> = others.flat_map(|(_, edit)| columns(edit)).collect();
        let mut gone = self.get(id).map(columns).unwrap_or_default();
        gone.retain(|column| !stays.contains(column));
        if let Some(by) = self.get_mut(by).filter(|by| by.commits == 0) {
            by.part_with(&gone);
        }
    }

    /// The edit and those that go out in its place, each later than the one before.
    pub(super) fn ways<'e>(&'e self, edit: &'e Edit) -> impl Iterator<Item = &'e Edit> {
        std::iter::successors(Some(edit), |edit| self.get(edit.goes_with?))
    }

    fn earlier_open(&self, row: RowId, id: EditId) -> Vec<EditId> {
        let earlier = |other: &EditId| other.device == id.device && other.number < id.number;
        self.open_on(row).map(|(other, _)| other).filter(earlier).collect()
    }
}
