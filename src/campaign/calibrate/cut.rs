//! Slow answers that an app's timeout ends: of those that come through the longer ones are missing,
//! the more so the more rows there are.
//!
//! What share of the line an answer takes is taken to be drawn alike whatever its rows, as noise is
//! (`line`). Each answer shows such a share if it ends before the timeout, so that small ones show
//! the long shares that large ones lack: of samples that are seen up to a bound of their own the
//! product-limit estimate tells how they are drawn (Lynden-Bell 1971; Woodroofe 1985). Answers then
//! count as long as they would be on average if nothing ended them, and the line through these is
//! drawn again until it stays.

use super::line::{Line, Sample, student};

/// Fewer answers that could have been as long tell nothing of how many are (estimate).
const AT_RISK_MIN: usize = 5;
/// Rounds after which a line is taken as it is (estimate).
const ROUNDS_MAX: usize = 60;
/// A line has settled that moves less than this share at every answer.
const SETTLED: f64 = 1e-4;
/// Parts of the answers that are left out in turn to see by how much the line is luck (the
/// jackknife: Tukey 1958).
const PARTS: usize = 16;
/// Where more than this share of the answers takes this share of the most that any could have
/// shown, those that none shows are many, too (estimates).
const NEAR: (f64, f64) = (0.01, 0.8);
/// A line is no lower than this share of the timeout.
const FLOOR: f64 = 1e-3;

/// By how many times more each coefficient is luck than a line through made-up durations says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Luck {
    pub(super) of_rows: [f64; 2],
    /// Of a line through rows and bytes, where durations were made up by one.
    pub(super) of_both: Option<[f64; 3]>,
    /// Whether even the answers of small pages come near the timeout, so that none shows how long
    /// the longest take.
    pub(super) in_part: bool,
}

/// Has answers take the time that they would on average if none was ended `after` so many seconds.
/// `None`, and nothing changed, where no line tells it.
pub(super) fn make_up(
    after: f64,
    rows: &mut [Sample<2>],
    both: &mut [Sample<3>],
    has_bytes: bool,
) -> Option<Luck> {
    let (times, of_rows, in_part) = uncut(after, rows)?;
    // Rows that are not equally wide lie on no line by rows.
    let by_both = has_bytes.then(|| uncut(after, both)).flatten();
    let (times, of_both, in_part) =
        by_both.map_or((times, None, in_part), |(times, of_both, in_part)| (times, Some(of_both), in_part));
    rows.iter_mut().zip(&times).for_each(|(sample, times)| sample.y *= times);
    both.iter_mut().zip(&times).for_each(|(sample, times)| sample.y *= times);
    Some(Luck { of_rows, of_both, in_part })
}

/// How many times as long samples would take on average if none was ended `after` so many seconds,
/// by how many deviations of the line through these each of its coefficients is luck, and whether
/// the longest are many that no sample shows.
fn uncut<const K: usize>(after: f64, samples: &[Sample<K>]) -> Option<(Vec<f64>, [f64; K], bool)> {
    let (line, times) = settled(after, samples, Line::through(samples)?)?;
    let least = samples.iter().map(|sample| at(&line, sample, after)).reduce(f64::min)?;
    let in_part = Shares::about(&line, samples, after)?.beyond(NEAR.1 * after / least) > NEAR.0;
    let without = |part: usize| {
        let others = samples.iter().enumerate().filter(|(n, _)| n % PARTS != part);
        Some(settled(after, &others.map(|(_, sample)| *sample).collect::<Vec<_>>(), line)?.0)
    };
    let parts: Vec<Line<K>> = (0..PARTS).map(without).collect::<Option<_>>()?;
    let n = PARTS as f64;
    let luck = std::array::from_fn(|i| {
        let mean = parts.iter().map(|part| part.coefficients[i]).sum::<f64>() / n;
        let off = |part: &Line<K>| (part.coefficients[i] - mean) * (part.coefficients[i] - mean);
        let error = libm::sqrt(parts.iter().map(off).sum::<f64>() * (n - 1.0) / n) * student(n - 1.0);
        let known = libm::sqrt(line.covariance[i][i]) * student(line.freedom());
        if known > 0.0 { (error / known).max(1.0) } else { 1.0 }
    });
    Some((times, luck, in_part))
}

