//! Hooks, the app's own code in its runs: slow, failing, calling, triggering, killed.

use syncdyno::world::{Ending, Outcome};

use crate::worlds::{self, figure, trouble, value};

/// A phone that syncs each minute and makes no edits, with one unit that a person waits for.
const PHONE: &str = r#"
name = "hooks"
duration = "20m"
drain = "5m"
[entity.note]
rows = 20
schema = { id = "uuid key", title = "text" }
[fleet.phones]
devices = 1
link = "wifi-good"
[unit.Online]
on = ["login", "online", "every 1m"]
pull = ["*"]
push = ["*"]
blocking = true
[engine]
debounce = "1s"
request_timeout = "10s"
retry = { base = "2s", cap = "20s", attempts = 3 }
[workload]
foreground = "20m"
[action.none]
entity = "note"
kind = "update"
columns = ["title"]
per_device = 0
"#;

fn outcome(more: &str) -> Outcome {
    worlds::run(&worlds::written(&format!("{PHONE}{more}\n")))
}

/// The outcome of a world in which nothing may go wrong.
fn sound(more: &str) -> Outcome {
    let outcome = outcome(more);
    assert_eq!(trouble(&outcome), Vec::<String>::new(), "{more}");
    outcome
}

/// The counts of runs, of failed runs, and of hook calls.
fn counts(outcome: &Outcome) -> [u64; 3] {
    ["engine.session.count", "engine.session.failed", "engine.hooks.count"].map(|name| value(outcome, name))
}

const SECOND: u64 = 1_000_000_000;

#[test]
fn a_hook_that_is_called_for_nothing_changes_no_digest() {
    let other = "[unit.Other]\npull = [\"*\"]\non = []\n";
    let hook = "[hooks.on_sync_start]\nunit = \"Other\"\ntakes = \"5s\"\n";
    let on_error = "[hooks.on_sync_error]\nthrows = 1\n";
    let digest = |more: &str| sound(&format!("{other}{more}")).digest;
    assert_eq!(digest(""), digest(&format!("{hook}{on_error}")));
    assert_ne!(digest(""), digest("[hooks.on_sync_start]\n"));
}

#[test]
fn a_slow_start_makes_its_run_longer_and_the_login_later() {
    let (quick, slow) = (sound(""), sound("[hooks.on_sync_start]\ntakes = \"3s\"\n"));
    let shortest = |outcome: &Outcome| figure(outcome, "engine.session.duration", "min");
    assert!(shortest(&quick) < SECOND && shortest(&slow) >= 3 * SECOND);
    let usable = |outcome: &Outcome| figure(outcome, "engine.usable_after_login.duration", "max");
    assert!(usable(&slow) >= usable(&quick) + 3 * SECOND);
    let [runs, failed, calls] = counts(&slow);
    assert_eq!((failed, calls), (0, runs));
}

#[test]
fn a_slow_completion_makes_others_wait_and_no_run_longer() {
    let other = "[unit.Other]\non = [\"login\", \"every 1m\"]\npull = [\"*\"]\n";
    let quick = sound(other);
    let slow = sound(&format!("{other}[hooks.on_sync_complete]\ntakes = \"3s\"\n"));
    let longest = |outcome: &Outcome| figure(outcome, "engine.session.duration", "max");
    assert!(longest(&slow) <= longest(&quick));
    let waited = |outcome: &Outcome| figure(outcome, "engine.queue.waited", "max");
    assert!(waited(&slow) >= waited(&quick) + 2 * SECOND, "{} and {}", waited(&quick), waited(&slow));
    let usable = |outcome: &Outcome| figure(outcome, "engine.usable_after_login.duration", "max");
    assert!(usable(&slow) >= usable(&quick) + 3 * SECOND, "the person waits for the app's list");
}

#[test]
fn a_start_that_throws_ends_its_run_before_any_request() {
    let outcome = outcome("[hooks.on_sync_start]\nthrows = 1\n[hooks.on_sync_error]\n");
    let [runs, failed, calls] = counts(&outcome);
    assert!(runs > 10 && failed == runs, "{failed} of {runs} failed");
    assert_eq!(calls, 2 * runs, "each is told to OnSyncError");
    assert_eq!(value(&outcome, "engine.hooks.threw"), runs);
    assert_eq!(value(&outcome, "engine.requests.count"), 0);
    assert_eq!(value(&outcome, "oracle.event_without_end.count"), 0);
}

#[test]
fn a_completion_that_throws_takes_nothing_back() {
    let outcome = sound("[hooks.on_sync_complete]\nthrows = 1\n[hooks.on_sync_error]\n");
    let [runs, failed, calls] = counts(&outcome);
    assert_eq!((failed, calls, value(&outcome, "engine.hooks.threw")), (0, runs, runs));
}

