//! Gives each saved edit exactly one final state, so that no way to lose an edit is missed.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{DeviceId, EditId};
use crate::contract::{EditEnd, LogKind};
use crate::oracle::model::edit::Edit;
use crate::oracle::model::end::{End, Meaning};
use crate::oracle::model::intent::Won;
use crate::oracle::model::ledger::Ledger;

/// What its device shows at the end of an edit that the backend has not committed.
#[derive(Clone, Copy, Debug)]
pub(in crate::oracle) struct Seen {
    pub(in crate::oracle) waits: bool,
    /// Another edit of its row waits and contains its values.
    pub(in crate::oracle) row_waits: bool,
    pub(in crate::oracle) fulfilled: bool,
    pub(in crate::oracle) logged: bool,
    /// The backend's row has its values.
    pub(in crate::oracle) is_there: bool,
}

impl Seen {
    /// For a device that cannot be inspected.
    const NOTHING: Seen =
        Seen { waits: true, row_waits: false, fulfilled: false, logged: false, is_there: false };
}

/// What was seen of edits at the end.
#[derive(Debug, Default)]
pub(in crate::oracle) struct Ends {
    seen: BTreeMap<EditId, Seen>,
    /// Edits that wait on a copy of their device.
    on_copies: BTreeSet<EditId>,
}

/// What of a saved edit is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oracle) enum Lost {
    All,
    /// Its row is on the backend, and the row's attachment is lost.
    Attachment,
}

/// Counts of edits by final state, counts of losses, and the first edits of some states.
#[derive(Debug, Default)]
pub(in crate::oracle) struct Counted {
    by_end: BTreeMap<End, u64>,
    untold: u64,
    attachments: u64,
    /// Of edits that did not arrive.
    pub(in crate::oracle) ends: BTreeMap<EditId, EditEnd>,
    pub(in crate::oracle) taken_back: Option<(EditId, Lost)>,
    pub(in crate::oracle) shelved: Option<(EditId, Lost)>,
}

impl Counted {
    pub(in crate::oracle) fn figures(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let count = |end: End| self.by_end.get(&end).copied().unwrap_or(0);
        let all = move |which: fn(End) -> bool| {
            End::EVERY.iter().filter(|end| which(**end)).map(|end| count(*end)).sum()
        };
        let of_all = [
            ("oracle.saved_edits.lost", all(End::is_lost)),
            ("oracle.saved_edits.untold", self.untold),
            ("oracle.saved_edits.attachment_only", self.attachments),
            ("oracle.taken_back.edits", all(|end| end.meaning() == Meaning::TakenBack)),
        ];
        End::EVERY.iter().map(move |end| (end.metric(), count(*end))).chain(of_all)
    }
}

impl Ends {
    pub(in crate::oracle) fn saw(&mut self, id: EditId, seen: Seen) {
        self.seen.insert(id, seen);
    }
    /// These edits wait on `device`.
    pub(in crate::oracle) fn wait_on(&mut self, device: DeviceId, edits: impl Iterator<Item = EditId>) {
        self.on_copies.extend(edits.filter(|edit| edit.device != device));
    }

    /// Gives each saved edit its final state. If its row arrived but it is in `attachments_lost`,
    /// it gets the final state of the attachment.
    pub(in crate::oracle) fn count(
        &self,
        devices: u32,
        ledger: &Ledger,
        attachments_lost: &BTreeSet<EditId>,
    ) -> Counted {
        let mut counted = Counted::default();
        for (id, edit) in (0..devices).flat_map(|device| ledger.of(DeviceId(device))) {
            // An edit that nobody saw saved need not be anywhere.
            if ledger.missed.contains_key(&id) {
                continue;
            }
            let (mut end, mut lost) = (self.end(ledger, (id, edit)), Lost::All);
            if end == End::Arrived && attachments_lost.contains(&id) {
                (end, lost) = (taken(ledger, (id, edit)).unwrap_or(End::Forgotten), Lost::Attachment);
                counted.attachments += 1;
            }
            *counted.by_end.entry(end).or_default() += 1;
            // Logs do not mention attachments.
            let is_told = lost == Lost::All && self.is_told(ledger, (id, edit));
            let is_refused = edit.commits == 0 && !edit.brought && edit.is_refused_for_good();
            if is_refused && is_told && matches!(end, End::Arrived | End::Refused) {
                counted.ends.insert(id, EditEnd::Refused);
            } else if end != End::Arrived {
                counted.ends.insert(id, end.of_edit());
            }
            counted.untold += u64::from(end.is_lost() && !is_told);
            if end.meaning() == Meaning::TakenBack {
                counted.taken_back.get_or_insert((id, lost));
            }
            if end == End::Shelved {
                counted.shelved.get_or_insert((id, lost));
            }
        }
        counted
    }

