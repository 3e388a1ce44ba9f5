//! Runs many cells on many threads, or runs one cell again.
//!
//! A cell is one simulation: one variant and one seed. The life of a record is the list of
//! everything that happened to the record. A plan describes a cell before it runs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::journal::Journal;
use super::runner::{Observed, Ran, Record, Runner};
use super::stop::{Signals, Stop};
use super::stopwatch::Stopwatch;
use crate::analysis::{self, Broke, Held, Recorded};
use crate::base::{Span, Time, escape_control, mask_lines};
use crate::metrics::Distribution;
use crate::metrics::human::count;
use crate::oracle::{Story, Subject, Violation, harm_of};
use crate::record::{CellRecord, CellTiming, Judged, LifeRecord, Note, Verdict, histograms};
use crate::scenario::Plan;
use crate::world::{AppWords, Ending, Outcome, Traced, Unrunnable, Watch};

/// The largest number of failing cells for which lives of records are reported.
const CELLS_TOLD: usize = 3;
const RECORDS_TOLD: usize = 3;

#[derive(Clone, Debug, Default)]
pub struct CampaignOptions {
    /// The number of worker threads. Results do not depend on it.
    pub jobs: usize,
    pub fail_fast: bool,
    pub time_limit: Option<Duration>,
    pub twice: bool,
}

/// Receives news about the cells of a campaign while they run.
pub trait Listener: Sync {
    fn started(&self, _cell: usize) {}
    /// `cell` has reached the virtual time `now`. Its script ends at `of`.
    fn progressed(&self, _cell: usize, _now: Time, _of: Span) {}
    fn ended(&self, _cell: usize, _record: &CellRecord) {}
    /// Receives the observations of a cell. Calls come in the order of the plans. The observations
    /// are not stored elsewhere.
    fn observed(&self, _id: &str, _observed: &Observed) {}
}

/// The results of a campaign, in the order of its plans. Cells that did not start are left out.
#[derive(Debug, Default)]
pub struct Campaign {
    pub judged: Vec<Judged>,
    pub timing: Vec<CellTiming>,
    pub notes: Vec<Note>,
}

/// Runs all plans. With `part`, the plans are a part of a longer list, and `part` has their ids in
/// that list. Cells in the journal are skipped, and all others are stored there as they end. For a
/// part no lives of records are reported, because only the whole list shows which cells fail first.
pub fn run(
    plans: &[Plan],
    part: Option<&[String]>,
    runner: &dyn Runner,
    options: &CampaignOptions,
    signals: &Signals,
    listener: &dyn Listener,
    journal: Option<&Journal>,
) -> Campaign {
    let stop = Stop::new(signals.clone(), options.time_limit);
    let ids = part.map_or_else(|| analysis::cell_ids(plans), <[String]>::to_vec);
    let results = Mutex::new(BTreeMap::new());
    let next = AtomicUsize::new(0);
    let in_turn = Mutex::new(InPlanOrder::default());
    let work = || {
        while !stop.starts_no_more() && !journal.is_some_and(Journal::is_lost) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(plan) = plans.get(index) else { break };
            listener.started(index);
            let watch = CellWatch { cell: index, stop: &stop, listener };
            let recalled = journal.and_then(|journal| journal.recall(&ids[index], plan));
            let (ran, observed) = recalled.unwrap_or_else(|| {
                let ended = run_cell(plan, &ids[index], runner, options.twice, &watch);
                if let Some(journal) = journal {
                    journal.keep(plan, &ended.0, &ended.1);
                }
                ended
            });
            in_turn.lock().expect("no listener panics").deliver_in_order(index, observed, &ids, listener);
            listener.ended(index, &ran.judged.cell);
            if options.fail_fast && ran.judged.cell.verdict == Verdict::Fail {
                stop.at_a_failure();
            }
            results.lock().expect("nobody panics while it holds results").insert(index, ran);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..options.jobs.min(plans.len()) {
            scope.spawn(work);
        }
        work();
    });
    let mut ran = results.into_inner().expect("nobody panics while it holds results");
    if part.is_none() {
        tell_lives(&mut ran, plans, runner, &stop);
    }
    let ended = ran.values().filter(|ran| ran.judged.cell.verdict != Verdict::Incomplete).count();
    let mut campaign = Campaign { notes: stop.notes(ended, plans.len()), ..Campaign::default() };
    for Ran { judged, wall, .. } in ran.into_values() {
        campaign.timing.push(CellTiming::new(&judged.cell.id, wall, judged.cell.virtual_ns));
        campaign.judged.push(judged);
    }
    campaign
}

