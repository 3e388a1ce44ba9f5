//! Remedies of failing cells: each design fault is mended by the setting that is named.

use syncdyno::analysis::judge;
use syncdyno::campaign::{InProcess, Signals, mend};
use syncdyno::record::RemedyRecord;
use syncdyno::world::Stacks;

use crate::worlds::{run, written};

/// Two phones and an office that writes, inserts and deletes, with one design fault.
fn world(fault: &str) -> String {
    world_of("title = \"text 10..40\"", "", fault)
}

/// The same with another title, and further keys of its entity.
fn world_of(title: &str, own: &str, fault: &str) -> String {
    format!(
        r#"
name = "remedy"
duration = "20m"
drain = "10m"
[entity.task]
rows = 300
schema = {{ id = "uuid key", {title}, done = "one of no|yes" }}
{own}
[fleet.phones]
devices = 2
link = "lte-good"
start = "1d"
[unit.Sync]
on = ["login", "save", "online", "every 1m"]
pull = ["*"]
push = ["*"]
[action.tick-off]
entity = "task"
kind = "update"
columns = ["done"]
per_device = 20
[action.add]
entity = "task"
kind = "create"
per_device = 20
[action.drop]
entity = "task"
kind = "delete"
per_device = 10
on_devices = 0
{fault}
"#
    )
}

/// Runs a world, and returns its remedy as if it were the `planned` one.
fn remedy(text: &str, planned: &str) -> Option<RemedyRecord> {
    let plan = written(text);
    let mut judged = [judge(&plan, "remedy.s1", &run(&plan))];
    mend(&[written(planned)], &mut judged, &InProcess(Stacks::builtin()), &Signals::default(), None);
    judged[0].cell.remedies.pop()
}

#[test]
fn each_fault_is_mended_by_the_setting_that_is_named() {
    let strict = "[gateway]\nserve.capture.last_modified.bound = \"strict\"\n[event.import]\nat = \"+5m\"\n\
                  bulk_import = { entity = \"task\", rows = 2000 }\n";
    let (text, unicode) = ("title = \"text 10..40\"", "title = \"unicode 10..40\"");
    let loses = "[backend]\nidempotency = \"none\"\n[chaos]\nresponse_loss = \"30%\"\n";
    let reconcile = "gateway.serve.capture.last_modified.reconcile.every=5m";
    for (title, own, fault, check, set) in [
        (text, "", "[backend]\nprovisioning = \"stamps-only\"\n", "undetected-delete", reconcile),
        (text, "", strict, "lost", "gateway.serve.capture.last_modified.bound=keyset"),
        (unicode, "path = { title = \"latin-1\" }", "", "bent-value", "entity.task.path={}"),
        (text, "ids = \"server\"", loses, "duplicate", "entity.task.ids=client"),
    ] {
        let text = world_of(title, own, fault);
        let found = remedy(&text, &text).unwrap_or_else(|| panic!("{check} has no remedy"));
        assert!(found.found > 0, "{check} does not happen");
        assert_eq!((found.check.as_str(), found.left), (check, Some(0)), "{fault}");
        assert_eq!(found.set, [set], "{fault}");
    }
}

/// A form that takes the backend long, with the timeouts of requests and a proxy.
fn slow(takes: &str, timeout: &str, proxy: &str) -> String {
    format!(
        r#"
name = "remedy"
duration = "30m"
entity.form = {{ rows = 10, schema = {{ id = "uuid key", text = "text 100..200" }} }}
fleet.phones = {{ devices = 1, link = "lte-good", start = "1d" }}
engine.request_timeout = "{timeout}"
engine.retry = {{ base = "1ms", cap = "1ms", jitter = "none", attempts = 100 }}
backend = {{ write_fixed_cost = "{takes}", service_cv = 0, gateway_timeout = "{proxy}", workers = 20 }}
unit.Send = {{ on = ["save"], push = ["*"] }}
unit.Get = {{ on = ["login"], pull = ["*"] }}
action.send = {{ entity = "form", kind = "create", per_device = 0 }}
event.one = {{ at = "+5m", edits = {{ action = "send" }} }}
"#
    )
}

