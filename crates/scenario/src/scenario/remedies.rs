//! Suggests settings for a scenario that remove the failures that checks find.

use super::document::Document;
use crate::config::tree::parse_path;
use crate::config::written::dotted;

/// A key, the value that helps, and the checks or metrics that other values make fail.
type Remedy = (&'static str, &'static str, &'static [&'static str]);

/// Remedies for a design that loses data, in the order in which they are suggested. First come
/// settings of the app and its gateway, then settings of the backend, which another owner may
/// control. `NAME` matches any name. A scenario of this project that shows the fault passes with
/// the value given here.
const REMEDIES: &[Remedy] = &[
    ("engine.push.capture", "outbox", EDITS),
    ("engine.push.sync_date", "start", MISSED),
    ("engine.push.sends", "changed", &["unasked-commit", "silent-discard", "lost-edit"]),
    ("engine.push.order", "top-down", &["reordered", "stuck"]),
    ("engine.request_timeout", "1m", &["stuck", "request-storm"]),
    ("engine.request_timeout", "5m", &["stuck"]),
    ("engine.push.on_too_large", "halve", &["stuck"]),
    ("engine.pull.on_too_large", "halve", &["stuck"]),
    ("engine.pull.replace", "versions", EDITS),
    ("engine.pull.requests", "unique", MISSED),
    ("engine.pull.cursor", "entity", MISSED),
    ("engine.pull.live_gap", "pull", MISSED),
    ("engine.pull.on_bad_row", "stop", MISSED),
    ("engine.pull.missing_parent", "wait", &["orphan", "stuck"]),
    ("engine.pull.chunk_bytes", "20KiB", &["stuck"]),
    ("engine.pull.chunk_rows", "100", &["stuck"]),
    ("engine.conflict.policy", "field-merge", EDITS),
    ("engine.conflict.policy", "field-merge", &[SUPERSEDED]),
    ("engine.conflict.base", "last-received-stamp", EDITS),
    ("engine.conflict.detect", "dates-then-values", EDITS),
    ("engine.token.on_refused", "refresh", EDITS),
    ("engine.on_logout", "send-first", &[DISCARDED, SHELVED, "lost-edit", "silent-discard"]),
    ("engine.database_per", "person", &["misfiled", SHELVED]),
    ("engine.identity", "device", &["lost", "stale", "id-twice", "unasked-commit"]),
    ("engine.hook_timeout", "10s", &["event-without-end", "stuck"]),
    ("engine.network_poll", "1s", &["wrong-status"]),
    ("engine.retry.base", "1s", &["request-storm", "stuck"]),
    ("engine.retry.cap", "5m", &["request-storm"]),
    ("store.synchronous", "full", EDITS),
    ("store.synchronous", "full", &[POWER_LOST]),
    ("store.foreign_keys", "off", &["stuck"]),
    ("event.NAME.upgrade.on_mismatch", "migrate", EDITS),
    ("event.NAME.upgrade.on_mismatch", "migrate", &[UPGRADED]),
    ("event.NAME.upgrade.on_mismatch", "backfill", &["contradiction", "bent-value", "stale"]),
    ("event.NAME.trigger.how", "queued", &["two-syncs-of-one-unit", "delivered-again"]),
    ("entity.NAME.ids", "client", &["duplicate"]),
    ("entity.NAME.path", "{}", &["bent-value", "contradiction", "not-taken"]),
    ("gateway.serve.capture.last_modified.bound", "keyset", MISSED),
    ("gateway.serve.capture.last_modified.paging", "keyset", MISSED),
    ("gateway.serve.capture.last_modified.end", "marker", MISSED),
    ("gateway.serve.capture.last_modified.source", "records", MISSED),
    ("gateway.serve.capture.last_modified.window", "settled", MISSED),
    ("gateway.serve.capture.last_modified.stamps", "greatest", MISSED),
    ("gateway.serve.capture.last_modified.precision", "1us", MISSED),
    ("gateway.serve.capture.last_modified.reconcile.every", "5m", GONE),
    ("gateway.serve.capture.flag.initial", "as-held", MISSED),
    ("gateway.serve.capture.flag.set", "after-commit", MISSED),
    ("gateway.serve.capture.flag.reset", "compare-and-set", MISSED),
    ("gateway.serve.capture.flag.per", "device", MISSED),
    ("gateway.serve.capture.flag.on_unreadable", "skip", &["stuck"]),
    ("gateway.serve.capture.change_log.holes", "wait", MISSED),
    ("gateway.serve.capture.change_log.trimmed", "reload", MISSED),
    ("gateway.serve.server_cursor", "on-receipt", FORGOTTEN),
    ("gateway.refresh.capture.last_modified.bound", "keyset", MISSED),
    ("gateway.refresh.capture.last_modified.source", "records", MISSED),
    ("gateway.refresh.capture.last_modified.window", "settled", MISSED),
    ("gateway.refresh.capture.last_modified.reconcile.every", "5m", GONE),
    ("gateway.refresh.cursor_saved", "with-rows", MISSED),
    ("gateway.backend_restored", "noticed", FORGOTTEN),
    ("gateway.restored", "noticed", FORGOTTEN),
    ("integration.remember", "after-write", PASSED_OVER),
    ("integration.rejected", "retry", PASSED_OVER),
    ("integration.capture.last_modified.bound", "keyset", PASSED_OVER),
    ("integration.capture.last_modified.source", "records", PASSED_OVER),
    ("integration.capture.last_modified.window", "settled", PASSED_OVER),
    ("integration.capture.last_modified.reconcile.every", "1m", UNNOTED),
    ("integration.capture.flag.set", "after-commit", PASSED_OVER),
    ("integration.capture.flag.reset", "compare-and-set", PASSED_OVER),
    ("integration.capture", "{hash={}}", UNNOTED),
    ("integration.destination.ids", "external", &["delivered-twice"]),
    ("integration.cursor_kept", "integration", &["delivered-twice", "kept-deleted"]),
    ("integration.claim", "1m", &["delivered-twice"]),
    ("integration.destination.versions", "true", &["outdated", "kept-deleted"]),
    ("gateway.upload_cache.durable", "true", &["duplicate", "old-over-new"]),
    ("backend.gateway_timeout", "10m", &["stuck"]),
    ("backend.writes", "checked", EDITS),
    ("backend.idempotency", "forever", AGAIN),
    ("backend.sort", "stamp", MISSED),
    ("backend.stamped_by", "backend", MISSED),
    ("backend.stamp_precision", "1us", MISSED),
    ("backend.filter_precision", "1us", MISSED),
    ("backend.ticks", "run-ahead", MISSED),
    ("backend.monotonic", "true", MISSED),
    ("backend.copies", "follow", FORGOTTEN),
    ("gateway.scope_change", "reload", FORGOTTEN),
    ("backend.rearm", "always", FORGOTTEN),
    ("backend.log.numbered", "at-commit", MISSED),
    ("backend.provisioning", "three-stamps", GONE),
    ("backend.provisioning", "full", GONE),
    ("backend.provisioning", "full", UNNOTED),
    // Pages by offset miss rows if others change rows meanwhile, so they come last.
    ("gateway.serve.capture.last_modified.paging", "offset", MISSED),
];

