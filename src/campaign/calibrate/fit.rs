//! Fits the duration of a response: overhead + rows × time per row. If the width of rows differs,
//! bytes × time per byte is added. The sum is multiplied by log-normal noise with mean 1.
//!
//! The mean is fitted by iterated weighted least squares. The weights are 1/line², because the
//! noise is proportional to the duration. A transfer of t seconds succeeds with probability
//! e^{−λt}, so a response that arrived counts e^{λt} times (Horvitz and Thompson 1952).

/// A response that counts. Its duration is in seconds.
pub(super) struct Response {
    pub(super) rows: f64,
    /// 0 if the log has no bytes.
    pub(super) bytes: f64,
    pub(super) took: f64,
    /// The device or the block of time. The bootstrap draws such units.
    pub(super) unit: usize,
}

/// Seconds per request, row and byte. The noise is the standard deviation of a duration, as a share
/// of the duration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Costs {
    pub(super) overhead: f64,
    /// Without the bytes of the row, if bytes have a cost of their own.
    pub(super) row: f64,
    pub(super) byte: f64,
    /// The cost of a row, including its bytes.
    pub(super) whole: f64,
    pub(super) noise: f64,
}

impl Costs {
    fn line(&self, r: &Response) -> f64 {
        self.overhead + self.row * r.rows + self.byte * r.bytes
    }
}

/// The parameters to fit, in addition to the time per row.
#[derive(Clone, Copy)]
pub(super) struct Model {
    /// The known overhead; `None` if it must be fitted.
    pub(super) overhead: Option<f64>,
    /// True if bytes have a cost of their own.
    pub(super) by_byte: bool,
}

/// Sums over the responses of a unit. The weighted sums are: weight, rows, rows², bytes, bytes ×
/// rows, bytes², duration, duration × rows, duration × bytes, and the first three moments of
/// duration / line. The unweighted sums are: rows, bytes, number of responses.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums([f64; 15]);

impl Sums {
    fn add(&mut self, other: &[f64; 15]) {
        self.0.iter_mut().zip(other).for_each(|(sum, x)| *sum += x);
    }
    pub(super) fn total<'a>(all: impl IntoIterator<Item = &'a Sums>) -> Sums {
        let mut total = Sums::default();
        all.into_iter().for_each(|sums| total.add(&sums.0));
        total
    }
    pub(super) fn responses(&self) -> f64 {
        self.0[14]
    }

    /// The costs of a model; `None` if the sizes do not determine them. Neither the overhead nor
    /// the cost of a row with its bytes is negative. Bytes explain only the rest that overhead and
    /// rows leave (Frisch and Waugh 1933).
    pub(super) fn costs(&self, model: Model) -> Option<Costs> {
        let [w, wn, wnn, wb, wnb, wbb, wt, wnt, wbt, all, share, square, rows, bytes, _] = self.0;
        let free = model.overhead.is_none();
        let known = model.overhead.unwrap_or_default();
        let sizes = w * wnn - wn * wn;
        if wnn <= 0.0 || free && sizes <= 1e-9 * w * wnn {
            return None;
        }
        let line = |y: f64, ny: f64| match free {
            true => ((wnn * y - wn * ny) / sizes, (w * ny - wn * y) / sizes),
            false => (0.0, ny / wnn),
        };
        let (wt, wnt, wbt) = (wt - known * w, wnt - known * wn, wbt - known * wb);
        let (mut overhead, mut row) = line(wt, wnt);
        let (mut byte, mean) = (0.0, share / all);
        if model.by_byte {
            let (of_request, of_row) = line(wb, wnb);
            let left = wbb - of_request * wb - of_row * wnb;
            // All rows have one width, so the number of bytes adds no information.
            if left <= 0.01 * (wbb - wb * wb / w) {
                return None;
            }
            byte = (wbt - of_request * wt - of_row * wnt) / left;
            (overhead, row) = (overhead - byte * of_request, row - byte * of_row);
        } else if free && overhead < 0.0 {
            (overhead, row) = (0.0, wnt / wnn);
        } else if free && row < 0.0 {
            (overhead, row) = (wt / w, 0.0);
        }
        let whole = (row + if model.by_byte { byte * bytes / rows } else { 0.0 }).max(0.0);
        let noise = libm::sqrt((square / all - mean * mean).max(0.0)) / mean;
        Some(Costs { overhead: (overhead + known).max(0.0), row, byte, whole, noise })
    }
}

