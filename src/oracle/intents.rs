//! Whose a commit is, and whether it comes in its turn: what the ledger of edits does not say.

use std::collections::{BTreeMap, BTreeSet};

use super::check::Check;
use super::checks::{self, CommitCase, Turn};
use super::edit::Edit;
use super::findings::{Concerns, Findings};
use super::history::{History, RowId};
use super::ledger::Ledger;
use super::meant::Beside;
use crate::base::{DeviceId, EditId, EntityId, Key, Time};
use crate::contract::{Author, CommitKind, Decision, EditError, EditKind, LocalEdit, LogEntry, PhoneEvent};

#[derive(Debug, Default)]
pub(super) struct Intents {
    pub(super) beside: Beside,
    /// When the latest process of each device ended: what that made durable last it did not tell.
    ended: BTreeMap<DeviceId, Time>,
    deletes: BTreeMap<DeviceId, BTreeSet<u32>>,
    /// The backend went back to an older state: what a later edit carried may be undone.
    backend_went_back: bool,
    strangers: BTreeMap<EditId, Found>,
    /// Edits that the backend had refused and that took effect out of turn: the log may say why.
    out_of_turn: Vec<(EditId, Found)>,
    pub(super) persons: Persons,
}

#[derive(Debug)]
struct Found {
    entity: EntityId,
    key: Key,
    text: String,
}

impl Intents {
    pub(super) fn made(&mut self, edit: &LocalEdit) {
        self.strangers.remove(&edit.id);
        self.persons.made(edit.id);
        if edit.kind == EditKind::Delete {
            self.deletes.entry(edit.id.device).or_default().insert(edit.id.number);
        }
    }

    pub(super) fn missed(&mut self, edit: &LocalEdit) {
        self.strangers.remove(&edit.id);
        self.persons.made(edit.id);
        self.beside.unseen.insert(edit.id, edit.clone());
    }
    /// The app refused an edit. After a failure of the storage it may be there all the same.
    pub(super) fn refused(&mut self, edit: &LocalEdit, error: &EditError) {
        if matches!(error, EditError::Storage(_) | EditError::StorageFull) {
            self.missed(edit);
        }
    }
    pub(super) fn process_ended(&mut self, device: DeviceId, at: Time) {
        self.ended.insert(device, at);
    }

    /// Whether a rule has made a `new` row of a refused edit and died before it told; it tells
    /// once.
    fn was_split_off(&self, id: EditId, edit: &Edit, key: &Key, new: bool) -> bool {
        let ended = self.ended.get(&id.device);
        let untold = edit.refused.is_some_and(|refused| ended.is_some_and(|ended| refused <= *ended));
        let told = self.beside.ruled.get(&id).is_some_and(Option::is_some);
        new && untold && !told && edit.key != *key
    }

