//! The headline figures in plain words, the gates, and the table of cells.

use std::collections::BTreeSet;

use maud::{Markup, PreEscaped, html};

use super::plots::observed;
use crate::analysis::found::is_found;
use crate::metrics::{self, Better, Figure, Unit, human};
use crate::record::{CellRecord, RunRecord, Verdict};
use crate::render::story::gate_grid;
use crate::render::{Form, table};

/// What people ask first: the metric (or by how much it exceeds another), which figure of it, and
/// what it says.
const HEADLINES: [(&str, &str, &str); 10] = [
    ("engine.usable_after_login.duration", "p95", "after login, until 95 of 100 people could work"),
    ("engine.write_acknowledged.duration", "p95", "until 95 of 100 edits were safe on the backend"),
    ("engine.write_visible.duration", "p95", "until 95 of 100 edits were seen by the others"),
    ("engine.rows.rate", "value", "received while a sync ran"),
    ("net.down.bytes", "value", "sent to devices"),
    ("net.down.bytes − engine.down.bytes", "value", "of that beyond useful answers: cut, repeated, headers"),
    ("engine.requests.count", "value", "requests"),
    ("oracle.lost.rows", "value", "missing on devices at the end"),
    ("oracle.lost_edit.count", "value", "edits lost"),
    ("oracle.divergent.devices", "value", "not equal to the backend at the end"),
];
/// Between a metric and the one that is taken off it.
const BEYOND: &str = " − ";
/// Gates told one by one: so many at most, and so many where no more than these are missed.
const GATES: (usize, usize) = (100, 20);
/// Cells told one by one.
const CELLS: usize = 200;
/// More columns than this are no table to look at.
const COLUMNS: usize = 24;

/// What cells differ in besides their seed.
fn columns(record: &RunRecord) -> BTreeSet<(&str, Option<&str>, String)> {
    let settings = |cell: &CellRecord| format!("{:?}", cell.axes);
    let cells = record.cells.iter();
    cells.map(|cell| (cell.scenario.as_str(), cell.variant.as_deref(), settings(cell))).collect()
}

/// One card for each headline: of cells that differ in their seed alone the median and the range,
/// of what the oracle found the worst; of others, which no figure stands for, the worst cell of
/// all.
pub(super) fn cards(record: &RunRecord) -> Markup {
    let ended: Vec<&CellRecord> =
        record.cells.iter().filter(|cell| cell.verdict != Verdict::Incomplete).collect();
    let settings = columns(record).len();
    html! {
        @if settings > 1 {
            p.note {
                "The worst of " (human::count(ended.len() as u64, "cell")) ", which differ in more than their seed: each figure is that of the \
                 cell named below it, and of all where none is. What the others came to stands in the tables."
            }
        }
        div.cards {
            @for (metric, stat, says) in HEADLINES {
                @if let Some((unit, values)) = values(&ended, metric, stat) {
                    @let found = Found::by(metric, &values);
                    @let values = if found == Found::Failing { of_failing(values) } else { values };
                    @let (shown, about) = if settings > 1 { worst(metric, unit, &values) } else { median(metric, unit, &values) };
                    div.card.bad[found == Found::Failing] {
                        b { (human::figure(unit, shown)) }
                        span { (says) @if found == Found::Expected { ", as its scenario expects" } }
                        @if let Some(about) = about { small { (about) } }
                        small { (breakable(metric)) @if stat != "value" { " " (stat) } }
                    }
                }
            }
        }
    }
}

/// The figures of cells, the smallest first.
type Values<'a> = Vec<(u64, &'a CellRecord)>;

/// What the oracle found by a figure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Nothing, or it is no figure of the oracle.
    Nothing,
    /// Something, in cells that pass alone: their scenarios expect it.
    Expected,
    /// Something in a cell that fails.
    Failing,
}

impl Found {
    fn by(metric: &str, values: &Values<'_>) -> Found {
        let mut found = values.iter().filter(|(value, _)| metric.starts_with("oracle.") && *value > 0);
        match (found.clone().next(), found.any(|(_, cell)| cell.verdict == Verdict::Fail)) {
            (None, _) => Found::Nothing,
            (_, true) => Found::Failing,
            (_, false) => Found::Expected,
        }
    }
}

