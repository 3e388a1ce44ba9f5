//! What a response takes: overhead + rows × time a row (+ bytes × time a byte, + rows² × a bend),
//! times noise whose mean is 1. Weighted least squares for the mean, in rounds: a transfer of t
//! seconds comes through with e^{−λt}, so it counts e^{λt} times (Horvitz and Thompson 1952).

pub(super) struct Response {
    /// One, rows, bytes, rows².
    pub(super) x: [f64; PARTS],
    pub(super) took: f64,
    pub(super) unit: usize,
    pub(super) at: usize,
}

/// Of a line: a request, a row, a byte, and the bend.
pub(super) const PARTS: usize = 4;
pub(super) const BYTE: usize = 2;
pub(super) const BEND: usize = 3;

pub(super) type Line = [f64; PARTS];
pub(super) type Parts = [bool; PARTS];

pub(super) fn says(line: &Line, x: &[f64; PARTS]) -> f64 {
    line.iter().zip(x).map(|(part, x)| part * x).sum()
}

/// Sums over responses: weighted products of x and of x and the duration; three moments of the
/// shares duration / line, rows, bytes, how many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sums {
    products: [[f64; PARTS + 1]; PARTS],
    others: [f64; 6],
}

impl Sums {
    fn of(r: &Response, weight: f64, share: f64, count: f64) -> Sums {
        let [one, rows, bytes, bend] = r.x;
        let products = r.x.map(|x| [one, rows, bytes, bend, r.took].map(|y| weight * x * y));
        Sums { products, others: [count, count * share, count * share * share, rows, bytes, 1.0] }
    }
    fn add(&mut self, other: &Sums) {
        let products = self.products.as_flattened_mut().iter_mut().zip(other.products.as_flattened());
        products.chain(self.others.iter_mut().zip(&other.others)).for_each(|(sum, x)| *sum += x);
    }
    pub(super) fn total<'a>(all: impl IntoIterator<Item = &'a Sums>) -> Sums {
        let mut total = Sums::default();
        all.into_iter().for_each(|sums| total.add(sums));
        total
    }

    /// The line of the parts that it may have; `None` if the sizes do not tell.
    pub(super) fn line(&self, parts: Parts) -> Option<Line> {
        let cell = |i: usize, j: usize| match parts[i] && (j == PARTS || parts[j]) {
            true => self.products[i][j],
            false => f64::from(u8::from(i == j)),
        };
        let mut rest: [[f64; PARTS + 1]; PARTS] =
            std::array::from_fn(|i| std::array::from_fn(|j| cell(i, j)));
        for k in 0..PARTS {
            let pivot = rest[k];
            // What of a column its predecessors do not tell.
            if pivot[k] <= 1e-9 * cell(k, k) {
                return None;
            }
            for row in rest.iter_mut().skip(k + 1) {
                let times = row[k] / pivot[k];
                row.iter_mut().zip(pivot).for_each(|(x, p)| *x -= times * p);
            }
        }
        let mut line = [0.0; PARTS];
        for k in (0..PARTS).rev() {
            let known: f64 = (k + 1..PARTS).map(|j| rest[k][j] * line[j]).sum();
            line[k] = (rest[k][PARTS] - known) / rest[k][k];
        }
        Some(line)
    }

    pub(super) fn noise(&self) -> f64 {
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

pub(super) struct Fit {
    pub(super) line: Line,
    pub(super) parts: Parts,
    pub(super) noise: f64,
    pub(super) sums: Vec<Sums>,
    /// Of each response: how often it counts, as the longer ones fail; zero if it was left out.
    pub(super) counts: Vec<f64>,
    pub(super) trimmed: usize,
    /// Responses of sizes that a timeout may cut off, and the most rows of the others.
    pub(super) censored: usize,
    pub(super) reach: f64,
}

/// Responses farther off the line than so many scales of the logarithms are trimmed.
const TRIM: f64 = 6.0;
/// A scale is no less: durations are rounded.
const SCALE_MIN: f64 = 0.01;
/// Standard deviations between the 10 % and the 90 % quantile of a normal law.
const MIDDLE: f64 = 2.563;
/// No response counts more than e² times: that would be a guess about a few.
pub(super) const COUNT_MAX: f64 = 2.0;
const ROUNDS: usize = 40;
/// Of a size that the fit has one in a thousand at most may outlast the timeout.
const OUTLAST: f64 = 3.09;

/// The line of these `parts` through responses, but those that would take less than no time; given
/// the rate of failures and the timeout in seconds, infinite without one.
pub(super) fn fit(responses: &[Response], parts: Parts, (rate, timeout): (f64, f64)) -> Option<Fit> {
    let mean = |of: fn(&Response) -> f64| responses.iter().map(of).sum::<f64>() / responses.len() as f64;
    let half = mean(|r| r.took) / 2.0;
    let floor = 2e-3 * half;
    let units = 1 + responses.iter().map(|r| r.unit).max()?;
    // A round: weights and what is left out are by the last line and noise.
    let step = |last: &Line, noise: f64| {
        let fitted = |r: &Response| says(last, &r.x).max(floor);
        let off = |r: &Response| libm::log(r.took.max(floor) / fitted(r));
        let longest = timeout / outlasts(noise);
        let (middle, scale) = scale(responses.iter().filter(|r| fitted(r) < longest).map(off).collect())?;
        let (mut sums, mut counts) = (vec![Sums::default(); units], vec![0.0; responses.len()]);
        let (mut trimmed, mut censored, mut reach) = (0, 0, 0.0_f64);
        for (r, counts) in responses.iter().zip(&mut counts) {
            let fitted = fitted(r);
            if fitted >= longest {
                censored += 1;
                continue;
            }
            reach = reach.max(r.x[1]);
            if (off(r) - middle).abs() > TRIM * scale {
                trimmed += 1;
                continue;
            }
            *counts = libm::exp((rate * r.took).min(COUNT_MAX));
            sums[r.unit].add(&Sums::of(r, *counts / (fitted * fitted), r.took / fitted, *counts));
        }
        let (all, mut parts) = (Sums::total(&sums), parts);
        let mut line = all.line(parts)?;
        while let Some(least) = (0..PARTS).rev().find(|i| line[*i] < 0.0) {
            parts[least] = false;
            line = all.line(parts)?;
        }
        Some(Fit { line, parts, noise: all.noise(), sums, counts, trimmed, censored, reach })
    };
    let mut found = step(&[half, half / mean(|r| r.x[1]).max(1e-9), 0.0, 0.0], 0.0)?;
    for round in 1..=ROUNDS {
        let next = step(&found.line, found.noise)?;
        let last = std::mem::replace(&mut found, next);
        let moved = |(a, b): (f64, f64)| (a - b).abs() > 1e-9 * (a.abs() + b.abs());
        if round > 2 && !last.line.into_iter().zip(found.line).any(moved) {
            break;
        }
    }
    Some(found)
}

/// How many times its mean the longest of a thousand responses takes, if noise is log-normal.
fn outlasts(noise: f64) -> f64 {
    let variance = libm::log1p(noise * noise);
    libm::exp(OUTLAST * libm::sqrt(variance) - variance / 2.0)
}

fn scale(mut offs: Vec<f64>) -> Option<(f64, f64)> {
    offs.sort_by(f64::total_cmp);
    let last = offs.len().checked_sub(1)? as f64;
    let [low, middle, high] = [0.1, 0.5, 0.9].map(|share| offs[(share * last).round() as usize]);
    Some((middle, ((high - low) / MIDDLE).max(SCALE_MIN)))
}
