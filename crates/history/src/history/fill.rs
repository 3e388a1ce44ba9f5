//! What must have been committed where nothing was recorded but the rows at the end.
//!
//! Without commits a row says by what it holds which edits arrived: one of which each value is
//! there, or was set by another edit as well, may have. What no edit explains somebody else wrote.

use std::collections::{BTreeMap, BTreeSet};

use super::perform::alike;
use super::recorded::{By, Commit, Edit, EditAt, History, Mark, Row, When};
use crate::base::{EntityId, Value};
use crate::contract::EditKind;

/// Adds the commits that must have been, and the rows with which the history must have begun.
pub(super) fn fill(history: &mut History) {
    let told: BTreeSet<&Row> = history.commits.iter().map(|commit| &commit.row).collect();
    let begins: BTreeSet<EntityId> = history.rows.keys().map(|(entity, _)| *entity).collect();
    let mut edits: BTreeMap<&Row, Vec<EditAt>> = BTreeMap::new();
    let of_dump = |row: &Row| history.backend.contains_key(&row.0) && !told.contains(row);
    for (at, edit) in history.edits.iter().enumerate().filter(|(_, edit)| of_dump(&edit.row)) {
        edits.entry(&edit.row).or_default().push(at);
    }
    let (mut commits, mut rows) = (Vec::new(), Vec::new());
    for (row, edits) in &edits {
        let now = history.backend[&row.0].get(&row.1);
        let case = Case { history, row, now, edits };
        if !begins.contains(&row.0) {
            rows.extend(case.start().map(|start| ((*row).clone(), start)));
        }
        commits.extend(edits.iter().filter(|edit| case.arrived(**edit)).map(|edit| case.commit(*edit)));
    }
    // Where nobody says with which rows it began, it began with those that nobody changed.
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
}

impl Case<'_> {
    fn of(&self, edit: EditAt) -> &Edit {
        &self.history.edits[edit]
    }
    fn others(&self, edit: EditAt) -> impl Iterator<Item = &Edit> {
        self.edits.iter().filter(move |other| **other != edit).map(|other| self.of(*other))
    }

    /// Whether an edit may have come to the backend, by what the row says at the end.
    fn arrived(&self, at: EditAt) -> bool {
        let (edit, others_write) = (self.of(at), self.history.unrecorded_writers);
        let deletes = |edit: &Edit| edit.kind == EditKind::Delete;
        match (self.now, edit.kind) {
            (None, EditKind::Delete) => true,
            (Some(_), EditKind::Delete) => others_write || self.others(at).any(|other| !deletes(other)),
            (None, _) => others_write || self.others(at).any(deletes),
            (Some(now), _) => {
                let start = self.history.rows.get(self.row);
                let was_written = |column: usize| {
                    others_write && start.is_none_or(|start| !alike(&start[column], &now[column]))
                };
                let set_again = |column: usize| {
                    self.others(at).any(|other| other.values.iter().any(|(set, _)| *set == column))
                };
                edit.values.iter().all(|(column, value)| {
                    alike(&now[*column], value) || set_again(*column) || was_written(*column)
                })
            }
        }
    }

    fn commit(&self, at: EditAt) -> Commit {
        let edit = self.of(at);
        let mark = Mark {
            when: When { from: edit.mark.when.from, until: i64::MAX },
            seq: None,
            line: edit.mark.line,
        };
        let kind = (edit.kind == EditKind::Delete).then_some(EditKind::Delete);
        Commit { row: edit.row.clone(), kind, values: edit.values.clone(), by: By::Edit(at), mark, rank: 0 }
    }

    /// The row as it must have been where nobody says how it was: what edits set nobody knows.
    fn start(&self) -> Option<Vec<Value>> {
        let is_made = self.edits.iter().any(|edit| self.of(*edit).kind == EditKind::Create);
        let mut values = self.now.filter(|_| !is_made)?.clone();
        for (column, _) in self.edits.iter().flat_map(|edit| &self.of(*edit).values) {
            values[*column] = Value::Null;
        }
        Some(values)
    }
}
