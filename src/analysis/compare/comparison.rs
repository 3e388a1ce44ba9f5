//! A comparison of two sides (base and candidate) with all their differences.
//!
//! Each side has cells: single simulations with one seed each. A group has the cells that are
//! compared with each other.

use super::difference::{Difference, Finding, Group};
use super::judged::groups;
use super::pairing::opposed;
use super::side::Side;
use crate::analysis::distinct;
use crate::record::{Exit, is_gated, is_loss};

/// A difference below 10 000 millionths (1 %) does not matter to people.
const EQUAL: u64 = 10_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub sides: (String, String),
    /// The names of both scenarios; `None` if they are equal or a side has several.
    pub scenarios: Option<(String, String)>,
    /// The builds of the program that ran the sides; `None` if both sides have the same build.
    pub builds: Option<(String, String)>,
    pub groups: Vec<Group>,
    /// The cells of each side that the other side does not have.
    pub unmatched: (Vec<String>, Vec<String>),
}

pub fn compare(base: &Side, candidate: &Side) -> Comparison {
    let (opposed, unmatched) = opposed(base, candidate);
    let scenario = |side: &Side| {
        let first = &side.cells.first()?.scenario;
        side.cells.iter().all(|cell| cell.scenario == *first).then(|| first.clone())
    };
    let build = |side: &Side| side.builds.values().cloned().collect::<Vec<_>>().join(" and ");
    let has_builds = !base.builds.is_empty() && !candidate.builds.is_empty();
    let other_builds = has_builds && !base.builds.keys().eq(candidate.builds.keys());
    Comparison {
        sides: (base.name.clone(), candidate.name.clone()),
        scenarios: scenario(base).zip(scenario(candidate)).filter(|(base, candidate)| base != candidate),
        builds: other_builds.then(|| (build(base), build(candidate))),
        groups: groups(&opposed, false),
        unmatched,
    }
}

/// A metric that one side measured under no seed, or that too few seeds have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmeasured<'a> {
    pub metric: &'a str,
    pub group: &'a str,
    pub lacks: Lacks,
}

/// The reason why a metric cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacks {
    /// One side has no figure, and the other side has a figure under each seed.
    All { in_base: bool },
    /// Only `cells` seeds have the metric on both sides, but `least` seeds are needed.
    Seeds { cells: usize, least: usize },
}

impl Comparison {
    /// Changes the findings of small differences. Below 1 %, or below `ppm` millionths if that is
    /// less, they become equal. A worse figure within `ppm` becomes tolerated. Losses of data are
    /// never equal or tolerated.
    pub fn tolerate(&mut self, ppm: u64) {
        for group in &mut self.groups {
            for one in &mut group.differences {
                one.finding = match one.finding {
                    Finding::Worse | Finding::Better | Finding::Changed if one.is_within(ppm.min(EQUAL)) => {
                        Finding::Equal
                    }
                    Finding::Worse if ppm > 0 && !one.exceeds(ppm) && !is_loss(&one.metric) => {
                        Finding::Tolerated
                    }
                    other => other,
                };
            }
            group.differences.sort_by_cached_key(Difference::place);
        }
    }
    /// The first group with too few seeds, and the number of seeds it needs.
    pub fn unjudged(&self) -> Option<(&Group, usize)> {
        self.groups.iter().find_map(|group| Some((group, group.lacks()?)))
    }
    /// The number of failed cells of each side. Only cells with a counterpart count.
    pub fn failed(&self) -> (usize, usize) {
        self.groups.iter().fold((0, 0), |sum, group| (sum.0 + group.failed.0, sum.1 + group.failed.1))
    }
    /// The exit of candidate cells that failed in another way than the base; `Success` if there are
    /// none.
    pub fn new_failure(&self) -> Exit {
        Exit::first(self.groups.iter().map(|group| group.new_failure))
    }
    /// Metrics that one side measured under every seed and the other side under none. If the user
    /// `asked` for metrics, only these are listed, also if too few seeds have them. Otherwise only
    /// the gated metrics are listed (a gated metric can fail a run).
    pub fn unmeasured<'s>(&'s self, asked: &[String]) -> Vec<Unmeasured<'s>> {
        let matters = |metric: &String| match asked {
            [] => is_gated(metric),
            asked => asked.contains(metric),
        };
        let of = |(group, found): (&'s Group, &'s Difference)| {
            let lacks = match group.rests_on_too_few(found) {
                _ if found.one_sided => Lacks::All { in_base: found.base.is_none() },
                Some(least) if !asked.is_empty() => Lacks::Seeds { cells: found.cells, least },
                _ => return None,
            };
            Some(Unmeasured { metric: &found.metric, group: &group.title, lacks })
        };
        distinct(self.all().filter(|(_, d)| matters(&d.metric)).filter_map(of))
    }

    /// The number of cells with different digests, in groups without a different figure.
    pub fn other_digests(&self) -> usize {
        self.groups.iter().map(|group| group.other_digests).sum()
    }
    /// The number of metrics with this finding, counted once per group.
    pub fn count(&self, finding: Finding) -> usize {
        self.groups.iter().map(|group| group.count(finding)).sum()
    }
    pub fn found(&self, finding: Finding) -> impl Iterator<Item = (&Group, &Difference)> {
        self.all().filter(move |(_, difference)| difference.finding == finding)
    }
    fn all(&self) -> impl Iterator<Item = (&Group, &Difference)> {
        self.groups.iter().flat_map(|group| group.differences.iter().map(move |d| (group, d)))
    }
}
