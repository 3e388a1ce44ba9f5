//! The result of a run of the bench. A cell is one simulation: one variant and one seed.
//!
//! The oracle is the judge that knows all true values.

use std::thread;

use strsim::damerau_levenshtein;

use crate::base::Digest;
use crate::campaign::did_you_mean;
use crate::metrics::Figure;
use crate::record::{CellRecord, RunRecord, Verdict, ViolationRecord};
use crate::render::{self, Paint};
use crate::scenario::closest;

/// The environment variable with a seed that replaces all seeds of a test.
pub(super) const SEED: &str = "SYNCDYNO_SEED";
/// The width of the text that a failed test prints.
const COLUMNS: usize = 100;

/// The result of a run of the bench: its judged cells.
#[derive(Clone, Debug)]
pub struct Report(RunRecord);

/// A violation that the oracle found.
#[derive(Clone, Copy, Debug)]
pub struct Violation<'r> {
    /// The seed of the cell with the violation.
    pub seed: u64,
    /// The variant of that cell; `None` if the scenario has no variants.
    pub variant: Option<&'r str>,
    /// The name of the check, such as `lost-edit`.
    pub check: &'r str,
    /// What was found, in words.
    pub text: &'r str,
}

/// The value of one metric in each cell. Units are nanoseconds, bytes or counts.
///
/// # Panics
/// Methods that return one number panic if no cell has a value for it.
#[derive(Clone, Debug)]
pub struct Across<'r>(Vec<&'r Figure>);

impl Report {
    pub(super) fn new(record: RunRecord) -> Report {
        Report(record)
    }
    /// True if every cell ended and met the expectations of its scenario.
    pub fn passed(&self) -> bool {
        self.0.verdict == Verdict::Pass
    }
    /// The violations of each cell: at most the first five of each check.
    pub fn violations(&self) -> impl Iterator<Item = Violation<'_>> {
        let of = |cell| move |found| violation(cell, found);
        self.0.cells.iter().flat_map(move |cell| cell.violations.iter().map(of(cell)))
    }
    /// The values of a metric. `syncdyno metrics` lists the names.
    ///
    /// # Panics
    /// If no cell has a metric of that name. The panic message suggests the nearest name.
    #[track_caller]
    pub fn figure(&self, metric: &str) -> Across<'_> {
        let Some(figure) = self.try_figure(metric) else {
            let names = || self.0.cells.iter().flat_map(|cell| cell.metrics.keys()).map(|name| &**name);
            let near = closest(metric, names());
            let near = near.or_else(|| names().min_by_key(|name| damerau_levenshtein(name, metric)));
            panic!("no cell has the figure `{metric}`{}", did_you_mean(near));
        };
        figure
    }
    /// Like [`figure`](Self::figure), but returns `None` if no cell has the metric.
    pub fn try_figure(&self, metric: &str) -> Option<Across<'_>> {
        let figures: Vec<&Figure> = self.0.cells.iter().filter_map(|cell| cell.metrics.get(metric)).collect();
        (!figures.is_empty()).then_some(Across(figures))
    }
    /// A digest of the events, the final rows and the figures of all cells, in hexadecimal.
    pub fn digest(&self) -> String {
        let mut digest = Digest::new();
        for cell in &self.0.cells {
            digest.text(&cell.digest);
            digest.text(&cell.figures_digest);
        }
        digest.hex()
    }
    /// The seed of the first cell that failed; `None` if no cell failed.
    pub fn failing_seed(&self) -> Option<u64> {
        self.0.failing().next().map(seed)
    }
    /// The command that repeats only the first failing seed of this test; `None` if no cell failed.
    pub fn replay(&self) -> Option<String> {
        let test = thread::current().name().filter(|name| *name != "main").map(|name| format!(" -- {name}"));
        Some(format!("{SEED}={} cargo test{}", self.failing_seed()?, test.unwrap_or_default()))
    }
    /// The complete record of the run as JSON, as in `run.json` of the command line.
    pub fn to_json(&self) -> String {
        self.0.to_json()
    }

    /// Fails the test with the output of the command line, unless the run passed.
    ///
    /// # Panics
    /// If the run did not pass.
    #[track_caller]
    pub fn assert_ok(&self) {
        if !self.passed() {
            let told = render::story(&self.0, Paint(false), COLUMNS, false);
            let again = self.replay().map(|line| format!("\nrun it again: {line}\n"));
            // No report is on disk, and `replay` needs one. So lines with replay commands are
            // removed.
            let told: Vec<&str> = told.lines().filter(|line| !line.contains("syncdyno replay ")).collect();
            panic!("{}{}", told.join("\n").trim_end(), again.unwrap_or_default());
        }
    }
}

impl Across<'_> {
    /// The value of a number metric: the maximum over all cells.
    #[track_caller]
    pub fn value(&self) -> u64 {
        self.largest("value")
    }
    /// The number of observations in all cells.
    pub fn count(&self) -> u64 {
        self.each("count").into_iter().flatten().sum()
    }
    /// The median of a distribution: the maximum over all cells.
    #[track_caller]
    pub fn p50(&self) -> u64 {
        self.largest("p50")
    }
    /// The 95th percentile of a distribution: the maximum over all cells.
    #[track_caller]
    pub fn p95(&self) -> u64 {
        self.largest("p95")
    }
    /// The 99th percentile of a distribution: the maximum over all cells.
    #[track_caller]
    pub fn p99(&self) -> u64 {
        self.largest("p99")
    }
    /// The largest observation of all cells.
    #[track_caller]
    pub fn max(&self) -> u64 {
        self.largest("max")
    }
    /// One statistic in each cell: `value`, `count`, `min`, `p50`, `p95`, `p99`, `max`, `mean` or
    /// `never`. A cell without this statistic, or without observations, has `None`. `u64::MAX`
    /// stands for a wait that never ended.
    pub fn each(&self, statistic: &str) -> Vec<Option<u64>> {
        self.0.iter().map(|figure| figure.stat(statistic)).collect()
    }

    #[track_caller]
    fn largest(&self, statistic: &str) -> u64 {
        match self.each(statistic).into_iter().flatten().max() {
            Some(largest) => largest,
            None => panic!("no cell has a `{statistic}` of this figure"),
        }
    }
}

fn violation<'r>(cell: &'r CellRecord, found: &'r ViolationRecord) -> Violation<'r> {
    let (check, text) = (found.check.as_str(), found.text.as_str());
    Violation { seed: seed(cell), variant: cell.variant.as_deref(), check, text }
}

fn seed(cell: &CellRecord) -> u64 {
    cell.seed.parse().expect("a cell's seed is a number")
}
