//! Curves over the settings of one key: each with its interval, its best setting, and the region that is as good.

use super::frame::{Inside, LETTERS, Size, Svg, bottom_axis, left_axis, left_room};
use super::ink::{Anchor, Ink, cut, spread, width};
use super::scale::Scale;
use super::style::{self, LOOKS, look, marker};
use crate::metrics::Unit;

/// What is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// What it shows, in a few words.
    pub title: String,
    /// The same in a sentence, for who cannot see it.
    pub about: String,
    /// The name of the settings.
    pub x: String,
    /// The settings from left to right: where they lie, and what they are called.
    pub settings: Vec<(f64, String)>,
    /// What is measured.
    pub y: String,
    /// Its unit; counts if none.
    pub unit: Option<Unit>,
    /// The curves; of more than [`Curves::MOST`] the first are drawn.
    pub curves: Vec<Curve>,
    /// Settings of somebody's, marked by a line: where, and whose.
    pub marks: Vec<(f64, String)>,
}

/// One curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// What it is of.
    pub name: String,
    /// Its points from left to right.
    pub points: Vec<Point>,
    /// The best setting.
    pub best: Option<f64>,
    /// The first and last setting that cost at most a little more than the best.
    pub flat: Option<(f64, f64)>,
    /// Between what the optimum lies; open at an end of what was tried.
    pub between: Option<[Option<f64>; 2]>,
}

/// One setting of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Where it lies.
    pub x: f64,
    /// The figure, in its unit.
    pub y: f64,
    /// Between what the true figure lies.
    pub interval: Option<(f64, f64)>,
    /// Whether it may be the best; what lost a row may not.
    pub candidate: bool,
}

/// A row for each curve's flat region.
const ROW: f64 = 15.0;
const TICKS: usize = 6;
/// Space kept free left and right of the first and the last setting.
const INSET: f64 = 12.0;

impl Curves {
    /// More curves are not told apart.
    pub const MOST: usize = LOOKS;

    /// The drawing.
    pub fn draw(&self, size: Size) -> Svg {
        let curves = &self.curves[..self.curves.len().min(Curves::MOST)];
        let unit = self.unit.unwrap_or(Unit::Count);
        let marks = if self.marks.is_empty() { 0.0 } else { self.mark_rows(size).len() as f64 * 14.0 + 4.0 };
        let rows = curves.iter().filter(|curve| curve.flat.is_some()).count();
        let height = size.height() + marks;
        let mut inside = Inside { left: 0.0, right: 0.0, top: 26.0 + marks, bottom: height - 38.0 };
        let y = values(curves, (inside.bottom, inside.top));
        inside.left = left_room(y, unit, TICKS).max(34.0);
        let names = if curves.len() > 1 { names_room(curves, size) } else { 14.0 };
        let last = self.settings.last().map_or(0.0, |(_, label)| width(label, LETTERS) / 2.0);
        inside.right = size.width() - names.max(last);
        let x = self.across(inside);
        let ticks: Vec<(f64, String)> =
            self.settings.iter().map(|(at, label)| (x.at(*at), label.clone())).collect();
        let mut ink = Ink::default();
        left_axis(&mut ink, Inside { top: inside.top - marks, ..inside }, y, unit, &self.y, TICKS);
        bottom_axis(&mut ink, inside, &ticks, &self.x);
        self.draw_marks(&mut ink, inside, x, size);
        for (i, curve) in curves.iter().enumerate() {
            draw_band(&mut ink, i, curve, x, y);
        }
        for (i, curve) in curves.iter().enumerate() {
            draw_line(&mut ink, i, curve, x, y);
        }
        if curves.len() > 1 {
            draw_names(&mut ink, curves, inside, x, y, size);
        }
        self.draw_regions(&mut ink, curves, inside, height, x);
        let below = if rows > 0 { rows as f64 * ROW + 26.0 } else { 0.0 };
        Svg::new(size, height + below, &self.title, &self.about, ink)
    }

    fn across(&self, inside: Inside) -> Scale {
        let ends = (inside.left + INSET, inside.right - INSET);
        let xs = || self.settings.iter().map(|(x, _)| *x).chain(self.marks.iter().map(|(x, _)| *x));
        let (low, high) = xs().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
        match low {
            low if low > high => Scale::linear((0.0, 1.0), ends),
            low if low > 0.0 && high / low >= 8.0 => Scale::log((low, high), ends),
            low => Scale::linear((low, high), ends),
        }
    }

    /// Marks in rows, so that their names do not meet.
    fn mark_rows(&self, size: Size) -> Vec<Vec<usize>> {
        // Wherever the plot begins, names keep this order; places are near enough for rows.
        let inside = Inside { left: 60.0, right: size.width() - 60.0, top: 0.0, bottom: 0.0 };
        let x = self.across(inside);
        let mut rows: Vec<(f64, Vec<usize>)> = Vec::new();
        let mut order: Vec<usize> = (0..self.marks.len()).collect();
        order.sort_by(|a, b| self.marks[*a].0.total_cmp(&self.marks[*b].0));
        for i in order {
            let (at, name) = &self.marks[i];
            let (start, end) = (x.at(*at), x.at(*at) + width(name, LETTERS) + 16.0);
            match rows.iter_mut().find(|(free, _)| *free <= start) {
                Some((free, row)) => {
                    *free = end;
                    row.push(i);
                }
                None => rows.push((end, vec![i])),
            }
        }
        rows.into_iter().map(|(_, row)| row).collect()
    }

