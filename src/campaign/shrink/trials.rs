//! Runs candidates (smaller scenarios) until one fails in the same way. The budget does not depend
//! on the machine.
//!
//! A cell is one simulation: one variant and one seed. A plan describes a cell before it runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::script::Script;
use crate::analysis;
use crate::base::{Span, Time};
use crate::campaign::parallel::in_parallel;
use crate::campaign::run::attempt;
use crate::campaign::runner::Runner;
use crate::campaign::stop::Signals;
use crate::campaign::stopwatch::Stopwatch;
use crate::oracle::{Violation, implied};
use crate::record::Verdict;
use crate::scenario::{Cost, Document, Expect, Plan, Request};
use crate::world::{Ending, Outcome, Watch};

/// The goal for a cell that panics or that its engine ends. No check has this name.
pub const PANIC: &str = "panic";
const STUCK: &str = "stuck";
/// A candidate that takes longer by this factor is not smaller, even if it has fewer keys. For
/// example, an entity without the key `rows` has 1 000 rows.
const DEARER: u64 = 2;

/// How many times the budget the runs may take by the machine's clock. Estimates can be wrong.
const PATIENCE: u32 = 4;

/// The failure that a smaller scenario must still show.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Goal {
    /// The failed check, or [`PANIC`].
    pub check: String,
    /// The entity of the record; `None` if the failure concerns no record.
    pub entity: Option<String>,
}

/// The result of a run of a candidate.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The failed checks. `stuck` is one of them if the cell did not come to rest.
    pub checks: BTreeSet<String>,
    /// All pairs of check and entity by which the candidate fails.
    pub goals: BTreeSet<Goal>,
    /// True if the cell would pass once its file expects these violations.
    pub passes: bool,
    /// Events that did not fire, and actions without an edit.
    pub idle: Vec<String>,
    /// The time of the last event.
    pub ended: Time,
    /// A measure of the work: the number of checks for an interrupt. It does not depend on the
    /// machine.
    pub work: u64,
}

/// The runner for candidates, and the limits of the search.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    pub runner: &'a dyn Runner,
    pub signals: &'a Signals,
    /// The number of candidates that run in parallel. Results do not depend on it.
    pub jobs: usize,
    /// The limit for the processor time of all runs. Times are estimates, equal on every machine. A
    /// machine on which all runs take `PATIENCE` times as long stops by its clock.
    pub budget: Span,
    /// The largest number of runs.
    pub runs: u64,
}

/// Tries candidates for one goal (failed check and entity).
pub(super) struct Trials<'a> {
    means: Means<'a>,
    goal: Goal,
    /// The path of the scenario. Other files are found relative to it.
    path: PathBuf,
    /// Digests and seeds of the candidates that do not fail.
    harmless: BTreeSet<String>,
    /// The work limit of one candidate.
    most_work: u64,
    /// The checks that the original fails. A candidate that fails another check has another cause.
    checks: BTreeSet<String>,
    /// Set if a candidate passes once its violations are expected. Then all later ones must pass
    /// so, too.
    strict: bool,
    pub(super) runs: u64,
    spent: Span,
    begun: Stopwatch,
}

struct Candidate {
    index: usize,
    plan: Plan,
    /// The numbers of runs and of seconds that are used after this candidate has run.
    runs: u64,
    spent: Span,
}

