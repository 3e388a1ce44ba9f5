//! Cursors that were moved by another unit than their own.
//!
//! A unit that ran may move its own cursors, the shared cursors of entities that it brings in full,
//! and its own date. Nothing else may move a cursor, whatever interrupts the unit.

use crate::base::{EntityId, Stamp, UnitId};
use crate::contract::{EngineEvent, Event, SyncUnit, UnitEvent};
use crate::oracle::check::{Harm, Matter, PLAIN, Rule};
use crate::oracle::findings::Heard;
use crate::oracle::hearing::Topic;
use crate::oracle::watch::exits::WayOut;
use crate::oracle::watch::watcher::Watcher;

pub(in crate::oracle) static STRANGER: Rule = Rule {
    name: "stranger",
    metric: "oracle.stranger.cursors",
    harm: Harm::Divergent,
    matter: Matter::Cursors,
    finds: "a cursor or a date of the last sync moved while its unit did not run",
    needs: |can| can.sight.inside,
    hears: &[Topic::Runs, Topic::Cursors],
    ..PLAIN
};

type Cursor = (Option<UnitId>, EntityId, u64);

type Seen = (Vec<Cursor>, Vec<(UnitId, Stamp)>);

#[derive(Debug, Default)]
pub(in crate::oracle) struct DeviceCursors {
    has_seen: bool,
    seen: Option<Seen>,
    open: Vec<UnitId>,
    ran: Vec<UnitId>,
}

impl Watcher for DeviceCursors {
    fn on(&mut self, heard: &mut Heard<'_>) {
        let Heard { device: id, event, out, setup, ref mut findings, .. } = *heard;
        match out {
            Some(WayOut::Process) => self.open.clear(),
            Some(WayOut::Part | WayOut::Database) => {
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
                let units = &*setup.labels.units;
                if let Some((cursors, before)) = &self.seen {
                    for (unit, entity) in moved(cursors, at) {
                        let own = |ran: &UnitId| may_move(&units[usize::from(ran.0)], *ran, unit, entity);
                        if !self.ran.iter().any(own) {
                            findings.tell(&STRANGER, id, |names| {
                                let (of, ran) = (&names.schema.entity(entity).name, named(units, &self.ran));
                                let whose = unit.map_or("all units", |unit| names.unit(unit));
                                format!(
                                    "on {id} the cursor of {whose} for {of} moved, and the running units were {ran}"
                                )
                            });
                        }
                    }
                    for (unit, _) in dates.iter().filter(|date| !before.contains(date)) {
                        if !self.ran.contains(unit) {
                            findings.tell(&STRANGER, id, |names| {
                                let (own, ran) = (names.unit(*unit), named(units, &self.ran));
                                format!(
                                    "on {id} the date of the last sync of {own} moved, and the running units were {ran}"
                                )
                            });
                        }
                    }
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

/// Whether a unit that `ran` may move the cursor of `whose` for an entity.
fn may_move(unit: &SyncUnit, ran: UnitId, whose: Option<UnitId>, entity: EntityId) -> bool {
    match whose {
        Some(whose) => whose == ran && unit.pull.contains(&entity),
        None => unit.brings_whole(entity),
    }
}

/// The owners and entities of cursors that differ; a cursor on only one side differs.
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