    fn draw_marks(&self, ink: &mut Ink, inside: Inside, x: Scale, size: Size) {
        // The line of a mark goes up at the left end of its name, so names further right stand lower.
        for (row, marks) in self.mark_rows(size).iter().rev().enumerate() {
            let y = inside.top - 4.0 - row as f64 * 14.0;
            for (at, name) in marks.iter().map(|i| &self.marks[*i]) {
                let at = x.at(*at);
                ink.line("mark", (at, y + 2.0), (at, inside.bottom));
                let fits = at + width(name, LETTERS) < size.width();
                let (dx, anchor) = if fits { (-1.0, Anchor::Start) } else { (1.0, Anchor::End) };
                ink.text("m", (at + dx, y), anchor, name);
            }
        }
    }

    /// Below the axis, a row for each curve: a bar over its flat region, a whisker over where the optimum lies, its best.
    fn draw_regions(&self, ink: &mut Ink, curves: &[Curve], inside: Inside, height: f64, x: Scale) {
        let mut y = height + 28.0;
        for (i, curve) in curves.iter().enumerate() {
            let Some((first, last)) = curve.flat else { continue };
            if y < height + 29.0 {
                ink.text(
                    "s m",
                    (2.0, height + 13.0),
                    Anchor::Start,
                    "as good within 3 %, and where the optimum lies",
                );
            }
            ink.shape(&format!("k c{}", i % LOOKS), (inside.left - 14.0, y), marker(i));
            ink.line("rule", (inside.left, y), (inside.right, y));
            let (from, to) = (x.at(first) - 5.0, x.at(last) + 5.0);
            ink.rect(&format!("flat c{}", i % LOOKS), (from, y - 4.5), (to - from, 9.0), None);
            if let Some([low, high]) = curve.between {
                let class = format!("whisker c{}", i % LOOKS);
                let (from, to) =
                    (low.map_or(inside.left, |l| x.at(l)), high.map_or(inside.right, |h| x.at(h)));
                ink.line(&class, (from, y), (to, y));
                for at in [low, high].into_iter().flatten() {
                    ink.line(&class, (x.at(at), y - 4.0), (x.at(at), y + 4.0));
                }
            }
            if let Some(best) = curve.best {
                ink.shape(&format!("k c{}", i % LOOKS), (x.at(best), y), marker(i));
            }
            y += ROW;
        }
    }
}

/// The scale of all figures and intervals.
fn values(curves: &[Curve], places: (f64, f64)) -> Scale {
    let figures = || {
        let points = curves.iter().flat_map(|curve| &curve.points);
        points.flat_map(|p| [Some(p.y), p.interval.map(|i| i.0), p.interval.map(|i| i.1)]).flatten()
    };
    let low = figures().fold(f64::MAX, f64::min);
    let high = figures().fold(0.0, f64::max);
    Scale::fitting(low.min(high), high.max(f64::MIN_POSITIVE), places)
}

fn names_room(curves: &[Curve], size: Size) -> f64 {
    let most = size.pick(160.0, 128.0);
    curves.iter().map(|curve| width(&curve.name, LETTERS) + 24.0).fold(0.0, f64::max).min(most)
}

fn draw_band(ink: &mut Ink, series: usize, curve: &Curve, x: Scale, y: Scale) {
    let known: Vec<(f64, (f64, f64))> =
        curve.points.iter().filter(|p| p.candidate).filter_map(|p| Some((p.x, p.interval?))).collect();
    let upper = known.iter().map(|(at, (_, high))| (x.at(*at), y.at(*high)));
    let lower = known.iter().rev().map(|(at, (low, _))| (x.at(*at), y.at(*low)));
    ink.area(&format!("i c{}", series % LOOKS), &upper.chain(lower).collect::<Vec<_>>());
}

fn draw_line(ink: &mut Ink, series: usize, curve: &Curve, x: Scale, y: Scale) {
    let place = |p: &Point| (x.at(p.x), y.at(p.y));
    let candidates: Vec<(f64, f64)> = curve.points.iter().filter(|p| p.candidate).map(place).collect();
    ink.path(&format!("l {}", look(series)), &candidates);
    for point in &curve.points {
        match point.candidate {
            true => ink.shape(&format!("k c{}", series % LOOKS), place(point), marker(series)),
            false => ink.shape("x", place(point), style::CROSS),
        }
    }
}

/// The names at the right ends of their curves, moved apart.
fn draw_names(ink: &mut Ink, curves: &[Curve], inside: Inside, x: Scale, y: Scale, size: Size) {
    let named: Vec<(usize, &Curve, &Point)> =
        curves.iter().enumerate().filter_map(|(i, c)| Some((i, c, c.points.last()?))).collect();
    let wanted: Vec<f64> = named.iter().map(|(_, _, last)| y.at(last.y)).collect();
    let placed = spread(&wanted, 16.0, inside.top + 2.0, inside.bottom - 4.0);
    let room = size.width() - inside.right - 18.0;
    for ((i, curve, last), at) in named.into_iter().zip(placed) {
        let end = (x.at(last.x) + 6.0, y.at(last.y));
        if (at - end.1).abs() > 3.0 {
            ink.line("lead", end, (inside.right + 2.0, at));
        }
        ink.shape(&format!("k c{}", i % LOOKS), (inside.right + 8.0, at), marker(i));
        ink.text("", (inside.right + 16.0, at + 4.0), Anchor::Start, &cut(&curve.name, LETTERS, room));
    }
}
