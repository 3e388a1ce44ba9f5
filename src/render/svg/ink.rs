//! Writes the SVG elements of plots. Coordinates have steps of 0.1 pixels.

use std::fmt::Write;

pub(super) use crate::render::escaped;

#[derive(Debug, Default)]
pub(super) struct Ink {
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Ink {
    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(px);
        let _ = writeln!(self.text, r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#);
    }
    /// Draws a line through points. Fewer than two points draw nothing.
    pub(super) fn path(&mut self, class: &str, points: &[(f64, f64)]) {
        if points.len() > 1 {
            let _ = writeln!(self.text, r#"<path class="{class}" d="{}"/>"#, through(points));
        }
    }
    pub(super) fn area(&mut self, class: &str, points: &[(f64, f64)]) {
        if points.len() > 2 {
            let _ = writeln!(self.text, r#"<path class="{class}" d="{}Z"/>"#, through(points));
        }
    }
    pub(super) fn shape(&mut self, class: &str, at: (f64, f64), d: &str) {
        self.shape_with_tooltip(class, at, d, "");
    }
    pub(super) fn shape_with_tooltip(&mut self, class: &str, at: (f64, f64), d: &str, told: &str) {
        let (x, y) = (px(at.0), px(at.1));
        let _ = write!(self.text, r#"<path class="{class}" transform="translate({x} {y})" d="{d}""#);
        self.end("path", told);
    }
    fn end(&mut self, element: &str, told: &str) {
        let _ = match told {
            "" => writeln!(self.text, "/>"),
            told => writeln!(self.text, "><title>{}</title></{element}>", escaped(told)),
        };
    }
    pub(super) fn rect(&mut self, class: &str, corner: (f64, f64), size: (f64, f64), told: Option<&str>) {
        if size.0 <= 0.0 || size.1 <= 0.0 {
            return;
        }
        let [x, y, wide, high] = [corner.0, corner.1, size.0, size.1].map(px);
        let _ = write!(self.text, r#"<rect class="{class}" x="{x}" y="{y}" width="{wide}" height="{high}""#);
        self.end("rect", told.unwrap_or_default());
    }
    pub(super) fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " z",
            Anchor::End => " e",
        };
        let class = match format!("{class}{anchor}").trim_start() {
            "" => String::new(),
            class => format!(r#" class="{class}""#),
        };
        let _ =
            writeln!(self.text, r#"<text{class} x="{}" y="{}">{}</text>"#, px(at.0), px(at.1), escaped(text));
    }
}

fn through(points: &[(f64, f64)]) -> String {
    let mut d = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let _ = write!(d, "{}{} {}", if i == 0 { "M" } else { "L" }, px(*x), px(*y));
    }
    d
}

/// A coordinate as text with at most one decimal. The text is the same on every machine.
pub(super) fn px(x: f64) -> String {
    let tenths = libm::round(x * 10.0) as i64;
    let (whole, rest) = (tenths.abs() / 10, tenths.abs() % 10);
    let sign = if tenths < 0 { "-" } else { "" };
    if rest == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// The width of a text of this size, in the widest common sans-serif font.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | '\'' | '|' => 0.29,
        ' ' | '.' | ',' | ':' | ';' | 'f' | 't' | 'r' | '(' | ')' | '/' | '!' | '-' => 0.40,
        '\u{2009}' => 0.22,
        'm' | 'w' | 'M' | 'W' | '%' | '…' | '×' => 0.98,
        'A'..='Z' | '→' | '≥' | '≤' | '=' => 0.76,
        _ => 0.645,
    };
    text.chars().map(em).sum::<f64>() * size
}

/// Shortens a text to the width `room`. The middle of the text is left out.
pub(super) fn cut(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let of = |kept: usize| {
        let (head, tail) = (&letters[..kept.div_ceil(2)], &letters[letters.len() - kept / 2..]);
        head.iter().chain(&['…']).chain(tail).collect::<String>()
    };
    (0..letters.len()).rev().map(of).find(|text| width(text, size) <= room).unwrap_or_default()
}

pub(super) fn wrapped(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size) <= room => line.extend([" ", word]),
            _ => lines.push(cut(word, size, room)),
        }
    }
    lines
}

/// Moves positions apart, between `low` and `high`, until neighbours have the distance `apart`.
/// They keep their order. Without enough room, all distances are equal.
pub(super) fn spread(wanted: &[f64], apart: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let last = wanted.len().saturating_sub(1).max(1) as f64;
    let apart = apart.min((high - low) / last);
    let mut placed = vec![0.0; wanted.len()];
    let mut floor = low;
    for &i in &order {
        placed[i] = wanted[i].max(floor);
        floor = placed[i] + apart;
    }
    let mut ceiling = high;
    for &i in order.iter().rev() {
        placed[i] = placed[i].min(ceiling);
        ceiling = placed[i] - apart;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_have_one_decimal_at_most() {
        for (x, shown) in [(0.0, "0"), (-0.04, "0"), (1.25, "1.3"), (-3.24, "-3.2"), (640.0, "640")] {
            assert_eq!(px(x), shown);
        }
    }
    #[test]
    fn labels_that_would_meet_are_moved_apart_in_their_order() {
        assert_eq!(spread(&[50.0, 51.0, 10.0], 12.0, 0.0, 100.0), [50.0, 62.0, 10.0]);
        assert_eq!(spread(&[99.0, 98.0], 12.0, 0.0, 100.0), [100.0, 88.0], "none falls off the edge");
        let crowded = spread(&[5.0; 11], 12.0, 0.0, 50.0);
        assert!(crowded.windows(2).all(|pair| (pair[1] - pair[0] - 5.0).abs() < 1e-9), "{crowded:?}");
    }
    #[test]
    fn a_text_is_cut_to_its_room_and_says_so() {
        let short = cut("appointments of the cardiology", 12.0, 100.0);
        assert!(short.contains('…') && width(&short, 12.0) <= 100.0, "{short}");
        assert_eq!(cut("short", 12.0, 100.0), "short");
        let lines = wrapped("one two three four five six", 12.0, 80.0);
        assert!(lines.len() > 1 && lines.iter().all(|line| width(line, 12.0) <= 80.0), "{lines:?}");
    }
}
