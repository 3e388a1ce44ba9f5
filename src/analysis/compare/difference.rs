//! A difference between two sides (base and candidate), and a group of differences.
//!
//! A cell is one simulation with one seed. A side has many cells.

use std::collections::BTreeMap;

use crate::metrics::{self, Better, Censored, Unit};
use crate::record::{CellRecord, Exit, HEADLINE, is_cost, is_loss, is_summary, weight};
use crate::stats::{PAIRS_MIN, SAMPLES_MIN};

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The same scenario and the same seeds, so every difference is real.
    Exact,
    /// Different scenarios under the same seeds: pairs of cells, with a confidence interval.
    Paired,
    /// Different seeds: two independent samples.
    Samples,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    Worse,
    Better,
    /// The candidate is worse, but within the tolerance.
    Tolerated,
    /// The figure differs, but neither direction is better, or the seeds disagree on the direction.
    Changed,
    /// The figure differs, but chance can explain it, or there are too few seeds.
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
    /// The base's mean over the seeds that both sides have. If they share no seed, over all its
    /// seeds. It is the median if some waits never ended, and `None` without a figure.
    pub base: Option<u64>,
    pub candidate: Option<u64>,
    /// The number of waits of each side that never ended, over all seeds.
    #[serde(skip)]
    pub censored: [Option<Censored>; 2],
    /// Both means before rounding, because a rounded mean of rare events says little.
    #[serde(skip)]
    pub means: [Option<f64>; 2],
    /// Candidate / base − 1, in millionths; `None` if the base is 0 or missing. With an interval,
    /// the mean ratio of the pairs replaces candidate / base.
    pub change_ppm: Option<i64>,
    /// The 95 % interval of the change, in millionths; `None` if the change is exact.
    pub interval_ppm: Option<(i64, i64)>,
    /// True if some cells have no observations although their counterparts have some. These pairs
    /// are left out.
    pub lopsided: bool,
    /// True if every cell of one side has observations and no cell of the other side has any.
    pub one_sided: bool,
    /// The number of observations of each side. `None` if the smaller number is at least 4/5 of the
    /// larger one. Otherwise the percentiles of the sides are over different waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<[u64; 2]>,
    /// The number of pairs. With different seeds, it is the number of cells of the smaller side.
    #[serde(skip)]
    pub cells: usize,
    pub finding: Finding,
}

/// A seed of the base for which the candidate has no cell, or lacks some metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub seed: String,
    /// The missing metrics; empty if the whole cell is missing.
    pub without: Vec<String>,
}

/// A metric with a different unit or shape in some cells, so it is not compared. The shape differs
/// if one cell has a number and another cell has a distribution.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unlike {
    pub metric: String,
    /// The unit in two cells, and whether the figure is a distribution.
    pub shapes: [(Unit, bool); 2],
}

/// The differences between cells that are compared with each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The common properties of the cells as text; empty if there is only one group.
    pub title: String,
    pub basis: Basis,
    pub seeds: (usize, usize),
    pub failed: (usize, usize),
    /// The exit of candidate cells that failed in another way than the base; `Success` if there are
    /// none.
    pub new_failure: Exit,
    /// The worst of these candidate cells.
    pub new_failing: Option<Box<CellRecord>>,
    /// Seeds for which the candidate has no cell or lacks metrics, although other seeds are paired.
    pub missing: Vec<Missing>,
    /// Metrics whose units or shapes differ between the sides.
    pub unlike: Vec<Unlike>,
    /// The number of devices of a cell on each side, if they differ.
    pub devices: Option<[u64; 2]>,
    /// The length of the script of a cell on each side, if they differ, in nanoseconds.
    pub script_ns: Option<[u64; 2]>,
    /// Seeds for which one side has several cells of one scenario with different results.
    pub copies: Vec<String>,
    /// The number of exact pairs with different digests but without a different figure.
    pub other_digests: usize,
    /// The number of exact pairs with equal events but different figures. Then the two programs
    /// count differently.
    pub counted_otherwise: usize,
    pub differences: Vec<Difference>,
}

