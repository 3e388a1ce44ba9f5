//! How long an engine may take to report something during a run, and to start a run.

use std::fmt;

use crate::base::Span;
use crate::contract::SyncUnit;

/// How long a run may be silent, and how late it may start.
#[derive(Clone, Copy, Debug)]
pub enum Patience {
    /// Computed from the retry settings of the built-in engine.
    Computed(Waits),
    /// Stated by the stack (a third-party engine and server).
    Stated {
        /// The longest silence of a run.
        span: Span,
        /// The most requests of a sync that finds no news.
        requests: u32,
    },
}

/// The built-in engine's settings for waits.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// After this time, the engine gives up a request without a response.
    pub request: Span,
    /// The upper bound of the first wait before a retry.
    pub first: Span,
    /// The factor by which the bound grows with each further wait.
    pub growth: u32,
    /// The upper bound of every wait before a retry.
    pub cap: Span,
    /// If set, each wait is at least this long. If `None`, each wait is drawn between zero and the
    /// current bound.
    pub least: Option<Span>,
    /// The least time between two starts of a unit, for some triggers.
    pub debounce: Span,
    /// A run ends after this many consecutive failures.
    pub attempts: u32,
    /// How many requests of a run may be under way at once, each with its own waits.
    pub streams: u32,
    /// How many times slower than usual a disk may become by an event of the scenario.
    pub slowness: u32,
    /// True if the queue of units is on disk: the next process runs units that were requested
    /// before.
    pub keeps_queue: bool,
    /// True if a row waits for its attachment, which the engine sends outside of runs.
    pub holds_rows: bool,
    /// True if the time of a request that fails late counts as the wait before the next request.
    pub late_is_a_wait: bool,
}

/// A slow disk needs this long. So this is the least time for the disk, even if the settings are
/// short.
const OF_DISK: Span = Span::secs(120);
/// The time that the app's code may take while a run waits for this code.
const OF_HOOK: Span = Span::secs(600);
const TO_BEGIN: Span = Span::secs(60);
const NONE: Term = ("", Span::ZERO);

type Term = (&'static str, Span);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound([Term; 5]);

impl Bound {
    pub(crate) fn span(self) -> Span {
        self.0.iter().fold(Span::ZERO, |sum, (_, span)| sum + *span)
    }
}

/// Shown as `2m30s (request_timeout 30s + slow disk 2m)`.
impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.0.iter().filter(|(_, span)| *span > Span::ZERO);
        let parts: Vec<&Term> = parts.collect();
        let of =
            |(name, span): &&Term| if parts.len() > 1 { format!("{name} {span}") } else { name.to_string() };
        write!(f, "{} ({})", self.span(), parts.iter().map(of).collect::<Vec<_>>().join(" + "))
    }
}

impl Waits {
    pub(crate) const USUAL: Waits = Waits {
        request: Span::secs(30),
        first: Span::secs(1),
        growth: 2,
        cap: Span::secs(300),
        least: None,
        debounce: Span::secs(60),
        attempts: 5,
        streams: 1,
        slowness: 1,
        keeps_queue: false,
        holds_rows: false,
        late_is_a_wait: false,
    };

    /// The longest wait after this many consecutive failures: min(cap, first · growth^(n − 1)).
    fn after(&self, failures: u32) -> Span {
        let growth = u64::from(self.growth).checked_pow(failures.saturating_sub(1)).unwrap_or(u64::MAX);
        Span(self.first.0.saturating_mul(growth)).min(self.cap)
    }
    fn between_tries(&self) -> Span {
        (1..self.attempts.min(1_000)).map(|n| self.after(n)).fold(Span::ZERO, |sum, wait| sum + wait)
    }
}

impl Patience {
    /// The longest silence of a run, without the waits before retries. Longer while a hook (code of
    /// the app) runs.
    pub(crate) fn of_run(&self, in_hook: bool) -> Bound {
        let hook = if in_hook { ("a hook", OF_HOOK) } else { NONE };
        let [wait, disk] = match self {
            Patience::Computed(waits) => [("request_timeout", waits.request), ("slow disk", self.of_disk())],
            Patience::Stated { span, .. } => [stated(*span, OF_DISK), NONE],
        };
        Bound([wait, disk, hook, NONE, NONE])
    }
    /// How long a run may show "syncing" without progress: the time until its last try has failed.
    pub(crate) fn of_stall(&self, in_hook: bool) -> Bound {
        let Bound([wait, disk, hook, ..]) = self.of_run(in_hook);
        let Patience::Computed(waits) = self else { return self.of_run(in_hook) };
        let tries = waits.request * u64::from(waits.attempts.saturating_sub(1));
        let between = ("the waits between tries", waits.between_tries());
        Bound([wait, ("request_timeout of each further try", tries), between, disk, hook])
    }
    /// The longest wait before a retry, if the server did not ask for another wait.
    pub(crate) fn of_wait(&self) -> Span {
        match self {
            Patience::Computed(waits) => waits.cap,
            Patience::Stated { .. } => Span(u64::MAX / 4),
        }
    }
    pub(crate) fn at_once(&self) -> Bound {
        self.to_begin(Span::ZERO, |_| NONE)
    }
    pub(crate) fn keeps_queue(&self) -> bool {
        matches!(self, Patience::Computed(waits) if waits.keeps_queue)
    }
    pub(crate) fn holds_rows(&self) -> bool {
        matches!(self, Patience::Computed(waits) if waits.holds_rows)
    }

