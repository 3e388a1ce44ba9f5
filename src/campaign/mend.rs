//! Searches for settings that repair a failing cell (one simulation). It runs the cell again with
//! other settings and the same seed.
//!
//! A finding is a check that the cell fails. A remedy is a setting that may repair it. A plan
//! describes a cell before it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::run::{WatchWithoutProgress, attempt};
use super::runner::Runner;
use super::stop::{Signals, Stop};
use crate::analysis::compare::of_edits;
use crate::analysis::{self, counted, distinct, grade, grouped};
use crate::base::Span;
use crate::oracle::{losses, metric_of};
use crate::record::{
    CellRecord, ExpectationRecord, Judged, Note, Reason, RemedyRecord, Verdict, WorseRecord,
};
use crate::scenario::{Cost, Document, Plan, Request};

/// The search covers the failing cells of at most this many settings of a run.
const CELLS: usize = 3;
/// For one finding, at most this many keys are tried alone. More broken rules need a person.
const TRIES: usize = 8;
/// For all findings of a small cell, at most this many keys are tried alone.
const MOST_TRIES: u64 = 24;
/// A cell is not run again if its estimated time is longer. The estimate is the same on every
/// machine.
const TRIED_UP_TO: Span = Span::secs(2);
/// The work limits for one try and for all tries of a cell. The unit is one check for an interrupt.
/// Such checks come after a fixed number of executor steps or rows.
const WORK_OF_ONE: u64 = 200_000;
const WORK_OF_ALL: u64 = 1_000_000;
/// If no remedy was tried, at most this many are named.
const NAMED: usize = 3;

/// Adds remedies to failing cells. The worst seed of a setting stands for all its seeds. A remedy
/// repairs the cell or its gravest finding. If a cell was not tried again, known remedies are added
/// as a suggestion. If a signal or the time limit stops the search, the notes of the record say so.
pub fn mend(
    plans: &[Plan],
    judged: &mut [Judged],
    runner: &dyn Runner,
    signals: &Signals,
    time_limit: Option<Duration>,
) -> Vec<Note> {
    let stop = Stop::new(signals.clone(), time_limit);
    let ids = analysis::cell_ids(plans);
    let plan_of: BTreeMap<&str, &Plan> = ids.iter().map(String::as_str).zip(plans).collect();
    let failing = judged.iter().enumerate().filter(|(_, judged)| judged.cell.verdict == Verdict::Fail);
    let found = failing
        .filter_map(|(at, judged)| Some((at, &judged.cell, findings(&judged.cell).into_iter().next()?)));
    let alike = grouped(found, |(_, cell, finding)| (cell.setting(), finding.clone())).into_iter();
    let worst = alike.filter_map(|(_, cells)| cells.into_iter().rev().max_by_key(|(_, cell, _)| grade(cell)));
    for at in worst.map(|(at, ..)| at).take(CELLS).collect::<Vec<_>>() {
        let cell = &judged[at].cell;
        let Some(plan) = plan_of.get(cell.id.as_str()) else { continue };
        let trial = Trial { plan, cell, runner, stop: &stop, work: AtomicU64::new(0) };
        let remedy = trial.remedy();
        judged[at].cell.remedies.extend(remedy.filter(|_| !stop.was_cut()));
        if stop.was_cut() {
            break;
        }
    }
    stop.notes(plans.len(), plans.len())
}

/// The figure to reduce if saved edits are lost against the expectation of the scenario.
const LOST: &str = "oracle.saved_edits.lost";
const TAKEN_BACK: &str = "oracle.taken_back.edits";
const SHELVED: &str = "oracle.shelved.edits";
const STUCK: &str = "stuck";
/// Other checks imply this check and say more than it does.
const DIVERGENT: &str = "divergent";
/// The prefix in the name of a missed expectation.
const EXPECT: &str = "expect ";

/// The findings that a setting may repair, the gravest first.
fn findings(cell: &CellRecord) -> Vec<String> {
    let all = cell.gravest_first().into_iter().filter_map(|reason| match reason {
        Reason::Violation { check } if check != DIVERGENT => Some(check.clone()),
        Reason::Stuck {} => Some(STUCK.to_owned()),
        _ => Some(LOST.to_owned()).filter(|_| is_of_losses(cell, reason)),
    });
    distinct(all)
}

