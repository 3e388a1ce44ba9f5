//! Writes a sweep for people: a table, a chart, and text.
//!
//! A cell is one simulation: one variant and one seed.

use super::crossover::Crossover;
use super::limits::{TOO_FEW, limits, optimum, sync_rate_note, value, within};
use super::regret::Regret;
use super::theory::closed_form;
use crate::analysis::sweep::{
    Cause, Finding, Fit, Objective, Point, Series, Side, Sweep, are_words, causes, exponent,
};
use crate::metrics::human;
use crate::record::{AxisRecord, RunRecord, Verdict};
use crate::render::lines::joined;
use crate::render::{Grid, demands, trouble};

const COLUMNS_MAX: usize = 4;

pub(super) struct Reading {
    /// The fit of the closed form; `None` unless the objective is the time per row.
    pub(super) fit: Option<Fit>,
    pub(super) causes: Vec<Cause>,
    pub(super) limits: Vec<String>,
}

impl Reading {
    pub(super) fn of(sweep: &Sweep<'_>, series: &Series<'_>) -> Reading {
        let Sweep { axis, objective, .. } = sweep;
        // Only an axis of chunk sizes determines the rows of a response.
        let side = Side::of(axis);
        let fit = (*axis == side.chunk_rows).then(|| Fit::of(side, &series.points)).flatten();
        let finding = series.finding.as_ref();
        let points = &series.points;
        let causes = finding.map_or_else(Vec::new, |found| causes(axis, objective, points, found, fit));
        let limits = finding.map_or_else(Vec::new, |found| limits(axis, &causes, points, found));
        Reading { fit: fit.filter(|_| objective.is_time_a_row(axis)), causes, limits }
    }
}

impl Sweep<'_> {
    pub fn story(&self) -> String {
        let (so_far, up_to) = if self.is_partial { (" so far", "up to ") } else { ("", "") };
        let seeds = human::count(self.seeds() as u64, "seed");
        let (name, mean) = (self.objective.name(), self.objective.mean());
        let mut text = format!("{name}{so_far}: {mean} of {up_to}{seeds}\n");
        text.push_str(sync_rate_note(&self.objective));
        if let Some(crossover) = Crossover::of(self) {
            return text + &crossover.story();
        }
        text.push_str(&self.table());
        text.push_str("  * best   ~ as good within the noise   ! excluded   – nothing measured\n\n");
        text + &growth(self) + &self.words_of_series().concat()
    }

    /// One text per series: the best setting, then the reasons that limit the others.
    pub fn words_of_series(&self) -> Vec<String> {
        self.series.iter().map(|series| self.words(series)).collect()
    }
    fn table(&self) -> String {
        let rows = self.series.first().map_or(&[][..], |series| &series.points);
        let rows: Vec<Vec<String>> = rows.iter().map(|point| vec![value(point)]).collect();
        let column = |series: &Series<'_>| {
            let cell = |(row, point): (usize, &Point<'_>)| {
                let figure = self.figure(point).unwrap_or_else(|| "–".to_owned());
                format!("{figure} {}", mark(point, row, series.finding.as_ref()))
            };
            (format!("{}  ", series.name), series.points.iter().enumerate().map(cell).collect())
        };
        let columns: Vec<_> = self.series.iter().map(column).collect();
        Grid::banded(&[&self.axis], &rows, &columns, COLUMNS_MAX)
    }

    pub(super) fn figure(&self, point: &Point<'_>) -> Option<String> {
        let (figure, censored) = (point.figure(&self.objective)?, point.censored(&self.objective));
        Some(human::of_waits(self.objective.unit, figure, censored))
    }
    fn mean_beside(&self, point: &Point<'_>) -> String {
        let Objective { metric, stat, unit, .. } = &self.objective;
        let means: Vec<u64> = point.cells.iter().filter_map(|cell| cell.stat(metric, "mean")).collect();
        if !stat.starts_with('p') || means.is_empty() || point.censored(&self.objective).is_some() {
            return String::new();
        }
        let sum: u128 = means.iter().map(|mean| u128::from(*mean)).sum();
        format!(", its mean {}", human::figure(*unit, (sum / means.len() as u128) as u64))
    }

    fn words(&self, series: &Series<'_>) -> String {
        let points = series.points.as_slice();
        let Some(finding) = &series.finding else {
            let why = match nearest(points) {
                Some((at, trouble)) => format!(
                    "every setting is excluded: at {at}, {trouble}; fix this failure, relax the gate, or \
                     sweep other values with --axis"
                ),
                None if !self.objective.ranks() => return String::new(),
                None if self.is_partial => "the sweep was stopped before it had a figure".to_owned(),
                None => "no cell has this figure: choose another with --metric".to_owned(),
            };
            return format!("{}: {why}\n", series.name) + &demands_told(series);
        };
        let best = &points[finding.best];
        let figure = self.figure(best).unwrap_or_default() + &self.mean_beside(best);
        let so_far = if self.is_partial { "so far " } else { "" };
        let sure = if are_words(points) {
            categorical_confidence(points, finding)
        } else {
            numeric_confidence(points, finding)
        };
        let mut text = format!("{}: {so_far}best at {} ({figure}){sure}", series.name, value(best));
        let Reading { fit, limits, .. } = Reading::of(self, series);
        let between = finding.between(points.len()).map(|ends| ends.map(|end| points[end?].number()));
        let theory = closed_form(fit, (Side::of(&self.axis), points, finding), between);
        limits.iter().chain(&theory).for_each(|line| text.push_str(&format!("  {line}\n")));
        text + &demands_told(series)
    }
}

