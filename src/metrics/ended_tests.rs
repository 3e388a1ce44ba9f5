//! Runs without an end.

use super::tests::{Telling, UNIT, applied, change, stat};
use super::*;
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
