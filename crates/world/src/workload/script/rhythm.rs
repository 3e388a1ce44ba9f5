//! Spreads the writes over the day.

use std::collections::BTreeSet;

use crate::base::{Span, Time};
use crate::workload::{LoginWave, Peak};

/// The density of writes over the working time.
#[derive(Clone, Debug)]
pub(super) struct Rhythm {
    /// For each interval of constant density: its end, and the share of all writes before its end.
    ends: Vec<(Time, f64)>,
}

type Load = (Time, Time, f64);
/// A wave of logins: its share, the parts of peaks still ahead, and the part of other time still
/// ahead. Then two running sums.
type Wave<'w> = (&'w (f64, Vec<f64>, f64), (&'w f64, &'w Vec<f64>));

/// Rounds of fitting in [`Rhythm::of_people`]. The hospital scenario needs 5 rounds to be within
/// 0.1 %.
const FITTING_ROUNDS: u32 = 20;

impl Rhythm {
    pub(super) fn new(hours: (Time, Time), peaks: &[Peak]) -> Rhythm {
        Rhythm::with_loads(hours, &loads(hours, peaks))
    }

    /// The rhythm of people with these logins. In early peaks, some people have not logged in yet.
    /// So the people who have logged in write more there, and all people together reach the peaks'
    /// shares.
    pub(super) fn of_people(hours: (Time, Time), peaks: &[Peak], logins: &[LoginWave]) -> Rhythm {
        let wanted = loads(hours, peaks);
        let left = left_over(&wanted);
        let overlap = |from: Time, until: Time, since: Time| until.since(from.max(since)).0 as f64;
        let outside: Vec<(Time, Time)> = outside(hours, &wanted);
        let all: f64 = outside.iter().map(|(f, u)| (*u - *f).0 as f64).sum();
        // For each wave: the part of each peak that is still ahead at its login, and the part of
        // the time outside peaks.
        let ahead: Vec<(f64, Vec<f64>, f64)> = logins
            .iter()
            .map(|wave| {
                let parts = wanted.iter().map(|(f, u, _)| overlap(*f, *u, wave.at) / (*u - *f).0 as f64);
                let rest: f64 = outside.iter().map(|(f, u)| overlap(*f, *u, wave.at)).sum();
                (wave.share.share(), parts.collect(), if all > 0.0 { rest / all } else { 0.0 })
            })
            .collect();
        let people: f64 = ahead.iter().map(|(share, ..)| share).sum();
        let mut weights: Vec<f64> = wanted.iter().map(|load| load.2).collect();
        for _ in 0..FITTING_ROUNDS {
            // For each wave, two sums over its peaks: the peaks already fitted in this round, and
            // the peaks from each index on.
            let mut fitted = vec![0.0; ahead.len()];
            let ahead_of = ahead.iter().map(|(_, parts, _)| suffix_sums(parts, &weights));
            let unfitted: Vec<Vec<f64>> = ahead_of.collect();
            for (k, load) in wanted.iter().enumerate() {
                let waves = ahead.iter().zip(fitted.iter().zip(&unfitted));
                let of_wave = |((share, parts, rest), (fitted, unfitted)): Wave<'_>| {
                    let all = fitted + unfitted[k] + rest * left;
                    if all > 0.0 { share * parts[k] * weights[k] / all } else { 0.0 }
                };
                let got: f64 = waves.map(of_wave).sum();
                if got > 0.0 {
                    weights[k] *= load.2 * people / got;
                }
                ahead.iter().zip(&mut fitted).for_each(|((_, parts, _), sum)| *sum += parts[k] * weights[k]);
            }
        }
        let sum = weights.iter().sum::<f64>() + left;
        let fitted: Vec<Load> = wanted.iter().zip(weights).map(|(l, w)| (l.0, l.1, w / sum)).collect();
        Rhythm::with_loads(hours, &fitted)
    }

    fn with_loads(hours: (Time, Time), peaks: &[Load]) -> Rhythm {
        let free: Span = outside(hours, peaks).iter().map(|(from, until)| *until - *from).sum();
        let left = left_over(peaks);
        let mut ends = vec![(hours.0, 0.0)];
        let mut sum = 0.0;
        for_each_stretch(hours, peaks, |from, until, covering| {
            let length = (until - from).0 as f64;
            if covering.is_empty() {
                sum += left * length / free.0 as f64;
            }
            for (from, until, share) in covering.iter().map(|at| peaks[*at]) {
                sum += share * length / (until - from).0 as f64;
            }
            ends.push((until, sum));
        });
        Rhythm { ends }
    }

    /// The time at which `part` (0 to 1) of the writes between `from` and `until` are done.
    pub(super) fn at(&self, part: f64, from: Time, until: Time) -> Time {
        let (low, high) = (self.share_until(from), self.share_until(until));
        if high <= low {
            return from + (until.since(from)).scaled((part * 1e9) as u64, 1_000_000_000);
        }
        let wanted = low + part * (high - low);
        let end = self.ends.partition_point(|(_, share)| *share <= wanted).clamp(1, self.ends.len() - 1);
        let ((start, before), (stop, after)) = (self.ends[end - 1], self.ends[end]);
        let inside = if after > before { (wanted - before) / (after - before) } else { 0.0 };
        let at = start + Span((inside * (stop - start).0 as f64) as u64);
        at.clamp(from, until)
    }

    fn share_until(&self, t: Time) -> f64 {
        let end = self.ends.partition_point(|(end, _)| *end <= t);
        match end {
            0 => 0.0,
            n if n == self.ends.len() => self.ends[n - 1].1,
            n => {
                let ((start, before), (stop, after)) = (self.ends[n - 1], self.ends[n]);
                before + (after - before) * (t - start).0 as f64 / (stop - start).0 as f64
            }
        }
    }
}