/// True if the reason is a loss of more saved edits than the scenario allows.
fn is_of_losses(cell: &CellRecord, reason: &Reason) -> bool {
    let is_loss = |metric: &str| metric == LOST || losses().any(|loss| loss.metric == metric);
    match reason {
        Reason::Expectation { what } => {
            let too_many = |one: &ExpectationRecord| one.value > one.max && one.max.is_some();
            is_loss(what) && cell.expectations.iter().any(|one| one.what == *what && too_many(one))
        }
        Reason::Gate { gate } => is_loss(&gate.metric) && gate.max.is_some_and(|max| gate.value > Some(max)),
        _ => false,
    }
}

fn count(cell: &CellRecord, finding: &str) -> u64 {
    match finding {
        LOST | TAKEN_BACK | SHELVED => cell.stat(finding, "value").unwrap_or(0),
        check => counted(cell, check),
    }
}

/// All failures of a cell with their counts. Each count is at least 1.
fn failures(cell: &CellRecord) -> BTreeMap<String, u64> {
    let names = cell.reasons.iter().map(|reason| failure(cell, reason));
    names.map(|name| (name.clone(), count(cell, &name).max(1))).collect()
}

/// The name of a failure: its check, the figure that counts it, or its text.
fn failure(cell: &CellRecord, reason: &Reason) -> String {
    match reason {
        Reason::Violation { check } => check.clone(),
        Reason::Stuck {} => STUCK.to_owned(),
        _ if is_of_losses(cell, reason) => LOST.to_owned(),
        Reason::TakenBack { .. } => TAKEN_BACK.to_owned(),
        Reason::Shelved { .. } => SHELVED.to_owned(),
        // The prefix distinguishes the missed expectation from the value of its figure.
        Reason::Expectation { what } => format!("{EXPECT}{what}"),
        other => other.what(),
    }
}

/// The figure of a missed expectation. For other failures, the name of the failure.
fn figure_of(failure: &str) -> &str {
    failure.strip_prefix(EXPECT).unwrap_or(failure)
}

/// Settings that may repair `finding`. For lost edits, settings against each kind of loss.
fn known(document: &Document, cell: &CellRecord, finding: &str) -> Vec<String> {
    if finding != LOST {
        return document.remedies(figure_of(finding));
    }
    let ways = losses().filter(|loss| cell.stat(loss.metric, "value") > Some(0));
    distinct(ways.flat_map(|loss| document.remedies(loss.metric)))
}

fn key(set: &str) -> &str {
    set.split_once('=').map_or("", |(key, _)| key)
}

/// The result of a run of the cell with other settings.
struct Tried {
    set: Vec<String>,
    fails: BTreeMap<String, u64>,
    /// Failures that are new or clearly more frequent.
    worse: Vec<WorseRecord>,
    /// True if the settings have any effect on this cell.
    changes: bool,
}

impl Tried {
    fn count(&self, finding: &str) -> u64 {
        self.fails.get(finding).copied().unwrap_or(0)
    }
    fn mends(&self) -> bool {
        self.fails.is_empty() && self.worse.is_empty()
    }
    /// A score; lower is better. It has the rest of the finding, the worse figures, and the
    /// failures.
    fn leaves(&self, finding: &str) -> [u64; 3] {
        [self.count(finding), self.worse.len() as u64, self.fails.len() as u64]
    }
}

/// Figures that are worse: any increase of harm to edits, and increases of other failures that are
/// too large for chance.
fn worse(before: &CellRecord, after: &CellRecord) -> Vec<WorseRecord> {
    let [failed, fails] = [before, after].map(failures);
    let is_of_edits = |what: &str| {
        let what = figure_of(what);
        of_edits().any(|of| of == what || metric_of(what) == Some(of))
    };
    let is_more =
        |[before, after]: [u64; 2]| after > before + if before > 0 { (before / 4).max(2) } else { 0 };
    let all = fails.into_iter().filter(|(what, _)| !is_of_edits(what)).map(|(what, after)| {
        let before = failed.get(&what).copied().unwrap_or(0);
        (what, [before, after])
    });
    let of_cells = |metric: &str| [before, after].map(|cell| cell.stat(metric, "value").unwrap_or(0));
    let harms = of_edits().map(|metric| (metric.to_owned(), of_cells(metric)));
    let harms = harms.filter(|(_, [before, after])| after > before);
    let all = harms.chain(all.filter(|(_, both)| is_more(*both)));
    all.map(|(what, [before, after])| WorseRecord { what, before, after }).collect()
}

struct Trial<'a> {
    plan: &'a Plan,
    cell: &'a CellRecord,
    runner: &'a dyn Runner,
    stop: &'a Stop,
    work: AtomicU64,
}

