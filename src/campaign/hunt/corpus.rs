//! Stores the candidates of a hunt that reached something new, and draws the next candidates.
//!
//! A hunt searches for failures. A candidate is a scenario with some changes and a seed. A feature
//! is a small fact about a run.

use std::collections::{BTreeMap, BTreeSet};

use super::features::Feature;
use super::ground::{Focus, Force, Ground};
use super::mutators::{Gene, MUTATORS};
use crate::base::{Seed, Stream};

/// The largest seed that a hunt draws. It is short enough to type.
const SEED_MAX: u64 = 9_999;
/// The largest number of changes of a candidate.
const GENES_MAX: usize = 60;
/// The share of candidates that do not derive from an earlier candidate.
const FRESH: f64 = 0.3;
/// A new candidate uses one of these shares of the kinds of changes, with faults of this force.
const SWARMS: [(f64, Force); 4] =
    [(0.8, Force::Mild), (0.4, Force::Mild), (0.4, Force::Any), (0.2, Force::Any)];
/// The probability of each random fault in a candidate with mild faults.
const FULL: f64 = 0.9;
/// How often a new candidate uses each of [`SWARMS`]: in the first generation, and later.
const OFTEN: [[u64; 4]; 2] = [[4, 4, 1, 1], [1, 1, 1, 1]];
/// A kind of change with this weight is drawn with a probability that equals the share.
const USUAL: u64 = 3;
/// The events of a new candidate happen around at most this many times and devices.
const SCENES: u64 = 3;
/// The weight of a feature that only one candidate reached.
const RARE: u64 = 1_024;

/// A scenario with some changes and a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The changes by name.
    pub(super) genes: BTreeMap<String, Gene>,
    pub(super) seed: u64,
}

/// A candidate that reached something new.
#[derive(Clone, Debug)]
struct Entry {
    candidate: Candidate,
    /// The features that no earlier candidate had reached.
    news: Vec<Feature>,
    /// The number of candidates that derive from this one.
    picked: u64,
}

/// All reached features, and the candidates that reached them.
#[derive(Clone, Debug, Default)]
pub(super) struct Corpus {
    entries: Vec<Entry>,
    /// The number of candidates that reached each feature.
    reached: BTreeMap<Feature, u64>,
}

impl Candidate {
    pub(super) fn unchanged(seed: u64) -> Candidate {
        Candidate { genes: BTreeMap::new(), seed }
    }
    /// All keys that the candidate sets, as `KEY=VALUE`.
    pub(super) fn sets(&self) -> Vec<String> {
        self.genes.values().flat_map(|gene| gene.sets.iter().cloned()).collect()
    }

    fn add(&mut self, ground: &Ground, changes: u64, stream: &mut Stream) {
        let focus = ground.focus(Force::Any, stream);
        let total: u64 = MUTATORS.iter().map(|mutator| mutator.weight).sum();
        for _ in 0..changes {
            let mut at = stream.below(total);
            let drawn = MUTATORS.iter().find(|mutator| {
                let is_here = at < mutator.weight;
                at = at.saturating_sub(mutator.weight);
                is_here
            });
            let gene = drawn.and_then(|mutator| mutator.draw(ground, focus, stream));
            if let Some(gene) = gene.filter(|_| self.genes.len() < GENES_MAX) {
                self.genes.insert(gene.name.clone(), gene);
            }
        }
    }

    /// Adds some changes of some kinds. As in a swarm (`scenario::swarm`), other kinds are absent.
    /// If everything went wrong in a run, the run would hide faults that need something to work.
    fn swarm(&mut self, ground: &Ground, often: [u64; 4], stream: &mut Stream) {
        let kinds: Vec<usize> = (0..SWARMS.len()).flat_map(|at| (0..often[at]).map(move |_| at)).collect();
        let (share, force) = SWARMS[*stream.pick(&kinds)];
        let scenes: Vec<Focus> = (0..=stream.below(SCENES)).map(|_| ground.focus(force, stream)).collect();
        for mutator in MUTATORS {
            let is_full = force == Force::Mild && mutator.is_random_fault();
            // A kind of weight 5 is drawn twice: with the full share, and with 2/3 of it. A kind of
            // weight 1 is drawn with 1/3 of it, unless it is one of the mild faults.
            for drawn in (0..mutator.weight).step_by(USUAL as usize) {
                let part = (mutator.weight - drawn).min(USUAL) as f64 / USUAL as f64;
                if stream.chance(if is_full { FULL } else { share * part }) {
                    let gene = mutator.draw(ground, *stream.pick(&scenes), stream);
                    self.genes.extend(gene.map(|gene| (gene.name.clone(), gene)));
                }
            }
        }
    }

