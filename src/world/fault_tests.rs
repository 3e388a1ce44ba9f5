//! Faults strike as often as they are said to.

use super::outcome::{Ending, Outcome};
use super::registry::Stacks;
use super::run::run;
use super::watch::Unwatched;
use crate::base::DeviceId;
use crate::base::words::thousands;
use crate::scenario::{Document, Names, Request};

fn outcome(scenario: &str) -> Outcome {
    let outcome = ended(scenario);
    assert_eq!(outcome.ending, Ending::Drained);
    outcome
}

fn ended(scenario: &str) -> Outcome {
    let text = format!(
        "name = \"faults\"\n{scenario}[entity.note]\nrows = 5\nschema = {{ id = \"uuid key\", title = \"text\" }}\n"
    );
    let document = Document::parse("faults.toml", &text).expect("it is TOML");
    let stacks = Stacks::builtin().described();
    let names = Names { metrics: &[], checks: &[], stacks: &stacks };
    let plans = document.plans(&Request::default(), &names).unwrap_or_else(|wrong| panic!("{wrong}"));
    run(&plans[0], &Stacks::builtin(), &Unwatched).expect("it can be run")
}

fn value(outcome: &Outcome, metric: &str) -> u64 {
    outcome.figures[metric].stat("value").expect("it is a number")
}

/// Two phones that pull once an hour, and neither edit nor fetch.
const PULLING: &str = "[fleet.phones]\ndevices = 2\nstart = \"1d\"\n[workload]\nresumes_per_hour = 0\n\
                       [unit.All]\non = [\"login\", \"every 1h\"]\npull = [\"*\"]\n\
                       [action.none]\nentity = \"note\"\nkind = \"update\"\ncolumns = [\"title\"]\nper_device = 0\n";

#[test]
fn apps_are_killed_as_often_as_said_where_most_crash_points_are_never_passed() {
    let outcome = outcome(&format!("duration = \"100d\"\n{PULLING}[chaos]\nkill_mtbf = \"2h\"\n"));
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    let (kills, expected) = (value(&outcome, "device.kills.count"), 2 * 100 * 24 / 2);
    assert!((expected * 95 / 100..=expected * 105 / 100).contains(&kills), "{kills} of {expected}");
}

#[test]
fn a_planned_end_that_never_comes_is_told_with_its_devices_and_why() {
    let planned = [
        ("at-once", "kill = {}"),
        ("fetched", "kill = { point = \"fetch.applied\" }"),
        ("often", "kill = { point = \"session.started\", nth = 1000000 }"),
        // That one waits for the same point does not keep another from it.
        ("once", "kill = { devices = [1], point = \"session.started\" }"),
        ("synced", "power_loss = { at_sync = 1 }"),
        ("late", "power_loss = { devices = [0], at_sync = 1000000 }"),
        ("in-turn", "power_loss = { at_sync = 2, stagger = 999999 }"),
    ];
    // At one instant the first loss of power would take the place of the last.
    let at = |name: &str| if name == "in-turn" { 3 } else { 2 };
    let event = |(name, what)| format!("[event.{name}]\nat = \"+{}h\"\n{what}\n", at(name));
    let events = planned.map(event).concat();
    let outcome = outcome(&format!("duration = \"5h\"\n{PULLING}{events}"));
    let told: Vec<(&str, &[DeviceId], u64)> =
        outcome.missed.iter().map(|missed| (missed.event.as_str(), &missed.devices[..], missed.of)).collect();
    let (first, second, both) = ([DeviceId(0)], [DeviceId(1)], [DeviceId(0), DeviceId(1)]);
    assert_eq!(
        told,
        [
            ("fetched", &both[..], 2),
            ("late", &first[..], 1),
            ("often", &both[..], 2),
            ("in-turn", &second[..], 2),
        ]
    );
    assert_eq!(outcome.missed[0].why, "nothing passed fetch.applied from then on");
}

#[test]
fn an_app_that_does_not_run_is_not_killed_and_that_is_told() {
    let events = "[event.off]\nat = \"+1h\"\npower_loss = { restart_after = \"1h\" }\n[event.dead]\nat = \"+90m\"\nkill = {}\n";
    let outcome = outcome(&format!("duration = \"5h\"\n{PULLING}{events}"));
    let [missed] = &outcome.missed[..] else { panic!("{:?}", outcome.missed) };
    let (event, why) = (missed.event.as_str(), missed.why.as_str());
    assert_eq!((event, why, missed.of), ("dead", "the app did not run at the time", 2));
}

#[test]
fn a_device_that_is_stuck_without_an_edit_tells_how_its_requests_failed() {
    let crawling =
        "[link.crawling]\nkind = \"cellular\"\nrtt = \"180ms\"\ndown = \"200bit/s\"\nup = \"500kbit/s\"\n";
    let fleet = "[fleet.phones]\ndevices = 1\nlink = \"crawling\"\nstart = \"empty\"\n";
    let outcome = ended(&format!("duration = \"1h\"\ndrain = \"1h\"\n{crawling}{fleet}"));
    let Ending::Stuck(lines) = &outcome.ending else { panic!("{:?}", outcome.ending) };
    let failed = value(&outcome, "engine.requests.failed");
    assert!(failed > 1);
    let told =
        format!("its last {} requests failed (last error: timed out); its engine says: ", thousands(failed));
    assert!(lines[0].contains("did not complete; ") && lines[0].contains(&told), "{lines:?}");
}

#[test]
fn every_run_that_started_ended_well_or_not_whichever_sync_the_power_fails_at() {
    for (nth, when) in (1..=6).flat_map(|nth| [(nth, "before"), (nth, "after")]) {
        let fleet = "[fleet.phones]\ndevices = 2\nlink = \"lte-good\"\nstart = \"1d\"\n[workload]\nresumes_per_hour = 20\n";
        let event = format!(
            "[event.p]\nat = \"+10s\"\npower_loss = {{ at_sync = {nth}, when = \"{when}\" }}\n[action.e]\n\
             entity = \"note\"\nkind = \"update\"\ncolumns = [\"title\"]\nper_device = 5\n[store]\njournal = \"wal\"\n"
        );
        let outcome = outcome(&format!("duration = \"10m\"\n{fleet}{event}"));
        let well = outcome.figures["engine.session.duration"].stat("count").expect("it is a distribution");
        let figure = |name: &str| value(&outcome, &format!("engine.session.{name}"));
        assert_eq!(value(&outcome, "device.power_losses.count"), 2, "{nth} {when}");
        assert_eq!(figure("count"), well + figure("failed"), "{nth} {when}");
    }
}
