//! The figures of a run as tables: one cell, variants side by side, or the range over seeds.
//!
//! A cell is one simulation with one seed. A gate is a limit on a figure. The oracle is the judge
//! that knows all true values.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::brief::{self, Checks, HeadlineFigure, checks};
use super::grid::{Grid, escaped, plain};
use super::lines::{filled, joined};
use crate::analysis::{grouped, sweep};
use crate::metrics::{Censored, Figure, Unit, human};
use crate::oracle;
use crate::record::{CellRecord, GateRecord, RunRecord, Verdict, censored, is_gated};

/// The width of lists if the width of the terminal is unknown.
pub const WIDTH: usize = 110;

const TITLE_MAX: usize = 13;
const COLUMNS_MAX: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Aligned text. Lists have this width in characters, and tables are as wide as they need.
    Terminal(usize),
    Markdown,
    Html,
}

impl Form {
    fn write(self, grid: &Grid) -> String {
        match self {
            Form::Terminal(_) => grid.terminal("  "),
            Form::Markdown => grid.markdown() + "\n",
            Form::Html => grid.html(),
        }
    }
    fn head(self, name: &str) -> String {
        match self {
            Form::Terminal(_) => format!("{name}\n"),
            Form::Markdown => format!("### {}\n\n", plain(name)),
            Form::Html => format!("<h3>{}</h3>\n", escaped(name)),
        }
    }
    fn list(self, title: &str, names: &[&str]) -> String {
        match self {
            Form::Terminal(columns) => listed(title, names, columns),
            Form::Markdown => format!("{title} {}\n\n", plain(&names.join(", "))),
            Form::Html => format!("<p class=note>{title} {}</p>\n", escaped(&names.join(", "))),
        }
    }
}

type Column<'a> = (String, Vec<&'a CellRecord>);

struct Row {
    name: String,
    figure: Figure,
    stat: String,
}

impl Row {
    fn label(&self) -> String {
        let name = noted(&self.name);
        if self.figure.is_distribution() { format!("{name} {}", self.stat) } else { name }
    }
    fn unit(&self) -> Unit {
        self.figure.unit().of_stat(&self.stat)
    }
    /// The waits that never ended in these cells; `None` if the statistic is a count.
    fn censored(&self, cells: &[&CellRecord]) -> Option<Censored> {
        censored(cells, &self.name).filter(|_| self.unit() == self.figure.unit())
    }
}

/// The name of a metric, with a note that distinguishes it from a similar metric.
fn noted(name: &str) -> String {
    let note = match name {
        "engine.down.bytes" | "engine.up.bytes" => " (messages alone)",
        "net.down.bytes" | "net.up.bytes" => " (with headers, on the links)",
        name if name.ends_with(".row_ns") => " (rows × time)",
        _ => "",
    };
    format!("{name}{note}")
}

pub fn figures(record: &RunRecord, form: Form, all: bool) -> String {
    let scenarios = by_scenario(record);
    let part = |(name, cells): &(&str, Vec<&CellRecord>)| {
        let head = if scenarios.len() > 1 { form.head(name) } else { String::new() };
        match scenario(cells, form, all).trim_end_matches('\n') {
            "" => head,
            tables => format!("{head}{tables}\n\n"),
        }
    };
    scenarios.iter().map(part).collect()
}

const SCENARIOS_MAX: usize = 4;
/// Differences up to this many percent do not matter.
const ALIKE: u64 = 3;
/// The result of each scenario. A single setting has sentences, and several settings have a short
/// table.
pub(super) fn in_short(record: &RunRecord, width: usize) -> String {
    let scenarios = by_scenario(record);
    if scenarios.len() > SCENARIOS_MAX {
        return String::new();
    }
    let several = scenarios.len() > 1;
    let part = |(name, cells): &(&str, Vec<&CellRecord>)| {
        if cells.iter().all(|cell| cell.metrics.is_empty()) {
            return String::new();
        }
        let head = if several { format!("{name}\n") } else { String::new() };
        head + &match columns(cells).as_slice() {
            [(_, cells)] => brief::told(cells, width),
            several => short_table(several, width) + "\n",
        }
    };
    scenarios.iter().map(part).collect()
}

