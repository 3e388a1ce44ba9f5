//! `hunt`: searches for failures near a scenario, and writes each one to a small file.
//!
//! A cell is one simulation: one variant and one seed.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::console::Console;
use super::hunt_args::{BUDGET, HuntArgs, OUT};
use super::refusal::{Refusal, near};
use super::shrink::{self, Failing, Kept, RUNS_MAX};
use super::{settle, sources, work};
use crate::base::{Span, escape_path};
use crate::campaign::hunt::{self, Failure, Game, Hunted, Length};
use crate::campaign::shrink::{self as small, Means};
use crate::campaign::{Signals, Stopwatch};
use crate::metrics::{find, human};
use crate::record::{Exit, shell_word};
use crate::scenario::{Document, Request};

/// The length of a hunt if the user gives no limit.
const DEFAULT_TIME: Duration = Duration::from_secs(60);
/// The time between two reports of a soak (a long hunt).
const SOAK_SUMMARY: Duration = Duration::from_secs(3_600);

pub(super) fn hunt(args: &HuntArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let Some(file) = args.file.as_deref() else {
        return settle::settle(args.settle.as_deref().unwrap_or(Path::new("")), console);
    };
    let mut sets = args.set.clone();
    sets.extend(args.stack.as_ref().map(|stack| format!("engine.name={stack}")));
    shrink::is_folder(&args.out)?;
    let document = document(file, args, &sets, console)?;
    console.surroundings.signals.heed();
    let signals = console.surroundings.signals.clone();
    let jobs = args.jobs.map_or_else(work::processors, usize::from);
    let means =
        Means { runner: console.runner, signals: &signals, jobs, budget: args.budget, runs: RUNS_MAX };
    let game = Game { document: &document, variant: args.variant.clone(), sets, seed: args.seed };
    let hunted = followed(&game, means, args, console);
    console.result(&summary(&hunted, file, args));
    let all = hunted.failures.len();
    let mut mended: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for (n, failure) in hunted.failures.iter().enumerate() {
        if !signals.any() {
            let most = human::span(args.budget.0);
            console.remark(&format!(
                "making failure {} of {all} small, for up to {most} of processor time: {}\n",
                n + 1,
                named(failure)
            ));
        }
        let kept = kept(failure, &game, file, args, means, console)?;
        if let Some(kept) = kept.filter(|kept| !kept.mends.is_empty()) {
            mended.entry(kept.mends).or_default().push(escape_path(&kept.path));
        }
    }
    console.result(&by_mend(&mended));
    if let Some(exit) = signals.exit() {
        return Err(Refusal::because(
            exit,
            "stopped: not all failures were made small; to make one small, use `syncdyno shrink` with its file",
        ));
    }
    console.result(&reached(&hunted));
    Ok(if hunted.failures.is_empty() { Exit::Success } else { Exit::Threshold })
}

/// Reads the scenario. It is an error if the variant and the settings do not give exactly one cell.
fn document(
    file: &Path,
    args: &HuntArgs,
    sets: &[String],
    console: &Console<'_>,
) -> anyhow::Result<Document> {
    let text = sources::read(file)?;
    let variants = args.variant.clone().into_iter().collect();
    let request = Request { sets: sets.to_vec(), seeds: vec![args.seed], variants, ..Request::default() };
    let plan = sources::of_one_variant(file, &text, &request, console)?;
    let stacks = console.runner.stacks();
    if !stacks.iter().any(|stack| stack.name == plan.engine_name) {
        let near = near(&plan.engine_name, stacks.iter().map(|stack| stack.name.as_str()));
        return Err(Refusal::usage(format!("there is no stack `{}`{near}", plan.engine_name)));
    }
    Document::of_file(file, &text).map_err(|invalid| Refusal::invalid([&invalid], false))
}

/// Runs the hunt and reports its progress on stderr.
fn followed(game: &Game<'_>, means: Means<'_>, args: &HuntArgs, console: &mut Console<'_>) -> Hunted {
    let wanted = args.soak.or(args.time).map(|Span(ns)| Duration::from_nanos(ns));
    let time = wanted.or_else(|| args.generations.is_none().then_some(DEFAULT_TIME));
    let length = Length { size: args.size, generations: args.generations.unwrap_or(u64::MAX), time };
    let pause = if args.soak.is_some() { SOAK_SUMMARY } else { Duration::from_secs(10) };
    let mut last = Stopwatch::start();
    hunt::hunt(game, means, length, &mut |hunted| {
        if last.elapsed() >= pause {
            last = Stopwatch::start();
            console.remark(&so_far(hunted));
        }
        true
    })
}

fn so_far(hunted: &Hunted) -> String {
    let Hunted { generations, candidates, features, .. } = hunted;
    let failures = human::count(hunted.failures.len() as u64, "failure");
    let candidates = human::count(*candidates, "candidate");
    format!(
        "generation {generations}: {candidates}, {} combinations, {failures}\n",
        human::thousands(*features)
    )
}

