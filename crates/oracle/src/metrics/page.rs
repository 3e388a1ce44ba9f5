//! Measures conflicts that wait for a person: how many, how old, and which edits they block.

use std::collections::{BTreeMap, BTreeSet};

use super::{Board, Id};
use crate::base::{DeviceId, EditId, Span, Time};
use crate::contract::{Decision, EngineEvent, Event, PageEvent};

#[derive(Debug, Default)]
pub(super) struct Pages {
    script_ends: Time,
    open: BTreeMap<(DeviceId, EditId), Time>,
    decided: BTreeSet<(DeviceId, EditId)>,
    held: BTreeMap<DeviceId, Time>,
    held_edits: BTreeSet<EditId>,
}

impl Pages {
    pub(super) fn new(script: Span) -> Pages {
        Pages { script_ends: Time::ZERO + script, ..Pages::default() }
    }

    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::Engine(EngineEvent::ConflictDecided { edit, decision: Decision::Parked, .. }) => {
                let again = self.decided.remove(&(device, *edit));
                board.add(Id::PageAgain, again);
                self.open.entry((device, *edit)).or_insert(at);
            }
            Event::Engine(EngineEvent::Page(PageEvent::Open { edit, .. })) => {
                self.open.entry((device, *edit)).or_insert(at);
            }
            Event::Engine(EngineEvent::Page(PageEvent::Resolved {
                edit, on_top: false, decision, ..
            })) => {
                let decided = match decision {
                    Decision::Remote => Some(Id::PageRemote),
                    Decision::Merged { .. } => Some(Id::PageMixed),
                    Decision::Same => None,
                    Decision::Local | Decision::Both { .. } | Decision::Parked => Some(Id::PageLocal),
                };
                decided.into_iter().for_each(|id| board.count(id));
                self.decided.insert((device, *edit));
                self.close((at, true), (device, *edit), board);
            }
            Event::Engine(EngineEvent::Page(PageEvent::Held { edits, .. })) => {
                board.count(Id::PageHeldRuns);
                self.held.entry(device).or_insert(at);
                let new = edits.iter().filter(|edit| self.held_edits.insert(**edit)).count();
                board.add(Id::PageHeldEdits, new as u64);
            }
            Event::Restored { .. } | Event::BecameCopy { .. } => {
                let gone: Vec<_> = self.open.keys().filter(|(of, _)| *of == device).copied().collect();
                gone.into_iter().for_each(|conflict| self.close((at, false), conflict, board));
            }
            _ => {}
        }
    }

    fn close(&mut self, (at, decided): (Time, bool), conflict: (DeviceId, EditId), board: &mut Board) {
        let Some(since) = self.open.remove(&conflict) else { return };
        self.count(since, (at, decided), board);
        if self.open.keys().all(|(of, _)| *of != conflict.0) {
            board.lasted(Id::PageHeld, self.held.remove(&conflict.0), at);
        }
    }
    fn count(&self, since: Time, (at, decided): (Time, bool), board: &mut Board) {
        match decided {
            true => board.lasted(Id::PageAge, Some(since), at),
            false => board.never_ended(Id::PageAge, Some(since), at),
        }
        board.add(Id::PageOpen, since <= self.script_ends && at > self.script_ends);
    }
    pub(super) fn finish(&mut self, at: Time, board: &mut Board) {
        board.set(Id::PageLeft, self.open.len() as u64);
        let at = at.max(self.script_ends + Span(1));
        self.open.values().for_each(|since| self.count(*since, (at, false), board));
        self.held.values().for_each(|since| board.lasted(Id::PageHeld, Some(*since), at));
    }
}
