//! Edits that reach the backend together with another edit of the same row (the carrying edit).

use std::ops::Bound;

use crate::base::{DeviceId, EditId, Time, Value};
use crate::contract::EditKind;
use crate::oracle::model::{Edit, History, Ledger, Row, RowId, alike};

impl Ledger {
    /// True if the commit of the edit `author` also contains the edit `id`. `after`: the row after
    /// the commit; `None` if it is deleted.
    pub(crate) fn carries(&self, author: EditId, id: EditId, after: Option<&[Value]>) -> bool {
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
        // If the person set a column again before the commit, the earlier value need not be in the
        // row.
        let set_again = |column: usize| {
            let later = self.after(id).take_while(|other| other.id.number <= author.number);
            later.filter(|other| other.row == edit.row).any(|other| other.sets(column))
                || self.missed_says(id, author, (column, &after[column]))
        };
        let is_remade = |column: usize| self.combined.is_remade(author, column);
        id.number < author.number
            && edit.values.iter().all(|(column, value)| {
                set_again(*column) || is_remade(*column) || alike(&after[*column], value)
            })
            || id.number > author.number && edit.matches(Some(after))
    }

    pub(crate) fn had_read(&self, author: EditId, id: EditId, row: &Row) -> bool {
        let (Some(by), Some(edit)) = (self.get(author), self.get(id)) else { return false };
        let mut own = edit.own_values().iter();
        by.row == edit.row && own.all(|(column, value)| row.says(*column, by.made_on, value))
    }

    /// True if the row after a commit of `author` still has the values of `edit`. Combined columns
    /// and columns that `author` itself sets do not count.
    fn leaves_plain_columns(&self, author: EditId, edit: &Edit, after: &[Value]) -> bool {
        let by = self.get(author);
        edit.values.iter().all(|(column, value)| {
            let is_set = || by.is_some_and(|by| by.row == edit.row && by.sets(*column));
            self.combined.takes(edit.entity, *column) || is_set() || alike(&after[*column], value)
        })
    }

    /// True if an edit after `id`, up to `last`, sets this value in the row. Only edits count that
    /// nobody saw saved.
    fn missed_says(&self, id: EditId, last: EditId, says: (usize, &Value)) -> bool {
        let Some(edit) = self.get(id).filter(|_| id < last) else { return false };
        let between = self.missed.range((Bound::Excluded(id), Bound::Included(last)));
        let of_row =
            between.map(|(_, (_, other))| other).filter(|other| edit.is_of(other.entity, &other.key));
        of_row.flat_map(|other| &other.values).any(|(of, value)| *of == says.0 && alike(value, says.1))
    }

    /// The backend refused the edit `id`. `says_so`: the backend's row already has the values of
    /// the edit and of the edits sent with it.
    pub(crate) fn note_alongside(&mut self, id: EditId, says_so: bool, history: &History) {
        let Some(row) = self.get(id).map(|edit| edit.row) else { return };
        let after = history.row(row).values.as_deref();
        for other in self.earlier_open(row, id) {
            let with = says_so && self.carries(id, other, after);
            if let Some(other) = self.get_mut(other) {
                other.alongside = with.then_some(id.number);
            }
        }
    }

    pub(crate) fn carry_alongside(&mut self, id: EditId) {
        let Some(row) = self.get(id).map(|edit| edit.row) else { return };
        for other in self.earlier_open(row, id) {
            let Some(edit) = self.get_mut(other) else { continue };
            if edit.alongside == Some(id.number) {
                edit.carried = Some(id);
                self.close(row, other);
            }
        }
    }

    /// A device of a stack without acknowledgements took the first `versions` of a row. If they
    /// have the values of its last open edit, nothing of this edit and of those that went with it
    /// is lost: the backend writes no version for equal values.
    pub(crate) fn took(&mut self, device: DeviceId, row: RowId, versions: usize, history: &History) {
        let of_device = self.open_on(row).filter(|edit| edit.id.device == device);
        let Some(last) = of_device.max_by_key(|edit| edit.id.number) else { return };
        let says = |(column, value): &(usize, Value)| history.row(row).says(*column, versions, value);
        let is_there = last.kind == EditKind::Update && !last.combines && last.values.iter().all(says);
        let id = last.id;
        if let Some(edit) = self.get_mut(id).filter(|_| is_there) {
            (edit.equal, edit.matched) = (true, true);
            self.note_alongside(id, true, history);
            self.carry_alongside(id);
        }
    }

    /// The engine sends the edits in `with` as a part of the edit `id`. The edit `id` then counts
    /// as made on the oldest version that one of them was made on.
    pub(crate) fn squashed(&mut self, at: Time, id: EditId, with: &[EditId]) {
        let place = self.place(id.device, at);
        if let Some(row) = self.get(id).map(|edit| edit.row) {
            self.found.squashed(place, (id, row), with);
        }
        for &other in with.iter().rev() {
            let Some(other) = self.get_mut(other) else { continue };
            other.goes_with = Some(id);
            let (values, seen, made_on) = (other.values.clone(), other.seen, other.made_on);
            // The edit `id` now also has the values that `other` had taken from earlier edits.
            other.keep_own_values();
            let Some(edit) = self.get_mut(id) else { return };
            edit.seen = edit.seen.min(seen);
            edit.made_on = edit.made_on.min(made_on);
            if edit.kind != EditKind::Delete {
                let besides = values.into_iter().filter(|(column, _)| edit.value(*column).is_none());
                let besides: Vec<_> = besides.collect();
                edit.local.values.extend(besides);
            }
        }
    }

    /// The backend refused only this edit for good. The edit that contains it loses its values.
    pub(crate) fn parted(&mut self, id: EditId) {
        let Some(by) = self.get_mut(id).and_then(|edit| edit.goes_with.take()) else { return };
        let columns = |edit: &Edit| edit.values.iter().map(|(column, _)| *column).collect::<Vec<_>>();
        let others = self.of(id.device).filter(|edit| edit.goes_with == Some(by));
        let stays: Vec<usize> = others.flat_map(columns).collect();
        let mut gone = self.get(id).map(columns).unwrap_or_default();
        gone.retain(|column| !stays.contains(column));
        if let Some(by) = self.get_mut(by).filter(|by| by.commits == 0) {
            by.part_with(&gone);
        }
    }

    /// The edit itself, then the later edit with which it is sent, and so on.
    pub(crate) fn ways<'e>(&'e self, edit: &'e Edit) -> impl Iterator<Item = &'e Edit> {
        std::iter::successors(Some(edit), |edit| self.get(edit.goes_with?))
    }

    fn earlier_open(&self, row: RowId, id: EditId) -> Vec<EditId> {
        let earlier = |other: &EditId| other.device == id.device && other.number < id.number;
        self.open_on(row).map(|other| other.id).filter(earlier).collect()
    }
}
