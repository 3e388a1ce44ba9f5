//! How long an engine may take: to say something of a run, and to begin one.

use crate::base::Span;

/// How long a run that goes on may say nothing, and one that is to begin may wait.
#[derive(Clone, Copy, Debug)]
pub enum Patience {
    /// It follows from what the built-in engine was told of waiting.
    Computed(Waits),
    /// The stack says it of itself.
    Stated(Span),
}

/// What the built-in engine was told of waiting.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// A request without an answer is given up after this.
    pub request: Span,
    /// The first wait before another try is no longer.
    pub first: Span,
    /// Each further one is so many times as long at most.
    pub growth: u32,
    /// No wait before another try is longer.
    pub cap: Span,
    /// Some triggers start a unit no sooner than this after its last start.
    pub debounce: Span,
    /// After so many failures in a row a run ends.
    pub attempts: u32,
    /// So many times as long as usual a disk may take for everything, as an event has it.
    pub slowness: u32,
    /// Its queue is on disk: what was asked for is so in the next process, too.
    pub keeps_queue: bool,
    /// A row waits for what is attached to it, which goes beside the runs.
    pub holds_rows: bool,
}

/// However short the times are that an engine was told: a transaction on a slow disk takes a while.
const OF_DISK: Span = Span::secs(120);
/// So long the code of the app may take that a run waits for.
const OF_HOOK: Span = Span::secs(600);
/// As does the one that writes down that a run begins.
const TO_BEGIN: Span = Span::secs(60);

impl Waits {
    /// No wait after so many failures in a row is longer: min(cap, first · growth^(n − 1)).
    fn after(&self, failures: u32) -> Span {
        let growth = u64::from(self.growth).checked_pow(failures.saturating_sub(1)).unwrap_or(u64::MAX);
        Span(self.first.0.saturating_mul(growth)).min(self.cap)
    }

    /// All the waits of a run that fails at each of its tries.
    fn between_tries(&self) -> Span {
        (1..self.attempts.min(1_000)).map(|n| self.after(n)).fold(Span::ZERO, |sum, wait| sum + wait)
    }
}

impl Patience {
    /// How long a run that goes on says nothing, its waits before other tries not counted; it may
    /// wait for a hook of the app.
    pub(super) fn of_run(&self, in_hook: bool) -> Span {
        let hook = if in_hook { OF_HOOK } else { Span::ZERO };
        match self {
            Patience::Computed(waits) => waits.request + self.of_disk() + hook,
            Patience::Stated(span) => (*span).max(OF_DISK) + hook,
        }
    }

    /// How long a run may say that it syncs, and nothing moves: until its last try has failed.
    pub(super) fn of_stall(&self, in_hook: bool) -> Span {
        let Patience::Computed(waits) = self else { return self.of_run(in_hook) };
        let tries = waits.request * u64::from(waits.attempts.saturating_sub(1));
        self.of_run(in_hook) + tries + waits.between_tries()
    }

    /// How long what is shown may be wrong.
    pub(super) fn of_status(&self) -> Span {
        self.of_disk()
    }

    /// How long a wait before another try may last, besides what the server asked for.
    pub(super) fn of_wait(&self) -> Span {
        match self {
            Patience::Computed(waits) => waits.cap,
            Patience::Stated(_) => Span(u64::MAX / 4),
        }
    }

    /// How long a unit may wait that starts at once.
    pub(super) fn at_once(&self) -> Span {
        self.begins_within(|_| Span::ZERO)
    }

    /// Whether what was asked for outlives a process.
    pub(super) fn keeps_queue(&self) -> bool {
        matches!(self, Patience::Computed(waits) if waits.keeps_queue)
    }

    /// Whether a row may wait for what goes beside the runs.
    pub(super) fn holds_rows(&self) -> bool {
        matches!(self, Patience::Computed(waits) if waits.holds_rows)
    }

    /// After so many failures in a row a run ends, as far as is known.
    pub(super) fn attempts(&self) -> u32 {
        match self {
            Patience::Computed(waits) => waits.attempts,
            Patience::Stated(_) => 1,
        }
    }

