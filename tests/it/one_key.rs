//! After changing one key, `compare` names first what changes for people; two samples of the same
//! thing do not differ.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use syncdyno::analysis::compare::{Basis, Comparison, Difference, Finding, Side, compare};
use syncdyno::record::{RunRecord, is_summary};

use crate::worlds;

const FIELD: &str = "tests/it/worlds/field.toml";
const ROUNDS: &str = "tests/it/worlds/rounds.toml";
const HERD: &str = "tests/it/worlds/herd.toml";

const USABLE: &str = "engine.usable_after_login.duration";
const SESSION: &str = "engine.session.duration";
const SAFE: &str = "engine.write_acknowledged.duration";
const SEEN: &str = "engine.write_visible.duration";
const DOWN: &str = "net.down.bytes";
/// Edits that the server overrules are lost, and some were not seen.
const OVERWRITTEN: &[&str] = &["oracle.saved_edits.lost", "oracle.overwritten.columns"];
const PEAK: &str = "device.memory.peak";

/// A world, a key with its value, the finding, and the figures that people must see first.
struct Change(&'static str, &'static str, Finding, &'static [&'static str]);

use Finding::{Better, Worse};

const CHANGES: &[Change] = &[
    Change(FIELD, "engine.pull.chunk_rows=20", Worse, &[USABLE]),
    Change(FIELD, "entity.order.scope={}", Worse, &[USABLE]),
    Change(FIELD, r#"engine.compression="gzip""#, Better, &[DOWN]),
    Change(FIELD, r#"backend.writes="blind""#, Worse, &["oracle.silent_discard.count"]),
    Change(FIELD, "backend.page_cap=20", Worse, &[USABLE]),
    Change(FIELD, r#"fleet.phones.link="3g-poor""#, Worse, &[USABLE]),
    Change(FIELD, r#"backend.fixed_cost="2s""#, Worse, &[USABLE]),
    Change(FIELD, r#"backend.write_fixed_cost="3s""#, Worse, &[SAFE]),
    Change(FIELD, r#"entity.order.schema.note="text 2000..4000""#, Worse, &[USABLE]),
    Change(FIELD, r#"entity.product.project=["id","name"]"#, Better, &[DOWN]),
    Change(FIELD, r#"engine.conflict.policy="server-wins""#, Worse, OVERWRITTEN),
    Change(FIELD, r#"hooks.on_sync_start.takes="20s""#, Worse, &[USABLE]),
    Change(FIELD, "unit.Sync.blocking=true", Worse, &["device.screen.blocked_a_day"]),
    Change(FIELD, r#"backend.provisioning="stamps-only""#, Worse, &["oracle.undetected_delete.rows"]),
    Change(FIELD, r#"engine.push.sends="row""#, Worse, &["net.up.bytes"]),
    Change(FIELD, "engine.pull.prefetch=2", Better, &[USABLE]),
    Change(ROUNDS, r#"unit.Rounds.on=["login","online","every 20m"]"#, Worse, &[SAFE]),
    Change(ROUNDS, r#"backend.replica_lag="5m""#, Worse, &[SEEN]),
    Change(HERD, r#"engine.request_timeout="40s""#, Worse, &[SESSION]),
    Change(HERD, r#"engine.retry.base="2m""#, Worse, &[SESSION]),
    Change(HERD, "backend.workers=1", Worse, &[USABLE]),
];

/// Files for which seeds 1 to 8 and 9 to 16 are two samples of the same thing.
const FILES: [&str; 20] = [
    "cookbook/first-login",
    "cookbook/import",
    "kill-in-pull",
    "cookbook/herd",
    "cookbook/killed-at-70",
    "cookbook/lost-responses",
    "cookbook/night",
    "cookbook/photos",
    "cookbook/token",
    "cookbook/two-edits",
    "cookbook/upgrade",
    "cookbook/wifi-only",
    "cookbook/body-limit",
    "hooks/slow",
    "links/captive-portal",
    "links/flapping",
    "backend/failing-backend",
    "device/foreground",
    "own-rows",
    "answers-lost",
];

/// The part of a list that is tried; all with `SYNCDYNO_EVERY=1`.
fn tried<T>(all: &[T], few: usize) -> &[T] {
    if worlds::every_place() { all } else { &all[..few] }
}

fn side(path: &str, sets: &[&str], seeds: RangeInclusive<u64>) -> Side {
    let out = tempfile::TempDir::new().unwrap();
    let mut run = worlds::program();
    run.current_dir(env!("CARGO_MANIFEST_DIR")).args(["run", path, "--progress", "none", "-q"]);
    run.args(["--seeds", &format!("{}..={}", seeds.start(), seeds.end())]).arg("--out").arg(out.path());
    run.args(sets.iter().flat_map(|set| ["--set", set]));
    let told = run.output().unwrap();
    let record = std::fs::read_to_string(out.path().join("run.json"));
    let record = record.unwrap_or_else(|error| panic!("{error}: {told:?}"));
    Side::of_record(path, &RunRecord::parse(&record).unwrap(), None).unwrap()
}

/// Compares like the program does by default.
fn compared(base: &Side, candidate: &Side) -> Comparison {
    let mut comparison = compare(base, candidate);
    comparison.tolerate(10_000);
    comparison
}

fn findings(comparison: &Comparison) -> Vec<&Difference> {
    let all = comparison.groups.iter().flat_map(|group| &group.differences);
    all.filter(|one| matches!(one.finding, Worse | Better)).collect()
}

#[test]
fn the_figure_that_a_key_moves_is_named_first() {
    let mut bases = BTreeMap::new();
    let mut wrong = Vec::new();
    for Change(path, set, finding, metrics) in tried(CHANGES, 2) {
        let base = bases.entry(path).or_insert_with(|| side(path, &[], 1..=8));
        let comparison = compared(base, &side(path, &[set], 1..=8));
        let first = findings(&comparison).first().map(|one| (one.finding, one.metric.clone(), one.stat));
        if first.as_ref().is_none_or(|(found, name, _)| found != finding || !metrics.contains(&name.as_str()))
        {
            wrong.push(format!("{set}: {first:?}, not {metrics:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn two_samples_of_one_thing_differ_in_no_headline() {
    let differing = |name: &&&str| {
        let path = format!("scenarios/{name}.toml");
        let comparison = compared(&side(&path, &[], 1..=8), &side(&path, &[], 9..=16));
        assert!(comparison.groups.iter().all(|group| group.basis == Basis::Samples), "{name}");
        findings(&comparison).iter().any(|one| is_summary(&one.metric))
    };
    let differing: Vec<_> = tried(&FILES, 1).iter().filter(differing).collect();
    assert!(differing.is_empty(), "{differing:?}");
}

/// Phones with twice the rows, or fewer syncs, have other shares of small and large responses.
/// Percentiles of their memory then change by tens of percent; the maximum does not.
#[test]
fn a_peak_that_stays_is_no_regression_and_hides_none() {
    let changes = [
        (FIELD, "entity.order.scope={}", Some(USABLE)),
        (FIELD, r#"unit.Sync.on=["login","online","every 10m"]"#, None),
        (ROUNDS, r#"unit.Rounds.on=["login","online","every 20m"]"#, Some(SAFE)),
        (ROUNDS, r#"unit.Rounds.on=["login","online","save","every 5m"]"#, Some(SAFE)),
    ];
    for (path, set, first) in tried(&changes, 1) {
        let comparison = compared(&side(path, &[], 1..=8), &side(path, &[set], 1..=8));
        let findings = findings(&comparison);
        let peak = findings.iter().find(|one| one.metric == PEAK);
        assert!(peak.is_none_or(|one| one.is_within(150_000)), "{set}: {peak:?}");
        assert!(first.is_none_or(|first| findings[0].metric == first), "{set}: {:?}", findings[0]);
    }
}