#[test]
fn a_call_to_a_service_goes_over_the_link_of_the_sync() {
    let hook =
        "[hooks.on_sync_complete]\ncalls = { request = \"10KiB\", response = \"50KiB\", takes = \"1s\" }\n";
    let (without, with) = (sound(""), sound(hook));
    let [runs, _, calls] = counts(&with);
    assert_eq!(runs, calls);
    for (metric, each) in [("net.up.bytes", 10 << 10), ("net.down.bytes", 50 << 10)] {
        let more = value(&with, metric) - value(&without, metric);
        assert!(
            (calls * each..=calls * each * 11 / 10).contains(&more),
            "{metric}: {more} for {calls} calls"
        );
    }
    assert!(figure(&with, "engine.hook.duration", "min") >= SECOND);
    assert_eq!(value(&with, "engine.requests.count"), value(&without, "engine.requests.count"));
    // Bare messages are not free either.
    let bare = "[transport]\nprotocol = \"bare\"\n";
    let [without, with] = [bare.to_owned(), format!("{bare}{hook}")].map(|more| sound(&more));
    let more = value(&with, "net.down.bytes") - value(&without, "net.down.bytes");
    assert!(more >= value(&with, "engine.hooks.count") * (50 << 10));
}

#[test]
fn a_call_without_a_response_of_the_service_throws() {
    let call = "[hooks.network_status_changed]\ncalls = { timeout = \"4s\" }\n";
    let gone =
        sound(&format!("{call}[event.gone]\nat = \"+5m\"\noutage = {{ for = \"1m\", mode = \"drop\" }}\n"));
    assert_eq!((value(&gone, "engine.hooks.count"), value(&gone, "engine.hooks.threw")), (2, 1));
    let hook = "[hooks.on_sync_start]\ncalls = {}\n";
    let portal = "[event.hotel]\nat = \"+5m\"\ncaptive_portal = { for = \"5m\" }\n";
    let foreign = sound(&format!("{hook}{portal}"));
    let threw = value(&foreign, "engine.hooks.threw");
    assert!(threw > 0 && value(&foreign, "engine.session.failed") == threw, "{threw}");
}

#[test]
fn a_hook_that_never_ends_is_given_up_after_the_limit() {
    let hangs = "[hooks.on_sync_complete]\nhangs = 1\n";
    let text = format!("{PHONE}{hangs}").replacen("[engine]\n", "[engine]\nhook_timeout = \"5s\"\n", 1);
    let outcome = worlds::run(&worlds::written(&text));
    assert_eq!(trouble(&outcome), Vec::<String>::new());
    let [runs, failed, calls] = counts(&outcome);
    assert_eq!((failed, calls, value(&outcome, "engine.hooks.timed_out")), (0, runs, runs));
    assert_eq!(figure(&outcome, "engine.hook.duration", "min"), 5 * SECOND);
    // If the start hook fails, the run ends with an error.
    let outcome = worlds::run(&worlds::written(&text.replace("on_sync_complete", "on_sync_start")));
    let [runs, failed, _] = counts(&outcome);
    assert!(failed > 20 && failed + 1 >= runs, "{failed} of {runs} failed");
    assert_eq!(value(&outcome, "engine.requests.count"), 0);
}

#[test]
fn a_kill_ends_a_hook_and_the_run_had_ended_before() {
    let killed = "[event.k]\nat = \"+150s\"\nkill = {}\n";
    let slow = sound(&format!("{killed}[hooks.on_sync_complete]\ntakes = \"50s\"\n"));
    assert_eq!(value(&slow, "engine.session.interrupted"), 0);
    assert_eq!(value(&slow, "engine.hooks.unended"), 1);
    let [runs, failed, calls] = counts(&slow);
    assert_eq!((failed, calls), (0, runs), "no run calls it twice");
    // A run killed at its start has no end: the next process reports one, and calls the hook.
    let begun = format!("{killed}[hooks.on_sync_start]\ntakes = \"50s\"\n[hooks.on_sync_error]\n");
    let outcome = sound(&begun);
    assert_eq!(value(&outcome, "engine.session.interrupted"), 1);
    let [runs, failed, calls] = counts(&outcome);
    assert_eq!((failed, calls), (1, runs + 1));
}