impl Trial<'_> {
    fn remedy(&self) -> Option<RemedyRecord> {
        let document =
            Document::of_file(Path::new(&self.plan.source.path), &self.plan.source.resolved).ok()?;
        let is_possible = |set: &String| self.planned(&document, std::slice::from_ref(set)).is_some();
        let possible = |finding: String| {
            let all = known(&document, self.cell, &finding);
            (finding, all.into_iter().filter(is_possible).collect::<Vec<_>>())
        };
        let all = findings(self.cell).into_iter().map(possible);
        let all: Vec<(String, Vec<String>)> = all.filter(|(_, known)| !known.is_empty()).collect();
        let (finding, first) = all.first()?;
        let cost = Cost::of(self.plan).time();
        if cost > TRIED_UP_TO {
            let named = first[..first.len().min(NAMED)].to_vec();
            return Some(self.record(finding, named, None));
        }
        let tries = (TRIED_UP_TO.0 * TRIES as u64 / cost.0.max(1)).clamp(TRIES as u64, MOST_TRIES) as usize;
        let alone = distinct(all.iter().flat_map(|(_, known)| known.iter().take(TRIES)));
        let mut tried: Vec<Tried> = Vec::new();
        for set in alone.into_iter().take(tries).map(|set| vec![set.clone()]) {
            self.take(&document, set, &mut tried)?;
            if tried.last().is_some_and(Tried::mends) || self.work.load(Ordering::Relaxed) > WORK_OF_ALL / 2 {
                break;
            }
        }
        let together = self.best_of_each(&all, &tried);
        if together.len() > 1 && !tried.iter().any(Tried::mends) {
            self.take(&document, together, &mut tried)?;
        }
        if !tried.iter().any(Tried::mends) {
            self.add_to_best(&document, finding, &mut tried)?;
        }
        self.best(finding, first, &tried)
    }

    /// Adds further settings to the best one, one at a time, while each reduces the finding
    /// further. The settings come from the remedies for the finding, and for all failures that
    /// remain or get worse. `None` if the run must stop.
    fn add_to_best(&self, document: &Document, finding: &str, tried: &mut Vec<Tried>) -> Option<()> {
        let known = known(document, self.cell, finding);
        let is_known = |one: &&Tried| one.changes && one.set.iter().all(|set| known.contains(set));
        let best = tried.iter().filter(is_known).min_by_key(|one| one.leaves(finding));
        let Some(first) = best else { return Some(()) };
        let (mut best, mut left) = (first.set.clone(), first.leaves(finding));
        let others = first.worse.iter().map(|one| &one.what).chain(first.fails.keys());
        let others = others.flat_map(|what| self::known(document, self.cell, what));
        // Settings that had an effect alone, or were not tried alone, come first.
        let alone = |set: &String| tried.iter().find(|one| one.set == [set.clone()]);
        let by_help = |mut sets: Vec<String>, what: &str| {
            sets.sort_by_key(|set| alone(set).map(|one| (!one.changes, one.count(what))));
            sets.truncate(TRIES);
            sets
        };
        let next = by_help(known.clone(), finding).into_iter().chain(others).collect::<Vec<_>>();
        for set in distinct(next).into_iter().take(2 * TRIES) {
            if best.iter().any(|of| key(of) == key(&set)) {
                continue;
            }
            let before = tried.len();
            self.take(document, best.iter().cloned().chain([set]).collect(), tried)?;
            let Some(one) = tried.get(before).filter(|one| one.leaves(finding) < left) else { continue };
            (best, left) = (one.set.clone(), one.leaves(finding));
            if one.mends() {
                break;
            }
        }
        Some(())
    }

    /// Tries these settings if the cell is small enough. `None` if the run must stop.
    fn take(&self, document: &Document, set: Vec<String>, tried: &mut Vec<Tried>) -> Option<()> {
        let plan = self.planned(document, &set).filter(|plan| Cost::of(plan).time() <= TRIED_UP_TO);
        if let Some(plan) = plan {
            tried.extend(self.tried(set, &plan));
        }
        (!self.stop.cuts()).then_some(())
    }

    /// For each finding, the setting that reduces it most and makes nothing worse.
    fn best_of_each(&self, all: &[(String, Vec<String>)], tried: &[Tried]) -> Vec<String> {
        let best = |(finding, known): &(String, Vec<String>)| {
            let of = tried.iter().filter(|one| known.contains(&one.set[0]));
            let helps = of.filter(|one| one.worse.is_empty() && one.count(finding) < self.found(finding));
            helps.min_by_key(|one| (one.count(finding), one.fails.len())).map(|one| one.set[0].clone())
        };
        let mut sets: Vec<String> = distinct(all.iter().filter_map(best));
        // If a key has two values, the first one wins, because it repairs a graver finding.
        let mut keys = BTreeSet::new();
        sets.retain(|set| keys.insert(key(set).to_owned()));
        sets
    }

    fn best(&self, finding: &str, known: &[String], tried: &[Tried]) -> Option<RemedyRecord> {
        let found = self.found(finding);
        let less = || tried.iter().filter(|one| one.count(finding) < found);
        let free = less().filter(|one| one.worse.is_empty());
        let free = free.min_by_key(|one| (one.count(finding), one.fails.len()));
        let removes = less().filter(|one| one.count(finding) == 0);
        let best = free.or(removes.min_by_key(|one| (one.fails.len(), one.worse.len())));
        if let Some(best) = best {
            return Some(self.record(finding, best.set.clone(), Some(best)));
        }
        // A setting without any effect on this cell is not related to the failure, so it is not
        // named.
        let idle = tried.iter().filter(|one| one.changes && one.set.len() == 1).flat_map(|one| &one.set);
        let idle: Vec<String> = idle.filter(|set| known.contains(set)).cloned().collect();
        (!idle.is_empty()).then(|| RemedyRecord { left: Some(found), ..self.record(finding, idle, None) })
    }

    fn found(&self, finding: &str) -> u64 {
        count(self.cell, finding).max(1)
    }

    fn record(&self, finding: &str, set: Vec<String>, tried: Option<&Tried>) -> RemedyRecord {
        let fails = tried.map(|tried| tried.fails.keys()).into_iter().flatten();
        RemedyRecord {
            check: finding.to_owned(),
            set,
            found: count(self.cell, finding),
            left: tried.map(|tried| tried.count(finding)),
            remaining: fails.filter(|name| *name != finding).cloned().collect(),
            worse: tried.map_or_else(Vec::new, |tried| tried.worse.clone()),
        }
    }

    fn planned(&self, document: &Document, set: &[String]) -> Option<Plan> {
        let request = Request { sets: set.to_vec(), seeds: vec![self.plan.seed.0], ..Request::default() };
        let plan = document.plans(&request, &self.runner.stacks()).ok()?.pop()?;
        (plan.source.digest != self.plan.source.digest).then_some(plan.with_seed(self.plan.seed))
    }

    /// Runs this plan and returns its result; `None` if the run did not end.
    fn tried(&self, set: Vec<String>, plan: &Plan) -> Option<Tried> {
        let most = self.work.load(Ordering::Relaxed).saturating_add(WORK_OF_ONE).min(WORK_OF_ALL);
        let is_spent = || self.work.fetch_add(1, Ordering::Relaxed) >= most;
        let cut = || self.stop.cuts() || is_spent();
        let outcome = attempt(plan, "", || self.runner.run(plan, &WatchWithoutProgress(&cut))).ok()?;
        let cell = analysis::judge(plan, "", &outcome).cell;
        let (fails, worse) = (failures(&cell), worse(self.cell, &cell));
        let changes = cell.digest != self.cell.digest;
        cell.verdict.was_run().then_some(Tried { set, fails, worse, changes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::GateRecord;

    #[test]
    fn each_reason_to_fail_is_named() {
        let first = || "an edit".to_owned();
        let of = |name: &str| name.to_owned();
        let reasons = vec![
            Reason::Violation { check: of("stale") },
            Reason::Stuck {},
            Reason::TakenBack { first: first() },
            Reason::Shelved { first: first() },
            Reason::EventInVain { event: of("import") },
            Reason::NoRequest {},
            Reason::NoChange {},
            Reason::Expectation { what: of("engine.requests.count") },
            Reason::Gate { gate: GateRecord { name: of("safe"), ..Default::default() } },
            Reason::Differs { text: first() },
            Reason::NotDeterministic { of_figures: false, first: first(), second: first() },
            Reason::Broken { exit_code: 1, text: first() },
        ];
        let cell = CellRecord { reasons: reasons.clone(), ..CellRecord::default() };
        assert_eq!(failures(&cell).len(), reasons.len(), "{:?}", failures(&cell));
        for name in ["stale", "stuck", TAKEN_BACK, SHELVED, "gate safe", "expect engine.requests.count"] {
            assert_eq!(failures(&cell).get(name), Some(&1), "{name}");
        }
    }
}
