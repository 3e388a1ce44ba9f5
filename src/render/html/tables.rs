//! Shows the data of plots as tables.

use crate::metrics::human;
use crate::render::Grid;
use crate::render::svg::{Bars, Curves, HeatMap, Timeline};

/// The largest number of rows in a table over time. `series.csv` has all rows.
const ROWS_OVER_TIME: usize = 24;
const STRIP_ROWS_MAX: usize = 40;

/// One row per setting and one column per curve. If curves differ in their numbers of seeds, each
/// has a second column with these numbers.
pub(super) fn of_curves(curves: &Curves) -> String {
    let counted = curves.curves.iter().flat_map(|curve| &curve.points).any(|point| point.seeds.is_some());
    let columns = |texts: [String; 2]| texts.into_iter().skip(usize::from(!counted));
    let names = curves.curves.iter().flat_map(|curve| columns(["seeds".to_owned(), curve.name.clone()]));
    let mut grid = Grid::new(1, [curves.x.clone()].into_iter().chain(names));
    for (at, label) in &curves.settings {
        let fields = curves.curves.iter().flat_map(|curve| {
            let Some(point) = curve.points.iter().find(|point| point.x == *at) else {
                return columns([String::new(), "–".to_owned()]);
            };
            let mark = match curve.best {
                _ if !point.candidate => " !",
                Some(best) if best == point.x => " ★",
                _ => "",
            };
            let seeds = point.seeds.map_or_else(String::new, |seeds| seeds.to_string());
            columns([seeds, curves.told(point) + mark])
        });
        grid.row([label.clone()].into_iter().chain(fields));
    }
    grid.html()
}

pub(super) fn of_bars(bars: &Bars) -> String {
    let mut grid = Grid::new(2, ["figure", "of", "value"]);
    for (head, bars) in &bars.groups {
        bars.iter().for_each(|bar| grid.row([head, &bar.name, &bar.told]));
    }
    grid.html()
}

pub(super) fn of_map(map: &HeatMap) -> String {
    let mut grid = Grid::new(1, [map.y.clone()].into_iter().chain(map.columns.iter().cloned()));
    for row in &map.rows {
        grid.row([row.name.clone()].into_iter().chain(row.cells.iter().map(|heat| heat.told.clone())));
    }
    grid.html()
}

pub(super) fn of_timeline(timeline: &Timeline) -> String {
    let mut text = String::new();
    if let Some(first) = timeline.panels.first() {
        let names = timeline.panels.iter().map(|panel| panel.name.as_str());
        let mut grid = Grid::new(0, [timeline.axis()].into_iter().chain(names));
        let every = first.points.len().div_ceil(ROWS_OVER_TIME).max(1);
        let last = first.points.len().saturating_sub(1);
        let is_shown = |(i, _): &(usize, &(u64, u64))| i.is_multiple_of(every) || *i == last;
        for (i, (at, _)) in first.points.iter().enumerate().filter(is_shown) {
            let values = timeline.panels.iter().map(|panel| {
                panel.points.get(i).map_or_else(String::new, |point| human::figure(panel.unit, point.1))
            });
            grid.row([timeline.time(*at)].into_iter().chain(values));
        }
        text.push_str(&grid.html());
    }
    if timeline.strips.is_empty() {
        return text;
    }
    let mut grid = Grid::new(3, ["what", "from", "until"]);
    for strip in &timeline.strips {
        for (from, until, _, told) in strip.spans.iter().take(STRIP_ROWS_MAX) {
            grid.row([told.clone(), timeline.time(*from), timeline.time(*until)]);
        }
        for at in strip.ticks.iter().take(STRIP_ROWS_MAX) {
            grid.row([strip.name.clone(), timeline.time(*at)]);
        }
        let left = |all: usize| all.saturating_sub(STRIP_ROWS_MAX);
        let left = left(strip.spans.len()) + left(strip.ticks.len());
        if left > 0 {
            grid.row([format!("{}: {left} more", strip.name)]);
        }
    }
    text + &grid.html()
}
