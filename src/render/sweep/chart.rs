//! Curves in characters: lines of braille dots, a letter at each setting, no colours.

use crate::analysis::sweep::Point;
use crate::render::lines::filled;

/// Characters of the plot, without its labels; with them it fits into 80 columns.
const WIDTH: usize = 68;
const HEIGHT: usize = 14;
/// Dots of a braille character.
const DOTS: (usize, usize) = (2, 4);
/// What costs more than this many times the best is drawn at the top.
const TOP_MAX: f64 = 8.0;
/// Letters for this many curves.
const CURVES_MAX: usize = 12;
/// Values further apart than this are told on a logarithmic axis.
const LINEAR_MAX: f64 = 8.0;

/// A curve: for each setting its cost relative to the best, if it is a candidate.
pub(in crate::render) struct Curve<'a> {
    pub(in crate::render) name: &'a str,
    pub(in crate::render) points: &'a [Point<'a>],
    pub(in crate::render) costs: Vec<Option<f64>>,
    /// Settings without a cost were not measured and are passed over; else they break the line.
    pub(in crate::render) sparse: bool,
}

/// Draws the curves one over the other; empty where there is no axis of numbers to draw along.
pub(in crate::render) fn chart(axis: &str, curves: &[Curve<'_>]) -> String {
    let curves = &curves[..curves.len().min(CURVES_MAX)];
    let Some(places) = curves.first().and_then(|curve| places(curve.points)) else { return String::new() };
    let costs = || curves.iter().flat_map(|curve| curve.costs.iter().flatten());
    if costs().count() < 2 {
        return String::new();
    }
    let highest = costs().copied().fold(1.0, f64::max);
    let top = [1.1, 1.25, 1.5, 2.0, 4.0, TOP_MAX].into_iter().find(|top| *top >= highest).unwrap_or(TOP_MAX);
    let mut canvas = Canvas::new();
    for (letter, curve) in ('a'..).zip(curves) {
        let at = |i: usize| {
            let rise = curve.costs[i].map(|cost| libm::log2(cost.clamp(1.0, top)) / libm::log2(top))?;
            Some((places[i], rise))
        };
        let points = (0..curve.points.len()).filter(|i| !curve.sparse || curve.costs[*i].is_some());
        canvas.curve(letter, points.map(at));
    }
    let mut text = format!("cost relative to the best of each curve, by {axis}\n");
    text.push_str(&canvas.rows(top, highest > top));
    text.push_str(&ticks(&places, curves[0].points));
    let legend = ('a'..).zip(curves).map(|(letter, curve)| format!("{letter} {} ", curve.name));
    text + &filled(&" ".repeat(10), &" ".repeat(10), legend, 80)
}

/// Where each setting lies between the left and the right end; `None` if settings are not numbers
/// in order.
fn places(points: &[Point<'_>]) -> Option<Vec<f64>> {
    let numbers: Vec<f64> = points.iter().map(Point::number).collect::<Option<_>>()?;
    if numbers.len() < 3 || numbers.windows(2).any(|pair| pair[0] >= pair[1]) {
        return None;
    }
    let (first, last) = (numbers[0], numbers[numbers.len() - 1]);
    let scale = |x: f64| if first > 0.0 && last / first >= LINEAR_MAX { libm::log2(x) } else { x };
    Some(numbers.iter().map(|x| (scale(*x) - scale(first)) / (scale(last) - scale(first))).collect())
}

struct Canvas {
    dots: Vec<u8>,
    letters: Vec<Option<char>>,
}

impl Canvas {
    fn new() -> Canvas {
        Canvas { dots: vec![0; WIDTH * HEIGHT], letters: vec![None; WIDTH * HEIGHT] }
    }

    /// Draws through points given as shares of the width and the height; a gap in the points is a
    /// gap in the line.
    fn curve(&mut self, letter: char, points: impl Iterator<Item = Option<(f64, f64)>>) {
        let mut before: Option<(i64, i64)> = None;
        for point in points {
            let dot = |share: f64, dots: usize| (share * (dots - 1) as f64).round() as i64;
            let at = point.map(|(x, y)| (dot(x, WIDTH * DOTS.0), dot(1.0 - y, HEIGHT * DOTS.1)));
            if let (Some(from), Some(to)) = (before, at) {
                self.line(from, to);
            }
            if let Some((x, y)) = at {
                let cell = y as usize / DOTS.1 * WIDTH + x as usize / DOTS.0;
                let other = self.letters[cell].is_some_and(|there| there != letter);
                self.letters[cell] = Some(if other { '*' } else { letter });
            }
            before = at;
        }
    }

    fn line(&mut self, (x0, y0): (i64, i64), (x1, y1): (i64, i64)) {
        let steps = (x1 - x0).abs().max((y1 - y0).abs()).max(1);
        for step in 0..=steps {
            let between = |from: i64, to: i64| {
                from + ((to - from) * step * 2 + steps * (to - from).signum()) / (steps * 2)
            };
            self.dot(between(x0, x1) as usize, between(y0, y1) as usize);
        }
    }

    fn dot(&mut self, x: usize, y: usize) {
        // Unicode numbers the dots of a braille cell down its columns, the bottom row last.
        const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        self.dots[y / DOTS.1 * WIDTH + x / DOTS.0] |= BITS[x % DOTS.0][y % DOTS.1];
    }

    fn rows(&self, top: f64, clipped: bool) -> String {
        let labelled = labels(top);
        let mut text = String::new();
        for row in 0..HEIGHT {
            let label =
                labelled.iter().find(|(at, _)| *at == row).map_or(String::new(), |(_, label)| label.clone());
            let label = if row == 0 && clipped { format!("≥{label}") } else { label };
            let cells = row * WIDTH..(row + 1) * WIDTH;
            let drawn: String = cells.map(|cell| self.shown(cell)).collect();
            text.push_str(format!("{label:>7} │{drawn}").trim_end());
            text.push('\n');
        }
        text
    }

    fn shown(&self, cell: usize) -> char {
        match (self.letters[cell], self.dots[cell]) {
            (Some(letter), _) => letter,
            (None, 0) => ' ',
            (None, dots) => char::from_u32(0x2800 + u32::from(dots)).expect("braille has 256 characters"),
        }
    }
}

/// The rows that have a label on the left.
fn labels(top: f64) -> Vec<(usize, String)> {
    let values: Vec<f64> = if top >= 4.0 {
        std::iter::successors(Some(1.0), |x| Some(x * 2.0)).take_while(|x| *x <= top).collect()
    } else {
        vec![1.0, libm::sqrt(top), top]
    };
    let label = |value: &f64| {
        let rise = libm::log2(*value) / libm::log2(top);
        let row = ((1.0 - rise) * (HEIGHT - 1) as f64).round() as usize;
        let told = if value.fract() == 0.0 { format!("{value}×") } else { format!("{value:.2}×") };
        (row, told)
    };
    values.iter().map(label).collect()
}

/// The axis below, and as many of its values as there is room for.
fn ticks(places: &[f64], points: &[Point<'_>]) -> String {
    let mut rule: Vec<char> = vec!['─'; WIDTH];
    let mut names = vec![' '; WIDTH + 2];
    let mut free = 0;
    for (place, point) in places.iter().zip(points) {
        let at = (place * (WIDTH - 1) as f64).round() as usize;
        let name: Vec<char> = point.value.chars().collect();
        let from = at.saturating_sub(name.len() / 2).min((WIDTH + 2).saturating_sub(name.len()));
        if from < free || name.len() > names.len() {
            continue;
        }
        rule[at] = '┬';
        names[from..from + name.len()].copy_from_slice(&name);
        free = from + name.len() + 1;
    }
    let line = |chars: Vec<char>| chars.into_iter().collect::<String>();
    format!("{:>7} └{}\n{:>9}{}\n", "", line(rule), "", line(names).trim_end())
}
