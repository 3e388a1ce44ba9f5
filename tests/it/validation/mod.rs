//! Figures that are known, and what the models make of them.

mod backend;
mod backoff;

/// A known figure beside what came out.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// What it is.
    pub(crate) name: String,
    /// What is known, and in which unit it is is a matter of the name.
    pub(crate) reference: f64,
    /// What came out.
    pub(crate) measured: f64,
    /// The part of the reference by which they may differ.
    pub(crate) tolerance: f64,
}

impl Figure {
    fn new(name: impl Into<String>, reference: f64, measured: f64, tolerance: f64) -> Figure {
        Figure { name: name.into(), reference, measured, tolerance }
    }

    /// By how much they differ, as a part of the reference.
    fn off(&self) -> f64 {
        (self.measured - self.reference) / self.reference
    }

    fn holds(&self) -> bool {
        self.off().abs() <= self.tolerance
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Figure { name, reference, measured, tolerance } = self;
        let (off, within) = (self.off() * 100.0, tolerance * 100.0);
        write!(f, "{name}: {measured:.4}, known {reference:.4}, off by {off:+.2} % of {within:.0} %")
    }
}

/// Every figure is within its tolerance; all are told if one is not.
fn hold(figures: &[Figure]) {
    let lines: Vec<String> = figures.iter().map(Figure::to_string).collect();
    assert!(figures.iter().all(Figure::holds), "{}", lines.join("\n"));
}
