//! Follows each edit from its save to its acknowledgement, and counts conflicts.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Board, Id, Unsent, Waits};
use crate::base::{DeviceId, EditId, EntityId, Key, Time};
use crate::contract::{
    ConflictKind, Decision, EditEnd, EditError, EngineEvent, Event, LogKind, PageEvent, PhoneEvent,
};

#[derive(Debug, Default)]
pub(super) struct Edits {
    /// Edits that a person saved. Their device does not know yet whether they are on the backend.
    made: FxHashMap<EditId, Made>,
    /// Edits that are on the backend and acknowledged: the times of the save and of the
    /// acknowledgement.
    safe: Vec<(EditId, Time, Time)>,
    /// By device and row, the number of the last acknowledged edit. If the engine sends rows
    /// instead of edits, this one also brought the earlier edits of the row.
    carries: FxHashMap<(DeviceId, EntityId, Key), u32>,
    /// Edits that no later edit can bring: their outcome is known, or their database is gone.
    ended: FxHashSet<EditId>,
    /// Edits that are only on their device: when each was saved, and the device's waits until then.
    pub(super) waiting: BTreeMap<EditId, (Time, Waits)>,
    unsent: BTreeMap<DeviceId, Unsent>,
    /// Edits that the backend dropped and still acknowledged as done.
    ignored: FxHashSet<EditId>,
    in_conflict: FxHashSet<EditId>,
    /// Edits that no person saw saved, but that a database may have.
    missed: FxHashSet<EditId>,
}

#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) at: Time,
    pub(super) entity: EntityId,
    pub(super) key: Key,
}

fn why_refused(error: &EditError) -> Option<Id> {
    Some(match error {
        EditError::NoKey => Id::WorkloadNoKey,
        EditError::InConflict => Id::WorkloadInConflict,
        EditError::Locked => Id::WorkloadLocked,
        EditError::NotOffline => Id::WorkloadNotOffline,
        EditError::NoLease => Id::WorkloadNoLease,
        EditError::NotOwner => Id::WorkloadNotOwner,
        EditError::OutboxFull => Id::WorkloadOutboxFull,
        _ => return None,
    })
}

/// The metric that counts an edit which never became safe (acknowledged as on the backend). `None`
/// if nobody waits for the edit.
fn never_safe(end: EditEnd) -> Option<Id> {
    Some(match end {
        EditEnd::Lost => Id::NeverSafeLost,
        EditEnd::Superseded => Id::NeverSafeGaveWay,
        EditEnd::Refused => Id::NeverSafeRefused,
        EditEnd::GivenUp => return None,
        EditEnd::Waiting => Id::NeverSafeWaiting,
        EditEnd::Arrived => Id::NeverSafeUnconfirmed,
    })
}

