//! Cursors that a stranger moved.

use std::rc::Rc;

use super::super::findings::{Findings, Heard};
use super::super::strangers::DeviceCursors;
use super::stage::Stage;
use crate::base::{DeviceId, EntityId, Span, Stamp, Time, UnitId};
use crate::contract::{Event, Excerpt, KillReason, SyncError, SyncUnit, UnitEvent};

const ME: DeviceId = DeviceId(0);
const A: UnitId = UnitId(0);
const B: UnitId = UnitId(1);
const SPLASH: UnitId = UnitId(2);

/// Two units that bring an entity each in full, and one that brings a part of the first.
fn units() -> Vec<SyncUnit> {
    let unit = |name: &str, entity, excerpts| SyncUnit {
        name: name.to_owned(),
        pull: vec![EntityId(entity)],
        excerpts,
        ..SyncUnit::default()
    };
    let part = Excerpt { entity: EntityId(0), columns: Vec::new(), rows: Vec::new() };
    vec![unit("A", 0, Vec::new()), unit("B", 1, Vec::new()), unit("Splash", 0, vec![part])]
}

type Cursor = (Option<UnitId>, EntityId, u64);

/// How much is found as `unit` runs, with these cursors and dates before and after.
fn found(unit: UnitId, before: &[Cursor], after: &[Cursor], dates: [i64; 2]) -> usize {
    let setup = Stage::with(|setup| setup.labels.units = units().into()).oracle.setup;
    let mut findings = Findings::new(Rc::clone(&setup));
    let mut cursors = DeviceCursors::default();
    let mut tell = |event: Event<'_>| {
        let (at, setup, findings) = (Time::ZERO, &*setup, &mut findings);
        cursors.on(&mut Heard { at, device: ME, event: &event, setup, findings });
    };
    let date = |at| [(A, Stamp(at))];
    tell(Event::Unit(UnitEvent::Cursors { at: before, dates: &date(dates[0]) }));
    tell(Event::SyncStart { unit, run: 1, waited: Span::ZERO });
    tell(Event::ProcessKilled { reason: KillReason::Killed });
    tell(Event::Unit(UnitEvent::Cursors { at: after, dates: &date(dates[1]) }));
    tell(Event::SyncError { unit, run: 1, error: &SyncError::Interrupted });
    tell(Event::Unit(UnitEvent::Cursors { at: after, dates: &date(dates[1]) }));
    findings.finish().0.len()
}

#[test]
fn a_cursor_is_moved_by_its_own_unit_and_no_other() {
    let (e0, e1) = (EntityId(0), EntityId(1));
    let (shared, moved) = ([(None, e0, 1), (None, e1, 1)], [(None, e0, 2), (None, e1, 1)]);
    let own = |unit| [(Some(unit), e0, 1)];
    for (ran, before, after, dates, count) in [
        (A, &shared[..], &moved[..], [1, 1], 0),
        // It is of another entity, or brings a part.
        (B, &shared, &moved, [1, 1], 1),
        (SPLASH, &shared, &moved, [1, 1], 1),
        (SPLASH, &[], &own(SPLASH), [1, 1], 0),
        (A, &[], &own(SPLASH), [1, 1], 1),
        // It is gone; a date of another's; its own.
        (B, &own(A), &[], [1, 1], 1),
        (B, &shared, &shared, [1, 2], 1),
        (A, &shared, &shared, [1, 2], 0),
    ] {
        assert_eq!(found(ran, before, after, dates), count, "{ran:?} {before:?} {after:?}");
    }
}
