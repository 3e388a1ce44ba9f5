//! The duration of a response: overhead + rows × time per row (+ bytes × time per byte), times
//! log-normal noise with mean 1.
//!
//! Iterated weighted least squares for the mean. A transfer of t seconds succeeds with probability
//! e^{−λt}, so it has weight e^{λt} (Horvitz and Thompson 1952). A response cut off by a timeout
//! takes longer than that: in each round it has the mean duration of responses that do (EM
//! algorithm; Dempster, Laird and Rubin 1977).

use statrs::distribution::{ContinuousCDF, Normal};

pub(super) struct Response {
    /// 1, rows, bytes; for a timed-out response only if the log has them.
    pub(super) x: Option<[f64; PARTS]>,
    pub(super) took: f64,
    /// The response would have taken longer than `took`.
    pub(super) timed_out: bool,
    pub(super) unit: usize,
    pub(super) at: usize,
}

/// The parts of the cost: request, row, byte.
pub(super) const PARTS: usize = 3;
pub(super) const BYTE: usize = 2;

pub(super) type Line = [f64; PARTS];
pub(super) type Parts = [bool; PARTS];
/// The parts of the cost, and the noise.
pub(super) type Costs = [f64; PARTS + 1];

pub(super) fn says(line: &[f64], x: &[f64; PARTS]) -> f64 {
    line.iter().zip(x).map(|(part, x)| part * x).sum()
}

/// Sums over responses: weighted products of x and of x and the duration; three moments of the
/// ratio duration / line; rows, bytes, count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sums {
    products: [[f64; PARTS + 1]; PARTS],
    others: [f64; 6],
}

/// The first two moments of a duration.
#[derive(Clone, Copy)]
struct Takes {
    mean: f64,
    square: f64,
}

impl Takes {
    fn exactly(took: f64) -> Takes {
        Takes { mean: took, square: took * took }
    }
}

impl Sums {
    fn of(x: &[f64; PARTS], takes: Takes, fitted: f64, count: f64) -> Sums {
        let weight = count / (fitted * fitted);
        let [one, rows, bytes] = *x;
        let products = x.map(|x| [one, rows, bytes, takes.mean].map(|y| weight * x * y));
        let shares = [count, count * takes.mean / fitted, weight * takes.square];
        let [all, mean, square] = shares;
        Sums { products, others: [all, mean, square, rows, bytes, 1.0] }
    }
    fn add(&mut self, other: &Sums, times: f64) {
        let products = self.products.as_flattened_mut().iter_mut().zip(other.products.as_flattened());
        let all = products.chain(self.others.iter_mut().zip(&other.others));
        all.for_each(|(sum, x)| *sum += times * x);
    }
    pub(super) fn total<'a>(all: impl IntoIterator<Item = &'a Sums>) -> Sums {
        let mut total = Sums::default();
        all.into_iter().for_each(|sums| total.add(sums, 1.0));
        total
    }

    /// The costs of these `parts`, with the `overhead` if it is known; `None` if the sizes do not
    /// determine them.
    pub(super) fn costs(&self, parts: Parts, overhead: Option<f64>) -> Option<Costs> {
        let known = overhead.unwrap_or_default();
        let free = |i: usize| parts[i] && (i > 0 || overhead.is_none());
        let product = |i, j| if free(i) && free(j) { self.products[i][j] } else { unit(i, j) };
        let system: [[f64; PARTS]; PARTS] = std::array::from_fn(|i| std::array::from_fn(|j| product(i, j)));
        let right: Line = std::array::from_fn(|i| {
            if free(i) { self.products[i][PARTS] - known * self.products[i][0] } else { 0.0 }
        });
        let mut line = solve(system, right)?;
        line[0] += known;
        let [one, row, byte] = line;
        Some([one, row, byte, self.noise()])
    }

    fn noise(&self) -> f64 {
        let [all, sum, squares, ..] = self.others;
        let mean = sum / all;
        libm::sqrt((squares / all - mean * mean).max(0.0)) / mean
    }
    pub(super) fn width(&self) -> f64 {
        self.others[4] / self.others[3]
    }
    pub(super) fn responses(&self) -> f64 {
        self.others[5]
    }
}

