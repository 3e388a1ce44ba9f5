//! A plot of cost against loss.

use std::fmt::Write as _;

use super::page::{LINK, MORNING};
use super::summary::{Lines, Place};
use super::{Entrant, Entrants};

const WIDTH: f64 = 780.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 520.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 330.0;
/// The minimum vertical distance between two names.
const NAMES: f64 = 14.0;

struct Dot<'a> {
    name: &'a str,
    bytes: f64,
    gone: f64,
}

/// Maps bytes and edits to positions in the plot.
struct Scale {
    least: f64,
    greatest: f64,
    most: f64,
}

impl Scale {
    fn of(dots: &[Dot<'_>]) -> Scale {
        let bytes = || dots.iter().map(|dot| dot.bytes);
        Scale {
            least: bytes().fold(f64::INFINITY, f64::min) / 1.3,
            greatest: bytes().fold(1.0, f64::max) * 1.3,
            most: dots.iter().map(|dot| dot.gone).fold(1.0, f64::max) * 1.1,
        }
    }
    fn x(&self, bytes: f64) -> f64 {
        LEFT + libm::log(bytes / self.least) / libm::log(self.greatest / self.least) * (RIGHT - LEFT)
    }
    fn y(&self, gone: f64) -> f64 {
        BOTTOM - gone / self.most * (BOTTOM - TOP)
    }
}

/// Plots each engine. The horizontal axis is logarithmic: the bytes that a phone transfers in a
/// morning with faults. The vertical axis is the number of lost edits per 100.
pub fn plot(lines: &Lines, entrants: &Entrants) -> String {
    let dots: Vec<Dot<'_>> = entrants.entrant.iter().filter_map(|entrant| dot(lines, entrant)).collect();
    let scale = Scale::of(&dots);
    let mut names: Vec<(f64, &Dot<'_>)> = dots.iter().map(|dot| (scale.y(dot.gone), dot)).collect();
    names.sort_by(|(one, a), (other, b)| one.total_cmp(other).then(b.bytes.total_cmp(&a.bytes)));
    apart(&mut names);
    let mut ink = axes(&scale);
    for (at, dot) in &names {
        let (x, y) = (scale.x(dot.bytes), scale.y(dot.gone));
        let line = RIGHT + 8.0;
        _ = writeln!(ink, "<path d=\"M{x:.1} {y:.1}L{line:.1} {at:.1}\" class=\"l\"/>");
        _ = writeln!(ink, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>");
        _ = writeln!(ink, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", RIGHT + 12.0, at + 4.0, dot.name);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<title>Cost against loss</title>\n\
         <style>svg{{background:#fff}}.g{{stroke:#ddd}}.l{{stroke:#bbb}}circle{{fill:#2563a8}}\
         text{{fill:#222}}</style>\n{ink}</svg>\n"
    )
}

fn dot<'a>(lines: &Lines, entrant: &'a Entrant) -> Option<Dot<'a>> {
    let place = Place::of(&entrant.engine, MORNING, LINK, "faults");
    let of = |figure| lines.get(&place, figure).map(|line| line.middle);
    Some(Dot { name: &entrant.title, bytes: (of("up")? + of("down")?) / 1024.0, gone: of("gone")? })
}

fn axes(scale: &Scale) -> String {
    let mut ink = String::new();
    let marks = [50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0].into_iter();
    for bytes in marks.filter(|bytes| (scale.least..scale.greatest).contains(bytes)) {
        let (x, y) = (scale.x(bytes), BOTTOM + 16.0);
        _ = writeln!(ink, "<path d=\"M{x:.1} {TOP}V{BOTTOM}\" class=\"g\"/>");
        _ = writeln!(ink, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{bytes}</text>");
    }
    let step = if scale.most > 20.0 { 5.0 } else { 2.0 };
    let marks = (0..).map(|mark| f64::from(mark) * step).take_while(|gone| *gone < scale.most);
    for gone in marks {
        let (x, y) = (LEFT - 6.0, scale.y(gone));
        _ = writeln!(ink, "<path d=\"M{LEFT} {y:.1}H{RIGHT}\" class=\"g\"/>");
        _ = writeln!(ink, "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"end\">{gone}</text>", y + 4.0);
    }
    _ = writeln!(ink, "<text x=\"{LEFT}\" y=\"12\">values gone, %</text>");
    let (x, y) = (RIGHT, BOTTOM + 34.0);
    let name = "KiB that a phone sends and loads in the morning";
    _ = writeln!(ink, "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{name}</text>");
    ink
}

/// Moves names down until none overlap. If the last name is then below the plot, moves names up.
fn apart(names: &mut [(f64, &Dot<'_>)]) {
    for at in 1..names.len() {
        names[at].0 = names[at].0.max(names[at - 1].0 + NAMES);
    }
    for at in (0..names.len()).rev() {
        let below = names.get(at + 1).map_or(BOTTOM + 4.0, |next| next.0 - NAMES);
        names[at].0 = names[at].0.min(below);
    }
}
