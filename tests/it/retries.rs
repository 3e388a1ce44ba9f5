//! How long a unit waits after a failure.

use syncdyno::base::{Seed, Span, Time};
use syncdyno::scenario::Plan;
use syncdyno::world::{self, Ended, Stacks, Unwatched};

use crate::worlds;

/// A phone that logs in at +10s, and this event.
fn plan(trouble: &str, more: &[&str]) -> Plan {
    let trouble = format!("event.trouble={{ {trouble} }}");
    let sets = [
        "gateway={ mode = \"ota\" }",
        "duration=20m",
        "fleet.phones.devices=1",
        "unit.All={ on = [\"login\"], pull = [\"*\"], push = [\"*\"] }",
        "workload.login.all={ at = \"+10s\", spread = \"1ms\" }",
        "engine.retry={ base = \"1s\", cap = \"5m\", attempts = 5, jitter = \"none\" }",
        &trouble,
    ];
    let sets: Vec<&str> = sets.iter().chain(more).copied().collect();
    worlds::plan("tests/it/worlds/replica.toml", &sets)
}

/// The planned waits if this happens before a login, shortest first, as (seconds, count).
fn waits(trouble: &str) -> Vec<(u64, u64)> {
    let outcome = worlds::run(&plan(&format!("at = \"+5s\", {trouble}"), &[]));
    assert_eq!(worlds::trouble(&outcome), Vec::<String>::new());
    let waits = outcome.distributions.iter().find(|(metric, _)| *metric == "engine.retry.wait");
    let (_, waits) = waits.expect("waits are a distribution");
    waits.counted().iter().map(|(wait, times)| (wait / 1_000_000_000, *times)).collect()
}

#[test]
fn a_run_that_ends_at_its_first_failure_is_followed_by_the_first_wait_and_then_by_longer_ones_up_to_the_cap()
{
    let portal = waits("captive_portal = { for = \"18m\" }");
    assert_eq!(
        portal,
        [(1, 1), (2, 1), (4, 1), (8, 1), (16, 1), (32, 1), (64, 1), (128, 1), (256, 1), (300, 2)]
    );
}

#[test]
fn a_unit_that_failed_is_not_tried_without_a_network_and_at_once_when_one_comes() {
    let asked = "event.asked={ at = \"+2m\", trigger = { unit = \"All\" } }";
    let plan = plan("at = \"+1m\", outage = { for = \"10m\", mode = \"reset\" }", &[asked]);
    let (outcome, log) =
        world::run_logging(&plan, &Stacks::builtin(), &Unwatched, 100).expect("the world runs");
    assert_eq!(worlds::trouble(&outcome), Vec::<String>::new());
    let minutes = |n: u64| Time::ZERO + Span::secs(60 * n);
    let tries = log.requests.iter().filter(|request| request.at > minutes(1) && request.at < minutes(15));
    let tries: Vec<(Ended, Time)> = tries.map(|request| (request.ended, request.at)).collect();
    assert_eq!(tries[0].0, Ended::NotSent);
    assert_eq!(tries[1].0, Ended::Answered);
    let waited = tries[1].1 - minutes(11);
    assert!(waited < Span::secs(10), "{waited} after the network came back");
}

#[test]
fn a_run_that_used_up_its_attempts_is_followed_by_the_wait_after_so_many() {
    let once = waits("backend_down = { for = \"30s\" }");
    assert_eq!(once, [(1, 1), (2, 1), (4, 1), (8, 1), (16, 1)]);
}

#[test]
fn a_run_that_uses_up_its_tries_is_followed_by_the_next_wait_and_another_by_the_one_behind_it() {
    let thrice = waits("backend_down = { for = \"100s\" }");
    assert_eq!(thrice, [(1, 3), (2, 3), (4, 3), (8, 3), (16, 1), (32, 1), (64, 1)]);
}

/// The times of requests in seconds, after the one at `from` minutes.
fn requests_after(plan: &Plan, from: u64) -> Vec<u64> {
    let (outcome, log) =
        world::run_logging(plan, &Stacks::builtin(), &Unwatched, 1_000).expect("the world runs");
    assert_eq!(worlds::trouble(&outcome), Vec::<String>::new());
    let from = Time::ZERO + Span::secs(60 * from);
    let late = log.requests.iter().filter(|request| request.at >= from);
    late.map(|request| request.at.since(Time::ZERO).0 / 1_000_000_000).collect()
}

