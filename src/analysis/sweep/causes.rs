//! Explains why a setting is worse than the best: it names the parts of its sync time that grew.
//! The price of a setting is a form of its figure in which lower is better.

use super::findings::{FLAT, Finding, may_be_luck, pairs};
use super::objective::Objective;
use super::point::{Point, are_words};
use super::shares::{Fit, Shares, Side, ran, rows};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    RoundTrips,
    /// Useful responses. This part replaces finer parts if the time to the first byte is unknown.
    Answers,
    Queue,
    /// Failed requests and the waits before retries, with the metric of the most frequent failure.
    Failures(&'static str),
    Writing,
    /// Hooks, kills of the app, and all time that is neither a request nor writing.
    Rest,
}

impl Part {
    /// The name for programs. For failures it is the name of their metric.
    pub fn code(self) -> &'static str {
        match self {
            Part::RoundTrips => "round_trips",
            Part::Answers => "answers",
            Part::Queue => "queue",
            Part::Failures(metric) => metric,
            Part::Writing => "writing",
            Part::Rest => "rest",
        }
    }
}

pub const FAILURES: [&str; 7] = [
    "engine.requests.cut",
    "engine.requests.timed_out",
    "engine.requests.throttled",
    "engine.requests.unavailable",
    "engine.requests.gateway_timeout",
    "engine.requests.server_failed",
    "backend.mutations.put_off",
];

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grown {
    pub part: Part,
    pub share: f64,
    pub at_best: f64,
    /// The growth, as a share of the sync time of the best setting.
    by: f64,
}

/// The explanation why a setting is worse than the best.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    pub at: usize,
    /// The price of the setting divided by the price of the best one, over the seeds that both
    /// have.
    pub cost: f64,
    /// The factor by which its syncs take longer. Depending on the objective, it is per row, per
    /// sync, or in total.
    pub longer: f64,
    /// The parts that grew most. The list is empty if together they explain less than half of the
    /// cost.
    pub grown: Vec<Grown>,
}

/// The share of the cost that the named parts must explain together.
const EXPLAINED_MIN: f64 = 0.5;
const EXPLAINED_BY_EACH_MIN: f64 = 0.2;
/// Smaller growth is not named. It is a share of the sync time of the best setting.
const GROWN_MIN: f64 = 0.005;

/// Explains at most two settings: one below and one above the flat region (the settings nearly as
/// good as the best). If settings are words, it explains each worse one. The list is empty if
/// chance can explain the difference, or if the objective is not about sync time.
pub fn causes(
    axis: &str,
    objective: &Objective,
    points: &[Point<'_>],
    finding: &Finding,
    fit: Option<Fit>,
) -> Vec<Cause> {
    if !objective.is_of_sync_time() {
        return Vec::new();
    }
    let best = &points[finding.best];
    let is_dearer = |i: &usize| {
        let point = &points[*i];
        let costs_more = point.candidate().is_some() && cost(point, best).is_some_and(|cost| cost > FLAT);
        let is_luck = || match &finding.as_good {
            Some(good) if point.prices.keys().eq(best.prices.keys()) => good.contains(i),
            _ => may_be_luck(point, best, *i as u64),
        };
        costs_more && !is_luck()
    };
    let (first, last) = finding.flat;
    let worse: Vec<usize> = if are_words(points) {
        (0..points.len()).filter(is_dearer).collect()
    } else {
        let above = (last + 1..points.len()).rfind(is_dearer);
        (0..first).find(is_dearer).into_iter().chain(above).collect()
    };
    let shares = |point| Shares::of(Side::of(axis), point, fit, objective.is_sync_rate());
    let cause = |at: usize| {
        let here = &points[at];
        let cost = cost(here, best).filter(|cost| cost.is_finite())?;
        let longer = longer(here, best, objective);
        let grown = |(part, of): (Part, Take)| {
            let share = of(shares(here)?);
            let at_best = of(shares(best)?);
            Some(Grown { part, share, at_best, by: share * longer - at_best })
        };
        let mut grown: Vec<Grown> = parts(here, best, fit.is_some()).into_iter().filter_map(grown).collect();
        grown.retain(|part| part.by > GROWN_MIN && part.by >= EXPLAINED_BY_EACH_MIN * (cost - 1.0));
        grown.sort_by(|a, b| b.by.total_cmp(&a.by));
        let mut explained = 0.0;
        let enough = grown.iter().position(|part| {
            explained += part.by;
            explained >= EXPLAINED_MIN * (cost - 1.0)
        });
        grown.truncate(enough.map_or(0, |last| last + 1));
        Some(Cause { at, cost, longer, grown })
    };
    worse.into_iter().filter_map(cause).collect()
}

fn cost(here: &Point<'_>, best: &Point<'_>) -> Option<f64> {
    let pairs = pairs(here, best).into_iter();
    let sums = pairs.fold((0.0, 0.0), |sums, (here, best)| (sums.0 + here, sums.1 + best));
    Some(sums.0 / sums.1).filter(|cost| !cost.is_nan())
}

/// The factor by which syncs take longer than with the best setting: per row, per sync, or in
/// total.
fn longer(here: &Point<'_>, best: &Point<'_>, objective: &Objective) -> f64 {
    let [here, best] = [here.of_seeds_in(best), best.of_seeds_in(here)];
    let is_rate = objective.is_sync_rate();
    let count = |point: &Point<'_>| match objective.stat.as_str() {
        _ if is_rate => rows(point),
        "value" => 1.0,
        _ => point.count(&objective.metric),
    };
    let all = ran(&here, is_rate) / ran(&best, is_rate);
    let longer = all / (count(&here) / count(&best));
    if longer.is_finite() { longer } else { 1.0 }
}

