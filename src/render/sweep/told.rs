//! A sweep as people read it: a table, a chart, and words.

use super::crossover::Crossover;
use super::limits::{TOO_FEW, limits, of_which_time, optimum, region, value};
use super::regret::Regret;
use super::theory::closed_form;
use crate::analysis::sweep::{Finding, Fit, Objective, Point, Series, Side, Sweep, exponent, find};
use crate::metrics::human;
use crate::record::{AxisRecord, CellRecord, RunRecord, Verdict};
use crate::render::{Grid, trouble};

/// Series side by side before the table goes on below.
const COLUMNS_MAX: usize = 4;

pub(super) struct Reading {
    pub(super) finding: Option<Finding>,
    /// The closed form's, where settings are compared by what it is about.
    pub(super) fit: Option<Fit>,
    pub(super) limits: Vec<String>,
}

impl Reading {
    pub(super) fn of(sweep: &Sweep<'_>, series: &Series<'_>) -> Reading {
        let finding = find(series, &sweep.objective);
        // Only of chunk sizes is it known what an answer holds.
        let side = Side::of(&sweep.axis);
        let fit = (sweep.axis == side.chunk_rows).then(|| Fit::of(side, series)).flatten();
        let limits =
            finding.as_ref().map_or_else(Vec::new, |f| limits(&sweep.axis, &sweep.objective, series, f, fit));
        // The closed form knows nothing of other figures.
        let fit = fit.filter(|_| sweep.objective.is_time_a_row(&sweep.axis));
        Reading { finding, fit, limits }
    }

    fn theory(&self, axis: &str, series: &Series<'_>) -> Option<String> {
        let finding = self.finding.as_ref()?;
        let between = finding.between(series.points.len());
        let between = between.map(|ends| ends.map(|end| series.points[end?].number()));
        closed_form(self.fit, (Side::of(axis), series, finding), between)
    }
}

impl Sweep<'_> {
    pub fn story(&self) -> String {
        let (so_far, up_to) = if self.is_partial { (" so far", "up to ") } else { ("", "") };
        let seeds = human::count(self.seeds() as u64, "seed");
        let (name, mean) = (self.objective.name(), self.objective.mean());
        let mut text = format!("{name}{so_far}: {mean} of {up_to}{seeds}\n");
        text.push_str(of_which_time(&self.objective));
        if let Some(crossover) = Crossover::of(self) {
            return text + &crossover.story();
        }
        let readings: Vec<Reading> = self.series.iter().map(|series| Reading::of(self, series)).collect();
        let read: Vec<(&Series<'_>, &Reading)> = self.series.iter().zip(&readings).collect();
        text.push_str(&self.table(&read));
        text.push_str("  * best   ~ as good within the noise   ! excluded   – nothing measured\n\n");
        text.push_str(&growth(self));
        for (series, reading) in read {
            text.push_str(&self.words(series, reading));
        }
        text
    }

    /// What was found out, a text for each series: its best setting in the first line, then what
    /// limits the others, a line each.
    pub fn words_of_series(&self) -> Vec<String> {
        self.series.iter().map(|series| self.words(series, &Reading::of(self, series))).collect()
    }

    /// A row for each value of the first axis, a column for each series.
    fn table(&self, read: &[(&Series<'_>, &Reading)]) -> String {
        let rows = read.first().map_or(&[][..], |(series, _)| &series.points);
        let rows: Vec<Vec<String>> = rows.iter().map(|point| vec![value(point)]).collect();
        let column = |(series, reading): &(&Series<'_>, &Reading)| {
            let cell = |(row, point): (usize, &Point<'_>)| {
                let figure = point.price().map_or("–".to_owned(), |price| self.figure(price));
                format!("{figure} {}", mark(point, row, reading))
            };
            (format!("{}  ", series.name), series.points.iter().enumerate().map(cell).collect())
        };
        Grid::banded(&[&self.axis], &rows, &read.iter().map(column).collect::<Vec<_>>(), COLUMNS_MAX)
    }

    pub(super) fn figure(&self, price: f64) -> String {
        human::figure(self.objective.unit, (self.objective.figure(price) + 0.5) as u64)
    }

    fn mean_beside(&self, point: &Point<'_>) -> String {
        let Objective { metric, stat, unit, .. } = &self.objective;
        let mean = |cell: &&CellRecord| cell.metrics.get(metric.as_str())?.stat("mean");
        let means: Vec<u64> = point.cells.iter().filter_map(mean).collect();
        if !stat.starts_with('p') || means.is_empty() {
            return String::new();
        }
        let sum: u128 = means.iter().map(|mean| u128::from(*mean)).sum();
        format!(", its mean {}", human::figure(*unit, (sum / means.len() as u128) as u64))
    }

    fn words(&self, series: &Series<'_>, reading: &Reading) -> String {
        let Some(finding) = &reading.finding else {
            let why = match nearest(series) {
                Some((at, trouble)) => format!("every setting is excluded: at {at}, {trouble}"),
                None if !self.objective.ranks() => return String::new(),
                None => "nothing was measured".to_owned(),
            };
            return format!("{}: {why}\n", series.name);
        };
        let best = series.points[finding.best].price().map_or(String::new(), |price| self.figure(price));
        let best = best + &self.mean_beside(&series.points[finding.best]);
        let at = |i: usize| value(&series.points[i]);
        let so_far = if self.is_partial { "so far " } else { "" };
        let mut text = format!("{}: {so_far}best at {} ({best})", series.name, at(finding.best));
        text.push_str(&if series.is_of_words() {
            among_words(series, finding)
        } else {
            along_numbers(series, finding)
        });
        for line in reading.limits.iter().chain(&reading.theory(&self.axis, series)) {
            text.push_str(&format!("  {line}\n"));
        }
        text
    }
}

/// Of settings none of which is a candidate, the one that fails in the smallest share of its cells,
/// the best of these, and why.
fn nearest(series: &Series<'_>) -> Option<(String, String)> {
    let out = series.points.iter().filter_map(|point| {
        let failing = point.cells.iter().filter(|cell| cell.verdict == Verdict::Fail).count();
        let share = failing as f64 / point.cells.len().max(1) as f64;
        Some(((share, point.price().unwrap_or(f64::INFINITY)), point, point.trouble.as_ref()?))
    });
    let (_, point, why) = out.min_by(|(a, ..), (b, ..)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)))?;
    Some((value(point), trouble(why)))
}

