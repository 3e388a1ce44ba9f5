//! The backend's clock. It gives each commit a stamp (the version time of its rows).

use super::options::{BackendOptions, Ticks};
use crate::base::{Span, Stamp, Time};

/// The clock gives each commit a stamp: its time, truncated to the precision.
///
/// Three rules can move a stamp forward to a later multiple of the precision:
/// - Stamps never go back, even if the clock does. Two commits may share a stamp.
/// - A row's next version has a later stamp than the previous one. Otherwise a compare-and-set on
///   the stamp would confuse two versions. If the clock is not `monotonic`, only this rule applies.
/// - A cursor is a pair (stamp s, key). Once a cursor is handed out, no commit gets s or an earlier
///   stamp. Otherwise a commit with stamp s and a smaller key would lie before the cursor, and its
///   reader would miss it.
///
/// A tick is one interval of the precision. With [`Ticks::RunAhead`], stamps run ahead of a coarse
/// clock until commits pause. With [`Ticks::Shared`], all commits of a tick get the tick's stamp. A
/// row's next version in the same tick gets a stamp one microsecond later. A reader that reads only
/// settled stamps then sees a tick only after the tick's end.
#[derive(Debug)]
pub(super) struct Clock {
    /// The clock's reading at time 0, plus all clock steps so far.
    start: Stamp,
    precision: Span,
    /// If true, no commit gets a stamp before the latest stamp or before a cursor that was handed
    /// out.
    monotonic: bool,
    ticks: Ticks,
    pub(super) latest: Stamp,
    /// The smallest stamp that no cursor has passed.
    floor: Stamp,
    /// With shared ticks: the start of the earliest tick that new commits may still get.
    open: Stamp,
    dated: Stamp,
    /// For each backup, the smallest stamp given after it.
    since: Vec<Stamp>,
}

impl Clock {
    pub(super) fn new(options: &BackendOptions, start: Stamp) -> Clock {
        let BackendOptions { stamp_precision: precision, monotonic, ticks, .. } = *options;
        let (open, latest, floor, dated, since) = (Stamp(i64::MIN), start, start, start, Vec::new());
        let mut clock = Clock { start, precision, monotonic, ticks, latest, floor, open, dated, since };
        clock.floor = clock.after(start);
        clock
    }

    pub(super) fn at(&self, now: Time) -> Stamp {
        self.start.plus(now.since(Time::ZERO))
    }

    /// The time when the clock shows `stamp`; time 0 if that was before the start.
    pub(super) fn when(&self, stamp: Stamp) -> Time {
        Time::ZERO + stamp.since(self.start)
    }

    /// Moves the clock by `micros` at `now`. After a step back, a monotonic clock gives no stamp
    /// before its old reading.
    pub(super) fn step(&mut self, now: Time, micros: i64) {
        if micros < 0 {
            self.give_none_before(self.cut(self.at(now)));
        }
        self.start = Stamp(self.start.0 + micros);
    }

    pub(super) fn cut(&self, stamp: Stamp) -> Stamp {
        stamp.truncated(self.precision)
    }

    /// The smallest stamp that a commit can get after `stamp`.
    fn after(&self, stamp: Stamp) -> Stamp {
        // The sum saturates because a device may send any date.
        Stamp(self.cut(stamp).0.saturating_add((self.precision.as_micros() as i64).max(1)))
    }

    pub(super) fn seen(&mut self, stamp: Stamp) {
        self.latest = self.latest.max(stamp);
    }

    pub(super) fn passed(&mut self, stamp: Stamp) {
        if self.ticks == Ticks::RunAhead {
            self.floor = self.floor.max(self.after(stamp));
        }
    }

    fn give_none_before(&mut self, next: Stamp) {
        if self.monotonic {
            let least = if self.ticks == Ticks::Shared { &mut self.open } else { &mut self.floor };
            *least = (*least).max(next);
        }
    }

    pub(super) fn backed_up(&mut self) -> usize {
        self.since.push(Stamp(i64::MAX));
        self.since.len() - 1
    }

    /// The smallest stamp given after backup number `backup`.
    pub(super) fn least_since(&self, backup: usize) -> Stamp {
        self.since[backup]
    }

    fn given(&mut self, stamp: Stamp) {
        self.since.iter_mut().for_each(|least| *least = (*least).min(stamp));
    }

    /// Continues after a restore. Readers may have seen the undone versions, so no stamp is reused.
    pub(super) fn go_on_elsewhere(&mut self) {
        self.give_none_before(self.after(self.latest));
    }

    /// The earliest stamp for a row's next version.
    fn next_version(&self, stamp: Stamp) -> Stamp {
        if self.ticks == Ticks::RunAhead { self.after(stamp) } else { Stamp(stamp.0.saturating_add(1)) }
    }

