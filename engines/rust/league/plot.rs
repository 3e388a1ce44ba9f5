//! Cost against loss, as a picture.

use std::fmt::Write as _;

use super::Entrants;
use super::page::{LINK, MORNING};
use super::summary::{Lines, Place};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 520.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 330.0;
/// Between two names, one below the other.
const NAMES: f64 = 14.0;

struct Dot<'a> {
    name: &'a str,
    bytes: f64,
    gone: f64,
}

/// Each engine by what a phone sends and loads in a morning with faults, and by how many of a hundred
/// edits are lost or replace somebody else's unseen. The scale of bytes is logarithmic.
pub fn plot(lines: &Lines, entrants: &Entrants) -> String {
    let dots: Vec<Dot<'_>> = entrants.entrant.iter().filter_map(|entrant| {
        let place = Place { engine: entrant.engine.clone(), work: MORNING.into(), link: LINK.into(), weather: "faults".into() };
        let of = |figure| lines.get(&place, figure).map(|line| line.middle);
        // An edit of the morning sets two columns.
        let gone = (of("lost")? + of("replaced")? / 2.0) / of("edits")? * 100.0;
        Some(Dot { name: &entrant.title, bytes: (of("up")? + of("down")?) / 1024.0, gone })
    }).collect();
    let most = dots.iter().map(|dot| dot.gone).fold(1.0, f64::max) * 1.1;
    let (least, greatest) = dots.iter().fold((f64::INFINITY, 1.0), |(least, greatest): (f64, f64), dot| (least.min(dot.bytes), greatest.max(dot.bytes)));
    let (least, greatest) = (least / 1.3, greatest * 1.3);
    let x = |bytes: f64| LEFT + libm::log(bytes / least) / libm::log(greatest / least) * (RIGHT - LEFT);
    let y = |gone: f64| BOTTOM - gone / most * (BOTTOM - TOP);
    let mut ink = String::new();
    for bytes in [50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0].into_iter().filter(|bytes| (least..greatest).contains(bytes)) {
        let at = x(bytes);
        _ = writeln!(ink, "<path d=\"M{at:.1} {TOP}V{BOTTOM}\" class=\"g\"/><text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{bytes}</text>", BOTTOM + 16.0);
    }
    let step = if most > 20.0 { 5.0 } else { 2.0 };
    let mut gone = 0.0;
    while gone < most {
        let at = y(gone);
        _ = writeln!(ink, "<path d=\"M{LEFT} {at:.1}H{RIGHT}\" class=\"g\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{gone}</text>", LEFT - 6.0, at + 4.0);
        gone += step;
    }
    let mut names: Vec<(f64, &Dot<'_>)> = dots.iter().map(|dot| (y(dot.gone), dot)).collect();
    names.sort_by(|(one, a), (other, b)| one.total_cmp(other).then(b.bytes.total_cmp(&a.bytes)));
    apart(&mut names);
    for (at, dot) in &names {
        let (to_x, to_y) = (x(dot.bytes), y(dot.gone));
        _ = writeln!(ink, "<path d=\"M{to_x:.1} {to_y:.1}L{:.1} {at:.1}\" class=\"l\"/><circle cx=\"{to_x:.1}\" cy=\"{to_y:.1}\" r=\"4\"/><text x=\"{:.1}\" y=\"{:.1}\">{}</text>", RIGHT + 8.0, RIGHT + 12.0, at + 4.0, dot.name);
    }
    _ = writeln!(ink, "<text x=\"{LEFT}\" y=\"12\">edits of a hundred that are lost or replace another unseen</text><text x=\"{RIGHT}\" y=\"{:.1}\" text-anchor=\"end\">KiB a phone sends and loads in the morning</text>", BOTTOM + 34.0);
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\">\n<title>Cost against loss</title>\n<style>svg{{background:#fff}}.g{{stroke:#ddd}}.l{{stroke:#bbb}}circle{{fill:#2563a8}}text{{fill:#222}}</style>\n{ink}</svg>\n")
}

/// Moves names down until none is over another, and all up again if the last is below the plot.
fn apart(names: &mut [(f64, &Dot<'_>)]) {
    for at in 1..names.len() {
        names[at].0 = names[at].0.max(names[at - 1].0 + NAMES);
    }
    for at in (0..names.len()).rev() {
        let below = names.get(at + 1).map_or(BOTTOM + 4.0, |next| next.0 - NAMES);
        names[at].0 = names[at].0.min(below);
    }
}
