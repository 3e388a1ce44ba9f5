//! Checks that a combined column has the value that its rule gives.

use super::commits::Asked;
use crate::base::Value;
use crate::contract::{Combine, CommitKind, EditKind, LocalEdit};
use crate::oracle::model::{Change, Edit, items, wrong};

/// After a device's commit, each combined column has the old value, changed by the edits of this
/// commit. These are the edit itself, edits sent as a part of it, and edits that the server names.
/// An edit that is already on the backend does not count again.
pub(crate) fn miscombined(asked: Asked<'_>) -> Option<String> {
    let Asked { case, meant, .. } = asked;
    let combined = &case.ledger.combined;
    // If the row was deleted and created again, nobody knows which values the people saw.
    if case.kind == CommitKind::Delete || case.row.values.is_none() && meant.kind != EditKind::Create {
        return None;
    }
    combined.of(case.row.entity).find_map(|(column, rule)| {
        let nothing = Value::Null;
        let before = case.row.values.as_ref().map_or(&nothing, |before| &before[column]);
        let after = case.values.get(column)?;
        let changes = brought(asked, column, rule);
        let why = wrong(rule, before, after, changes)?;
        let say = |value: &Value| case.words.values(case.row.entity, &[(column, value.clone())]);
        Some(format!("it has {} over {}, and {why}", say(after), say(before)))
    })
}

fn brought(asked: Asked<'_>, column: usize, rule: Combine) -> Vec<Change> {
    let Asked { case, meant, beside, .. } = asked;
    let ledger = case.ledger;
    let goes_with = ledger.open_on(case.id).filter(|edit| edit.goes_with == Some(meant.id));
    let named = ledger.combined.others(meant.id);
    let others = named.iter().filter_map(|id| ledger.get(*id));
    let mut edits: Vec<&Edit> = case.edit.into_iter().chain(goes_with).chain(others).collect();
    edits.retain(|edit| edit.row == case.id && !edit.committed());
    edits.sort_by_key(|edit| edit.id);
    edits.dedup_by_key(|edit| edit.id);
    let own = |edit: &Edit| Some((edit.own_value(column)?.clone(), edit.made_on));
    let seen = edits.into_iter().filter_map(|edit| Some((&edit.local, own(edit)?)));
    // An edit that no person saw saved counts as made on the current row, unless the app showed
    // other values.
    let versions = case.row.versions.len();
    let of_row = |edit: &&LocalEdit| edit.key == case.row.key;
    let others = named.iter().filter_map(|id| beside.unseen.get(id)).filter(of_row);
    let unseen = case.edit.is_none().then_some(meant).into_iter().chain(others).filter_map(|edit| {
        let (_, value) = edit.values.iter().find(|(of, _)| *of == column)?;
        Some((edit, (value.clone(), versions)))
    });
    let change = |(edit, (made, made_on)): (&LocalEdit, (Value, usize))| {
        let saw = ledger.combined.seen(edit, column, (case.row, made_on));
        let said =
            |item: &String, n: usize| case.row.said(column, n).is_some_and(|v| items(v).contains(item));
        let came_back = |item: &String| said(item, made_on) && (made_on..=versions).any(|n| !said(item, n));
        let came_back = match rule {
            Combine::Set => items(&saw).into_iter().filter(came_back).collect(),
            Combine::Counter | Combine::Text => Default::default(),
        };
        Change { by: edit.id, saw, made, came_back }
    };
    seen.chain(unseen).map(change).collect()
}
