//! Waits that may never end: they are counted, and a restart without a network is not a login.

use syncdyno::base::Seed;
use syncdyno::metrics::NEVER;
use syncdyno::scenario::Request;
use syncdyno::world::Outcome;

use crate::worlds::{document, every_place, plans, run, value, written};

const SAFE: &str = "engine.write_acknowledged.duration";
const SEEN: &str = "engine.write_visible.duration";
const USABLE: &str = "engine.usable_after_login.duration";
const SECOND: u64 = 1_000_000_000;

fn stat(outcome: &Outcome, metric: &str, stat: &str) -> u64 {
    outcome.figures[metric].stat(stat).unwrap_or(0)
}

/// Two people review cards; the first has no network for an hour, and makes 20 of 30 edits then.
fn reviews_text(more: &str) -> String {
    format!(
        r#"
name = "reviews"
duration = "3h"
entity.card = {{ rows = 300, schema = {{ id = "uuid key", text = "text 10..60", due = "int 0..999" }} }}
fleet.devices = {{ devices = 2, link = "wifi-good", start = "1d" }}
unit.Sync = {{ on = ["login", "online", "save", "every 10m"], pull = ["*"], push = ["*"] }}
workload.foreground = "1000h"
action.review = {{ entity = "card", kind = "update", columns = ["due"], per_device = 0 }}
event.away = {{ at = "+10m", outage = {{ devices = [0], for = "60m" }} }}
event.reviews = {{ at = "+15m", edits = {{ action = "review", devices = [0], count = 20, over = "20m" }} }}
event.others = {{ at = "+20m", edits = {{ action = "review", devices = [1], count = 10, over = "10m" }} }}
{more}
"#
    )
}

fn reviews(more: &str) -> Outcome {
    run(&written(&reviews_text(more)))
}

#[test]
fn edits_that_were_thrown_away_are_no_faster_than_sent_ones() {
    let sent = reviews("");
    assert_eq!([stat(&sent, SAFE, "count"), stat(&sent, SAFE, "never")], [30, 0]);
    let late = stat(&sent, SAFE, "p95");
    assert!((30 * 60 * SECOND..60 * 60 * SECOND).contains(&late), "{late} ns");
    for lost in [
        "event.full = { at = \"+65m\", reinstall = { devices = [0] } }",
        "engine.on_logout = \"discard\"\nevent.out = { at = \"+50m\", logout = { devices = [0], for = \"30m\" } }",
        "event.back = { at = \"+65m\", restore = { devices = [0], of = \"52m\" } }",
        "event.copy = { at = \"+65m\", clone = { from = 1, to = 0 } }",
        "event.next = { at = \"+65m\", upgrade = { devices = [0], on_mismatch = \"reset\", \
         adds = { entity = \"card\", column = \"deck\", type = \"text 5..10\" } } }",
    ] {
        let lost_20 = reviews(lost);
        assert_eq!([stat(&lost_20, SAFE, "count"), stat(&lost_20, SAFE, "never")], [10, 20], "{lost}");
        assert!(stat(&lost_20, SAFE, "p50") == NEVER && stat(&lost_20, SAFE, "p95") > late, "{lost}");
        assert_eq!(stat(&lost_20, SEEN, "p95"), NEVER, "{lost}: the second phone looked on");
        assert_eq!([stat(&lost_20, SEEN, "never"), stat(&sent, SEEN, "never")], [20, 0], "{lost}");
    }
}

#[test]
fn the_same_people_wait_for_an_edit_whatever_becomes_of_it() {
    let reinstalled = "event.full = { at = \"+65m\", reinstall = { devices = [0] } }";
    for (more, lost) in [(reinstalled, true), ("", false)] {
        let text = reviews_text(more).replace("workload.foreground = \"1000h\"\n", "");
        for seed in 1..=3 {
            let outcome = run(&written(&text).with_seed(Seed(seed)));
            let never = stat(&outcome, SEEN, "never");
            // One of the two may give way in a conflict.
            let of_all = value(&outcome, "oracle.saved_edits.lost");
            assert!(never <= of_all && (never > 1) == lost, "seed {seed}: {never} of {of_all}");
            assert!(!lost || stat(&outcome, SEEN, "p95") == NEVER, "seed {seed}");
        }
    }
}

const SOON: &str = "'login', 'save'";

/// Four people in two areas fill in forms, and look at the app for minutes at a time.
fn forms(send: &str, more: &str) -> Outcome {
    run(&written(&format!(
        r#"
name = "forms"
duration = "2h"
entity.form = {{ rows = 100, scope = {{ area = "device.area" }}, schema = {{ id = "uuid key", area = "text", text = "text 10..60" }} }}
fleet.devices = {{ devices = 4, link = "edge", start = "1d", attributes = {{ area = 2 }} }}
unit.Sync = {{ on = ["login", "online", "every 10m"], pull = ["*"] }}
unit.Send = {{ on = [{send}], push = ["*"] }}
action.fill = {{ entity = "form", kind = "create", per_device = 20 }}
{more}
"#
    )))
}