fn summary(hunted: &Hunted, file: &Path, args: &HuntArgs) -> String {
    let failures = human::count(hunted.failures.len() as u64, "failure");
    let candidates = human::count(hunted.candidates, "candidate");
    let generations = human::count(hunted.generations, "generation");
    let facts = human::thousands(hunted.features);
    let mut text = format!(
        "{failures} in {candidates}; {} of these reached something new; {facts} different combinations were seen\n",
        human::thousands(hunted.kept)
    );
    if hunted.refused > 0 {
        let refused = human::count(hunted.refused, "change");
        text.push_str(&format!("{refused} would not have been valid in this scenario and were not tried\n"));
    }
    let mut again =
        format!("syncdyno hunt {} --generations {}", shell_word(&escape_path(file)), hunted.generations);
    let own = [("--variant", &args.variant), ("--stack", &args.stack)];
    for (option, value) in own.into_iter().filter_map(|(option, value)| Some((option, value.as_ref()?))) {
        again.push_str(&format!(" {option} {}", shell_word(value)));
    }
    args.set.iter().for_each(|set| again.push_str(&format!(" --set {}", shell_word(set))));
    if args.seed != 1 {
        again.push_str(&format!(" --seed {}", args.seed));
    }
    if args.size != hunt::SIZE {
        again.push_str(&format!(" --size {}", args.size));
    }
    if args.budget != BUDGET {
        again.push_str(&format!(" --budget {}", args.budget));
    }
    if args.out != Path::new(OUT) {
        again.push_str(&format!(" --out {}", shell_word(&escape_path(&args.out))));
    }
    text.push_str(&format!("stopped after {generations}; to repeat this hunt: {again}\n"));
    if hunted.failures.is_empty() {
        text.push_str("no failure was found: try a longer --for, more --generations, or another --seed\n");
    }
    text
}

/// Groups the files of failures by the settings with which they do not occur.
fn by_mend(mended: &BTreeMap<Vec<String>, Vec<String>>) -> String {
    let mut text = String::new();
    for (sets, files) in mended {
        let sets: Vec<String> = sets.iter().map(|set| format!("--set {}", shell_word(set))).collect();
        let which = if files.len() == 1 { "this does not occur" } else { "these do not occur" };
        text.push_str(&format!("with {} {which} (tried): {}\n", sets.join(" "), files.join(", ")));
    }
    text
}

/// Makes a failure small, writes its file and reports it. `None` if it could not be made small.
fn kept(
    failure: &Failure,
    game: &Game<'_>,
    file: &Path,
    args: &HuntArgs,
    means: Means<'_>,
    console: &mut Console<'_>,
) -> anyhow::Result<Option<Kept>> {
    let variants = game.variant.clone().into_iter().collect();
    let sets = failure.sets.clone();
    let seeds = vec![failure.seed];
    let plan =
        sources::requested(game.document, &Request { sets, seeds, variants, ..Request::default() }, console)?;
    let failing = plan.into_iter().next().map(|plan| shrink::as_written(plan, &failure.sets, console));
    // After a signal the failure is written as it was found: one run says what to expect.
    let unheard = Signals::default();
    let is_stopped = means.signals.any();
    let means = if is_stopped { Means { signals: &unheard, budget: Span::ZERO, ..means } } else { means };
    let own = game.document.written_cell(game.variant.as_deref(), &game.sets);
    let small = failing.and_then(|failing| {
        let failing = Failing { own, ..failing };
        let shrunk = small::shrink(&failing.script, &failing.path, &failure.goal, means)?;
        Some(Small { failing, shrunk })
    });
    let head = format!("{}, first in candidate {}\n", named(failure), human::thousands(failure.candidates));
    let Some(Small { failing, shrunk }) = small else {
        let sets: String = failure.sets.iter().map(|set| format!(" --set {}", shell_word(set))).collect();
        let file = shell_word(&escape_path(file));
        console.result(&format!("{head}  syncdyno run {file} --seed {}{sets}\n", failure.seed));
        return Ok(None);
    };
    let kept = shrink::keep(&shrunk, &failing, &args.out, means)?;
    console.result(&format!("{head}  {}", shrink::told(&shrunk, &kept.found, &kept.path)));
    Ok(Some(kept))
}

/// The failure in a few words: the check, and the entity of its record.
fn named(failure: &Failure) -> String {
    let of =
        failure.goal.entity.as_ref().map_or(String::new(), |entity| format!(" finds a record of {entity}"));
    format!("check `{}`{of}", failure.goal.check)
}

struct Small {
    failing: Failing,
    shrunk: small::Shrunk,
}

/// The situations that the hunt reached, and the situations that it did not reach.
fn reached(hunted: &Hunted) -> String {
    let about = |name: &str| find(name).map_or("", |metric| metric.how);
    let mut text = String::new();
    let there: Vec<String> = hunted
        .situations
        .iter()
        .filter(|(_, candidates)| **candidates > 0)
        .map(|(name, candidates)| format!("{} {}", word(name), human::thousands(*candidates)))
        .collect();
    if !there.is_empty() {
        text.push_str(&format!("reached, by candidates: {}\n", there.join(", ")));
    }
    for (name, _) in hunted.situations.iter().filter(|(_, candidates)| **candidates == 0) {
        text.push_str(&format!("never reached: {} ({})\n", word(name), about(name)));
    }
    text
}

/// The word for a situation, in the spelling of `[situations]`.
fn word(metric: &str) -> String {
    metric.trim_start_matches("situation.").trim_end_matches(".count").replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_one_setting_are_named_together() {
        let set = |set: &str| vec![set.to_owned()];
        let files = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let mended =
            BTreeMap::from([(set("a=b"), files(&["x.toml", "y.toml"])), (set("c=d"), files(&["z.toml"]))]);
        assert_eq!(
            by_mend(&mended),
            "with --set a=b these do not occur (tried): x.toml, y.toml\n\
             with --set c=d this does not occur (tried): z.toml\n"
        );
    }

    #[test]
    fn what_never_happened_is_said_in_words() {
        let situations =
            BTreeMap::from([("situation.hot_row.count", 3), ("situation.response_lost.count", 0)]);
        let text = reached(&Hunted { situations, ..Hunted::default() });
        assert!(
            text.starts_with("reached, by candidates: hot-row 3\nnever reached: response-lost (Pushes"),
            "{text}"
        );
    }
}
