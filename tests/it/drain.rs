//! How a world comes to rest.

use syncdyno::base::{Span, Time};
use syncdyno::contract::RequestKind;
use syncdyno::scenario::Request;
use syncdyno::world::{self, Ending, Outcome, Stacks, Unwatched};

use crate::worlds::{self, TINY, figure, trouble, value};

#[test]
fn a_fleet_in_which_somebody_always_syncs_comes_to_rest() {
    let sets = [
        "fleet.known.devices=40",
        "fleet.known.link=vpn-over-edge",
        "workload.foreground=1h",
        "workload.login.all.spread=20s",
        "engine.debounce=1s",
        "unit.Online={ on = [\"online\", \"every 5s\"], pull = [\"*\"], push = [\"*\"] }",
    ];
    let outcome = worlds::run(&worlds::plan(TINY, &sets));
    assert_eq!(trouble(&outcome), Vec::<String>::new());
}

#[test]
fn edits_that_are_planned_past_the_script_are_made_and_sent() {
    let made = |over: &str| {
        let edits = format!("edits = {{ action = \"add\", count = 9, over = \"{over}\" }}");
        let late = format!("event.late={{ at = \"+599s\", {edits} }}");
        let outcome = worlds::run(&worlds::plan(TINY, &["duration=10m", "event.burst.at=+20s", &late]));
        assert_eq!(trouble(&outcome), Vec::<String>::new());
        assert!(outcome.in_vain.is_empty(), "{:?}", outcome.in_vain);
        value(&outcome, "workload.edits.made")
    };
    assert_eq!(made("1m"), made("5s"));
}

#[test]
fn rows_that_their_photos_free_after_the_round_are_sent() {
    let sets = [
        "duration=5m",
        "drain=8m",
        "entity.task.attachment={ least = \"200kB\", most = \"400kB\" }",
        "engine.attachments={ queue = \"beside\", with = \"row\" }",
        "unit.Online={ on = [\"start\"], pull = [\"*\"], push = [\"*\"] }",
        "unit.Login={ on = [\"login\"], pull = [\"*\"] }",
        "fleet.fresh.link=lte-poor",
        "fleet.known.link=lte-poor",
        "event.late={ at = \"+295s\", edits = { action = \"add\", count = 3, over = \"4s\" } }",
    ];
    let outcome = worlds::run(&worlds::plan(TINY, &sets));
    assert_eq!(trouble(&outcome), Vec::<String>::new());
}

#[test]
fn a_replica_has_nothing_of_what_devices_cannot_get_and_phones_of_yesterday_begin_all_the_same() {
    let sets = [
        "gateway.mode=persistent",
        "entity.audit={ rows = 20, delivery = \"backend-only\", schema = { id = \"uuid key\", line = \"text 10..60\" } }",
        "fleet.known.start=1d",
    ];
    let outcome = worlds::run(&worlds::plan(TINY, &sets));
    assert_eq!(trouble(&outcome), Vec::<String>::new());
}

/// What is wrong with a world of the folder, with these settings and seeds.
fn troubles(world: &str, sets: &[&str], seeds: impl IntoIterator<Item = u64>) -> Vec<(u64, Vec<String>)> {
    let document = worlds::document(&format!("tests/it/worlds/{world}.toml"));
    let sets = sets.iter().map(|set| (*set).to_owned()).collect();
    let request = Request { sets, seeds: seeds.into_iter().collect(), ..Request::default() };
    let plans = worlds::plans(&document, &request);
    let troubles = plans.iter().map(|plan| (plan.seed.0, trouble(&worlds::run(plan))));
    troubles.filter(|(_, trouble)| !trouble.is_empty()).collect()
}

#[test]
fn who_waits_for_a_replica_does_not_use_up_the_quota_that_its_refresh_needs() {
    let quota = "backend.quota={ per = \"1m\", requests = 4 }";
    assert_eq!(troubles("replica", &["duration=1h", quota], 1..=5), []);
}

#[test]
fn who_waits_for_a_replica_does_not_send_refresh_and_upload_in_each_others_way_for_ever() {
    let sets = ["backend.workers=1", "backend.queue=0", "gateway.refresh.upload_every=7s"];
    assert_eq!(troubles("replica", &sets, 1..=8), []);
}

#[test]
fn a_gateway_that_never_catches_up_is_named_as_what_everybody_waited_for() {
    let quota = "backend.quota={ per = \"1d\", requests = 1 }";
    let outcome = worlds::run(&worlds::plan("tests/it/worlds/replica.toml", &[quota]));
    let Ending::Stuck(lines) = &outcome.ending else { panic!("{:?}", outcome.ending) };
    assert_eq!(lines.len(), 2, "{lines:?}");
    let (start, end) =
        ("device 0 was not asked to sync: the gateway did not catch up with the backend in time (", ")");
    assert!(lines[0].starts_with(start) && lines[0].ends_with(end), "{}", lines[0]);
}

