//! Curves along the settings of one key. A curve has intervals, its best setting, and its flat
//! region (the settings as good as the best in practice).

use super::frame::{Inside, LETTERS, Size, Svg, bottom_axis, left_axis, left_axis_width};
use super::ink::{Anchor, Ink, cut, spread, width, wrapped};
use super::scale::Scale;
use super::style::{self, LOOKS, look, marker};
use crate::metrics::{Unit, human};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    pub title: String,
    pub about: String,
    pub x: String,
    /// The settings from left to right, each with position and label.
    pub settings: Vec<(f64, String)>,
    pub y: String,
    /// The unit of the curves. `None` means counts.
    pub unit: Option<Unit>,
    /// The curves. Only the first [`Curves::MOST`] are drawn.
    pub curves: Vec<Curve>,
    /// Settings of products, each with position and product. A line with a letter marks each of
    /// them.
    pub marks: Vec<(f64, String)>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    pub name: String,
    pub points: Vec<Point>,
    pub best: Option<f64>,
    /// The first and the last setting that cost at most 3 % more than the best.
    pub flat: Option<(f64, f64)>,
    /// The interval of the optimum. `None` means that the interval ends with the tried settings.
    pub between: Option<[Option<f64>; 2]>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
    pub interval: Option<(f64, f64)>,
    /// False if the setting is excluded.
    pub candidate: bool,
    /// The number of seeds, if it differs along the curves. A point with fewer seeds is hollow.
    pub seeds: Option<u64>,
}

const ROW: f64 = 15.0;
const TICKS: usize = 6;
const KEYS: f64 = 18.0;
const INSET: f64 = 12.0;

impl Curves {
    /// The largest number of curves that readers can distinguish.
    pub const MOST: usize = LOOKS;

    pub fn draw(&self, size: Size) -> Svg {
        let curves = &self.curves[..self.curves.len().min(Curves::MOST)];
        let unit = self.unit.unwrap_or(Unit::Count);
        let marks = if self.marks.is_empty() { 0.0 } else { KEYS };
        let rows = curves.iter().filter(|curve| curve.flat.is_some()).count();
        let height = size.height() + marks;
        let mut inside = Inside { left: 0.0, right: 0.0, top: 26.0 + marks, bottom: height - 38.0 };
        let y = values(curves, (inside.bottom, inside.top));
        inside.left = left_axis_width(y, unit, TICKS).max(34.0);
        let names = curves.iter().map(|curve| width(&curve.name, LETTERS) + 24.0).fold(0.0, f64::max);
        let names = if curves.len() > 1 { names.min(size.pick(160.0, 128.0)) } else { 14.0 };
        let last = self.settings.last().map_or(0.0, |(_, label)| width(label, LETTERS) / 2.0);
        inside.right = size.width() - names.max(last);
        let x = self.across(inside);
        let tick = |(at, label): &(f64, String)| (x.at(*at), label.clone());
        let ticks: Vec<(f64, String)> = self.settings.iter().map(tick).collect();
        let mut ink = Ink::default();
        left_axis(&mut ink, Inside { top: inside.top - marks, ..inside }, y, unit, &self.y, TICKS);
        let is_marked = |(at, _): &(f64, String)| self.marks.iter().any(|(mark, _)| mark == at);
        let first: Vec<bool> = self.settings.iter().map(is_marked).collect();
        bottom_axis(&mut ink, inside, &ticks, &first, &self.x);
        self.draw_marks(&mut ink, inside, x);
        for (i, curve) in curves.iter().enumerate() {
            draw_band(&mut ink, i, curve, x, y);
        }
        let seeds = curves.iter().flat_map(|curve| &curve.points).filter_map(|point| point.seeds).max();
        for (i, curve) in curves.iter().enumerate() {
            self.draw_line(&mut ink, i, curve, x, y, seeds);
        }
        if curves.len() > 1 {
            draw_names(&mut ink, curves, inside, x, y, size);
        }
        self.draw_regions(&mut ink, curves, inside, height, x);
        let below = if rows > 0 { rows as f64 * ROW + 26.0 } else { 0.0 };
        let legend = self.draw_legend(&mut ink, height + below, size);
        Svg::new(size, height + below + legend, &self.title, &self.about, ink)
    }

    fn draw_line(&self, ink: &mut Ink, series: usize, curve: &Curve, x: Scale, y: Scale, seeds: Option<u64>) {
        let place = |p: &Point| (x.at(p.x), y.at(p.y));
        let candidates: Vec<(f64, f64)> = curve.points.iter().filter(|p| p.candidate).map(place).collect();
        ink.path(&format!("l {}", look(series)), &candidates);
        for point in &curve.points {
            let fill = if point.seeds < seeds { "o" } else { "k" };
            let setting = self.label(point.x).unwrap_or_default();
            let told = format!("{} {setting}: {}", curve.name, self.told(point));
            let (class, shape) = match point.candidate {
                true => (format!("{fill} c{}", series % LOOKS), marker(series)),
                false => ("x".to_owned(), style::CROSS),
            };
            ink.shape_with_tooltip(&class, place(point), shape, told.trim_start());
        }
    }