    /// With shared ticks: the first stamp of the tick that is open at `now`.
    pub(super) fn open_tick(&self, now: Stamp) -> Option<Stamp> {
        (self.ticks == Ticks::Shared).then(|| self.cut(now).max(self.open))
    }

    /// The greatest stamp given. Stamps from devices' clocks count too.
    pub(super) fn greatest(&self) -> Stamp {
        self.latest.max(self.dated)
    }

    /// With shared ticks: the end of the last commit's tick.
    pub(super) fn closes(&self) -> Option<Stamp> {
        (self.ticks == Ticks::Shared).then(|| self.after(self.latest))
    }

    /// The stamp of a commit at `now`. `replaced` has the stamps of the versions that it replaces.
    pub(super) fn give(&mut self, now: Stamp, replaced: impl Iterator<Item = Stamp>) -> Stamp {
        let mut least = self.cut(now);
        if self.monotonic {
            // The latest stamp may be that of an initial row, so it is rounded up to a multiple.
            let latest = match self.ticks {
                Ticks::RunAhead => self.after(Stamp(self.latest.0 - 1)),
                Ticks::Shared => self.cut(self.latest),
            };
            least = least.max(self.floor).max(self.open).max(latest);
        }
        let stamp = replaced.map(|old| self.next_version(old)).fold(least, Stamp::max);
        self.latest = self.latest.max(stamp);
        self.given(stamp);
        stamp
    }

    /// The stamp of a commit that has a device's date. It may lie before any cursor.
    pub(super) fn take(&mut self, made_at: Stamp, replaced: impl Iterator<Item = Stamp>) -> Stamp {
        let stamp = replaced.map(|old| self.next_version(old)).fold(self.cut(made_at), Stamp::max);
        self.dated = self.dated.max(stamp);
        self.given(stamp);
        stamp
    }

    /// At `now`, the last stamp that no later commit can get.
    pub(super) fn settled(&self, now: Stamp) -> Stamp {
        Stamp(self.cut(now).max(self.open).0 - 1)
    }

    /// At `now`, the last stamp that a row or a cursor can have.
    pub(super) fn head(&self, now: Stamp) -> Stamp {
        self.greatest().max(self.open).max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(monotonic: bool, ticks: Ticks) -> Clock {
        let stamp_precision = Span::millis(1);
        Clock::new(&BackendOptions { stamp_precision, monotonic, ticks, ..Default::default() }, Stamp(5_000))
    }

    #[test]
    fn without_the_guard_stamps_go_back_with_the_clock_but_not_those_of_one_row() {
        let mut clock = clock(false, Ticks::RunAhead);
        assert_eq!(clock.give(Stamp(9_000), [].into_iter()), Stamp(9_000));
        clock.passed(Stamp(9_000));
        assert_eq!(clock.give(Stamp(7_000), [].into_iter()), Stamp(7_000));
        assert_eq!(clock.give(Stamp(7_000), [Stamp(9_000)].into_iter()), Stamp(10_000));
        assert_eq!(clock.head(Stamp(7_000)), Stamp(10_000), "what was given can be in a cursor");
    }

    #[test]
    fn a_device_that_dates_its_commits_goes_back_and_ahead_and_pushes_nobody() {
        let mut clock = clock(true, Ticks::RunAhead);
        clock.passed(Stamp(9_000));
        assert_eq!(clock.take(Stamp(6_300), [].into_iter()), Stamp(6_000));
        assert_eq!(clock.take(Stamp(6_300), [Stamp(6_000)].into_iter()), Stamp(7_000));
        assert_eq!(clock.take(Stamp(90_000), [].into_iter()), Stamp(90_000));
        assert_eq!(clock.head(Stamp(7_000)), Stamp(90_000));
        assert_eq!(clock.give(Stamp(7_000), [].into_iter()), Stamp(10_000));
    }

    #[test]
    fn commits_that_share_a_tick_keep_it_and_none_is_before_an_open_one() {
        let mut clock = clock(true, Ticks::Shared);
        assert_eq!(clock.give(Stamp(5_100), [].into_iter()), Stamp(6_000), "the initial content is older");
        assert_eq!(clock.give(Stamp(7_300), [].into_iter()), Stamp(7_000));
        clock.passed(Stamp(7_000));
        assert_eq!(clock.give(Stamp(7_900), [].into_iter()), Stamp(7_000), "no matter who has read");
        assert_eq!(clock.give(Stamp(7_900), [Stamp(7_000)].into_iter()), Stamp(7_001));
        assert_eq!(clock.open_tick(Stamp(7_900)), Some(Stamp(7_000)));
        assert_eq!(clock.closes(), Some(Stamp(8_000)));
    }
}