impl<'a> Trials<'a> {
    pub(super) fn new(means: Means<'a>, goal: Goal, path: &Path) -> Trials<'a> {
        Trials {
            means,
            goal,
            path: path.to_owned(),
            harmless: BTreeSet::new(),
            most_work: u64::MAX,
            checks: BTreeSet::new(),
            strict: false,
            runs: 0,
            spent: Span::ZERO,
            begun: Stopwatch::start(),
        }
    }

    /// Limits later candidates to about 4 times the work of this one, and to the checks that it
    /// fails.
    pub(super) fn hold_to(&mut self, shown: &Shown) {
        self.most_work = shown.work.saturating_mul(4).saturating_add(1_000);
        self.checks.clone_from(&shown.checks);
        self.is_to_pass(shown);
    }
    /// True if this candidate fails as the original does.
    fn is_alike(&self, shown: &Shown) -> bool {
        let has_another = fails_another(&shown.checks, &self.checks);
        shown.goals.contains(&self.goal) && !has_another && (shown.passes || !self.strict)
    }
    /// If this candidate passes once its violations are expected, all later ones must pass so, too.
    pub(super) fn is_to_pass(&mut self, shown: &Shown) {
        self.strict = self.strict || shown.passes;
    }
    /// True if the budget is used up or a signal came.
    pub(super) fn is_over(&self) -> bool {
        let by_clock = Duration::from_nanos(self.means.budget.0).saturating_mul(PATIENCE);
        let is_spent = self.spent >= self.means.budget || self.begun.elapsed() >= by_clock;
        self.runs >= self.means.runs || is_spent || self.means.signals.any()
    }
    /// The plan of a script; `None` if the script is not a valid scenario.
    pub(super) fn plan(&self, script: &Script) -> Option<Plan> {
        plan(script, &self.path, self.means.runner)
    }

    /// Runs candidates in order. Returns the first that still fails, or that has the plan of
    /// `present`.
    pub(super) fn first(&mut self, present: &Script, all: &[Script]) -> Option<(usize, Option<Shown>)> {
        let present = self.plan(present);
        let same = present.as_ref().map(name);
        let most = present.map_or(Span::ZERO, |plan| Cost::of(&plan).time().scaled(DEARER, 1));
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
            if cost > most {
                continue;
            }
            let (runs, spent) =
                waiting.last().map_or((self.runs, self.spent), |last| (last.runs, last.spent));
            if runs >= self.means.runs || spent >= self.means.budget {
                break;
            }
            waiting.push(Candidate { index, plan, runs: runs + 1, spent: spent + cost });
            if waiting.len() >= self.means.jobs {
                let found = self.run(&mut waiting);
                if found.is_some() || self.is_over() {
                    return found;
                }
            }
        }
        self.run(&mut waiting)
    }

    /// Runs the waiting candidates in parallel. Only the candidates up to the first failing one are
    /// counted and remembered. So the result does not depend on the number of parallel runs.
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
            match one.filter(|one| self.is_alike(one)) {
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

/// The plan of a script; `None` if it is not a valid scenario. Files are relative to `path`.
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

/// Runs a plan with a work limit; `None` if the run was interrupted or cannot start.
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

/// The goal of a violation: its check, and the entity of its record.
pub(crate) fn goal(plan: &Plan, violation: &Violation) -> Goal {
    let name = violation.record.as_ref().map(|record| analysis::record_name(&plan.schema, record));
    let entity = name.and_then(|name| Some(name.split_once('/')?.0.to_owned()));
    Goal { check: violation.check.to_owned(), entity }
}

pub(crate) fn goals(plan: &Plan, outcome: &Outcome) -> BTreeSet<Goal> {
    let mut goals: BTreeSet<Goal> = outcome.violations.iter().map(|one| goal(plan, one)).collect();
    if matches!(outcome.ending, Ending::Stuck(_) | Ending::Stalled(_)) {
        goals.insert(Goal { check: STUCK.to_owned(), entity: None });
    }
    goals
}

/// The checks that an expectation must name. Checks that follow from others are left out.
pub(super) fn named(checks: &BTreeSet<String>) -> Vec<String> {
    let follows = |check: &str| checks.iter().any(|other| other != check && implied(other).contains(&check));
    checks.iter().filter(|check| !follows(check)).cloned().collect()
}

/// True if a check fails that is not one of `known` and does not follow from another failed check.
fn fails_another(checks: &BTreeSet<String>, known: &BTreeSet<String>) -> bool {
    named(checks).iter().any(|check| !known.contains(check))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_follows_from_another_is_no_other_failure() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let known = set(&["lost", "stale"]);
        assert!(implied("lost").contains(&"divergent"));
        for (checks, is_another) in [
            (vec!["lost"], false),
            (vec!["lost", "divergent"], false),
            (vec!["divergent"], true),
            (vec!["lost", "orphan"], true),
        ] {
            assert_eq!(fails_another(&set(&checks), &known), is_another, "{checks:?}");
        }
    }
}