/// An element of the unit matrix.
fn unit(i: usize, j: usize) -> f64 {
    f64::from(u8::from(i == j))
}

/// Solves a linear system; `None` if it is singular.
fn solve<const N: usize>(mut system: [[f64; N]; N], mut right: [f64; N]) -> Option<[f64; N]> {
    let sizes: [f64; N] = std::array::from_fn(|k| system[k][k]);
    for k in 0..N {
        let (pivot, value) = (system[k], right[k]);
        if pivot[k].abs() <= 1e-9 * sizes[k].abs() {
            return None;
        }
        for i in k + 1..N {
            let times = system[i][k] / pivot[k];
            system[i].iter_mut().zip(pivot).for_each(|(x, p)| *x -= times * p);
            right[i] -= times * value;
        }
    }
    for k in (0..N).rev() {
        let known: f64 = (k + 1..N).map(|j| system[k][j] * right[j]).sum();
        right[k] = (right[k] - known) / system[k][k];
    }
    Some(right)
}

pub(super) struct Fit {
    pub(super) costs: Costs,
    pub(super) parts: Parts,
    pub(super) overhead: Option<f64>,
    pub(super) sums: Vec<Sums>,
    /// The weight of each response, as longer ones fail more often; 0 if it was trimmed.
    pub(super) counts: Vec<f64>,
    pub(super) trimmed: usize,
    /// How the error of a step depends on the costs that it starts from.
    follows: [Costs; PARTS + 1],
}

/// Responses farther from the line than this many scales of the logarithm are trimmed.
const TRIM: f64 = 6.0;
/// The least scale, since durations are rounded.
const SCALE_MIN: f64 = 0.01;
/// Standard deviations between the 10 % and the 90 % quantile of a normal distribution.
const MIDDLE: f64 = 2.563;
/// The largest weight is e²: more would rely on a few responses.
const COUNT_MAX: f64 = 2.0;
const ROUNDS: usize = 100;
const STEADY: f64 = 1e-7;
/// The noise assumed in the first round.
const NOISE: f64 = 0.3;
const NUDGE: f64 = 1e-3;

/// The responses, and what is to be estimated.
pub(super) struct Problem<'a> {
    pub(super) responses: &'a [Response],
    pub(super) parts: Parts,
    /// If it is known.
    pub(super) overhead: Option<f64>,
    /// Failures per second.
    pub(super) rate: f64,
}

