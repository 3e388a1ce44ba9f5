//! Makes failures small. They come from hunts for planted bugs, and from some wrong settings.

use std::path::Path;

use syncdyno::base::Span;
use syncdyno::bugs::Bug;
use syncdyno::campaign::shrink::{About, End, Goal, Script, found, judged, shrink};
use syncdyno::record::Exit;
use syncdyno::scenario::{Document, Request};

use super::trial::{START, hunted, processor_time, since, with};
use super::{document, each};
use crate::ending::{Ending, complain, say};

/// A file of up to this many lines is small.
const FEW_LINES: usize = 25;
/// A file of up to this many lines is still acceptable.
const MANY_LINES: usize = 40;
/// The maximum processor time for one failure.
const LONG: Span = Span::secs(120);
/// The seed of the hunts.
const SEED: u64 = 1;
/// A swarm with all faults of the file, and with the file's sizes.
const WHOLE: [&str; 2] = ["swarm.on=1", "swarm.sizes=false"];

/// Wrong settings of the scenario of strategies: the variant, and a key with its wrong value.
pub(super) const WRONG: &[(&str, &str)] = &[
    ("keyset", "gateway.serve.capture.last_modified.bound=strict"),
    ("keyset", "engine.push.capture=dirty-flags"),
    ("keyset", "backend.stamped_by=device"),
    ("flag", "gateway.serve.capture.flag.set=before-capture"),
    ("flag", "gateway.serve.capture.flag.per=all"),
    ("flag", "backend.rearm=forgets-office"),
];
const STRATEGIES: &str = "scenarios/strategies/chaos.toml";

/// A failure that is to be made small.
struct Failing {
    name: String,
    path: &'static str,
    script: Script,
    goal: Goal,
}

/// A failure that was made small.
struct Small {
    name: String,
    check: String,
    lines: usize,
    runs: u64,
    time: Span,
    is_complete: bool,
    is_same: bool,
}

/// The limits of the work.
pub(super) struct Limits {
    /// The maximum number of failures.
    pub(super) most: usize,
    /// The maximum number of worlds per hunt.
    pub(super) worlds: u64,
    /// The number of worker threads.
    pub(super) jobs: usize,
}

/// Makes failures small and prints a table. The failures of wrong settings come first.
pub(super) fn small(
    start: &Document,
    bugs: &[&'static Bug],
    settings: &[(&str, &str)],
    limits: Limits,
) -> Ending {
    let Limits { most, worlds, jobs } = limits;
    let mut failing: Vec<Failing> = Vec::new();
    if !settings.is_empty() {
        let strategies = document(Path::new(STRATEGIES))?;
        failing.extend(settings.iter().filter_map(|one| of_setting(&strategies, one)).take(most));
    }
    for bug in bugs {
        if failing.len() < most {
            failing.extend(of_bug(start, bug, worlds));
        }
    }
    let all = each(&failing, jobs, |one| {
        let small = made_small(one);
        complain(&small.as_ref().map_or_else(|| format!("| {} | – |", one.name), Small::line));
        small
    });
    let all: Vec<Small> = all.into_iter().flatten().collect();
    say("| failure | check | lines | runs | processor seconds | complete | fails again |");
    say("|---|---|---:|---:|---:|---|---|");
    all.iter().for_each(|small| say(&small.line()));
    let count = |is: &dyn Fn(&Small) -> bool| all.iter().filter(|small| is(small)).count();
    say(&format!(
        "{} failures: {} of at most {FEW_LINES} lines, {} of at most {MANY_LINES}, {} in at most {} s, {} fail by the same check again",
        failing.len(),
        count(&|small| small.lines <= FEW_LINES),
        count(&|small| small.lines <= MANY_LINES),
        count(&|small| small.time <= LONG),
        LONG.0 / 1_000_000_000,
        count(&|small| small.is_same),
    ));
    Ok(Exit::Success)
}

fn of_bug(start: &Document, bug: &Bug, worlds: u64) -> Option<Failing> {
    let (failure, _) = hunted(bug, start, SEED, worlds, &mut 0);
    let failure = failure?;
    let script = Script::of(start.written_cell(None, &failure.sets)?, failure.seed);
    Some(Failing { name: bug.engine_name(), path: START, script, goal: failure.goal })
}

fn of_setting(strategies: &Document, (variant, set): &(&str, &str)) -> Option<Failing> {
    let sets: Vec<String> = WHOLE.iter().chain([set]).map(|set| (*set).to_owned()).collect();
    let request = Request {
        sets: sets.clone(),
        seeds: vec![SEED],
        variants: vec![(*variant).to_owned()],
        ..Request::default()
    };
    let (plan, goal) = with(|means| {
        let plan = strategies.plans(&request, &means.runner.stacks()).ok()?.pop()?;
        let goal = judged(&plan, means, &|| false).1.into_iter().next()?;
        Some((plan, goal))
    })?;
    // As it runs: what is written with the variant's name draws other faults.
    let script = Script::of(plan.source.resolved.parse().ok()?, SEED);
    Some(Failing { name: (*set).to_owned(), path: STRATEGIES, script, goal })
}

fn made_small(failing: &Failing) -> Option<Small> {
    with(|means| {
        let start = processor_time();
        let shrunk = shrink(&failing.script, Path::new(failing.path), &failing.goal, means)?;
        let time = since(start);
        let file = found(&shrunk, &About::default());
        let document = Document::parse("found.toml", &file.text).ok()?;
        let plan = document.plans(&Request::default(), &means.runner.stacks()).ok()?.pop()?;
        let is_same = judged(&plan, means, &|| false).1.contains(&failing.goal);
        let check = failing.goal.check.clone();
        let (name, lines, runs) = (failing.name.clone(), file.lines, shrunk.runs);
        Some(Small { name, check, lines, runs, time, is_complete: shrunk.end == End::Complete, is_same })
    })
}

impl Small {
    fn line(&self) -> String {
        let Small { name, check, lines, runs, .. } = self;
        let word = |is: bool| if is { "yes" } else { "no" };
        let seconds = self.time.0 as f64 / 1e9;
        let (complete, same) = (word(self.is_complete), word(self.is_same));
        format!("| `{name}` | {check} | {lines} | {runs} | {seconds:.1} | {complete} | {same} |")
    }
}
