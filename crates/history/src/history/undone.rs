//! Finds edits that were committed and are missing at the end, although every change of their row
//! has a line.

use super::perform::{Act, Moment, Performed, State, Whose, after, alike, rows_alike};
use super::recorded::{EditAt, Ground, History, Row};
use crate::base::Value;

/// True if each change of this row has a line, so that there are no other changes.
pub(super) fn is_recorded(history: &History, performed: &Performed, row: &Row) -> bool {
    let of_row = |moment: &Moment| match moment.act {
        Act::Commit(at, _) => !history.commits[at].is_inferred && history.commits[at].row == *row,
        _ => false,
    };
    !history.unrecorded_writers && (history.commits_all || performed.moments.iter().any(of_row))
}

/// The edits whose values should be in a row after all its commits, but are missing at the end.
pub(super) fn undone(ground: &Ground, history: &History, performed: &Performed) -> Vec<EditAt> {
    let mut all = Vec::new();
    for (row, state) in &performed.states {
        let Some(dump) = history.backend.get(&row.0) else { continue };
        let now = dump.get(&row.1);
        let is_same = rows_alike(state.as_deref(), now.map(Vec::as_slice));
        if !is_same && is_recorded(history, performed, row) {
            all.extend(Authors::of(ground, (history, row), performed).gone(now));
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// The authors of a row after all its commits: the edit that set each column, and the edit that
/// deleted the row.
struct Authors {
    state: State,
    columns: Vec<Option<EditAt>>,
    /// Columns that a person set to null or to an empty text. A table of changes may not be able to
    /// express that.
    emptied: Vec<bool>,
    deletion: Option<EditAt>,
}

impl Authors {
    fn of(ground: &Ground, (history, row): (&History, &Row), performed: &Performed) -> Authors {
        let columns = ground.schema.entity(row.0).columns.len();
        let state = history.rows.get(row).cloned();
        let mut authors =
            Authors { state, columns: vec![None; columns], emptied: vec![false; columns], deletion: None };
        let mut with: &[EditAt] = &[];
        for moment in &performed.moments {
            let (number, whose) = match &moment.act {
                Act::With(_, others) => {
                    with = others;
                    continue;
                }
                Act::Edit(edit) => {
                    let of = &history.edits[*edit];
                    let empty = |value: &Value| *value == Value::Null || *value == Value::text("");
                    let own = of.values.iter().filter(|(_, value)| of.row == *row && empty(value));
                    own.for_each(|(column, _)| authors.emptied[*column] = true);
                    continue;
                }
                Act::Commit(number, whose) => (*number, *whose),
                _ => continue,
            };
            let with = std::mem::take(&mut with);
            let commit = &history.commits[number];
            if commit.row != *row {
                continue;
            }
            let by = if let Whose::Edit(edit) = whose { Some(edit) } else { None };
            let state = after(&authors.state, commit, columns);
            for column in 0..columns {
                let [old, new] = [&authors.state, &state].map(|of| of.as_ref().map(|of| &of[column]));
                let says = |edit: &EditAt| {
                    let says = |(set, value): &(usize, Value)| {
                        *set == column && new.is_some_and(|new| alike(new, value))
                    };
                    history.edits[*edit].values.iter().any(says)
                };
                let own = by.into_iter().chain(by.iter().flat_map(|_| with.iter().rev().copied()));
                let own = own.into_iter().find(says);
                if own.is_some() || !new.zip(old).is_some_and(|(new, old)| alike(new, old)) {
                    authors.columns[column] = own;
                }
            }
            authors.deletion = by.filter(|_| state.is_none());
            authors.state = state;
        }
        authors
    }

    /// The edits whose values are missing.
    fn gone(&self, now: Option<&Vec<Value>>) -> Vec<EditAt> {
        let Some(state) = &self.state else { return self.deletion.into_iter().collect() };
        let is_gone = |column: &usize| {
            now.is_none_or(|now| {
                let emptied = self.emptied[*column] && now[*column] == Value::Null;
                !emptied && !alike(&state[*column], &now[*column])
            })
        };
        (0..state.len()).filter(is_gone).filter_map(|column| self.columns[column]).collect()
    }
}