#[test]
fn a_failure_after_a_good_run_is_followed_by_its_own_wait_and_not_by_one_of_an_earlier_outage() {
    // At 8 minutes the next attempt is minutes away. A new network lets the unit succeed; it fails
    // once.
    let sets = [
        "engine.retry.attempts=1",
        "event.dark={ at = \"+495s\", outage = { for = \"10s\", mode = \"reset\" } }",
        "event.hiccup={ at = \"+10m\", backend_down = { for = \"500ms\" } }",
        "event.asked={ at = \"+10m\", trigger = { unit = \"All\" } }",
    ];
    let requests = requests_after(&plan("at = \"+5s\", backend_down = { for = \"485s\" }", &sets), 10);
    let first = requests.iter().take_while(|second| **second < 605).copied();
    assert_eq!(first.collect::<Vec<_>>()[..2], [600, 601], "{requests:?}");
}

#[test]
fn a_flapping_network_does_not_hurry_what_the_server_refuses() {
    let sets = ["event.flaps={ at = \"+1m\", flap = { every = \"6s\", for = \"10m\" } }"];
    let requests = requests_after(&plan("at = \"+5s\", backend_down = { for = \"11m\" }", &sets), 1);
    let flapping = requests.iter().filter(|second| **second < 660).count();
    // A hundred flaps; by the waits alone there would be two or three attempts.
    assert!((2..=20).contains(&flapping), "{requests:?}");
}

#[test]
fn a_try_that_was_planned_before_a_run_began_does_not_follow_that_run_at_once() {
    // Requested at 55 s, the unit runs at the attempt that the failure at 40 s planned for 70 s.
    let sets = [
        "engine.retry={ base = \"30s\", cap = \"30s\", attempts = 2, jitter = \"none\" }",
        "event.asked={ at = \"+55s\", trigger = { unit = \"All\" } }",
    ];
    let requests = requests_after(&plan("at = \"+5s\", backend_down = { for = \"10m\" }", &sets), 0);
    assert_eq!(requests[..8], [10, 40, 55, 85, 115, 145, 175, 205], "{requests:?}");
}

/// Pages of two rows, four prefetched, one in ten with an unreadable row: these are many requests
/// even without a fault.
#[test]
fn small_pages_beside_a_full_disk_are_no_request_storm() {
    let plan = worlds::written(
        "name = \"pages\"\nduration = \"30m\"\n[entity.task]\nrows = 60\n\
         schema = { id = \"uuid key\", ward = \"attribute ward\" }\n\
         [fleet.phones]\ndevices = 6\nattributes = { ward = 1 }\n\
         [engine]\nretry.cap = \"5s\"\n\
         pull = { chunk_rows = 2, prefetch = 4, bad_rows = 0.1, checkpoint = \"session\" }\n\
         [workload.login.all]\nat = \"+1s\"\nspread = \"2s\"\n\
         [event.full]\nat = \"+16s\"\ndisk_full = { for = \"3m\" }\n",
    );
    for seed in 1..=10 {
        let outcome = worlds::run(&plan.clone().with_seed(Seed(seed)));
        assert!(worlds::value(&outcome, "engine.requests.count") > 300, "it has no pages");
        assert_eq!(worlds::trouble(&outcome), Vec::<String>::new(), "seed {seed}");
    }
}

/// A full disk, and prefetched pages with bad rows: every repetition comes after its wait, whatever
/// the page size and wherever the pull continues.
#[test]
fn pages_that_a_full_disk_refuses_make_no_storm() {
    let world = "name = \"full\"\nduration = \"20m\"\n[entity.task]\nrows = 60\n\
        schema = { id = \"uuid key\", ward = \"attribute ward\" }\n\
        [fleet.f]\ndevices = 6\nattributes = { ward = 1 }\n[engine]\nretry = { cap = \"5s\" }\nPULL\n\
        [workload.login.all]\nat = \"+1s\"\n[event.full]\nat = \"+16s\"\ndisk_full = { for = \"FOR\" }\n";
    for pull in [
        "chunk_rows = 2, prefetch = 4, bad_rows = 0.1, checkpoint = \"session\"",
        "chunk_rows = 5, prefetch = 2, bad_rows = 0.3, checkpoint = \"session\"",
        "chunk_rows = 1, bad_rows = 0.1",
        "chunk_rows = 2, prefetch = 4",
    ] {
        for lasts in ["3m", "12m"] {
            let text = world.replace("PULL", &format!("pull = {{ {pull} }}")).replace("FOR", lasts);
            let trouble = worlds::trouble(&worlds::run(&worlds::written(&text)));
            assert_eq!(trouble, Vec::<String>::new(), "{pull}, full for {lasts}");
        }
    }
}
