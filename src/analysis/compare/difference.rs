//! The differences themselves.

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
    /// The candidate is worse, by no more than is tolerated.
    Tolerated,
    /// It differs, and neither direction is the better one, or seeds disagree about it.
    Changed,
    /// It differs, and that may be chance, or there are too few seeds to say.
    Unclear,
    /// It differs by so little that it is equal to people.
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
    /// The base's mean over the seeds that both have, or else its own; the median where waits of
    /// some seed never ended. `None` without a figure.
    pub base: Option<u64>,
    pub candidate: Option<u64>,
    /// What of the waits of each side never ended, over all seeds.
    #[serde(skip)]
    pub censored: [Option<Censored>; 2],
    /// Both means as they are: of what is rare the whole number says nothing.
    #[serde(skip)]
    pub means: [Option<f64>; 2],
    /// Candidate over base, less one, in parts per million; `None` for a base of zero or none.
    /// Beside an interval it is of the mean ratio of pairs.
    pub change_ppm: Option<i64>,
    /// The interval of 95 % of the change, in parts per million, where pairs are no exact matter.
    pub interval_ppm: Option<(i64, i64)>,
    /// Whether cells of one side observed nothing where the other did: these are left out.
    pub lopsided: bool,
    /// Whether every cell of one side has observed something and no cell of the other.
    pub one_sided: bool,
    /// How much each side observed, where the one is more than a fifth less than the other: such
    /// percentiles are of other waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<[u64; 2]>,
    /// Pairs that it rests on, or cells of the side that has fewer.
    #[serde(skip)]
    pub cells: usize,
    pub finding: Finding,
}

/// A seed of the base that the candidate lacks, or some of whose figures it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub seed: String,
    /// The metrics that are lacking; none if the whole cell is.
    pub without: Vec<String>,
}

/// A metric that is not measured alike in all cells, so that it is not compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unlike {
    pub metric: String,
    /// Its unit in two cells, and whether it is a distribution there.
    pub shapes: [(Unit, bool); 2],
}

/// What differs between opposed cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What the cells have in common; empty if there is one group only.
    pub title: String,
    pub basis: Basis,
    pub seeds: (usize, usize),
    pub failed: (usize, usize),
    /// What cells failed with in the candidate that did not in the base; success if there is none.
    pub new_failure: Exit,
    /// Of the candidate's cells that fail so, the worst.
    pub new_failing: Option<Box<CellRecord>>,
    /// Seeds that the candidate lacks, or whose figures it lacks, where others are paired.
    pub missing: Vec<Missing>,
    /// Metrics that are not measured alike on both sides.
    pub unlike: Vec<Unlike>,
    /// Devices of a cell, where they are not as many on both sides.
    pub devices: Option<[u64; 2]>,
    /// How long the script of a cell is, where that differs, in nanoseconds.
    pub script_ns: Option<[u64; 2]>,
    /// Seeds of which a side has several cells of one scenario that did not come to the same.
    pub copies: Vec<String>,
    /// How many exact pairs differ in their digests, where no figure differs.
    pub other_digests: usize,
    /// In how many exact pairs the same happened and figures differ: another program counts them.
    pub counted_otherwise: usize,
    pub differences: Vec<Difference>,
}