/// Variants side by side, with the figures that users ask for first. Each metric has one row.
fn short_table(columns: &[Column<'_>], width: usize) -> String {
    let cells: Vec<&CellRecord> = columns.iter().flat_map(|(_, cells)| cells).copied().collect();
    let is_found = |name: &str, figure: &Figure| {
        says_something(figure) && (brief::OF_DATA.contains(&name) || oracle::is_of_check(name))
    };
    let is_zero = |row: &Row| values(&cells, row).iter().all(|value| *value == 0);
    let (zeros, found): (Vec<Row>, Vec<Row>) =
        rows(each(&cells, is_found), &cells).into_iter().partition(is_zero);
    let first: Vec<Vec<HeadlineFigure>> = columns.iter().map(|(_, cells)| brief::first(cells)).collect();
    let (mut shown, mut alike) = (Vec::new(), Vec::new());
    for (what, values) in brief::by_headline(&first) {
        let known: Vec<&HeadlineFigure> = values.iter().copied().flatten().collect();
        let least = known.iter().map(|one| one.each()).fold(f64::MAX, f64::min);
        let most = known.iter().map(|one| one.each()).fold(0.0, f64::max);
        let near = known.len() == values.len()
            && known.iter().all(|one| one.censored == known[0].censored)
            && most * 100.0 <= least * (100.0 + ALIKE as f64);
        let is_found = || found.iter().any(|row| [row.name.as_str(), &row.stat] == known[0].of);
        if most == 0.0 || is_found() {
            continue;
        } else if near {
            alike.push(format!("{what} = {}", known[0].told()));
        } else {
            let figure = |one: &Option<&HeadlineFigure>| one.map_or("–".to_owned(), HeadlineFigure::told);
            shown.push((what, values.iter().map(figure).collect::<Vec<_>>()));
        }
    }
    let mut text = banded(columns.len(), width, |band| {
        let mut grid = side_by_side(&columns[band.clone()], &found);
        for (what, figures) in &shown {
            grid.row([(*what).to_owned()].into_iter().chain(figures[band.clone()].iter().cloned()));
        }
        grid
    });
    if !alike.is_empty() {
        text.push_str(&listed(&format!("the same in all columns, within {ALIKE} %:"), &alike, width));
    }
    if !zeros.is_empty() {
        let zeros: Vec<String> = zeros.iter().map(Row::label).collect();
        text.push_str(&listed("zero in all columns:", &zeros, width));
    }
    let seeds = columns.iter().map(|(_, cells)| cells.len()).max().unwrap_or(1);
    let medians =
        if seeds > 1 { brief::noted(&format!("medians of {seeds} seeds"), width) } else { String::new() };
    text + &medians + "  -v shows all figures in which the columns differ\n"
}

pub(super) fn is_one_setting(record: &RunRecord) -> bool {
    let cells: Vec<&CellRecord> = record.cells.iter().collect();
    by_scenario(record).len() == 1 && columns(&cells).len() == 1
}

fn by_scenario(record: &RunRecord) -> Vec<(&str, Vec<&CellRecord>)> {
    grouped(&record.cells, |cell| cell.scenario.as_str())
}

/// The tables of a scenario; empty if no cell has a figure, because a header alone is useless.
fn scenario(cells: &[&CellRecord], form: Form, all: bool) -> String {
    if cells.iter().all(|cell| cell.metrics.is_empty()) {
        return String::new();
    }
    let several = columns(cells);
    if let [(_, cells)] = several.as_slice() {
        let [cell] = cells.as_slice() else { return form.write(&spread(cells, all)) };
        let (grid, zeros) = single(cell, all);
        let zeros = match form {
            Form::Terminal(columns) if !zeros.is_empty() => {
                "\n".to_owned() + &listed(&format!("{} are zero:", zeros.len()), &zeros, columns)
            }
            _ => String::new(),
        };
        return not_found(cell, form) + &form.write(&grid) + &zeros;
    }
    let (rows, left_out) = differing(&several, all);
    let tables = match form {
        Form::Terminal(width) => banded(several.len(), width, |band| side_by_side(&several[band], &rows)),
        _ => {
            let grids = several.chunks(COLUMNS_MAX).map(|band| side_by_side(band, &rows));
            grids.map(|grid| form.write(&grid)).collect::<Vec<_>>().join("\n")
        }
    };
    let differ = if left_out == 1 { "differs" } else { "differ" };
    let more = format!("{} {differ}: see cells.csv", human::count(left_out as u64, "more figure"));
    match form {
        _ if left_out == 0 => tables,
        Form::Html => format!("{tables}<p class=note>{more}.</p>\n"),
        _ => format!("{tables}  {more}, or use -v\n"),
    }
}

/// Puts as many columns side by side as fit into `width`. The other columns follow below.
fn banded(columns: usize, width: usize, grid: impl Fn(Range<usize>) -> Grid) -> String {
    let (mut bands, mut from) = (Vec::new(), 0);
    while from < columns {
        let text = |n: usize| grid(from..from + n).terminal("  ");
        let fits = |n: &usize| text(*n).lines().all(|line| line.chars().count() <= width);
        let most = (columns - from).min(COLUMNS_MAX);
        let taken = (2..=most).rev().find(fits).unwrap_or(1);
        bands.push(text(taken));
        from += taken;
    }
    bands.join("\n")
}

fn columns<'a>(cells: &[&'a CellRecord]) -> Vec<Column<'a>> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    grouped(cells.iter().copied(), |cell| {
        let axes = cell.axes.iter().map(|(key, value)| format!("{}={}", last(key), sweep::plain(value)));
        joined(cell.variant.iter().cloned().chain(axes), " ").unwrap_or_else(|| "base".to_owned())
    })
}

