//! The volume that a bottleneck transmits over time, and the time for a given volume.

use std::cell::Cell;
use std::sync::Arc;

use super::super::conditions::Direction;
use super::super::options::Profile;
use super::rate::{LogRate, PART};
use super::trace::Trace;
use crate::base::{BitRate, Seed, Span, Time};

/// Bits × 10⁹: a rate in bit/s times nanoseconds.
pub(super) type Volume = u128;

pub(super) const BYTE: Volume = 8_000_000_000;

const SECOND: u64 = 1_000_000_000;

#[derive(Debug)]
pub(super) struct Capacity {
    seed: Seed,
    law: Law,
    /// The rates of the last requested group of seconds. A transfer asks for them many times.
    last: Cell<Option<(u64, [BitRate; PART as usize])>>,
}

#[derive(Debug)]
enum Law {
    Steady(BitRate),
    Varying(BitRate, LogRate),
    Replayed(Arc<Trace>),
}

impl Capacity {
    pub(super) fn new(profile: &Profile, way: Direction, seed: Seed) -> Capacity {
        let law = match (&profile.traces[way as usize], profile.variation) {
            (Some(trace), _) => Law::Replayed(trace.clone()),
            (None, Some(variation)) => Law::Varying(profile.mean_rate(way), LogRate::new(variation)),
            (None, None) => Law::Steady(profile.mean_rate(way)),
        };
        Capacity { seed, law, last: Cell::new(None) }
    }

    pub(super) fn rate(&self, at: Time) -> BitRate {
        match &self.law {
            Law::Steady(rate) => *rate,
            Law::Varying(mean, law) => self.in_second(*mean, law, at.0 / SECOND),
            Law::Replayed(trace) => trace.rate(at),
        }
    }

    /// The time when `volume` has passed if it starts at `from`, or as an error its rest at
    /// `until`.
    pub(super) fn fill(&self, from: Time, until: Time, volume: Volume) -> Result<Time, Volume> {
        match &self.law {
            Law::Steady(rate) => fill_at(*rate, from, until, volume),
            Law::Varying(mean, law) => {
                let (mut at, mut left) = (from, volume);
                loop {
                    let second = at.0 / SECOND;
                    let end = Time((second + 1).saturating_mul(SECOND)).min(until);
                    match fill_at(self.in_second(*mean, law, second), at, end, left) {
                        Ok(filled) => return Ok(filled),
                        Err(rest) if end == until => return Err(rest),
                        Err(rest) => (at, left) = (end, rest),
                    }
                }
            }
            Law::Replayed(trace) => {
                let bytes = volume.div_ceil(BYTE);
                let left = trace.leaves(from, bytes);
                let passed = || trace.passed(until) - trace.passed(from);
                if left <= until { Ok(left) } else { Err((bytes - passed()) * BYTE) }
            }
        }
    }

    pub(super) fn volume(&self, from: Time, until: Time) -> Volume {
        let at = |rate: BitRate, span: Span| Volume::from(rate.0) * Volume::from(span.0);
        match &self.law {
            Law::Steady(rate) => at(*rate, until.since(from)),
            Law::Varying(mean, law) => {
                let (mut volume, mut now) = (0, from);
                while now < until {
                    let second = now.0 / SECOND;
                    let end = Time((second + 1).saturating_mul(SECOND)).min(until);
                    volume += at(self.in_second(*mean, law, second), end.since(now));
                    now = end;
                }
                volume
            }
            Law::Replayed(trace) => trace.passed(until).saturating_sub(trace.passed(from)) * BYTE,
        }
    }

    fn in_second(&self, mean: BitRate, law: &LogRate, second: u64) -> BitRate {
        let (part, within) = (second / PART, (second % PART) as usize);
        if let Some((_, rates)) = self.last.get().filter(|(known, _)| *known == part) {
            return rates[within];
        }
        let rate = |factor: f64| BitRate(((mean.0 as f64 * factor + 0.5) as u64).max(1));
        let rates = law.factors(self.seed, part).map(rate);
        self.last.set(Some((part, rates)));
        rates[within]
    }
}

fn fill_at(rate: BitRate, from: Time, until: Time, volume: Volume) -> Result<Time, Volume> {
    let passes = u128::from(rate.0) * u128::from(until.since(from).0);
    if volume > passes {
        return Err(volume - passes);
    }
    // The volume passes by `until`. A 128-bit division would cost as much as the rest of the
    // function.
    Ok(from
        + match u64::try_from(volume) {
            Ok(volume) => Span(volume.div_ceil(rate.0)),
            Err(_) => Span(volume.div_ceil(u128::from(rate.0)) as u64),
        })
}

impl Profile {
    /// Mean rate in one direction. With a trace: the trace's mean.
    pub fn mean_rate(&self, way: Direction) -> BitRate {
        match (&self.traces[way as usize], way) {
            (Some(trace), _) => trace.mean(),
            (None, Direction::Up) => self.up,
            (None, Direction::Down) => self.down,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::options::Variation;
    use super::*;
    use proptest::prelude::*;

    fn profile() -> Profile {
        Profile::steady("x", Span::ZERO, BitRate(8_000_000), BitRate(1_000_000))
    }

    fn kinds() -> [Profile; 3] {
        let varied = Profile { variation: Some(Variation { sigma_milli: 900, phi_milli: 850 }), ..profile() };
        let lines: String = (1..=500).map(|n| format!("{}\n", n * n / 700)).collect();
        let trace = Arc::new(Trace::read(lines.as_bytes()).unwrap());
        [profile(), varied, Profile { traces: [Some(trace.clone()), Some(trace)], ..profile() }]
    }

    proptest! {
        /// The parts take as long as the whole, except for times rounded up to a nanosecond.
        #[test]
        fn parts_of_a_volume_pass_as_the_whole(
            kind in 0_usize..3,
            from in 0_u64..20 * SECOND,
            first in 1_u128..4_000_000,
            second in 1_u128..4_000_000,
        ) {
            let capacity = Capacity::new(&kinds()[kind], Direction::Down, Seed(4));
            let (first, second) = (first * BYTE, second * BYTE);
            let from = Time(from);
            let whole = capacity.fill(from, Time::FAR, first + second).unwrap();
            let middle = capacity.fill(from, Time::FAR, first).unwrap();
            let parts = capacity.fill(middle, Time::FAR, second).unwrap();
            prop_assert!(whole <= parts && parts - whole <= Span::micros(1), "{whole:?} {parts:?}");
            let passed = capacity.volume(from, whole);
            prop_assert!(passed.abs_diff(first + second) <= 2 * BYTE, "{passed} of {}", first + second);
            let cut = Time(from.0 + (whole.0 - from.0) / 2);
            let left = capacity.fill(from, cut, first + second).unwrap_err();
            let resumed = capacity.fill(cut, Time::FAR, left).unwrap();
            prop_assert!(resumed >= whole && resumed - whole <= Span::micros(1), "{whole:?} {resumed:?}");
        }
    }
}
