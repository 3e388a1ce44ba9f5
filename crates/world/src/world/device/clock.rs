//! A device's clocks as functions of time: a monotonic clock, a wall clock, and local time.
//!
//! The wall clock may differ from true time. The difference is the sum of three parts: the device's
//! offset, its drift since the network last set it, and the steps (jumps) since then. When the
//! network sets the clock, drift and steps end, but the offset stays. That happens daily, at a
//! random time of the device, if the device is online then.

use crate::base::{Seed, Span, Stamp, Stream, Time};
use crate::contract::{Clock, LocalBoxFuture};
use crate::faults::Jump;
use crate::setup::ClockModel;
use crate::sim::Handle;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Skew {
    pub(crate) offset: i64,
    /// The speed error in parts per 10⁹. A positive value is a clock that runs too fast.
    pub(crate) drift_ppb: i64,
    set: Settings,
    pub(crate) steps: Vec<Jump>,
    pub(crate) zones: Vec<Jump>,
}

/// The times at which the network sets a clock: periodically, except while the device is offline.
/// The times are computed on demand, because the period may be short and the run long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Settings {
    first: Option<Time>,
    period: Span,
    /// From this time on the network does not set the clock.
    end: Time,
    /// The intervals in which the device is offline, sorted and disjoint.
    offline: Vec<(Time, Time)>,
}

impl Settings {
    /// The last time at or before `now` at which the network set the clock.
    fn last(&self, now: Time) -> Option<Time> {
        let mut now = now.min(Time(self.end.0.checked_sub(1)?));
        loop {
            let at = self.due(now)?;
            let gap = self.offline[..self.offline.partition_point(|(from, _)| *from <= at)].last();
            match gap.filter(|(_, until)| at < *until) {
                Some((from, _)) => now = Time(from.0.checked_sub(1)?),
                None => return Some(at),
            }
        }
    }
    fn due(&self, now: Time) -> Option<Time> {
        let first = self.first.filter(|first| *first <= now)?;
        let passed = now - first;
        Some(first + Span(passed.0 - passed.0 % self.period.0))
    }
}

impl Skew {
    /// The clock of a device up to `end`. The seed draws the values that the model leaves open. In
    /// the intervals `offline` (sorted and disjoint) the network does not set the clock.
    pub(crate) fn new(model: ClockModel, seed: Seed, end: Time, offline: &[(Time, Time)]) -> Skew {
        let mut stream = seed.stream("clock", 0, 0);
        let day = Span::secs(86_400);
        let (offset, drift_ppb, period) = match model {
            ClockModel::Good => (0, 0, day),
            ClockModel::Phones => (phone_offset(&mut stream), phone_drift_ppb(&mut stream), day),
            ClockModel::Told { offset, drift_ppb, resync } => (offset, drift_ppb, resync),
        };
        let mut skew = Skew { offset, drift_ppb, ..Skew::default() };
        if period > Span::ZERO {
            let first = Some(Time::ZERO + stream.up_to(period));
            let mut set = Settings { first, period, end, offline: Vec::new() };
            let matters = |(from, until): &(Time, Time)| {
                let last = until.0.checked_sub(1).and_then(|last| set.due(Time(last)));
                last.is_some_and(|at| at >= *from)
            };
            set.offline = offline.iter().copied().filter(matters).collect();
            skew.set = set;
        }
        skew
    }

    fn ahead(&self, now: Time) -> i64 {
        if self.drift_ppb == 0 && self.steps.is_empty() {
            return self.offset;
        }
        let set = self.set.last(now);
        let passed = now - set.unwrap_or(Time::ZERO);
        let drifted = i128::from(passed.0) * i128::from(self.drift_ppb) / 1_000_000_000_000;
        let counts = |jump: &&Jump| jump.0 <= now && set.is_none_or(|set| set < jump.0);
        let stepped: i64 = self.steps.iter().filter(counts).map(|(_, by)| by).sum();
        self.offset + drifted as i64 + stepped
    }
    fn moved(&self, now: Time) -> i64 {
        self.zones.iter().take_while(|(at, _)| *at <= now).map(|(_, by)| by).sum()
    }
}

/// The clock skew of phones. It is a mixture: 90 % Laplace(0, 0.15 s), 5 % N(0, 5 s), 2 % ± 15 s,
/// 2.5 % ± 1 h and 0.5 % U(± 30 d). Sources: OpenSignal 2013; Mani, IMC 2016.
fn phone_offset(stream: &mut Stream) -> i64 {
    let kind = stream.unit();
    let sign = if stream.chance(0.5) { 1.0 } else { -1.0 };
    let seconds = if kind < 0.9 {
        sign * stream.exponential(Span::millis(150)).as_secs_f64()
    } else if kind < 0.95 {
        stream.normal() * 5.0
    } else if kind < 0.97 {
        sign * 15.0
    } else if kind < 0.995 {
        sign * 3_600.0
    } else {
        sign * stream.unit() * 30.0 * 86_400.0
    };
    (seconds * 1e6) as i64
}

/// N(0, 5 ppm), limited to ± 50 ppm. Sources: Luo 2017; crystal specifications.
fn phone_drift_ppb(stream: &mut Stream) -> i64 {
    (stream.normal() * 5_000.0).clamp(-50_000.0, 50_000.0) as i64
}

