//! `validate`: every figure that our models must reproduce.

use super::figures::{Figure, listing};
use super::measured::{self, Validation};
use super::{backoff, chunks, cursors, daly, downloads, energy, flash, losses, queues};
use crate::render::texts;

/// Figures that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// What they are about.
    pub name: &'static str,
    /// Simulates them.
    pub figures: fn() -> Vec<Figure>,
}

/// All families, in the order in which they are told.
pub const FAMILIES: &[Family] = &[
    Family { name: "chunks that outages cut, repair immune", figures: chunks::figures },
    Family { name: "the best chunk under outages", figures: chunks::best },
    Family { name: "work between checkpoints, repair restartable", figures: daly::figures },
    Family { name: "queues, herds, quotas and a measured gateway", figures: queues::figures },
    Family { name: "backoff under contention, 100 clients", figures: backoff::figures },
    Family { name: "cursors over rows that stand still", figures: cursors::still },
    Family { name: "cursors over rows that change", figures: cursors::moving },
    Family { name: "long transfers under loss", figures: losses::throughput },
    Family { name: "losses in bursts, Gilbert and Elliott", figures: losses::bursts },
    Family {
        name: "radio energy by the models of 2009 (runs use that of 2G alone)",
        figures: energy::figures,
    },
    Family { name: "databases on measured devices", figures: flash::figures },
    Family { name: "first downloads that vendors tell of", figures: downloads::figures },
];

/// What `validate` prints.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// A table a family, each with all its figures.
    pub figures: String,
    /// A line a family.
    pub summary: String,
    /// Whether every figure holds.
    pub holds: bool,
}

/// Simulates all families and, if asked for, predicts the measured transfers too.
pub fn report(with_transfers: bool) -> Report {
    told(FAMILIES.iter(), with_transfers)
}

/// Simulates what each cursor by time loses.
pub fn cursor_report() -> Report {
    told(FAMILIES.iter().filter(|family| family.name.starts_with("cursors ")), false)
}

fn told<'f>(families: impl Iterator<Item = &'f Family>, with_transfers: bool) -> Report {
    let mut report = Report { figures: String::new(), summary: String::new(), holds: true };
    let mut lines = Vec::new();
    for family in families {
        let figures = (family.figures)();
        report.holds &= figures.iter().all(Figure::holds);
        report.figures.push_str(&format!("{}\n{}\n", family.name, listing(&figures)));
        lines.push(line(family.name, &figures));
    }
    if with_transfers {
        for (name, validation) in transfers() {
            report.holds &= validation.met() == Some(true);
            report.figures.push_str(&format!("{name}\n{}\n", measured::listing(&validation.kinds)));
            lines.extend(validation.kinds.iter().map(|kind| {
                let off = format!("{} on average, {} at most", percent(kind.mean), percent(kind.max));
                [
                    kind.name.clone(),
                    kind.cells.to_string(),
                    off,
                    kind.tolerance.to_owned(),
                    judged(kind.met == Some(true)),
                ]
            }));
        }
    }
    report.summary = texts(["what", "figures", "off", "allowed", ""], lines);
    report
}

/// The reference files, predicted.
fn transfers() -> [(&'static str, Validation); 2] {
    let ours = "the reference is well formed";
    [
        ("transfers measured on Linux", measured::transfers(measured::TRANSFERS.as_bytes()).expect(ours)),
        (
            "transfers with an outage during them",
            measured::outages(measured::OUTAGES.as_bytes()).expect(ours),
        ),
    ]
}

/// A family in a line: the figure that is off most, by what is allowed.
fn line(name: &str, figures: &[Figure]) -> [String; 5] {
    let off = figures.iter().map(|figure| figure.off().abs()).fold(0.0, f64::max);
    let allowed =
        |of: fn(f64, f64) -> f64, none| figures.iter().map(|figure| figure.tolerance).fold(none, of);
    let (least, most) = (allowed(f64::min, f64::INFINITY), allowed(f64::max, 0.0));
    let allowed =
        if least < most { format!("{} to {}", percent(least), percent(most)) } else { percent(most) };
    let met = judged(figures.iter().all(Figure::holds));
    [name.to_owned(), figures.len().to_string(), format!("{} at most", percent(off)), allowed, met]
}

/// With two digits.
fn percent(share: f64) -> String {
    let decimals = if share < 0.1 { 1 } else { 0 };
    let text = format!("{:.decimals$}", share * 100.0);
    format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
}

fn judged(holds: bool) -> String {
    if holds { String::new() } else { "OFF".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_the_worst_of_its_figures_and_what_was_allowed() {
        let figures = [Figure::new("a", 4.0, 4.06, 0.02), Figure::new("b", 2.0, 1.5, 0.3)];
        assert_eq!(line("waits", &figures), ["waits", "2", "25 % at most", "2 % to 30 %", ""]);
        assert_eq!(line("waits", &[Figure::new("a", 4.0, 4.1, 0.02)])[2..], ["2.5 % at most", "2 %", "OFF"]);
    }
}
