//! The author of each commit and whether it is in order, beyond what the ledger of edits says.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{DeviceId, EditId, EntityId, Key, Time};
use crate::contract::{Author, CommitKind, Decision, EditError, EditKind, LocalEdit, PhoneEvent};
use crate::oracle::checks::{
    CommitCase, MISFILED, REORDERED, Turn, UNASKED, before_its_children, before_its_parent, bent_on_the_way,
    by_a_stranger, reordered, unasked,
};
use crate::oracle::findings::{Concerns, Findings};
use crate::oracle::model::edit::Edit;
use crate::oracle::model::intent::Beside;
use crate::oracle::model::ledger::Ledger;
use crate::oracle::model::versions::{History, RowId};

#[derive(Debug, Default)]
pub(in crate::oracle) struct Intents {
    pub(in crate::oracle) beside: Beside,
    ended: BTreeMap<DeviceId, Time>,
    deletes: BTreeMap<DeviceId, BTreeSet<u32>>,
    /// The backend was restored, so what a later edit carried may be undone.
    backend_went_back: bool,
    strangers: BTreeMap<EditId, ((EntityId, Key), String)>,
    pub(in crate::oracle) persons: Persons,
}

impl Intents {
    pub(in crate::oracle) fn made(&mut self, edit: &LocalEdit) {
        self.strangers.remove(&edit.id);
        self.persons.made(edit.id);
        if edit.kind == EditKind::Delete {
            self.deletes.entry(edit.id.device).or_default().insert(edit.id.number);
        }
    }
    pub(in crate::oracle) fn missed(&mut self, edit: &LocalEdit) {
        self.strangers.remove(&edit.id);
        self.persons.made(edit.id);
        self.beside.unseen.insert(edit.id, edit.clone());
    }
    /// The app refused an edit. After a storage failure the edit may be stored anyway.
    pub(in crate::oracle) fn refused(&mut self, edit: &LocalEdit, error: &EditError) {
        if matches!(error, EditError::Storage(_) | EditError::StorageFull) {
            self.missed(edit);
        }
    }
    pub(in crate::oracle) fn process_ended(&mut self, device: DeviceId, at: Time) {
        self.ended.insert(device, at);
    }
    /// Whether a rule made a `new` row of a refused edit, and the process died before the report.
    fn was_split_off(&self, id: EditId, edit: &Edit, key: &Key, new: bool) -> bool {
        let ended = self.ended.get(&id.device);
        let untold = edit.refused.is_some_and(|refused| ended.is_some_and(|ended| refused <= *ended));
        let told = self.beside.ruled.get(&id).is_some_and(Option::is_some);
        new && untold && !told && edit.key != *key
    }

    pub(in crate::oracle) fn sent(
        &mut self,
        ledger: &Ledger,
        history: &History,
        (device, edit): (DeviceId, EditId),
        (entity, key): (EntityId, &Key),
    ) {
        self.persons.sent(device, edit);
        let Some(made) = ledger.get(edit) else { return };
        let known = history.find(entity, key.as_str());
        let new = known.is_none_or(|row| history.row(row).versions.is_empty());
        if self.was_split_off(edit, made, key, new) {
            let decision = Decision::Both { key };
            self.beside.decided(edit, decision);
            self.with_those_on_top(ledger, edit, made.row, decision);
        }
    }

    /// Edits made on top of an edit that becomes a row of its own go with it.
    pub(in crate::oracle) fn with_those_on_top(
        &mut self,
        ledger: &Ledger,
        edit: EditId,
        own: RowId,
        decision: Decision<'_>,
    ) {
        if !matches!(decision, Decision::Both { .. }) {
            return;
        }
        // Includes edits whose values the backend got from an earlier edit: they still wait.
        let on_top = ledger.after(edit).filter(|(_, later)| later.row == own && later.commits == 0);
        on_top.for_each(|(id, _)| self.beside.decided(id, decision));
    }

    pub(in crate::oracle) fn backend_went_back(&mut self) {
        self.backend_went_back = true;
    }