impl Group {
    /// The finding of each metric. If its statistics have different findings, the gravest one
    /// counts.
    pub fn metrics(&self) -> BTreeMap<&str, Finding> {
        let mut all = BTreeMap::new();
        for one in &self.differences {
            let gravest = all.entry(one.metric.as_str()).or_insert(one.finding);
            *gravest = one.finding.min(*gravest);
        }
        all
    }
    /// The number of metrics with this finding.
    pub fn count(&self, finding: Finding) -> usize {
        self.metrics().into_values().filter(|of| *of == finding).count()
    }
    /// The most important headline figure that is better, and the most important one that is worse.
    /// `None` if either does not exist.
    pub fn trade(&self) -> Option<[&Difference; 2]> {
        let is_headline = |metric: &str| is_summary(metric) || HEADLINE.contains(&metric);
        let first = |finding| {
            let mut all = self.differences.iter();
            all.find(|one| one.finding == finding && is_headline(&one.metric))
        };
        Some([first(Finding::Better)?, first(Finding::Worse)?])
    }
    /// The number of seeds that the group needs; `None` if it has enough or if nothing is unclear.
    pub fn lacks(&self) -> Option<usize> {
        let least = self.basis.least();
        let differs = self.differences.iter().any(|difference| difference.finding == Finding::Unclear);
        (differs && self.seeds.0.min(self.seeds.1) < least).then_some(least)
    }
    /// The number of seeds that the figure needs, if too few seeds have this figure.
    pub fn rests_on_too_few(&self, figure: &Difference) -> Option<usize> {
        let least = self.basis.least();
        let open = matches!(figure.finding, Finding::Changed | Finding::Unclear);
        (open && figure.cells < least && self.seeds.0.min(self.seeds.1) >= least).then_some(least)
    }
}

impl Difference {
    /// True if the candidate is worse, or may be worse by chance.
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
    /// True if the figure covers only one start state, sync unit or entity.
    pub fn is_part(&self) -> bool {
        is_part(&self.metric)
    }
    /// The order in a report: losses, then figures of the summary, then all others. In the summary,
    /// large changes come first, and waits come before costs. The others are sorted by finding:
    /// worse, better, the rest. Percentiles over different waits come last in each group.
    pub fn place(&self) -> impl Ord + use<> {
        let is_judged = matches!(self.finding, Finding::Worse | Finding::Better);
        let (class, moved) = match is_judged && is_summary(&self.metric) {
            true if is_loss(&self.metric) && self.finding == Finding::Worse => (0, None),
            true => (1, Some(self.moved())),
            false => (2, None),
        };
        let finding = if class == 2 { self.finding } else { Finding::Worse };
        // In the summary, the figure of one start state stands next to the figure of all devices.
        let weight = match class {
            2 => (self.is_part(), weight(&self.metric), false),
            _ => (false, weight(metrics::parts(&self.metric).0), self.is_part()),
        };
        let is_of_others = self.of.is_some();
        (class, finding, is_of_others, moved, weight, self.metric.clone(), self.stat != "p95")
    }
    /// The larger side divided by the smaller one.
    pub(super) fn times(&self) -> f64 {
        let times = self.change_ppm.map_or(f64::INFINITY, |ppm| 1.0 + ppm as f64 / 1e6);
        if times < 1.0 { 1.0 / times } else { times }
    }
    /// The size class of the change: 0 for at least 25 %, 1 for at least 5 %, 2 for less.
    pub(super) fn step(&self) -> u8 {
        [1.25, 1.05].iter().filter(|least| self.times() < **least).count() as u8
    }
    /// The order in the summary. Large changes come first. Within a size class, waits come first,
    /// then costs by the size of their change. Wasted bytes follow, because they are a part of the
    /// costs. The statistics p99 and mean come last, because the summary does not show them.
    fn moved(&self) -> (u8, bool, u8, u64) {
        let (kind, rest) = match (is_cost(&self.metric), self.unit) {
            (true, _) => (1, u64::MAX - (self.times() * 1e6) as u64),
            (false, Unit::Bytes) => (2, 0),
            (false, _) => (0, 0),
        };
        (self.step(), ["p99", "mean"].contains(&self.stat), kind, rest)
    }
    /// True if the whole interval of the change exceeds `ppm` millionths. A change from 0 always
    /// exceeds it.
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