impl Problem<'_> {
    /// The line through responses; `None` if their sizes do not determine its parts. A part with a
    /// negative cost is left out.
    pub(super) fn fit(&self) -> Option<Fit> {
        let answered = self.responses.iter().filter(|r| !r.timed_out);
        let n = answered.clone().count().max(1) as f64;
        let half = answered.clone().map(|r| r.took).sum::<f64>() / n / 2.0;
        let rows = answered.filter_map(|r| r.x).map(|x| x[1]).sum::<f64>() / n;
        let mut found = self.step(&[half, half / rows.max(1e-9), 0.0, NOISE])?;
        for round in 1..=ROUNDS {
            let next = self.step(&found.costs)?;
            let last = std::mem::replace(&mut found, next);
            let moved = |(a, b): (f64, f64)| (a - b).abs() > STEADY * (a.abs() + b.abs());
            if round > 2 && !last.costs.into_iter().zip(found.costs).any(moved) {
                break;
            }
        }
        if self.responses.iter().any(|r| r.timed_out) {
            found.follows = self.follows(&found.costs)?;
        }
        Some(found)
    }

    /// One round: weights, trimming and timed-out durations follow from the last costs.
    fn step(&self, last: &Costs) -> Option<Fit> {
        let units = 1 + self.responses.iter().map(|r| r.unit).max()?;
        let answered = || self.responses.iter().filter(|r| !r.timed_out);
        let floor = 1e-3 * answered().map(|r| r.took).sum::<f64>() / answered().count().max(1) as f64;
        let fitted = |x: &[f64; PARTS]| says(last, x).max(floor);
        let off = |r: &Response, x: &[f64; PARTS]| libm::log(r.took.max(floor) / fitted(x));
        let offs = answered().filter_map(|r| Some(off(r, r.x.as_ref()?)));
        let (middle, scale) = scale(offs.collect())?;
        let noise = Noise::of(last[PARTS]);
        let (mut sums, mut counts) = (vec![Sums::default(); units], vec![0.0; self.responses.len()]);
        let mut trimmed = 0;
        let often = |r: &Response| libm::exp((self.rate * r.took).min(COUNT_MAX));
        for (r, counts) in self.responses.iter().zip(&mut counts) {
            let Some(x) = r.x else { continue };
            if !r.timed_out && (off(r, &x) - middle).abs() > TRIM * scale {
                trimmed += 1;
                continue;
            }
            *counts = often(r);
            let fitted = fitted(&x);
            let takes = if r.timed_out { noise.beyond(fitted, r.took) } else { Takes::exactly(r.took) };
            sums[r.unit].add(&Sums::of(&x, takes, fitted, *counts), 1.0);
        }
        self.spread(&mut sums, &counts, &noise, &fitted, &often);
        let (all, mut parts) = (Sums::total(&sums), self.parts);
        let mut costs = all.costs(parts, self.overhead)?;
        let first = usize::from(self.overhead.is_some());
        while let Some(least) = (first..PARTS).rev().find(|i| costs[*i] < 0.0) {
            parts[least] = false;
            costs = all.costs(parts, self.overhead)?;
        }
        let (overhead, follows) = (self.overhead, Default::default());
        Some(Fit { costs, parts, overhead, sums, counts, trimmed, follows })
    }

    /// Adds timed-out responses of unknown size: each response stands for those of its size that
    /// outlast the usual timeout.
    fn spread(
        &self,
        sums: &mut [Sums],
        counts: &[f64],
        noise: &Noise,
        fitted: &dyn Fn(&[f64; PARTS]) -> f64,
        often: &dyn Fn(&Response) -> f64,
    ) {
        let bare = || self.responses.iter().filter(|r| r.x.is_none());
        let mut limits: Vec<f64> = bare().map(|r| r.took).collect();
        limits.sort_by(f64::total_cmp);
        let Some(limit) = limits.get(limits.len() / 2).copied() else { return };
        let (mut mean, mut all) = (Sums::default(), 0.0);
        for (r, count) in self.responses.iter().zip(counts).filter(|(r, _)| !r.timed_out) {
            let (Some(x), true) = (r.x, *count > 0.0) else { continue };
            let fitted = fitted(&x);
            let outlasts = noise.outlasts(fitted, limit);
            let stands = (outlasts / (1.0 - outlasts).max(1e-6)).max(1e-12) * count;
            mean.add(&Sums::of(&x, noise.beyond(fitted, limit), fitted, 1.0), stands);
            all += stands;
        }
        for r in bare().filter(|_| all > 0.0) {
            sums[r.unit].add(&mean, often(r) / all);
        }
    }

    /// The derivative of a step by the costs that it starts from.
    fn follows(&self, at: &Costs) -> Option<[Costs; PARTS + 1]> {
        let here = self.step(at)?.costs;
        let mut moves = [[0.0; PARTS + 1]; PARTS + 1];
        for (part, moved) in moves.iter_mut().enumerate().filter(|(part, _)| at[*part] > 0.0) {
            let mut from = *at;
            let nudge = NUDGE * at[part];
            from[part] += nudge;
            let there = self.step(&from)?.costs;
            *moved = std::array::from_fn(|i| (there[i] - here[i]) / nudge);
        }
        Some(moves)
    }
}