/// A response is trimmed if its logarithm is farther from the line than this many scales.
const TRIM: f64 = 6.0;
/// The smallest scale. Logged durations are rounded, so it must not be 0.
const SCALE_MIN: f64 = 0.01;
/// The distance between the 10 % and 90 % quantiles of a normal distribution, in standard
/// deviations.
const MIDDLE: f64 = 2.563;
/// The logarithm of the largest weight. With larger weights, a few responses would decide the fit.
const COUNT_MAX: f64 = 2.0;
const ROUNDS: usize = 100;
const STEADY: f64 = 1e-7;

/// The number of groups that mix responses of all units.
const GROUPS: usize = 60;

pub(super) struct Fit {
    pub(super) costs: Costs,
    /// One per unit (device or block of time).
    pub(super) sums: Vec<Sums>,
    /// One per group that mixes the responses of all units.
    pub(super) mixed: Vec<Sums>,
    pub(super) trimmed: usize,
}

impl Fit {
    /// Fits a line through responses, with a failure `rate` per second. `None` if the sizes of the
    /// responses do not determine the line.
    pub(super) fn of(responses: &[Response], model: Model, rate: f64) -> Option<Fit> {
        let sum = |of: fn(&Response) -> f64| responses.iter().map(of).sum::<f64>();
        let half = sum(|r| r.took) / 2.0 / responses.len().max(1) as f64;
        let row = sum(|r| r.took) / 2.0 / sum(|r| r.rows).max(1e-9);
        let mut last = Costs { overhead: half, row, byte: 0.0, whole: row, noise: 0.0 };
        for _ in 1..ROUNDS {
            let next = step(responses, &last, model, rate)?.costs;
            let moved = |a: f64, b: f64| (a - b).abs() > STEADY * (a + b);
            let steady = !moved(next.overhead, last.overhead) && !moved(next.whole, last.whole);
            last = next;
            if steady {
                break;
            }
        }
        step(responses, &last, model, rate)
    }
}

/// One round. The last line determines the weights and the trimming.
fn step(responses: &[Response], last: &Costs, model: Model, rate: f64) -> Option<Fit> {
    let units = 1 + responses.iter().map(|r| r.unit).max()?;
    let floor = 1e-3 * responses.iter().map(|r| r.took).sum::<f64>() / responses.len() as f64;
    let line = |r: &Response| last.line(r).max(floor);
    let off = |r: &Response| libm::log(r.took.max(floor) / line(r));
    let (middle, scale) = scale(responses.iter().map(off).collect())?;
    let mut sums = vec![Sums::default(); units];
    let mut mixed = vec![Sums::default(); GROUPS];
    let mut trimmed = 0;
    for (at, r) in responses.iter().enumerate() {
        if (off(r) - middle).abs() > TRIM * scale {
            trimmed += 1;
            continue;
        }
        let count = libm::exp((rate * r.took).min(COUNT_MAX));
        let (share, weight) = (r.took / line(r), count / (line(r) * line(r)));
        let [wn, wb, wt] = [r.rows, r.bytes, r.took].map(|x| weight * x);
        let sizes = [weight, wn, wn * r.rows, wb, wb * r.rows, wb * r.bytes];
        let [w, n, nn, b, nb, bb] = sizes;
        let square = count * share * share;
        let sum = [
            w,
            n,
            nn,
            b,
            nb,
            bb,
            wt,
            wt * r.rows,
            wt * r.bytes,
            count,
            count * share,
            square,
            r.rows,
            r.bytes,
            1.0,
        ];
        sums[r.unit].add(&sum);
        mixed[at % GROUPS].add(&sum);
    }
    let costs = Sums::total(&sums).costs(model)?;
    Some(Fit { costs, sums, mixed, trimmed })
}

/// The center and the scale of logarithms, from the middle 80 %.
fn scale(mut offs: Vec<f64>) -> Option<(f64, f64)> {
    let last = offs.len().checked_sub(1)? as f64;
    let [low, middle, high] = [0.1, 0.5, 0.9]
        .map(|share: f64| *offs.select_nth_unstable_by((share * last).round() as usize, f64::total_cmp).1);
    Some((middle, ((high - low) / MIDDLE).max(SCALE_MIN)))
}
