//! Scenario files as a whole: what they mean, and what is said of broken ones.

mod broken;
mod meaning;
mod own_rows;
mod plans;
mod written_down;

use super::{Document, Names, Plan, Request};
use crate::metrics::Unit;

/// The smallest scenario.
const MINIMAL: &str = r#"
name = "least"

[entity.note]
schema = { id = "uuid key", title = "text" }

[fleet.phones]
devices = 4
"#;

const METRICS: &[(&str, Unit)] = &[
    ("backend.mutations.replayed", Unit::Count),
    ("device.kills.count", Unit::Count),
    ("engine.conflicts.equal", Unit::Count),
    ("engine.conflicts.found", Unit::Count),
    ("engine.conflicts.insert_insert", Unit::Count),
    ("engine.cursor.reset", Unit::Count),
    ("engine.pull.chunk_rows", Unit::Rows),
    ("engine.requests.count", Unit::Count),
    ("engine.session.duration", Unit::Ns),
    ("engine.session.failed", Unit::Count),
    ("engine.session.interrupted", Unit::Count),
    ("engine.up.bytes", Unit::Bytes),
    ("engine.usable_after_login.duration", Unit::Ns),
    ("engine.write_visible.duration", Unit::Ns),
    ("net.answers_lost.count", Unit::Count),
    ("net.outages.count", Unit::Count),
    ("oracle.acknowledged_without_commit.count", Unit::Count),
    ("oracle.divergent.devices", Unit::Devices),
    ("oracle.duplicate.rows", Unit::Rows),
    ("oracle.lost.rows", Unit::Rows),
    ("oracle.lost_edit.count", Unit::Count),
    ("oracle.orphan.rows", Unit::Rows),
    ("oracle.resurrected.rows", Unit::Rows),
    ("oracle.silent_discard.count", Unit::Count),
    ("oracle.stale.rows", Unit::Rows),
    ("oracle.stuck.devices", Unit::Devices),
    ("oracle.undetected_delete.rows", Unit::Rows),
    ("workload.edits.made", Unit::Count),
];

fn with_names<R>(f: impl FnOnce(&Names<'_>) -> R) -> R {
    let engines = ["builtin".to_owned()];
    f(&Names {
        metrics: METRICS,
        checks: &["lost", "stale", "duplicate", "resurrected", "divergent", "stuck"],
        engines: &engines,
        crash_points: &["pull.answer-received", "pull.chunk-applied", "push.answer-received"],
    })
}

fn document(text: &str) -> Document {
    Document::parse("test.toml", text).unwrap_or_else(|e| panic!("{e}"))
}

fn plans(text: &str, request: &Request) -> Vec<Plan> {
    with_names(|names| document(text).plans(request, names)).unwrap_or_else(|e| panic!("{e}"))
}

fn plan(text: &str) -> Plan {
    plans(text, &Request::default()).remove(0)
}

/// What is said of a broken scenario.
fn complaint(text: &str, sets: &[&str]) -> String {
    let request = Request { sets: sets.iter().map(|s| (*s).to_owned()).collect(), ..Request::default() };
    match Document::parse("test.toml", text).map(|d| with_names(|names| d.plans(&request, names))) {
        Ok(Ok(_)) => panic!("nothing is wrong with this:\n{text}"),
        Ok(Err(invalid)) | Err(invalid) => invalid.to_string(),
    }
}