type Take = fn(Shares) -> f64;

fn parts(here: &Point<'_>, best: &Point<'_>, is_fitted: bool) -> Vec<(Part, Take)> {
    let mut parts: Vec<(Part, Take)> = vec![
        if is_fitted { (Part::RoundTrips, |s| s.waiting) } else { (Part::Answers, |s| s.moving) },
        (Part::Queue, |s| s.queued),
        (Part::Failures(failures(here, best)), |s| s.lost + s.backing_off),
        (Part::Writing, |s| s.writing),
    ];
    if here.sum("engine.hooks.count") + here.sum("device.kills.count") > 0.0 {
        parts.push((Part::Rest, |s| s.rest));
    }
    parts
}

/// The kind of failed request that grew most compared with the best setting. If no kind grew, it is
/// the most frequent one.
fn failures(here: &Point<'_>, best: &Point<'_>) -> &'static str {
    let seeds = here.cells.len() as f64 / best.cells.len().max(1) as f64;
    let most = |count: &dyn Fn(&str) -> f64| {
        FAILURES.into_iter().rev().max_by(|a, b| count(a).total_cmp(&count(b))).filter(|a| count(a) > 0.0)
    };
    most(&|metric| here.sum(metric) - seeds * best.sum(metric))
        .or_else(|| most(&|metric| here.sum(metric)))
        .unwrap_or(FAILURES[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{CellRecord, Verdict, fixture};

    fn blamed(figures: &[(&'static str, u64, u64)]) -> Vec<Part> {
        let cells = [0, 1].map(|setting| {
            let cell = |seed: u64| {
                let mut cell = CellRecord { verdict: Verdict::Pass, ..CellRecord::default() };
                cell.seed = seed.to_string();
                let of = |(name, here, best): &(_, u64, u64)| (*name, [*here, *best][setting]);
                fixture::set(&mut cell, &figures.iter().map(of).collect::<Vec<_>>());
                cell
            };
            [1, 2, 3].map(cell)
        });
        let objective: Objective = "engine.session.time".parse().unwrap();
        let points = [("32", &cells[0]), ("64", &cells[1])]
            .map(|(value, cells)| Point::new(value, cells.iter().collect(), &objective));
        let finding = Finding { best: 1, noise: None, flat: (1, 1), as_good: None, near: vec![1] };
        let causes = causes("engine.pull.chunk_rows", &objective, &points, &finding, None);
        causes[0].grown.iter().map(|grown| grown.part).collect()
    }

    #[test]
    fn a_cost_is_put_down_to_what_explains_half_of_it() {
        const PULL: &str = "engine.pull.time";
        const RETRY: &str = "engine.retry.time";
        let of = |more: &[(&'static str, u64, u64)]| {
            let ran = [("engine.session.time", 2_000, 1_000), ("engine.requests.lost_time", 0, 0)];
            blamed(&[&ran[..], more].concat())
        };
        let cut = Part::Failures("engine.requests.cut");
        let queue = ("engine.requests.queued_time", 490, 40);
        assert_eq!(of(&[(PULL, 1_000, 500), queue, (RETRY, 400, 50)]), [Part::Queue, cut]);
        assert_eq!(of(&[(PULL, 70, 70), (RETRY, 30, 0)]), [], "next to nothing of it");
        let down = ("engine.requests.unavailable", 900, 900);
        let quota = ("engine.requests.throttled", 300, 0);
        let refused = Part::Failures("engine.requests.throttled");
        assert_eq!(of(&[(RETRY, 800, 100), down, quota]), [refused], "the server is down for both");
        assert_eq!(of(&[(RETRY, 800, 100), down]), [Part::Failures("engine.requests.unavailable")]);
        assert_eq!(of(&[("engine.apply.time", 900, 50)]), [Part::Writing]);
        assert_eq!(of(&[(PULL, 900, 900), ("device.kills.count", 3, 3)]), [Part::Rest]);
        assert_eq!(of(&[(PULL, 900, 900)]), [], "nobody was killed");
        assert_eq!(of(&[(PULL, 1_800, 900)]), [Part::Answers]);
    }
}
