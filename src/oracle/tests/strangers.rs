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

/// What is found as `unit` runs, with these cursors and dates before and after.
fn found(
    unit: UnitId,
    before: &[(Option<UnitId>, EntityId, u64)],
    after: &[(Option<UnitId>, EntityId, u64)],
    dates: [i64; 2],
) -> Vec<String> {
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
    findings.finish().0.into_iter().map(|violation| violation.text).collect()
}

#[test]
fn a_cursor_is_moved_by_its_own_unit_and_no_other() {
    let (e0, e1) = (EntityId(0), EntityId(1));
    let shared = [(None, e0, 1), (None, e1, 1)];
    let moved = [(None, e0, 2), (None, e1, 1)];
    assert_eq!(found(A, &shared, &moved, [1, 1]), Vec::<String>::new());
    assert_eq!(found(B, &shared, &moved, [1, 1]).len(), 1, "it is of another entity");
    assert_eq!(found(SPLASH, &shared, &moved, [1, 1]).len(), 1, "it brings a part");
    let own = |unit| [(Some(unit), e0, 1)];
    assert_eq!(found(SPLASH, &[], &own(SPLASH), [1, 1]), Vec::<String>::new());
    assert_eq!(found(A, &[], &own(SPLASH), [1, 1]).len(), 1);
    assert_eq!(found(B, &own(A), &[], [1, 1]).len(), 1, "it is gone");
    assert_eq!(found(B, &shared, &shared, [1, 2]).len(), 1, "a date of another's");
    assert_eq!(found(A, &shared, &shared, [1, 2]), Vec::<String>::new());
}
