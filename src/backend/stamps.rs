//! When a commit is stamped.

use super::options::Ticks;
use crate::base::{Span, Stamp};

/// Gives out stamps: the time, cut to the precision, unless that would hide a commit from somebody.
///
/// Three things can push a stamp past the time, always to the next multiple of the precision:
/// - A stamp never lies before one that was given before, whatever the clock does; two commits may
///   share one.
/// - A row's next version has a later stamp than the one it replaces. Otherwise a compare-and-set
///   on the stamp would take two versions for one, and the later edit would overwrite the earlier
///   unseen.
/// - Once a cursor was handed out that ends at (s, key), no commit is stamped s or earlier.
///   Otherwise a commit in the same tick with a smaller key would lie before the cursor, and that
///   device would never see it. Holding back the open tick's rows until the tick is over would keep
///   stamps true to the clock, but would make a write invisible for up to a tick, which with a
///   precision of a minute is a minute.
///
/// Without the guard of the first and the third (a backend that stamps by its clock alone) the
/// second still holds.
///
/// So with a precision coarser than the pace of commits the stamps run ahead of the clock, and
/// catch up when it is quiet ([`Ticks::RunAhead`]). Or they stay at the tick ([`Ticks::Shared`]):
/// whatever is committed within one has its stamp, a row's next version a microsecond more, which
/// stands for the version number that such a table has besides. Then it is the readers who wait:
/// nobody who stays behind what is settled is shown a tick before it is over. One that was over
/// when the clock stepped back stays over: readers have passed it, and what is committed from then
/// on has the tick that was open.
///
/// Where the content goes back to a backup the guard does not: whatever was given before lies
/// behind all that is given from then on.
#[derive(Clone, Debug)]
pub(super) struct Stamps {
    precision: Span,
    /// Stamps do not go back with the clock, nor behind a cursor.
    monotonic: bool,
    ticks: Ticks,
    /// The greatest stamp there is.
    latest: Stamp,
    /// The smallest stamp that no cursor has passed.
    floor: Stamp,
    /// Where commits share a tick: the first stamp of the one that was open when the clock stepped
    /// back, or of the first one after all that a backup has undone.
    open: Stamp,
    /// The greatest stamp that a device gave.
    dated: Stamp,
    /// For each backup that was made the smallest stamp that was given since.
    since: Vec<Stamp>,
}

impl Stamps {
    /// All initial content is stamped at or before `start`, and no commit is.
    pub(super) fn new(precision: Span, monotonic: bool, ticks: Ticks, start: Stamp) -> Stamps {
        let (open, latest, floor, dated) = (Stamp(i64::MIN), start, start, start);
        let since = Vec::new();
        let mut stamps = Stamps { precision, monotonic, ticks, latest, floor, open, dated, since };
        stamps.floor = stamps.after(start);
        stamps
    }

    fn unit(&self) -> i64 {
        (self.precision.as_micros() as i64).max(1)
    }

    /// The stamp cut to the precision.
    pub(super) fn cut(&self, stamp: Stamp) -> Stamp {
        stamp.truncated(self.precision)
    }

    /// The smallest stamp that can be given after `stamp`.
    fn after(&self, stamp: Stamp) -> Stamp {
        // Saturating: what a device dates may be any number.
        Stamp(self.cut(stamp).0.saturating_add(self.unit()))
    }

    /// There is a row with this stamp.
    pub(super) fn seen(&mut self, stamp: Stamp) {
        self.latest = self.latest.max(stamp);
    }

    /// A cursor was handed out that ends at this stamp.
    pub(super) fn passed(&mut self, stamp: Stamp) {
        if self.ticks == Ticks::RunAhead {
            self.floor = self.floor.max(self.after(stamp));
        }
    }

    /// The clock steps back from `now`: what was settled until then stays so. A load that began
    /// before is told of what is stamped after that, and of nothing else.
    pub(super) fn stepped_back(&mut self, now: Stamp) {
        if !self.monotonic {
            return;
        }
        let least = match self.ticks {
            Ticks::Shared => &mut self.open,
            Ticks::RunAhead => &mut self.floor,
        };
        *least = (*least).max(now.truncated(self.precision));
    }

