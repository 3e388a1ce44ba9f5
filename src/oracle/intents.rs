//! Whose a commit is, and whether it comes in its turn: what the ledger of edits does not say.

use std::collections::{BTreeMap, BTreeSet};

use super::check::Check;
use super::checks::{self, CommitCase, Turn};
use super::edit::Edit;
use super::findings::{Concerns, Findings};
use super::history::{History, RowId};
use super::meant::{Beside, Meant};
use super::persons::Persons;
use crate::base::{DeviceId, EditId, EntityId, Key, Time};
use crate::contract::{Author, CommitKind, Decision, EditError, EditKind, LocalEdit, LogEntry};

#[derive(Debug, Default)]
pub(super) struct Intents {
    beside: Beside,
    /// When the latest process of each device ended: what that made durable last it did not tell.
    ended: BTreeMap<DeviceId, Time>,
    /// By device: the deletes that it made and that are not decided.
    deletes: BTreeMap<DeviceId, BTreeSet<u32>>,
    /// The backend went back to an older state: what a later edit carried may be undone.
    backend_went_back: bool,
    /// Commits by edits that nobody has told of so far.
    strangers: BTreeMap<EditId, Found>,
    /// Edits that the backend had refused and that took effect out of turn: the log may say why.
    out_of_turn: Vec<(EditId, Found)>,
    /// Who was logged in as edits were made and sent.
    pub(super) persons: Persons,
}

/// What is a violation unless something is told that explains it.
#[derive(Debug)]
struct Found {
    entity: EntityId,
    key: Key,
    text: String,
}

impl Intents {
    /// A person made an edit, and it is known from now on.
    pub(super) fn made(&mut self, edit: &LocalEdit) {
        self.strangers.remove(&edit.id);
        self.persons.made(edit.id);
        if edit.kind == EditKind::Delete {
            self.deletes.entry(edit.id.device).or_default().insert(edit.id.number);
        }
    }

    /// A person did not see an edit saved: it may be there all the same.
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

    pub(super) fn decided(&mut self, edit: EditId, decision: Decision<'_>) {
        self.beside.decided(edit, decision);
    }

    pub(super) fn process_ended(&mut self, device: DeviceId, at: Time) {
        self.ended.insert(device, at);
    }

    /// Whether a rule has made a row of this key, which is `new`, of an edit that goes out so, and
    /// died before it told: the backend had refused the edit. It tells once, by the first key.
    pub(super) fn was_split_off(&self, id: EditId, edit: &Edit, key: &Key, new: bool) -> bool {
        let ended = self.ended.get(&id.device);
        let untold = edit.refused.is_some_and(|refused| ended.is_some_and(|ended| refused <= *ended));
        let told = self.beside.ruled.get(&id).is_some_and(Option::is_some);
        new && untold && !told && edit.key != *key
    }

    /// A row that a device made is another that was there.
    pub(super) fn is_called(&mut self, own: RowId, other: RowId) {
        self.beside.elsewhere.insert(own, other);
    }

    /// Whether a rule made a row of this key of the edit.
    pub(super) fn split_off(&self, edit: EditId, key: &Key) -> bool {
        self.beside.split_off(edit, key)
    }

    pub(super) fn backend_went_back(&mut self) {
        self.backend_went_back = true;
    }

    /// A version is about to be committed.
    pub(super) fn judge(&mut self, case: &CommitCase<'_>, concerns: Concerns<'_>, findings: &mut Findings) {
        let Author::Device(id) = case.author else { return };
        if let Some(text) = self.persons.misfiled(id) {
            findings.add(Check::Misfiled, concerns, || text);
        }
        let Some(meant) = self.meant(id, case.edit) else {
            let text = checks::by_a_stranger(case, id);
            let found = Found { entity: case.row.entity, key: case.row.key.clone(), text };
            self.strangers.entry(id).or_insert(found);
            return;
        };
        let keeps = findings.keeps_edits();
        let unasked = checks::unasked(case, &meant, &self.beside, keeps);
        let bent = checks::bent_on_the_way(case, &meant, &self.beside, keeps);
        findings.add_bent(
            case.words.schema,
            (id.device, (case.row.entity, case.row.key.as_str())),
            bent,
            true,
        );
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
        if let Some(text) = behind {
            findings.add(Check::Reordered, concerns, || text);
        }
        self.settled(id);
    }

    pub(super) fn rejected(&self, turn: &Turn<'_>, history: &History, findings: &mut Findings) {
        if let Some(text) = checks::before_its_parent(turn, history, "was refused for good") {
            let concerns = (Some(turn.id.device), Some((turn.edit.entity, turn.edit.key.as_str())));
            findings.add(Check::Reordered, concerns, || text);
        }
    }

    /// The log of a device is looked at: `speaks` tells whether it says of an edit of a row that it
    /// replaced another version.
    pub(super) fn read(&mut self, log: &[LogEntry], came_to: impl Fn(EditId) -> bool) {
        self.out_of_turn.retain(|(id, found)| {
            !(came_to(*id) && checks::overwriting_logged(log, *id, (found.entity, &found.key)))
        });
    }

    /// Nothing is told any more.
    pub(super) fn finish(self, findings: &mut Findings) {
        let strangers = self.strangers.into_iter().map(|(id, found)| (Check::Unasked, id, found));
        let late = self.out_of_turn.into_iter().map(|(id, found)| (Check::Reordered, id, found));
        for (check, id, found) in strangers.chain(late) {
            let concerns = (Some(id.device), Some((found.entity, found.key.as_str())));
            findings.add(check, concerns, || found.text);
        }
    }

    fn meant<'m>(&'m self, id: EditId, edit: Option<(EditId, &'m Edit)>) -> Option<Meant<'m>> {
        if let Some((_, edit)) = edit {
            let Edit { entity, ref key, kind, ref values, .. } = *edit;
            return Some(Meant { id, entity, key, kind, values });
        }
        let LocalEdit { entity, key, kind, values, .. } = self.beside.unseen.get(&id)?;
        Some(Meant { id, entity: *entity, key, kind: *kind, values })
    }

    fn settled(&mut self, id: EditId) {
        if let Some(deletes) = self.deletes.get_mut(&id.device) {
            deletes.remove(&id.number);
        }
    }
}
