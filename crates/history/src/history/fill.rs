//! Infers commits if only the rows at the end were recorded.
//!
//! Without recorded commits, the values of a row show which edits reached the backend. An edit may
//! have reached it if each of its values is in the row. A value also counts if another edit that
//! reached the backend may have replaced it. If no edit explains a value, somebody else wrote it.
//! If every commit has a line, nothing is inferred.

use std::collections::{BTreeMap, BTreeSet};

use super::perform::alike;
use super::recorded::{By, Commit, Edit, EditAt, History, Mark, Row, When};
use crate::base::{EntityId, Value};
use crate::contract::EditKind;

/// Adds the inferred commits, and the rows that must have existed at the start.
pub(super) fn fill(history: &mut History) {
    let told: BTreeSet<&Row> = history.commits.iter().map(|commit| &commit.row).collect();
    let begins: BTreeSet<EntityId> = history.rows.keys().map(|(entity, _)| *entity).collect();
    let mut edits: BTreeMap<&Row, Vec<EditAt>> = BTreeMap::new();
    let of_dump =
        |row: &Row| !history.commits_all && history.backend.contains_key(&row.0) && !told.contains(row);
    for (at, edit) in history.edits.iter().enumerate().filter(|(_, edit)| of_dump(&edit.row)) {
        edits.entry(&edit.row).or_default().push(at);
    }
    let (mut commits, mut rows) = (Vec::new(), Vec::new());
    for (row, edits) in &edits {
        let now = history.backend[&row.0].get(&row.1);
        let began = history.rows.contains_key(*row) || !begins.contains(&row.0);
        let case = Case { history, row, now, edits, began };
        if !begins.contains(&row.0) {
            rows.extend(case.start().map(|start| ((*row).clone(), start)));
        }
        let arrived = case.arrived();
        let places = case.places(&arrived);
        let place = |at: &EditAt| places.as_ref().and_then(|places| places.get(at).copied());
        commits.extend(arrived.iter().map(|edit| case.commit(*edit, place(edit))));
    }
    // If the recording has no rows of the start, rows that nobody changed must have existed then.
    for (entity, dump) in history.backend.iter().filter(|(entity, _)| !begins.contains(entity)) {
        for (key, values) in dump {
            let row = (*entity, key.clone());
            if !edits.contains_key(&row) && !told.contains(&row) {
                rows.push((row, values.clone()));
            }
        }
    }
    history.commits.extend(commits);
    history.rows.extend(rows);
}

struct Case<'h> {
    history: &'h History,
    row: &'h Row,
    now: Option<&'h Vec<Value>>,
    edits: &'h [EditAt],
    /// True if the row may have existed at the start.
    began: bool,
}

/// One effect of an edit: it sets a column, or deletes the row (`None`).
type Deed = (EditAt, Option<usize>);

