//! A figure that must come out, and the list of many.

use crate::render::texts;

/// Something that was simulated, beside what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it is, with its unit: `EDGE, 681 rows a chunk: seconds a chunk`.
    pub name: String,
    /// What is known.
    pub reference: f64,
    /// What came out here.
    pub measured: f64,
    /// How far off it may be, as a share of the reference.
    pub tolerance: f64,
}

impl Figure {
    /// What came out beside what is known.
    pub fn new(name: impl Into<String>, reference: f64, measured: f64, tolerance: f64) -> Figure {
        Figure { name: name.into(), reference, measured, tolerance }
    }
    /// How far off it is: 0.01 is 1 % above the reference.
    pub fn off(&self) -> f64 {
        self.measured / self.reference - 1.0
    }
    /// Whether it is within its tolerance.
    pub fn holds(&self) -> bool {
        self.off().abs() <= self.tolerance
    }
}

/// A line a figure, and how many of them hold.
pub fn listing(figures: &[Figure]) -> String {
    let row = |f: &Figure| {
        [
            f.name.clone(),
            digits(f.reference),
            digits(f.measured),
            format!("{:+.2} %", f.off() * 100.0),
            format!("{} %", f.tolerance * 100.0),
            if f.holds() { String::new() } else { "OFF".to_owned() },
        ]
    };
    let table = texts(["figure", "reference", "measured", "off", "allowed", ""], figures.iter().map(row));
    let holding = figures.iter().filter(|f| f.holds()).count();
    format!("{table}{holding} of {} within their tolerance\n", figures.len())
}

/// Four significant digits; whole numbers from a thousand on.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(measured: f64) -> Figure {
        Figure { name: "wait".to_owned(), reference: 4.0, measured, tolerance: 0.02 }
    }

    #[test]
    fn a_figure_beyond_its_tolerance_is_told() {
        assert!(figure(4.07).holds() && figure(3.93).holds());
        assert!(!figure(4.09).holds() && !figure(3.9).holds() && !figure(f64::NAN).holds());
        let text = listing(&[figure(4.07), figure(4.2)]);
        assert!(text.contains("+5.00 %") && text.contains("OFF"), "{text}");
        assert!(text.ends_with("1 of 2 within their tolerance\n"), "{text}");
    }
}