#[test]
fn a_row_that_waits_for_ever_is_named_with_what_it_waits_for() {
    let outcome = worlds::run(&worlds::written(
        r#"
name = "waits"
duration = "20m"
drain = "1h"
engine.pull.missing_parent = "wait"
[entity.order]
rows = 3
schema = { id = "uuid key", name = "text 5..9" }
[entity.line]
rows = 9
schema = { id = "uuid key", order = "ref order" }
[fleet.phones]
devices = 1
start = "1d"
[unit.All]
on = ["login", "every 5m"]
pull = ["*"]
[action.drop]
entity = "order"
kind = "delete"
per_device = 1
on_devices = 0
"#,
    ));
    let Ending::Stuck(lines) = &outcome.ending else { panic!("{:?}", outcome.ending) };
    let (what, why) = ("(the delete of order/", ", which refers to it)");
    assert!(lines[0].contains(what) && lines[0].contains(why), "{}", lines[0]);
}

#[test]
fn what_a_killed_gateway_had_claimed_is_waited_for_however_long_the_claim_is() {
    let sets = [
        "gateway={ mode = \"ota\", backend_link = { rtt = \"200ms\" } }",
        "gateway.serve.capture={ flag = { form = \"status\", lease = \"30m\" } }",
        "duration=2m",
        "drain=20m",
        "engine={ debounce = \"0s\", pull = { chunk_rows = 10 } }",
        "unit.Look={ on = [\"login\", \"every 5s\"], pull = [\"*\"] }",
        "workload.login.all={ at = \"+10s\", spread = \"2s\" }",
        "workload.foreground=10m",
        "action.add={ entity = \"a\", kind = \"create\", per_device = 60, on_devices = 0 }",
        "event.crash={ at = \"+119s\", gateway_kill = { restart_after = \"500ms\" } }",
    ];
    assert_eq!(troubles("replica", &sets, 1..=8), []);
}

#[test]
fn what_a_device_drops_unbegun_is_asked_for_again_and_nobody_loses_what_no_round_brought() {
    assert_eq!(troubles("hasty", &[], [1, 2, 17, 21, 26, 48]), []);
}

#[test]
fn a_script_in_which_nothing_is_left_to_do_lasts_to_its_end() {
    let sets =
        ["gateway={ mode = \"ota\" }", "duration=365d", "unit.All={ on = [\"login\"], pull = [\"*\"] }"];
    let plan = worlds::plan("tests/it/worlds/replica.toml", &sets);
    let outcome = worlds::run(&plan);
    assert_eq!(outcome.script, plan.duration);
    assert_eq!(outcome.length(), plan.duration + outcome.drained_in);
    assert!(outcome.drained_in < Span::secs(3_600), "{}", outcome.drained_in);
}

#[test]
fn the_drain_of_a_quiet_world_begins_at_its_scripts_end_with_a_radio_that_sleeps_and_a_connection_that_is_closed()
 {
    let sets = [
        "gateway={ mode = \"ota\" }",
        "fleet.phones.devices=1",
        "fleet.phones.link=sleepy",
        "link.sleepy={ kind = \"cellular\", rtt = \"50ms\", down = \"10Mbit/s\", up = \"10Mbit/s\", promotion = { after = \"10s\", takes = \"2s\" } }",
        "transport.keep_alive=75s",
        "unit.All={ on = [\"login\"], pull = [\"*\"], push = [\"*\"] }",
        "workload.login.all={ at = \"+10s\", spread = \"1ms\" }",
        "action.add={ entity = \"a\", kind = \"create\", per_device = 0 }",
        "event.late={ at = \"+1m\", edits = { action = \"add\", count = 1 } }",
    ];
    let plan = worlds::plan("tests/it/worlds/replica.toml", &sets);
    let (outcome, log) =
        world::run_logging(&plan, &Stacks::builtin(), &Unwatched, 100).expect("the world runs");
    assert_eq!(trouble(&outcome), Vec::<String>::new());
    let end = Time::ZERO + plan.duration;
    let later = log.requests.iter().find(|request| request.at > Time::ZERO + Span::secs(60));
    let pushed = later.expect("the drain brings what was made after the only sync");
    assert_eq!(pushed.kind, RequestKind::Push);
    assert!(pushed.at >= end && pushed.at < end + Span::millis(100), "{}", pushed.at);
    assert_eq!(outcome.ended_at, end + outcome.drained_in);
    assert_eq!(value(&outcome, "net.connections.count"), 2);
    let least = figure(&outcome, "net.connect.duration", "min");
    assert!(least > Span::secs(1).0, "each woke the radio: {least}");
}

/// Over the air, one second behind the clock.
const WINDOW: &str =
    "gateway={ mode = \"ota\", serve = { capture = { last_modified = { window = \"1s\" } } } }";

