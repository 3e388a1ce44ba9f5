//! Shows the progress of a run on stderr.
//!
//! A cell is one simulation: one variant and one seed.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::console::Console;
use super::observations::Observations;
use super::work::{ProgressKind, Work};
use crate::base::{Span, Time};
use crate::campaign::{
    self, Campaign, CampaignOptions, GRACE, Journal, Listener, Observed, Signals, Stopwatch,
};
use crate::record::{CellRecord, Verdict};
use crate::scenario::Plan;
use crate::setup::ASKED_EVERY;

/// The shortest time between two lines of a counter.
const COUNTER_PAUSE: Duration = Duration::from_secs(10);

pub(super) struct Progress<'a> {
    pub(super) observations: Option<&'a Observations>,
    pub(super) before: usize,
    /// False if failing cells are results. Then they are not counted as failures.
    pub(super) counts_failing: bool,
    bar: ProgressBar,
    lines: Option<Mutex<Stopwatch>>,
    cells: Vec<AtomicU64>,
    wholes: Vec<u64>,
    done: AtomicU64,
    failed: AtomicU64,
    signals: Signals,
    told_interrupt: AtomicBool,
}

impl<'a> Progress<'a> {
    pub(super) fn new(kind: ProgressKind, plans: &[Plan], console: &Console<'_>) -> Progress<'a> {
        let (from, loud) = (console.surroundings, !console.voice.quiet);
        let (shows_bar, says_lines) = match kind {
            ProgressKind::None => (false, false),
            ProgressKind::Bar => (true, false),
            ProgressKind::Counter => (false, true),
            ProgressKind::Auto => (loud && from.err_is_terminal, loud && !from.err_is_terminal),
        };
        let wholes: Vec<u64> = plans.iter().map(whole).collect();
        let total = wholes.iter().copied().fold(0, u64::saturating_add);
        Progress {
            observations: None,
            before: 0,
            counts_failing: true,
            bar: bar(shows_bar, total),
            lines: says_lines.then(|| Mutex::new(Stopwatch::start())),
            cells: plans.iter().map(|_| AtomicU64::default()).collect(),
            wholes,
            done: AtomicU64::default(),
            failed: AtomicU64::default(),
            signals: from.signals.clone(),
            told_interrupt: AtomicBool::default(),
        }
    }
    pub(super) fn run(
        self,
        plans: &[Plan],
        part: Option<&[String]>,
        (work, twice): (&Work, bool),
        journal: Option<&Journal>,
        console: &Console<'_>,
    ) -> Campaign {
        let signals = &console.surroundings.signals;
        let time_limit = work.time_left(console.elapsed());
        let options = CampaignOptions { jobs: work.jobs(), fail_fast: work.fail_fast, time_limit, twice };
        signals.heed();
        let campaign = campaign::run(plans, part, console.runner, &options, signals, &self, journal);
        self.bar.finish_and_clear();
        campaign
    }

    fn advance(&self, cell: usize, to: u64) {
        let before = self.cells[cell].fetch_max(to, Ordering::Relaxed);
        self.bar.inc(to.saturating_sub(before));
        let Some(lines) = &self.lines else { return };
        let mut last = lines.lock().expect("nobody panics while it holds the time");
        if last.elapsed() >= COUNTER_PAUSE {
            *last = Stopwatch::start();
            let all = self.bar.length().unwrap_or_default().max(1);
            let share = u128::from(self.bar.position()) * 100 / u128::from(all);
            self.line(&format!("{}, {share} %", self.so_far()));
        }
    }

    fn line(&self, text: &str) {
        if self.bar.is_hidden() {
            // If stderr is closed, nobody can read the text.
            let _ = writeln!(std::io::stderr(), "{text}");
        } else {
            self.bar.println(text);
        }
    }

    fn tell_interrupt(&self) {
        let interrupted = self.signals.interrupt.load(Ordering::Relaxed);
        if interrupted && !self.told_interrupt.swap(true, Ordering::Relaxed) {
            let most = GRACE.as_secs();
            self.line(&format!(
                "finishing the running cells for a partial report, for at most {most} s; to stop at once, interrupt again"
            ));
        }
    }

    fn so_far(&self) -> String {
        let failed = match self.failed.load(Ordering::Relaxed) {
            n if n > 0 && self.counts_failing => format!(", {n} failing"),
            _ => String::new(),
        };
        let [done, all] = [self.done.load(Ordering::Relaxed) as usize, self.cells.len()];
        format!("{}/{} cells{failed}", self.before + done, self.before + all)
    }
}

impl Listener for Progress<'_> {
    fn observed(&self, id: &str, observed: &Observed) {
        if let Some(files) = self.observations {
            files.add(id, observed);
        }
    }
    fn started(&self, _: usize) {
        self.bar.set_message(self.so_far());
        self.tell_interrupt();
    }
    fn progressed(&self, cell: usize, now: Time, _: Span) {
        self.advance(cell, millis(now.since(Time::ZERO)).min(self.wholes[cell]));
        self.tell_interrupt();
    }
    fn ended(&self, cell: usize, record: &CellRecord) {
        if record.verdict != Verdict::Incomplete {
            self.done.fetch_add(1, Ordering::Relaxed);
            self.advance(cell, self.wholes[cell]);
        }
        if record.verdict == Verdict::Fail {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        self.bar.set_message(self.so_far());
        self.tell_interrupt();
    }
}

fn bar(is_shown: bool, total: u64) -> ProgressBar {
    if !is_shown {
        return ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
    }
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}, {eta} left")
        .expect("the template is a constant");
    bar.set_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// The amount of work of a cell: its script, and a check of each of its phones.
fn whole(plan: &Plan) -> u64 {
    let devices: u64 = plan.fleets.iter().map(|fleet| u64::from(fleet.devices)).sum();
    millis(plan.duration).saturating_add(millis(ASKED_EVERY).saturating_mul(devices))
}

fn millis(span: Span) -> u64 {
    span.0 / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_not_at_its_end_before_each_phone_was_asked_to_sync() {
        let plan = crate::record::fixture::plan(None, 1);
        assert_eq!(whole(&plan), 3_600_000 + 3 * 25);
    }
}
