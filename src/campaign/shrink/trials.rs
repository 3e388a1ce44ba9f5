//! Runs candidates until one fails in the same way, with a budget that is the same everywhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::script::Script;
use crate::analysis;
use crate::base::{Span, Time};
use crate::campaign::parallel::in_parallel;
use crate::campaign::run::attempt;
use crate::campaign::runner::Runner;
use crate::campaign::stop::Signals;
use crate::oracle::{Violation, implied};
use crate::record::Verdict;
use crate::scenario::{Cost, Document, Expect, Plan, Request};
use crate::world::{Ending, Outcome, Watch};

/// A cell that panics, or that its engine ends, fails by this name; no check has it.
pub const PANIC: &str = "panic";
const STUCK: &str = "stuck";

/// What must still fail in a smaller scenario.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Goal {
    /// The check, or [`PANIC`].
    pub check: String,
    /// The entity of the record; `None` if no record is concerned.
    pub entity: Option<String>,
}

/// What a candidate showed.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The checks that found something, and `stuck` if it did not come to rest.
    pub checks: BTreeSet<String>,
    /// All goals that it would fail by.
    pub goals: BTreeSet<Goal>,
    /// True if `run` passes once these violations are expected.
    pub passes: bool,
    /// The events that did not fire, and the actions without an edit.
    pub idle: Vec<String>,
    /// When the last event happened.
    pub ended: Time,
    /// How often it was asked whether to stop: a measure of work that is the same everywhere.
    pub work: u64,
}

/// How candidates are run, and how many may be.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// What runs them.
    pub runner: &'a dyn Runner,
    /// Signals that end everything.
    pub signals: &'a Signals,
    /// How many run at once; no result depends on it.
    pub jobs: usize,
    /// The processor time of all runs by their estimates, which are the same on every machine.
    pub budget: Span,
    /// The most runs.
    pub runs: u64,
}

/// Tries candidates for one goal.
pub(super) struct Trials<'a> {
    means: Means<'a>,
    goal: Goal,
    /// Where the files are that the scenario reads.
    path: PathBuf,
    /// Digest and seed of what does not fail.
    harmless: BTreeSet<String>,
    /// Candidates take at most this much work.
    most_work: u64,
    /// True once a candidate also passed as an expectation: then all must.
    strict: bool,
    pub(super) runs: u64,
    spent: Span,
}

struct Candidate {
    index: usize,
    plan: Plan,
    /// How many runs and how much time had been used before it.
    runs: u64,
    spent: Span,
}

impl<'a> Trials<'a> {
    pub(super) fn new(means: Means<'a>, goal: Goal, path: &Path) -> Trials<'a> {
        let harmless = BTreeSet::new();
        let spent = Span::ZERO;
        let path = path.to_owned();
        Trials { means, goal, path, harmless, most_work: u64::MAX, strict: false, runs: 0, spent }
    }

    /// From now on a candidate may work four times as long as this one.
    pub(super) fn hold_to(&mut self, shown: &Shown) {
        self.most_work = shown.work.saturating_mul(4).saturating_add(1_000);
        self.is_to_pass(shown);
    }
    /// From now on all must pass as an expectation, if this one does.
    pub(super) fn is_to_pass(&mut self, shown: &Shown) {
        self.strict = self.strict || shown.passes;
    }
    /// True if no more candidates can be run.
    pub(super) fn is_over(&self) -> bool {
        self.runs >= self.means.runs || self.spent >= self.means.budget || self.means.signals.any()
    }
    /// The plan of a script; `None` if it is not a valid scenario.
    pub(super) fn plan(&self, script: &Script) -> Option<Plan> {
        plan(script, &self.path, self.means.runner)
    }

    /// The first candidate that still fails in the same way, or means the same as `present`.
    pub(super) fn first(&mut self, present: &Script, all: &[Script]) -> Option<(usize, Option<Shown>)> {
        let same = self.plan(present).map(|plan| name(&plan));
        let mut waiting: Vec<Candidate> = Vec::new();
        for (index, script) in all.iter().enumerate() {
            let Some(plan) = self.plan(script) else { continue };
            let name = name(&plan);
            if Some(&name) == same.as_ref() {
                return self.run(&mut waiting).or(Some((index, None)));
            }
            if self.harmless.contains(&name) || waiting.iter().any(|other| self::name(&other.plan) == name) {
                continue;
            }
            let cost = Cost::of(&plan).time();
            let (runs, spent) =
                waiting.last().map_or((self.runs, self.spent), |last| (last.runs, last.spent));
            if runs >= self.means.runs || spent >= self.means.budget {
                break;
            }
            waiting.push(Candidate { index, plan, runs: runs + 1, spent: spent + cost });
            if waiting.len() >= self.means.jobs {
                let found = self.run(&mut waiting);
                if found.is_some() || self.means.signals.any() {
                    return found;
                }
            }
        }
        self.run(&mut waiting)
    }

    /// Runs those that wait, at once. Only those up to the first that fails are remembered and
    /// counted, so that nothing depends on how many run at once.
    fn run(&mut self, waiting: &mut Vec<Candidate>) -> Option<(usize, Option<Shown>)> {
        let all = std::mem::take(waiting);
        let means = self.means;
        let most = self.most_work;
        let shown = in_parallel(means.jobs, &all, |candidate| show(&candidate.plan, means, most));
        for (candidate, one) in all.iter().zip(shown) {
            if self.means.signals.any() {
                return None;
            }
            self.runs = candidate.runs;
            self.spent = candidate.spent;
            let holds = |one: &Shown| one.goals.contains(&self.goal) && (one.passes || !self.strict);
            match one.filter(holds) {
                Some(one) => return Some((candidate.index, Some(one))),
                None => drop(self.harmless.insert(name(&candidate.plan))),
            }
        }
        None
    }
}

fn name(plan: &Plan) -> String {
    format!("{} {}", plan.source.digest, plan.seed.0)
}

/// The plan of a script that looks for files beside `path`; `None` if it is not a valid scenario.
pub(crate) fn plan(script: &Script, path: &Path, runner: &dyn Runner) -> Option<Plan> {
    let document = Document::of_file(path, &script.table.to_string()).ok()?;
    let request = Request { seeds: vec![script.seed], ..Request::default() };
    document.plans(&request, &runner.stacks()).ok()?.pop()
}

struct Limited<'a> {
    signals: &'a Signals,
    most: u64,
    asked: AtomicU64,
}

