//! Gives each saved edit exactly one final state. So no kind of loss is missed.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{DeviceId, EditId};
use crate::contract::{EditEnd, LogKind};
use crate::oracle::model::{Edit, End, Ledger, Meaning, Won};

/// Facts at the end about an edit that the backend has not committed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) waits: bool,
    /// True if another edit of its row waits and contains its values.
    pub(crate) row_waits: bool,
    pub(crate) fulfilled: bool,
    pub(crate) logged: bool,
    /// True if the backend's row has its values.
    pub(crate) is_there: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Ends {
    pub(crate) seen: BTreeMap<EditId, Seen>,
    /// Edits that wait on a copy of their device.
    on_copies: BTreeSet<EditId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    All,
    /// The attachment of its row is lost. The row itself is on the backend.
    Attachment,
}

/// Counts of edits and losses by final state, and the first edit of some states.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    by_end: BTreeMap<End, u64>,
    untold: u64,
    attachments: u64,
    /// The final states of edits that did not arrive.
    pub(crate) ends: BTreeMap<EditId, EditEnd>,
    pub(crate) taken_back: Option<(EditId, Lost)>,
    pub(crate) shelved: Option<(EditId, Lost)>,
}

impl Counted {
    pub(crate) fn figures(&self) -> impl Iterator<Item = (&'static str, u64)> {
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
    pub(crate) fn wait_on(&mut self, device: DeviceId, edits: impl Iterator<Item = EditId>) {
        self.on_copies.extend(edits.filter(|edit| edit.device != device));
    }

    /// Gives each saved edit its final state. An edit in `attachments_lost` has arrived, but its
    /// attachment is lost. Such an edit gets the state of its lost attachment.
    pub(crate) fn count(&self, ledger: &Ledger, attachments_lost: &BTreeSet<EditId>) -> Counted {
        let mut counted = Counted::default();
        for edit in ledger.all() {
            // An edit that no person saw saved may be lost.
            if ledger.missed.contains_key(&edit.id) {
                continue;
            }
            let (mut end, mut lost) = (self.end(ledger, edit), Lost::All);
            if end == End::Arrived && attachments_lost.contains(&edit.id) {
                (end, lost) = (taken(ledger, edit).unwrap_or(End::Forgotten), Lost::Attachment);
                counted.attachments += 1;
            }
            *counted.by_end.entry(end).or_default() += 1;
            // Logs do not mention attachments.
            let is_told = lost == Lost::All && self.is_told(ledger, edit);
            let is_refused = edit.commits == 0 && !edit.brought && edit.is_refused_for_good();
            if is_refused && is_told && matches!(end, End::Arrived | End::Refused) {
                counted.ends.insert(edit.id, EditEnd::Refused);
            } else if end != End::Arrived {
                counted.ends.insert(edit.id, end.of_edit());
            }
            counted.untold += u64::from(end.is_lost() && !is_told);
            if end.meaning() == Meaning::TakenBack {
                counted.taken_back.get_or_insert((edit.id, lost));
            }
            if end == End::Shelved {
                counted.shelved.get_or_insert((edit.id, lost));
            }
        }
        counted
    }

    /// The first state that applies. States that keep the edit come first.
    fn end(&self, ledger: &Ledger, edit: &Edit) -> End {
        if edit.vanished {
            return End::Forgotten;
        }
        if edit.commits > 0 {
            // A committed edit is superseded if its commit left each of its columns unchanged.
            return if edit.gave_way && !edit.matched { End::Superseded } else { End::Arrived };
        }
        // If the edit was not refused, it arrived with the later edit that contains it.
        let refused = edit.is_refused_for_good() && !edit.brought && !edit.matched;
        if let Some(by) = edit.carried.filter(|_| !refused) {
            let other = ledger.get(by).filter(|other| other.carried.is_none() && other.undone);
            return other.map_or(End::Arrived, |other| self.end(ledger, other));
        }
        // A device that cannot be inspected may still have the edit.
        let seen = self.seen.get(&edit.id).copied().unwrap_or(Seen { waits: true, ..Seen::default() });
        let gone = ledger.is_gone(edit);
        let waits = |waits: bool| waits && !gone || self.on_copies.contains(&edit.id);
        // A decision about a later edit also applies to the earlier edits that are sent with it.
        let decided = ledger.ways(edit).find_map(verdict);
        match decided {
            _ if waits(seen.waits) => End::Waiting,
            _ if edit.uploaded_over && !seen.is_there => End::UploadedOver,
            _ if edit.undone && !seen.is_there => End::BackendRestored,
            _ if edit.undone || seen.fulfilled && !refused => End::Arrived,
            _ if waits(seen.row_waits) && !refused => End::Waiting,
            _ if edit.left_at_logout => End::Discarded,
            _ if edit.given_up => End::GivenUp,
            Some(end) => end,
            None if gone && edit.acknowledged => ledger.taken_by(edit),
            // The row has changed since the refusal, and nobody brought the values of the edit
            // there.
            None if !gone && (edit.refused.is_some() || edit.won == Some(Won::Part)) => End::Superseded,
            None => taken(ledger, edit).unwrap_or_else(|| self.unexplained(ledger, edit, seen)),
        }
    }

    /// The state of a lost edit without another explanation. Without a line in the user's log, the
    /// engine forgot it. If a later edit of the row has a decision or a log line and is lost, its
    /// state applies. Otherwise the edit counts as `Superseded`.
    fn unexplained(&self, ledger: &Ledger, edit: &Edit, seen: Seen) -> End {
        if !seen.logged {
            return End::Forgotten;
        }
        let explains = |later: &Edit| later.row == edit.row && (later.said.is_some() || later.won.is_some());
        let later = ledger.after(edit.id).find(|later| explains(later));
        later.map_or(End::Superseded, |later| match self.end(ledger, later) {
            end if end.is_lost() => end,
            _ => End::Superseded,
        })
    }

    fn is_told(&self, ledger: &Ledger, edit: &Edit) -> bool {
        let seen = self.seen.get(&edit.id).filter(|_| !ledger.is_gone(edit));
        seen.map_or_else(|| ledger.ways(edit).any(|edit| edit.said.is_some()), |seen| seen.logged)
    }
}

/// The decision against an edit, if any.
fn verdict(edit: &Edit) -> Option<End> {
    if edit.is_refused_for_good() {
        return Some(End::Refused);
    }
    let superseded = edit.won == Some(Won::Other) || edit.said == Some(LogKind::Superseded);
    superseded.then_some(End::Superseded)
}

/// The event that removed the edit from its device; `None` if there was no such event.
fn taken(ledger: &Ledger, edit: &Edit) -> Option<End> {
    match ledger.is_gone(edit) {
        true if ledger.lives.has_left(edit.id.device, edit.life, edit.made) => Some(End::Shelved),
        true => Some(ledger.taken_by(edit)),
        false if edit.emptied => Some(End::Upgraded),
        false => edit.lost_power.map(|_| End::PowerLost),
    }
}