/// True if a figure has a row by default: it is not zero, and a baseline gates its metric by
/// default.
fn is_headline(name: &str, figure: &Figure) -> bool {
    says_something(figure) && is_gated(name)
}

fn says_something(figure: &Figure) -> bool {
    match figure {
        Figure::Value { value, .. } | Figure::Clipped { value, .. } => *value > 0,
        Figure::Distribution { .. } => figure.observed() > 0,
    }
}

/// A figure as text. Energy is marked as approximate, because models estimate it.
pub(super) fn told(unit: Unit, n: u64) -> String {
    let about = if unit == Unit::Uj && n > 0 { "≈ " } else { "" };
    format!("{about}{}", human::figure(unit, n))
}

/// Like [`told`], for waits that may never have ended. The number of such waits is not shown.
fn waited(unit: Unit, n: u64, censored: Option<Censored>) -> String {
    censored.map_or_else(|| told(unit, n), |censored| human::known(unit, n, censored))
}

/// The figures of one cell, grouped by the first part of their names, the oracle's first. Also the
/// names of zero figures.
fn single(cell: &CellRecord, all: bool) -> (Grid, Vec<String>) {
    let mut grid = Grid::new(1, ["metric", "value", "p50", "p95", "p99", "max", "of"]);
    let mut last_room = None;
    let figures = cell.metrics.iter().map(|(name, figure)| (name.as_ref(), figure));
    let expected = expected(&[cell]);
    let wanted = |name: &str| expected.iter().any(|(of, _)| of == name);
    let shown = figures.filter(|(name, figure)| all || is_headline(name, figure) || wanted(name));
    let mut shown: Vec<_> = shown.collect();
    shown.sort_by_key(|(name, _)| (!name.starts_with("oracle."), *name));
    let (shown, zeros): (Vec<_>, Vec<_>) =
        shown.into_iter().partition(|(name, figure)| says_something(figure) || wanted(name));
    for (name, figure) in shown {
        let room = name.split('.').next();
        if last_room.is_some() && last_room != room {
            grid.row([""]);
        }
        last_room = room;
        match *figure {
            Figure::Value { unit, value } => grid.row([noted(name), told(unit, value)]),
            Figure::Clipped { unit, value, .. } => {
                grid.row([noted(name), human::of_waits(unit, value, None)]);
            }
            Figure::Distribution { count: 0, never: 0, .. } => grid.row([name, "", "", "", "", "", "0"]),
            Figure::Distribution { unit, count, p50, p95, p99, max, .. } => {
                let censored = figure.censored();
                let stats = [p50, p95, p99, max].map(|n| waited(unit, n, censored));
                let head = [name.to_owned(), String::new()];
                let of = censored.map_or_else(|| human::thousands(count), human::never);
                grid.row(head.into_iter().chain(stats).chain([of]));
            }
        }
    }
    let zeros = zeros.into_iter().map(|(name, _)| name.to_owned()).collect();
    (grid, zeros)
}