    /// The same of one that is to start after `period`, and not too soon after its last start.
    pub(super) fn held_back(&self, period: Span) -> Span {
        period + self.begins_within(|waits| waits.debounce)
    }

    /// The same of one that failed so many times in a row.
    pub(super) fn after(&self, failures: u32) -> Span {
        self.begins_within(|waits| waits.after(failures))
    }

    /// A transaction takes no second where no event slows disks.
    fn slowed(&self) -> Span {
        match self {
            Patience::Computed(waits) => Span::secs(u64::from(waits.slowness)),
            Patience::Stated(_) => Span::ZERO,
        }
    }

    fn of_disk(&self) -> Span {
        OF_DISK.max(self.slowed())
    }

    fn disk_begins(&self) -> Span {
        TO_BEGIN.max(self.slowed())
    }

    fn begins_within(&self, of: impl Fn(&Waits) -> Span) -> Span {
        match self {
            Patience::Computed(waits) => of(waits) + self.disk_begins(),
            Patience::Stated(span) => (*span).max(TO_BEGIN),
        }
    }

    /// The bound of [`of_run`](Patience::of_run) in words, as the end of a sentence.
    pub(super) fn told_of_run(&self, in_hook: bool) -> String {
        let (bound, disk) = (self.of_run(in_hook), self.of_disk());
        let (name, hook) = if in_hook {
            (format!(" + {OF_HOOK} for a hook"), format!(" + {OF_HOOK}"))
        } else {
            (String::new(), String::new())
        };
        match self {
            Patience::Computed(Waits { request, .. }) => format!(
                "no run is silent for request_timeout + {disk} for its disk{name} = {request} + {disk}{hook} = {bound}"
            ),
            Patience::Stated(_) => format!("no run is silent for {bound}, as its stack says{name}"),
        }
    }

    /// The bound of [`of_stall`](Patience::of_stall) in words.
    pub(super) fn told_of_stall(&self, in_hook: bool) -> String {
        let Patience::Computed(waits) = self else { return self.told_of_run(in_hook) };
        let (bound, disk, between) = (self.of_stall(in_hook), self.of_disk(), waits.between_tries());
        let Waits { request, attempts, .. } = waits;
        let (name, hook) = if in_hook {
            (" + the bound of a hook".to_owned(), format!(" + {OF_HOOK}"))
        } else {
            (String::new(), String::new())
        };
        format!(
            "a run fails within retry.attempts · request_timeout + the waits between + {disk} for its disk{name} = {attempts} · {request} + {between} + {disk}{hook} = {bound}"
        )
    }

    /// The bound of [`of_status`](Patience::of_status) in words.
    pub(super) fn told_of_status(&self) -> String {
        format!("a transaction on a slow disk explains no more than {}", self.of_status())
    }

    /// The bound of [`at_once`](Patience::at_once) in words.
    pub(super) fn told_at_once(&self) -> String {
        self.told("it begins at once", &self.disk_begins().to_string(), self.at_once())
    }

    /// The bound of [`held_back`](Patience::held_back) in words.
    pub(super) fn told_held_back(&self, period: Span) -> String {
        let Patience::Computed(Waits { debounce, .. }) = self else {
            return self.told("", "", self.held_back(period));
        };
        let (name, of) = if period == Span::ZERO {
            (String::new(), String::new())
        } else {
            ("the period + ".to_owned(), format!("{period} + "))
        };
        let begin = self.disk_begins();
        let terms = format!("{name}debounce + {begin} = {of}{debounce} + {begin}");
        self.told("it begins", &terms, self.held_back(period))
    }

    /// The bound of [`after`](Patience::after) in words.
    pub(super) fn told_after(&self, failures: u32) -> String {
        let Patience::Computed(waits) = self else { return self.told("", "", self.after(failures)) };
        let Waits { first, growth, cap, .. } = *waits;
        let (wait, begin) = (waits.after(failures), self.disk_begins());
        let terms = if wait == cap {
            format!("retry.cap + {begin} = {cap} + {begin}")
        } else {
            let exponent = failures.saturating_sub(1);
            format!("retry.base · {growth}^{exponent} + {begin} = {first} · {growth}^{exponent} + {begin}")
        };
        self.told("it begins", &terms, self.after(failures))
    }

