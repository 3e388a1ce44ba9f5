//! Scenario files as a whole: what they mean, and what is said of broken ones.

mod about;
mod broken;
mod costs;
mod excerpts;
mod idle;
mod links;
mod meaning;
mod own_rows;
mod plans;
mod products;
mod questions;
mod said;
mod shows;
mod swarms;
mod tunnels;
mod written_down;

use super::{Document, Invalid, Names, Plan, Request};
use crate::contract::Described;
use crate::{metrics, oracle};

/// The smallest scenario.
const MINIMAL: &str = r#"
name = "least"

[entity.note]
schema = { id = "uuid key", title = "text" }

[fleet.phones]
devices = 4
"#;

/// The engines of the committed scenarios.
const STACKS: &[&str] = &[
    "builtin",
    "broken:cancel-drops-in-flight",
    "broken:cursor-before-rows",
    "broken:discards-edits",
    "broken:drops-after-timeout",
    "broken:ends-what-is-referred-to",
    "broken:fails-without-a-word",
    "broken:foreign-answer-is-ack",
    "broken:forgets-ends",
    "broken:forgets-late-rows",
    "broken:forgets-the-shadow",
    "broken:gives-up-for-good",
    "broken:gives-way-in-silence",
    "broken:ignores-the-network",
    "broken:keeps-what-is-refused",
    "broken:last-in-first-out",
    "broken:merges-without-nulls",
    "broken:misses-saves-in-a-run",
    "broken:never-forgives",
    "broken:new-identity-each-try",
    "broken:one-bad-row-drops-page",
    "broken:one-date-for-all",
    "broken:parents-first",
    "broken:pulls-over-edits",
    "broken:put-off-is-done",
    "broken:refused-delete-stays-gone",
    "broken:rests-in-the-middle",
    "broken:says-nothing",
    "broken:sweeps-what-is-withheld",
    "broken:takes-anothers-page",
    "broken:taken-is-done",
    "broken:takes-older-tombstones",
    "broken:takes-older-versions",
    "broken:waits-for-what-is-gone",
    "broken:waits-without-a-ceiling",
    "broken:whole-rows-again",
    "broken:verdicts-by-place",
    "broken:tries-without-a-pause",
    "broken:rename-forgets-edits",
    "broken:rename-forgets-rows",
    "broken:rename-forgets-newer",
    "broken:pool-gives-again",
    "broken:merge-speaks-for-all",
    "broken:cursor-before-the-last-page",
    "broken:all-synced-too-soon",
    "broken:completes-twice",
    "broken:failed-for-ever",
    "broken:offline-for-ever",
    "broken:progress-beyond-its-end",
    "broken:progress-never-moves",
    "broken:syncing-for-ever",
    "broken:part-over-whole",
    "broken:dates-all-units",
    "broken:keeps-anothers-pool",
    "broken:dates-what-was-cut",
    "broken:forgets-what-waits",
    "broken:forgets-as-it-begins",
    "broken:sends-what-came-to-nothing",
];

fn with_names<R>(f: impl FnOnce(&Names<'_>) -> R) -> R {
    let crash_points =
        &["pull.answer-received", "pull.chunk-applied", "push.answer-received", "session.before-end"];
    let described = |name| Described { crash_points, ..Described::builtin(name) };
    let stacks = STACKS.iter().copied().map(described).collect::<Vec<_>>();
    let metrics: Vec<_> = metrics::TABLE.iter().map(|metric| (metric.name, metric.unit)).collect();
    let checks: Vec<_> = oracle::check_names().collect();
    f(&Names { metrics: &metrics, checks: &checks, stacks: &stacks })
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

fn with_sets(text: &str, sets: &[&str]) -> Plan {
    let sets = sets.iter().map(|s| (*s).to_owned()).collect();
    plans(text, &Request { sets, ..Request::default() }).remove(0)
}

/// The scenario beside a trace `t` of these lines.
fn with_trace(trace: &str, text: &str, sets: &[&str]) -> Result<Plan, Invalid> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t"), trace).unwrap();
    let request = Request { sets: sets.iter().map(|s| (*s).to_owned()).collect(), ..Request::default() };
    let document = document(text).beside(folder.path());
    with_names(|names| document.plans(&request, names)).map(|mut plans| plans.remove(0))
}

/// What is said of a broken scenario.
fn complaint(text: &str, sets: &[&str]) -> String {
    let request = Request { sets: sets.iter().map(|s| (*s).to_owned()).collect(), ..Request::default() };
    match Document::parse("test.toml", text).map(|d| with_names(|names| d.plans(&request, names))) {
        Ok(Ok(_)) => panic!("nothing is wrong with this:\n{text}"),
        Ok(Err(invalid)) | Err(invalid) => invalid.to_string(),
    }
}
