//! Faults strike as often as they are said to.

use super::outcome::{Ending, Outcome};
use super::registry::Stacks;
use super::run::run;
use super::watch::Unwatched;
use crate::base::DeviceId;
use crate::base::words::thousands;
use crate::scenario::{Document, Names, Plan, Request};

fn outcome(scenario: &str) -> Outcome {
    let outcome = ended(scenario);
    assert_eq!(outcome.ending, Ending::Drained);
    outcome
}

fn ended(scenario: &str) -> Outcome {
    ended_with(scenario, "")
}

fn ended_with(scenario: &str, note: &str) -> Outcome {
    let text = format!(
        "name = \"faults\"\n{scenario}[entity.note]\nrows = 5\nschema = {{ id = \"uuid key\", title = \"text\" }}\n{note}"
    );
    run(&plan(&text), &Stacks::builtin(), &Unwatched).expect("it can be run")
}

/// The plan that this text of a file comes to.
pub(super) fn plan(text: &str) -> Plan {
    let document = Document::parse("test.toml", text).expect("it is TOML");
    let stacks = Stacks::builtin().described();
    let names = Names { metrics: &[], checks: &[], stacks: &stacks };
    document.plans(&Request::default(), &names).unwrap_or_else(|wrong| panic!("{wrong}")).remove(0)
}

pub(super) fn value(outcome: &Outcome, metric: &str) -> u64 {
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

/// The events of a world that met nobody, with the reason: phones that sync after an hour, and an
/// event at a time.
fn met_nobody(at: &str, name: &str, what: &str) -> Vec<(String, String)> {
    let syncs = "[event.syncs]\nat = \"+1h\"\ntrigger = { unit = \"All\" }\n";
    let event = format!("[event.{name}]\nat = \"{at}\"\n{what}\n");
    let seldom = PULLING.replace("\"login\", \"every 1h\"", "\"manual\"");
    let outcome = outcome(&format!("duration = \"3h\"\n{seldom}{syncs}{event}"));
    let nobody = outcome.missed.into_iter().filter(|missed| missed.of == 0);
    nobody.map(|missed| (missed.event, missed.why)).collect()
}

/// Events that need a device which uses its network or its storage, or somebody who asks the
/// backend.
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
fn each_fault_that_meets_nobody_is_told_and_why() {
    for (name, what) in SHORT {
        // Nobody does anything then.
        let told = met_nobody("+30m", name, what);
        let why = match name {
            "down" | "backend_link" => "nobody asked the backend for anything while it lasted",
            "full" | "slow" => "none of its devices wrote anything while it lasted",
            "lost" => "no response was lost",
            "mixed" => "no response came that was not its request's",
            "restored" => "none of its devices wrote anything since the backup",
            _ => "none of its devices used the network while it lasted",
        };
        assert_eq!(told, [(name.to_owned(), why.to_owned())]);
    }
}

#[test]
fn a_fault_that_meets_somebody_is_not_told() {
    for (name, what) in SHORT.iter().filter(|(name, _)| *name != "restored") {
        assert_eq!(met_nobody("+59m50s", name, what), [], "{name}");
    }
    assert_eq!(met_nobody("+70m", "restored", "restore = { of = \"30m\" }"), [], "they synced in between");
    for what in ["gateway_kill = {}", "clock_step = { by = \"+1h\" }", "trigger = { unit = \"All\" }"] {
        assert_eq!(met_nobody("+30m", "other", what), [], "{what}");
    }
}

#[test]
fn edits_of_a_row_that_never_is_are_told_beside_others() {
    let row = "[event.zzz]\nat = \"+1h\"\nedits = { action = \"none\", count = 3, row = \"zzz\" }\n";
    let edited = PULLING.replace("per_device = 0", "per_device = 200");
    let edited = edited.replace("pull = [\"*\"]", "pull = [\"*\"]\npush = [\"*\"]");
    let outcome = outcome(&format!("duration = \"3h\"\n{edited}{row}"));
    let missed: Vec<_> = outcome.missed.iter().map(|one| (&*one.event, &*one.why)).collect();
    assert_eq!(missed, [("zzz", "none of its edits was made")]);
    assert!(value(&outcome, "workload.edits.made") > 0, "others were");
}

#[test]
fn a_sync_that_nobody_can_ask_for_is_told() {
    let dead = "[event.killed]\nat = \"+29m\"\nkill = { restart_after = \"1h\" }\n";
    let events = format!("{dead}[event.synced]\nat = \"+30m\"\ntrigger = {{ unit = \"All\" }}\n");
    let outcome = outcome(&format!("duration = \"3h\"\n{PULLING}{events}"));
    let [missed] = &outcome.missed[..] else { panic!("{:?}", outcome.missed) };
    assert_eq!((&*missed.event, &*missed.why), ("synced", "the app of none of its devices ran at the time"));
}

#[test]
fn chaos_of_which_nothing_comes_is_told() {
    let chaos = "[chaos]\nkill_mtbf = \"1000d\"\noutage_mtbf = \"1m\"\n";
    let outcome = outcome(&format!("duration = \"1h\"\n{PULLING}{chaos}"));
    let [missed] = &outcome.missed[..] else { panic!("{:?}", outcome.missed) };
    let why = "none came by chance in 1h; one comes every 1000d";
    assert_eq!((&*missed.event, &*missed.why), ("chaos.kill_mtbf", why));
}

#[test]
fn disturbances_that_meet_nobody_are_told_and_why() {
    let never = PULLING.replace("\"login\", \"every 1h\"", "\"manual\"");
    for (kind, key, why) in [
        (
            "cancel = {}",
            "cancel_mtbf = \"1m\"",
            "no run was under way from then on, or the engine cancels none",
        ),
        ("bad_rows = { for = \"1m\", rows = 1 }", "bad_rows = 0.5", "no row came that could not be read"),
        ("put_off = { for = \"1m\", edits = 1 }", "put_off = 0.5", "no edit was put off"),
        ("refused_deletes = { for = \"1m\", deletes = 1 }", "refused_deletes = 0.5", "no delete was refused"),
    ] {
        let event = format!("[event.e]\nat = \"+30m\"\n{kind}\n[chaos]\n{key}\n");
        let outcome = outcome(&format!("duration = \"1h\"\n{never}{event}"));
        let told = outcome.missed.iter().map(|missed| (&*missed.event, &*missed.why));
        let key = format!("chaos.{}", key.split(' ').next().unwrap_or_default());
        let expected = [("e", why), (&*key, why)];
        assert_eq!(told.collect::<std::collections::BTreeSet<_>>(), expected.into());
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
    let outcome = ended_with(&upload_only, "delivery = \"upload-only\"\n");
    assert!(outcome.is_silent && outcome.ending == Ending::Drained, "{:?}", outcome.ending);
}

#[test]
fn backend_faults_of_which_nothing_comes_are_told() {
    let told = |backend: &str| -> Vec<(String, String)> {
        let outcome = outcome(&format!("duration = \"1h\"\n{PULLING}[backend]\n{backend}\n"));
        outcome.missed.into_iter().map(|missed| (missed.event, missed.why)).collect()
    };
    for (backend, key, why) in [
        ("poison = 0.5", "backend.poison", "no edit was refused for good"),
        ("partial = 0.5", "backend.partial", "no edit was put off"),
        ("refused_deletes = 0.5", "backend.refused_deletes", "no delete was refused"),
        ("availability = { share = 0.999999 }", "backend.availability", "no outage came by chance"),
    ] {
        assert_eq!(told(backend), [(key.to_owned(), why.to_owned())]);
    }
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
