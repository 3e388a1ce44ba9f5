//! When a campaign ends before its last cell.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::stopwatch::Stopwatch;
use crate::metrics::human;
use crate::record::{Exit, Note};

/// After the first SIGINT, running cells have this long to come to their end.
pub const GRACE: Duration = Duration::from_secs(10);

/// What signals set, and everybody may look at.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    /// SIGINT came: start no more cells, let the running ones finish.
    pub interrupt: Arc<AtomicBool>,
    /// SIGTERM came: somebody is about to kill us, so end the running cells too.
    pub terminate: Arc<AtomicBool>,
    claimed: Arc<AtomicU8>,
}

/// Somebody looks at what signals set.
const HEEDED: u8 = 1;
/// A signal that nobody looked at ends the process.
const ENDING: u8 = 2;

impl Signals {
    /// From here on who runs looks at what came, and leaves a report; until then a signal ends the
    /// process.
    pub fn heed(&self) {
        while self.claim(HEEDED) == ENDING {
            // Nothing is to be begun that the end would cut off.
            std::thread::park();
        }
    }
    /// Whether nobody looks at signals; nobody will from here on.
    pub fn end_unheeded(&self) -> bool {
        self.claim(ENDING) != HEEDED
    }
    fn claim(&self, by: u8) -> u8 {
        let claimed = self.claimed.compare_exchange(0, by, Ordering::Relaxed, Ordering::Relaxed);
        claimed.map_or_else(|before| before, |_| by)
    }
    /// Whether any came.
    pub fn any(&self) -> bool {
        self.exit().is_some()
    }
    /// The exit code of the one that came.
    pub fn exit(&self) -> Option<Exit> {
        if self.interrupt.load(Ordering::Relaxed) {
            Some(Exit::Interrupted)
        } else if self.terminate.load(Ordering::Relaxed) {
            Some(Exit::Terminated)
        } else {
            None
        }
    }
}

/// All reasons to stop, in one place.
#[derive(Debug)]
pub(super) struct Stop {
    signals: Signals,
    started: Stopwatch,
    time_limit: Option<Duration>,
    failed: AtomicBool,
    interrupt_seen: OnceLock<Stopwatch>,
}

impl Stop {
    pub(super) fn new(signals: Signals, time_limit: Option<Duration>) -> Stop {
        Stop {
            signals,
            started: Stopwatch::start(),
            time_limit,
            failed: AtomicBool::new(false),
            interrupt_seen: OnceLock::new(),
        }
    }

    /// A cell failed and the rest is of no interest.
    pub(super) fn fail(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    fn late(&self) -> bool {
        self.time_limit.is_some_and(|limit| self.started.elapsed() >= limit)
    }

    /// Whether no more cells are to be started.
    pub(super) fn starts_no_more(&self) -> bool {
        self.signals.interrupt.load(Ordering::Relaxed) || self.ends_running()
    }

    /// Whether running cells are to end early.
    pub(super) fn ends_running(&self) -> bool {
        let out_of_grace = self.signals.interrupt.load(Ordering::Relaxed)
            && self.interrupt_seen.get_or_init(Stopwatch::start).elapsed() >= GRACE;
        out_of_grace
            || self.signals.terminate.load(Ordering::Relaxed)
            || self.failed.load(Ordering::Relaxed)
            || self.late()
    }

    /// Whether somebody waits for us to end.
    pub(super) fn waited_for(&self) -> bool {
        self.signals.any() || self.late()
    }

    /// What to say of it in the record, when `ended` of `planned` cells came to their end: nothing
    /// where all did, whatever came meanwhile. A failing cell speaks for itself.
    pub(super) fn notes(&self, ended: usize, planned: usize) -> Vec<Note> {
        if ended == planned {
            return Vec::new();
        }
        let how_far = human::ended(ended as u64, planned as u64);
        let note = |exit| Note::stopped(exit, &how_far);
        let mut notes = Vec::new();
        if self.signals.interrupt.load(Ordering::Relaxed) {
            notes.push(note(Exit::Interrupted));
        }
        if self.signals.terminate.load(Ordering::Relaxed) {
            notes.push(note(Exit::Terminated));
        }
        if notes.is_empty() && self.failed.load(Ordering::Relaxed) {
            notes.push(note(Exit::Success));
        } else if notes.is_empty() && self.late() {
            notes.push(note(Exit::TimeLimit));
        }
        notes
    }
}