/// The line that stays where it is, from `line` on, and how many times as long as it is each sample
/// then counts.
fn settled<const K: usize>(
    after: f64,
    samples: &[Sample<K>],
    mut line: Line<K>,
) -> Option<(Line<K>, Vec<f64>)> {
    let mut longer = samples.to_vec();
    for _ in 0..ROUNDS_MAX {
        let shares = Shares::about(&line, samples, after)?;
        let at = |line: &Line<K>, sample: &Sample<K>| at(line, sample, after);
        for (long, sample) in longer.iter_mut().zip(samples) {
            let bound = after.max(sample.y) / at(&line, sample);
            long.y = sample.y * shares.mean() / shares.mean_until(bound);
        }
        let next = Line::through(&longer)?;
        let moved = |sample: &Sample<K>| (at(&next, sample) / at(&line, sample) - 1.0).abs();
        let still = samples.iter().all(|sample| moved(sample) < SETTLED);
        line = next;
        if still {
            break;
        }
    }
    Some((line, longer.iter().zip(samples).map(|(long, sample)| long.y / sample.y).collect()))
}

/// What the line says of a sample.
fn at<const K: usize>(line: &Line<K>, sample: &Sample<K>, after: f64) -> f64 {
    line.at(&sample.x).max(FLOOR * after)
}

/// What an answer takes of what the line says, and what it would have taken at most to be seen.
#[derive(Clone, Copy)]
struct Share {
    is: f64,
    bound: f64,
    weight: f64,
}

/// How shares are drawn, up to the largest that enough could have shown.
struct Shares {
    /// In order, each with the weight and the mean of all up to it.
    until: Vec<(f64, f64, f64)>,
}

impl Shares {
    /// Those of samples about a line, of which none is seen that takes longer than `after`.
    fn about<const K: usize>(line: &Line<K>, samples: &[Sample<K>], after: f64) -> Option<Shares> {
        Shares::of(samples.iter().map(|sample| {
            let at = at(line, sample, after);
            Share { is: sample.y / at, bound: after.max(sample.y) / at, weight: sample.weight }
        }))
    }

    fn of(shares: impl Iterator<Item = Share>) -> Option<Shares> {
        let mut by_share: Vec<Share> = shares.collect();
        let mut by_bound = by_share.clone();
        by_share.sort_by(|a, b| a.is.total_cmp(&b.is));
        by_bound.sort_by(|a, b| a.bound.total_cmp(&b.bound));
        // Those that are no longer, and could have been as long: how many, and what they weigh.
        let mut out = by_bound.iter().peekable();
        let (mut count, mut weight) = (0_usize, 0.0);
        let at_risk = by_share.iter().map(|share| {
            while let Some(gone) = out.next_if(|gone| gone.bound < share.is) {
                count -= 1;
                weight -= gone.weight;
            }
            count += 1;
            weight += share.weight;
            (count, weight)
        });
        let at_risk: Vec<(usize, f64)> = at_risk.collect();
        let top = at_risk.iter().rposition(|(count, _)| *count >= AT_RISK_MIN)?;
        // From the top down: what is left of the weight of all, and what each share takes of it.
        let mut left = 1.0;
        let mut drawn = vec![0.0; top + 1];
        for n in (0..=top).rev() {
            let (count, weight) = at_risk[n];
            drawn[n] = if count == 1 { left } else { left * (by_share[n].weight / weight).min(1.0) };
            left -= drawn[n];
        }
        let (mut weight, mut sum) = (0.0, 0.0);
        let until = by_share.iter().zip(drawn).map(|(share, drawn)| {
            weight += drawn;
            sum += drawn * share.is;
            (share.is, weight, sum)
        });
        let until = until.skip_while(|(_, weight, _)| *weight <= 0.0);
        let until: Vec<_> = until.map(|(share, weight, sum)| (share, weight, sum / weight)).collect();
        (!until.is_empty()).then_some(Shares { until })
    }

    fn mean(&self) -> f64 {
        self.until.last().expect("there is one").2
    }

    /// How many of them are larger, as a share of all.
    fn beyond(&self, bound: f64) -> f64 {
        let n = self.until.partition_point(|(share, ..)| *share <= bound);
        let all = self.until.last().expect("there is one").1;
        1.0 - n.checked_sub(1).map_or(0.0, |n| self.until[n].1) / all
    }

    /// The mean of those up to `bound`.
    fn mean_until(&self, bound: f64) -> f64 {
        let n = self.until.partition_point(|(share, ..)| *share <= bound);
        self.until[n.saturating_sub(1)].2
    }
}
