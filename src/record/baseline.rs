//! A baseline is a file of figures that later runs must reproduce. It is committed to version
//! control and has one line per metric.
//!
//! A run also fails if a figure improved: an improvement that nobody accepts would hide the next
//! regression. A figure is the value of a metric in one cell (one simulation). A gated figure is
//! one that fails the run if it differs.

use std::collections::{BTreeMap, BTreeSet};

use super::exit::Exit;
use super::figures::CellFigures;
use super::headlines::is_gated;
use super::repro::shell_word;
use super::run::{ACCEPT, CellRecord, RunRecord, Tool, Verdict};
use crate::metrics::{self, Better, Figure, human};

pub(super) const SCHEMA_VERSION: &str = "2.0.0";

/// The figures of a run that later runs must reproduce.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    pub schema_version: String,
    pub tool: Tool,
    /// The reasons that users gave when they saved or changed the baseline, the latest last.
    pub reasons: Vec<String>,
    /// Cells by their id.
    pub cells: BTreeMap<String, BaselineCell>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BaselineCell {
    pub scenario: String,
    /// The digest of the resolved scenario.
    pub resolved: String,
    pub variant: Option<String>,
    pub axes: BTreeMap<String, serde_json::Value>,
    pub seed: String,
    pub digest: String,
    /// The metrics that the scenario wants to gate. If the list is empty, the default metrics are
    /// gated.
    pub gated: Vec<String>,
    pub metrics: CellFigures,
}

/// The reason why a file or a record is not a valid baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    #[error("not a baseline: {0}")]
    Shape(#[from] serde_json::Error),
    #[error(
        "the baseline has schema version {0}, and this program reads version 2: remove it, and save it again"
    )]
    Version(String),
    /// Some cells of the record failed or did not end, or its search failed.
    #[error("{0} did not pass, and a baseline contains only passing cells: save a run that passes")]
    NotPassing(String),
    #[error("{0} was observed, so no seed repeats it, and a baseline contains only repeatable cells")]
    Observed(String),
    #[error("the run has no cell")]
    Empty,
}

impl Baseline {
    /// Makes a baseline from a run. Its cells must pass, or fail only against another baseline.
    pub fn of(record: &RunRecord, reasons: Vec<String>) -> Result<Baseline, BaselineError> {
        if record.cells.is_empty() {
            return Err(BaselineError::Empty);
        }
        if let Some(cell) = record.cells.iter().find(|cell| cell.observed.is_some()) {
            return Err(BaselineError::Observed(cell.id.clone()));
        }
        // A search can fail without a failing cell, so the exit code decides here.
        if record.tune.is_some() && record.exit_code != Exit::Success.code() {
            return Err(BaselineError::NotPassing("the search".to_owned()));
        }
        let differs = [Exit::Regression, Exit::NoBaseline];
        let only_differs = |cell: &&CellRecord| {
            let mut reasons = cell.reasons.iter();
            cell.verdict == Verdict::Fail && reasons.all(|reason| differs.contains(&reason.exit()))
        };
        let sound = |cell: &&CellRecord| cell.verdict == Verdict::Pass || only_differs(cell);
        if let Some(cell) = record.cells.iter().find(|cell| !sound(cell)) {
            return Err(BaselineError::NotPassing(cell.id.clone()));
        }
        let cell = |cell: &CellRecord| {
            let gated = record.resolved.get(&cell.resolved).map(|text| named_metrics(text));
            let gated = gated.unwrap_or_default();
            let CellRecord { id, scenario, resolved, variant, axes, seed, digest, metrics, .. } =
                cell.clone();
            (id, BaselineCell { scenario, resolved, variant, axes, seed, digest, gated, metrics })
        };
        Ok(Baseline {
            schema_version: SCHEMA_VERSION.to_owned(),
            tool: Tool::this(),
            reasons,
            cells: record.cells.iter().map(cell).collect(),
        })
    }