    /// The settings for retries. For a stack that states none, mild values.
    pub(crate) fn retries(&self) -> Waits {
        match *self {
            Patience::Computed(waits) => waits,
            Patience::Stated { .. } => {
                Waits { cap: Span::secs(1), attempts: 10, late_is_a_wait: true, ..Waits::USUAL }
            }
        }
    }
    pub(crate) fn whose_waits(&self) -> &'static str {
        match self {
            Patience::Computed(_) => "its retry settings require",
            Patience::Stated { .. } => "stacks of your own must keep at least mild waits, which require",
        }
    }
    /// The most requests of a unit in a sync that finds no news: 1 push, and 1 pull per entity. A
    /// third-party stack may state a higher number.
    pub(crate) fn requests(&self, unit: &SyncUnit) -> u64 {
        let own = 1 + unit.pull.len() as u64;
        match self {
            Patience::Computed(_) => own,
            Patience::Stated { requests, .. } => own.max(u64::from(*requests)),
        }
    }
    /// How many requests may follow a response with news: 1 for the next page. A third-party stack
    /// may also send requests that its protocol needs for a page (differences, checkpoints).
    pub(crate) fn after_a_page(&self) -> u64 {
        match self {
            Patience::Computed(_) => 1,
            Patience::Stated { requests, .. } => u64::from(requests.div_ceil(8)).max(1),
        }
    }
    pub(crate) fn attempts(&self) -> u32 {
        match self {
            Patience::Computed(waits) => waits.attempts,
            Patience::Stated { .. } => 1,
        }
    }
    /// The longest delay of a run that is due after `period`. The debounce time after the last run
    /// is added.
    pub(crate) fn held_back(&self, period: Span) -> Bound {
        self.to_begin(period, |waits| ("debounce", waits.debounce))
    }
    pub(crate) fn after(&self, failures: u32) -> Bound {
        self.to_begin(Span::ZERO, |waits| ("the wait by retry.base and retry.cap", waits.after(failures)))
    }
    fn slowed(&self) -> Span {
        match self {
            Patience::Computed(waits) => Span::secs(u64::from(waits.slowness)),
            Patience::Stated { .. } => Span::ZERO,
        }
    }
    pub(crate) fn of_disk(&self) -> Span {
        OF_DISK.max(self.slowed())
    }
    fn to_begin(self, period: Span, of: impl Fn(&Waits) -> Term) -> Bound {
        let [wait, last] = match self {
            Patience::Computed(waits) => [of(&waits), ("slow disk", TO_BEGIN.max(self.slowed()))],
            Patience::Stated { span, .. } => [NONE, stated(span, TO_BEGIN)],
        };
        Bound([("the period", period), wait, last, NONE, NONE])
    }
}

/// The time that a stack states, but at least the time `any` that every stack may take.
fn stated(span: Span, any: Span) -> Term {
    if span < any { ("the minimum for any stack", any) } else { ("stated by its stack", span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_follow_from_what_an_engine_was_told() {
        let usual = Waits::USUAL;
        let of = |waits| Patience::Computed(waits);
        let (slow, once) = (Waits { slowness: 300, ..usual }, Waits { attempts: 1, ..usual });
        let stated = |secs| Patience::Stated { span: Span::secs(secs), requests: 16 };
        for (bound, secs) in [
            (of(usual).of_run(true), 750),
            (of(slow).of_run(false), 330),
            (stated(1_200).of_run(false), 1_200),
            (stated(1).of_run(false), 120),
            (of(once).of_stall(false), 150),
            (stated(600).of_stall(true), 1_200),
            (of(slow).at_once(), 300),
            (stated(1_200).at_once(), 1_200),
            (of(usual).after(9), 316),
            (of(usual).after(u32::MAX), 360),
        ] {
            assert_eq!(bound.span(), Span::secs(secs), "{bound}");
        }
        assert_eq!(of(usual).of_run(false).to_string(), "2m30s (request_timeout 30s + slow disk 2m)");
        assert_eq!(stated(1_200).at_once().to_string(), "20m (stated by its stack)");
        assert_eq!(stated(90).of_run(false).to_string(), "2m (the minimum for any stack)");
    }
}
