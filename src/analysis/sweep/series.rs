//! The cells of a sweep, sorted into series of settings.

use std::collections::BTreeMap;

use super::objective::Objective;
use crate::base::{BitRate, Bytes, Span};
use crate::record::{CellRecord, Exit, Reason, RunRecord, Verdict};

#[derive(Debug)]
pub struct Sweep<'a> {
    pub axis: String,
    pub across: Vec<String>,
    pub objective: Objective,
    pub series: Vec<Series<'a>>,
    /// Cells are missing: the run was cut short.
    pub is_partial: bool,
}

/// The settings of the first axis that have everything else in common.
#[derive(Debug)]
pub struct Series<'a> {
    /// Its variant and the values of the other axes.
    pub name: String,
    pub variant: Option<String>,
    pub values: Vec<String>,
    pub points: Vec<Point<'a>>,
}

/// One setting: cells that differ in their seed alone.
#[derive(Clone, Debug)]
pub struct Point<'a> {
    pub value: String,
    pub cells: Vec<&'a CellRecord>,
    pub prices: BTreeMap<&'a str, f64>,
    pub trouble: Option<Trouble<'a>>,
}

impl<'a> Sweep<'a> {
    /// Sorts the cells of `record` by the axes, each with its values in order, the first axis
    /// first.
    pub fn new(record: &'a RunRecord, axes: &[(String, Vec<String>)], objective: Objective) -> Sweep<'a> {
        let (first, others) = axes.split_first().expect("a sweep has an axis");
        let mut sorted: BTreeMap<(Option<&str>, Vec<String>), Vec<&CellRecord>> = BTreeMap::new();
        for cell in &record.cells {
            let at = axes.iter().map(|(key, _)| axis_of(cell, key)).collect();
            sorted.entry((cell.variant.as_deref(), at)).or_default().push(cell);
        }
        let mut variants: Vec<Option<&str>> =
            record.cells.iter().map(|cell| cell.variant.as_deref()).collect();
        variants.sort_unstable();
        variants.dedup();
        let mut series = Vec::new();
        for variant in variants {
            for values in combinations(others) {
                let point = |value: &String| {
                    let at = [value.clone()].into_iter().chain(values.iter().cloned()).collect();
                    let cells = sorted.get(&(variant, at)).cloned().unwrap_or_default();
                    Point::new(value, cells, &objective)
                };
                let points = in_order(first.1.iter().map(point).collect());
                let name: Vec<&str> = variant.into_iter().chain(values.iter().map(String::as_str)).collect();
                let name = if name.is_empty() { objective.name() } else { name.join(" ") };
                series.push(Series { name, variant: variant.map(str::to_owned), values, points });
            }
        }
        let across = others.iter().map(|(key, _)| key.clone()).collect();
        Sweep { axis: first.0.clone(), across, objective, series, is_partial: !record.complete }
    }

    pub fn seeds(&self) -> usize {
        self.series.iter().flat_map(|s| &s.points).map(|point| point.prices.len()).max().unwrap_or(0)
    }
}

/// Settings by their number, however they were asked for: what lies between and beyond goes by it.
/// Words stay as they are.
fn in_order(mut points: Vec<Point<'_>>) -> Vec<Point<'_>> {
    if points.iter().all(|point| point.number().is_some()) {
        points.sort_by(|a, b| a.number().partial_cmp(&b.number()).expect("numbers of settings are finite"));
    }
    points
}

pub fn axis_of(cell: &CellRecord, key: &str) -> String {
    cell.axes.get(key).map_or_else(String::new, plain)
}

pub fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn combinations(axes: &[(String, Vec<String>)]) -> Vec<Vec<String>> {
    axes.iter().fold(vec![Vec::new()], |all, (_, values)| {
        let longer = |one: &Vec<String>| {
            let one = one.clone();
            values
                .iter()
                .map(move |value| [one.as_slice(), std::slice::from_ref(value)].concat())
                .collect::<Vec<_>>()
        };
        all.iter().flat_map(longer).collect()
    })
}

impl Series<'_> {
    /// Whether its settings are words, such as modes: they have no order.
    pub fn is_of_words(&self) -> bool {
        self.points.iter().any(|point| point.number().is_none())
    }
}

impl<'a> Point<'a> {
    pub fn new(value: &str, cells: Vec<&'a CellRecord>, objective: &Objective) -> Point<'a> {
        let ended = cells.iter().filter(|cell| cell.verdict != Verdict::Incomplete);
        let prices = ended.filter_map(|cell| Some((cell.seed.as_str(), objective.price(cell)?))).collect();
        let trouble = trouble(&cells);
        Point { value: value.to_owned(), cells, prices, trouble }
    }

    pub fn price(&self) -> Option<f64> {
        let sum: f64 = self.prices.values().sum();
        (!self.prices.is_empty()).then(|| sum / self.prices.len() as f64)
    }
    /// The same, if the setting may be the best.
    pub fn candidate(&self) -> Option<f64> {
        self.price().filter(|_| self.trouble.is_none())
    }
    /// Nothing of it was measured, and nothing speaks against it.
    pub fn is_unknown(&self) -> bool {
        self.prices.is_empty() && self.trouble.is_none()
    }
    /// The value as a number, where it is one; units are told apart by nothing but their size.
    pub fn number(&self) -> Option<f64> {
        let text = &self.value;
        let plain = text.replace('_', "").parse().ok().filter(|x: &f64| x.is_finite());
        let span = || text.parse().ok().map(|Span(ns)| ns as f64);
        let size = || text.parse().ok().map(|Bytes(n)| n as f64);
        let percent = || text.strip_suffix('%')?.parse().ok().filter(|x: &f64| x.is_finite());
        plain
            .or_else(percent)
            .or_else(span)
            .or_else(size)
            .or_else(|| text.parse().ok().map(|BitRate(n)| n as f64))
    }
    /// The setting without the cells of seeds that `other` has none of.
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

/// Why a setting is excluded.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble<'a> {
    Failed {
        /// The one with the gravest reason, and that; of a cell without any there is none.
        worst: (&'a CellRecord, Option<&'a Reason>),
        failed: usize,
        of: usize,
    },
    /// As a search tells it.
    Told(String),
}

/// Why a setting is excluded by its cells; `None` if none failed.
pub fn trouble<'a>(cells: &[&'a CellRecord]) -> Option<Trouble<'a>> {
    let failing: Vec<&CellRecord> =
        cells.iter().copied().filter(|cell| cell.verdict == Verdict::Fail).collect();
    let reasons = || failing.iter().flat_map(|cell| cell.reasons.iter().map(move |reason| (*cell, reason)));
    let gravest = Exit::first(reasons().map(|(_, reason)| reason.exit()));
    let worst = reasons().find(|(_, reason)| reason.exit() == gravest);
    let worst = worst.map_or((*failing.first()?, None), |(cell, reason)| (cell, Some(reason)));
    Some(Trouble::Failed { worst, failed: failing.len(), of: cells.len() })
}