impl Case<'_> {
    fn of(&self, edit: EditAt) -> &Edit {
        &self.history.edits[edit]
    }

    /// The edits that may have reached the backend, according to the row at the end.
    fn arrived(&self) -> Vec<EditAt> {
        let deeds = |at: EditAt| -> Vec<Deed> {
            let of = self.of(at);
            match of.kind {
                EditKind::Delete => vec![(at, None)],
                _ => of.values.iter().map(|(column, _)| (at, Some(*column))).collect(),
            }
        };
        let all: Vec<Deed> = self.edits.iter().flat_map(|at| deeds(*at)).collect();
        let mut done: BTreeSet<Deed> = all.iter().copied().filter(|deed| self.stands(*deed)).collect();
        loop {
            let replaced =
                |deed: &&Deed| !done.contains(deed) && done.iter().rev().any(|by| self.replaces(*by, **deed));
            let more: Vec<Deed> = all.iter().filter(replaced).copied().collect();
            if more.is_empty() {
                break;
            }
            done.extend(more);
        }
        let arrived = |at: &EditAt| match self.of(*at).kind {
            // A create without values reached the backend if its row exists, or was deleted.
            EditKind::Create if self.of(*at).values.is_empty() => {
                self.now.is_some() || done.iter().any(|(_, column)| column.is_none())
            }
            _ => deeds(*at).iter().all(|deed| done.contains(deed)),
        };
        self.edits.iter().copied().filter(arrived).collect()
    }

    /// True if the row at the end has this effect, or if an unrecorded writer may have changed it.
    fn stands(&self, (at, column): Deed) -> bool {
        let others_write = self.history.unrecorded_writers;
        match (self.now, column) {
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => others_write,
            (Some(now), Some(column)) => {
                let start = self.history.rows.get(self.row);
                let was_written = || start.is_none_or(|start| !alike(&start[column], &now[column]));
                let says = |(set, value): &(usize, Value)| *set == column && alike(&now[column], value);
                self.of(at).values.iter().any(says) || others_write && was_written()
            }
        }
    }

    /// True if the effect `by` may have replaced the effect `of`.
    fn replaces(&self, by: Deed, of: Deed) -> bool {
        let (later, edit) = (self.of(by.0), self.of(of.0));
        if by.0 == of.0 || later.device == edit.device && later.mark.is_before(&edit.mark) {
            return false;
        }
        match (by.1, of.1) {
            (Some(by), Some(of)) => by == of,
            (None, None) => false,
            (None, Some(_)) => self.now.is_none(),
            // A phone cannot change a row that it deleted; it must create the row again.
            (Some(_), None) => {
                later.device != edit.device || later.kind == EditKind::Create && self.was_there(by.0)
            }
        }
    }
    /// True if a row existed before this edit created it, so that another edit could delete it.
    fn was_there(&self, made: EditAt) -> bool {
        let makes = |at: &EditAt| *at != made && self.of(*at).kind == EditKind::Create;
        self.began || self.edits.iter().any(makes)
    }

    /// Finds an order of these edits that leads to the row at the end and keeps the order of each
    /// device. `None` if there is no such order. Builds it backwards: an edit whose values are all
    /// in the row, or replaced, comes last.
    fn places(&self, arrived: &[EditAt]) -> Option<BTreeMap<EditAt, u32>> {
        let mut left = arrived.to_vec();
        let mut places = BTreeMap::new();
        let mut replaced: BTreeSet<usize> = BTreeSet::new();
        let mut is_gone = false;
        left.sort_by_key(|at| (self.of(*at).mark.when.from, self.of(*at).mark.seq, *at));
        while !left.is_empty() {
            let is_last_of_its_device = |at: EditAt| {
                let of = self.of(at);
                let later = |other: &EditAt| {
                    let other = self.of(*other);
                    other.device == of.device && of.mark.is_before(&other.mark)
                };
                !left.iter().any(later)
            };
            let may_be_last = |at: EditAt| {
                let of = self.of(at);
                let says = |(column, value): &(usize, Value)| {
                    replaced.contains(column) || self.now.is_some_and(|now| alike(&now[*column], value))
                };
                let fits = match of.kind {
                    EditKind::Delete => self.now.is_none(),
                    _ => of.values.iter().all(says),
                };
                is_gone || fits
            };
            let last = left.iter().rposition(|at| may_be_last(*at) && is_last_of_its_device(*at))?;
            let at = left.remove(last);
            let of = self.of(at);
            is_gone |= of.kind == EditKind::Delete;
            replaced.extend(of.values.iter().map(|(column, _)| *column));
            places.insert(at, left.len() as u32);
        }
        Some(places)
    }

    fn commit(&self, at: EditAt, place: Option<u32>) -> Commit {
        let edit = self.of(at);
        let mark = Mark {
            when: When { from: edit.mark.when.from, until: i64::MAX },
            seq: None,
            line: edit.mark.line,
        };
        let kind = (edit.kind == EditKind::Delete).then_some(EditKind::Delete);
        let (row, values, by) = (edit.row.clone(), edit.values.clone(), By::Edit(at));
        Commit { row, kind, values, by, mark, rank: 0, is_inferred: true, place }
    }

    /// The row at the start, if the recording does not have it. Columns that edits set are unknown,
    /// and become null.
    fn start(&self) -> Option<Vec<Value>> {
        let is_made = self.edits.iter().any(|edit| self.of(*edit).kind == EditKind::Create);
        let mut values = self.now.filter(|_| !is_made)?.clone();
        for (column, _) in self.edits.iter().flat_map(|edit| &self.of(*edit).values) {
            values[*column] = Value::Null;
        }
        Some(values)
    }
}
