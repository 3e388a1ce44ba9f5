//! Tests of engines that have no runs and report whether they are caught up.

use super::stage::{Stage, UNIT};
use crate::base::{DeviceId, EntityId, Span};
use crate::contract::{EditKind, EngineEvent, Event, HeldEvent, RequestKind, TransportError};
use crate::oracle::Patience;

/// The checks that fire for device 0 after these steps. `3`: a request with 3 rows. `fails` and
/// `late`: a request that fails early or late. `run12`: requests of a run. `says`: a message.
/// `behind`, `receives` and `caught-up`: reports of the engine. `+5`: 5 seconds pass. `asked`: a
/// person asks for a sync. There are also edits.
fn found(requests: u32, steps: &str) -> Vec<&'static str> {
    let patience = Patience::Stated { span: Span::secs(30), requests };
    let mut stage = Stage::with(|setting| setting.patience = patience);
    let (kind, unit, took, request) = (RequestKind::Pull, None, Span::millis(100), 7);
    let says = |stage: &mut Stage, is, at_work| {
        let at = stage.now;
        stage.oracle.says_caught_up(at, DeviceId(0), (is, at_work));
    };
    for step in steps.split_whitespace() {
        let sent = EngineEvent::RequestSent { request, kind, unit, bytes: 1, rows: 0, attempt: 0 };
        let error = TransportError::Timeout;
        let failed = EngineEvent::RequestFailed { request, kind, error, took, wasted: 1 };
        match step {
            "behind" => says(&mut stage, false, false),
            "receives" => says(&mut stage, false, true),
            "caught-up" => says(&mut stage, true, false),
            "says" => stage.emit(0, Event::Held(HeldEvent::Arrived { up: true, bytes: 9 })),
            "edits" => {
                stage.edit(0, EntityId(0), "a1", EditKind::Delete, Vec::new());
            }
            "fails" | "late" => {
                stage.emit(0, sent);
                stage.later(if step == "late" { 60 } else { 0 });
                stage.emit(0, failed);
            }
            "asked" => stage.oracle.asked(DeviceId(0)),
            run if run.starts_with("run") => {
                let (unit, run, of_run) = (UNIT, 1, run[3..].parse().expect("requests"));
                stage.emit(0, EngineEvent::SyncStart { unit, run, waited: Span::ZERO });
                for _ in 0..of_run {
                    let (unit, bytes) = (Some(UNIT), 1);
                    stage.emit(
                        0,
                        EngineEvent::RequestSent { request, kind, unit, bytes, rows: 0, attempt: 0 },
                    );
                    stage
                        .emit(0, EngineEvent::ResponseReceived { request, kind, unit, bytes, rows: 0, took });
                }
                stage.emit(0, EngineEvent::SyncComplete { unit, run, took, blocking: false });
            }
            wait if wait.starts_with('+') => stage.later(wait[1..].parse().expect("seconds")),
            rows => {
                let rows = rows.parse().expect("rows");
                stage.emit(0, sent);
                stage.emit(0, EngineEvent::ResponseReceived { request, kind, unit, bytes: 1, rows, took });
            }
        }
    }
    let checks = stage.verdict(false).violations.into_iter().map(|found| found.check);
    checks.filter(|check| ["request-storm", "idle-with-work"].contains(check)).collect()
}

const STORM: [&str; 1] = ["request-storm"];
const IDLE: [&str; 1] = ["idle-with-work"];
const NOTHING: [&str; 0] = [];

#[test]
fn an_engine_that_asks_in_a_loop_is_found_whatever_it_says() {
    let an_hour = |minute: &str| format!("caught-up {}", minute.repeat(60));
    // 12 requests every 10 seconds, as the stack states.
    let looks = |n: usize| an_hour(&format!("{} +10 caught-up ", "0 ".repeat(n)).repeat(6));
    assert_eq!(found(12, &looks(12)), NOTHING);
    assert_eq!(found(1, &looks(12)), STORM);
    assert_eq!(found(12, &looks(30)), STORM);
    // One message per second, on a connection.
    let each_second = "says +1 ".repeat(60);
    assert_eq!(found(1, &an_hour(&each_second)), STORM);
    assert_eq!(found(16, &an_hour(&each_second)), NOTHING);
    // The engine is never caught up, and the responses have no rows.
    let loops = format!("behind {}", "0 0 0 0 +1 ".repeat(60));
    assert_eq!((found(16, &loops), found(1, &loops)), (STORM.to_vec(), STORM.to_vec()));
    // Responses with rows justify further requests.
    assert_eq!(found(1, &format!("behind {}", "5 5 5 5 +1 ".repeat(60))), NOTHING);
}

/// A sync starts both units. The start of the app has requested one sync.
#[test]
fn a_run_may_make_as_many_requests_as_its_stack_says() {
    let runs = |requests: u32| format!("asked run{requests} run{requests} +60 ").repeat(20);
    assert_eq!(found(12, &runs(12)), NOTHING);
    assert_eq!(found(16, &runs(16)), NOTHING);
    assert_eq!(found(1, &runs(12)), STORM);
    assert_eq!(found(12, &format!("asked {}", "run12 +60 ".repeat(20))), STORM, "nobody asked");
}

#[test]
fn tries_of_no_unit_wait_too_and_late_failures_are_waits() {
    assert_eq!(found(16, &format!("behind {}", "fails ".repeat(60))), STORM);
    assert_eq!(found(16, &format!("behind {}", "fails +1 ".repeat(60))), NOTHING);
    assert_eq!(found(16, &format!("behind {}", "late ".repeat(60))), NOTHING);
}

#[test]
fn an_engine_that_stops_with_work_left_is_found() {
    let quiet = |word: &str| format!("{word} +5 ").repeat(14);
    assert_eq!(found(16, &quiet("caught-up")), NOTHING);
    assert_eq!(found(16, &quiet("behind")), IDLE);
    assert_eq!(found(16, &format!("{} says {}", "behind +5 ".repeat(8), "behind +5 ".repeat(8))), NOTHING);
    assert_eq!(found(16, &format!("edits {}", quiet("behind"))), IDLE);
    assert_eq!(found(16, &quiet("receives")), NOTHING);
}