    /// A process may have split the edit off to a row that nobody had, and died before it told.
    pub(super) fn sent(
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

    /// What was made on top of an edit that becomes a row of its own goes with it.
    pub(super) fn with_those_on_top(
        &mut self,
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
        on_top.for_each(|(id, _)| self.beside.decided(id, decision));
    }

    pub(super) fn backend_went_back(&mut self) {
        self.backend_went_back = true;
    }

    pub(super) fn judge(&mut self, case: &CommitCase<'_>, concerns: Concerns<'_>, findings: &mut Findings) {
        let Author::Device(id) = case.author else { return };
        findings.found(Check::Misfiled, concerns, self.persons.misfiled(id));
        let made = case.edit.map(|(_, edit)| &edit.local);
        let Some(meant) = made.or_else(|| self.beside.unseen.get(&id)) else {
            let text = checks::by_a_stranger(case, id);
            let found = Found { entity: case.row.entity, key: case.row.key.clone(), text };
            self.strangers.entry(id).or_insert(found);
            return;
        };
        let keeps = findings.keeps_edits();
        let unasked = checks::unasked(case, meant, &self.beside, keeps);
        let bent = checks::bent_on_the_way(case, meant, &self.beside, keeps);
        findings.add_bent((id.device, (case.row.entity, case.row.key.as_str())), bent, true);
        let row = case.edit.map(|(_, edit)| edit.row);
        match (unasked, row) {
            (Some(text), _) => findings.add(Check::Unasked, concerns, || text),
            (None, Some(row)) if row != case.id => _ = self.beside.elsewhere.insert(row, case.id),
            (None, _) => {}
        }
        // That one is committed again is another check's.
        let Some((_, edit)) = case.edit.filter(|(_, edit)| edit.commits == 0) else { return };
        if let Some(text) = checks::reordered(case, self.backend_went_back) {
            if edit.refused.is_some() {
                let found = Found { entity: case.row.entity, key: case.row.key.clone(), text };
                self.out_of_turn.push((id, found));
            } else {
                findings.add(Check::Reordered, concerns, || text);
            }
        }
        let turn = Turn { words: case.words, at: case.at, id, edit, ledger: case.ledger };
        let deletes = self.deletes.get(&id.device);
        let behind = match case.kind {
            CommitKind::Delete => checks::before_its_children(&turn, case.history, deletes),
            _ => checks::before_its_parent(&turn, case.history, "was committed"),
        };
        findings.found(Check::Reordered, concerns, behind);
        self.settled(id);
    }

    pub(super) fn rejected(&self, turn: &Turn<'_>, history: &History, findings: &mut Findings) {
        let concerns = (Some(turn.id.device), Some((turn.edit.entity, turn.edit.key.as_str())));
        let behind = checks::before_its_parent(turn, history, "was refused for good");
        findings.found(Check::Reordered, concerns, behind);
    }
    /// What the log of a device speaks of was out of turn by a rule.
    pub(super) fn read(&mut self, log: &[LogEntry], came_to: impl Fn(EditId) -> bool) {
        self.out_of_turn.retain(|(id, found)| {
            !(came_to(*id) && checks::overwriting_logged(log, *id, (found.entity, &found.key)))
        });
    }

    pub(super) fn finish(self, findings: &mut Findings) {
        let strangers = self.strangers.into_iter().map(|(id, found)| (Check::Unasked, id, found));
        let late = self.out_of_turn.into_iter().map(|(id, found)| (Check::Reordered, id, found));
        for (check, id, found) in strangers.chain(late) {
            let concerns = (Some(id.device), Some((found.entity, found.key.as_str())));
            findings.add(check, concerns, || found.text);
        }
    }

    fn settled(&mut self, id: EditId) {
        if let Some(deletes) = self.deletes.get_mut(&id.device) {
            deletes.remove(&id.number);
        }
    }
}

/// Who of those that share a phone was logged in as an edit was made, and as it was sent.
#[derive(Debug, Default)]
pub(super) struct Persons {
    now: BTreeMap<DeviceId, u32>,
    made: BTreeMap<EditId, u32>,
    sent: BTreeMap<EditId, u32>,
}

impl Persons {
    pub(super) fn on(&mut self, device: DeviceId, event: PhoneEvent) {
        if let PhoneEvent::LoggedIn { person } = event {
            self.now.insert(device, person);
        }
    }
    pub(super) fn made(&mut self, edit: EditId) {
        if let Some(person) = self.now.get(&edit.device) {
            self.made.insert(edit, *person);
        }
    }
    pub(super) fn sent(&mut self, device: DeviceId, edit: EditId) {
        if let Some(person) = self.now.get(&device) {
            self.sent.insert(edit, *person);
        }
    }

    /// Of an edit that is about to be committed: whether another person is taken for its author.
    pub(super) fn misfiled(&self, edit: EditId) -> Option<String> {
        let person = |of: &BTreeMap<EditId, u32>| of.get(&edit).copied().unwrap_or(0);
        let (made, sent) = (person(&self.made), person(&self.sent));
        (made != sent).then(|| {
            format!("edit {edit} was made by person {made} of its phone, and was sent as person {sent}'s")
        })
    }
}
