//! Checks that edits of a device take effect in the order in which they were made. This concerns
//! edits of one row, and edits of rows that refer to each other.

use std::collections::BTreeSet;

use super::commits::CommitCase;
use crate::base::{EditId, Time, Value};
use crate::contract::{CommitKind, EditKind};
use crate::oracle::model::{Edit, History, Ledger, alike};
use crate::oracle::words::Labels;
use crate::oracle::{Harm, Matter, Rule};

pub(crate) static REORDERED: Rule = Rule {
    finds: "an older edit of the phone took effect after a newer one",
    needs: |can| can.sight.commits && can.sight.authors,
    ..Rule::new("reordered", "oracle.reordered.edits", Harm::Lost, Matter::Edits)
};

/// An edit at the time at which the backend commits or refuses it.
pub(crate) struct EditAt<'a> {
    pub(crate) words: &'a Labels,
    pub(crate) at: Time,
    pub(crate) edit: &'a Edit,
    pub(crate) ledger: &'a Ledger,
    pub(crate) history: &'a History,
}

impl EditAt<'_> {
    /// True if `other` is an earlier edit of the device that still waits and was not refused.
    fn waits_before(&self, other: &Edit) -> bool {
        let is_decided = |edit: &Edit| edit.committed() || edit.refused.is_some() || edit.excused;
        let (id, own) = (other.id, self.edit.id);
        id.device == own.device
            && id.number < own.number
            && !self.ledger.ways(other).any(is_decided)
            && !self.ledger.is_gone(other)
    }
}

/// If a device made two edits of a row, the later one decides each column, and whether the row
/// exists. `undoes`: the backend was restored at some time.
pub(crate) fn reordered(case: &CommitCase<'_>, undoes: bool) -> Option<String> {
    let edit = case.edit.filter(|edit| edit.row == case.id)?;
    let of_row = |other: &&Edit| other.row == edit.row && other.made >= edit.made;
    let mut later: Vec<&Edit> = case.ledger.after(edit.id).filter(of_row).collect();
    // A device that does not know of a commit may send that edit again, after this one.
    let by = case.ledger.asked_by(edit.id);
    later.retain(|other| !case.ledger.may_not_know(by, other));
    // If the backend already had the values of an edit, they did not come with this commit.
    later.truncate(later.iter().rposition(|other| other.commits > 0)? + 1);
    later.retain(|other| other.commits > 0 || other.carried.is_some() && !undoes);
    let last = *later.last()?;
    let last_deletes = last.kind == EditKind::Delete;
    let deletes = case.kind == CommitKind::Delete;
    let (by, lost) = if deletes != last_deletes {
        (last, if deletes { "the row is gone now" } else { "the row is there now" }.to_owned())
    } else if deletes {
        return None;
    } else {
        let overrides = |column: usize, value: &Value| {
            let (other, last) = later.iter().rev().find_map(|other| Some((*other, other.value(column)?)))?;
            (!alike(last, value) && !said_later(case, other.id, column, value)).then_some(other)
        };
        let in_turn = |column: usize| !case.ledger.combined.takes(edit.entity, column);
        let set = edit.values.iter().filter(|(column, _)| in_turn(*column));
        let mut set = set.filter_map(|(column, _)| Some((*column, case.values.get(*column)?)));
        let (column, value, other) =
            set.find_map(|(column, value)| Some((column, value, overrides(column, value)?)))?;
        (other, format!("now {}", case.words.values(edit.entity, &[(column, value.clone())])))
    };
    let at = case.words.time(case.at);
    let [what, before] = [edit, by].map(|edit| case.words.edit(edit));
    Some(format!("{what} was committed at {at}, after {before}, which was made later: {lost}"))
}

/// True if a later edit that still waits sets this value. Its value then came with this commit.
fn said_later(case: &CommitCase<'_>, id: EditId, column: usize, value: &Value) -> bool {
    let says = |edit: &Edit| edit.value(column).is_some_and(|said| alike(said, value));
    let mut open = case.ledger.open_on(case.id);
    open.any(|edit| edit.id.device == id.device && edit.id.number > id.number && says(edit))
}

/// A row that a device creates reaches the backend before rows that refer to it. Exceptions: the
/// backend refused the row, or the device's state was lost. `came`: the outcome of the edit, in
/// words.
pub(crate) fn before_its_parent(turn: &EditAt<'_>, came: &str) -> Option<String> {
    let values = turn.edit.values.iter().map(|(column, value)| (*column, value));
    let parents = turn.words.schema.entity(turn.edit.entity).references(values);
    let parents = parents.filter_map(|(target, key)| turn.history.find(target, key));
    let makes = |edit: &&Edit| edit.kind == EditKind::Create && turn.waits_before(edit);
    let parent = parents.flat_map(|row| turn.ledger.open_on(row)).find(makes)?;
    let [what, parent] = [turn.edit, parent].map(|edit| turn.words.edit(edit));
    let at = turn.words.time(turn.at);
    Some(format!(
        "{what} {came} at {at}, before the row that it refers to: {parent} was made earlier and waits"
    ))
}

/// If a device deletes a row after the rows that refer to it, the backend gets the deletes in this
/// order.
pub(crate) fn before_its_children(turn: &EditAt<'_>, deletes: Option<&BTreeSet<u32>>) -> Option<String> {
    let device = turn.edit.id.device;
    let own = (turn.edit.entity, turn.edit.key.as_str());
    let refers = |edit: &Edit| {
        let values = turn.history.row(edit.row).values.as_deref().unwrap_or_default();
        turn.words.schema.entity(edit.entity).references(values.iter().enumerate()).any(|to| to == own)
    };
    let mut earlier = deletes?
        .range(..turn.edit.id.number)
        .filter_map(|&number| turn.ledger.get(EditId { device, number }));
    let child = earlier.find(|edit| turn.waits_before(edit) && refers(edit))?;
    let [what, child] = [turn.edit, child].map(|edit| turn.words.edit(edit));
    let at = turn.words.time(turn.at);
    Some(format!(
        "{what} was committed at {at}, before a row that refers to it: {child} was made earlier and waits"
    ))
}