#[derive(Default)]
struct InPlanOrder {
    next: usize,
    waiting: BTreeMap<usize, Observed>,
}

impl InPlanOrder {
    fn deliver_in_order(
        &mut self,
        index: usize,
        observed: Observed,
        ids: &[String],
        listener: &dyn Listener,
    ) {
        self.waiting.insert(index, observed);
        while let Some(observed) = self.waiting.remove(&self.next) {
            listener.observed(&ids[self.next], &observed);
            self.next += 1;
        }
    }
}

fn run_cell(
    plan: &Plan,
    id: &str,
    runner: &dyn Runner,
    twice: bool,
    watch: &CellWatch<'_>,
) -> (Ran, Observed) {
    let started = Stopwatch::start();
    let mut said = AppWords::default();
    let outcome = attempt(plan, id, || runner.run_saying(plan, watch, &mut said));
    let wall = started.elapsed();
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(broken) => {
            let observed = Observed { console: console(said), ..Observed::default() };
            return (Ran { judged: *broken, wall, suspects: Vec::new() }, observed);
        }
    };
    let again = twice && outcome.ending != Ending::Interrupted;
    let judged = match again.then(|| attempt(plan, id, || runner.run(plan, watch))) {
        Some(Err(broken)) => *broken,
        // An interrupted second run proves nothing.
        Some(Ok(again)) if again.ending != Ending::Interrupted => {
            analysis::judge_again(plan, id, &outcome, (&Recorded::of(&outcome), &again)).0
        }
        _ => analysis::judge(plan, id, &outcome),
    };
    let ran = Ran { judged, suspects: suspects(&outcome), wall };
    let length = outcome.length();
    let mut lines = histograms::Lines::default();
    let histogram = |(metric, distribution): &(&str, Distribution)| {
        ((*metric).to_owned(), lines.line(id, length, distribution.counted()))
    };
    let histograms = outcome.distributions.iter().map(histogram).collect();
    (ran, Observed { series: outcome.series, histograms, console: console(outcome.said) })
}

fn console(said: AppWords) -> Vec<String> {
    let more = (said.left_out > 0).then(|| format!("… and {} more", count(said.left_out, "line")));
    said.lines.iter().map(|line| mask_lines(line).into_owned()).chain(more).collect()
}

/// The records to explain: the first record of each check, the gravest check first, then others.
pub fn suspects(outcome: &Outcome) -> Vec<Subject> {
    let mut violations: Vec<&Violation> = outcome.violations.iter().collect();
    violations.sort_by_key(|violation| harm_of(violation.check));
    let mut subjects: Vec<Subject> = Vec::new();
    for violation in violations {
        let Some(record) = &violation.record else { continue };
        if subjects.iter().all(|known| known.record != *record) {
            let (side, found) = (violation.device, Some((violation.check, violation.device)));
            subjects.push(Subject { record: record.clone(), side, found });
        }
    }
    let mut checks = BTreeSet::new();
    subjects.sort_by_cached_key(|subject| !checks.insert(subject.found.map(|(check, _)| check)));
    subjects.truncate(RECORDS_TOLD);
    subjects
}

/// Runs failing cells again to report the lives of their suspect records. The worst seed of each
/// setting comes first. Settings with graver failures come before others.
fn tell_lives(ran: &mut BTreeMap<usize, Ran>, plans: &[Plan], runner: &dyn Runner, stop: &Stop) {
    let cut = || stop.cuts();
    let failing = ran.iter().filter(|(_, ran)| ran.judged.cell.verdict == Verdict::Fail);
    let failing = failing.filter(|(_, ran)| !ran.suspects.is_empty());
    let cells = failing.map(|(index, ran)| (*index, &ran.judged.cell));
    let alike = analysis::grouped(cells, |(_, cell)| (cell.setting(), cell.reasons.first()));
    let worst = |(_, mut cells): (_, Vec<(usize, &CellRecord)>)| {
        cells.sort_by_key(|(_, cell)| Reverse(analysis::grade(cell)));
        cells.into_iter().map(|(index, _)| index).enumerate().collect::<Vec<_>>()
    };
    let mut order: Vec<(usize, usize)> = alike.into_iter().flat_map(worst).collect();
    order.sort_by_key(|(rank, index)| (*rank > 0, ran[index].judged.cell.severity(), *index));
    for (_, index) in order.into_iter().take(CELLS_TOLD) {
        let (plan, Some(ran)) = (&plans[index], ran.get_mut(&index)) else { continue };
        if cut() {
            return;
        }
        let lives = || runner.lives(plan, &ran.suspects, &WatchWithoutProgress(&cut));
        let lives = attempt(plan, &ran.judged.cell.id, lives);
        if let (Ok(lives), false) = (lives, stop.was_cut()) {
            let records: Vec<Record> = ran.suspects.iter().map(|subject| subject.record.clone()).collect();
            ran.judged.cell.lives = lives_told(plan, &records, lives);
        }
    }
}

