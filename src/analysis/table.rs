//! A table that a scenario declares for a sweep. It shows the result of each setting.
//!
//! A setting is one value per axis. Its cells (single simulations) differ only in their seed.
//! Invariant: the figures of a setting come from its own cells. A refused setting has no figures.

use std::collections::BTreeMap;

use super::cells::axis;
use super::order::distinct;
use super::sweep::{axis_of, plain};
use crate::metrics::{self, Better, Kind, Metric, NEVER, Unit};
use crate::record::{CellRecord, named};
use crate::scenario::{TableAxis, TableColumn, TablePlan};

/// A figure, identified by its name in a table.
#[derive(Clone, Copy, Debug)]
pub struct Named<'n>(pub &'n str);

/// The value of each axis, and the reason why these values cannot run together, if there is one.
pub type Tried = (Vec<String>, Option<String>);

/// A combination of values of the axes.
#[derive(Clone, Debug)]
pub struct Setting<'a> {
    pub labels: &'a [String],
    /// The cells that ended. Empty if the setting was refused.
    pub cells: Vec<&'a CellRecord>,
    pub refused: Option<&'a str>,
}

#[derive(Debug)]
pub struct Table<'a> {
    pub plan: &'a TablePlan,
    pub settings: Vec<Setting<'a>>,
    /// True if all settings have run.
    pub is_whole: bool,
    /// Kinds of changes that the scenario never makes.
    pub never: &'a [&'static str],
}

impl<'n> Named<'n> {
    fn metric(self) -> Option<(&'static Metric, &'n str)> {
        let (metric, stat) = named(self.0.split(" + ").next()?, |name| metrics::find(name).is_some())?;
        Some((metrics::find(&metric)?, stat))
    }
    pub fn stat(self) -> Option<&'n str> {
        self.metric().map(|(_, stat)| stat)
    }
    pub fn unit(self) -> Unit {
        self.metric().map_or(Unit::Count, |(metric, stat)| metric.unit.of_stat(stat))
    }
    pub fn order(self, one: u64, other: u64) -> std::cmp::Ordering {
        let is_higher = self.metric().is_some_and(|(metric, _)| metric.better == Better::Higher);
        if is_higher { other.cmp(&one) } else { one.cmp(&other) }
    }
    /// The figure of a cell. A missing number is 0. A distribution without observations is `None`.
    pub fn of(self, cell: &CellRecord) -> Option<u64> {
        let is_number = |name| metrics::find(name).is_some_and(|metric| metric.kind != Kind::Distribution);
        let part = |name| cell.expected(name).or(is_number(name).then_some(0));
        self.0.split(" + ").map(part).try_fold(0_u64, |sum, part| Some(sum.saturating_add(part?)))
    }
    /// The mean over the cells that have the figure; [`NEVER`] if one of them is [`NEVER`].
    pub fn mean(self, cells: &[&CellRecord]) -> Option<u64> {
        let all: Vec<u64> = cells.iter().filter_map(|cell| self.of(cell)).collect();
        let total: u128 = all.iter().map(|one| u128::from(*one)).sum();
        let mean = total.checked_div(all.len() as u128)? as u64;
        Some(if all.contains(&NEVER) { NEVER } else { mean })
    }
    pub fn sum(self, cells: &[&CellRecord]) -> u64 {
        cells.iter().filter_map(|cell| self.of(cell)).fold(0, u64::saturating_add)
    }
}

/// The value of an axis that all keys of a cell match.
fn label(of: &TableAxis, cell: &CellRecord) -> String {
    let has = |value: &&String| of.sets(value).iter().all(|(key, to)| axis_of(cell, key) == plain(&axis(to)));
    match &*of.title {
        "scenario" if of.values.is_empty() => cell.scenario.clone(),
        "variant" if of.values.is_empty() => cell.variant.clone().unwrap_or_default(),
        _ => {
            of.values.iter().filter(has).max_by_key(|value| of.sets(value).len()).cloned().unwrap_or_default()
        }
    }
}

impl<'a> Table<'a> {
    /// The table of the settings in `tried`. Settings that have not run yet are left out.
    pub fn new(
        plan: &'a TablePlan,
        tried: &'a [Tried],
        cells: &'a [CellRecord],
        never: &'a [&'static str],
    ) -> Table<'a> {
        let mut of: BTreeMap<Vec<String>, Vec<&CellRecord>> = BTreeMap::new();
        for cell in cells.iter().filter(|cell| cell.verdict.was_run()) {
            of.entry(plan.axis.iter().map(|axis| label(axis, cell)).collect()).or_default().push(cell);
        }
        let setting = |(labels, refused): &'a Tried| Setting {
            labels,
            cells: of.get(labels).cloned().unwrap_or_default(),
            refused: refused.as_deref(),
        };
        let settings = tried.iter().map(setting);
        let settings = settings.filter(|setting| setting.refused.is_some() || !setting.cells.is_empty());
        let settings: Vec<Setting<'_>> = settings.collect();
        Table { plan, is_whole: settings.len() == tried.len(), settings, never }
    }

    /// The index of the axis with this title.
    pub fn axis(&self, title: Option<&str>) -> Option<usize> {
        self.plan.axis.iter().position(|axis| Some(&*axis.title) == title)
    }

    /// The words that a column shows for these cells.
    pub fn said(&self, column: &TableColumn, cells: &[&CellRecord]) -> String {
        let mut said = String::new();
        for word in &column.words {
            let amount = word.when.as_ref().map(|when| Named(when).sum(cells));
            if amount != Some(0) && (said.is_empty() || !word.first) {
                said += &word.say.replace("{}", &amount.unwrap_or(0).to_string());
            }
        }
        said.trim_start_matches(", ").to_owned()
    }

    /// The names of the columns of [`Table::row`]: axes, words, figures, and the reason of a
    /// refusal.
    pub fn header(&self) -> Vec<&str> {
        let axes = self.plan.axis.iter().map(|axis| axis.title.as_str());
        let words = self.words().map(|column| column.title.as_str());
        axes.chain(words).chain(self.figures()).chain(["refused"]).collect()
    }
    /// A setting as a row for programs. An unknown value is an empty field.
    pub fn row(&self, setting: &Setting<'_>) -> Vec<String> {
        let Setting { labels, cells, refused } = setting;
        let known = |text: String| if cells.is_empty() { String::new() } else { text };
        let words = self.words().map(|column| known(self.said(column, cells)));
        let figures = self.figures().into_iter().map(|figure| Named(figure).mean(cells));
        let figures = figures.map(|figure| figure.map_or_else(String::new, |n| n.to_string()));
        let refused = [refused.unwrap_or_default().to_owned()];
        labels.iter().cloned().chain(words).chain(figures).chain(refused).collect()
    }
    fn words(&self) -> impl Iterator<Item = &TableColumn> {
        self.plan.column.iter().filter(|column| column.figure.is_none())
    }
    fn figures(&self) -> Vec<&str> {
        let shown = self.plan.column.iter().flat_map(|column| [&column.figure, &column.per]).flatten();
        distinct(shown.chain(&self.plan.also).map(String::as_str))
    }
}