/// A backend whose clock steps back by three minutes, read with a delay by this gateway.
fn read_behind_a_clock_that_stepped_back(gateway: &str, sets: &[&str]) -> Vec<String> {
    let step = "event.step={ at = \"+9m\", backend_clock_step = { by = \"-3m\" } }";
    let add = "action.add={ entity = \"a\", kind = \"create\", per_device = 60, on_devices = 0.5 }";
    let sets: Vec<&str> = [gateway, step, add].iter().chain(sets).copied().collect();
    trouble(&worlds::run(&worlds::plan("tests/it/worlds/replica.toml", &sets)))
}

#[test]
fn who_reads_behind_the_clock_is_given_the_time_in_which_that_catches_up() {
    assert_eq!(read_behind_a_clock_that_stepped_back(WINDOW, &[]), Vec::<String>::new());
    let replica = "gateway.refresh.capture={ last_modified = { window = \"1s\" } }";
    assert_eq!(read_behind_a_clock_that_stepped_back(replica, &[]), Vec::<String>::new());
}

#[test]
fn who_reads_behind_a_clock_that_does_not_catch_up_in_time_is_stuck_and_nothing_is_lost() {
    let said = read_behind_a_clock_that_stepped_back(WINDOW, &["drain=1m"]);
    assert!(said[0].starts_with("Stuck("), "{said:?}");
    assert!(said[0].contains("08:12:01.000"), "{said:?}");
    assert!(said[1..].iter().all(|line| line.starts_with("stuck: ")), "{said:?}");
}

#[test]
fn edits_that_are_asked_for_at_one_instant_are_no_loop_however_many_they_are() {
    // Nobody is there to make the edits.
    let sets = [
        "gateway={ mode = \"ota\" }",
        "workload.login.all={ at = \"+5m\", spread = \"1s\" }",
        "action.touch={ entity = \"a\", kind = \"update\", columns = [\"t\"], per_device = 0 }",
        "event.burst={ at = \"+1m\", edits = { action = \"touch\", count = 600000 } }",
    ];
    assert_eq!(
        trouble(&worlds::run(&worlds::plan("tests/it/worlds/replica.toml", &sets))),
        Vec::<String>::new()
    );
}

#[test]
fn every_edit_that_people_want_to_make_is_made_or_refused_or_missed() {
    let all = Request { sets: vec!["action.tick-off.on_devices=1".to_owned()], ..Request::default() };
    let killed = ["device/cut-short", "device/power-loss", "device/disk-full-killed", "kill-in-pull"];
    let mut missed = 0;
    for scenario in killed {
        let document = worlds::document(&format!("scenarios/{scenario}.toml"));
        for plan in worlds::plans(&document, &all) {
            let outcome = worlds::run(&plan);
            let actions = &outcome.placed.actions;
            assert!(actions.iter().all(|action| action.in_office + action.contended == 0));
            let wanted: u64 =
                actions.iter().map(|action| action.on_devices + action.in_bursts - action.left_out).sum();
            let told =
                ["made", "refused", "missed"].map(|how| value(&outcome, &format!("workload.edits.{how}")));
            assert_eq!(told.iter().sum::<u64>(), wanted, "{scenario} {:?}: {told:?}", plan.source.variant);
            missed += told[2];
        }
    }
    assert!(missed > 100, "{missed}");
}

#[test]
fn a_drain_among_readers_behind_the_backend_is_asked_once_they_see_all() {
    let sets = [
        "gateway={ mode = \"ota\" }",
        "backend.replica_lag=2m",
        "action.edit={ entity = \"a\", kind = \"update\", columns = [\"t\"], per_device = 20 }",
        "duration=10m",
        "unit.All={ on = [\"login\", \"save\"], pull = [\"*\"], push = [\"*\"] }",
    ];
    assert_eq!(troubles("replica", &sets, 1..=8), []);
}

/// Prices change in the office; only a login pulls them, and there is no second login.
fn refreshed(cursor: &str, source: &str) -> Outcome {
    worlds::run(&worlds::written(&format!(
        r#"
name = "refreshed"
duration = "3h"
entity.price = {{ rows = 60, schema = {{ id = "uuid key", cents = "int 1..900" }} }}
entity.page = {{ rows = 5, schema = {{ id = "uuid key", text = "text 5..20" }} }}
fleet.phones = {{ devices = 3, link = "lte-good", clock = {{ offset = "1m" }} }}
gateway.serve.capture.last_modified.source = "{source}"
engine.pull.cursor = "{cursor}"
unit.Login = {{ on = ["login"], pull = ["*"] }}
unit.Refresh = {{ on = ["online", "every 5m"], pull = ["price"] }}
workload.foreground = "3h"
action.reprice = {{ entity = "price", kind = "update", columns = ["cents"], per_device = 60, on_devices = 0 }}
"#
    )))
}

#[test]
fn a_login_after_the_script_hides_no_row_that_a_refresh_passed_over() {
    let stale = |outcome: &Outcome| value(outcome, "oracle.stale.rows");
    assert!(stale(&refreshed("last-sync-on", "client-clock")) > 0);
    assert_eq!(stale(&refreshed("entity", "records")), 0);
}
