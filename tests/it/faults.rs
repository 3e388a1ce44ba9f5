//! Faults fire as often as a scenario says.

use syncdyno::world::{Ending, Missed, Outcome};

use crate::worlds::{run, value, written};

fn outcome(scenario: &str) -> Outcome {
    let outcome = ended(scenario, "");
    assert_eq!(outcome.ending, Ending::Drained);
    outcome
}

fn ended(scenario: &str, note: &str) -> Outcome {
    let text = format!(
        "name = \"faults\"\n{scenario}[entity.note]\nrows = 5\nschema = {{ id = \"uuid key\", title = \"text\" }}\n{note}"
    );
    run(&written(&text))
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
fn a_device_that_is_stuck_without_an_edit_tells_how_its_requests_failed() {
    let crawling =
        "[link.crawling]\nkind = \"cellular\"\nrtt = \"180ms\"\ndown = \"200bit/s\"\nup = \"500kbit/s\"\n";
    let fleet = "[fleet.phones]\ndevices = 1\nlink = \"crawling\"\nstart = \"empty\"\n";
    let outcome = ended(&format!("duration = \"1h\"\ndrain = \"1h\"\n{crawling}{fleet}"), "");
    let Ending::Stuck(lines) = &outcome.ending else { panic!("{:?}", outcome.ending) };
    insta::assert_snapshot!(format!("{}\n{}", value(&outcome, "engine.requests.failed"), lines.join("\n")));
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

/// A line for each planned event that did not fire: where, and why.
fn told(scenario: &str) -> Vec<String> {
    let line =
        |Missed { event, why, devices, of }: Missed| format!("{event} ({} of {of}): {why}", devices.len());
    outcome(scenario).missed.into_iter().map(line).collect()
}

/// Phones that sync after one hour, and an event at some time.
fn once_an_hour(at: &str, name: &str, what: &str) -> String {
    let seldom = PULLING.replace("\"login\", \"every 1h\"", "\"manual\"");
    let syncs = "[event.syncs]\nat = \"+1h\"\ntrigger = { unit = \"All\" }\n";
    format!("duration = \"3h\"\n{seldom}{syncs}[event.{name}]\nat = \"{at}\"\n{what}\n")
}

/// Events that need a device that uses its network or storage, or a request to the backend.
const SHORT: [(&str, &str); 12] = [
    ("down", "backend_down = { for = \"1m\" }"),
    ("elsewhere", "network_change = { for = \"1m\", link = \"edge\" }"),
    ("flaps", "flap = { for = \"1m\" }"),
    ("full", "disk_full = { for = \"1m\" }"),
    ("backend_link", "backend_link_outage = { for = \"1m\" }"),
    ("lost", "response_loss = { for = \"1m\", loss = 1 }"),
    ("out", "outage = { for = \"1m\" }"),
    ("mixed", "foreign_responses = { for = \"1m\", responses = 1 }"),
    ("proxy", "caching_proxy = { for = \"1m\", ttl = \"1m\" }"),
    ("portal", "captive_portal = { for = \"1m\" }"),
    ("restored", "restore = { of = \"1m\" }"),
    ("slow", "slow_disk = { for = \"1m\" }"),
];

#[test]
fn what_was_planned_and_met_nobody_is_told_and_why() {
    let mut lines = Vec::new();
    let mut add = |scenario: &str| lines.extend(told(scenario));
    let ends = [
        ("at-once", "kill = {}"),
        ("fetched", "kill = { point = \"fetch.applied\" }"),
        ("often", "kill = { point = \"session.started\", nth = 1000000 }"),
        // Two events that wait for the same point do not prevent each other.
        ("once", "kill = { devices = [1], point = \"session.started\" }"),
        ("synced", "power_loss = { at_sync = 1 }"),
        ("late", "power_loss = { devices = [0], at_sync = 1000000 }"),
        ("in-turn", "power_loss = { at_sync = 2, stagger = 999999 }"),
    ];
    // At the same instant the first power loss would replace the last.
    let at = |name: &str| if name == "in-turn" { 3 } else { 2 };
    let ends = ends.map(|(name, what)| format!("[event.{name}]\nat = \"+{}h\"\n{what}\n", at(name))).concat();
    add(&format!("duration = \"5h\"\n{PULLING}{ends}"));
    let off = "[event.off]\nat = \"+1h\"\npower_loss = { restart_after = \"1h\" }\n[event.dead]\nat = \"+90m\"\nkill = {}\n";
    add(&format!("duration = \"5h\"\n{PULLING}{off}"));
    let killed = "[event.killed]\nat = \"+29m\"\nkill = { restart_after = \"1h\" }\n";
    let synced = "[event.synced]\nat = \"+30m\"\ntrigger = { unit = \"All\" }\n";
    add(&format!("duration = \"3h\"\n{PULLING}{killed}{synced}"));
    // Nobody does anything at half past.
    SHORT.iter().for_each(|(name, what)| add(&once_an_hour("+30m", name, what)));
    let row = "[event.zzz]\nat = \"+1h\"\nedits = { action = \"none\", count = 3, row = \"zzz\" }\n";
    let edited = PULLING.replace("per_device = 0", "per_device = 200");
    let edited = edited.replace("pull = [\"*\"]", "pull = [\"*\"]\npush = [\"*\"]");
    add(&format!("duration = \"3h\"\n{edited}{row}"));
    add(&format!("duration = \"1h\"\n{PULLING}[chaos]\nkill_mtbf = \"1000d\"\noutage_mtbf = \"1m\"\n"));
    let never = PULLING.replace("\"login\", \"every 1h\"", "\"manual\"");
    for (kind, key) in [
        ("cancel = {}", "cancel_mtbf = \"1m\""),
        ("bad_rows = { for = \"1m\", rows = 1 }", "bad_rows = 0.5"),
        ("put_off = { for = \"1m\", edits = 1 }", "put_off = 0.5"),
        ("refused_deletes = { for = \"1m\", deletes = 1 }", "refused_deletes = 0.5"),
    ] {
        add(&format!("duration = \"1h\"\n{never}[event.e]\nat = \"+30m\"\n{kind}\n[chaos]\n{key}\n"));
    }
    for backend in
        ["poison = 0.5", "partial = 0.5", "refused_deletes = 0.5", "availability = { share = 0.999999 }"]
    {
        add(&format!("duration = \"1h\"\n{PULLING}[backend]\n{backend}\n"));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_fault_that_meets_somebody_is_not_told() {
    for (name, what) in SHORT.iter().filter(|(name, _)| *name != "restored") {
        assert_eq!(told(&once_an_hour("+59m50s", name, what)), [""; 0], "{name}");
    }
    let restored = once_an_hour("+70m", "restored", "restore = { of = \"30m\" }");
    assert_eq!(told(&restored), [""; 0], "they synced in between");
    for what in ["gateway_kill = {}", "clock_step = { by = \"+1h\" }", "trigger = { unit = \"All\" }"] {
        assert_eq!(told(&once_an_hour("+30m", "other", what)), [""; 0], "{what}");
    }
}

#[test]
fn a_run_that_is_cancelled_ends_and_the_next_brings_everything() {
    let chaos = "[chaos]\ncancel_mtbf = \"10m\"\n";
    let outcome = outcome(&format!("duration = \"1d\"\n{PULLING}{chaos}"));
    assert!(outcome.violations.is_empty() && outcome.missed.is_empty(), "{:?}", outcome.violations);
    let (count, cancelled) =
        (value(&outcome, "engine.session.failed"), value(&outcome, "engine.session.cancelled"));
    assert!(cancelled >= 15 && cancelled == count, "{cancelled} of {count}");
}

#[test]
fn a_run_in_which_no_device_asks_for_anything_is_silent() {
    let syncing = outcome(&format!("duration = \"1h\"\n{PULLING}"));
    assert!(!syncing.is_silent);
    let never = PULLING.replace("\"login\", \"every 1h\"", "\"every 9h\"");
    assert!(!outcome(&format!("duration = \"1h\"\n{never}")).is_silent, "the drain asks");
    let nothing = PULLING.replace("pull = [\"*\"]", "push = [\"*\"]");
    let upload_only = format!("duration = \"1h\"\n{nothing}").to_owned();
    let outcome = ended(&upload_only, "delivery = \"upload-only\"\n");
    assert!(outcome.is_silent && outcome.ending == Ending::Drained, "{:?}", outcome.ending);
}

#[test]
fn parts_that_are_not_used_are_told_and_what_follows_is_not() {
    let told = |more: &str| -> Vec<String> {
        let outcome = outcome(&format!("duration = \"1h\"\n{PULLING}{more}"));
        let counted = value(&outcome, "workload.untested.count");
        let still = u64::from(outcome.is_still || outcome.is_silent);
        assert_eq!(counted, outcome.missed.len() as u64 + still);
        outcome.missed.into_iter().map(|missed| missed.event).collect()
    };
    assert_eq!(told(""), [""; 0], "the drain is no part of it");
    let rare = "[unit.Rare]\non = [\"every 9h\", \"background\"]\npull = [\"*\"]\n";
    assert_eq!(told(rare), ["unit.Rare"], "that no window came follows from it");
    let photo = "[entity.photo]\nrows = 0\ndelivery = \"upload-only\"\n\
                 schema = { id = \"uuid key\", text = \"text\" }\n";
    assert_eq!(told(photo), ["entity.photo"]);
    let out =
        "[workload.login.all]\nat = \"+2m\"\n[event.out]\nat = \"+1s\"\noutage = { for = \"59m59s\" }\n";
    assert_eq!(told(out), ["fleet.phones", "out"], "units and rows wait for a login");
    let hook = "[hooks.on_sync_error]\ntakes = \"1s\"\n";
    assert_eq!(told(hook), ["hooks.on_sync_error"]);
    assert_eq!(told("[hooks.on_sync_start]\ntakes = \"1s\"\n"), [""; 0]);
}
