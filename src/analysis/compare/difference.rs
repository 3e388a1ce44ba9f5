//! A difference between two sides, and a group of differences.

use std::collections::BTreeMap;

use crate::metrics::{self, Better, Censored, Unit};
use crate::record::{CellRecord, Exit, HEADLINE, is_cost, is_loss, is_summary, weight};
use crate::stats::{PAIRS_MIN, SAMPLES_MIN};

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The same scenario and seeds, so that every difference is real.
    Exact,
    /// Other scenarios under the same seeds: pairs, with an interval.
    Paired,
    /// Other seeds: two independent samples.
    Samples,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    Worse,
    Better,
    /// The candidate is worse, but within the tolerance.
    Tolerated,
    /// It differs, and no direction is better, or the seeds disagree on the direction.
    Changed,
    /// It differs, but this may be chance, or there are too few seeds.
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
    /// The base's mean over the seeds that both sides have, or else over its own. The median if
    /// some waits never ended. `None` if there is no figure.
    pub base: Option<u64>,
    pub candidate: Option<u64>,
    /// How many waits of each side never ended, over all seeds.
    #[serde(skip)]
    pub censored: [Option<Censored>; 2],
    /// Both means before rounding: a rounded mean of rare events says little.
    #[serde(skip)]
    pub means: [Option<f64>; 2],
    /// Candidate / base − 1, in millionths; `None` if the base is zero or missing. If there is an
    /// interval, the mean ratio of the pairs − 1.
    pub change_ppm: Option<i64>,
    /// The 95 % interval of the change, in millionths; `None` if chance plays no part.
    pub interval_ppm: Option<(i64, i64)>,
    /// True if some cells of one side alone observed nothing. Their pairs are left out.
    pub lopsided: bool,
    /// True if every cell of one side observed something and no cell of the other did.
    pub one_sided: bool,
    /// How many observations each side has, if one side has over a fifth fewer than the other. The
    /// percentiles are then over different waits. `None` if the numbers are similar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<[u64; 2]>,
    /// The number of pairs; for other seeds, the number of cells of the smaller side.
    #[serde(skip)]
    pub cells: usize,
    pub finding: Finding,
}

/// A seed of the base that the candidate lacks, as a whole or in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub seed: String,
    /// The missing metrics; empty if the whole cell is missing.
    pub without: Vec<String>,
}

/// A metric whose unit or shape differs between cells. The metric is not compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unlike {
    pub metric: String,
    /// Its unit in two cells, and whether it is a distribution in each.
    pub shapes: [(Unit, bool); 2],
}

/// The differences between cells that are compared with each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What the cells have in common; empty if there is only one group.
    pub title: String,
    pub basis: Basis,
    pub seeds: (usize, usize),
    pub failed: (usize, usize),
    /// The exit of candidate cells that failed in a way that the base did not; else success.
    pub new_failure: Exit,
    /// The worst of these candidate cells.
    pub new_failing: Option<Box<CellRecord>>,
    /// Seeds that the candidate lacks, as a whole or in part, while other seeds are paired.
    pub missing: Vec<Missing>,
    /// Metrics with different units or shapes on both sides.
    pub unlike: Vec<Unlike>,
    /// The number of devices of a cell on each side, if they differ.
    pub devices: Option<[u64; 2]>,
    /// The length of the script of a cell on each side, if they differ, in nanoseconds.
    pub script_ns: Option<[u64; 2]>,
    /// Seeds for which one side has several cells of one scenario with different results.
    pub copies: Vec<String>,
    /// The number of exact pairs with different digests, although no figure differs.
    pub other_digests: usize,
    /// The number of exact pairs with equal events but other figures: the programs count otherwise.
    pub counted_otherwise: usize,
    pub differences: Vec<Difference>,
}

impl Group {
    /// By metric, the gravest finding of its statistics: if one is worse and one is better, worse.
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
    /// The most important headline figure that is better, and the one that is worse; `None` if
    /// there is no such pair.
    pub fn trade(&self) -> Option<[&Difference; 2]> {
        let is_headline = |metric: &str| is_summary(metric) || HEADLINE.contains(&metric);
        let first = |finding| {
            let mut all = self.differences.iter();
            all.find(|one| one.finding == finding && is_headline(&one.metric))
        };
        Some([first(Finding::Better)?, first(Finding::Worse)?])
    }
    /// How many seeds the group needs to be judged; `None` if it has enough or nothing differs.
    pub fn lacks(&self) -> Option<usize> {
        let least = self.basis.least();
        let differs = self.differences.iter().any(|difference| difference.finding == Finding::Unclear);
        (differs && self.seeds.0.min(self.seeds.1) < least).then_some(least)
    }
    /// How many seeds the figure needs, if too few have it although each side has enough seeds.
    pub fn rests_on_too_few(&self, figure: &Difference) -> Option<usize> {
        let least = self.basis.least();
        let open = matches!(figure.finding, Finding::Changed | Finding::Unclear);
        (open && figure.cells < least && self.seeds.0.min(self.seeds.1) >= least).then_some(least)
    }
}

impl Difference {
    /// True if the candidate is worse, or seems worse while this may be chance.
    pub fn is_worse_or_unclear(&self) -> bool {
        let more = match (self.change_ppm, self.means) {
            (Some(change), _) => change > 0,
            (None, [base, candidate]) => candidate > base,
        };
        self.finding == Finding::Worse
            || self.finding == Finding::Unclear && directed(self.better, more) == Finding::Worse
    }
    /// True if the change is less than `ppm` millionths and the figure is not a loss of data.
    pub fn is_within(&self, ppm: u64) -> bool {
        self.change_ppm.is_some_and(|change| change.unsigned_abs() < ppm) && !is_loss(&self.metric)
    }
    /// True if the figure is about a single state, unit or entity.
    pub fn is_part(&self) -> bool {
        is_part(&self.metric)
    }
    /// The order in a report. First losses; then figures of the summary by the size of their
    /// change, waits before costs; then all others: worse, better, the rest, each by weight. Within
    /// each of these, percentiles over different waits come last.
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
    /// The size of the change as a step: 0 for 25 % or more, 1 for 5 % or more, 2 for less.
    pub(super) fn step(&self) -> u8 {
        [1.25, 1.05].iter().filter(|least| self.times() < **least).count() as u8
    }
    /// The order in the summary: by step. Within a step first waits, then costs by the size of
    /// their change, then wasted bytes, which are a part of the costs; p99 and mean last, as the
    /// summary does not show them.
    fn moved(&self) -> (u8, bool, u8, u64) {
        let (kind, rest) = match (is_cost(&self.metric), self.unit) {
            (true, _) => (1, u64::MAX - (self.times() * 1e6) as u64),
            (false, Unit::Bytes) => (2, 0),
            (false, _) => (0, 0),
        };
        (self.step(), ["p99", "mean"].contains(&self.stat), kind, rest)
    }
    /// True if the whole interval of the change exceeds `ppm` millionths. Always for one from 0.
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