const MISSED: &[&str] = &["lost", "stale", "stuck", "delivered-again", "flicker"];
const PASSED_OVER: &[&str] = &["missing", "outdated", "kept-deleted", "stuck"];
/// Checks that fail if the source keeps no record of deletes.
const UNNOTED: &[&str] = &["kept-deleted"];
const FORGOTTEN: &[&str] = &["lost", "stale", "undetected-delete", "orphan"];
const GONE: &[&str] = &["undetected-delete", "orphan", "lost", "stale"];
const AGAIN: &[&str] = &["duplicate", "old-over-new", "id-twice", "unasked-commit", "refused-and-committed"];
const EDITS: &[&str] =
    &["lost-edit", "silent-discard", "unasked-commit", "reordered", "own-write-vanished", "stale", "flicker"];

const SUPERSEDED: &str = "oracle.saved_edits.superseded";
const DISCARDED: &str = "oracle.saved_edits.discarded";
const SHELVED: &str = "oracle.shelved.edits";
const UPGRADED: &str = "oracle.saved_edits.upgraded";
const POWER_LOST: &str = "oracle.saved_edits.power_lost";
/// The metric of forgotten edits, and the check whose remedies also apply to this metric.
const FORGOTTEN_EDITS: (&str, &str) = ("oracle.saved_edits.forgotten", "lost-edit");

