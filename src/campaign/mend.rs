//! What would have mended a failing cell: other settings of its scenario, tried on the same seed.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::run::{Quietly, attempt};
use super::runner::Runner;
use super::stop::{Signals, Stop};
use crate::analysis::{self, counted, grade, grouped};
use crate::base::{Seed, Span};
use crate::record::{CellRecord, Judged, Note, Reason, RemedyRecord, Verdict};
use crate::scenario::{Cost, Document, Plan, Request};

/// Settings whose failing cells get a remedy.
const CELLS: usize = 3;
/// Runs that one check of one cell may take: many broken rules are read, not guessed.
const TRIES: usize = 8;
/// A cell of a longer estimate is not run again; an estimate is the same on every machine.
const TRIED_UP_TO: Span = Span::secs(2);
/// Remedies that are named where none was tried.
const NAMED: usize = 3;

/// Gives failing cells the settings that mend the gravest finding of each, or that may mend it. Of
/// each setting the worst seed stands for the others. Where a signal or the time limit comes first,
/// the record is not complete, as the notes say.
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
    let found = failing.filter_map(|(at, judged)| Some((at, &judged.cell, gravest(&judged.cell)?)));
    let alike = grouped(found, |(_, cell, check)| (cell.setting(), check.clone()));
    let worst = alike.into_iter().filter_map(|(_, cells)| {
        let worst = cells.into_iter().rev().max_by_key(|(_, cell, _)| grade(cell))?;
        Some((worst.0, worst.2))
    });
    for (at, check) in worst.take(CELLS).collect::<Vec<_>>() {
        let cell = &judged[at].cell;
        let Some(plan) = plan_of.get(cell.id.as_str()) else { continue };
        let remedy = Trial { plan, cell, check: &check, runner, stop: &stop }.remedy();
        judged[at].cell.remedies.extend(remedy.filter(|_| !stop.was_cut()));
        if stop.was_cut() {
            break;
        }
    }
    stop.notes(plans.len(), plans.len())
}

/// The first check among the reasons of a cell.
fn gravest(cell: &CellRecord) -> Option<String> {
    // That devices diverge follows from other checks, which say more.
    cell.gravest_first().into_iter().filter_map(check_of).find(|check| check != "divergent")
}

fn check_of(reason: &Reason) -> Option<String> {
    match reason {
        Reason::Violation { check } => Some(check.clone()),
        Reason::Stuck {} => Some("stuck".to_owned()),
        _ => None,
    }
}

/// What a cell comes to with other settings: what its check counts, the other checks that it fails
/// by, and whether anything in it is another than before.
struct Left {
    count: u64,
    remaining: Vec<String>,
    changes: bool,
}

struct Trial<'a> {
    plan: &'a Plan,
    cell: &'a CellRecord,
    check: &'a str,
    runner: &'a dyn Runner,
    stop: &'a Stop,
}

impl Trial<'_> {
    fn remedy(&self) -> Option<RemedyRecord> {
        let document = Document::of_file(Path::new(&self.plan.path), &self.plan.resolved).ok()?;
        let all = document.remedies(self.check);
        let is_possible = |set: &&String| self.planned(&document, std::slice::from_ref(*set)).is_some();
        let known: Vec<String> = all.iter().filter(is_possible).cloned().collect();
        if known.is_empty() {
            return None;
        }
        let record = |set: &[String], left, remaining| RemedyRecord {
            check: self.check.to_owned(),
            set: set.to_vec(),
            found: counted(self.cell, self.check),
            left,
            remaining,
        };
        if Cost::of(self.plan).time() > TRIED_UP_TO {
            return Some(record(&known[..known.len().min(NAMED)], None, Vec::new()));
        }
        // Each alone, then all: two faults may come to the same loss, or one setting need another.
        let alone = known.iter().take(TRIES).map(std::slice::from_ref);
        let together = (all.len() > 1).then_some(all.as_slice());
        let found = counted(self.cell, self.check).max(1);
        let (mut least, mut best) = ((found, usize::MAX), None);
        let mut idle: Vec<String> = Vec::new();
        for set in alone.chain(together) {
            let Some(plan) = self.planned(&document, set) else { continue };
            let Some(Left { count, remaining, changes }) = self.left(&plan) else {
                if self.stop.cuts() {
                    return None;
                }
                continue;
            };
            if count == 0 && remaining.is_empty() {
                return Some(record(set, Some(0), remaining));
            }
            if count < found && (count, remaining.len()) < least {
                least = (count, remaining.len());
                best = Some((set, remaining));
            }
            // What changes nothing in this cell has nothing to do with what it fails by.
            idle.extend(set.iter().filter(|one| changes && known.contains(one) && set.len() == 1).cloned());
        }
        match best {
            Some((set, remaining)) => Some(record(set, Some(least.0), remaining)),
            None if idle.is_empty() => None,
            None => Some(record(&idle, Some(found), Vec::new())),
        }
    }

    fn planned(&self, document: &Document, set: &[String]) -> Option<Plan> {
        let request = Request { sets: set.to_vec(), seeds: vec![self.plan.seed.0], ..Request::default() };
        let plan = document.plans(&request, &self.runner.stacks()).ok()?.pop()?;
        (plan.digest != self.plan.digest).then_some(Plan { seed: Seed(self.plan.seed.0), ..plan })
    }

    /// What is left with this plan, all of the finding if something else is worse. `None` if it did
    /// not come to an end.
    fn left(&self, plan: &Plan) -> Option<Left> {
        let cut = || self.stop.cuts();
        let outcome = attempt(plan, "", || self.runner.run(plan, &Quietly(&cut))).ok()?;
        let cell = analysis::judge(plan, "", &outcome).cell;
        let checks = |cell: &CellRecord| -> Vec<String> {
            let of = cell.violations.iter().map(|violation| violation.check.clone());
            let is_stuck = cell.reasons.iter().any(|reason| matches!(reason, Reason::Stuck {}));
            of.chain(is_stuck.then(|| "stuck".to_owned())).collect()
        };
        let before = checks(self.cell);
        let now = checks(&cell);
        let count = match cell.verdict {
            Verdict::Incomplete => return None,
            _ if now.iter().any(|check| !before.contains(check)) => counted(self.cell, self.check).max(1),
            _ if now.iter().any(|check| check == self.check) => counted(&cell, self.check).max(1),
            _ => 0,
        };
        let fails_by = cell.reasons.iter().filter_map(check_of);
        let remaining = fails_by.filter(|check| check != self.check).collect();
        Some(Left { count, remaining, changes: cell.digest != self.cell.digest })
    }
}