    /// A backup is made; gives its number.
    pub(super) fn backed_up(&mut self) -> usize {
        self.since.push(Stamp(i64::MAX));
        self.since.len() - 1
    }

    /// The smallest stamp that was given since the backup of this number.
    pub(super) fn least_since(&self, backup: usize) -> Stamp {
        self.since[backup]
    }

    fn given(&mut self, stamp: Stamp) {
        self.since.iter_mut().for_each(|least| *least = (*least).min(stamp));
    }

    /// The content goes back to that of a backup. What is gone was seen, and who names its version
    /// means it: no stamp is given again.
    pub(super) fn go_on_elsewhere(&mut self) {
        if !self.monotonic {
            return;
        }
        let next = self.after(self.latest);
        let least = match self.ticks {
            Ticks::Shared => &mut self.open,
            Ticks::RunAhead => &mut self.floor,
        };
        *least = (*least).max(next);
    }

    /// The stamp of a row's next version, at the earliest.
    fn next_version(&self, stamp: Stamp) -> Stamp {
        match self.ticks {
            Ticks::RunAhead => self.after(stamp),
            Ticks::Shared => Stamp(stamp.0.saturating_add(1)),
        }
    }

    /// The first stamp of the tick that is not over at `now`, where commits share one.
    pub(super) fn open_tick(&self, now: Stamp) -> Option<Stamp> {
        (self.ticks == Ticks::Shared).then(|| self.cut(now).max(self.open))
    }

    pub(super) fn latest(&self) -> Stamp {
        self.latest
    }

    /// The same, be it by the clock of a device.
    pub(super) fn greatest(&self) -> Stamp {
        self.latest.max(self.dated)
    }

    /// When the tick of the last commit is over, where commits share one.
    pub(super) fn closes(&self) -> Option<Stamp> {
        (self.ticks == Ticks::Shared).then(|| self.after(self.latest))
    }

