//! Two sides and all that can be said of both.

use std::collections::BTreeSet;

use super::difference::{Basis, Difference, Finding, Group, groups};
use super::pairing::opposed;
use super::side::Side;
use crate::metrics::human;
use crate::record::{Exit, is_gated};

/// Two sides, compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The sides' names.
    pub sides: (String, String),
    /// The scenarios' names where each side has one, and not the same.
    pub scenarios: Option<(String, String)>,
    /// The builds that ran the sides, in words, where they are not the same.
    pub builds: Option<(String, String)>,
    /// The groups.
    pub groups: Vec<Group>,
    /// What the other side does not have.
    pub unmatched: (Vec<String>, Vec<String>),
}

/// Compares the candidate with the base.
pub fn compare(base: &Side, candidate: &Side) -> Comparison {
    let (opposed, unmatched) = opposed(base, candidate);
    Comparison {
        sides: (base.name.clone(), candidate.name.clone()),
        scenarios: other_scenario(base, candidate),
        builds: other_builds(base, candidate),
        groups: groups(&opposed, false),
        unmatched,
    }
}

fn other_scenario(base: &Side, candidate: &Side) -> Option<(String, String)> {
    let only = |side: &Side| {
        let first = &side.cells.first()?.scenario;
        side.cells.iter().all(|cell| cell.scenario == *first).then(|| first.clone())
    };
    Some((only(base)?, only(candidate)?)).filter(|(base, candidate)| base != candidate)
}

fn other_builds(base: &Side, candidate: &Side) -> Option<(String, String)> {
    let told = |side: &Side| side.builds.values().cloned().collect::<Vec<_>>().join(" and ");
    let known = !base.builds.is_empty() && !candidate.builds.is_empty();
    (known && !base.builds.keys().eq(candidate.builds.keys())).then(|| (told(base), told(candidate)))
}

impl Comparison {
    /// Takes for tolerated what is worse by no more than `ppm` millionths.
    pub fn tolerate(&mut self, ppm: u64) {
        for difference in self.groups.iter_mut().flat_map(|group| &mut group.differences) {
            if difference.finding == Finding::Worse && !difference.exceeds(ppm) {
                difference.finding = Finding::Tolerated;
            }
        }
    }

    /// Why some of it cannot be judged, and what would help; `None` if all of it is judged.
    pub fn unjudged(&self) -> Option<String> {
        let (group, least) = self.groups.iter().find_map(|group| Some((group, group.lacks()?)))?;
        let seeds = human::count(group.seeds.0.min(group.seeds.1) as u64, "seed");
        let wanted = match group.basis {
            Basis::Samples => format!("it takes {least} of each side"),
            _ => format!("it takes {least} in common"),
        };
        Some(format!("cannot be judged from {seeds}, {wanted}: run both with --seeds 1..=8"))
    }

    /// How many cells failed on either side, of those that have a counterpart.
    pub fn failed(&self) -> (usize, usize) {
        self.groups.iter().fold((0, 0), |sum, group| (sum.0 + group.failed.0, sum.1 + group.failed.1))
    }

    /// What cells failed with in the candidate that did not in the base; success if there is none.
    pub fn new_failure(&self) -> Exit {
        Exit::first(self.groups.iter().map(|group| group.new_failure))
    }

    /// What of the base the candidate lacks, in words; `None` if it has all of it.
    pub fn lacking(&self) -> Option<String> {
        let seeds = self.groups.iter().filter(|group| !group.missing.is_empty()).map(|group| {
            let of = if group.title.is_empty() { String::new() } else { format!(" of {}", group.title) };
            format!("seed {}{of}", group.missing.join(", "))
        });
        let all: Vec<String> = self.unmatched.0.iter().cloned().chain(seeds).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// The metrics that are not measured alike on both sides, in words; `None` if all are.
    pub fn unlike(&self) -> Option<String> {
        let all: BTreeSet<&str> =
            self.groups.iter().flat_map(|group| &group.unlike).map(String::as_str).collect();
        (!all.is_empty()).then(|| all.into_iter().collect::<Vec<_>>().join("; "))
    }

    /// The seeds that a side has run several times to unlike ends, in words; `None` if there are
    /// none.
    pub fn copies(&self) -> Option<String> {
        let of = |group: &Group| match group.title.as_str() {
            "" => group.copies.join(", "),
            title => format!("{} of {title}", group.copies.join(", ")),
        };
        let all: Vec<String> = self.groups.iter().filter(|group| !group.copies.is_empty()).map(of).collect();
        (!all.is_empty()).then(|| {
            format!(
                "one side has several cells of seed {}, and they did not come to the same",
                all.join("; ")
            )
        })
    }

    /// What one side has measured under every seed and the other under none, in words: of the
    /// metrics that were `asked` for, else of the headline ones and the oracle's, as rare ones come
    /// and go; of those asked for, too, what was measured under too few seeds. `None` if there is
    /// no such metric.
    pub fn unmeasured(&self, asked: &[String]) -> Option<String> {
        let matters = |metric: &String| match asked {
            [] => is_gated(metric),
            asked => asked.contains(metric),
        };
        let mut told: Vec<String> = Vec::new();
        for group in &self.groups {
            let of = if group.title.is_empty() { String::new() } else { format!(" of {}", group.title) };
            for found in group.differences.iter().filter(|d| matters(&d.metric)) {
                let (with, without) = match found.base {
                    Some(_) => (&self.sides.0, &self.sides.1),
                    None => (&self.sides.1, &self.sides.0),
                };
                let (metric, cells) = (&found.metric, found.cells);
                let line = match group.rests_on_too_few(found) {
                    _ if found.one_sided => {
                        format!("of {metric}{of} nothing was measured in {without}, and in all of {with}")
                    }
                    Some(least) if !asked.is_empty() => {
                        let measured = human::count(cells as u64, "seed");
                        format!("{metric}{of} was measured under {measured} of both sides, it takes {least}")
                    }
                    _ => continue,
                };
                if !told.contains(&line) {
                    told.push(line);
                }
            }
        }
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// How many cells differ in their digests, in groups where no figure does.
    pub fn other_digests(&self) -> usize {
        self.groups.iter().map(|group| group.other_digests).sum()
    }

    /// Differences of this kind in all groups.
    pub fn found(&self, finding: Finding) -> impl Iterator<Item = (&Group, &Difference)> {
        let all = self.groups.iter().flat_map(|group| group.differences.iter().map(move |d| (group, d)));
        all.filter(move |(_, difference)| difference.finding == finding)
    }
}
