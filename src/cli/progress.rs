//! How far a run is, on stderr.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::console::Surroundings;
use super::observations::Observations;
use super::work::ProgressKind;
use crate::base::{Span, Time};
use crate::campaign::{GRACE, Listener, Observed, Signals, Stopwatch};
use crate::metrics::human;
use crate::record::{CellRecord, Verdict};
use crate::scenario::{ASKED_EVERY, Plan};

/// A counter says no more than one line in this time.
const COUNTER_PAUSE: Duration = Duration::from_secs(10);

/// Follows a campaign, hands on what its cells observed, and shows how far it is: in milliseconds
/// of virtual time, of which the scripts and the shortest of drains have a known number.
pub(super) struct Progress<'a> {
    observations: Option<&'a Observations>,
    shown: Shown,
    cells: Vec<AtomicU64>,
    /// What each cell comes to.
    wholes: Vec<u64>,
    done: AtomicU64,
    failed: AtomicU64,
    signals: Signals,
    told_interrupt: AtomicBool,
}

enum Shown {
    Bar(ProgressBar),
    Counter(Counter),
    Nothing,
}

/// Lines instead of a bar.
struct Counter {
    began: Stopwatch,
    last: Mutex<Stopwatch>,
    /// Milliseconds of virtual time of all cells together.
    total: u64,
    gone: AtomicU64,
}

impl Counter {
    fn new(plans: &[Plan]) -> Counter {
        let began = Stopwatch::start();
        Counter { began, last: Mutex::new(Stopwatch::start()), total: total(plans), gone: AtomicU64::new(0) }
    }
    /// Whether it is time for another line.
    fn is_due(&self) -> bool {
        let mut last = self.last.lock().expect("nobody panics while it holds the counter");
        let due = last.elapsed() >= COUNTER_PAUSE;
        if due {
            *last = Stopwatch::start();
        }
        due
    }
    /// How fast it goes, and how long it will take at that rate.
    fn rate(&self) -> String {
        rate_told(self.gone.load(Ordering::Relaxed), self.total, self.began.elapsed())
    }
}

/// The share that is done, the rate and the time left; empty while nothing can be said of it.
fn rate_told(gone: u64, total: u64, elapsed: Duration) -> String {
    let millis = elapsed.as_millis() as u64;
    if gone == 0 || millis == 0 {
        return String::new();
    }
    let gone = gone.min(total);
    let left = u128::from(total - gone) * elapsed.as_nanos() / u128::from(gone);
    // Of what is to come nobody knows the parts of a second.
    let left = human::span(u64::try_from(left).unwrap_or(u64::MAX).next_multiple_of(NANOS));
    format!(", {} %, {} × real time, {left} left", gone * 100 / total.max(1), gone / millis)
}

/// Of a second.
const NANOS: u64 = 1_000_000_000;

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
            ProgressKind::Auto if !from.err_is_terminal => Shown::Counter(Counter::new(plans)),
            ProgressKind::Counter => Shown::Counter(Counter::new(plans)),
            ProgressKind::Auto | ProgressKind::Bar => Shown::Bar(bar(plans)),
        };
        Progress {
            observations,
            shown,
            cells: plans.iter().map(|_| AtomicU64::new(0)).collect(),
            wholes: plans.iter().map(whole).collect(),
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
        let more = to.saturating_sub(before);
        match &self.shown {
            Shown::Bar(bar) => bar.inc(more),
            Shown::Counter(counter) => {
                counter.gone.fetch_add(more, Ordering::Relaxed);
                if counter.is_due() {
                    self.line(&(self.so_far() + &counter.rate()));
                }
            }
            Shown::Nothing => {}
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
            let most = GRACE.as_secs();
            self.line(&format!(
                "finishing the running cells for a partial report, for {most} s at most; once more to stop at once"
            ));
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
        if let Shown::Bar(bar) = &self.shown {
            bar.set_message(self.so_far());
        }
        self.tell_interrupt();
    }
}

fn bar(plans: &[Plan]) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total(plans)), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {speed} × real time{left}")
        .expect("the template is a constant")
        .with_key("left", |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
            // Before anything moved nothing can be said of how long it will take.
            if state.pos() > 0 {
                let _ = write!(out, ", {} left", indicatif::HumanDuration(state.eta()));
            }
        })
        .with_key("speed", |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
            // The bar counts milliseconds of virtual time. A bar that cannot be drawn is not worth
            // an error.
            let _ = write!(out, "{:.0}", state.per_sec() / 1e3);
        });
    bar.set_style(style);
    bar.set_message(format!("0/{} cells", plans.len()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Milliseconds of virtual time of all cells together.
fn total(plans: &[Plan]) -> u64 {
    plans.iter().map(whole).fold(0, u64::saturating_add)
}

/// Of a cell: of its script, and until each of its phones was asked to sync.
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

    #[test]
    fn a_line_tells_rate_and_time_left_once_something_moved() {
        assert_eq!(rate_told(0, 100_000, Duration::from_secs(5)), "");
        assert_eq!(rate_told(25_000, 100_000, Duration::from_secs(5)), ", 25 %, 5 × real time, 15.0 s left");
        assert_eq!(rate_told(100_000, 100_000, Duration::from_secs(5)), ", 100 %, 20 × real time, 0 s left");
    }
}
