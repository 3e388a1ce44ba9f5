//! Cursors that another unit moved than the one whose they are.
//!
//! A unit that ran may have moved its own cursors, those of the entities that it brings in full
//! where units share them, and its own date. Nothing else may move any, whatever interrupts it.

use std::sync::Arc;

use super::check::Check;
use super::findings::Findings;
use crate::base::{DeviceId, EntityId, Stamp, UnitId};
use crate::contract::{Event, KillReason, SyncUnit, UnitEvent};

type Cursor = (Option<UnitId>, EntityId, u64);

/// Cursors, and when each unit was last synced.
type Seen = (Vec<Cursor>, Vec<(UnitId, Stamp)>);

#[derive(Clone, Debug, Default)]
struct DeviceCursors {
    seen: Option<Seen>,
    /// Units whose runs were begun and not ended.
    open: Vec<UnitId>,
    /// Units that ran since then.
    ran: Vec<UnitId>,
}

#[derive(Debug)]
pub(super) struct Strangers {
    devices: Vec<DeviceCursors>,
    seen: bool,
}

impl Strangers {
    pub(super) fn new(devices: usize) -> Strangers {
        Strangers { devices: vec![DeviceCursors::default(); devices], seen: false }
    }

    /// Whether any was told of.
    pub(super) fn has_seen(&self) -> bool {
        self.seen
    }

    pub(super) fn on(&mut self, id: DeviceId, event: &Event<'_>, findings: &mut Findings) {
        match *event {
            Event::SyncStart { unit, .. } => {
                let device = &mut self.devices[id.0 as usize];
                device.open.push(unit);
                device.ran.push(unit);
            }
            Event::RequestSent { unit: Some(unit), .. } if self.seen => {
                let ran = &mut self.devices[id.0 as usize].ran;
                if !ran.contains(&unit) {
                    ran.push(unit);
                }
            }
            Event::SyncComplete { unit, .. } | Event::SyncError { unit, .. } => {
                self.devices[id.0 as usize].open.retain(|open| *open != unit);
            }
            // What it holds then, nobody told.
            Event::Restored { .. }
            | Event::BecameCopy { .. }
            | Event::ProcessKilled { reason: KillReason::PowerLoss } => {
                self.devices[id.0 as usize] = DeviceCursors::default();
            }
            Event::Unit(UnitEvent::Cursors { at, dates }) => {
                self.seen = true;
                let units = &*Arc::clone(&findings.units);
                let device = &mut self.devices[id.0 as usize];
                if let Some((cursors, before)) = &device.seen {
                    for (unit, entity) in moved(cursors, at) {
                        let own = |ran: &UnitId| may_move(&units[usize::from(ran.0)], *ran, unit, entity);
                        if !device.ran.iter().any(own) {
                            findings.tell(Check::Stranger, id, |names| {
                                let (of, ran) =
                                    (&names.schema.entity(entity).name, named(units, &device.ran));
                                let whose = unit.map_or("all units", |unit| names.unit(unit));
                                format!(
                                    "on {id} the cursor of {whose} for {of} moved, and what ran was {ran}"
                                )
                            });
                        }
                    }
                    for (unit, _) in dates.iter().filter(|date| !before.contains(date)) {
                        if !device.ran.contains(unit) {
                            findings.tell(Check::Stranger, id, |names| {
                                let (own, ran) = (names.unit(*unit), named(units, &device.ran));
                                format!(
                                    "on {id} the date of the last sync of {own} moved, and what ran was {ran}"
                                )
                            });
                        }
                    }
                }
                device.seen = Some((at.to_vec(), dates.to_vec()));
                device.ran.clone_from(&device.open);
            }
            _ => {}
        }
    }
}

/// Whether a unit that `ran` may move the cursor of `whose` for an entity.
fn may_move(unit: &SyncUnit, ran: UnitId, whose: Option<UnitId>, entity: EntityId) -> bool {
    match whose {
        Some(whose) => whose == ran && unit.pull.contains(&entity),
        None => unit.brings_whole(entity),
    }
}

/// Whose cursors differ, of which entities; what is there on one side alone differs.
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
