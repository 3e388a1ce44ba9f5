//! Simulated figures with their references, and the verdict on them.

use syncdyno::render::texts;

/// A simulated figure and its reference.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure {
    /// The name with its unit: `EDGE, 681 rows a chunk: seconds a chunk`.
    pub(super) name: String,
    pub(super) reference: f64,
    pub(super) measured: f64,
    /// The maximum deviation, as a share of the reference.
    pub(super) tolerance: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kind {
    pub(super) name: String,
    pub(super) figures: usize,
    /// The mean and the maximum of the deviations, as shares.
    pub(super) mean: f64,
    pub(super) max: f64,
    pub(super) tolerance: String,
    pub(super) met: bool,
}

/// A section of the report: all figures as text, and the verdict on each kind.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) details: String,
    pub(super) kinds: Vec<Kind>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Report {
    pub(super) text: String,
    /// True if every figure is within its tolerance; `None` if none was judged.
    pub(super) holds: Option<bool>,
}

impl Figure {
    pub(super) fn new(name: impl Into<String>, reference: f64, measured: f64, tolerance: f64) -> Figure {
        Figure { name: name.into(), reference, measured, tolerance }
    }
    /// The deviation: 0.01 means 1 % above the reference.
    pub(super) fn off(&self) -> f64 {
        self.measured / self.reference - 1.0
    }
    pub(super) fn holds(&self) -> bool {
        self.off().abs() <= self.tolerance
    }
}

impl Kind {
    pub(super) fn new(name: &str, off: &[f64], tolerance: String, met: bool) -> Kind {
        let mean = off.iter().sum::<f64>() / off.len() as f64;
        let max = off.iter().copied().fold(0.0, f64::max);
        Kind { name: name.to_owned(), figures: off.len(), mean, max, tolerance, met }
    }
}

impl Section {
    pub(super) fn of(title: &'static str, figures: &[Figure]) -> Section {
        let row = |f: &Figure| {
            [
                f.name.clone(),
                digits(f.reference),
                digits(f.measured),
                format!("{:+.2} %", f.off() * 100.0),
                percent(f.tolerance),
                if f.holds() { String::new() } else { "OFF".to_owned() },
            ]
        };
        let details =
            texts(["figure", "reference", "measured", "off", "allowed", ""], figures.iter().map(row));
        let off: Vec<f64> = figures.iter().map(|figure| figure.off().abs()).collect();
        let allowed = |of: fn(f64, f64) -> f64, none| figures.iter().map(|f| f.tolerance).fold(none, of);
        let (least, most) = (allowed(f64::min, f64::INFINITY), allowed(f64::max, 0.0));
        let tolerance =
            if least < most { format!("{} to {}", percent(least), percent(most)) } else { percent(most) };
        let met = figures.iter().all(Figure::holds);
        Section { title, details, kinds: vec![Kind::new(title, &off, tolerance, met)] }
    }
}

impl Report {
    pub(super) fn of(sections: &[Section]) -> Report {
        let kinds = || sections.iter().flat_map(|section| &section.kinds);
        let row = |kind: &Kind| {
            [
                kind.name.clone(),
                kind.figures.to_string(),
                percent(kind.mean),
                percent(kind.max),
                kind.tolerance.clone(),
                if kind.met { "met" } else { "NOT MET" }.to_owned(),
            ]
        };
        let details = sections.iter().map(|section| format!("{}\n{}\n", section.title, section.details));
        let summary = texts(["what", "n", "mean off", "max", "allowed", ""], kinds().map(row));
        let holds = kinds().next().is_some().then(|| kinds().all(|kind| kind.met));
        Report { text: details.collect::<String>() + &summary, holds }
    }
}

/// Formats a number with 4 significant digits. From 1 000 on, it has no decimals.
fn digits(x: f64) -> String {
    let decimals = match x.abs() {
        1e3.. => 0,
        1e2.. => 1,
        1e1.. => 2,
        1.0.. => 3,
        _ => 4,
    };
    format!("{x:.decimals$}")
}

pub(super) fn percent(share: f64) -> String {
    let decimals = if share < 0.1 { 1 } else { 0 };
    let text = format!("{:.decimals$}", share * 100.0);
    format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_figure_beyond_its_tolerance_breaks_the_verdict() {
        let figures = |waits| [Figure::new("wait", 4.0, waits, 0.02), Figure::new("run", 2.0, 2.5, 0.3)];
        for (waits, met) in [(4.07, true), (3.93, true), (4.09, false), (3.9, false), (f64::NAN, false)] {
            let section = Section::of("waits", &figures(waits));
            assert_eq!(section.kinds[0].met, met, "{waits}");
            assert_eq!(Report::of(&[section]).holds, Some(met));
        }
        let sections = [Section::of("waits", &figures(4.1)), Section::of("runs", &figures(4.0)[1..])];
        insta::assert_snapshot!(Report::of(&sections).text);
        assert_eq!(Report::of(&[]).holds, None);
    }
}