impl Edits {
    pub(super) fn on(&mut self, at: Time, device: Option<DeviceId>, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::EditMade { edit, .. } => {
                board.count(Id::WorkloadMade);
                let (entity, key) = (edit.entity, edit.key.clone());
                self.made.insert(edit.id, Made { at, entity, key });
                self.missed.remove(&edit.id);
                let waits = self.unsent.entry(edit.id.device).or_default().until(at);
                self.waiting.insert(edit.id, (at, waits));
            }
            Event::EditRefused { edit, error } => {
                self.missed.insert(edit.id);
                board.count(Id::WorkloadRefused);
                why_refused(error).into_iter().for_each(|why| board.count(why));
            }
            Event::Engine(EngineEvent::Renamed { .. }) => board.count(Id::EngineRenamed),
            Event::EditMissed { edit, waited } => {
                self.missed.insert(edit.id);
                board.count(Id::WorkloadMissed);
                board.add(Id::DeviceUiBlocked, waited.0);
            }
            Event::EditPrevented { .. } => board.count(Id::WorkloadPrevented),
            Event::Engine(EngineEvent::EditsSquashed { edit, with, stays, .. }) => {
                let gone = with.iter().chain(Some(edit).filter(|_| *stays));
                for edit in gone {
                    board.count(Id::EditsSquashed);
                    self.made.remove(edit);
                    self.settled(at, *edit, board);
                }
            }
            Event::Engine(EngineEvent::EditAcknowledged { edit, .. }) => {
                self.settled(at, *edit, board);
                if !self.ignored.contains(edit) {
                    self.safe(at, *edit);
                }
            }
            Event::Restored { .. }
            | Event::BecameCopy { .. }
            | Event::Phone(PhoneEvent::Reinstalled | PhoneEvent::LoggedOut) => {
                self.ended.extend(self.made.keys().filter(|edit| Some(edit.device) == device));
            }
            Event::MutationIgnored { edit, .. } => _ = self.ignored.insert(*edit),
            Event::Engine(EngineEvent::ConflictDecided { edit, kind, decision, .. }) => {
                self.decided(at, *edit, (*kind, *decision), board);
            }
            Event::Engine(EngineEvent::Page(PageEvent::Resolved { edit, on_top: false, kind, .. }))
                if *kind != ConflictKind::Equal =>
            {
                self.found(*edit, board);
            }
            Event::Engine(EngineEvent::EditLogged { edit, kind, .. }) => self.logged(at, *edit, *kind, board),
            Event::LinkDown
            | Event::LinkUp
            | Event::ProcessKilled { .. }
            | Event::Engine(
                EngineEvent::SyncStart { .. }
                | EngineEvent::SyncComplete { .. }
                | EngineEvent::SyncError { .. },
            ) => {
                let unsent = device.map(|device| self.unsent.entry(device).or_default());
                unsent.into_iter().for_each(|unsent| unsent.on(at, event));
            }
            _ => {}
        }
    }

    fn logged(&mut self, at: Time, edit: EditId, kind: LogKind, board: &mut Board) {
        let metric = match kind {
            LogKind::Overwrote => return board.count(Id::EditsOverwrote),
            // Counted by `engine.conflicts.merged` and `kept_both`.
            LogKind::Merged | LogKind::KeptBoth => return,
            LogKind::Superseded => Id::EditsSuperseded,
            LogKind::Rejected => Id::EditsRejected,
        };
        board.count(metric);
        self.ended.insert(edit);
        self.settled(at, edit, board);
    }

    /// Ends the collection. `end_of` returns the final state of a saved edit; `None` if unknown.
    pub(super) fn finish(&mut self, at: Time, end_of: &dyn Fn(EditId) -> Option<EditEnd>, board: &mut Board) {
        for (edit, (since, made)) in std::mem::take(&mut self.waiting) {
            board.lasted(Id::EditsUnsent, Some(since), at);
            match end_of(edit) {
                Some(EditEnd::Lost | EditEnd::GivenUp | EditEnd::Superseded | EditEnd::Refused) => {
                    board.add(Id::EditsUnsentLost, at.since(since).0);
                }
                _ => {
                    let waits = self.unsent.entry(edit.device).or_default().until(at);
                    waits.count_since(made, board);
                }
            }
        }
        // Each edit without an acknowledgement counts as a wait, unless its person gave it up.
        let (carries, ended, ignored) = (&self.carries, &self.ended, &self.ignored);
        let is_carried = |edit: EditId, made: Made| {
            let own_end = ended.contains(&edit) || ignored.contains(&edit);
            let last = carries.get(&(edit.device, made.entity, made.key));
            !own_end && last.is_some_and(|last| *last > edit.number)
        };
        for (edit, since, known) in self.safe.drain(..) {
            // An edit that is lost at the end was never safe, although it was acknowledged.
            let of = match end_of(edit) {
                Some(EditEnd::Lost | EditEnd::Refused) => Id::NeverSafeLostSince,
                Some(EditEnd::Superseded) => Id::NeverSafeGaveWay,
                _ => {
                    board.lasted(Id::WriteAcknowledged, Some(since), known);
                    continue;
                }
            };
            board.never_ended(Id::WriteAcknowledged, Some(since), at);
            board.count(of);
        }
        for (edit, made) in self.made.drain() {
            let (since, end) = (made.at, end_of(edit));
            if !is_carried(edit, made) && end != Some(EditEnd::GivenUp) {
                board.never_ended(Id::WriteAcknowledged, Some(since), at);
                end.and_then(never_safe).into_iter().for_each(|id| board.count(id));
            }
        }
    }
    fn safe(&mut self, at: Time, edit: EditId) {
        let Some(Made { at: since, entity, key }) = self.made.remove(&edit) else { return };
        self.safe.push((edit, since, at));
        let last = self.carries.entry((edit.device, entity, key)).or_default();
        *last = (*last).max(edit.number);
    }
    fn settled(&mut self, at: Time, edit: EditId, board: &mut Board) {
        if let Some((since, made)) = self.waiting.remove(&edit) {
            board.lasted(Id::EditsUnsent, Some(since), at);
            self.unsent.entry(edit.device).or_default().until(at).count_since(made, board);
        }
    }

    fn decided(
        &mut self,
        at: Time,
        edit: EditId,
        (kind, decision): (ConflictKind, Decision<'_>),
        board: &mut Board,
    ) {
        let of_kind = match kind {
            ConflictKind::Equal => {
                board.count(Id::ConflictsEqual);
                if decision == Decision::Same {
                    self.settled(at, edit, board);
                    self.safe(at, edit);
                }
                return;
            }
            ConflictKind::UpdateUpdate => Id::ConflictsUpdateUpdate,
            ConflictKind::UpdateDelete => Id::ConflictsUpdateDelete,
            ConflictKind::DeleteUpdate => Id::ConflictsDeleteUpdate,
            ConflictKind::InsertInsert => Id::ConflictsInsertInsert,
            ConflictKind::UpdateTaken => Id::ConflictsUpdateTaken,
        };
        board.count(of_kind);
        let decided = match decision {
            Decision::Local => Id::ConflictsLocal,
            // A conflict is decided as the same only if both sides are equal. These are counted
            // above.
            Decision::Remote | Decision::Same => Id::ConflictsRemote,
            Decision::Merged { .. } => Id::ConflictsMerged,
            Decision::Both { .. } => Id::ConflictsBoth,
            Decision::Parked => Id::ConflictsParked,
        };
        board.count(decided);
        self.found(edit, board);
    }

    fn found(&mut self, edit: EditId, board: &mut Board) {
        let counts = !self.missed.contains(&edit) && self.in_conflict.insert(edit);
        board.add(Id::ConflictsFound, counts);
    }
}