    /// Adds the cells of `newer`. With `prune`, removes all cells that `newer` does not have.
    /// Returns 3 numbers: new cells, changed cells, and cells that `newer` does not have.
    pub fn take_in(&mut self, newer: Baseline, prune: bool) -> [usize; 3] {
        let (before, taken) = (self.cells.len(), newer.cells.len());
        let is_other =
            |(id, cell): &(&String, &BaselineCell)| self.cells.get(*id).is_some_and(|of| of != *cell);
        let other = newer.cells.iter().filter(is_other).count();
        self.tool = newer.tool;
        let mut cells = newer.cells;
        let new = cells.keys().filter(|id| !self.cells.contains_key(*id)).count();
        std::mem::swap(&mut self.cells, &mut cells);
        for (id, cell) in cells.into_iter().filter(|_| !prune) {
            self.cells.entry(id).or_insert(cell);
        }
        [new, other, before + new - taken]
    }

    /// The cells of the baseline that `wanted` accepts and that are not in `cells`, with their ids.
    pub fn lacks(
        &self,
        cells: &[&CellRecord],
        wanted: impl Fn(&BaselineCell) -> bool,
    ) -> Vec<(&str, &BaselineCell)> {
        let ran: BTreeSet<&str> = cells.iter().map(|cell| cell.id.as_str()).collect();
        let all = self.cells.iter().map(|(id, cell)| (id.as_str(), cell));
        all.filter(|(id, cell)| !ran.contains(id) && wanted(cell)).collect()
    }
}

impl BaselineCell {
    /// True if this cell has every gated metric of `cell`, for the same scenario and seed. Metrics
    /// that `knows` rejects are not needed.
    pub fn is_whole(&self, cell: &CellRecord, wanted: &[String], knows: impl Fn(&str) -> bool) -> bool {
        let all = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
        let gated = |name: &&str| self.gates(name) && (knows(name) || !self.gated.is_empty());
        let mut measured = cell.metrics.keys().map(AsRef::as_ref).filter(gated);
        (&self.scenario, &self.seed) == (&cell.scenario, &cell.seed)
            && all(&self.gated) == all(wanted)
            && measured.all(|name| self.metrics.contains_key(name))
            && self.metrics.keys().any(|name| self.gates(name))
    }
    /// The differences between `cell` and this cell of the baseline, the worse ones first.
    pub fn changes(&self, cell: &CellRecord) -> Vec<Change> {
        let names: BTreeSet<&str> =
            self.metrics.keys().chain(cell.metrics.keys()).map(AsRef::as_ref).collect();
        let changed = names.into_iter().filter_map(|name| {
            let (kind, text) = match (self.metrics.get(name), cell.metrics.get(name)) {
                (Some(before), Some(now)) if before.is_alike(now) => return None,
                (Some(before), Some(now)) => moved(name, before, now),
                (Some(_), None) => (Kind::Changed, format!("{name} is no longer measured")),
                (None, _) => (Kind::Changed, format!("{name} is new")),
            };
            // A metric that is missing in the baseline is new in the program, so it is not gated.
            let gated = self.gates(name) && self.metrics.contains_key(name);
            Some((kind, Change { gated, text }))
        });
        let mut changed: Vec<(Kind, Change)> = changed.collect();
        changed.sort_by_key(|(kind, _)| *kind);
        changed.into_iter().map(|(_, change)| change).collect()
    }
    pub fn gated_metrics_text(&self) -> String {
        match self.gated.as_slice() {
            [] => "the headline metrics and the oracle's".to_owned(),
            named => named.join(", "),
        }
    }
    pub fn gates(&self, metric: &str) -> bool {
        match self.gated.as_slice() {
            [] => is_gated(metric),
            named => named.iter().any(|name| name == metric),
        }
    }
}

/// The value of `baseline_metrics` in a resolved scenario.
fn named_metrics(resolved: &str) -> Vec<String> {
    let table: toml::Table = toml::from_str(resolved).unwrap_or_default();
    let named = table.get("baseline_metrics").and_then(toml::Value::as_array);
    named.into_iter().flatten().filter_map(toml::Value::as_str).map(str::to_owned).collect()
}

/// A figure that differs from the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub gated: bool,
    pub text: String,
}

