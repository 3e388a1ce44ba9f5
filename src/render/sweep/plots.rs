//! Draws a sweep: the curves of its series, and a heat map of costs.

use super::limits::value;
use crate::analysis::sweep::{Point, Series, Sweep, are_words, costs, figure_between};
use crate::metrics::NEVER;
use crate::render::svg::{Curve, Curves, Heat, HeatMap, HeatRow, Point as Dot};
use crate::render::trouble;

/// One curve per series along the first axis; `None` for fewer than two settings.
pub fn curves(sweep: &Sweep<'_>) -> Option<Curves> {
    let places = places(sweep);
    if places.len() < 2 || sweep.seeds() == 0 {
        return None;
    }
    let told = sweep.series.iter().filter_map(|series| {
        let best = &series.points[series.finding.as_ref()?.best];
        Some(format!("{}: best at {}.", series.name, value(best)))
    });
    let settings = sweep.series.first()?.points.iter().map(value);
    Some(Curves {
        title: format!("{} by {}", sweep.objective.name(), sweep.axis),
        about: told.collect::<Vec<_>>().join(" "),
        x: sweep.axis.clone(),
        settings: places.iter().copied().zip(settings).collect(),
        y: sweep.objective.name(),
        unit: Some(sweep.objective.unit),
        curves: sweep.series.iter().map(|series| curve(sweep, series, &places)).collect(),
        marks: Vec::new(),
    })
}

/// The cost of each setting relative to the best of its series. `None` for fewer than two settings
/// or two series.
pub fn heat_map(sweep: &Sweep<'_>) -> Option<HeatMap> {
    if sweep.series.len() < 2 || !sweep.objective.ranks() || sweep.seeds() == 0 {
        return None;
    }
    let rows =
        sweep.series.iter().map(|series| HeatRow { name: series.name.clone(), cells: heat(sweep, series) });
    let columns = sweep.series.first()?.points.iter().map(value).collect();
    let y = if sweep.across.is_empty() { "variant".to_owned() } else { sweep.across.join(" × ") };
    Some(HeatMap {
        title: format!("{} by {} and {y}", sweep.objective.name(), sweep.axis),
        about: "Each row with its best setting framed; darker cells cost more than it.".to_owned(),
        x: sweep.axis.clone(),
        columns,
        y,
        rows: rows.collect(),
    })
}

fn places(sweep: &Sweep<'_>) -> Vec<f64> {
    let Some(series) = sweep.series.first() else { return Vec::new() };
    let numbers: Option<Vec<f64>> = series.points.iter().map(|point| point.number()).collect();
    match numbers {
        Some(numbers) if numbers.windows(2).all(|pair| pair[0] < pair[1]) => numbers,
        _ => (0..series.points.len()).map(|i| i as f64).collect(),
    }
}

fn curve(sweep: &Sweep<'_>, series: &Series<'_>, places: &[f64]) -> Curve {
    let dot = |(i, (point, x)): (usize, (&Point<'_>, &f64))| {
        // A wait that never ended has no position in the plot.
        if point.figure(&sweep.objective) == Some(NEVER) {
            return None;
        }
        let interval = figure_between(point, &sweep.objective, i as u64);
        let candidate = point.trouble.is_none();
        Some(Dot { x: *x, y: sweep.objective.figure(point.price()?), interval, candidate, seeds: None })
    };
    let ends = |(first, last): (usize, usize)| (places[first], places[last]);
    let finding = series.finding.as_ref();
    // Words have no order, so there is no region between two words.
    let ordered = finding.filter(|_| !are_words(&series.points));
    Curve {
        name: series.name.clone(),
        points: series.points.iter().zip(places).enumerate().filter_map(dot).collect(),
        best: finding.map(|f| places[f.best]),
        flat: ordered.map(|f| ends(f.flat)),
        between: ordered.and_then(|f| f.between(places.len())).map(|ends| ends.map(|end| Some(places[end?]))),
    }
}

fn heat(sweep: &Sweep<'_>, series: &Series<'_>) -> Vec<Heat> {
    let costs = costs(&series.points).unwrap_or_else(|| vec![None; series.points.len()]);
    let heat = |(point, cost): (&Point<'_>, Option<f64>)| {
        let told = match &point.trouble {
            Some(why) => trouble(why),
            None => sweep.figure(point).unwrap_or_else(|| "nothing was measured".to_owned()),
        };
        Heat { cost, told, trouble: point.trouble.is_some() }
    };
    series.points.iter().zip(costs).map(heat).collect()
}
