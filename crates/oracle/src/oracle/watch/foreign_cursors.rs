//! Finds cursors that moved although no run of their own unit moved them.
//!
//! A run may move the cursors of its unit, the date of the unit's last sync, and the shared cursors
//! of entities that the unit brings in full. No run may move another cursor, even if the run is
//! interrupted.

use crate::base::{EntityId, Stamp, UnitId};
use crate::contract::{EngineEvent, Event, SyncUnit, UnitEvent};
use crate::oracle::watch::{StateLoss, Watcher};
use crate::oracle::words::Labels;
use crate::oracle::{Harm, Heard, Matter, Rule, Topic};

pub(crate) static STRANGER: Rule = Rule {
    finds: "a cursor or a date of the last sync moved while its unit did not run",
    needs: |can| can.sight.inside,
    hears: &[Topic::Runs, Topic::Cursors],
    ..Rule::new("stranger", "oracle.stranger.cursors", Harm::Divergent, Matter::Cursors)
};

type Cursor = (Option<UnitId>, EntityId, u64);

type Seen = (Vec<Cursor>, Vec<(UnitId, Stamp)>);

#[derive(Debug, Default)]
pub(crate) struct DeviceCursors {
    has_seen: bool,
    seen: Option<Seen>,
    open: Vec<UnitId>,
    ran: Vec<UnitId>,
}

impl Watcher for DeviceCursors {
    fn on(&mut self, heard: &mut Heard<'_>) {
        let Heard { device: id, event, out, setup, ref mut findings, .. } = *heard;
        match out {
            Some(StateLoss::Process) => self.open.clear(),
            Some(StateLoss::Part | StateLoss::Database) => {
                *self = DeviceCursors { has_seen: self.has_seen, ..DeviceCursors::default() };
            }
            None => {}
        }
        match *event {
            Event::Engine(EngineEvent::SyncStart { unit, .. }) => {
                self.open.push(unit);
                self.ran.push(unit);
            }
            Event::Engine(EngineEvent::RequestSent { unit: Some(unit), .. })
                if self.has_seen && !self.ran.contains(&unit) =>
            {
                self.ran.push(unit);
            }
            Event::Engine(EngineEvent::SyncComplete { unit, .. } | EngineEvent::SyncError { unit, .. }) => {
                self.open.retain(|open| *open != unit);
            }
            Event::Engine(EngineEvent::Unit(UnitEvent::Cursors { at, dates })) => {
                for what in self.moved_by_strangers(at, dates, &setup.labels) {
                    let ran = named(&setup.labels.units, &self.ran);
                    findings.tell(&STRANGER, id, |_| {
                        format!("on {id} {what} moved, and the running units were {ran}")
                    });
                }
                (self.has_seen, self.seen) = (true, Some((at.to_vec(), dates.to_vec())));
                self.ran.clone_from(&self.open);
            }
            _ => {}
        }
    }

    fn saw(&self, matter: Matter) -> bool {
        matter == Matter::Cursors && self.has_seen
    }
}

impl DeviceCursors {
    /// Says which cursors and dates moved although no unit that ran may move them.
    fn moved_by_strangers(&self, at: &[Cursor], dates: &[(UnitId, Stamp)], names: &Labels) -> Vec<String> {
        let Some((cursors, before)) = &self.seen else { return Vec::new() };
        let may_move = |whose, entity| {
            self.ran.iter().any(|ran| may_move(&names.units[usize::from(ran.0)], *ran, whose, entity))
        };
        let cursors = moved(cursors, at).into_iter().filter(|(whose, entity)| !may_move(*whose, *entity));
        let cursors = cursors.map(|(whose, entity)| {
            let whose = whose.map_or("all units", |unit| names.unit(unit));
            format!("the cursor of {whose} for {}", names.schema.entity(entity).name)
        });
        let dates = dates.iter().filter(|date| !before.contains(date) && !self.ran.contains(&date.0));
        let dates = dates.map(|(unit, _)| format!("the date of the last sync of {}", names.unit(*unit)));
        cursors.chain(dates).collect()
    }
}

/// True if the unit that `ran` may move the cursor of the unit `whose` for an entity. `None`: a
/// shared cursor.
fn may_move(unit: &SyncUnit, ran: UnitId, whose: Option<UnitId>, entity: EntityId) -> bool {
    match whose {
        Some(whose) => whose == ran && unit.pull.contains(&entity),
        None => unit.brings_whole(entity),
    }
}

/// The owner and entity of each cursor that differs, or that exists only before or only after.
fn moved(before: &[Cursor], after: &[Cursor]) -> Vec<(Option<UnitId>, EntityId)> {
    let news = after.iter().filter(|cursor| !before.contains(cursor));
    let gone = before
        .iter()
        .filter(|(unit, entity, _)| !after.iter().any(|(other, of, _)| (other, of) == (unit, entity)));
    news.chain(gone).map(|(unit, entity, _)| (*unit, *entity)).collect()
}

fn named(units: &[SyncUnit], ran: &[UnitId]) -> String {
    if ran.is_empty() {
        return "none".to_owned();
    }
    ran.iter().map(|unit| units[usize::from(unit.0)].name.as_str()).collect::<Vec<_>>().join(", ")
}
