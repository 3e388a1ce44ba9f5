//! The chunk that the closed form recommends, with what the log's uncertainty makes of it.

use super::line::{Line, NORMAL, student};
use crate::base::{Seed, Stream};
use crate::render::calibrate::{Advice, Estimate, Outages, Rate};
use crate::theory::chunk::Cost;

/// Draws from what the log leaves open: their 2.5 % tails hold 100 of them.
const DRAWS: usize = 4_000;
/// What counts as flat: a row costs at most so much more than at best.
pub(super) const FLAT: f64 = 0.03;

/// The best chunk for answers that follow `line` (overhead, time a row) and break as `outages`
/// says; `rows` is the log's mean chunk.
///
/// The interval is a parametric bootstrap (Efron and Tibshirani 1993, §6.5): overhead and time a
/// row from their joint law, the rate from a gamma law between those of its two exact bounds.
/// `None` if overhead or time a row cannot be told from nothing.
pub(super) fn advice(line: &Line<2>, outages: &Outages, rows: f64) -> Option<Advice> {
    let (request, row) = (line.estimate([1.0, 0.0]), line.estimate([0.0, 1.0]));
    if request.low <= 0.0 || row.low <= 0.0 {
        return None;
    }
    let rate = match outages.rate {
        Rate::Known(rate) => rate.value,
        Rate::AtMost(rate) => {
            // What is a bound in the one is one in the others, too.
            let least = Cost { chunk: request.low, row: row.high, mtbf: 1.0 / rate };
            return Some(Advice::AtLeast(least.best()));
        }
    };
    let cost = Cost { chunk: request.value, row: row.value, mtbf: 1.0 / rate };
    let mut stream = Seed(outages.failures).stream("calibrate.chunk", 0, 0);
    let draws: Vec<Cost> = (0..DRAWS).map(|_| draw(line, outages, &mut stream)).collect();
    let interval = |value: f64, of: &dyn Fn(&Cost) -> f64| {
        let mut values: Vec<f64> = draws.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values[((DRAWS - 1) as f64 * share).round() as usize];
        Estimate { value, low: at(0.025).min(value), high: at(0.975).max(value) }
    };
    // A chunk has a row.
    let best = interval(cost.best().max(1.0), &|cost| cost.best().max(1.0));
    Some(Advice::Rows {
        best,
        flat: flat(cost),
        excess: interval(cost.excess(rows), &|cost| cost.excess(rows)),
        within_log: false,
    })
}

/// Costs as they might be.
fn draw(line: &Line<2>, outages: &Outages, stream: &mut Stream) -> Cost {
    let [request, row] = line.coefficients;
    let covariance = &line.covariance;
    // Wider than normal by as much as Student's law is.
    let wide = student(line.freedom()) / NORMAL;
    let (first, second) = (stream.normal() * wide, stream.normal() * wide);
    let root = libm::sqrt(covariance[0][0]);
    let slope = if root > 0.0 { covariance[0][1] / root } else { 0.0 };
    let rest = libm::sqrt((covariance[1][1] - slope * slope).max(0.0));
    // What may be higher, or lower, by more than its interval is so or is not: one draw in two has
    // it, of overhead and row each by itself, as the same answers are of wide rows or hung.
    let mut perhaps = |by: f64| if by != 0.0 && stream.chance(0.5) { by } else { 0.0 };
    let (higher, lower) = (line.upward.map(&mut perhaps), line.downward.map(&mut perhaps));
    let rate = gamma(outages.failures as f64 + 0.5, stream) / outages.exposed;
    Cost {
        chunk: (request + root * first - lower[0]).max(request * 1e-3) + higher[0],
        row: (row + slope * first + rest * second - lower[1]).max(row * 1e-3) + higher[1],
        mtbf: 1.0 / rate,
    }
}

/// A gamma variable of scale 1 and a shape above a third (Marsaglia and Tsang 2000).
fn gamma(shape: f64, stream: &mut Stream) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let x = stream.normal();
        let v = 1.0 + c * x;
        if v <= 0.0 {
            continue;
        }
        let v = v * v * v;
        if libm::log(1.0 - stream.unit()) < 0.5 * x * x + d - d * v + d * libm::log(v) {
            return d * v;
        }
    }
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

#[cfg(test)]
mod tests {
    use super::super::line::Sample;
    use super::*;

    #[test]
    fn the_chunk_holds_that_of_a_low_overhead_and_a_high_row_and_that_of_the_contrary() {
        let mut stream = Seed(1).stream("advice", 0, 0);
        let sample = |n: u32| {
            let rows = f64::from(20 + n % 40 * 25);
            Sample { x: [1.0, rows], y: (0.3 + 1e-3 * rows) * (1.0 + 0.05 * stream.normal()), weight: 1.0 }
        };
        let samples: Vec<Sample<2>> = (0..400).map(sample).collect();
        let mut line = Line::through(&samples).unwrap();
        let rate = Estimate { value: 0.05, low: 0.045, high: 0.055 };
        let outages = Outages { failures: 400, exposed: 8_000.0, rate: Rate::Known(rate), repair: None };
        // Answers far above the line are of wide rows, or hung.
        line.upward = [0.6, 2e-3];
        let Some(Advice::Rows { best, .. }) = advice(&line, &outages, 300.0) else { panic!("no chunk") };
        for (chunk, row) in [(0.3, 3e-3), (0.9, 1e-3), (0.9, 3e-3), (0.3, 1e-3)] {
            let truth = Cost { chunk, row, mtbf: 20.0 }.best();
            assert!(best.holds(truth), "{truth} of an overhead of {chunk} and a row of {row}: {best:?}");
        }
    }

    #[test]
    fn the_flat_region_ends_where_a_row_costs_three_per_cent_more() {
        let cost = Cost { chunk: 0.9, row: 2e-3, mtbf: 60.0 };
        let (low, high) = flat(cost);
        assert!(low < cost.best() && cost.best() < high);
        for edge in [low, high] {
            assert!((cost.excess(edge) - FLAT).abs() < 1e-9, "{edge}");
        }
    }

    #[test]
    fn the_gamma_law_has_its_mean_and_variance() {
        for shape in [0.5, 4.0, 60.0] {
            let mut stream = Seed(1).stream("gamma", 0, 0);
            let drawn: Vec<f64> = (0..40_000).map(|_| gamma(shape, &mut stream)).collect();
            let mean = drawn.iter().sum::<f64>() / 4e4;
            let variance = drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 4e4;
            assert!((mean / shape - 1.0).abs() < 0.03, "{shape}: mean {mean}");
            assert!((variance / shape - 1.0).abs() < 0.06, "{shape}: variance {variance}");
        }
    }
}
