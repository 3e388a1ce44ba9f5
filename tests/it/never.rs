//! Waits whose end may not come: what never came counts, and a restart without a network is no login.

use syncdyno::metrics::NEVER;
use syncdyno::world::Outcome;

use crate::worlds::{run, written};

const SAFE: &str = "engine.write_acknowledged.duration";
const USABLE: &str = "engine.usable_after_login.duration";
const SECOND: u64 = 1_000_000_000;

fn stat(outcome: &Outcome, metric: &str, stat: &str) -> u64 {
    outcome.figures[metric].stat(stat).unwrap_or(0)
}

/// Two people review cards; the first is without a network for an hour, and makes 20 of 30 edits then.
fn reviews(more: &str) -> Outcome {
    let text = format!(
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
    );
    run(&written(&text))
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
    ] {
        let lost_20 = reviews(lost);
        assert_eq!([stat(&lost_20, SAFE, "count"), stat(&lost_20, SAFE, "never")], [10, 20], "{lost}");
        assert!(stat(&lost_20, SAFE, "p50") == NEVER && stat(&lost_20, SAFE, "p95") > late, "{lost}");
    }
}

#[test]
fn an_outage_beyond_the_script_makes_edits_late_and_not_lost() {
    let late = reviews("event.long = { at = \"+11m\", outage = { devices = [0], for = \"200m\" } }");
    assert_eq!([stat(&late, SAFE, "count"), stat(&late, SAFE, "never")], [30, 0]);
    assert!(stat(&late, SAFE, "p95") > 2 * 3_600 * SECOND);
}

/// Two phones without a network from `away` on, with what befalls the first meanwhile.
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
        ("40m", reinstall, 2),
        ("20m", &migrated, 2),
        ("20m", &reset, 2),
        ("20m", "restore = { devices = [0], of = \"6m\" }", 2),
        // Who has logged out logs in again, once there is a network.
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
