//! Choices that are known to be wrong, each hunted in a world of random trouble in which the right ones lose nothing.
//!
//! They are options of the product, not planted bugs: teams choose them. How many seeds it took is written down in
//! `scenarios/strategies/WRONG.md`.

mod wrong;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use syncdyno::backend::Provisioning;
use syncdyno::gateway::{Capture, Mode};
use syncdyno::scenario::{Plan, Request};
use syncdyno::world::Outcome;

use crate::worlds::{self, trouble};

const CHAOS: &str = "scenarios/strategies/chaos.toml";
const SERVE: &str = "gateway.serve.capture";
/// What the list says below its table.
const NOT_HERE: &str = "
Not here: claims (`flag.lease`) matter to workers that share one flag, and each of these lacks rows of the others in any
case: `flag-parallel.toml`. A file tells the last state alone, as every pull does; what it skips between two is in
`file-drop.toml`, and is more in some worlds and the same in most.
";

/// A choice that loses something, or costs without need.
struct Wrong {
    name: &'static str,
    why: &'static str,
    /// The scenario about it, under `scenarios/`.
    file: &'static str,
    /// The variant of the chaos that it is tried in.
    variant: &'static str,
    /// What is set for it and for its twin; a key that begins with `=` is one of [`SERVE`].
    world: &'static [&'static str],
    /// What is set for it alone.
    sets: &'static [&'static str],
    /// What is set for its twin alone.
    right: &'static [&'static str],
    /// What it has more of than its twin, where no check at the end finds anything.
    metric: Option<&'static str>,
    /// Worlds that both are tried in, seeds from 1.
    seeds: u64,
}

/// A setting with its whole key.
fn whole(set: &str) -> String {
    set.strip_prefix('=').map_or(set.to_owned(), |own| format!("{SERVE}.{own}"))
}

impl Wrong {
    fn outcomes(&self, own: &[&str]) -> Vec<Outcome> {
        let sets = self.world.iter().chain(own).map(|set| whole(set)).collect();
        let variants = vec![self.variant.to_owned()];
        let request = Request { sets, variants, seeds: (1..=self.seeds).collect(), ..Request::default() };
        let plans: Vec<Plan> = worlds::plans(&worlds::document(CHAOS), &request);
        plans.iter().map(worlds::run).collect()
    }

    /// Runs the correct twin and holds it to no trouble at all. A variant as it is written passes these seeds in the suite.
    fn twin(&self) -> Vec<Outcome> {
        if self.world.is_empty() && self.right.is_empty() && self.metric.is_none() {
            return Vec::new();
        }
        let outcomes = self.outcomes(self.right);
        for (outcome, seed) in outcomes.iter().zip(1..) {
            let found = trouble(outcome);
            assert!(found.is_empty(), "the twin of {}, seed {seed}: {}", self.name, found.join("; "));
        }
        outcomes
    }

    fn hunt(&self) -> Hunt {
        let (wrong, right) = (self.outcomes(self.sets), self.twin());
        let Some(metric) = self.metric else {
            let caught = wrong.iter().map(|outcome| !trouble(outcome).is_empty()).collect();
            return Hunt { caught, seen: seen(&wrong) };
        };
        let more = |(wrong, right)| worlds::value(wrong, metric) > worlds::value(right, metric);
        Hunt { caught: wrong.iter().zip(&right).map(more).collect(), seen: format!("more `{metric}`") }
    }

    /// The line of the list.
    fn line(&self, Hunt { caught, seen }: &Hunt) -> Option<String> {
        let median = median(caught)?;
        let shown = caught.iter().filter(|caught| **caught).count();
        let Wrong { name, why, variant, seeds, file, .. } = self;
        let sets: Vec<_> = self.world.iter().map(|set| format!("`{}`", whole(set))).collect();
        let world = std::iter::once((*variant).to_owned()).chain(sets).collect::<Vec<_>>().join(" ");
        let path = file.strip_prefix("strategies/").map_or(format!("../{file}"), str::to_owned);
        let sets: Vec<_> = self.sets.iter().map(|set| format!("`{}`", set.trim_start_matches('='))).collect();
        let choice = if sets.is_empty() { (*name).to_owned() } else { format!("{name}: {}", sets.join(" ")) };
        Some(format!(
            "| {choice} | {why} | {seen} | {shown} of {seeds} | {median} | {world} | [`{file}`]({path}) |"
        ))
    }
}

/// What a hunt came to: in which worlds it was seen, and as what.
struct Hunt {
    caught: Vec<bool>,
    seen: String,
}

