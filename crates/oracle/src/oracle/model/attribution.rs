//! Checks the author and the order of each commit, beyond the checks of the edit ledger.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{DeviceId, EditId, EntityId, Key, Time};
use crate::contract::{Author, CommitKind, Decision, EditError, EditKind, LocalEdit, PhoneEvent};
use crate::oracle::Findings;
use crate::oracle::checks::{
    Asked, CommitCase, EditAt, MISFILED, REORDERED, UNASKED, before_its_children, before_its_parent,
    bent_on_the_way, by_a_stranger, reordered, unasked,
};
use crate::oracle::model::{Beside, Edit, Ledger, RowId};

#[derive(Debug, Default)]
pub(crate) struct IntentLog {
    pub(crate) beside: Beside,
    pub(crate) ended: BTreeMap<DeviceId, Time>,
    deletes: BTreeMap<DeviceId, BTreeSet<u32>>,
    /// True if the backend was restored. The effect of a later edit may then be undone.
    pub(crate) backend_went_back: bool,
    strangers: BTreeMap<EditId, ((EntityId, Key), String)>,
    pub(crate) persons: Persons,
}

impl IntentLog {
    pub(crate) fn made(&mut self, edit: &LocalEdit) {
        self.strangers.remove(&edit.id);
        self.persons.made(edit.id);
        if edit.kind == EditKind::Delete {
            self.deletes.entry(edit.id.device).or_default().insert(edit.id.number);
        }
    }
    pub(crate) fn missed(&mut self, edit: &LocalEdit) {
        self.strangers.remove(&edit.id);
        self.persons.made(edit.id);
        self.beside.unseen.insert(edit.id, edit.clone());
    }
    /// The app refused to save an edit. If the storage failed, the edit may be stored anyway.
    pub(crate) fn refused(&mut self, edit: &LocalEdit, error: &EditError) {
        if matches!(error, EditError::Storage(_) | EditError::StorageFull) {
            self.missed(edit);
        }
    }
    /// True if a conflict rule put a refused edit into a `new` row, and the process died before it
    /// reported this.
    fn was_split_off(&self, edit: &Edit, key: &Key, new: bool) -> bool {
        let ended = self.ended.get(&edit.id.device);
        let untold = edit.refused.is_some_and(|refused| ended.is_some_and(|ended| refused <= *ended));
        let told = self.beside.ruled.get(&edit.id).is_some_and(Option::is_some);
        new && untold && !told && edit.key != *key
    }

    pub(crate) fn sent(&mut self, ledger: &Ledger, device: DeviceId, edit: EditId, key: &Key, new: bool) {
        self.persons.sent(device, edit);
        let Some(made) = ledger.get(edit) else { return };
        if self.was_split_off(made, key, new) {
            let decision = Decision::Both { key };
            self.beside.decided(edit, decision);
            self.apply_to_later_edits(ledger, edit, made.row, decision);
        }
    }

    /// If a conflict rule moves an edit to a separate row, later edits of the same row move with
    /// it.
    pub(crate) fn apply_to_later_edits(
        &mut self,
        ledger: &Ledger,
        edit: EditId,
        own: RowId,
        decision: Decision<'_>,
    ) {
        if !matches!(decision, Decision::Both { .. }) {
            return;
        }
        // This includes edits whose values reached the backend with an earlier edit: they still
        // wait.
        let on_top = ledger.after(edit).filter(|later| later.row == own && later.commits == 0);
        on_top.for_each(|later| self.beside.decided(later.id, decision));
    }

    /// Checks a commit. If a refused edit is committed out of order, returns the text: a line in
    /// the user's log may still explain this.
    pub(crate) fn judge(&mut self, case: &CommitCase<'_>, findings: &mut Findings) -> Option<String> {
        let concerns = case.concerns();
        let Author::Device(id) = case.author else { return None };
        findings.found(&MISFILED, concerns, self.persons.misfiled(id));
        let made = case.edit.map(|edit| &edit.local);
        let Some(meant) = made.or_else(|| self.beside.unseen.get(&id)) else {
            let text = by_a_stranger(case, id);
            let record = (case.row.entity, case.row.key.clone());
            self.strangers.entry(id).or_insert((record, text));
            return None;
        };
        let merge = findings.setup.capabilities.merge;
        let asked = Asked { case, meant, beside: &self.beside, merge };
        let (unasked, bent) = (unasked(asked), bent_on_the_way(asked));
        findings.add_bent((id.device, (case.row.entity, case.row.key.as_str())), bent, true);
        let row = case.edit.map(|edit| edit.row);
        match (unasked, row) {
            (Some(text), _) => findings.add(&UNASKED, concerns, || text),
            (None, Some(row)) if row != case.id => _ = self.beside.elsewhere.insert(row, case.id),
            (None, _) => {}
        }
        let edit = case.edit.filter(|edit| edit.commits == 0)?;
        let mut late = reordered(case, self.backend_went_back);
        if edit.refused.is_none() {
            findings.found(&REORDERED, concerns, late.take());
        }
        let turn =
            EditAt { words: case.words, at: case.at, edit, ledger: case.ledger, history: case.history };
        let deletes = self.deletes.get(&id.device);
        let behind = match case.kind {
            CommitKind::Delete => before_its_children(&turn, deletes),
            _ => before_its_parent(&turn, "was committed"),
        };
        findings.found(&REORDERED, concerns, behind);
        if let Some(deletes) = self.deletes.get_mut(&id.device) {
            deletes.remove(&id.number);
        }
        late
    }

    pub(crate) fn rejected(&self, turn: &EditAt<'_>, findings: &mut Findings) {
        let concerns = (Some(turn.edit.id.device), Some((turn.edit.entity, turn.edit.key.as_str())));
        let behind = before_its_parent(turn, "was refused permanently");
        findings.found(&REORDERED, concerns, behind);
    }
    pub(crate) fn finish(self, findings: &mut Findings) {
        for (id, ((entity, key), text)) in self.strangers {
            findings.add(&UNASKED, (Some(id.device), Some((entity, key.as_str()))), || text);
        }
    }
}

/// For shared phones: the person who was logged in when an edit was made, and when it was sent.
#[derive(Debug, Default)]
pub(crate) struct Persons {
    now: BTreeMap<DeviceId, u32>,
    made: BTreeMap<EditId, u32>,
    sent: BTreeMap<EditId, u32>,
}

impl Persons {
    pub(crate) fn on(&mut self, device: DeviceId, event: PhoneEvent) {
        if let PhoneEvent::LoggedIn { person } = event {
            self.now.insert(device, person);
        }
    }
    pub(crate) fn made(&mut self, edit: EditId) {
        if let Some(person) = self.now.get(&edit.device) {
            self.made.insert(edit, *person);
        }
    }
    pub(crate) fn sent(&mut self, device: DeviceId, edit: EditId) {
        if let Some(person) = self.now.get(&device) {
            self.sent.insert(edit, *person);
        }
    }
    /// Describes the error if an edit is committed under another person than the one who made it.
    pub(crate) fn misfiled(&self, edit: EditId) -> Option<String> {
        let person = |of: &BTreeMap<EditId, u32>| of.get(&edit).copied().unwrap_or(0);
        let (made, sent) = (person(&self.made), person(&self.sent));
        (made != sent).then(|| {
            format!("edit {edit} was made by person {made} of its phone, and was sent as person {sent}'s")
        })
    }
}
