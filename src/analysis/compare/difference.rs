//! A difference, and a group of differences.

use std::collections::BTreeMap;

use crate::metrics::{self, Better, Censored, Unit};
use crate::record::{CellRecord, Exit, HEADLINE, is_cost, is_loss, is_summary, weight};
use crate::stats::{PAIRS_MIN, SAMPLES_MIN};

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The same scenario and seeds: exact.
    Exact,
    /// Other scenarios under the same seeds: paired, with an interval.
    Paired,
    /// Other seeds: two samples.
    Samples,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    Worse,
    Better,
    /// The candidate is worse, but within the tolerance.
    Tolerated,
    /// It differs, and neither direction is better, or the seeds disagree.
    Changed,
    /// It differs, but that may be chance, or there are too few seeds.
    Unclear,
    /// The difference is too small to matter to people.
    Equal,
    Same,
}

impl Basis {
    pub(super) fn least(self) -> usize {
        match self {
            Basis::Exact => 1,
            Basis::Paired => PAIRS_MIN,
            Basis::Samples => SAMPLES_MIN,
        }
    }
}

/// One statistic of one metric on both sides.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Difference {
    pub metric: String,
    pub stat: &'static str,
    pub unit: Unit,
    pub better: Better,
    /// The base's mean over the seeds that both have, or else over its own; the median if waits of
    /// some seed never ended. `None` if there is no figure.
    pub base: Option<u64>,
    pub candidate: Option<u64>,
    /// How many waits of each side never ended, over all seeds.
    #[serde(skip)]
    pub censored: [Option<Censored>; 2],
    /// Both means before rounding: for rare events the rounded number says nothing.
    #[serde(skip)]
    pub means: [Option<f64>; 2],
    /// Candidate / base − 1, in parts per million; `None` if the base is zero or missing. With an
    /// interval, it is of the mean ratio of the pairs.
    pub change_ppm: Option<i64>,
    /// The 95 % interval of the change, in parts per million, if the pairs are subject to chance.
    pub interval_ppm: Option<(i64, i64)>,
    /// True if cells of one side observed nothing where the other did. These pairs are left out.
    pub lopsided: bool,
    /// True if every cell of one side observed something and no cell of the other did.
    pub one_sided: bool,
    /// How many observations each side has, if one has over a fifth fewer than the other: the
    /// percentiles are then of different waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<[u64; 2]>,
    /// The number of pairs, or of cells of the smaller side.
    #[serde(skip)]
    pub cells: usize,
    pub finding: Finding,
}

/// A seed of the base that the candidate lacks, completely or in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub seed: String,
    /// The missing metrics; empty if the whole cell is missing.
    pub without: Vec<String>,
}

/// A metric with different units or shapes in different cells. It is not compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unlike {
    pub metric: String,
    /// Its unit in two cells, and whether it is a distribution there.
    pub shapes: [(Unit, bool); 2],
}

/// The differences between opposed cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What the cells have in common; empty if there is only one group.
    pub title: String,
    pub basis: Basis,
    pub seeds: (usize, usize),
    pub failed: (usize, usize),
    /// How the candidate's cells failed that did not fail so in the base; else success.
    pub new_failure: Exit,
    /// The worst of the candidate's cells that fail so.
    pub new_failing: Option<Box<CellRecord>>,
    /// Seeds that the candidate lacks, completely or in part, while others are paired.
    pub missing: Vec<Missing>,
    /// Metrics with different units or shapes on both sides.
    pub unlike: Vec<Unlike>,
    /// The number of devices of a cell on each side, if they differ.
    pub devices: Option<[u64; 2]>,
    /// The length of the script of a cell on each side, if they differ, in nanoseconds.
    pub script_ns: Option<[u64; 2]>,
    /// Seeds of which one side has several cells of one scenario with different results.
    pub copies: Vec<String>,
    /// How many exact pairs differ in their digest, if no figure differs.
    pub other_digests: usize,
    /// In how many exact pairs events are equal but figures differ: the program counts differently.
    pub counted_otherwise: usize,
    pub differences: Vec<Difference>,
}