    fn told(&self, begins: &str, terms: &str, bound: Span) -> String {
        match self {
            Patience::Computed(_) if terms == bound.to_string() => format!("{begins}, within {bound}"),
            Patience::Computed(_) => format!("{begins} within {terms} = {bound}"),
            Patience::Stated(_) => format!("its stack says that it begins within {bound}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Waits = Waits {
        request: Span::secs(30),
        first: Span::secs(1),
        growth: 2,
        cap: Span::secs(300),
        debounce: Span::secs(60),
        attempts: 5,
        slowness: 1,
        keeps_queue: false,
        holds_rows: false,
    };

    #[test]
    fn a_disk_that_an_event_slows_has_more_time() {
        let slow = Patience::Computed(Waits { slowness: 300, ..USUAL });
        assert_eq!((slow.of_run(false), slow.at_once()), (Span::secs(330), Span::secs(300)));
    }

    #[test]
    fn the_bound_of_silence_is_told_with_its_formula() {
        let usual = Patience::Computed(USUAL);
        assert_eq!(usual.of_run(false), Span::secs(150));
        assert!(usual.told_of_run(false).ends_with("= 30s + 2m = 2m30s"));
        let told = usual.told_of_run(true);
        assert!(told.ends_with("for a hook = 30s + 2m + 10m = 12m30s"), "{told}");
    }

    #[test]
    fn a_stall_lasts_no_longer_than_all_tries_of_a_run() {
        let usual = Patience::Computed(USUAL);
        assert_eq!(usual.of_stall(false), Span::secs(5 * 30 + 1 + 2 + 4 + 8 + 120));
        let told = usual.told_of_stall(false);
        assert!(told.ends_with("= 5 · 30s + 15s + 2m = 4m45s"), "{told}");
        let once = Patience::Computed(Waits { attempts: 1, ..USUAL });
        assert_eq!(once.of_stall(false), once.of_run(false));
        let stated = Patience::Stated(Span::secs(600));
        assert_eq!(stated.of_stall(true), stated.of_run(true));
    }

    #[test]
    fn what_failed_may_wait_longer_with_each_failure_up_to_the_cap() {
        let usual = Patience::Computed(USUAL);
        let bounds = [1, 2, 5, 9, 10, u32::MAX].map(|n| usual.after(n).0 / 1_000_000_000);
        assert_eq!(bounds, [61, 62, 76, 316, 360, 360]);
        assert_eq!(usual.told_after(5), "it begins within retry.base · 2^4 + 1m = 1s · 2^4 + 1m = 1m16s");
        assert_eq!(usual.told_after(10), "it begins within retry.cap + 1m = 5m + 1m = 6m");
    }

    #[test]
    fn a_trigger_that_is_held_back_has_the_debounce_besides() {
        let usual = Patience::Computed(USUAL);
        assert_eq!(usual.told_at_once(), "it begins at once, within 1m");
        assert_eq!(usual.told_held_back(Span::ZERO), "it begins within debounce + 1m = 1m + 1m = 2m");
        assert_eq!(
            usual.told_held_back(Span::secs(600)),
            "it begins within the period + debounce + 1m = 10m + 1m + 1m = 12m"
        );
    }

    #[test]
    fn the_bound_that_a_stack_states_is_told_as_its_own() {
        let stated = Patience::Stated(Span::secs(1_200));
        assert_eq!((stated.of_run(false), stated.at_once()), (Span::secs(1_200), Span::secs(1_200)));
        assert!(stated.told_of_run(false).ends_with("20m, as its stack says"));
        assert_eq!(stated.told_after(3), "its stack says that it begins within 20m");
        assert_eq!(Patience::Stated(Span::secs(1)).of_run(false), OF_DISK);
    }
}
