//! The engine's account of true conflicts, to name the edits in which it differs from ours.

use std::collections::BTreeSet;

use super::ledger::Ledger;
use crate::base::{DeviceId, EditId};
use crate::contract::{ConflictKind, Event, PageEvent};

#[derive(Debug, Default)]
pub(super) struct Accounts {
    found: BTreeSet<EditId>,
    /// Those that nobody saw saved: they count for nobody.
    missed: BTreeSet<EditId>,
}

impl Accounts {
    pub(super) fn on(&mut self, event: &Event<'_>) {
        match event {
            Event::EditMade { edit, .. } => _ = self.missed.remove(&edit.id),
            Event::EditMissed { edit, .. } | Event::EditRefused { edit, .. } => {
                self.missed.insert(edit.id);
            }
            Event::ConflictDecided { edit, kind, .. }
            | Event::Page(PageEvent::Resolved { edit, kind, on_top: false, .. })
                if *kind != ConflictKind::Equal && !self.missed.contains(edit) =>
            {
                self.found.insert(*edit);
            }
            _ => {}
        }
    }

    /// The edits of so many devices that one account has and the other has not, with whether it is
    /// the engine's.
    pub(super) fn differing(&self, ledger: &Ledger, devices: usize) -> Vec<(EditId, bool)> {
        let all = (0..devices as u32).flat_map(|device| ledger.of(DeviceId(device)));
        let ours = all.filter(|(_, edit)| edit.conflict && !edit.excused).map(|(id, _)| id);
        let ours: BTreeSet<EditId> = ours.collect();
        let all = self.found.symmetric_difference(&ours);
        all.map(|edit| (*edit, self.found.contains(edit))).collect()
    }
}