    /// The figure of a point and its interval, as text.
    pub(in crate::render) fn told(&self, point: &Point) -> String {
        let shown = |y: f64| human::figure(self.unit.unwrap_or(Unit::Count), libm::round(y.max(0.0)) as u64);
        let between = point.interval.map(|(low, high)| format!(" ({} – {})", shown(low), shown(high)));
        shown(point.y) + &between.unwrap_or_default()
    }
    /// The label of the setting at this position.
    fn label(&self, at: f64) -> Option<&str> {
        self.settings.iter().find(|(x, _)| *x == at).map(|(_, label)| label.as_str())
    }
    fn across(&self, inside: Inside) -> Scale {
        let ends = (inside.left + INSET, inside.right - INSET);
        let xs = || self.settings.iter().chain(&self.marks).map(|(x, _)| *x);
        let low = xs().fold(f64::MAX, f64::min);
        let high = xs().fold(f64::MIN, f64::max);
        match low {
            low if low > high => Scale::linear((0.0, 1.0), ends),
            low if low > 0.0 && high / low >= 8.0 => Scale::log((low, high), ends),
            low => Scale::linear((low, high), ends),
        }
    }
    fn sorted_marks(&self) -> Vec<&(f64, String)> {
        let mut marks: Vec<&(f64, String)> = self.marks.iter().collect();
        marks.sort_by(|a, b| a.0.total_cmp(&b.0));
        marks
    }
    /// Draws a dashed line for each mark, with a letter above it. The legend has the names.
    fn draw_marks(&self, ink: &mut Ink, inside: Inside, x: Scale) {
        let places: Vec<f64> = self.sorted_marks().iter().map(|(at, _)| x.at(*at)).collect();
        let letters = spread(&places, 13.0, inside.left, inside.right);
        let y = inside.top - 4.0;
        for (i, (at, letter)) in places.into_iter().zip(letters).enumerate() {
            ink.line("mark", (at, inside.top), (at, inside.bottom));
            if (letter - at).abs() > 0.5 {
                ink.line("lead", (letter, y + 1.0), (at, inside.top));
            }
            ink.text("b", (letter, y), Anchor::Middle, &key(i));
        }
    }

    /// Draws the legend at the bottom: letter, setting and names of each mark. Returns its height.
    fn draw_legend(&self, ink: &mut Ink, top: f64, size: Size) -> f64 {
        let columns = size.pick(2, 1);
        let wide = size.width() / columns as f64;
        let marks = self.sorted_marks().into_iter().enumerate().map(|(i, (at, name))| {
            let text = self.label(*at).map_or_else(|| name.clone(), |setting| format!("{setting}  {name}"));
            (key(i), wrapped(&text, LETTERS, wide - 26.0))
        });
        let marks: Vec<(String, Vec<String>)> = marks.collect();
        let each = marks.len().div_ceil(columns).max(1);
        let mut most = 0;
        for (column, marks) in marks.chunks(each).enumerate() {
            let left = wide * column as f64 + 6.0;
            let mut row = 0;
            for (letter, lines) in marks {
                let y = |row: usize| top + 16.0 + row as f64 * ROW;
                ink.text("b", (left, y(row)), Anchor::Start, letter);
                for line in lines {
                    ink.text("", (left + 16.0, y(row)), Anchor::Start, line);
                    row += 1;
                }
            }
            most = most.max(row);
        }
        if most > 0 { most as f64 * ROW + 10.0 } else { 0.0 }
    }

    /// Draws one row per curve below the axis, with the flat region, the interval and the best
    /// setting.
    fn draw_regions(&self, ink: &mut Ink, curves: &[Curve], inside: Inside, height: f64, x: Scale) {
        let mut y = height + 28.0;
        for (i, curve) in curves.iter().enumerate() {
            let Some((first, last)) = curve.flat else { continue };
            if y < height + 29.0 {
                let words = "as good within 3 %, and where the optimum lies";
                ink.text("s m", (2.0, height + 13.0), Anchor::Start, words);
            }
            ink.shape(&format!("k c{}", i % LOOKS), (inside.left - 14.0, y), marker(i));
            ink.line("rule", (inside.left, y), (inside.right, y));
            let (from, to) = (x.at(first) - 5.0, x.at(last) + 5.0);
            ink.rect(&format!("flat c{}", i % LOOKS), (from, y - 4.5), (to - from, 9.0), None);
            if let Some(ends) = curve.between {
                let class = format!("whisker c{}", i % LOOKS);
                let [low, high] = ends.map(|end| end.map(|end| x.at(end)));
                ink.line(&class, (low.unwrap_or(inside.left), y), (high.unwrap_or(inside.right), y));
                for at in [low, high].into_iter().flatten() {
                    ink.line(&class, (at, y - 4.0), (at, y + 4.0));
                }
            }
            if let Some(best) = curve.best {
                ink.shape(&format!("k c{}", i % LOOKS), (x.at(best), y), marker(i));
            }
            y += ROW;
        }
    }
}

fn key(i: usize) -> String {
    char::from_u32('A' as u32 + i as u32).unwrap_or('?').to_string()
}

fn values(curves: &[Curve], places: (f64, f64)) -> Scale {
    let figures = || {
        let points = curves.iter().flat_map(|curve| &curve.points);
        points.flat_map(|p| [Some(p.y), p.interval.map(|i| i.0), p.interval.map(|i| i.1)]).flatten()
    };
    let low = figures().fold(f64::MAX, f64::min);
    let high = figures().fold(0.0, f64::max);
    Scale::fitting(low.min(high), high.max(f64::MIN_POSITIVE), places)
}

fn draw_band(ink: &mut Ink, series: usize, curve: &Curve, x: Scale, y: Scale) {
    let known: Vec<(f64, (f64, f64))> =
        curve.points.iter().filter(|p| p.candidate).filter_map(|p| Some((p.x, p.interval?))).collect();
    let upper = known.iter().map(|(at, (_, high))| (x.at(*at), y.at(*high)));
    let lower = known.iter().rev().map(|(at, (low, _))| (x.at(*at), y.at(*low)));
    ink.area(&format!("i c{}", series % LOOKS), &upper.chain(lower).collect::<Vec<_>>());
}

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