/// Lists demands that settings of a series miss but that do not exclude them.
fn demands_told(series: &Series<'_>) -> String {
    let ran = series.points.iter().map(|point| point.cells.len()).max().unwrap_or(0);
    let lines = demands(&series.spared, &series.together, ran).into_iter();
    lines.map(|line| format!("  {line}\n")).collect()
}

/// The excluded setting with the fewest failing cells, and the reason. Used if all are excluded.
fn nearest(points: &[Point<'_>]) -> Option<(String, String)> {
    let out = points.iter().filter_map(|point| {
        let failing = point.cells.iter().filter(|cell| cell.verdict == Verdict::Fail).count();
        let share = failing as f64 / point.cells.len().max(1) as f64;
        Some(((share, point.price().unwrap_or(f64::INFINITY)), point, point.trouble.as_ref()?))
    });
    let (_, point, why) = out.min_by(|(a, ..), (b, ..)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)))?;
    Some((value(point), trouble(why)))
}

/// The interval of the optimum, and the settings that are as good as the best in practice.
fn numeric_confidence(points: &[Point<'_>], finding: &Finding) -> String {
    let at = |i: usize| value(&points[i]);
    let between = match finding.between(points.len()).map(|ends| ends.map(|i| i.map(at))) {
        Some([None, None]) if points.iter().any(Point::is_unknown) => {
            "too few settings ran to say where the optimum lies".to_owned()
        }
        Some(ends) => optimum(ends),
        None => TOO_FEW.to_owned(),
    };
    let (first, last) = finding.flat;
    // Settings as good as the best, but with a more expensive setting between them and the best.
    let apart = finding.near.iter().copied().filter(|i| !(first..=last).contains(i));
    let apart = joined(apart.map(at), ", ").map(|apart| format!(", and {apart}")).unwrap_or_default();
    format!("; {between}; {}\n", within(at(first), at(last), &apart))
}

fn categorical_confidence(points: &[Point<'_>], finding: &Finding) -> String {
    let others = |settings: &[usize]| {
        let others = settings.iter().filter(|i| **i != finding.best).map(|i| value(&points[*i]));
        joined(others, ", ")
    };
    let candidates = points.iter().filter(|point| point.candidate().is_some()).count();
    let beyond = match finding.as_good.as_deref() {
        None => TOO_FEW.to_owned(),
        Some(_) if candidates == 1 => "every other setting is excluded".to_owned(),
        Some(all) if all.len() == candidates => optimum([None, None]),
        Some([_]) => "all others are worse beyond the noise (95 %)".to_owned(),
        Some(some) => format!("as good within the noise (95 %): {}", others(some).unwrap_or_default()),
    };
    let near = others(&finding.near).map(|near| format!("; at most 3 % more: {near}"));
    format!("; {beyond}{}\n", near.unwrap_or_default())
}

fn mark(point: &Point<'_>, position: usize, finding: Option<&Finding>) -> char {
    let within = |found: &Finding| found.as_good.as_ref().is_some_and(|all| all.contains(&position));
    match finding {
        _ if point.trouble.is_some() => '!',
        Some(found) if position == found.best => '*',
        Some(found) if within(found) && !point.is_unknown() => '~',
        _ => ' ',
    }
}

/// The text of a recorded sweep. `None` if the record has no sweep, or has unknown metrics.
pub fn retold(record: &RunRecord) -> Option<String> {
    let told = record.sweep.as_ref().filter(|told| !told.axes.is_empty())?;
    let objective: Objective = told.objective.parse().ok()?;
    let sweep = Sweep::new(record, &told.axes, objective.clone());
    let Some(against) = &told.against else { return Some(sweep.story()) };
    let axes: Vec<AxisRecord> = [against].into_iter().chain(&told.axes[1..]).cloned().collect();
    Some(Regret::new(&sweep, &Sweep::new(record, &axes, objective)).story())
}

fn growth(sweep: &Sweep<'_>) -> String {
    let metric = sweep.objective.name();
    let line = |series: &Series<'_>| {
        let exponent = exponent(sweep, series)?;
        let whose = if series.name == metric { String::new() } else { format!("{}: ", series.name) };
        // −0 + 0 is 0, so the text has no minus sign.
        let exponent = (exponent * 100.0).round() / 100.0 + 0.0;
        Some(format!("{whose}{metric} grows as {}^{exponent:.2}\n", sweep.axis))
    };
    let lines: String = sweep.series.iter().filter_map(line).collect();
    if lines.is_empty() { lines } else { lines + "\n" }
}