/// Where on a scale the optimum lies, and what is as good for all practical purposes.
fn along_numbers(series: &Series<'_>, finding: &Finding) -> String {
    let at = |i: usize| value(&series.points[i]);
    let between = match finding.between(series.points.len()).map(|ends| ends.map(|i| i.map(at))) {
        Some([None, None]) if series.points.iter().any(Point::is_unknown) => {
            "where the optimum lies, too few settings ran to tell".to_owned()
        }
        Some(ends) => optimum(ends),
        None => TOO_FEW.to_owned(),
    };
    let (first, last) = finding.flat;
    // What lies beyond something that is dearer.
    let apart = finding.near.iter().copied().filter(|i| !(first..=last).contains(i));
    let apart: Vec<String> = apart.map(at).collect();
    let apart = if apart.is_empty() { apart.concat() } else { format!(", and {}", apart.join(", ")) };
    format!("; {between}; within 3 %: {}{apart}\n", region(at(first), at(last)))
}

/// Which of some words are as good.
fn among_words(series: &Series<'_>, finding: &Finding) -> String {
    let others = |settings: &[usize]| -> Vec<String> {
        settings.iter().filter(|i| **i != finding.best).map(|i| value(&series.points[*i])).collect()
    };
    let candidates = series.points.iter().filter(|point| point.candidate().is_some()).count();
    let beyond = match finding.as_good.as_deref() {
        None => TOO_FEW.to_owned(),
        Some(_) if candidates == 1 => "every other setting is excluded".to_owned(),
        Some(all) if all.len() == candidates => optimum([None, None]),
        Some([_]) => "all others are worse beyond the noise (95 %)".to_owned(),
        Some(some) => format!("as good within the noise (95 %): {}", others(some).join(", ")),
    };
    let near = others(&finding.near);
    let near = if near.is_empty() { String::new() } else { format!("; within 3 %: {}", near.join(", ")) };
    format!("; {beyond}{near}\n")
}

fn mark(point: &Point<'_>, position: usize, reading: &Reading) -> char {
    let Some(finding) = reading.finding.as_ref().filter(|_| point.trouble.is_none()) else {
        return if point.trouble.is_some() { '!' } else { ' ' };
    };
    let within = finding.as_good.as_ref().is_some_and(|all| all.contains(&position));
    match position {
        _ if position == finding.best => '*',
        _ if within && !point.is_unknown() => '~',
        _ => ' ',
    }
}

/// What a recorded sweep came to, as the terminal showed it; `None` if the record is of no sweep,
/// or of a metric that this version of the program does not know.
pub fn retold(record: &RunRecord) -> Option<String> {
    let told = record.sweep.as_ref().filter(|told| !told.axes.is_empty())?;
    let objective: Objective = told.objective.parse().ok()?;
    let named = |axis: &AxisRecord| (axis.key.clone(), axis.values.clone());
    let mut axes: Vec<(String, Vec<String>)> = told.axes.iter().map(named).collect();
    let sweep = Sweep::new(record, &axes, objective.clone());
    let Some(against) = &told.against else { return Some(sweep.story()) };
    axes[0] = named(against);
    Some(Regret::new(&sweep, &Sweep::new(record, &axes, objective)).story())
}

/// A line for each series that follows a power.
fn growth(sweep: &Sweep<'_>) -> String {
    let metric = sweep.objective.name();
    let line = |series: &Series<'_>| {
        let exponent = exponent(sweep, series)?;
        let whose = if series.name == metric { String::new() } else { format!("{}: ", series.name) };
        // A slope of minus nothing is none, and so is what is rounded to that.
        let exponent = (exponent * 100.0).round() / 100.0 + 0.0;
        Some(format!("{whose}{metric} grows as {}^{exponent:.2}\n", sweep.axis))
    };
    let lines: String = sweep.series.iter().filter_map(line).collect();
    if lines.is_empty() { lines } else { lines + "\n" }
}