/// The record that the user asked about, with the first finding about it.
pub fn subject(outcome: &Outcome, record: Record) -> Subject {
    let found = outcome.violations.iter().find(|violation| violation.record.as_ref() == Some(&record));
    Subject { found: found.map(|violation| (violation.check, violation.device)), side: None, record }
}

/// Converts lives to the form of the run's record.
pub fn lives_told(plan: &Plan, records: &[Record], lives: Vec<Story>) -> Vec<LifeRecord> {
    let named = |record| analysis::record_name(&plan.schema, record);
    records.iter().zip(lives).map(|(record, story)| LifeRecord::new(named(record), story)).collect()
}

/// Calls `run` for a cell. An error or a panic becomes the result of the cell.
pub(super) fn attempt<T>(
    plan: &Plan,
    id: &str,
    run: impl FnOnce() -> Result<T, Unrunnable>,
) -> Result<T, Box<Judged>> {
    let broke = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(result)) => return Ok(result),
        Ok(Err(Unrunnable::Unsupported { needs, .. })) => Broke::Unsupported(needs),
        Ok(Err(unrunnable)) => Broke::Unrunnable(escape_control(&unrunnable.to_string()).into_owned()),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().copied();
            let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
            // Indents all lines after the first.
            let lines: Vec<_> = text.unwrap_or("a panic").lines().map(escape_control).collect();
            Broke::Panicked(lines.join("\n    "))
        }
    };
    Err(Box::new(analysis::broken(plan, id, &broke)))
}

struct CellWatch<'a> {
    cell: usize,
    stop: &'a Stop,
    listener: &'a dyn Listener,
}

impl Watch for CellWatch<'_> {
    fn progress(&self, now: Time, of: Span) {
        self.listener.progressed(self.cell, now, of);
    }
    fn interrupted(&self) -> bool {
        self.stop.ends_running()
    }
}

pub(super) struct WatchWithoutProgress<'a>(pub(super) &'a (dyn Fn() -> bool + Sync));

impl Watch for WatchWithoutProgress<'_> {
    fn progress(&self, _: Time, _: Span) {}
    fn interrupted(&self) -> bool {
        (self.0)()
    }
}

/// Runs a plan again and returns its timeline. If it cannot run, the error is a cell with the
/// reason.
pub fn trace(
    plan: &Plan,
    id: &str,
    runner: &dyn Runner,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Traced, Box<Judged>> {
    attempt(plan, id, || runner.trace(plan, &WatchWithoutProgress(interrupted)))
}

/// Runs a plan again and compares its digests with the `recorded` ones. If they differ, the cell is
/// not deterministic, or another build recorded them. The result has the lives of `records`.
pub fn replay(
    plan: &Plan,
    id: &str,
    recorded: Option<&Recorded>,
    records: &[Record],
    runner: &dyn Runner,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> (Judged, Held) {
    let watch = WatchWithoutProgress(interrupted);
    let outcome = match attempt(plan, id, || runner.run(plan, &watch)) {
        Ok(outcome) => outcome,
        Err(broken) => return (*broken, Held::Nothing),
    };
    let (mut judged, held) = match recorded {
        Some(recorded) => analysis::judge_again(plan, id, &outcome, (recorded, &outcome)),
        None => (analysis::judge(plan, id, &outcome), Held::Nothing),
    };
    if !records.is_empty() {
        let subjects: Vec<Subject> = records.iter().map(|record| subject(&outcome, record.clone())).collect();
        match attempt(plan, id, || runner.lives(plan, &subjects, &watch)) {
            Ok(lives) => judged.cell.lives = lives_told(plan, records, lives),
            Err(broken) => judged = *broken,
        }
    }
    (judged, held)
}