    /// Returns an edit that the backend had refused and that is out of order; a log may explain it.
    pub(in crate::oracle) fn judge(
        &mut self,
        case: &CommitCase<'_>,
        concerns: Concerns<'_>,
        findings: &mut Findings,
    ) -> Option<(EditId, String)> {
        let Author::Device(id) = case.author else { return None };
        findings.found(&MISFILED, concerns, self.persons.misfiled(id));
        let made = case.edit.map(|(_, edit)| &edit.local);
        let Some(meant) = made.or_else(|| self.beside.unseen.get(&id)) else {
            let text = by_a_stranger(case, id);
            let record = (case.row.entity, case.row.key.clone());
            self.strangers.entry(id).or_insert((record, text));
            return None;
        };
        let merge = findings.merge();
        let unasked = unasked(case, meant, &self.beside, merge);
        let bent = bent_on_the_way(case, meant, &self.beside, merge);
        findings.add_bent((id.device, (case.row.entity, case.row.key.as_str())), bent, true);
        let row = case.edit.map(|(_, edit)| edit.row);
        match (unasked, row) {
            (Some(text), _) => findings.add(&UNASKED, concerns, || text),
            (None, Some(row)) if row != case.id => _ = self.beside.elsewhere.insert(row, case.id),
            (None, _) => {}
        }
        // Another check is for edits that are committed again.
        let (_, edit) = case.edit.filter(|(_, edit)| edit.commits == 0)?;
        let reordered = reordered(case, self.backend_went_back);
        let late = reordered.and_then(|text| {
            if edit.refused.is_some() {
                return Some((id, text));
            }
            findings.add(&REORDERED, concerns, || text);
            None
        });
        let turn = Turn { words: case.words, at: case.at, id, edit, ledger: case.ledger };
        let deletes = self.deletes.get(&id.device);
        let behind = match case.kind {
            CommitKind::Delete => before_its_children(&turn, case.history, deletes),
            _ => before_its_parent(&turn, case.history, "was committed"),
        };
        findings.found(&REORDERED, concerns, behind);
        if let Some(deletes) = self.deletes.get_mut(&id.device) {
            deletes.remove(&id.number);
        }
        late
    }

    pub(in crate::oracle) fn rejected(&self, turn: &Turn<'_>, history: &History, findings: &mut Findings) {
        let concerns = (Some(turn.id.device), Some((turn.edit.entity, turn.edit.key.as_str())));
        let behind = before_its_parent(turn, history, "was refused permanently");
        findings.found(&REORDERED, concerns, behind);
    }
    pub(in crate::oracle) fn finish(self, findings: &mut Findings) {
        for (id, ((entity, key), text)) in self.strangers {
            findings.add(&UNASKED, (Some(id.device), Some((entity, key.as_str()))), || text);
        }
    }
}

/// Which of the people who share a phone was logged in when an edit was made, and when it was sent.
#[derive(Debug, Default)]
pub(in crate::oracle) struct Persons {
    now: BTreeMap<DeviceId, u32>,
    made: BTreeMap<EditId, u32>,
    sent: BTreeMap<EditId, u32>,
}

impl Persons {
    pub(in crate::oracle) fn on(&mut self, device: DeviceId, event: PhoneEvent) {
        if let PhoneEvent::LoggedIn { person } = event {
            self.now.insert(device, person);
        }
    }
    pub(in crate::oracle) fn made(&mut self, edit: EditId) {
        if let Some(person) = self.now.get(&edit.device) {
            self.made.insert(edit, *person);
        }
    }
    pub(in crate::oracle) fn sent(&mut self, device: DeviceId, edit: EditId) {
        if let Some(person) = self.now.get(&device) {
            self.sent.insert(edit, *person);
        }
    }
    /// For an edit about to be committed: describes it if another person counts as its author.
    pub(in crate::oracle) fn misfiled(&self, edit: EditId) -> Option<String> {
        let person = |of: &BTreeMap<EditId, u32>| of.get(&edit).copied().unwrap_or(0);
        let (made, sent) = (person(&self.made), person(&self.sent));
        (made != sent).then(|| {
            format!("edit {edit} was made by person {made} of its phone, and was sent as person {sent}'s")
        })
    }
}
