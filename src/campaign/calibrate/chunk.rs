//! The chunk to recommend: by the closed form of [`theory::chunk`](crate::theory::chunk), or, where
//! responses lie on no line, the cheapest of the log's sizes.

use super::diagnose::Bin;
use super::fit::Line;
use crate::render::calibrate::{Advice, Estimate};
use crate::theory::chunk::Cost;

/// Costs as they might be: overhead, time a row, failures a second.
pub(super) type Draw = [f64; 3];

/// A chunk counts as good where a row costs at most so much more than at best.
const FLAT: f64 = 0.03;

/// The best chunk of `value`, with intervals from `draws`; `rows` is the log's mean chunk.
pub(super) fn advise(
    value: Draw,
    draws: &[Draw],
    rows: f64,
    interval: impl Fn(f64, Vec<f64>) -> Estimate,
) -> Advice {
    let cost = |d: &Draw| Cost {
        chunk: d[0].max(1e-3 * value[0]),
        row: d[1].max(1e-3 * value[1]),
        mtbf: 1.0 / d[2].max(1e-12),
    };
    let all: Vec<Cost> = draws.iter().map(cost).collect();
    let best = |cost: &Cost| cost.best().max(1.0);
    let at = cost(&value);
    let mut more: Vec<f64> = all.iter().map(|cost| cost.excess(rows)).collect();
    more.sort_by(f64::total_cmp);
    let place = |share: f64| more[((more.len() - 1) as f64 * share).round() as usize];
    let excess = at.excess(rows);
    Advice::Rows {
        best: interval(best(&at), all.iter().map(best).collect()),
        flat: flat(at),
        excess: Estimate { value: excess, low: place(0.025).min(excess), high: place(0.975).max(excess) },
        within_log: false,
    }
}

/// The least chunk of a link that was not seen to fail: of the least overhead and the dearest row.
pub(super) fn at_least(request: Estimate, row: Estimate, rate: f64) -> Advice {
    Advice::AtLeast(Cost { chunk: request.low, row: row.high, mtbf: 1.0 / rate }.best())
}

/// The cheapest of the log's sizes by what its responses took and failures at `rate` make of that.
/// The interval holds the sizes that may be as cheap.
pub(super) fn within_log(bins: &[Bin], rate: f64, rows: f64) -> Option<Advice> {
    let again = |took: f64| if rate > 0.0 { libm::expm1(rate * took) / rate } else { took };
    let a_row = |bin: &Bin, errors: f64| again(bin.took * (1.0 + errors * bin.error)) / bin.mean;
    let sized = || bins.iter().filter(|bin| bin.mean > 0.0);
    let best = sized().min_by(|a, b| a_row(a, 0.0).total_cmp(&a_row(b, 0.0)))?;
    let among = |most: f64, errors: f64| {
        let cheap = sized().filter(move |bin| a_row(bin, -errors) <= most);
        cheap.fold((best.mean, best.mean), |(low, high), bin| (low.min(bin.rows.0), high.max(bin.rows.1)))
    };
    let (low, high) = among(a_row(best, 2.0), 2.0);
    let own = sized().min_by(|a, b| (a.mean - rows).abs().total_cmp(&(b.mean - rows).abs()))?;
    let excess = a_row(own, 0.0) / a_row(best, 0.0) - 1.0;
    let off = 2.0 * libm::hypot(own.error, best.error);
    Some(Advice::Rows {
        best: Estimate { value: best.mean, low: low.max(1.0), high },
        flat: among(a_row(best, 0.0) * (1.0 + FLAT), 0.0),
        excess: Estimate { value: excess, low: (excess - off).max(0.0), high: excess + off },
        within_log: true,
    })
}

/// The least and the most rows at which a row costs at most [`FLAT`] more than at best.
fn flat(cost: Cost) -> (f64, f64) {
    let best = cost.best();
    let edge = |factor: f64| {
        // On the side of `factor`, where the cost only rises.
        let (mut inside, mut outside) = (1.0, factor);
        while cost.excess(best * outside) < FLAT {
            outside *= factor;
        }
        for _ in 0..60 {
            let middle = libm::sqrt(inside * outside);
            if cost.excess(best * middle) < FLAT { inside = middle } else { outside = middle }
        }
        best * inside
    };
    (edge(0.5), edge(2.0))
}

/// Overhead and time a row of a line whose rows have so many bytes.
pub(super) fn with_bytes(line: &Line, width: f64) -> [f64; 2] {
    [line[0], line[1] + if line[2] == 0.0 { 0.0 } else { line[2] * width }]
}
