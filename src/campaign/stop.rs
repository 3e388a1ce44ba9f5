//! Signals and limits that end a campaign (a run of many cells) before its last cell.
//!
//! A cell is one simulation: one variant and one seed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::stopwatch::Stopwatch;
use crate::metrics::human;
use crate::record::{Exit, Note};

/// Running cells have this much time to finish after the first SIGINT.
pub const GRACE: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, Default)]
pub struct Signals {
    /// SIGINT came. No more cells start, and running cells may finish.
    pub interrupt: Arc<AtomicBool>,
    /// SIGTERM came. A kill may follow, so running cells end at once.
    pub terminate: Arc<AtomicBool>,
    /// True if a campaign watches the flags. False if a signal ends the process. Set only once.
    heeded: Arc<OnceLock<bool>>,
}

impl Signals {
    /// Claims the signals for a campaign, which watches the flags. Blocks if the process is ending.
    pub fn heed(&self) {
        while !self.heeded.get_or_init(|| true) {
            std::thread::park();
        }
    }
    /// Claims the signals to end the process. Returns false if a campaign has claimed them already.
    pub fn unheeded(&self) -> bool {
        !self.heeded.get_or_init(|| false)
    }
    pub fn any(&self) -> bool {
        self.exit().is_some()
    }
    pub fn exit(&self) -> Option<Exit> {
        self.exits().next()
    }
    fn exits(&self) -> impl Iterator<Item = Exit> {
        let came = [(&self.interrupt, Exit::Interrupted), (&self.terminate, Exit::Terminated)];
        came.into_iter().filter(|(flag, _)| flag.load(Ordering::Relaxed)).map(|(_, exit)| exit)
    }
}

#[derive(Debug)]
pub(super) struct Stop {
    signals: Signals,
    started: Stopwatch,
    time_limit: Option<Duration>,
    failed: AtomicBool,
    was_cut: AtomicBool,
    interrupt_seen: OnceLock<Stopwatch>,
}

impl Stop {
    pub(super) fn new(signals: Signals, time_limit: Option<Duration>) -> Stop {
        Stop {
            signals,
            started: Stopwatch::start(),
            time_limit,
            failed: AtomicBool::default(),
            was_cut: AtomicBool::default(),
            interrupt_seen: OnceLock::new(),
        }
    }
    pub(super) fn at_a_failure(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }
    fn late(&self) -> bool {
        self.time_limit.is_some_and(|limit| self.started.elapsed() >= limit)
    }
    pub(super) fn starts_no_more(&self) -> bool {
        self.signals.interrupt.load(Ordering::Relaxed) || self.ends_running()
    }
    pub(super) fn ends_running(&self) -> bool {
        let out_of_grace = self.signals.interrupt.load(Ordering::Relaxed)
            && self.interrupt_seen.get_or_init(Stopwatch::start).elapsed() >= GRACE;
        out_of_grace
            || self.signals.terminate.load(Ordering::Relaxed)
            || self.failed.load(Ordering::Relaxed)
            || self.late()
    }
    /// True if the explanation of failing cells must end now. Then [`was_cut`](Self::was_cut) is
    /// true.
    pub(super) fn cuts(&self) -> bool {
        let cuts = self.signals.any() || self.late();
        self.was_cut.fetch_or(cuts, Ordering::Relaxed);
        cuts
    }
    pub(super) fn was_cut(&self) -> bool {
        self.was_cut.load(Ordering::Relaxed)
    }
    /// The notes for the record. If all cells ended and all failing ones are explained, there are
    /// no notes, even if a signal came.
    pub(super) fn notes(&self, ended: usize, planned: usize) -> Vec<Note> {
        if ended == planned && !self.was_cut() {
            return Vec::new();
        }
        let how_far = human::ended(ended as u64, planned as u64);
        let stopped = |exit| match ended == planned {
            true => Note::unexplained(exit),
            false => Note::stopped(exit, &how_far),
        };
        let mut exits: Vec<Exit> = self.signals.exits().collect();
        if exits.is_empty() {
            exits.extend(match self.failed.load(Ordering::Relaxed) {
                true => Some(Exit::Success),
                false => self.late().then_some(Exit::TimeLimit),
            });
        }
        exits.into_iter().map(stopped).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_heeds_signals_first_ends_the_run() {
        let (runs, ends) = (Signals::default(), Signals::default());
        runs.heed();
        assert!(!runs.unheeded(), "who runs leaves a report");
        assert!(ends.unheeded());
        let (begun, waits) = std::sync::mpsc::channel();
        let run = move || {
            ends.heed();
            let _ = begun.send(());
        };
        std::thread::Builder::new().spawn(run).unwrap();
        assert!(waits.recv_timeout(Duration::from_millis(50)).is_err(), "a report would be cut off");
    }
}
