//! Fits response durations: overhead + rows × time per row, times log-normal noise with mean 1.
//!
//! The mean is fitted by iterated weighted least squares. The weight is 1/line², as noise is a
//! share of the duration (line: the fitted duration). A transfer of t seconds succeeds with
//! probability e^{−λt}, so each response also counts e^{λt} times (Horvitz and Thompson 1952).

/// A response that counts. Durations are in seconds.
pub(super) struct Response {
    pub(super) rows: f64,
    pub(super) took: f64,
    /// The device or block of time of the response; the bootstrap draws whole units.
    pub(super) unit: usize,
}

/// Seconds per request, seconds per row, and the standard deviation of a duration as a share of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Costs {
    pub(super) overhead: f64,
    pub(super) row: f64,
    pub(super) noise: f64,
}

impl Costs {
    fn line(&self, rows: f64) -> f64 {
        self.overhead + self.row * rows
    }
}

/// Sums over the responses of a unit: weight w, w·rows, w·rows², w·duration, w·rows·duration; the
/// first three moments of duration / line; the number of responses.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums([f64; 9]);

impl Sums {
    fn add(&mut self, other: &[f64; 9]) {
        self.0.iter_mut().zip(other).for_each(|(sum, x)| *sum += x);
    }
    pub(super) fn total<'a>(all: impl IntoIterator<Item = &'a Sums>) -> Sums {
        let mut total = Sums::default();
        all.into_iter().for_each(|sums| total.add(&sums.0));
        total
    }
    pub(super) fn responses(&self) -> f64 {
        self.0[8]
    }

    /// The fitted costs, which are never negative; `overhead` is fixed if it is known. `None` if
    /// the responses have too few different sizes.
    pub(super) fn costs(&self, overhead: Option<f64>) -> Option<Costs> {
        let [w, wn, wnn, wt, wnt, all, share, square, _] = self.0;
        let square_sizes = w * wnn - wn * wn;
        let free = overhead.is_none();
        if wnn <= 0.0 || free && square_sizes <= 1e-9 * w * wnn {
            return None;
        }
        let overhead = overhead.unwrap_or((wnn * wt - wn * wnt) / square_sizes).max(0.0);
        let row = (wnt - overhead * wn) / wnn;
        let overhead = if free && row < 0.0 { wt / w } else { overhead };
        let mean = share / all;
        let noise = libm::sqrt((square / all - mean * mean).max(0.0)) / mean;
        Some(Costs { overhead, row: row.max(0.0), noise })
    }
}

/// A response is left out if its log ratio to the line is larger than this many scales.
const TRIM: f64 = 6.0;
/// The smallest scale: durations are rounded, so it cannot be 0.
const SCALE_MIN: f64 = 0.01;
/// Standard deviations between the 10 % and the 90 % quantile of a normal distribution.
const MIDDLE: f64 = 2.563;
/// The largest weight is e to this power: more would rely on a few responses.
const COUNT_MAX: f64 = 2.0;
const ROUNDS: usize = 100;
const STEADY: f64 = 1e-7;

pub(super) struct Fit {
    pub(super) costs: Costs,
    /// The sums of each unit.
    pub(super) sums: Vec<Sums>,
    pub(super) trimmed: usize,
}

impl Fit {
    /// Fits the line through responses. `rate` is failures per second, `overhead` is fixed if
    /// known. `None` if the responses have too few different sizes.
    pub(super) fn of(responses: &[Response], overhead: Option<f64>, rate: f64) -> Option<Fit> {
        let sum = |of: fn(&Response) -> f64| responses.iter().map(of).sum::<f64>();
        let half = sum(|r| r.took) / 2.0 / responses.len().max(1) as f64;
        let row = sum(|r| r.took) / 2.0 / sum(|r| r.rows).max(1e-9);
        let mut last = Costs { overhead: half, row, noise: 0.0 };
        for _ in 1..ROUNDS {
            let next = step(responses, &last, overhead, rate)?.costs;
            let moved = |a: f64, b: f64| (a - b).abs() > STEADY * (a + b);
            let steady = !moved(next.overhead, last.overhead) && !moved(next.row, last.row);
            last = next;
            if steady {
                break;
            }
        }
        step(responses, &last, overhead, rate)
    }
}

/// One round of the iteration: the last line gives the weights and the trimming.
fn step(responses: &[Response], last: &Costs, overhead: Option<f64>, rate: f64) -> Option<Fit> {
    let units = 1 + responses.iter().map(|r| r.unit).max()?;
    let floor = 1e-3 * responses.iter().map(|r| r.took).sum::<f64>() / responses.len() as f64;
    let line = |r: &Response| last.line(r.rows).max(floor);
    let off = |r: &Response| libm::log(r.took.max(floor) / line(r));
    let (middle, scale) = scale(responses.iter().map(off).collect())?;
    let (mut sums, mut trimmed) = (vec![Sums::default(); units], 0);
    for r in responses {
        if (off(r) - middle).abs() > TRIM * scale {
            trimmed += 1;
            continue;
        }
        let count = libm::exp((rate * r.took).min(COUNT_MAX));
        let (share, weight) = (r.took / line(r), count / (line(r) * line(r)));
        let [wn, wt] = [weight * r.rows, weight * r.took];
        let moments = [count, count * share, count * share * share];
        let [all, mean, square] = moments;
        sums[r.unit].add(&[weight, wn, wn * r.rows, wt, wt * r.rows, all, mean, square, 1.0]);
    }
    let costs = Sums::total(&sums).costs(overhead)?;
    Some(Fit { costs, sums, trimmed })
}

/// The median and the scale of logarithms, from the middle 80 % of them.
fn scale(mut offs: Vec<f64>) -> Option<(f64, f64)> {
    let last = offs.len().checked_sub(1)? as f64;
    let [low, middle, high] = [0.1, 0.5, 0.9]
        .map(|share: f64| *offs.select_nth_unstable_by((share * last).round() as usize, f64::total_cmp).1);
    Some((middle, ((high - low) / MIDDLE).max(SCALE_MIN)))
}
