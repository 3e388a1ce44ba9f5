//! Divides the sync time of a setting into parts, and computes the cost per chunk and per row.
//!
//! A chunk is the rows of one response or one push.

use super::point::Point;
use crate::record::CellRecord;
use crate::theory::chunk::Cost;

/// A direction (pull or push), with the metrics that describe its chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// The key for rows per chunk.
    pub chunk_rows: &'static str,
    /// The metric for the number of rows per chunk.
    pub held: &'static str,
    rows: &'static str,
    time: &'static str,
    writing: Option<&'static str>,
    /// The metrics of syncs that moved no rows: time and number of responses. `None` for pushes.
    empty: Option<(&'static str, &'static str)>,
}

const PULL: Side = Side {
    chunk_rows: "engine.pull.chunk_rows",
    held: "engine.pull.response_rows",
    rows: "engine.pull.rows",
    time: "engine.pull.time",
    writing: Some("engine.apply.time"),
    empty: Some(("engine.pull.empty_time", "engine.pull.empty_responses")),
};
const PUSH: Side = Side {
    chunk_rows: "engine.push.chunk_rows",
    held: "engine.push.request_rows",
    rows: "engine.push.answered",
    time: "engine.push.time",
    writing: None,
    empty: None,
};

impl Side {
    /// The push direction if the axis is about pushes, otherwise pull.
    pub fn of(axis: &str) -> Side {
        if axis.starts_with("engine.push.") { PUSH } else { PULL }
    }
    /// The time and the number of responses. Syncs that moved no rows are left out, because their
    /// number does not depend on the chunk size.
    fn moving(self, point: &Point<'_>) -> (f64, f64) {
        let empty = self.empty.map_or((0.0, 0.0), |(time, count)| (point.sum(time), point.sum(count)));
        (point.sum(self.time) - empty.0, point.count(self.held) - empty.1)
    }
}

/// The cost of a chunk, fitted to a series: o, c and 1/λ of the closed form, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    pub chunk: f64,
    pub row: f64,
    /// The largest relative distance of a setting from the fitted line.
    pub misfit: f64,
    /// The extra time to write a chunk to disk. No outage can hit it.
    pub commit: f64,
    /// The mean time between failures while requests run. `None` if failures are too few or not
    /// random.
    pub mtbf: Option<f64>,
    pub fails: bool,
}

