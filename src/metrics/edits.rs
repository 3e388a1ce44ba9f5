//! Edits from the person's hand to their acknowledgement, and the conflicts they met.

use rustc_hash::{FxHashMap, FxHashSet};

use super::board::Board;
use super::table::Id;
use crate::base::{EditId, Time};
use crate::contract::{ConflictKind, Decision, EditError, Event, LogKind};

/// Follows edits that are not settled yet.
#[derive(Debug, Default)]
pub(super) struct Edits {
    made: FxHashMap<EditId, Time>,
    waiting: FxHashSet<EditId>,
    in_conflict: FxHashSet<EditId>,
    /// Those that nobody saw saved, though they may be in a database.
    missed: FxHashSet<EditId>,
}

impl Edits {
    /// Edits made and neither acknowledged nor given up.
    pub(super) fn waiting(&self) -> u64 {
        self.waiting.len() as u64
    }

    pub(super) fn on(&mut self, at: Time, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::EditMade { edit, .. } => {
                board.add(Id::WorkloadMade, 1);
                self.made.insert(edit.id, at);
                self.missed.remove(&edit.id);
                self.waiting.insert(edit.id);
            }
            Event::EditRefused { edit, error } => {
                self.missed.insert(edit.id);
                board.add(Id::WorkloadRefused, 1);
                board.add(Id::WorkloadNoKey, u64::from(**error == EditError::NoKey));
            }
            Event::Renamed { .. } => board.add(Id::EngineRenamed, 1),
            Event::EditMissed { edit, waited } => {
                self.missed.insert(edit.id);
                board.add(Id::WorkloadMissed, 1);
                board.add(Id::DeviceUiBlocked, waited.0);
            }
            Event::EditPrevented { .. } => board.add(Id::WorkloadPrevented, 1),
            Event::EditAcknowledged { edit, .. } => {
                self.waiting.remove(edit);
                if let Some(made) = self.made.remove(edit) {
                    board.observe(Id::WriteAcknowledged, (at - made).0);
                }
            }
            Event::ConflictDecided { edit, kind, decision, .. } => {
                self.decided(*edit, *kind, *decision, board);
            }
            Event::EditLogged { edit, kind, .. } => match kind {
                LogKind::Overwrote => board.add(Id::EditsOverwrote, 1),
                // `engine.conflicts.merged` counts it.
                LogKind::Merged => {}
                LogKind::Superseded | LogKind::Rejected => {
                    let superseded = *kind == LogKind::Superseded;
                    board.add(if superseded { Id::EditsSuperseded } else { Id::EditsRejected }, 1);
                    self.waiting.remove(edit);
                }
            },
            _ => {}
        }
    }

    fn decided(&mut self, edit: EditId, kind: ConflictKind, decision: Decision<'_>, board: &mut Board) {
        let of_kind = match kind {
            ConflictKind::Equal => {
                board.add(Id::ConflictsEqual, 1);
                if decision == Decision::Same {
                    self.waiting.remove(&edit);
                }
                return;
            }
            ConflictKind::UpdateUpdate => Id::ConflictsUpdateUpdate,
            ConflictKind::UpdateDelete => Id::ConflictsUpdateDelete,
            ConflictKind::DeleteUpdate => Id::ConflictsDeleteUpdate,
            ConflictKind::InsertInsert => Id::ConflictsInsertInsert,
            ConflictKind::UpdateTaken => Id::ConflictsUpdateTaken,
        };
        board.add(of_kind, 1);
        let decided = match decision {
            Decision::Local => Id::ConflictsLocal,
            // A kind of conflict in which both say the same is `Equal`.
            Decision::Remote | Decision::Same => Id::ConflictsRemote,
            Decision::Merged { .. } => Id::ConflictsMerged,
            Decision::Both { .. } => Id::ConflictsBoth,
            Decision::Parked => Id::ConflictsParked,
        };
        board.add(decided, 1);
        let counts = !self.missed.contains(&edit) && self.in_conflict.insert(edit);
        board.add(Id::ConflictsFound, u64::from(counts));
    }
}