/// Keys that are off if the file does not write them. The second text is the table that must exist
/// to set the key.
const OFF_UNLESS_WRITTEN: &[(&str, &str)] = &[
    ("engine.hook_timeout", "hooks"),
    ("integration.claim", "integration"),
    ("integration.capture.last_modified.reconcile.every", "integration.capture.last_modified"),
    ("gateway.serve.capture.last_modified.reconcile.every", "gateway.serve.capture.last_modified"),
    ("gateway.refresh.capture.last_modified.reconcile.every", "gateway.refresh.capture.last_modified"),
];

type Key = (Vec<String>, String);

impl Document {
    /// Settings, in the form of `--set`, that may remove a failure. `check` is the name of a check
    /// or of a metric of lost edits. The likeliest setting comes first. Empty if the scenario has
    /// none of the known causes.
    pub fn remedies(&self, check: &str) -> Vec<String> {
        let check = if check == FORGOTTEN_EDITS.0 { FORGOTTEN_EDITS.1 } else { check };
        let keys = self.provenance(None, &[]).unwrap_or_default();
        let keys: Vec<Key> =
            keys.into_iter().filter_map(|one| Some((parse_path(&one.key)?, one.value))).collect();
        let of_check = REMEDIES.iter().filter(|(.., checks)| checks.contains(&check));
        of_check.flat_map(|(pattern, value, _)| settings(&keys, pattern, value)).collect()
    }
}

/// The settings of a remedy, for a scenario with these keys. They set each matching key that has
/// another value. A key that is off unless written is set if its table exists.
fn settings(keys: &[Key], pattern: &str, value: &str) -> Vec<String> {
    let said = keys.iter().filter_map(|(path, said)| Some((matched(path, pattern)?, said)));
    let said: Vec<(String, &String)> = said.collect();
    if !said.is_empty() {
        let others = said.into_iter().filter(|(_, said)| said.trim_matches('"') != value);
        let mut sets: Vec<String> = others.map(|(key, _)| format!("{key}={value}")).collect();
        sets.dedup();
        return sets;
    }
    let table = OFF_UNLESS_WRITTEN.iter().find(|(key, _)| *key == pattern).map(|(_, table)| *table);
    let is_there = |table: &str| keys.iter().any(|(path, _)| matched(path, table).is_some());
    if table.is_some_and(is_there) { vec![format!("{pattern}={value}")] } else { Vec::new() }
}

/// The beginning of a path that matches a pattern. `NAME` in the pattern matches any name.
fn matched(path: &[String], pattern: &str) -> Option<String> {
    let names: Vec<&str> = pattern.split('.').collect();
    let alike = path.iter().zip(&names).all(|(own, name)| *name == "NAME" || own == name);
    (alike && path.len() >= names.len()).then(|| dotted(&path[..names.len()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{check_names, losses};

    #[test]
    fn a_remedy_is_for_checks_that_there_are() {
        for (key, _, checks) in REMEDIES {
            let is_loss = |name: &str| losses().any(|loss| loss.metric == name);
            let is_known = |name: &&str| is_loss(name) || check_names().any(|known| known == *name);
            assert!(checks.iter().all(is_known), "{key}");
        }
    }

    #[test]
    fn a_remedy_is_named_where_the_file_says_otherwise() {
        let text = r#"
name = "r"
[entity.note]
rows = 10
schema = { id = "uuid key", title = "text 5..10" }
path = { title = "latin-1" }
[entity."v1.note"]
rows = 10
schema = { id = "uuid key", title = "text 5..10" }
path = { title = "latin-1" }
[fleet.phones]
devices = 1
[engine]
push.capture = "dirty-flags"
[backend]
provisioning = "stamps-only"
[integration]
every = "1m"
"#;
        let document = Document::parse("r.toml", text).unwrap();
        let of = |check| document.remedies(check);
        assert_eq!(of("lost-edit")[0], "engine.push.capture=outbox");
        assert_eq!(of("bent-value"), ["entity.note.path={}", "entity.\"v1.note\".path={}"]);
        let reconcile = "gateway.serve.capture.last_modified.reconcile.every=5m";
        assert_eq!(of("undetected-delete")[0], reconcile);
        let kept = of("kept-deleted");
        let keys = "integration.capture.last_modified.reconcile.every=1m";
        for set in [keys, "integration.capture={hash={}}", "backend.provisioning=full"] {
            assert!(kept.iter().any(|one| one == set), "{set}: {kept:?}");
        }
        assert_eq!(of("misfiled"), [""; 0]);
    }
}