/// The checks that fired. A device is divergent whenever one of its rows is wrong, so that is told only if nothing else is.
fn seen(outcomes: &[Outcome]) -> String {
    let mut checks: BTreeSet<_> = outcomes.iter().flat_map(|o| &o.violations).map(|v| v.check).collect();
    if checks.len() > 1 {
        checks.remove("divergent");
    }
    checks.into_iter().collect::<Vec<_>>().join(", ")
}

/// From each seed on, how many worlds it takes to the next catch; the median of these, if it is ever caught.
fn median(caught: &[bool]) -> Option<usize> {
    let after = |from: usize| caught[from..].iter().position(|caught| *caught).map(|n| n + 1);
    let mut waits: Vec<usize> = (0..caught.len()).filter_map(after).collect();
    waits.sort_unstable();
    waits.get(waits.len() / 2).copied()
}

#[test]
fn strategies_that_are_wrong_are_caught_and_the_seeds_written_down() {
    let mut text = format!(
        "# Choices that lose rows, and what it took to see it\n\n\
         Each is an option, tried in `{CHAOS}` with the seeds from 1 on: as many as the table says, few where\n\
         each world shows it. Keys without a table before them are of `{SERVE}`. Its correct twin, in the same world with the\n\
         right option in its place, passes the same seeds; where the world is a variant as it is written, the suite holds it to that. What\n\
         no check finds is told by a metric, and seen where that is more than the twin's. Written by `cargo test --test it -- strategies`\n\
         with `SYNCDYNO_BLESS=1`, and checked by it without.\n\n\
         | choice | what it loses | seen as | worlds that showed it | worlds until one does, median | tried in variant | see |\n\
         |---|---|---|---:|---:|---|---|\n"
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut away = Vec::new();
    for wrong in wrong::all() {
        assert!(root.join(wrong.file).is_file(), "{} is shown by {}", wrong.name, wrong.file);
        match wrong.line(&wrong.hunt()) {
            Some(line) => writeln!(text, "{line}").expect("a text takes what is written"),
            None => away.push(wrong.name),
        }
    }
    assert!(away.is_empty(), "not caught: {}", away.join(", "));
    text.push_str(NOT_HERE);
    let path = root.join("strategies/WRONG.md");
    if std::env::var_os("SYNCDYNO_BLESS").is_some() {
        std::fs::write(&path, &text).expect("the list can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "WRONG.md is not what the hunts say; SYNCDYNO_BLESS=1 writes:\n{text}");
}

#[test]
fn whatever_is_told_to_who_is_refused_finds_every_row_that_is_gone_and_nothing_else_does() {
    let provisionings = [
        ("full", Provisioning::Full),
        ("stamps-only", Provisioning::StampsOnly),
        ("soft-delete-only", Provisioning::SoftDeleteOnly),
        ("three-stamps", Provisioning::ThreeStamps),
        ("none", Provisioning::Nothing),
        ("read-only-schema", Provisioning::ReadOnlySchema),
    ];
    let modes = [("ota", SERVE, Mode::Ota), ("persistent", "gateway.refresh.capture", Mode::Persistent)];
    let others = ["{ last_modified = {} }", "{ flag = {} }", "{ change_log = {} }", "{ hash = {} }"];
    for (kept, provisioning) in provisionings {
        for (mode, key, at) in modes {
            let told: Vec<&str> = Capture::fitting(provisioning, at).collect();
            assert!(told.contains(&"{ hash = {} }"), "{kept} {mode}");
            let untold = others.into_iter().filter(|other| !told.contains(other));
            for (capture, well) in
                told.iter().map(|told| (*told, true)).chain(untold.map(|other| (other, false)))
            {
                let sets = [
                    format!("gateway.mode={mode}"),
                    format!("backend.provisioning={kept}"),
                    format!("{key}={capture}"),
                ];
                let request = Request { sets: sets.into(), ..Request::default() };
                let document = worlds::document("scenarios/strategies/matrix.toml");
                let found = match worlds::try_plans(&document, &request) {
                    Ok(plans) => trouble(&worlds::run(&plans[0])),
                    Err(why) => vec![why],
                };
                assert_eq!(found.is_empty(), well, "{kept} {mode} {capture}: {found:?}");
            }
        }
    }
}

#[test]
fn a_median_counts_from_every_seed_on() {
    assert_eq!(median(&[false, false, true, false]), Some(2));
    assert_eq!(median(&[true, true]), Some(1));
    assert_eq!(median(&[false]), None);
}
