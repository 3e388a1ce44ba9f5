//! Edits of a device take effect in the order in which they were made. This holds for edits of one
//! row, and for edits of rows that refer to each other.

use std::collections::BTreeSet;

use super::commits::CommitCase;
use crate::base::{EditId, Time, Value};
use crate::contract::{ColumnKind, CommitKind, EditKind};
use crate::oracle::check::{Harm, Matter, PLAIN, Rule};
use crate::oracle::model::edit::Edit;
use crate::oracle::model::ledger::Ledger;
use crate::oracle::model::truth::alike;
use crate::oracle::model::versions::History;
use crate::oracle::words::phrases::Labels;

pub(in crate::oracle) static REORDERED: Rule = Rule {
    name: "reordered",
    metric: "oracle.reordered.edits",
    harm: Harm::Lost,
    matter: Matter::Edits,
    finds: "an older edit of the phone took effect after a newer one",
    needs: |can| can.sight.commits && can.sight.authors,
    ..PLAIN
};

#[derive(Clone, Copy)]
pub(in crate::oracle) struct Turn<'a> {
    pub(in crate::oracle) words: &'a Labels,
    pub(in crate::oracle) at: Time,
    pub(in crate::oracle) id: EditId,
    pub(in crate::oracle) edit: &'a Edit,
    pub(in crate::oracle) ledger: &'a Ledger,
}

impl Turn<'_> {
    fn what(&self, id: EditId, edit: &Edit) -> String {
        self.words.edit(id, edit)
    }
    /// Whether another edit of the device was made earlier, waits, and was not refused.
    fn waits_before(&self, id: EditId, edit: &Edit) -> bool {
        let is_decided = |edit: &Edit| edit.committed() || edit.refused.is_some() || edit.excused;
        let decided = self.ledger.ways(edit).any(is_decided);
        id.device == self.id.device
            && id.number < self.id.number
            && !decided
            && !self.ledger.is_gone(id, edit)
    }
}

/// Of two edits of a row on a device, the later decides each column and whether the row exists.
/// `undoes`: the backend was restored once.
pub(in crate::oracle) fn reordered(case: &CommitCase<'_>, undoes: bool) -> Option<String> {
    let (id, edit) = case.edit.filter(|(_, edit)| edit.row == case.id)?;
    let of_row = |(_, other): &(EditId, &Edit)| other.row == edit.row && other.made >= edit.made;
    let mut later: Vec<_> = case.ledger.after(id).filter(of_row).collect();
    // A device that need not know of a commit sends that edit again after this one.
    let by = case.ledger.asked_by(id);
    later.retain(|(id, other)| !case.ledger.may_not_know(by, (*id, other)));
    // An edit whose values were on the backend by an earlier commit was not committed with it.
    later.truncate(later.iter().rposition(|(_, other)| other.commits > 0)? + 1);
    later.retain(|(_, other)| other.commits > 0 || other.carried.is_some() && !undoes);
    let &(last_id, last) = later.last()?;
    let last_deletes = last.kind == EditKind::Delete;
    let deletes = case.kind == CommitKind::Delete;
    let (by_id, by, lost) = if deletes != last_deletes {
        (last_id, last, if deletes { "the row is gone now" } else { "the row is there now" }.to_owned())
    } else {
        let overrides = |column: usize, value: &Value| {
            let said = |other: &&(EditId, &Edit)| sets(&other.1.values, column);
            let (id, other) = *later.iter().rfind(said)?;
            let last = other.values.iter().find(|(of, _)| *of == column).map(|(_, value)| value)?;
            (!alike(last, value) && !said_later(case, id, column, value)).then_some((id, other))
        };
        let in_turn = |column: &usize| !case.ledger.combined.takes(edit.entity, *column);
        let set = edit.values.iter().filter(|(column, _)| in_turn(column));
        let set = set.filter_map(|(column, _)| Some((*column, case.values.get(*column)?)));
        let (column, value, (id, other)) = set
            .filter(|_| !deletes)
            .find_map(|(column, value)| Some((column, value, overrides(column, value)?)))?;
        let now = case.words.values(edit.entity, &[(column, value.clone())]);
        (id, other, format!("now {now}"))
    };
    let words = |id, edit| case.words.edit(id, edit);
    let at = case.words.time(case.at);
    let (what, before) = (words(id, edit), words(by_id, by));
    Some(format!("{what} was committed at {at}, after {before}, which was made later: {lost}"))
}

fn sets(values: &[(usize, Value)], column: usize) -> bool {
    values.iter().any(|(of, _)| *of == column)
}

/// Whether a later edit that is not on the backend sets this value; then it came with this edit.
fn said_later(case: &CommitCase<'_>, id: EditId, column: usize, value: &Value) -> bool {
    let says = |edit: &Edit| edit.values.iter().any(|(of, to)| *of == column && alike(to, value));
    case.ledger
        .open_on(case.id)
        .any(|(other, edit)| other.device == id.device && other.number > id.number && says(edit))
}

/// A row that a device creates reaches the backend before its rows that refer to it, unless the
/// backend refused it or the device's state was lost. `came` says in words what became of the edit.
pub(in crate::oracle) fn before_its_parent(turn: &Turn<'_>, history: &History, came: &str) -> Option<String> {
    let columns = &turn.words.schema.entity(turn.edit.entity).columns;
    let parents =
        turn.edit.values.iter().filter_map(|(column, value)| match (&columns[*column].kind, value) {
            (ColumnKind::Ref(target), Value::Text(key)) => history.find(*target, key),
            _ => None,
        });
    let makes = |(id, edit): &(EditId, &Edit)| edit.kind == EditKind::Create && turn.waits_before(*id, edit);
    let (id, parent) = parents.flat_map(|row| turn.ledger.open_on(row)).find(makes)?;
    let (what, parent) = (turn.what(turn.id, turn.edit), turn.what(id, parent));
    let at = turn.words.time(turn.at);
    Some(format!(
        "{what} {came} at {at}, before the row that it refers to: {parent} was made earlier and waits"
    ))
}

/// A row that a device deletes goes after the referring rows that it deleted earlier.
pub(in crate::oracle) fn before_its_children(
    turn: &Turn<'_>,
    history: &History,
    deletes: Option<&BTreeSet<u32>>,
) -> Option<String> {
    let device = turn.id.device;
    let refers = |edit: &Edit| {
        let columns = &turn.words.schema.entity(edit.entity).columns;
        let values = history.row(edit.row).values.as_deref().unwrap_or_default();
        columns.iter().zip(values).any(|(column, value)| {
            matches!((&column.kind, value), (ColumnKind::Ref(target), Value::Text(key))
                if *target == turn.edit.entity && *key == turn.edit.key.0)
        })
    };
    let earlier = deletes?.range(..turn.id.number).map(|&number| EditId { device, number });
    let (id, child) = earlier
        .filter_map(|id| Some((id, turn.ledger.get(id)?)))
        .find(|(id, edit)| turn.waits_before(*id, edit) && refers(edit))?;
    let (what, child) = (turn.what(turn.id, turn.edit), turn.what(id, child));
    let at = turn.words.time(turn.at);
    Some(format!(
        "{what} was committed at {at}, before a row that refers to it: {child} was made earlier and waits"
    ))
}
