//! When what a unit brings is there: a first screen, and each entity of a run.

use super::board::Board;
use super::table::Id;
#[cfg(test)]
use crate::base::Span;
use crate::base::{DeviceId, EntityId, Time, UnitId};
use crate::contract::Event;

#[derive(Clone, Debug, Default)]
struct Arriving {
    /// When its app started first.
    began: Option<Time>,
    /// When the run under way was asked for.
    run: Option<Time>,
    /// The entities whose cursors moved in it, each with when it last did.
    came: Vec<(EntityId, Time)>,
    /// Units that have ended well.
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
                        board.observe_entity(Id::EntityThere, entity, (last - since).0);
                    }
                }
                let pulls = self.pulls.get(usize::from(unit.0)).is_some_and(|pulls| *pulls);
                if let Some(began) = own.began.filter(|_| pulls && !own.there.contains(&unit)) {
                    if own.there.is_empty() {
                        board.observe(Id::FirstScreen, (at - began).0);
                    }
                    board.observe_unit(Id::FirstScreen, unit, (at - began).0);
                    own.there.push(unit);
                }
            }
            Event::SyncError { .. } | Event::ProcessKilled { .. } => own.run = None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Entity, Schema};

    const ME: DeviceId = DeviceId(0);

    #[test]
    fn an_entity_is_there_with_its_last_page_and_a_unit_once() {
        let entity = |name: &str| Entity {
            name: name.to_owned(),
            key: "id".to_owned(),
            columns: Vec::new(),
            projection: Vec::new(),
            scope: Vec::new(),
            delivery: crate::contract::Delivery::Delta,
            unique: Vec::new(),
        };
        let schema = Schema { entities: vec![entity("a"), entity("b")], ..Schema::default() };
        let units = vec!["Splash".to_owned(), "Send".to_owned()];
        let mut board = Board::new(&["empty".to_owned()], units).with_entities(&schema);
        let mut arrivals = Arrivals::new(1, &[true, false]);
        let mut tell = |secs: u64, event: Event<'_>| {
            arrivals.on(Time::ZERO + Span::secs(secs), ME, &event, &mut board);
        };
        let start = |unit, run| Event::SyncStart { unit: UnitId(unit), run, waited: Span::secs(1) };
        let end =
            |unit, run| Event::SyncComplete { unit: UnitId(unit), run, took: Span::ZERO, blocking: false };
        let saved = |entity| Event::CursorSaved { unit: UnitId(0), entity: EntityId(entity) };
        tell(0, Event::ProcessStarted { incarnation: 0 });
        tell(1, start(1, 1));
        tell(2, end(1, 1));
        tell(10, start(0, 2));
        tell(11, saved(0));
        tell(13, saved(0));
        tell(17, saved(1));
        tell(18, end(0, 2));
        tell(20, start(0, 3));
        tell(21, end(0, 3));
        let (figures, _) = board.figures();
        let max = |name: &str| (figures[name].stat("count"), figures[name].stat("max"));
        assert_eq!(max("engine.entity.duration/a"), (Some(1), Some(4_000_000_000)));
        assert_eq!(max("engine.entity.duration/b"), (Some(1), Some(8_000_000_000)));
        assert_eq!(max("engine.first_screen.duration"), (Some(1), Some(18_000_000_000)));
        assert_eq!(max("engine.first_screen.duration/Splash"), (Some(1), Some(18_000_000_000)));
        assert_eq!(figures["engine.first_screen.duration/Send"].stat("count"), Some(0));
    }
}