#[test]
fn a_stuck_cell_is_mended_by_the_timeout_that_is_too_short() {
    for (takes, timeout, proxy, set) in [
        ("40s", "15s", "10m", &["engine.request_timeout=1m"][..]),
        ("150s", "15s", "10m", &["engine.request_timeout=5m"]),
        ("150s", "10m", "20s", &["backend.gateway_timeout=10m"]),
    ] {
        let text = slow(takes, timeout, proxy);
        let found = remedy(&text, &text).unwrap_or_else(|| panic!("{takes} has no remedy"));
        assert_eq!((found.check.as_str(), found.left), ("stuck", Some(0)), "{takes}");
        assert_eq!(found.set, set, "{takes}");
    }
}

#[test]
fn settings_that_were_tried_and_do_not_help_are_all_named() {
    let text = slow("20m", "15s", "50m");
    let found = remedy(&text, &text).expect("it is stuck");
    assert_eq!((found.check.as_str(), found.found, found.left), ("stuck", 1, Some(1)));
    for tried in ["engine.request_timeout=1m", "engine.request_timeout=5m"] {
        assert!(found.set.iter().any(|set| set == tried), "{tried}: {:?}", found.set);
    }
    let idle = "store.foreign_keys=off";
    assert!(!found.set.iter().any(|set| set == idle), "it changes nothing: {:?}", found.set);
}

#[test]
fn a_sound_cell_has_no_remedy_and_a_large_one_none_tried() {
    assert_eq!(remedy(&world(""), &world("")), None);
    let small = world("[backend]\nprovisioning = \"stamps-only\"\n");
    let large = small.replace("rows = 300", "rows = 60_000").replace("devices = 2", "devices = 400");
    let found = remedy(&small, &large).expect("it misses deletes");
    assert_eq!(found.left, None);
    assert_eq!(found.set[0], "gateway.serve.capture.last_modified.reconcile.every=5m");
}

#[test]
fn a_setting_beside_which_the_cell_still_fails_mends_nothing() {
    let fault = "[engine]\nname = \"broken:completes-twice\"\n[backend]\nprovisioning = \"stamps-only\"\n";
    let text = world(fault);
    let found = remedy(&text, &text).expect("a setting removes the gravest finding");
    assert_eq!((found.check.as_str(), found.left), ("undetected-delete", Some(0)));
    assert_eq!(found.remaining, ["event-without-end"]);
}

/// Three phones on a slow link, whose users all type into one row; capture is by row flags.
const TYPISTS: &str = r#"
name = "remedy"
duration = "1h"
entity.note = { rows = 20, schema = { id = "uuid key", text = "text 10..20" } }
fleet.phones = { devices = 3, link = "edge", start = "1d" }
engine.push.capture = "dirty-flags"
unit.Sync = { on = ["login", "online", "save", "every 1m"], pull = ["*"], push = ["*"] }
action.type = { entity = "note", kind = "update", columns = ["text"], per_device = 0 }
event.typed = { at = "+20m", edits = { action = "type", count = 120, over = "60s", same_row = true } }
"#;

#[test]
fn a_setting_with_which_more_edits_are_lost_mends_not_alone() {
    let found = remedy(TYPISTS, TYPISTS).expect("it loses edits");
    assert_eq!((found.check.as_str(), found.left), ("lost-edit", Some(0)), "{found:?}");
    // An outbox alone loses no edit unseen, but more edits in conflicts than before.
    let outbox = "engine.push.capture=outbox";
    assert_eq!(found.set, [outbox, "engine.conflict.policy=field-merge"], "{found:?}");
    assert!(found.worse.is_empty() && found.remaining.is_empty(), "{found:?}");
}

