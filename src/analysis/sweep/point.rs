//! A setting of a sweep with its cells, and the reason why it is excluded.

use std::collections::BTreeMap;

use super::objective::{Objective, mean_price};
use super::together::pooled;
use crate::base::{BitRate, Bytes, Span};
use crate::metrics::{Censored, NEVER, Unit};
use crate::record::{CellRecord, Reason, Verdict};

/// One setting. Its cells (single simulations) differ only in their seed.
#[derive(Clone, Debug, Default)]
pub struct Point<'a> {
    pub value: String,
    pub cells: Vec<&'a CellRecord>,
    pub prices: BTreeMap<&'a str, f64>,
    /// The price over the waits of all seeds. It is set if a percentile is [`NEVER`] under one seed
    /// but not over all waits.
    pub together: Option<f64>,
    pub trouble: Option<Trouble<'a>>,
}

pub fn axis_of(cell: &CellRecord, key: &str) -> String {
    cell.axes.get(key).map_or_else(String::new, plain)
}

pub fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// True if settings are words, such as modes. Words have no order.
pub fn are_words(points: &[Point<'_>]) -> bool {
    points.iter().any(|point| point.number().is_none())
}

impl<'a> Point<'a> {
    pub fn new(value: &str, cells: Vec<&'a CellRecord>, objective: &Objective) -> Point<'a> {
        let ended = cells.iter().filter(|cell| cell.verdict.was_run());
        let prices: BTreeMap<&str, f64> =
            ended.clone().filter_map(|cell| Some((cell.seed.as_str(), objective.price(cell)?))).collect();
        let is_never = prices.values().any(|price| *price >= NEVER as f64);
        let ended = || ended.copied().collect::<Vec<_>>();
        let together = is_never.then(|| pooled(&objective.stat, &objective.metric, &ended())).flatten();
        let together = together.map(|figure| figure as f64).filter(|_| objective.unit == Unit::Ns);
        Point { value: value.to_owned(), cells, prices, together, trouble: None }
    }
    /// The number of waits that never ended; `None` if the objective is a count.
    pub fn censored(&self, objective: &Objective) -> Option<Censored> {
        let figures = self.cells.iter().filter_map(|cell| cell.metrics.get(objective.metric.as_str()));
        Censored::of(figures).filter(|_| objective.unit != Unit::Count)
    }
    /// The mean figure, rounded; `None` without a figure. If the figure is [`NEVER`] under one
    /// seed, the figure over the waits of all seeds replaces the mean.
    pub fn figure(&self, objective: &Objective) -> Option<u64> {
        Some((objective.figure(self.price()?) + 0.5) as u64)
    }
    pub fn price(&self) -> Option<f64> {
        let prices: Vec<f64> = self.prices.values().copied().collect();
        let price = (!prices.is_empty()).then(|| mean_price(&prices))?;
        Some(self.together.unwrap_or(price))
    }
    /// The price; `None` if the setting is excluded.
    pub fn candidate(&self) -> Option<f64> {
        self.price().filter(|_| self.trouble.is_none())
    }
    /// True if nothing was measured and nothing excludes the setting.
    pub fn is_unknown(&self) -> bool {
        self.prices.is_empty() && self.trouble.is_none()
    }
    /// The value as a number: plain, or a duration, size, rate or percentage. `None` for words.
    pub fn number(&self) -> Option<f64> {
        let text = &self.value;
        let plain = text.replace('_', "").parse().ok().filter(|x: &f64| x.is_finite());
        let span = || text.parse().ok().map(|Span(ns)| ns as f64);
        let size = || text.parse().ok().map(|Bytes(n)| n as f64);
        let rate = || text.parse().ok().map(|BitRate(n)| n as f64);
        let percent = || text.strip_suffix('%')?.parse().ok().filter(|x: &f64| x.is_finite());
        plain.or_else(percent).or_else(span).or_else(size).or_else(rate)
    }
    /// The same setting with only the seeds that `other` also has.
    pub fn of_seeds_in(&self, other: &Point<'_>) -> Point<'a> {
        let mut both = self.clone();
        both.cells.retain(|cell| other.cells.iter().any(|of_other| of_other.seed == cell.seed));
        both
    }
    pub fn sum(&self, metric: &str) -> f64 {
        self.stats(metric, "value").sum()
    }
    pub fn count(&self, metric: &str) -> f64 {
        self.stats(metric, "count").sum()
    }
    pub fn max(&self, metric: &str) -> f64 {
        self.stats(metric, "max").fold(0.0, f64::max)
    }
    fn stats(&self, metric: &str, stat: &str) -> impl Iterator<Item = f64> {
        self.cells.iter().filter_map(move |cell| Some(cell.metrics.get(metric)?.stat(stat)? as f64))
    }
}

/// The reason why a setting is excluded.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble<'a> {
    Failed {
        /// The cell with the gravest reason, and this reason.
        worst: (&'a CellRecord, Option<&'a Reason>),
        failed: usize,
        of: usize,
    },
    /// A reason as text, from a search.
    Told(String),
}

/// The failure that excludes a setting; `None` if no cell failed.
pub fn trouble<'a>(cells: &[&'a CellRecord]) -> Option<Trouble<'a>> {
    let failing = || cells.iter().copied().filter(|cell| cell.verdict == Verdict::Fail);
    let reasons = failing().flat_map(|cell| cell.reasons.iter().map(move |reason| (cell, reason)));
    let worst = reasons.min_by_key(|(_, reason)| reason.severity());
    let worst = worst.map_or((failing().next()?, None), |(cell, reason)| (cell, Some(reason)));
    Some(Trouble::Failed { worst, failed: failing().count(), of: cells.len() })
}