/// The rows that a setting moved in both directions. A repeated acknowledgement adds no rows.
pub(crate) fn rows(point: &Point<'_>) -> f64 {
    point.sum(PULL.rows) + point.sum("engine.push.acknowledged")
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Shares {
    /// The time until the first byte of responses: round trips and fixed overhead.
    pub waiting: f64,
    pub queued: f64,
    /// The time to transfer rows, on the link and through the backend.
    pub moving: f64,
    pub lost: f64,
    pub backing_off: f64,
    pub writing: f64,
    /// All time outside finished requests and writing.
    pub rest: f64,
}

/// The line is not used if a setting is farther from it than this share.
const MISFIT_MAX: f64 = 0.2;
/// The best chunk size is not computed if a setting is farther from the line than this share.
const MISFIT_OF_COST_MAX: f64 = 0.05;
/// A setting is left out of the fit if failed requests and retries take more than this share.
const LOST_MAX: f64 = 0.5;
/// The least number of failures for a rate. With 25 failures its standard error is 20 %.
const FAILURES_MIN: f64 = 25.0;
/// Failures by deadline or refusal are not random. Up to this share of them is ignored.
const UNLIKE_MAX: f64 = 0.02;

impl Fit {
    /// Fits the time of a response to its rows, as o + c·rows, by least squares of relative
    /// deviations. `None` if no line fits or if all responses have the same size.
    pub fn of(side: Side, points: &[Point<'_>]) -> Option<Fit> {
        let answered: Vec<&Point<'_>> =
            points.iter().filter(|point| has_typical_responses(side, point)).collect();
        let samples = |of: &dyn Fn(&Point<'_>) -> f64| -> Vec<(f64, f64)> {
            let sample = |point: &&Point<'_>| {
                let (_, answers) = side.moving(point);
                (point.sum(side.rows) / answers, of(point) / answers / 1e9)
            };
            answered.iter().map(sample).collect()
        };
        let times = samples(&|point| side.moving(point).0);
        let (chunk, row) = line(&times)?;
        let off = |(rows, time): &(f64, f64)| ((chunk + row * rows) / time - 1.0).abs();
        let misfit = times.iter().map(off).fold(0.0, f64::max);
        if misfit > MISFIT_MAX || chunk <= 0.0 || row <= 0.0 {
            return None;
        }
        let writing = side.writing.and_then(|writing| line(&samples(&|point| point.sum(writing))));
        let commit = writing.map_or(0.0, |(commit, _)| commit.max(0.0));
        // Settings without any response are left out. Their responses may exceed the memory of a
        // phone, and then the link is not the cause of the failures.
        let came = || points.iter().filter(|point| point.count(side.held) > 0.0);
        let sum = |metric: &str| came().map(|point| point.sum(metric)).sum::<f64>();
        let failed = sum("engine.requests.cut");
        let unlike = sum("engine.requests.timed_out") + sum("engine.requests.refused");
        let exposed = (sum(side.time) + sum("engine.requests.lost_time")) / 1e9;
        let random = failed >= FAILURES_MIN && unlike <= UNLIKE_MAX * failed;
        let fails = failed + unlike > 0.0;
        Some(Fit { chunk, row, misfit, commit, mtbf: random.then(|| exposed / failed), fails })
    }

    /// The input of the closed form; `None` if failures are not random or if the line fits badly.
    pub fn cost(self) -> Option<Cost> {
        if self.misfit > MISFIT_OF_COST_MAX {
            return None;
        }
        Some(Cost { chunk: self.chunk + self.commit, row: self.row, mtbf: self.mtbf? })
    }
    /// The best chunk size if responses could have more than `cap` rows, and the share of time that
    /// it saves. The inner `None` means that larger is always better. The outer `None` means that
    /// failures are too few or not random.
    pub(crate) fn beyond(self, cap: f64) -> Option<(Option<f64>, f64)> {
        if let Some(cost) = self.cost() {
            let best = cost.best().max(cap);
            return Some((Some(best), 1.0 - cost.time_a_row(best) / cost.time_a_row(cap)));
        }
        let chunk = self.chunk + self.commit;
        let sure = !self.fails && self.misfit <= MISFIT_OF_COST_MAX;
        sure.then(|| (None, chunk / (chunk + self.row * cap)))
    }
}

/// The time of syncs. For a rate, syncs that moved no rows are left out, because they have no rate.
pub(super) fn ran(point: &Point<'_>, is_rate: bool) -> f64 {
    let empty = if is_rate { point.sum("engine.session.empty_time") } else { 0.0 };
    point.sum("engine.session.time") - empty
}

pub(crate) fn held(side: Side, point: &Point<'_>) -> f64 {
    point.sum(side.rows) / side.moving(point).1
}

/// False if most time went to failures, because then the successful responses are not typical.
fn has_typical_responses(side: Side, point: &Point<'_>) -> bool {
    let lost = point.sum("engine.requests.lost_time") + point.sum("engine.retry.time");
    side.moving(point).1 > 0.0 && lost <= LOST_MAX * point.sum("engine.session.time")
}

/// The line y = a + b·x with the least squared relative deviations; `None` for fewer than 3 values
/// of x.
fn line(samples: &[(f64, f64)]) -> Option<(f64, f64)> {
    let mut xs: Vec<f64> = samples.iter().map(|(x, _)| *x).collect();
    xs.sort_by(f64::total_cmp);
    xs.dedup_by(|a, b| (*a - *b).abs() <= 0.01 * *b);
    if xs.len() < 3 || samples.iter().any(|(_, y)| *y <= 0.0) {
        return None;
    }
    let (mut ww, mut wx, mut xx, mut w, mut x) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (at, y) in samples {
        let (u, v) = (1.0 / y, at / y);
        ww += u * u;
        wx += u * v;
        xx += v * v;
        w += u;
        x += v;
    }
    let determinant = ww * xx - wx * wx;
    (determinant > 0.0).then(|| ((w * xx - x * wx) / determinant, (x * ww - w * wx) / determinant))
}

impl Shares {
    /// The shares of time of `point`. Without a fit, the whole time of responses counts as
    /// `moving`.
    pub(crate) fn of(side: Side, point: &Point<'_>, fit: Option<Fit>, is_rate: bool) -> Option<Shares> {
        let ran = ran(point, is_rate);
        if ran <= 0.0 {
            return None;
        }
        let of = |side: Side| {
            if is_rate { side.moving(point) } else { (point.sum(side.time), point.count(side.held)) }
        };
        let answered = of(PULL).0 + of(PUSH).0;
        let queued = point.sum("engine.requests.queued_time");
        // The fitted cost per chunk includes the time of responses in queues.
        let (time, count) = of(side);
        let waiting = fit.map_or(0.0, |fit| fit.chunk * count * 1e9);
        let waiting = (waiting.min(time) - queued).max(0.0);
        let [lost, backing_off, writing] =
            ["engine.requests.lost_time", "engine.retry.time", "engine.apply.time"]
                .map(|part| point.sum(part));
        let parts = answered + lost + backing_off + writing;
        let all = ran.max(parts);
        Some(Shares {
            waiting: waiting / all,
            queued: queued / all,
            moving: (answered - waiting - queued).max(0.0) / all,
            lost: lost / all,
            backing_off: backing_off / all,
            writing: writing / all,
            rest: (all - parts) / all,
        })
    }
}

/// The share of sync time spent in the backend's queue; `None` if there is no sync time.
pub fn queued_share(cells: &[&CellRecord]) -> Option<f64> {
    let of = |cell: &&CellRecord, metric: &str| Some(cell.stat(metric, "value")? as f64);
    let sum = |metric: &str| cells.iter().filter_map(|cell| of(cell, metric)).sum::<f64>();
    let all = sum("engine.session.time");
    (all > 0.0).then(|| (sum("engine.requests.queued_time") / all).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_whatever_the_scale_of_its_points() {
        let samples: Vec<(f64, f64)> = [1.0, 16.0, 256.0, 4_096.0].map(|x| (x, 0.8 + 0.02 * x)).into();
        let (a, b) = line(&samples).unwrap();
        assert!((a - 0.8).abs() < 1e-9 && (b - 0.02).abs() < 1e-12, "{a} {b}");
        assert_eq!(line(&samples[..2]), None);
        assert_eq!(line(&[(5.0, 1.0), (5.0, 1.0), (5.01, 1.0)]), None, "answers of one size");
    }
}