impl Watch for Limited<'_> {
    fn progress(&self, _: Time, _: Span) {}
    fn interrupted(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.most || self.signals.any()
    }
}

/// Runs a plan; `None` if it was interrupted, or cannot run.
pub(super) fn show(plan: &Plan, means: Means<'_>, most: u64) -> Option<Shown> {
    let watch = Limited { signals: means.signals, most, asked: AtomicU64::new(0) };
    let shown = match attempt(plan, "", || means.runner.run(plan, &watch)) {
        Ok(outcome) if outcome.ending == Ending::Interrupted => return None,
        Ok(outcome) => shown(plan, &outcome),
        Err(broken) if broken.cell.verdict == Verdict::Unsupported => return None,
        Err(_) => {
            let goal = Goal { check: PANIC.to_owned(), entity: None };
            Shown { goals: BTreeSet::from([goal]), ..Shown::default() }
        }
    };
    Some(Shown { work: watch.asked.into_inner(), ..shown })
}

/// The goal of a violation: its check on any record of its entity.
pub(crate) fn goal(plan: &Plan, violation: &Violation) -> Goal {
    let name = violation.record.as_ref().map(|record| analysis::record_name(&plan.schema, record));
    let entity = name.and_then(|name| Some(name.split_once('/')?.0.to_owned()));
    Goal { check: violation.check.to_owned(), entity }
}

/// The goals that an outcome fails by.
pub(crate) fn goals(plan: &Plan, outcome: &Outcome) -> BTreeSet<Goal> {
    let mut goals: BTreeSet<Goal> = outcome.violations.iter().map(|one| goal(plan, one)).collect();
    if matches!(outcome.ending, Ending::Stuck(_) | Ending::Stalled(_)) {
        goals.insert(Goal { check: STUCK.to_owned(), entity: None });
    }
    goals
}

/// The checks that must be expected: those that no other one implies.
pub(super) fn named(checks: &BTreeSet<String>) -> Vec<String> {
    let follows = |check: &str| checks.iter().any(|other| other != check && implied(other).contains(&check));
    checks.iter().filter(|check| !follows(check)).cloned().collect()
}

fn shown(plan: &Plan, outcome: &Outcome) -> Shown {
    let goals = goals(plan, outcome);
    let checks: BTreeSet<String> = goals.iter().map(|goal| goal.check.clone()).collect();
    let mut expecting = plan.clone();
    let judged = expecting.judged_mut();
    judged.expect = Expect { violations: named(&checks), ..Expect::default() };
    judged.gates.clear();
    let verdict = analysis::judge(&expecting, "", outcome).cell.verdict;
    let missed = outcome.missed.iter().map(|missed| missed.event.clone());
    let in_vain = outcome.in_vain.iter().map(|action| action.action.clone());
    Shown {
        checks,
        goals,
        passes: verdict == Verdict::Pass,
        idle: missed.chain(in_vain).collect(),
        ended: outcome.ended_at,
        work: 0,
    }
}
