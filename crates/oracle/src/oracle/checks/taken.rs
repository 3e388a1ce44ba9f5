//! Checks conflicts over a natural key: another row must really have the natural key of the edit's
//! row.

use super::turn::EditAt;
use crate::base::Value;
use crate::oracle::model::{RowId, alike};
use crate::oracle::{Harm, Matter, Rule, Topic};

pub(crate) static NOT_TAKEN: Rule = Rule {
    finds: "an edit was superseded by another row with its natural key, and no row has that key",
    needs: |can| can.sight.inside,
    hears: &[Topic::Decided],
    ..Rule::new("not-taken", "oracle.not_taken.count", Harm::Lost, Matter::Edits)
};

impl EditAt<'_> {
    /// True if the edit sets this value in a column. If the edit does not set the column: true if
    /// the current row or a waiting edit has the value.
    fn wants(&self, column: usize, value: &Value) -> bool {
        if let Some(own) = self.edit.value(column) {
            return alike(own, value);
        }
        let row = self.history.row(self.edit.row);
        let there = row.values.as_deref().is_none_or(|values| alike(&values[column], value));
        there
            || self
                .ledger
                .open_on(self.edit.row)
                .any(|other| other.value(column).is_some_and(|own| alike(own, value)))
    }
}

/// If an edit was refused because the row `holder` has its natural key, then `holder` has that key.
pub(crate) fn not_taken(case: &EditAt<'_>, holder: RowId) -> Option<String> {
    let EditAt { words, at, edit, history, .. } = *case;
    let held = history.row(holder);
    let record = words.record(held.entity, &held.key);
    let why = match held.values.as_deref() {
        None => "is not there".to_owned(),
        Some(values) => {
            let unique = &words.schema.entity(held.entity).unique;
            let column = *unique.iter().find(|column| !case.wants(**column, &values[**column]))?;
            format!("says {}", words.values(held.entity, &[(column, values[column].clone())]))
        }
    };
    let (what, at) = (words.edit(edit), words.time(at));
    Some(format!("{what} was refused at {at} because {record} has its natural key, but that row {why}"))
}

/// A conflict rule merges an edit with another row of the same natural key only if the backend
/// named such a row.
pub(crate) fn merged_with_nobody(case: &EditAt<'_>) -> Option<String> {
    let EditAt { words, at, edit, .. } = *case;
    (!edit.met_another).then(|| {
        let (what, at) = (words.edit(edit), words.time(at));
        format!(
            "{what} was decided at {at} as a conflict with another row of its key, and the backend named none"
        )
    })
}
