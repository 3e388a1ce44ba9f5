//! If an edit meets another row with its natural key, that row really has it.

use crate::base::{EditId, Time, Value};
use crate::oracle::check::{Harm, Matter, PLAIN, Rule};
use crate::oracle::hearing::Topic;
use crate::oracle::model::edit::Edit;
use crate::oracle::model::ledger::Ledger;
use crate::oracle::model::truth::alike;
use crate::oracle::model::versions::{History, RowId};
use crate::oracle::words::phrases::Labels;

pub(in crate::oracle) static NOT_TAKEN: Rule = Rule {
    name: "not-taken",
    metric: "oracle.not_taken.count",
    harm: Harm::Lost,
    matter: Matter::Edits,
    finds: "an edit was superseded by another row with its natural key, and no row has that key",
    needs: |can| can.sight.inside,
    hears: &[Topic::Decided],
    ..PLAIN
};

#[derive(Clone, Copy)]
pub(in crate::oracle) struct TakenCase<'a> {
    pub(in crate::oracle) words: &'a Labels,
    pub(in crate::oracle) at: Time,
    pub(in crate::oracle) id: EditId,
    pub(in crate::oracle) edit: &'a Edit,
    pub(in crate::oracle) ledger: &'a Ledger,
    pub(in crate::oracle) history: &'a History,
}

impl TakenCase<'_> {
    /// Whether the edit, the row's current value or a waiting edit gives this value in a column.
    fn wants(&self, column: usize, value: &Value) -> bool {
        let sets = |values: &[(usize, Value)]| values.iter().find(|(of, _)| *of == column).cloned();
        if let Some((_, own)) = sets(&self.edit.values) {
            return alike(&own, value);
        }
        let row = self.history.row(self.edit.row);
        let there = row.values.as_deref().is_none_or(|values| alike(&values[column], value));
        let waits = |(_, other): (EditId, &Edit)| sets(&other.values).is_some_and(|(_, v)| alike(&v, value));
        there || self.ledger.open_on(self.edit.row).any(waits)
    }
}

/// An edit refused because the row `holder` has its natural key: `holder` really has it.
pub(in crate::oracle) fn not_taken(case: &TakenCase<'_>, holder: RowId) -> Option<String> {
    let TakenCase { words, at, id, edit, history, .. } = *case;
    let held = history.row(holder);
    let record = words.record(held.entity, held.key.as_str());
    let why = match held.values.as_deref() {
        None => "is not there".to_owned(),
        Some(values) => {
            let unique = &words.schema.entity(held.entity).unique;
            let column = *unique.iter().find(|column| !case.wants(**column, &values[**column]))?;
            format!("says {}", words.values(held.entity, &[(column, values[column].clone())]))
        }
    };
    let (what, at) = (words.edit(id, edit), words.time(at));
    Some(format!("{what} was refused at {at} because {record} has its natural key, but that row {why}"))
}

/// A rule that merges an edit with another row of its natural key has met such a row.
pub(in crate::oracle) fn merged_with_nobody(case: &TakenCase<'_>) -> Option<String> {
    let TakenCase { words, at, id, edit, .. } = *case;
    (!edit.met_another).then(|| {
        let (what, at) = (words.edit(id, edit), words.time(at));
        format!(
            "{what} was decided at {at} as a conflict with another row of its key, and the backend named none"
        )
    })
}
