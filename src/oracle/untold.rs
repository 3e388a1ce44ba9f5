//! Edits that became rows of their own, also where the process died before it told.

use super::history::{History, RowId};
use super::intents::Intents;
use super::ledger::Ledger;
use crate::base::{DeviceId, EditId, EntityId, Key};
use crate::contract::Decision;

/// The edit is in a request under this key. A process may have split it off to a row that nobody
/// had, and died before it told.
pub(super) fn sent(
    intents: &mut Intents,
    ledger: &Ledger,
    history: &History,
    (device, edit): (DeviceId, EditId),
    (entity, key): (EntityId, &Key),
) {
    intents.persons.sent(device, edit);
    let Some(made) = ledger.get(edit) else { return };
    let known = history.find(entity, key.as_str());
    let new = known.is_none_or(|row| history.row(row).versions.is_empty());
    if intents.was_split_off(edit, made, key, new) {
        let decision = Decision::Both { key };
        intents.beside.decided(edit, decision);
        with_those_on_top(intents, ledger, edit, made.row, decision);
    }
}

/// What was made on top of an edit that becomes a row of its own goes with it.
pub(super) fn with_those_on_top(
    intents: &mut Intents,
    ledger: &Ledger,
    edit: EditId,
    own: RowId,
    decision: Decision<'_>,
) {
    if !matches!(decision, Decision::Both { .. }) {
        return;
    }
    // One that says what the backend said with an earlier edit goes as well: it still waits.
    let on_top = ledger.after(edit).filter(|(_, later)| later.row == own && later.commits == 0);
    on_top.for_each(|(id, _)| intents.beside.decided(id, decision));
}