impl Group {
    /// Its metrics, each with the gravest finding of its statistics: one that is worse in one of
    /// them and better in another is worse.
    pub fn metrics(&self) -> BTreeMap<&str, Finding> {
        let mut all = BTreeMap::new();
        for one in &self.differences {
            let gravest = all.entry(one.metric.as_str()).or_insert(one.finding);
            *gravest = one.finding.min(*gravest);
        }
        all
    }
    /// How many of its metrics come to this finding.
    pub fn count(&self, finding: Finding) -> usize {
        self.metrics().into_values().filter(|of| *of == finding).count()
    }
    /// A headline figure that is better and one that is worse, the weightiest of each; `None` where
    /// none is better, or none worse.
    pub fn trade(&self) -> Option<[&Difference; 2]> {
        let is_headline = |metric: &str| is_summary(metric) || HEADLINE.contains(&metric);
        let first = |finding| {
            let mut all = self.differences.iter();
            all.find(|one| one.finding == finding && is_headline(&one.metric))
        };
        Some([first(Finding::Better)?, first(Finding::Worse)?])
    }
    /// The least seeds that it lacks to be judged; `None` where it is judged, or nothing differs.
    pub fn lacks(&self) -> Option<usize> {
        let least = self.basis.least();
        let differs = self.differences.iter().any(|difference| difference.finding == Finding::Unclear);
        (differs && self.seeds.0.min(self.seeds.1) < least).then_some(least)
    }
    /// The least seeds that this figure takes, if too few have it on both sides of enough.
    pub fn rests_on_too_few(&self, figure: &Difference) -> Option<usize> {
        let least = self.basis.least();
        let open = matches!(figure.finding, Finding::Changed | Finding::Unclear);
        (open && figure.cells < least && self.seeds.0.min(self.seeds.1) >= least).then_some(least)
    }
}

impl Difference {
    /// Whether the candidate is worse, be it by chance.
    pub fn is_for_the_worse(&self) -> bool {
        let more = match (self.change_ppm, self.means) {
            (Some(change), _) => change > 0,
            (None, [base, candidate]) => candidate > base,
        };
        self.finding == Finding::Worse
            || self.finding == Finding::Unclear && directed(self.better, more) == Finding::Worse
    }
    /// Whether it differs by less than `ppm` millionths, and not in what people lost.
    pub fn is_within(&self, ppm: u64) -> bool {
        self.change_ppm.is_some_and(|change| change.unsigned_abs() < ppm) && !is_loss(&self.metric)
    }
    /// Whether it is of one state, unit or entity alone.
    pub fn is_part(&self) -> bool {
        is_part(&self.metric)
    }
    /// What stands first: what was lost; the summary by how much it moved, waits before what they
    /// cost; what is worse of the rest, what is better, what is neither, each by its weight. In
    /// each of these percentiles of other waits come last.
    pub fn place(&self) -> impl Ord + use<> {
        let is_judged = matches!(self.finding, Finding::Worse | Finding::Better);
        let (class, moved) = match is_judged && is_summary(&self.metric) {
            true if is_loss(&self.metric) && self.finding == Finding::Worse => (0, None),
            true => (1, Some(self.moved())),
            false => (2, None),
        };
        let finding = if class == 2 { self.finding } else { Finding::Worse };
        // Of the summary a part stands beside its whole.
        let weight = match class {
            2 => (self.is_part(), weight(&self.metric), false),
            _ => (false, weight(metrics::parts(&self.metric).0), self.is_part()),
        };
        let is_of_others = self.of.is_some();
        (class, finding, is_of_others, moved, weight, self.metric.clone(), self.stat != "p95")
    }
    /// How many times as much the greater side is.
    pub(super) fn times(&self) -> f64 {
        let times = self.change_ppm.map_or(f64::INFINITY, |ppm| 1.0 + ppm as f64 / 1e6);
        if times < 1.0 { 1.0 / times } else { times }
    }
    /// By how much it moved, in steps: by a quarter or more, by a twentieth, by less.
    pub(super) fn step(&self) -> u8 {
        [1.25, 1.05].iter().filter(|least| self.times() < **least).count() as u8
    }
    /// Its step. In each what the summary does not say is behind; then stand waits, costs by how
    /// much they moved, and the wasted bytes, which costs contain.
    fn moved(&self) -> (u8, bool, u8, u64) {
        let (kind, rest) = match (is_cost(&self.metric), self.unit) {
            (true, _) => (1, u64::MAX - (self.times() * 1e6) as u64),
            (false, Unit::Bytes) => (2, 0),
            (false, _) => (0, 0),
        };
        (self.step(), ["p99", "mean"].contains(&self.stat), kind, rest)
    }
    /// Whether it is larger than `ppm` millionths in all of its interval. From nothing any step is.
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
