//! A heat map. Each square is a setting, with one key across and another key down. Colours show
//! relative costs.

use std::collections::BTreeSet;

use super::frame::{LETTERS, SMALL, Size, Svg};
use super::ink::{Anchor, Ink, cut, width};
use super::style::SHADES;
use crate::analysis::{distinct, grouped};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeatMap {
    pub title: String,
    pub about: String,
    pub x: String,
    pub columns: Vec<String>,
    pub y: String,
    /// The rows. Rows after the first [`HeatMap::MOST`] are only in the table.
    pub rows: Vec<HeatRow>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeatRow {
    pub name: String,
    pub cells: Vec<Heat>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heat {
    /// The cost divided by the cost of the row's best setting; `None` without a figure.
    pub cost: Option<f64>,
    /// The figure with its unit, or the reason why there is no figure.
    pub told: String,
    pub trouble: bool,
}

impl HeatRow {
    fn best(&self) -> Option<usize> {
        let costs = self.cells.iter().enumerate().filter_map(|(i, heat)| Some((i, heat.cost?)));
        costs.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i)
    }
}

const ROW: f64 = 30.0;
const TOP: f64 = 24.0;
/// The narrowest column in which a cost with one decimal fits.
const NARROWEST: f64 = 23.0;
/// All costs from this one on have the same shade.
const COST_MAX: f64 = 4.0;
/// The largest cost of each shade except the last. Costs of the first shade are as good as the best
/// in practice.
const BOUNDS: [f64; SHADES - 1] = [1.03, 1.1, 1.2, 1.35, 1.6, 2.0, 2.8, COST_MAX];

impl HeatMap {
    /// The largest number of drawn rows.
    pub const MOST: usize = 24;
    /// The largest number of drawn columns: both ends, the best columns of the rows, and some
    /// others.
    pub const WIDEST: usize = 16;

    pub fn draw(&self, size: Size) -> Svg {
        let rows = &self.rows[..self.rows.len().min(HeatMap::MOST)];
        let widest = rows.iter().map(|row| width(&row.name, LETTERS)).fold(0.0, f64::max);
        let named = widest.min(size.pick(150.0, 88.0));
        let left = named + 8.0;
        let room = size.width() - left - 1.0;
        let columns = self.shown(rows, ((room / NARROWEST) as usize).clamp(2, HeatMap::WIDEST));
        let cell = room / columns.len().max(1) as f64;
        let mut ink = Ink::default();
        ink.text("s m", (2.0, TOP - 9.0), Anchor::Start, &cut(&self.y, SMALL, size.width() - 4.0));
        for (i, row) in rows.iter().enumerate() {
            let (y, name) = (TOP + i as f64 * ROW, cut(&row.name, LETTERS, named));
            ink.text("", (2.0, y + ROW / 2.0 + 4.0), Anchor::Start, &name);
            for (place, &column) in columns.iter().enumerate() {
                let Some(heat) = row.cells.get(column) else { continue };
                let at = (left + place as f64 * cell, y);
                draw_cell(&mut ink, heat, at, cell, &self.columns[column], &row.name);
            }
        }
        let bottom = TOP + rows.len() as f64 * ROW;
        let tick = |(i, &column): (usize, &usize)| {
            let label = self.columns[column].clone();
            // A label that is wider than its column must stay inside the plot.
            let last = size.width() - width(&label, SMALL) / 2.0;
            ((left + (i as f64 + 0.5) * cell).min(last), label)
        };
        let ticks: Vec<(f64, String)> = columns.iter().enumerate().map(tick).collect();
        for (x, label) in super::scale::labels_that_fit(&ticks, &[], SMALL, 5.0) {
            ink.text("s m", (x, bottom + 15.0), Anchor::Middle, &label);
        }
        let all = self.columns.len();
        let thinned = format!("{} of {all} values of {}", columns.len(), self.x);
        let name = if columns.len() < all { &thinned } else { &self.x };
        let name = cut(name, SMALL, size.width() - 3.0);
        ink.text("s m", (size.width() - 1.0, bottom + 31.0), Anchor::End, &name);
        draw_key(&mut ink, (2.0, bottom + 42.0), size);
        Svg::new(size, bottom + 74.0, &self.title, &self.about, ink)
    }

    /// The indices of the drawn columns: all, or `most` of them. Both ends and the best columns of
    /// the rows come first.
    fn shown(&self, rows: &[HeatRow], most: usize) -> Vec<usize> {
        let all = self.columns.len();
        if all <= most {
            return (0..all).collect();
        }
        let mut bests = grouped(rows.iter().filter_map(HeatRow::best), |best| *best);
        // If they do not all fit, columns that are the best of many rows come first.
        bests.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
        let first = [0, all - 1].into_iter().chain(bests.into_iter().map(|(best, _)| best));
        let mut shown: BTreeSet<usize> = distinct(first).into_iter().take(most).collect();
        let left = most - shown.len();
        shown.extend((1..=left).map(|i| i * (all - 1) / (left + 1)));
        shown.into_iter().collect()
    }
}

fn shade(cost: f64) -> usize {
    BOUNDS.iter().position(|bound| cost <= *bound).unwrap_or(SHADES - 1)
}

fn draw_cell(ink: &mut Ink, heat: &Heat, at: (f64, f64), cell: f64, column: &str, row: &str) {
    let told = format!("{row}, {column}: {}", heat.told);
    let (corner, size) = ((at.0 + 1.0, at.1 + 1.0), (cell - 2.0, ROW - 2.0));
    let shade = heat.cost.map(shade);
    let class = match shade {
        Some(shade) => format!("h{shade}"),
        None => if heat.trouble { "hx" } else { "hn" }.to_owned(),
    };
    ink.rect(&class, corner, size, Some(&told));
    let is_best = heat.cost.is_some_and(|cost| cost <= 1.0);
    if is_best {
        ink.rect("best", (corner.0 + 1.0, corner.1 + 1.0), (size.0 - 2.0, size.1 - 2.0), None);
    }
    let (class, text) = match (heat.cost, shade) {
        (Some(cost), _) if is_best => ("m b", told_cost(cost, cell - 4.0)),
        (Some(cost), Some(5..)) => ("m over", told_cost(cost, cell - 4.0)),
        (Some(cost), _) => ("m", told_cost(cost, cell - 4.0)),
        (None, _) if heat.trouble => ("alarm b", "!".to_owned()),
        (None, _) => ("s", "–".to_owned()),
    };
    ink.text(class, (at.0 + cell / 2.0, at.1 + ROW / 2.0 + 4.0), Anchor::Middle, &text);
}

/// `1.3×`. The decimal is left out if there is no room.
fn told_cost(cost: f64, room: f64) -> String {
    let hundredths = libm::round(cost * 100.0) as u64;
    let tenths = libm::round(cost * 10.0) as u64;
    let tried = [
        format!("{}.{:02}×", hundredths / 100, hundredths % 100),
        format!("{}.{}×", tenths / 10, tenths % 10),
        format!("{}.{}", tenths / 10, tenths % 10),
        format!("{}×", libm::round(cost) as u64),
        format!("{}", libm::round(cost) as u64),
    ];
    let from = if cost >= 10.0 { 3 } else { 0 };
    tried[from..].iter().find(|text| width(text, SMALL) <= room).cloned().unwrap_or_default()
}

fn draw_key(ink: &mut Ink, at: (f64, f64), size: Size) {
    let cell = size.pick(34.0, 22.0);
    for shade in 0..SHADES {
        ink.rect(&format!("h{shade}"), (at.0 + shade as f64 * cell, at.1), (cell, 10.0), None);
    }
    for (edge, text) in [(0, "1×"), (3, "1.2×"), (6, "2×"), (8, "4×")] {
        let x = at.0 + f64::from(edge) * cell;
        let anchor = if edge == 0 { Anchor::Start } else { Anchor::Middle };
        ink.text("s m", (x, at.1 + 24.0), anchor, text);
    }
    let words = size.pick("cost relative to the best of the row", "cost, best of row = 1");
    let words = cut(words, SMALL, size.width());
    ink.text("s m", (at.0 + SHADES as f64 * cell + 8.0, at.1 + 9.0), Anchor::Start, &words);
}
