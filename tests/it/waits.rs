//! Waits and losses of people: logins over restarts, runs without an end, edits lost with a backup.

use syncdyno::analysis;
use syncdyno::record::Reason;

use crate::worlds::{figure, run, value, written};

/// One phone that logs in a minute after the start and loads 4 000 rows before it is usable.
fn login(more: &str) -> String {
    format!(
        r#"
name = "login"
duration = "30m"
drain = "1h"
[entity.part]
rows = 4_000
schema = {{ id = "uuid key", name = "text 20..60" }}
[fleet.phones]
devices = 1
start = "empty"
link = "lte-poor"
[unit.Login]
on = ["login"]
pull = ["*"]
blocking = true
[engine]
pull = {{ chunk_rows = 200 }}
[workload]
login.all = {{ at = "+1m", spread = "0s" }}
{more}
"#
    )
}

#[test]
fn a_login_that_is_killed_takes_no_less_than_one_that_is_not() {
    let whole = figure(&run(&written(&login(""))), "engine.usable_after_login.duration", "max");
    let kill = "[event.cut]\nat = \"+0s\"\nkill = { point = \"pull.chunk-applied\", nth = 14, restart_after = \"20s\" }\n";
    let cut = run(&written(&login(kill)));
    assert_eq!(value(&cut, "device.kills.count"), 1);
    let cut = figure(&cut, "engine.usable_after_login.duration", "max");
    assert!(cut >= whole + 20_000_000_000, "{cut} ns with a restart after 20 s, {whole} ns without");
}

#[test]
fn a_run_without_a_word_of_its_end_is_named_in_a_process_that_lives_on() {
    let outcome = run(&written(
        r#"
name = "for-ever"
duration = "20m"
drain = "30m"
[entity.note]
rows = 5
schema = { id = "uuid key", title = "text" }
[fleet.phones]
devices = 1
start = "1d"
[unit.Sync]
on = ["login", "manual"]
pull = ["*"]
push = ["*"]
[engine]
name = "broken:fails-without-a-word"
retry = { attempts = 1 }
[workload]
login.all = { at = "+1m", spread = "1s" }
[event.down]
at = "+5m"
backend_down = { for = "2m" }
[event.tap]
at = "+6m"
trigger = { unit = "Sync" }
"#,
    ));
    let checks: Vec<&str> = outcome.violations.iter().map(|v| v.check).collect();
    assert!(checks.contains(&"event-without-end"), "{checks:?}");
    // Nobody is notified that such a run failed, so "syncing" stays on the screen.
    let known = ["event-without-end", "stuck", "wrong-status"];
    assert!(checks.iter().all(|check| known.contains(check)), "{checks:?}");
}

#[test]
fn saved_edits_that_go_with_a_backup_are_a_failure_unless_they_are_expected() {
    let text = |expect: &str| {
        format!(
            r#"
name = "put-back"
duration = "1h"
drain = "1h"
[entity.note]
rows = 5
schema = {{ id = "uuid key", title = "text" }}
[fleet.phones]
devices = 2
start = "1d"
[action.write]
entity = "note"
kind = "create"
per_device = 20
[event.offline]
at = "+10m"
outage = {{ for = "20m" }}
[event.put-back]
at = "+28m"
restore = {{ of = "27m" }}
[expect]
"oracle.lost_edit.count" = 0
{expect}
"#
        )
    };
    let judged = |expect: &str| {
        let plan = written(&text(expect));
        let outcome = run(&plan);
        assert!(value(&outcome, "oracle.taken_back.edits") > 0);
        analysis::judge(&plan, "put-back.s1", &outcome).cell.reasons
    };
    let reasons = judged("");
    assert!(matches!(*reasons, [Reason::TakenBack { .. }]), "{reasons:?}");
    assert!(judged("\"oracle.taken_back.edits\" = { min = 1 }").is_empty());
    assert_eq!(judged("\"oracle.taken_back.edits\" = 0").len(), 2);
}
