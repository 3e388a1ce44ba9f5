//! Helpers for worlds: reading, running and looking at them.

use std::path::Path;

use syncdyno::scenario::{Document, Plan, Request};
use syncdyno::world::{self, Ending, Outcome, Stacks, Unwatched};

/// The scenario of two devices and ninety seconds.
pub(crate) const TINY: &str = "tests/it/worlds/tiny.toml";
/// Photos in addition to rows, sent in parts.
pub(crate) const PHOTOS: &[&str] = &[
    "entity.photo={rows=0,delivery=\"upload-only\",attachment={least=\"3kB\",most=\"6kB\",thumbnail=\"1kB\"},\
     schema={id=\"uuid key\",n=\"int 0..9\"}}",
    "action.shoot={entity=\"photo\",kind=\"create\",per_device=2}",
    r#"event.shots={at="+41s",edits={action="shoot",count=2,over="8s"}}"#,
    "engine.attachments={chunk_bytes=\"2kB\"}",
];

/// A scenario file of the repository.
pub(crate) fn document(path: &str) -> Document {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Document::of_file(&path, &text).unwrap_or_else(|error| panic!("{error}"))
}

/// The plans of a document.
pub(crate) fn plans(document: &Document, request: &Request) -> Vec<Plan> {
    try_plans(document, request).unwrap_or_else(|why| panic!("{why}"))
}

/// The plans of a document, or why it is refused.
pub(crate) fn try_plans(document: &Document, request: &Request) -> Result<Vec<Plan>, String> {
    plans_with(&Stacks::builtin(), document, request)
}

/// The same with these stacks.
pub(crate) fn plans_with(
    stacks: &Stacks,
    document: &Document,
    request: &Request,
) -> Result<Vec<Plan>, String> {
    let stacks = stacks.described();
    document.plans(request, &stacks).map_err(|invalid| invalid.to_string())
}

/// The only plan of a scenario file with these settings.
pub(crate) fn plan(path: &str, sets: &[&str]) -> Plan {
    let sets = sets.iter().map(|set| (*set).to_owned()).collect();
    let mut plans = plans(&document(path), &Request { sets, ..Request::default() });
    assert_eq!(plans.len(), 1, "{path} has one cell");
    plans.remove(0)
}

/// The first plan of a scenario given as text.
pub(crate) fn written(text: &str) -> Plan {
    let document = Document::parse("written.toml", text).unwrap_or_else(|error| panic!("{error}"));
    plans(&document, &Request::default()).remove(0)
}

/// Runs a plan.
pub(crate) fn run(plan: &Plan) -> Outcome {
    world::run(plan, &Stacks::builtin(), &Unwatched).unwrap_or_else(|error| panic!("{error}"))
}

/// A figure of an outcome: a metric that is a number, or a statistic of a distribution.
pub(crate) fn figure(outcome: &Outcome, metric: &str, stat: &str) -> u64 {
    let figure = outcome.figures.get(metric).unwrap_or_else(|| panic!("there is no metric {metric}"));
    figure.stat(stat).unwrap_or_else(|| panic!("{metric} has no {stat}"))
}

/// A metric that is a number.
pub(crate) fn value(outcome: &Outcome, metric: &str) -> u64 {
    figure(outcome, metric, "value")
}

/// What is wrong with an outcome: it did not come to rest, or the oracle found something.
pub(crate) fn trouble(outcome: &Outcome) -> Vec<String> {
    let mut trouble = Vec::new();
    if outcome.ending != Ending::Drained {
        trouble.push(format!("{:?}", outcome.ending));
    }
    trouble.extend(outcome.violations.iter().map(|v| format!("{}: {}", v.check, v.text)));
    trouble
}

/// The program; for thousands of cells, `SYNCDYNO_PROGRAM` may be another build of it.
pub(crate) fn program() -> assert_cmd::Command {
    let other = std::env::var_os("SYNCDYNO_PROGRAM");
    let mut of = assert_cmd::Command::new(other.unwrap_or_else(|| env!("CARGO_BIN_EXE_syncdyno").into()));
    of.env_remove("GITHUB_STEP_SUMMARY");
    of
}

/// True if everything is tried (`SYNCDYNO_EVERY=1`). Otherwise sweeps of thousands of places try
/// one in a few, and scenarios fewer seeds.
pub(crate) fn every_place() -> bool {
    every().is_some()
}

/// One in this many places of a crash sweep, or random worlds, is tried: `SYNCDYNO_EVERY=n`.
pub(crate) fn every() -> Option<usize> {
    let every = std::env::var_os("SYNCDYNO_EVERY")?;
    Some(every.to_str().and_then(|n| n.parse().ok()).filter(|n| *n > 0).unwrap_or(1))
}