/// A sentence about the checks that passed, and one about checks that had nothing to check.
fn not_found(cell: &CellRecord, form: Form) -> String {
    let Checks { passed, hollow, .. } = checks(&[cell]);
    let list = |names: &[&str], what: &str| match names {
        [] => String::new(),
        _ => form.list(&format!("{} {what}", human::count(names.len() as u64, "check")), names),
    };
    let text = list(&passed, "passed:") + &list(&hollow, "had nothing to check:");
    let gap = matches!(form, Form::Terminal(_)) && !text.is_empty();
    if gap { text + "\n" } else { text }
}

fn listed(title: &str, names: &[impl AsRef<str>], columns: usize) -> String {
    let last = names.len().saturating_sub(1);
    let word = |(i, name)| format!("{}{}", AsRef::as_ref(name), if i < last { ";" } else { "" });
    filled(&format!("  {title} "), "    ", names.iter().enumerate().map(word), columns)
}

fn spread(cells: &[&CellRecord], all: bool) -> Grid {
    let mut grid = Grid::new(1, ["metric", "min", "median", "max", "seeds"]);
    grid.row(["verdict".to_owned(), String::new(), verdicts(cells), String::new(), cells.len().to_string()]);
    for row in rows(each(cells, |name, figure| all || is_headline(name, figure)), cells) {
        let values = values(cells, &row);
        if let Some(three) = min_median_max(&values) {
            let censored = row.censored(cells);
            let mut shown = three.map(|n| waited(row.unit(), n, censored));
            shown[1].push_str(&beside(censored, cells));
            grid.row([row.label()].into_iter().chain(shown).chain([values.len().to_string()]));
        }
    }
    grid
}

/// The metrics that `is_shown` accepts in some cell, with the figure of the first such cell.
fn each<'c>(
    cells: &[&'c CellRecord],
    is_shown: impl Fn(&str, &Figure) -> bool,
) -> BTreeMap<&'c str, &'c Figure> {
    let figures = cells.iter().rev().flat_map(|cell| &cell.metrics);
    let figures = figures.map(|(name, figure)| (name.as_ref(), figure));
    figures.filter(|(name, figure)| is_shown(name, figure)).collect()
}

/// One row per given figure, and one per other figure that an expectation of these cells names.
fn rows<'c>(figures: impl IntoIterator<Item = (&'c str, &'c Figure)>, cells: &[&CellRecord]) -> Vec<Row> {
    let row = |(name, figure): (&str, &Figure)| {
        let stat = if figure.is_distribution() { "p95" } else { "value" }.to_owned();
        Row { name: name.to_owned(), figure: figure.clone(), stat }
    };
    let mut rows: Vec<Row> = figures.into_iter().map(row).collect();
    for (name, stat) in expected(cells) {
        let figure = cells.iter().find_map(|cell| cell.metrics.get(name.as_str())).cloned();
        let is_new = !rows.iter().any(|row| row.name == name && row.stat == stat);
        rows.extend(figure.filter(|_| is_new).map(|figure| Row { name, figure, stat }));
    }
    let place = |row: &Row| (!row.name.starts_with("oracle."), row.name.clone(), row.stat.clone());
    rows.sort_by_key(place);
    rows
}

/// The figures with their statistics that expectations name. Their authors want to see them.
fn expected(cells: &[&CellRecord]) -> BTreeSet<(String, String)> {
    let named =
        cells.iter().flat_map(|cell| cell.expectations.iter().filter_map(move |e| cell.named(&e.what)));
    named.map(|(name, stat)| (name, stat.to_owned())).collect()
}

