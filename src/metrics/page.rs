//! Conflicts that wait for a person: how many, for how long, and what they hold up.

use std::collections::{BTreeMap, BTreeSet};

use super::board::Board;
use super::table::Id;
use crate::base::{DeviceId, EditId, Span, Time};
use crate::contract::{Decision, Event, PageEvent};

#[derive(Debug, Default)]
pub(super) struct Pages {
    /// When nobody works any more.
    script_ends: Time,
    open: BTreeMap<(DeviceId, EditId), Time>,
    /// Those that were decided.
    decided: BTreeSet<(DeviceId, EditId)>,
    /// Since when a device refuses runs.
    held: BTreeMap<DeviceId, Time>,
    held_edits: BTreeSet<EditId>,
}

impl Pages {
    pub(super) fn new(script: Span) -> Pages {
        Pages { script_ends: Time::ZERO + script, ..Pages::default() }
    }

    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::ConflictDecided { edit, decision: Decision::Parked, .. } => {
                let again = self.decided.remove(&(device, *edit));
                board.add(Id::PageAgain, u64::from(again));
                self.open.entry((device, *edit)).or_insert(at);
            }
            Event::Page(PageEvent::Open { edit, .. }) => {
                self.open.entry((device, *edit)).or_insert(at);
            }
            Event::Page(PageEvent::Resolved { edit, on_top: false, decision, .. }) => {
                let decided = match decision {
                    Decision::Remote => Some(Id::PageRemote),
                    Decision::Merged { .. } => Some(Id::PageMixed),
                    Decision::Same => None,
                    Decision::Local | Decision::Both { .. } | Decision::Parked => Some(Id::PageLocal),
                };
                decided.into_iter().for_each(|id| board.add(id, 1));
                self.decided.insert((device, *edit));
                self.close(at, (device, *edit), board);
            }
            Event::Page(PageEvent::Held { edits, .. }) => {
                board.add(Id::PageHeldRuns, 1);
                self.held.entry(device).or_insert(at);
                let new = edits.iter().filter(|edit| self.held_edits.insert(**edit)).count();
                board.add(Id::PageHeldEdits, new as u64);
            }
            Event::Restored { .. } | Event::BecameCopy { .. } => {
                let gone: Vec<_> = self.open.keys().filter(|(of, _)| *of == device).copied().collect();
                gone.into_iter().for_each(|conflict| self.close(at, conflict, board));
            }
            _ => {}
        }
    }

    fn close(&mut self, at: Time, conflict: (DeviceId, EditId), board: &mut Board) {
        let Some(since) = self.open.remove(&conflict) else { return };
        self.count(since, at, board);
        let device = conflict.0;
        if self.open.keys().all(|(of, _)| *of != device)
            && let Some(since) = self.held.remove(&device)
        {
            board.add(Id::PageHeld, (at - since).0);
        }
    }

    /// A conflict was open from `since` until `at`.
    fn count(&self, since: Time, at: Time, board: &mut Board) {
        board.observe(Id::PageAge, (at - since).0);
        board.add(Id::PageOpen, u64::from(since <= self.script_ends && at > self.script_ends));
    }

    pub(super) fn finish(&mut self, at: Time, board: &mut Board) {
        board.set(Id::PageLeft, self.open.len() as u64);
        let at = at.max(self.script_ends + Span(1));
        self.open.values().for_each(|since| self.count(*since, at, board));
        self.held.values().for_each(|since| board.add(Id::PageHeld, (at - *since).0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{EntityId, Key, Stamp, UnitId};
    use crate::contract::{ConflictKind, Sides};

    const ME: DeviceId = DeviceId(0);

    fn edit(number: u32) -> EditId {
        EditId { device: ME, number }
    }

    #[test]
    fn a_conflict_ages_until_somebody_decides_it() {
        let mut pages = Pages::new(Span::secs(100));
        let mut board = Board::new(&["empty".to_owned()], Vec::new());
        let (key, kind, entity) = (Key::new("k"), ConflictKind::UpdateUpdate, EntityId(0));
        let sides = Sides { local: Stamp(1), remote: Stamp(2), edited: None };
        let at = |secs| Time::ZERO + Span::secs(secs);
        let parked = |edit| Event::ConflictDecided {
            edit,
            entity,
            key: &key,
            kind,
            decision: Decision::Parked,
            sides,
        };
        let resolved = |edit, decision| {
            Event::Page(PageEvent::Resolved { edit, on_top: false, entity, key: &key, kind, decision, sides })
        };
        let held = [edit(7)];
        let held = Event::Page(PageEvent::Held { unit: UnitId(0), edits: &held });
        let columns = [1];
        for (secs, event) in [
            (10, parked(edit(0))),
            (20, held),
            (30, held),
            (40, resolved(edit(0), Decision::Local)),
            (50, parked(edit(0))),
            (60, parked(edit(1))),
            (60, Event::Page(PageEvent::Open { edit: edit(1), entity, key: &key })),
            (110, resolved(edit(0), Decision::Merged { columns: &columns })),
        ] {
            pages.on(at(secs), ME, &event, &mut board);
        }
        pages.finish(at(200), &mut board);
        let counted = [
            (Id::PageOpen, 2),
            (Id::PageLeft, 1),
            (Id::PageAgain, 1),
            (Id::PageLocal, 1),
            (Id::PageMixed, 1),
            (Id::PageRemote, 0),
            (Id::PageHeldRuns, 2),
            (Id::PageHeldEdits, 1),
            (Id::PageHeld, Span::secs(20).0),
        ];
        for (id, value) in counted {
            assert_eq!(board.value(id), value, "{id:?}");
        }
        let (figures, _) = board.figures();
        let age = &figures["engine.page.age"];
        assert!(format!("{age:?}").contains(&Span::secs(140).0.to_string()), "{age:?}");
    }
}