    /// The stamp of a commit at `now` that replaces versions with these stamps.
    pub(super) fn give(&mut self, now: Stamp, replaced: impl Iterator<Item = Stamp>) -> Stamp {
        let mut least = self.cut(now);
        if self.monotonic {
            // Initial rows of somebody else may have any stamp: up to the next multiple.
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

    /// The stamp of a commit that a device has dated itself and that replaces versions with these
    /// stamps. No guard helps: it may lie behind any cursor.
    pub(super) fn take(&mut self, made_at: Stamp, replaced: impl Iterator<Item = Stamp>) -> Stamp {
        let stamp = replaced.map(|old| self.next_version(old)).fold(self.cut(made_at), Stamp::max);
        self.dated = self.dated.max(stamp);
        self.given(stamp);
        stamp
    }

    /// The last instant at `now` that no later commit can be stamped with.
    pub(super) fn settled(&self, now: Stamp) -> Stamp {
        Stamp(self.cut(now).max(self.open).0 - 1)
    }

    /// The last instant at `now` that a row or a cursor can have.
    pub(super) fn head(&self, now: Stamp) -> Stamp {
        self.latest.max(self.dated).max(self.open).max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamps() -> Stamps {
        Stamps::new(Span::millis(1), true, Ticks::RunAhead, Stamp(5_000))
    }

    #[test]
    fn without_the_guard_stamps_go_back_with_the_clock_but_not_those_of_one_row() {
        let mut stamps = Stamps::new(Span::millis(1), false, Ticks::RunAhead, Stamp(5_000));
        assert_eq!(stamps.give(Stamp(9_000), [].into_iter()), Stamp(9_000));
        stamps.passed(Stamp(9_000));
        assert_eq!(stamps.give(Stamp(7_000), [].into_iter()), Stamp(7_000));
        assert_eq!(stamps.give(Stamp(7_000), [Stamp(9_000)].into_iter()), Stamp(10_000));
        assert_eq!(stamps.head(Stamp(7_000)), Stamp(10_000), "what was given can be in a cursor");
    }

    #[test]
    fn the_initial_content_lies_before_the_first_commit() {
        assert_eq!(stamps().give(Stamp(5_000), [].into_iter()), Stamp(6_000));
        let mut later = stamps();
        later.seen(Stamp(99_500));
        assert_eq!(later.give(Stamp(5_000), [].into_iter()), Stamp(100_000));
    }

    #[test]
    fn a_replaced_version_and_a_cursor_push_the_stamp_on() {
        let mut stamps = stamps();
        assert_eq!(stamps.give(Stamp(7_000), [Stamp(7_000)].into_iter()), Stamp(8_000));
        stamps.passed(Stamp(8_000));
        assert_eq!(stamps.give(Stamp(7_100), [].into_iter()), Stamp(9_000));
        stamps.passed(Stamp(7_000));
        assert_eq!(stamps.give(Stamp(7_100), [].into_iter()), Stamp(9_000), "an old cursor pushes nothing");
    }

    #[test]
    fn a_device_that_dates_its_commits_goes_back_and_ahead_and_pushes_nobody() {
        let mut stamps = stamps();
        stamps.passed(Stamp(9_000));
        assert_eq!(stamps.take(Stamp(6_300), [].into_iter()), Stamp(6_000));
        assert_eq!(stamps.take(Stamp(6_300), [Stamp(6_000)].into_iter()), Stamp(7_000));
        assert_eq!(stamps.take(Stamp(90_000), [].into_iter()), Stamp(90_000));
        assert_eq!(stamps.head(Stamp(7_000)), Stamp(90_000));
        assert_eq!(stamps.give(Stamp(7_000), [].into_iter()), Stamp(10_000));
    }

    #[test]
    fn commits_that_share_a_tick_keep_it_and_none_is_before_an_open_one() {
        let mut stamps = Stamps::new(Span::millis(1), true, Ticks::Shared, Stamp(5_000));
        assert_eq!(stamps.give(Stamp(5_100), [].into_iter()), Stamp(6_000), "the initial content is older");
        assert_eq!(stamps.give(Stamp(7_300), [].into_iter()), Stamp(7_000));
        stamps.passed(Stamp(7_000));
        assert_eq!(stamps.give(Stamp(7_900), [].into_iter()), Stamp(7_000), "no matter who has read");
        assert_eq!(stamps.give(Stamp(7_900), [Stamp(7_000)].into_iter()), Stamp(7_001));
        assert_eq!(stamps.give(Stamp(7_900), [].into_iter()), Stamp(7_000));
        assert_eq!(
            (stamps.open_tick(Stamp(7_900)), stamps.closes()),
            (Some(Stamp(7_000)), Some(Stamp(8_000)))
        );
    }

    #[test]
    fn a_shared_tick_that_was_over_when_the_clock_stepped_back_is_not_given_again() {
        for (steps, open) in [(7_900, 7_000), (8_000, 8_000), (9_700, 9_000)] {
            let mut stamps = Stamps::new(Span::millis(1), true, Ticks::Shared, Stamp(5_000));
            assert_eq!(stamps.give(Stamp(7_300), [].into_iter()), Stamp(7_000));
            let settled = stamps.settled(Stamp(steps));
            stamps.stepped_back(Stamp(steps));
            assert_eq!(stamps.open_tick(Stamp(2_000)), Some(Stamp(open)), "what was over stays over");
            assert_eq!(stamps.settled(Stamp(2_000)), settled);
            assert!(stamps.head(Stamp(2_000)) >= settled, "a cursor may end there");
            assert_eq!(stamps.give(Stamp(2_000), [].into_iter()), Stamp(open));
            assert_eq!(stamps.give(Stamp(10_500), [].into_iter()), Stamp(10_000), "the clock has caught up");
        }
    }

    #[test]
    fn no_stamp_is_given_again_where_the_content_goes_back() {
        for (ticks, settles) in [(Ticks::RunAhead, 6_999), (Ticks::Shared, 7_999)] {
            let mut stamps = Stamps::new(Span::millis(1), true, ticks, Stamp(5_000));
            assert_eq!(stamps.give(Stamp(7_300), [].into_iter()), Stamp(7_000));
            stamps.go_on_elsewhere();
            assert_eq!(stamps.settled(Stamp(7_400)), Stamp(settles), "{ticks:?}");
            assert_eq!(stamps.give(Stamp(7_400), [].into_iter()), Stamp(8_000), "{ticks:?}");
        }
    }
}