    fn lose(&mut self, changes: u64, stream: &mut Stream) {
        for _ in 0..changes.min(self.genes.len() as u64) {
            let names: Vec<String> = self.genes.keys().cloned().collect();
            self.genes.remove(stream.pick(&names));
        }
    }
}

impl Corpus {
    pub(super) fn features(&self) -> usize {
        self.reached.len()
    }
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Stores a candidate if it reached a new feature.
    pub(super) fn merge(&mut self, candidate: &Candidate, features: BTreeSet<Feature>) {
        let news: Vec<Feature> =
            features.iter().copied().filter(|feature| !self.reached.contains_key(feature)).collect();
        if !news.is_empty() {
            self.entries.push(Entry { candidate: candidate.clone(), news, picked: 0 });
        }
        features.into_iter().for_each(|feature| *self.reached.entry(feature).or_default() += 1);
    }

    /// Draws the candidates of a generation. They depend only on the scenario, the seed `of`, the
    /// number of the generation, and the features that earlier generations reached.
    pub(super) fn generation(&mut self, ground: &Ground, of: Seed, number: u64, size: u64) -> Vec<Candidate> {
        let own = of.derive("hunt.generation", number);
        let candidate = |index: u64| {
            let mut stream = own.stream("candidate", index, 0);
            if number == 0 && index == 0 {
                return Candidate::unchanged(of.0);
            }
            self.candidate(ground, &mut stream)
        };
        (0..size).map(candidate).collect()
    }

    fn candidate(&mut self, ground: &Ground, stream: &mut Stream) -> Candidate {
        if self.entries.is_empty() || stream.chance(FRESH) {
            let mut fresh = Candidate::unchanged(1 + stream.below(SEED_MAX));
            fresh.swarm(ground, OFTEN[usize::from(!self.entries.is_empty())], stream);
            return fresh;
        }
        let mut child = self.pick(stream);
        if stream.chance(0.25) {
            let other = self.pick(stream);
            let half = other.genes.into_iter().filter(|_| stream.chance(0.5));
            child.genes.extend(half.collect::<Vec<_>>());
        }
        if stream.chance(0.4) {
            child.lose(1 + stream.below(3), stream);
        }
        child.add(ground, 1 + stream.below(4), stream);
        if stream.chance(0.5) {
            child.seed = 1 + stream.below(SEED_MAX);
        }
        child
    }

    /// Draws a stored candidate. Candidates with rare features are more likely. So are candidates
    /// that were seldom drawn.
    fn pick(&mut self, stream: &mut Stream) -> Candidate {
        let rarity = |feature: &Feature| RARE / self.reached.get(feature).copied().unwrap_or(1);
        let weight = |entry: &Entry| 1 + entry.news.iter().map(rarity).sum::<u64>() / (1 + entry.picked);
        let total: u64 = self.entries.iter().map(weight).sum();
        let mut at = stream.below(total.max(1));
        let place = self.entries.iter().position(|entry| {
            let weight = weight(entry);
            let is_here = at < weight;
            at = at.saturating_sub(weight);
            is_here
        });
        let entry = &mut self.entries[place.unwrap_or(0)];
        entry.picked += 1;
        entry.candidate.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::ground::ground;
    use super::*;

    #[test]
    fn a_generation_is_the_same_each_time() {
        let of = |seed| {
            let mut corpus = Corpus::default();
            corpus.merge(&Candidate::unchanged(1), BTreeSet::from([1, 2]));
            corpus.generation(&ground(), Seed(seed), 3, 20)
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn only_what_is_new_joins_the_corpus() {
        let mut corpus = Corpus::default();
        for features in [[1, 2], [2, 1], [2, 3]] {
            corpus.merge(&Candidate::unchanged(1), BTreeSet::from(features));
        }
        assert_eq!([corpus.len(), corpus.features()], [2, 3]);
    }

    #[test]
    fn the_first_candidate_is_the_scenario_as_it_is() {
        let generation = Corpus::default().generation(&ground(), Seed(7), 0, 3);
        assert_eq!(generation[0], Candidate::unchanged(7));
        assert!(generation[1..].iter().all(|candidate| !candidate.genes.is_empty()));
    }
}