impl Group {
    /// The metrics, each with the gravest finding of its statistics. Worse in one and better in
    /// another is worse.
    pub fn metrics(&self) -> BTreeMap<&str, Finding> {
        let mut all = BTreeMap::new();
        for one in &self.differences {
            let gravest = all.entry(one.metric.as_str()).or_insert(one.finding);
            *gravest = one.finding.min(*gravest);
        }
        all
    }
    /// How many of the metrics have this finding.
    pub fn count(&self, finding: Finding) -> usize {
        self.metrics().into_values().filter(|of| *of == finding).count()
    }
    /// The most important headline figures that are better and worse; `None` if none is better, or
    /// none is worse.
    pub fn trade(&self) -> Option<[&Difference; 2]> {
        let is_headline = |metric: &str| is_summary(metric) || HEADLINE.contains(&metric);
        let first = |finding| {
            let mut all = self.differences.iter();
            all.find(|one| one.finding == finding && is_headline(&one.metric))
        };
        Some([first(Finding::Better)?, first(Finding::Worse)?])
    }
    /// How many seeds it needs to be judged; `None` if it has enough, or nothing differs.
    pub fn lacks(&self) -> Option<usize> {
        let least = self.basis.least();
        let differs = self.differences.iter().any(|difference| difference.finding == Finding::Unclear);
        (differs && self.seeds.0.min(self.seeds.1) < least).then_some(least)
    }
    /// How many seeds this figure needs, if too few have it although both sides have enough seeds.
    pub fn rests_on_too_few(&self, figure: &Difference) -> Option<usize> {
        let least = self.basis.least();
        let open = matches!(figure.finding, Finding::Changed | Finding::Unclear);
        (open && figure.cells < least && self.seeds.0.min(self.seeds.1) >= least).then_some(least)
    }
}

impl Difference {
    /// True if the candidate is worse, even if that may be chance.
    pub fn is_worse_or_unclear(&self) -> bool {
        let more = match (self.change_ppm, self.means) {
            (Some(change), _) => change > 0,
            (None, [base, candidate]) => candidate > base,
        };
        self.finding == Finding::Worse
            || self.finding == Finding::Unclear && directed(self.better, more) == Finding::Worse
    }
    /// True if it differs by less than `ppm` millionths and is not a loss of data.
    pub fn is_within(&self, ppm: u64) -> bool {
        self.change_ppm.is_some_and(|change| change.unsigned_abs() < ppm) && !is_loss(&self.metric)
    }
    /// True if it is only about one state, unit or entity.
    pub fn is_part(&self) -> bool {
        is_part(&self.metric)
    }
    /// The order in a report: losses; the summary by how much it moved, waits before costs; then of
    /// the rest worse, better, and neither, each by weight. Within each of these, percentiles of
    /// different waits come last.
    pub fn place(&self) -> impl Ord + use<> {
        let is_judged = matches!(self.finding, Finding::Worse | Finding::Better);
        let (class, moved) = match is_judged && is_summary(&self.metric) {
            true if is_loss(&self.metric) && self.finding == Finding::Worse => (0, None),
            true => (1, Some(self.moved())),
            false => (2, None),
        };
        let finding = if class == 2 { self.finding } else { Finding::Worse };
        // In the summary a part stands next to its whole.
        let weight = match class {
            2 => (self.is_part(), weight(&self.metric), false),
            _ => (false, weight(metrics::parts(&self.metric).0), self.is_part()),
        };
        let is_of_others = self.of.is_some();
        (class, finding, is_of_others, moved, weight, self.metric.clone(), self.stat != "p95")
    }
    /// The greater side divided by the smaller one.
    pub(super) fn times(&self) -> f64 {
        let times = self.change_ppm.map_or(f64::INFINITY, |ppm| 1.0 + ppm as f64 / 1e6);
        if times < 1.0 { 1.0 / times } else { times }
    }
    /// The size of the change in steps: 0 for 25 % or more, 1 for 5 % or more, 2 for less.
    pub(super) fn step(&self) -> u8 {
        [1.25, 1.05].iter().filter(|least| self.times() < **least).count() as u8
    }
    /// First the step. In a step, p99 and mean come last, as the summary does not show them; before
    /// them waits, then costs by how much they moved, then wasted bytes, a part of the costs.
    fn moved(&self) -> (u8, bool, u8, u64) {
        let (kind, rest) = match (is_cost(&self.metric), self.unit) {
            (true, _) => (1, u64::MAX - (self.times() * 1e6) as u64),
            (false, Unit::Bytes) => (2, 0),
            (false, _) => (0, 0),
        };
        (self.step(), ["p99", "mean"].contains(&self.stat), kind, rest)
    }
    /// True if the change exceeds `ppm` millionths in its whole interval. From 0 every change does.
    pub fn exceeds(&self, ppm: u64) -> bool {
        let nearest = |(low, high): (i64, i64)| low.unsigned_abs().min(high.unsigned_abs());
        let change = self.interval_ppm.map(nearest).or(self.change_ppm.map(i64::unsigned_abs));
        change.is_none_or(|change| change > ppm)
    }
}

pub(super) fn directed(better: Better, more: bool) -> Finding {
    match (better, more) {
        (Better::Neither, _) => Finding::Changed,
        (Better::Higher, true) | (Better::Lower, false) => Finding::Better,
        (Better::Higher, false) | (Better::Lower, true) => Finding::Worse,
    }
}

pub(super) fn is_part(metric: &str) -> bool {
    metric.contains(['@', '/'])
}