fn loads(hours: (Time, Time), peaks: &[Peak]) -> Vec<Load> {
    let clip = |t: Time| t.clamp(hours.0, hours.1);
    let clipped = peaks.iter().map(|p| (clip(p.from), clip(p.until), p.share.share()));
    clipped.filter(|(from, until, _)| from < until).collect()
}

fn left_over(peaks: &[Load]) -> f64 {
    (1.0 - peaks.iter().map(|p| p.2).sum::<f64>()).max(0.0)
}

fn cuts(hours: (Time, Time), peaks: &[Load]) -> Vec<Time> {
    let mut cuts = vec![hours.0, hours.1];
    cuts.extend(peaks.iter().flat_map(|(from, until, _)| [*from, *until]));
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

fn outside(hours: (Time, Time), peaks: &[Load]) -> Vec<(Time, Time)> {
    let mut outside = Vec::new();
    for_each_stretch(hours, peaks, |from, until, covering| {
        outside.extend(covering.is_empty().then_some((from, until)));
    });
    outside
}

/// Calls `each` for each interval between ends of peaks, with the indices of the peaks that include
/// it.
fn for_each_stretch(hours: (Time, Time), peaks: &[Load], mut each: impl FnMut(Time, Time, &BTreeSet<usize>)) {
    let ends = |(at, (from, until, _)): (usize, &Load)| [(*from, at, true), (*until, at, false)];
    let mut ends: Vec<(Time, usize, bool)> = peaks.iter().enumerate().flat_map(ends).collect();
    ends.sort_unstable();
    let mut ends = ends.into_iter().peekable();
    let mut covering = BTreeSet::new();
    for stretch in cuts(hours, peaks).windows(2) {
        while let Some((_, at, begins)) = ends.next_if(|(time, ..)| *time <= stretch[0]) {
            let _ = if begins { covering.insert(at) } else { covering.remove(&at) };
        }
        each(stretch[0], stretch[1], &covering);
    }
}

/// For each index, the weighted sum of the parts from this index to the end.
fn suffix_sums(parts: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut sums: Vec<f64> = parts.iter().zip(weights).map(|(part, weight)| part * weight).collect();
    for at in (1..sums.len()).rev() {
        sums[at - 1] += sums[at];
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Ppm;
    use crate::workload::fixture::hour;

    fn peak(from: u64, until: u64, share: u32) -> Peak {
        Peak { from: hour(from, 0), until: hour(until, 0), share: Ppm(share) }
    }
    fn share_between(rhythm: &Rhythm, whole: (u64, u64), part: (u64, u64)) -> f64 {
        let hits = (0..10_000)
            .map(|i| rhythm.at((f64::from(i) + 0.5) / 10_000.0, hour(whole.0, 0), hour(whole.1, 0)))
            .filter(|t| (hour(part.0, 0)..hour(part.1, 0)).contains(t));
        hits.count() as f64 / 10_000.0
    }

    #[test]
    fn a_peak_holds_its_share_and_the_rest_is_even() {
        let rhythm = Rhythm::new((hour(7, 0), hour(17, 0)), &[peak(8, 10, 350_000), peak(13, 14, 120_000)]);
        for (from, until, share) in
            [(8, 10, 0.35), (8, 9, 0.175), (13, 14, 0.12), (7, 8, 0.53 / 7.0), (10, 13, 0.53 * 3.0 / 7.0)]
        {
            let got = share_between(&rhythm, (7, 17), (from, until));
            assert!((got - share).abs() < 0.001, "{got} of the writes in {from}–{until}, not {share}");
        }
    }

    #[test]
    fn who_comes_late_follows_the_same_rhythm_in_the_time_left() {
        let rhythm = Rhythm::new((hour(7, 0), hour(17, 0)), &[peak(8, 10, 500_000)]);
        let got = share_between(&rhythm, (9, 17), (9, 10));
        let expected = 0.25 / (0.25 + 0.5 * 7.0 / 8.0);
        assert!((got - expected).abs() < 0.001, "{got}");
        assert_eq!(rhythm.at(0.5, hour(20, 0), hour(20, 0)), hour(20, 0));
    }

    #[test]
    fn peaks_that_hold_everything_leave_nothing_elsewhere() {
        let rhythm = Rhythm::new((hour(7, 0), hour(17, 0)), &[peak(8, 9, 1_000_000)]);
        assert_eq!(share_between(&rhythm, (7, 17), (8, 9)), 1.0);
        assert_eq!(rhythm.at(0.5, hour(10, 0), hour(12, 0)), hour(11, 0), "no share left: even");
    }

    #[test]
    fn each_of_many_peaks_is_looked_at_once() {
        let minute = |at: u64| hour(7, 0) + Span::secs(60 * at);
        let peaks: Vec<Load> = (0..500).map(|at| (minute(at), minute(at + 1), 0.001)).collect();
        let (mut stretches, mut looks) = (0, 0);
        for_each_stretch((hour(7, 0), hour(17, 0)), &peaks, |_, _, covering| {
            stretches += 1;
            looks += covering.len();
        });
        assert_eq!((stretches, looks), (501, 500));
    }

    #[test]
    fn many_peaks_meet_their_shares_though_people_come_late() {
        let peaks =
            [peak(8, 10, 300_000), peak(9, 11, 200_000), peak(12, 13, 100_000), peak(15, 16, 100_000)];
        let wave = |at, share| LoginWave { at, spread: Span::ZERO, share: Ppm(share) };
        let logins = [wave(hour(7, 0), 600_000), wave(hour(9, 30), 400_000)];
        let hours = (hour(7, 0), hour(17, 0));
        let rhythm = Rhythm::of_people(hours, &peaks, &logins);
        // The share of writes in a range. The writes of each wave are in the time after its login.
        let within = |from: u64, until: u64| -> f64 {
            let of = |wave: &LoginWave| {
                let times = (0..10_000).map(|i| rhythm.at((f64::from(i) + 0.5) / 1e4, wave.at, hours.1));
                times.filter(|t| (hour(from, 0)..hour(until, 0)).contains(t)).count() as f64 / 1e4
            };
            logins.iter().map(|wave| of(wave) * wave.share.share()).sum()
        };
        // The first two peaks overlap, so they are checked together.
        for (from, until, share) in [(8, 11, 0.5), (12, 13, 0.1), (15, 16, 0.1)] {
            let got = within(from, until);
            assert!((got - share).abs() < 0.005, "{got} of the writes in {from}–{until}, not {share}");
        }
    }
}
