//! How far a run is, on stderr.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::ProgressKind;
use super::console::Surroundings;
use super::observations::Observations;
use crate::base::{Span, Time};
use crate::campaign::{Listener, Observed, Signals, Stopwatch};
use crate::report::{CellRecord, Verdict};
use crate::scenario::Plan;

/// A counter says no more than one line in this time.
const COUNTER_PAUSE: Duration = Duration::from_secs(10);

/// Follows a campaign, hands on what its cells observed, and shows how far it is: in milliseconds of virtual time, of which the scripts together have a known number.
pub(super) struct Progress<'a> {
    observations: Option<&'a Observations>,
    shown: Shown,
    cells: Vec<AtomicU64>,
    done: AtomicU64,
    failed: AtomicU64,
    signals: Signals,
    told_interrupt: AtomicBool,
}

enum Shown {
    Bar(ProgressBar),
    Counter(Mutex<Stopwatch>),
    Nothing,
}

impl<'a> Progress<'a> {
    pub(super) fn new(
        kind: ProgressKind,
        quiet: bool,
        plans: &[Plan],
        from: &Surroundings,
        observations: Option<&'a Observations>,
    ) -> Progress<'a> {
        let shown = match kind {
            ProgressKind::None => Shown::Nothing,
            ProgressKind::Auto if quiet => Shown::Nothing,
            ProgressKind::Auto if !from.err_is_terminal => Shown::Counter(Mutex::new(Stopwatch::start())),
            ProgressKind::Counter => Shown::Counter(Mutex::new(Stopwatch::start())),
            ProgressKind::Auto | ProgressKind::Bar => Shown::Bar(bar(plans)),
        };
        Progress {
            observations,
            shown,
            cells: plans.iter().map(|_| AtomicU64::new(0)).collect(),
            done: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            signals: from.signals.clone(),
            told_interrupt: AtomicBool::new(false),
        }
    }

    /// Takes a bar away before the result is shown.
    pub(super) fn finish(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }

    fn advance(&self, cell: usize, to: u64) {
        let before = self.cells[cell].fetch_max(to, Ordering::Relaxed);
        if let Shown::Bar(bar) = &self.shown {
            bar.inc(to.saturating_sub(before));
        }
    }

    fn line(&self, text: &str) {
        match &self.shown {
            Shown::Bar(bar) => bar.println(text),
            // When stderr is gone there is nobody left to tell.
            Shown::Counter(_) | Shown::Nothing => drop(writeln!(std::io::stderr(), "{text}")),
        }
    }

    fn tell_interrupt(&self) {
        let interrupted = self.signals.interrupt.load(Ordering::Relaxed);
        if interrupted && !self.told_interrupt.swap(true, Ordering::Relaxed) {
            self.line("finishing the running cells for a partial report; once more to stop at once");
        }
    }

    fn so_far(&self) -> String {
        let failed = match self.failed.load(Ordering::Relaxed) {
            0 => String::new(),
            n => format!(", {n} failing"),
        };
        format!("{}/{} cells{failed}", self.done.load(Ordering::Relaxed), self.cells.len())
    }
}

impl Listener for Progress<'_> {
    fn observed(&self, id: &str, observed: &Observed) {
        if let Some(files) = self.observations {
            files.add(id, observed);
        }
    }

    fn started(&self, _: usize) {
        self.tell_interrupt();
    }

    fn progressed(&self, cell: usize, now: Time, of: Span) {
        self.advance(cell, millis(now.since(Time::ZERO).min(of)));
        self.tell_interrupt();
    }

    fn ended(&self, cell: usize, record: &CellRecord) {
        if record.verdict != Verdict::Incomplete {
            self.done.fetch_add(1, Ordering::Relaxed);
        }
        if record.verdict == Verdict::Fail {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        self.advance(cell, record.phases.script_ns / 1_000_000);
        match &self.shown {
            Shown::Bar(bar) => bar.set_message(self.so_far()),
            Shown::Counter(last) => {
                let mut last = last.lock().expect("nobody panics while it holds the counter");
                if last.elapsed() >= COUNTER_PAUSE {
                    *last = Stopwatch::start();
                    self.line(&self.so_far());
                }
            }
            Shown::Nothing => {}
        }
        self.tell_interrupt();
    }
}

fn bar(plans: &[Plan]) -> ProgressBar {
    let total = plans.iter().map(|plan| millis(plan.duration)).fold(0, u64::saturating_add);
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let style =
        ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {speed} × real time, {eta} left")
            .expect("the template is a constant")
            .with_key("speed", |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                // The bar counts milliseconds of virtual time. A bar that cannot be drawn is not worth an error.
                let _ = write!(out, "{:.0}", state.per_sec() / 1e3);
            });
    bar.set_style(style);
    bar.set_message(format!("0/{} cells", plans.len()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn millis(span: Span) -> u64 {
    span.0 / 1_000_000
}