/// The end of a sentence: it gives the command that makes the run in `folder` the new baseline.
pub fn accept(name: &str, folder: &str) -> String {
    format!("{ACCEPT}{}", accept_command(name, folder, ""))
}

/// The same command without the words before it, and with an extra option.
pub fn accept_command(name: &str, folder: &str, option: &str) -> String {
    let [name, folder] = [name, folder].map(shell_word);
    format!("syncdyno baseline update {name} {folder}{option} --reason \"…\"")
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Worse,
    Changed,
    Better,
}

/// The text of a change: `engine.rows.rate is worse: 27.8 rows/s → 26.1 rows/s (−6.1 %)`
fn moved(name: &str, before: &Figure, now: &Figure) -> (Kind, String) {
    let stats = ["value", "p95", "p50", "p99", "max", "min", "never", "count", "mean"];
    let differs = |stat: &&str| before.stat(stat) != now.stat(stat);
    // Numbers of different units cannot be compared.
    let alike = before.unit() == now.unit();
    let Some(stat) = stats.into_iter().find(differs).filter(|_| alike) else {
        return (Kind::Changed, format!("{name} is measured differently now"));
    };
    let unit = now.unit().of_stat(stat);
    let show = |figure: &Figure| {
        let censored = figure.censored().filter(|_| unit == figure.unit());
        figure.stat(stat).map_or_else(|| "nothing".to_owned(), |v| human::of_waits(unit, v, censored))
    };
    let (was, is) = (before.stat(stat), now.stat(stat));
    let [there, here] = match (was, is) {
        (Some(was), Some(is)) if before.censored().or(now.censored()).is_none() => {
            human::apart(unit, was, is)
        }
        _ => [before, now].map(show),
    };
    let better = metrics::find(name).map_or(Better::Neither, |metric| metric.better);
    let (kind, word) = match (better, is > was) {
        // A count is neither better nor worse. If one side has no figure, the change has no
        // direction.
        _ if stat == "count" || was.is_none() || is.is_none() => (Kind::Changed, "changed"),
        (Better::Neither, _) => (Kind::Changed, "changed"),
        (Better::Higher, true) | (Better::Lower, false) => (Kind::Better, "better"),
        _ => (Kind::Worse, "worse"),
    };
    let change = match (was, is) {
        (Some(was @ 1..), Some(is)) => human::change(was, is),
        _ => String::new(),
    };
    let stat = if stat == "value" { String::new() } else { format!(" {stat}") };
    // Figures that differ by a few nanoseconds can have the same text.
    let moved = if there == here { there } else { format!("{there} → {here}") };
    (kind, format!("{name}{stat} is {word}: {moved}{change}"))
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn a_figure_that_moved_by_its_last_digit_is_shown_with_it() {
        let figure = |value| Figure::Value { unit: metrics::Unit::MilliRowsPerSecond, value };
        let (_, told) = moved("engine.rows.rate", &figure(127_800_400), &figure(127_800_300));
        let told = told.replace('\u{2009}', " ");
        let said = "engine.rows.rate is worse: 127 800.400 rows/s → 127 800.300 rows/s (−< 0.01 %)";
        assert_eq!(told, said);
        let [was, is] =
            [2_000_000_000, 2_000_000_007].map(|value| Figure::Value { unit: metrics::Unit::Ns, value });
        let (_, told) = moved("engine.session.time", &was, &is);
        assert_eq!(told, "engine.session.time is worse: 2.00 s (+< 0.01 %)");
    }
    #[test]
    fn a_figure_of_which_nothing_is_left_is_not_better() {
        let (some, none) = (fixture::durations(9, 1_000), fixture::durations(0, 0));
        let name = "engine.session.duration";
        assert_eq!(moved(name, &some, &none).1, "engine.session.duration p95 is changed: 2.00 µs → nothing");
        assert_eq!(moved(name, &none, &some).1, "engine.session.duration p95 is changed: nothing → 2.00 µs");
        let counted = Figure::Value { unit: metrics::Unit::Count, value: 7 };
        let timed = Figure::Value { unit: metrics::Unit::Ns, value: 5 };
        assert_eq!(moved(name, &counted, &timed).1, "engine.session.duration is measured differently now");
    }
}
