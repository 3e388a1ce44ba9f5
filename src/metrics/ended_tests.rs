//! Runs without an end.

use super::tests::{Telling, UNIT, applied, change, stat};
use super::*;
use crate::base::UnitId;
use crate::contract::{KillReason, RequestKind, SyncError};

#[test]
fn a_run_that_is_under_way_at_the_end_lasted_until_then() {
    let mut t = Telling::new();
    let (kind, took) = (RequestKind::Pull, Span::secs(3));
    let answered = Event::ResponseReceived { request: 0, kind, unit: Some(UNIT), bytes: 800, rows: 1, took };
    t.at(1).device(0, Event::SyncStart { unit: UNIT, run: 0, waited: Span::ZERO });
    t.at(4).device(0, answered).device(0, applied(&change(6))).at(5);
    let figures = t.figures();
    let value = |name: &str| stat(&figures, name, "value");
    assert_eq!(value("engine.session.time"), 4_000_000_000);
    assert_eq!((value("engine.rows.rate"), value("engine.bytes.rate")), (250, 200));
}

#[test]
fn a_run_whose_process_died_and_of_whose_end_nobody_tells_was_interrupted() {
    let died = |t: &mut Telling| {
        t.device(0, Event::SyncStart { unit: UNIT, run: 0, waited: Span::ZERO });
        t.at(1).device(0, Event::ProcessKilled { reason: KillReason::PowerLoss });
        t.device(0, Event::ProcessStarted { incarnation: 1 });
    };
    let start = |run| Event::SyncStart { unit: UNIT, run, waited: Span::ZERO };
    let well = |run| Event::SyncComplete { unit: UNIT, run, took: Span::ZERO, blocking: false };
    let interrupted = Event::SyncError { unit: UNIT, run: 0, error: &SyncError::Interrupted };
    // Told by the next life, passed over by it, and not told until the end.
    for (events, runs) in
        [(vec![interrupted, start(1), well(1)], 2), (vec![start(1), well(1)], 2), (vec![], 1)]
    {
        let mut t = Telling::new();
        died(&mut t);
        for event in events {
            t.at(2).device(0, event);
        }
        let figures = t.figures();
        let value = |name: &str| stat(&figures, name, "value");
        let told = ["count", "failed", "interrupted"].map(|name| value(&format!("engine.session.{name}")));
        assert_eq!(told, [runs, 1, 1]);
        assert_eq!(value("engine.syncs.good_share"), (runs - 1) * 500_000);
    }
}

#[test]
fn runs_side_by_side_last_from_the_first_start_to_the_last_end() {
    let other = UnitId(UNIT.0 + 1);
    let start = |unit, run| Event::SyncStart { unit, run, waited: Span::ZERO };
    let well = |unit, run, secs| Event::SyncComplete { unit, run, took: Span::secs(secs), blocking: false };
    let (kind, took) = (RequestKind::Pull, Span::secs(1));
    let answered = Event::ResponseReceived { request: 0, kind, unit: Some(UNIT), bytes: 800, rows: 1, took };
    let failed = Event::SyncError { unit: other, run: 1, error: &SyncError::Cancelled };
    let mut t = Telling::new();
    t.at(1).device(0, start(UNIT, 0)).at(2).device(0, start(other, 1));
    t.at(3).device(0, answered).device(0, applied(&change(6)));
    t.at(4).device(0, failed).at(6).device(0, well(UNIT, 0, 5));
    t.at(8).device(0, start(UNIT, 2)).at(9).device(0, well(UNIT, 2, 1)).at(20);
    let figures = t.figures();
    let value = |name: &str| stat(&figures, name, "value");
    assert_eq!(value("engine.session.time"), 6_000_000_000, "from 1 to 6 s, and from 8 to 9 s");
    assert_eq!(value("engine.bytes.rate"), 800 / 6);
    assert_eq!(stat(&figures, "engine.session.duration", "max"), 5_000_000_000);
    assert_eq!(value("engine.session.partly"), 0, "what was answered was a request of the other");
}