#[test]
fn hooks_are_called_once_a_run_however_often_the_app_dies() {
    let chaos = "[chaos]\nkill_mtbf = \"40s\"\noutage_mtbf = \"1m\"\noutage_mean = \"20s\"\nresponse_loss = \"10%\"\n";
    let calls = |hook: &str| {
        let outcome = sound(&format!("{chaos}[hooks.{hook}]\ntakes = \"800ms\"\n"));
        let [runs, failed, calls] = counts(&outcome);
        let kills = value(&outcome, "device.kills.count");
        assert!(kills > 5 && failed > 5);
        // A kill may come between the end of a run and its hook.
        (runs, failed, calls, calls + kills)
    };
    let (runs, _, started, at_most) = calls("on_sync_start");
    assert!(started <= runs && runs <= at_most, "{started} of {runs}");
    let (runs, failed, completed, at_most) = calls("on_sync_complete");
    let good = runs - failed;
    assert!(completed <= good && good <= at_most, "{completed} of {good}");
    let (_, failed, told, at_most) = calls("on_sync_error");
    assert!(told <= failed && failed <= at_most, "{told} of {failed}");
}

#[test]
fn a_completion_that_triggers_its_own_unit_is_a_loop() {
    let outcome = outcome("[hooks.on_sync_complete]\ntakes = \"2s\"\ntriggers = \"Online\"\n");
    assert!(value(&outcome, "oracle.sync_loop.count") > 0);
    assert!(value(&outcome, "engine.session.count") > 300);
    assert_eq!(value(&outcome, "oracle.two_syncs_of_one_unit.count"), 0);
    // Two units that trigger each other are a loop, too.
    let pair = "[unit.Other]\npull = [\"*\"]\non = []\n[hooks.on_sync_start]\nunit = \"Other\"\ntriggers = \"Online\"\n\
                [hooks.on_sync_complete]\nunit = \"Online\"\ntriggers = \"Other\"\n";
    assert!(value(&self::outcome(pair), "oracle.sync_loop.count") > 0);
}

#[test]
fn an_error_that_triggers_its_own_unit_offline_is_a_loop_that_goes_on() {
    // A phone whose storage takes no time, so that a run without a network takes none either.
    let fast = "[class.fast]\ncpu = 0.01\nsync = \"0s\"\nread_latency = \"0s\"\nparse_rate = \"1GB\"\n\
                managed_rate = \"1GB\"\nread_rate = \"1GB\"\nwrite_rate = \"1GB\"\nmemory = \"1GB\"\n";
    let hook = "[hooks.on_sync_error]\ntriggers = \"Online\"\n";
    let out = "[event.out]\nat = \"+5m\"\noutage = { for = \"2m\" }\n";
    let phone = PHONE.replace("link = \"wifi-good\"", "link = \"wifi-good\"\nclass = \"fast\"");
    let outcome = worlds::run(&worlds::written(&format!("{phone}{fast}{hook}{out}")));
    assert_eq!(outcome.ending, Ending::Drained, "virtual time goes on");
    assert!(value(&outcome, "oracle.sync_loop.count") > 0);
    let [_, failed, _] = counts(&outcome);
    assert!((1_000..=1_300).contains(&failed), "{failed} runs in 120 s");
}

#[test]
fn a_completion_that_triggers_another_unit_is_no_loop() {
    let other = "[unit.Other]\npull = [\"*\"]\non = []\n";
    let hook = "[hooks.on_sync_complete]\nunit = \"Online\"\ntriggers = \"Other\"\n";
    let outcome = sound(&format!("{other}{hook}"));
    let [runs, failed, calls] = counts(&outcome);
    assert_eq!((failed, value(&outcome, "engine.hooks.triggers")), (0, calls));
    // Both are requested in the drain, and a trigger for a waiting unit adds no run.
    assert!((2 * calls - 1..=2 * calls).contains(&runs), "{runs} runs for {calls} calls");
}

#[test]
fn the_network_hook_is_called_as_it_comes_and_goes() {
    let flaps = "[event.flaps]\nat = \"+5m\"\nflap = { for = \"2m\", every = \"10s\" }\n";
    let hook = "[hooks.network_status_changed]\ntakes = \"1s\"\ntriggers = \"Online\"\n";
    let outcome = outcome(&format!("{flaps}{hook}"));
    assert_eq!(value(&outcome, "engine.hooks.count"), 24, "twelve times gone, twelve times back");
    assert_eq!(value(&outcome, "engine.hooks.triggers"), 24);
    assert_eq!(value(&outcome, "oracle.sync_loop.count"), 0, "the network did it");
    assert_eq!(trouble(&outcome), Vec::<String>::new());
}

#[test]
fn a_hook_that_never_ends_keeps_the_world_from_rest() {
    let outcome = outcome("[hooks.on_sync_complete]\nhangs = 1\n");
    let Ending::Stuck(why) = &outcome.ending else { panic!("{:?}", outcome.ending) };
    assert!(why.iter().any(|line| line.contains("`on_sync_complete`")), "{why:?}");
    assert_eq!(value(&outcome, "engine.session.count"), 1, "the queue waits for it");
    assert_eq!(value(&outcome, "engine.hooks.unended"), 1);
}