/// The rows of a comparison: headlines, or all with `all`. Also the number of other rows that
/// differ.
fn differing(columns: &[Column<'_>], all: bool) -> (Vec<Row>, usize) {
    let cells: Vec<&CellRecord> = columns.iter().flat_map(|(_, cells)| cells).copied().collect();
    let names: BTreeSet<&str> = cells.iter().flat_map(|c| c.metrics.keys()).map(AsRef::as_ref).collect();
    let expected = expected(&cells);
    let mut shown: Vec<(&str, &Figure)> = Vec::new();
    let mut left_out = 0;
    for name in names {
        let figures: Vec<Option<&Figure>> = cells.iter().map(|cell| cell.metrics.get(name)).collect();
        let differ = figures.windows(2).any(|pair| pair[0] != pair[1]);
        let Some(figure) = figures.iter().flatten().find(|figure| says_something(figure)) else { continue };
        if differ && all || (differ || name.starts_with("oracle.")) && is_headline(name, figure) {
            shown.push((name, figure));
        } else if differ && !name.contains(['@', '/']) && !expected.iter().any(|(of, _)| of == name) {
            left_out += 1;
        }
    }
    (rows(shown, &cells), left_out)
}

fn side_by_side(columns: &[Column<'_>], rows: &[Row]) -> Grid {
    let titles = columns.iter().map(|(title, _)| match title.len() {
        // A line break in a long name leaves room for another column.
        0..TITLE_MAX => title.clone(),
        _ => broken(title),
    });
    let several = columns.iter().any(|(_, cells)| cells.len() > 1);
    let head = if several { "median (least – most)" } else { "" };
    let mut grid = Grid::new(1, [head.to_owned()].into_iter().chain(titles));
    grid.row(["verdict".to_owned()].into_iter().chain(columns.iter().map(|(_, cells)| verdicts(cells))));
    let expects = |(_, cells): &Column<'_>| {
        let checks = cells[0].expectations.iter().filter_map(|e| e.what.strip_prefix("violation "));
        joined(checks, ", ").unwrap_or_default()
    };
    if columns.iter().any(|column| !expects(column).is_empty()) {
        grid.row(["must happen".to_owned()].into_iter().chain(columns.iter().map(expects)));
    }
    for row in rows {
        let shown = columns.iter().map(|(_, cells)| {
            let Some(spread) = min_median_max(&values(cells, row)) else { return "–".to_owned() };
            let censored = row.censored(cells);
            let [min, median, max] = spread.map(|n| waited(row.unit(), n, censored));
            let spread = if min == max { median } else { format!("{median} ({min} – {max})") };
            spread + &beside(censored, cells)
        });
        grid.row([row.label()].into_iter().chain(shown));
    }
    grid
}

fn beside(censored: Option<Censored>, cells: &[&CellRecord]) -> String {
    censored.map_or_else(String::new, |censored| format!(" ({})", brief::never(censored, cells.len())))
}

fn broken(title: &str) -> String {
    let mut lines: Vec<String> = vec![String::new()];
    for part in title.split_inclusive(['-', ' ']) {
        let last = lines.last_mut().expect("there is one");
        if last.is_empty() || last.len() + part.len() <= TITLE_MAX {
            last.push_str(part);
        } else {
            lines.push(part.to_owned());
        }
    }
    lines.join("\n")
}

fn values(cells: &[&CellRecord], row: &Row) -> Vec<u64> {
    brief::values(cells, &row.name, &row.stat)
}

fn min_median_max(sorted: &[u64]) -> Option<[u64; 3]> {
    Some([*sorted.first()?, sorted[(sorted.len() - 1) / 2], *sorted.last()?])
}

fn verdicts(cells: &[&CellRecord]) -> String {
    let count = |verdict: Verdict| cells.iter().filter(|cell| cell.verdict == verdict).count();
    let (pass, fail) = (count(Verdict::Pass), count(Verdict::Fail));
    match (cells.len(), pass, fail) {
        (n, pass, _) if n == pass => "pass".to_owned(),
        (1, _, 1) => "FAIL".to_owned(),
        (1, ..) => cells[0].verdict.word().to_owned(),
        (n, pass, 0) if pass + count(Verdict::Unsupported) == n => format!("{} of {n} unsupported", n - pass),
        (n, _, 0) => format!("{} of {n} incomplete", n - pass),
        (n, ..) => format!("{fail} of {n} FAIL"),
    }
}

/// The unit of a gate's figures. The statistic `count` is always a count.
pub(super) fn unit_of(cell: &CellRecord, gate: &GateRecord) -> Unit {
    let figure = cell.metrics.get(gate.figure().as_str());
    figure.map_or(Unit::Count, |figure| figure.unit().of_stat(&gate.stat))
}
