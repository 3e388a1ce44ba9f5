//! A gateway with a replica, killed wherever it waits: nothing is lost, nothing happens twice.

use syncdyno::base::DeviceId;
use syncdyno::scenario::Plan;
use syncdyno::world::{self, Places, Stacks, Strike, Unwatched};

use crate::worlds::{self, TINY, trouble, value};

/// The gateway is far from the backend, refreshes often, and requests few rows at once, so that
/// something is always under way.
const SETS: &[&str] = &[
    "gateway.mode=persistent",
    "gateway.refresh={every=\"7s\",upload_every=\"2s\",page=9}",
    "gateway.backend_link={rtt=\"300ms\"}",
    "backend.errors=5%",
    "backend.partial=10%",
];
/// The same without data: no device has synced before.
const FROM_NOTHING: &[&str] = &["fleet.known.start=empty"];

/// Points that only tasks of the gateway pass.
const POINTS: [&str; 6] = [
    "refresh.before-request",
    "refresh.page-committed",
    "refresh.page-received",
    "upload.answer-received",
    "upload.before-request",
    "upload.settled",
];

fn places(plan: &Plan) -> Places {
    let probed = world::run_probing(plan, &Stacks::builtin(), &Unwatched, DeviceId(0));
    let (outcome, places) = probed.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(value(&outcome, "gateway.kills.count"), 0);
    assert_eq!(trouble(&outcome), Vec::<String>::new());
    places
}

/// Runs the world once for each strike; returns the number of strikes.
fn nothing_is_lost(plan: &Plan, strikes: &[Strike]) -> usize {
    let mut wrong = Vec::new();
    for strike in strikes {
        let outcome = world::run_struck(plan, &Stacks::builtin(), &Unwatched, strike);
        let outcome = outcome.unwrap_or_else(|error| panic!("{error}"));
        if value(&outcome, "gateway.kills.count") != 1 {
            wrong.push(format!("{strike:?} did not fire"));
        }
        wrong.extend(trouble(&outcome).iter().map(|text| format!("{strike:?}: {text}")));
    }
    assert!(wrong.is_empty(), "{} of {} worlds:\n{}", wrong.len(), strikes.len(), wrong.join("\n"));
    strikes.len()
}

fn after_any_poll(sets: &[&str]) -> usize {
    let plan = worlds::plan(TINY, sets);
    let polls = 1..=places(&plan).gateway.0;
    let stride = if worlds::every_place() { 1 } else { 3 };
    let strikes: Vec<Strike> =
        polls.map(|polls| Strike::GatewayAfterPoll { polls }).step_by(stride).collect();
    nothing_is_lost(&plan, &strikes) * stride
}

fn at_any_point(sets: &[&str]) -> usize {
    let plan = worlds::plan(TINY, sets);
    let passed = places(&plan).gateway.1;
    assert_eq!(passed.keys().collect::<Vec<_>>(), POINTS);
    let passings = passed.iter().flat_map(|(point, n)| (1..=*n as u32).map(move |nth| (point, nth)));
    let strike = |(point, nth): (&String, u32)| Strike::GatewayAtPoint { point: point.clone(), nth };
    let strikes: Vec<Strike> = passings.map(strike).collect();
    nothing_is_lost(&plan, &strikes)
}

#[test]
fn gateway_sweep_a_kill_after_any_poll_of_its_tasks_loses_nothing() {
    assert!(after_any_poll(SETS) > 60);
}

#[test]
fn gateway_sweep_a_kill_after_any_poll_of_its_tasks_loses_nothing_in_a_first_load() {
    assert!(after_any_poll(&[SETS, FROM_NOTHING].concat()) > 60);
}

#[test]
fn gateway_sweep_a_kill_at_any_crash_point_loses_nothing() {
    assert!(at_any_point(SETS) > 50);
}

#[test]
fn gateway_sweep_a_kill_at_any_crash_point_loses_nothing_in_a_first_load() {
    assert!(at_any_point(&[SETS, FROM_NOTHING].concat()) > 50);
}

/// A gateway that forwards requests and caches edits, before a backend that knows them.
const REMEMBERING: &[&str] =
    &["gateway.upload_cache={}", "gateway.backend_link={rtt=\"300ms\"}", "drain=2h", "engine.retry.cap=1m"];

#[test]
fn gateway_sweep_a_kill_before_an_upload_is_noted_loses_nothing() {
    for durable in ["false", "true"] {
        let kept = format!("gateway.upload_cache.durable={durable}");
        let plan = worlds::plan(TINY, &[REMEMBERING, &[&kept]].concat());
        let passed = places(&plan).gateway.1;
        assert_eq!(passed.keys().collect::<Vec<_>>(), ["cache.answer-received"]);
        let strikes: Vec<Strike> = (1..=passed["cache.answer-received"] as u32)
            .step_by(if worlds::every_place() { 1 } else { 5 })
            .map(|nth| Strike::GatewayAtPoint { point: "cache.answer-received".to_owned(), nth })
            .collect();
        assert!(nothing_is_lost(&plan, &strikes) > 5);
    }
}