#[test]
fn two_variants_have_as_many_waits_for_others_edits() {
    let waits = |outcome: &Outcome| ["count", "never"].map(|of| stat(outcome, SEEN, of));
    let sent = forms(SOON, "");
    let [all, none] = waits(&sent);
    assert!(all > 20 && none == 0, "{all}, {none} never");
    let refused = forms(SOON, "backend.poison = \"50%\"");
    let [seen, never] = waits(&refused);
    assert_eq!(seen + never, all);
    assert!(never * 4 > all && stat(&refused, SEEN, "p95") == NEVER, "{never} of {all}");
    let late = forms("'login'", "");
    assert_eq!(waits(&late).iter().sum::<u64>(), all);
    let [soon, late] = [&sent, &late].map(|outcome| stat(outcome, SEEN, "p95"));
    assert!(soon < late, "{soon} and {late} ns");
}

/// Every edit that is never safe is counted by its fate.
fn hold_ends(name: &str, outcome: &Outcome) -> [u64; 6] {
    let ends = ["lost", "gave_way", "refused", "lost_since", "waiting", "unconfirmed"];
    let counts = ends.map(|end| value(outcome, &format!("engine.never_safe.{end}")));
    assert_eq!(counts.iter().sum::<u64>(), stat(outcome, SAFE, "never"), "{name}: {counts:?}");
    let all = ["lost", "lost", "lost", "lost", "waiting", "arrived"];
    for (count, end) in counts.iter().zip(all) {
        assert!(*count <= value(outcome, &format!("oracle.saved_edits.{end}")), "{name}: {end} {count}");
    }
    counts
}

#[test]
fn edits_that_are_never_safe_add_up_by_their_ends() {
    let (mut found, mut given_up) = ([0; 6], 0);
    for path in [
        "scenarios/hospital-hour.toml",
        "scenarios/conflicts/told.toml",
        "scenarios/conflicts/page.toml",
        "scenarios/conflicts/blind-writes.toml",
        "scenarios/device/local-capture.toml",
        "scenarios/units/poison.toml",
        "scenarios/backend/backend-restored.toml",
    ] {
        // Two cells of each file, or all.
        let some = if every_place() { usize::MAX } else { 2 };
        for plan in plans(&document(path), &Request::default()).into_iter().take(some) {
            let name = format!("{path} {}", plan.source.variant.as_deref().unwrap_or_default());
            let outcome = run(&plan);
            let ends = hold_ends(&name, &outcome);
            given_up += value(&outcome, "oracle.saved_edits.given_up");
            found.iter_mut().zip(ends).for_each(|(all, count)| *all += count);
        }
    }
    // The backend has it, but every response is too late for its phone.
    let retry = "engine.request_timeout = \"15s\"\n\
                 engine.retry = { base = \"2s\", cap = \"2s\", jitter = \"none\", attempts = 7 }\n";
    let late = run(&written(&format!("{}{retry}", crate::lost::SLOW)));
    assert_eq!(hold_ends("late responses", &late), [0, 0, 0, 0, 0, 1]);
    found[5] += 1;
    assert!(found.iter().all(|count| *count > 0) && given_up > 0, "{found:?}, {given_up} given up");
}

#[test]
fn an_outage_beyond_the_script_makes_edits_late_and_not_lost() {
    let late = reviews("event.long = { at = \"+11m\", outage = { devices = [0], for = \"200m\" } }");
    assert_eq!([stat(&late, SAFE, "count"), stat(&late, SAFE, "never")], [30, 0]);
    assert!(stat(&late, SAFE, "p95") > 2 * 3_600 * SECOND);
}

/// Two phones without a network from `away` on, with an event on the first one.
fn offline(blocking: bool, away: &str, more: &str) -> Outcome {
    let text = format!(
        r#"
name = "offline"
duration = "1h"
entity.task = {{ rows = 200, schema = {{ id = "uuid key", title = "text 10..40" }} }}
fleet.phones = {{ devices = 2, link = "lte-good", start = "1d" }}
unit.Sync = {{ on = ["login", "online", "every 5m"], pull = ["*"], push = ["*"], blocking = {blocking} }}
action.write = {{ entity = "task", kind = "create", per_device = 0 }}
event.away = {{ at = "+10m", outage = {{ devices = [0], for = "{away}" }} }}
{more}
"#
    );
    run(&written(&text))
}

#[test]
fn no_restart_without_a_network_is_a_wait_after_login() {
    let adds = "adds = { entity = \"task\", column = \"deck\", type = \"text 5..10\" }";
    let migrated = format!("upgrade = {{ devices = [0], {adds}, on_mismatch = \"migrate\" }}");
    let reset = format!("upgrade = {{ devices = [0], {adds}, on_mismatch = \"reset\" }}");
    let (kill, reinstall) = ("kill = { devices = [0] }", "reinstall = { devices = [0] }");
    let logout = "logout = { devices = [0], for = \"3m\" }";
    for (away, what, logins) in [
        ("20m", kill, 2),
        ("20m", "power_loss = { devices = [0] }", 2),
        // With an empty phone, people wait once there is a network.
        ("40m", reinstall, 3),
        ("20m", &migrated, 2),
        ("20m", &reset, 3),
        ("20m", "restore = { devices = [0], of = \"6m\" }", 2),
        // After a logout, people log in again once there is a network.
        ("20m", logout, 3),
    ] {
        for blocking in [true, false] {
            let outcome = offline(blocking, away, &format!("event.x = {{ at = \"+15m\", {what} }}"));
            let (count, max) = (stat(&outcome, USABLE, "count"), stat(&outcome, USABLE, "max"));
            assert_eq!(count, logins, "{what}, blocking {blocking}");
            assert!(max < 2 * SECOND, "{what}, blocking {blocking}: {max} ns");
        }
    }
}