pub(crate) struct DeviceClock {
    pub(crate) handle: Handle,
    pub(crate) start: Stamp,
    /// The UTC offset of local time at the start, in seconds.
    pub(crate) utc_offset: i32,
    pub(crate) skew: Skew,
}

impl Clock for DeviceClock {
    fn now(&self) -> Time {
        self.handle.now()
    }
    fn wall(&self) -> Stamp {
        let now = self.handle.now();
        let right = self.start.plus(now - Time::ZERO);
        Stamp(right.0 + self.skew.ahead(now))
    }
    fn local(&self) -> Stamp {
        let moved = self.skew.moved(self.handle.now());
        Stamp(self.wall().0 + i64::from(self.utc_offset) * 1_000_000 + moved)
    }
    fn sleep_until(&self, time: Time) -> LocalBoxFuture<'static, ()> {
        Box::pin(self.handle.sleep_until(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn hours(n: u64) -> Time {
        Time(n * HOUR as u64 * 1_000)
    }

    #[test]
    fn drift_and_steps_last_until_the_network_sets_the_clock_and_the_offset_stays() {
        let told = ClockModel::Told { offset: 5, drift_ppb: 1_000, resync: Span::secs(86_400) };
        let mut skew = Skew::new(told, Seed(1), hours(100), &[]);
        skew.set =
            Settings { first: Some(hours(10)), period: Span::secs(3_600), end: hours(11), offline: vec![] };
        skew.steps = vec![(hours(4), -HOUR), (hours(20), HOUR)];
        let drifted = |hours: i64| hours * HOUR / 1_000_000;
        assert_eq!(skew.ahead(hours(3)), 5 + drifted(3));
        assert_eq!(skew.ahead(hours(4)), 5 + drifted(4) - HOUR);
        assert_eq!(skew.ahead(hours(10)), 5);
        assert_eq!(skew.ahead(hours(21)), 5 + drifted(11) + HOUR);
        let never = ClockModel::Told { offset: 0, drift_ppb: 1_000, resync: Span::ZERO };
        assert_eq!(Skew::new(never, Seed(1), hours(100), &[]).ahead(hours(99)), drifted(99));
    }

    #[test]
    fn a_clock_is_set_time_after_time_while_its_device_is_online() {
        let told = ClockModel::Told { offset: 0, drift_ppb: 1_000, resync: Span::secs(3_600) };
        let first = Skew::new(told, Seed(1), hours(100), &[]).set.first.expect("it is set");
        assert!(first <= hours(1), "{first}");
        let after = |hours: u64| first + Span::secs(3_600 * hours);
        let gaps = [(hours(0), first), (after(3), after(6)), (after(8) + Span(1), after(9))];
        let skew = Skew::new(told, Seed(1), hours(100), &gaps);
        assert_eq!(skew.set.offline, [gaps[1]], "no time to set it lies in the others");
        let before = Time(first.0 - 1);
        let last =
            [before, first, after(1), after(3), after(6), after(9), hours(500)].map(|at| skew.set.last(at));
        let at_most_99 = after(98 + u64::from(after(99) < hours(100)));
        let wanted = [first, after(1), after(2), after(6), after(9), at_most_99].map(Some);
        assert_eq!((last[0], &last[1..]), (None, &wanted[..]));
        let never = Skew::new(told, Seed(1), hours(100), &[(Time::ZERO, hours(100))]);
        assert_eq!(never.set.last(hours(99)), None);
    }

    #[test]
    fn a_clock_that_is_set_all_the_time_costs_nothing_and_is_right() {
        let told = ClockModel::Told { offset: 5, drift_ppb: 1_000_000, resync: Span(1) };
        let skew = Skew::new(told, Seed(1), hours(80_000), &[(hours(2), hours(4))]);
        assert_eq!([1, 3, 5, 79_999].map(|h| skew.ahead(hours(h))), [5, 5 + HOUR / 1_000, 5, 5]);
    }

    #[test]
    fn local_time_moves_and_the_wall_clock_does_not() {
        let skew = Skew { zones: vec![(hours(2), HOUR), (hours(5), -HOUR)], ..Skew::default() };
        assert_eq!([1, 2, 4, 5].map(|h| skew.moved(hours(h)) / HOUR), [0, 1, 1, 0]);
        assert_eq!(skew.ahead(hours(3)), 0);
    }

    /// Some sources say that 3.5 % of phones were more than an hour off. In this model, 2.5 % are
    /// one hour off, and most of another 0.5 % are off by more.
    #[test]
    fn phones_are_off_as_measured() {
        let offsets: Vec<i64> =
            (0..40_000).map(|n| phone_offset(&mut Seed(n).stream("clock", 0, 0)).abs()).collect();
        let share = |from: i64, until: i64| {
            offsets.iter().filter(|ns| (from..until).contains(*ns)).count() as f64 / 40_000.0
        };
        assert!((0.86..0.92).contains(&share(0, 700_000)), "{}", share(0, 700_000));
        assert!((0.017..0.024).contains(&share(15_000_000, 15_000_001)));
        assert!((0.022..0.028).contains(&share(HOUR, HOUR + 1)));
        assert!((0.003..0.007).contains(&share(HOUR + 1, i64::MAX)));
    }
}