impl Fit {
    /// Kolmogorov's distance, 0 to 1, between durations and the fitted distribution, if all others
    /// took longer than `limit`.
    pub(super) fn misfit(&self, responses: &[Response], limit: f64) -> f64 {
        let noise = Noise::of(self.costs[PARTS]);
        let counted = responses.iter().zip(&self.counts).filter(|(r, count)| !r.timed_out && **count > 0.0);
        let share = |(r, count): (&Response, &f64)| {
            Some((noise.sooner(says(&self.costs, r.x.as_ref()?).max(1e-9), r.took, limit), *count))
        };
        let mut shares: Vec<(f64, f64)> = counted.filter_map(share).collect();
        shares.sort_by(|a, b| a.0.total_cmp(&b.0));
        let all: f64 = shares.iter().map(|(_, count)| count).sum();
        let (mut seen, mut apart) = (0.0, 0.0_f64);
        for (share, count) in shares {
            let (before, after) = (seen / all, (seen + count) / all);
            apart = apart.max(share - before).max(after - share);
            seen += count;
        }
        apart
    }

    /// The costs for resampled sums: one step from the fitted costs, then the following steps by
    /// its derivative.
    pub(super) fn drawn(&self, sums: &Sums) -> Option<Costs> {
        let step = sums.costs(self.parts, self.overhead)?;
        let moved: Costs = std::array::from_fn(|i| step[i] - self.costs[i]);
        let system = std::array::from_fn(|i| std::array::from_fn(|j| unit(i, j) - self.follows[j][i]));
        let far = solve(system, moved)?;
        let mut costs: Costs = std::array::from_fn(|i| self.costs[i] + far[i]);
        costs[PARTS] = costs[PARTS].max(0.0);
        Some(costs)
    }
}

/// Log-normal noise of mean 1: the standard deviation of its logarithm.
pub(super) struct Noise {
    scale: f64,
    normal: Normal,
}

impl Noise {
    pub(super) fn of(noise: f64) -> Noise {
        let scale = libm::sqrt(libm::log1p(noise * noise)).max(SCALE_MIN);
        Noise { scale, normal: Normal::standard() }
    }
    /// The probability to take longer than `limit`, with mean `fitted`.
    pub(super) fn outlasts(&self, fitted: f64, limit: f64) -> f64 {
        self.normal.sf(self.place(fitted, limit))
    }
    /// The 99 % quantile as a multiple of the mean.
    pub(super) fn nearly_all(&self) -> f64 {
        libm::exp(2.326_348 * self.scale - self.scale * self.scale / 2.0)
    }
    /// The probability to take at most `took`, given at most `limit`, with mean `fitted`.
    fn sooner(&self, fitted: f64, took: f64, limit: f64) -> f64 {
        let share = |at: f64| self.normal.cdf(self.place(fitted, at));
        (share(took.min(limit)) / share(limit).max(1e-280)).min(1.0)
    }
    fn place(&self, fitted: f64, limit: f64) -> f64 {
        libm::log(limit / fitted) / self.scale + self.scale / 2.0
    }
    /// The moments of the duration, given that it is longer than `limit`.
    fn beyond(&self, fitted: f64, limit: f64) -> Takes {
        let (at, scale) = (self.place(fitted, limit), self.scale);
        let all = self.normal.sf(at);
        if all < 1e-280 {
            return Takes::exactly(limit);
        }
        let mean = fitted * self.normal.sf(at - scale) / all;
        let square = fitted * fitted * libm::exp(scale * scale) * self.normal.sf(at - 2.0 * scale) / all;
        Takes { mean, square }
    }
}

fn scale(mut offs: Vec<f64>) -> Option<(f64, f64)> {
    let last = offs.len().checked_sub(1)? as f64;
    let [low, middle, high] = [0.1, 0.5, 0.9]
        .map(|share: f64| *offs.select_nth_unstable_by((share * last).round() as usize, f64::total_cmp).1);
    Some((middle, ((high - low) / MIDDLE).max(SCALE_MIN)))
}