    /// The first matching state, from those that keep an edit to the best explanation of its loss.
    fn end(&self, ledger: &Ledger, (id, edit): (EditId, &Edit)) -> End {
        if edit.vanished {
            return End::Forgotten;
        }
        if edit.commits > 0 {
            // Its commit may have left each of its columns unchanged.
            return if edit.gave_way && !edit.matched { End::Superseded } else { End::Arrived };
        }
        // A later edit of its row takes it along unless it was refused.
        let refused = edit.is_refused_for_good() && !edit.brought && !edit.matched;
        if let Some(by) = edit.carried.filter(|_| !refused) {
            let other = ledger.get(by).filter(|other| other.carried.is_none() && other.undone);
            return other.map_or(End::Arrived, |other| self.end(ledger, (by, other)));
        }
        let seen = self.seen.get(&id).copied().unwrap_or(Seen::NOTHING);
        let gone = ledger.is_gone(id, edit);
        let waits = |waits: bool| waits && !gone || self.on_copies.contains(&id);
        // A decision about a later edit that stands for it applies to it.
        let decided = ledger.ways(edit).find_map(verdict);
        match decided {
            _ if waits(seen.waits) => End::Waiting,
            _ if edit.undone && !seen.is_there => End::BackendRestored,
            _ if edit.undone || seen.fulfilled && !refused => End::Arrived,
            _ if waits(seen.row_waits) && !refused => End::Waiting,
            _ if edit.left_at_logout => End::Discarded,
            _ if edit.given_up => End::GivenUp,
            Some(end) => end,
            None if gone && edit.acknowledged => ledger.taken_by(id, edit),
            // Its row has changed since, and nobody brought its values there.
            None if !gone && (edit.refused.is_some() || edit.won == Some(Won::Part)) => End::Superseded,
            None => taken(ledger, (id, edit)).unwrap_or_else(|| self.unexplained(ledger, (id, edit), seen)),
        }
    }

    /// An edit that the user's log mentions gets the state of the later edit that explains it, if
    /// that is lost too, else `Superseded`. Without a log line the engine forgot it.
    fn unexplained(&self, ledger: &Ledger, (id, edit): (EditId, &Edit), seen: Seen) -> End {
        if !seen.logged {
            return End::Forgotten;
        }
        let explains = |later: &Edit| later.row == edit.row && (later.said.is_some() || later.won.is_some());
        let later = ledger.after(id).find(|(_, later)| explains(later));
        later.map_or(End::Superseded, |later| match self.end(ledger, later) {
            end if end.is_lost() => end,
            _ => End::Superseded,
        })
    }

    fn is_told(&self, ledger: &Ledger, (id, edit): (EditId, &Edit)) -> bool {
        let seen = self.seen.get(&id).filter(|_| !ledger.is_gone(id, edit));
        seen.map_or_else(|| ledger.ways(edit).any(|edit| edit.said.is_some()), |seen| seen.logged)
    }
}

/// The decision against an edit, if any.
fn verdict(edit: &Edit) -> Option<End> {
    match edit.is_refused_for_good() {
        true => Some(End::Refused),
        false => {
            let superseded = edit.won == Some(Won::Other) || edit.said == Some(LogKind::Superseded);
            superseded.then_some(End::Superseded)
        }
    }
}

/// What removed the edit from its device, with the state or alone; `None` if nothing did.
fn taken(ledger: &Ledger, (id, edit): (EditId, &Edit)) -> Option<End> {
    match ledger.is_gone(id, edit) {
        true if ledger.is_left(id, edit) => Some(End::Shelved),
        true => Some(ledger.taken_by(id, edit)),
        false if edit.emptied => Some(End::Upgraded),
        false => edit.lost_power.map(|_| End::PowerLost),
    }
}
