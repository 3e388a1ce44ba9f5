//! When what a unit brings is there: a first screen, and each entity of a run.

use super::board::{Board, Part};
use super::table::Id;
use crate::base::{DeviceId, EntityId, Time, UnitId};
use crate::contract::Event;

#[derive(Clone, Debug, Default)]
struct Arriving {
    began: Option<Time>,
    run: Option<Time>,
    /// The entities whose cursors moved in it, each with when it last did.
    came: Vec<(EntityId, Time)>,
    there: Vec<UnitId>,
}

#[derive(Debug)]
pub(super) struct Arrivals {
    devices: Vec<Arriving>,
    pulls: Vec<bool>,
}

impl Arrivals {
    pub(super) fn new(devices: usize, pulls: &[bool]) -> Arrivals {
        Arrivals { devices: vec![Arriving::default(); devices], pulls: pulls.to_vec() }
    }

    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        let own = &mut self.devices[device.0 as usize];
        match *event {
            Event::ProcessStarted { .. } => _ = own.began.get_or_insert(at),
            Event::SyncStart { waited, .. } => {
                own.run = Some(Time(at.0.saturating_sub(waited.0)));
                own.came.clear();
            }
            Event::CursorSaved { entity, .. } => match own.came.iter_mut().find(|(of, _)| *of == entity) {
                Some((_, last)) => *last = at,
                None => own.came.push((entity, at)),
            },
            Event::SyncComplete { unit, .. } => {
                if let Some(since) = own.run.take() {
                    for (entity, last) in own.came.drain(..) {
                        board.observe(Id::EntityThere, (last - since).0);
                        board.observe_part(Id::EntityThere, Part::Entity(entity), (last - since).0);
                    }
                }
                let pulls = self.pulls.get(usize::from(unit.0)).is_some_and(|pulls| *pulls);
                if let Some(began) = own.began.filter(|_| pulls && !own.there.contains(&unit)) {
                    if own.there.is_empty() {
                        board.observe(Id::FirstScreen, (at - began).0);
                    }
                    board.observe_part(Id::FirstScreen, Part::Unit(unit), (at - began).0);
                    own.there.push(unit);
                }
            }
            Event::SyncError { .. } | Event::ProcessKilled { .. } => own.run = None,
            _ => {}
        }
    }
}