/// The figures without those that cells which pass were expected to have: these are no measure of
/// what is wrong.
fn of_failing(values: Values<'_>) -> Values<'_> {
    values.into_iter().filter(|(value, cell)| *value == 0 || cell.verdict == Verdict::Fail).collect()
}

/// What stands for figures that differ by luck alone, and between what they lie, if they differ.
fn median(metric: &str, unit: Unit, values: &Values<'_>) -> (u64, Option<Markup>) {
    let [least, most] = [0, values.len() - 1].map(|i| values[i].0);
    let shown = if metric.starts_with("oracle.") { most } else { values[(values.len() - 1) / 2].0 };
    let [from, to] = [least, most].map(|value| human::figure(unit, value));
    (shown, (least < most).then(|| html! { (from) " to " (to) " in " (values.len()) " cells" }))
}

/// The worst figure, whose it is, and the best, if they differ.
fn worst(metric: &str, unit: Unit, values: &Values<'_>) -> (u64, Option<Markup>) {
    let name = metric.split_once(BEYOND).map_or(metric, |(name, _)| name);
    let (mut worst, mut best) = (values[values.len() - 1], values[0]);
    if metrics::find(name).is_some_and(|metric| metric.better == Better::Higher) {
        (worst, best) = (best, worst);
    }
    let about = html! { (breakable(&worst.1.id)) ", at best " (human::figure(unit, best.0)) };
    (worst.0, (worst.0 != best.0).then_some(about))
}

/// A name that may be broken behind its dots.
fn breakable(name: &str) -> Markup {
    html! { @for part in name.split_inclusive(['.', '_']) { (part) wbr; } }
}

/// The figure of all cells in order; `None` if no cell has one.
fn values<'a>(cells: &[&'a CellRecord], metric: &str, stat: &str) -> Option<(Unit, Values<'a>)> {
    let is_oracle = metric.starts_with("oracle.");
    let (metric, less) = metric.split_once(BEYOND).map_or((metric, None), |(m, less)| (m, Some(less)));
    let figures = cells.iter().filter_map(|cell| Some((cell, cell.metrics.get(metric)?)));
    let unit = figures.clone().next()?.1.unit();
    let shown = figures.filter(|(_, figure)| is_oracle || observed(figure));
    let value = |(cell, figure): (&&'a CellRecord, &Figure)| {
        let less = less.map_or(Some(0), |less| cell.metrics.get(less)?.stat(stat))?;
        Some((figure.stat(stat)?.saturating_sub(less), *cell))
    };
    let mut values: Values<'a> = shown.filter_map(value).collect();
    values.sort_by_key(|(value, _)| *value);
    (!values.is_empty()).then_some((unit, values))
}

/// The figures as tables, where there are few enough columns to look at.
pub(super) fn tables(record: &RunRecord) -> Markup {
    let columns = columns(record);
    html! {
        @if columns.len() <= COLUMNS {
            (PreEscaped(table::figures(record, Form::Html, false)))
        } @else {
            p.note {
                (human::thousands(columns.len() as u64))
                " combinations of scenario, variant and settings are too many columns for a table: \
                 their figures stand in cells.csv and run.json."
            }
        }
    }
}

/// The gates: those that are not met first.
pub(super) fn gates(record: &RunRecord) -> Markup {
    let met = record.gates.iter().filter(|gate| gate.pass).count();
    let mut told: Vec<_> = record.gates.iter().collect();
    told.sort_by_key(|gate| gate.pass);
    told.truncate((record.gates.len() - met).clamp(GATES.1, GATES.0));
    html! {
        p { (met) " of " (human::count(record.gates.len() as u64, "gate")) " met." }
        (PreEscaped(gate_grid(record, &told).html()))
        @if record.gates.len() > told.len() {
            p.note { (record.gates.len() - told.len()) " more stand in run.json." }
        }
    }
}

/// The cells, those that fail first.
pub(super) fn cells(record: &RunRecord) -> Markup {
    let mut told: Vec<&CellRecord> = record.cells.iter().collect();
    told.sort_by_key(|cell| match cell.verdict {
        Verdict::Fail => 0,
        Verdict::Incomplete => 1,
        Verdict::Pass => 2,
    });
    told.truncate(CELLS);
    // Of a search that found something, what fails is no candidate; of a matrix, an answer.
    let found = if record.matrix { "misses something" } else { "no candidate" };
    let columns =
        [("engine.session.duration", "p95"), ("engine.rows.rate", "value"), ("oracle.lost.rows", "value")];
    let figure = |cell: &CellRecord, (metric, stat): (&str, &str)| {
        let figure = cell.metrics.get(metric);
        figure.and_then(|f| Some(human::figure(f.unit(), f.stat(stat)?))).unwrap_or_default()
    };
    html! {
        div.scroll tabindex="0" { table {
            thead { tr {
                th { "cell" } th { "verdict" } th.n { "virtual time" }
                @for (metric, stat) in columns {
                    th.n title=[metrics::find(metric).map(|m| m.name)] { (metric) @if stat != "value" { " " (stat) } }
                }
                th { "digest" }
            } }
            tbody { @for cell in &told { tr {
                td { (cell.id) }
                td { @if cell.verdict == Verdict::Fail && is_found(record, cell) { (found) } @else { (word(cell.verdict)) } }
                td.n { (human::span(cell.virtual_ns)) }
                @for column in columns { td.n { (figure(cell, column)) } }
                td.k { code { (cell.digest.chars().take(12).collect::<String>()) } }
            } } }
        } }
        @if record.cells.len() > told.len() {
            p.note {
                "The first " (told.len()) " of " (human::thousands(record.cells.len() as u64))
                " cells, those that fail before all others. All of them stand in cells.csv and run.json."
            }
        }
    }
}

/// A verdict as a coloured word.
pub(super) fn word(verdict: Verdict) -> Markup {
    let (class, text) = match verdict {
        Verdict::Pass => ("pass", "pass"),
        Verdict::Fail => ("fail", "FAIL"),
        Verdict::Incomplete => ("incomplete", "incomplete"),
    };
    html! { span class={ "word " (class) } { (text) } }
}