#[test]
fn two_faults_are_mended_by_the_best_setting_for_each() {
    let faults = "[engine.token]\non_refused = \"drop\"\n[backend]\nprovisioning = \"stamps-only\"\n\
                  [event.tokens]\nat = \"+8m\"\ntoken_expiry = {}\n";
    let text = world(faults).replace("every 1m", "every 10m");
    let found = remedy(&text, &text).expect("each fault has a remedy");
    let stamps = "backend.provisioning=three-stamps";
    assert_eq!(found.set, ["engine.token.on_refused=refresh", stamps], "{found:?}");
    assert_eq!((found.left, found.remaining.len(), found.worse.len()), (Some(0), 0, 0), "{found:?}");
}

#[test]
fn lost_edits_that_the_file_forbids_are_mended_by_what_lost_them() {
    let file = |on_logout: &str| {
        world(&format!(
            "[engine]\non_logout = \"{on_logout}\"\n[event.away]\nat = \"+5m\"\noutage = {{ for = \"5m\" }}\n\
             [event.out]\nat = \"+8m\"\nlogout = {{ for = \"4m\" }}\n[expect]\n\"oracle.saved_edits.lost\" = 0\n"
        ))
    };
    let found = remedy(&file("discard"), &file("discard")).expect("edits are thrown away");
    assert_eq!((found.check.as_str(), found.left), ("oracle.saved_edits.lost", Some(0)), "{found:?}");
    assert_eq!(found.set, ["engine.on_logout=send-first"]);
    assert!(found.found > 0 && found.worse.is_empty(), "{found:?}");
}

#[test]
fn an_api_that_sorts_the_newest_first_is_mended_by_its_order() {
    let fault = "[engine]\npull.chunk_rows = 50\n[backend]\nsort = \"newest-first\"\n";
    let text = world(fault).replace("start = \"1d\"", "start = \"empty\"");
    let found = remedy(&text, &text).expect("it loses rows");
    assert_eq!(found.set, ["backend.sort=stamp"], "{found:?}");
    assert_eq!((found.check.as_str(), found.left), ("lost", Some(0)));
}

/// An office that deletes orders, with an integration.
fn carried(integration: &str) -> String {
    format!(
        r#"
name = "remedy"
duration = "15m"
entity.order = {{ rows = 60, schema = {{ id = "uuid key", state = "one of open|done" }} }}
fleet.phones = {{ devices = 1, link = "wifi-good", start = "1d" }}
action.drop = {{ entity = "order", kind = "delete", per_device = 10, on_devices = 0 }}
{integration}
"#
    )
}

#[test]
fn deletes_of_which_no_note_is_kept_are_found_by_keys() {
    let text = carried(
        "backend.provisioning = \"stamps-only\"\nintegration.every = \"30s\"\n\
         gateway.serve.capture.last_modified.reconcile.every = \"5m\"",
    );
    let found = remedy(&text, &text).expect("it keeps what is deleted");
    assert_eq!((found.check.as_str(), found.left), ("kept-deleted", Some(0)), "{found:?}");
    assert_eq!(found.set, ["integration.capture.last_modified.reconcile.every=1m"], "{found:?}");
    assert!(found.worse.is_empty() && found.remaining.is_empty(), "{found:?}");
}

#[test]
fn what_a_setting_makes_worse_is_mended_beside_it() {
    let text = carried(
        "integration = { every = \"30s\", page = 20, killed = \"10%\", rejected = \"skip\", \
         destination = { ids = \"own\", batch = 7, errors = \"5%\", rejects = \"10%\" } }",
    );
    let found = remedy(&text, &text).expect("it misses rows");
    assert_eq!((found.check.as_str(), found.left), ("missing", Some(0)), "{found:?}");
    let both = ["integration.rejected=retry", "integration.destination.ids=external"];
    assert_eq!(found.set, both, "{found:?}");
    assert!(found.worse.is_empty() && found.remaining.is_empty(), "{found:?}");
}
