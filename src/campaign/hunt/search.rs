//! Runs a hunt: a search for failures near a scenario.
//!
//! A candidate is the scenario with some changes and a seed. The candidates of a generation run in
//! parallel, and their results are merged in order. A goal is a check by which a candidate fails,
//! with the entity of the failure. A stack is a sync engine with its server half.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use super::corpus::{Candidate, Corpus};
use super::features::{Feature, Features, is_situation};
use super::ground::Ground;
use super::mutators::Gene;
use crate::base::{Seed, Span};
use crate::campaign::parallel::in_parallel;
use crate::campaign::run::{WatchWithoutProgress, attempt};
use crate::campaign::shrink::{Goal, Means, PANIC, goals};
use crate::campaign::stopwatch::Stopwatch;
use crate::metrics::{Figure, Figures, TABLE};
use crate::oracle::implied;
use crate::scenario::{Cost, Document, Plan, Request};
use crate::world::{Ending, Outcome};

/// The default number of candidates per generation. Each generation guides the next one, so small
/// generations learn sooner. Large generations keep more processors busy.
pub const SIZE: u64 = 16;
/// A candidate is not run if its estimated cost exceeds the scenario's cost by this factor.
const COST_MAX: u64 = 30;

/// The scenario to hunt in, with one variant and some keys set.
pub struct Game<'a> {
    pub document: &'a Document,
    /// The variant; `None` if the scenario has none.
    pub variant: Option<String>,
    /// Keys that are set in each candidate, in the form of `--set`.
    pub sets: Vec<String>,
    /// The seed of the hunt. The unchanged scenario runs with this seed, too.
    pub seed: u64,
}

/// The limits of a hunt.
#[derive(Clone, Copy, Debug)]
pub struct Length {
    /// The number of candidates per generation.
    pub size: u64,
    /// The largest number of generations.
    pub generations: u64,
    /// No generation begins after this time. `None` means no limit.
    pub time: Option<Duration>,
}

/// A failure: the first candidate that fails by a new goal.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The failed check, and the entity of the failure.
    pub goal: Goal,
    /// All keys that are set, including the keys of the [`Game`].
    pub sets: Vec<String>,
    pub seed: u64,
    /// The number of this candidate in the hunt, from 1.
    pub candidates: u64,
}

/// The results of a hunt so far.
#[derive(Clone, Debug, Default)]
pub struct Hunted {
    pub generations: u64,
    pub candidates: u64,
    /// The number of changes that the scenario or its stack rejected.
    pub refused: u64,
    /// The number of candidates that were stored because they reached something new.
    pub kept: u64,
    /// The number of different facts (features) that candidates reached.
    pub features: u64,
    /// The number of candidates that reached each situation, by its metric.
    pub situations: BTreeMap<&'static str, u64>,
    pub failures: Vec<Failure>,
}

/// The result of one candidate.
struct Caught {
    goals: BTreeSet<Goal>,
    features: BTreeSet<Feature>,
    situations: Vec<&'static str>,
}

struct Planned {
    candidate: Candidate,
    plan: Plan,
    refused: u64,
}

/// Hunts for failures that the scenario does not expect. Calls `heard` after each generation. The
/// hunt ends if `heard` returns false.
pub fn hunt(
    game: &Game<'_>,
    means: Means<'_>,
    length: Length,
    heard: &mut dyn FnMut(&Hunted) -> bool,
) -> Hunted {
    let watch = Stopwatch::start();
    let mut hunted = Hunted::default();
    let unchanged = Candidate::unchanged(game.seed);
    let Some(base) = game.plan(&unchanged, means) else { return hunted };
    let stacks = means.runner.stacks();
    let own = stacks.iter().find(|stack| stack.name == base.engine_name);
    let ground = Ground::of(&base, own.map_or(&[][..], |stack| &stack.crash_points));
    let dearest = Span(Cost::of(&base).time().0.saturating_mul(COST_MAX)).max(Span::secs(1));
    hunted.situations = TABLE.iter().filter(|m| is_situation(m.name)).map(|m| (m.name, 0)).collect();
    let mut corpus = Corpus::default();
    while hunted.generations < length.generations && !means.signals.any() {
        let candidates = corpus.generation(&ground, Seed(game.seed), hunted.generations, length.size);
        let planned = in_parallel(means.jobs, &candidates, |candidate| game.planned(candidate, means));
        let caught = in_parallel(means.jobs, &planned, |planned| {
            let planned = planned.as_ref().filter(|one| Cost::of(&one.plan).time() <= dearest)?;
            run(&planned.plan, means)
        });
        if means.signals.any() {
            // An incomplete generation cannot be repeated, so it is not merged.
            break;
        }
        hunted.merge(game, &mut corpus, planned.into_iter().zip(caught));
        if !heard(&hunted) || length.time.is_some_and(|time| watch.elapsed() >= time) {
            break;
        }
    }
    hunted
}

impl Game<'_> {
    fn plan(&self, candidate: &Candidate, means: Means<'_>) -> Option<Plan> {
        let sets = [&self.sets[..], &candidate.sets()].concat();
        let variants = self.variant.clone().into_iter().collect();
        let request = Request { sets, seeds: vec![candidate.seed], variants, ..Request::default() };
        self.document.plans(&request, &means.runner.stacks()).ok()?.pop()
    }

    /// The plan of a candidate, without the changes that the scenario rejects.
    fn planned(&self, candidate: &Candidate, means: Means<'_>) -> Option<Planned> {
        if let Some(plan) = self.plan(candidate, means) {
            return Some(Planned { candidate: candidate.clone(), plan, refused: 0 });
        }
        let mut sound = Candidate::unchanged(candidate.seed);
        let mut plan = self.plan(&sound, means)?;
        // Most changes are valid. A group that the scenario rejects is split in half and tried
        // again.
        let genes: Vec<&Gene> = candidate.genes.values().collect();
        let mut groups: Vec<&[&Gene]> = vec![&genes];
        while let Some(group) = groups.pop() {
            let mut more = sound.clone();
            more.genes.extend(group.iter().map(|gene| (gene.name.clone(), (*gene).clone())));
            if let Some(better) = self.plan(&more, means) {
                sound = more;
                plan = better;
            } else if group.len() > 1 {
                let (one, other) = group.split_at(group.len() / 2);
                groups.extend([other, one]);
            }
        }
        let refused = (candidate.genes.len() - sound.genes.len()) as u64;
        Some(Planned { candidate: sound, plan, refused })
    }
}

impl Hunted {
    fn merge(
        &mut self,
        game: &Game<'_>,
        corpus: &mut Corpus,
        all: impl Iterator<Item = (Option<Planned>, Option<Caught>)>,
    ) {
        for (planned, caught) in all {
            self.candidates += 1;
            let Some(planned) = planned else { continue };
            self.refused += planned.refused;
            let Some(caught) = caught else { continue };
            corpus.merge(&planned.candidate, caught.features);
            for situation in caught.situations {
                *self.situations.entry(situation).or_default() += 1;
            }
            for goal in unexpected(&planned.plan, caught.goals) {
                if self.failures.iter().all(|failure| failure.goal != goal) {
                    let sets = [&game.sets[..], &planned.candidate.sets()].concat();
                    let seed = planned.candidate.seed;
                    let candidates = self.candidates;
                    self.failures.push(Failure { goal, sets, seed, candidates });
                }
            }
        }
        self.generations += 1;
        self.kept = corpus.len() as u64;
        self.features = corpus.features() as u64;
    }
}

/// The goals that the scenario does not expect and that do not follow from another goal.
fn unexpected(plan: &Plan, goals: BTreeSet<Goal>) -> Vec<Goal> {
    let expected = &plan.judged.expect.violations;
    let all: Vec<String> = goals.iter().map(|goal| goal.check.clone()).collect();
    let follows = |check: &str| {
        let known = expected.iter().chain(&all).filter(|other| *other != check);
        expected.iter().any(|own| own == check)
            || known.into_iter().any(|other| implied(other).contains(&check))
    };
    goals.into_iter().filter(|goal| !follows(&goal.check)).collect()
}

fn run(plan: &Plan, means: Means<'_>) -> Option<Caught> {
    let ear = Rc::new(RefCell::new(Features::default()));
    let interrupted = || means.signals.any();
    let watch = WatchWithoutProgress(&interrupted);
    match attempt(plan, "", || means.runner.heard(plan, ear.clone(), &watch)) {
        Ok(outcome) if outcome.ending == Ending::Interrupted => None,
        Ok(outcome) => Some(caught(plan, &outcome, std::mem::take(&mut ear.borrow_mut()))),
        Err(broken) if !broken.cell.verdict.was_run() => None,
        Err(_) => {
            let goal = Goal { check: PANIC.to_owned(), entity: None };
            let goals = BTreeSet::from([goal]);
            Some(Caught { goals, features: BTreeSet::new(), situations: Vec::new() })
        }
    }
}

fn caught(plan: &Plan, outcome: &Outcome, features: Features) -> Caught {
    Caught {
        goals: goals(plan, outcome),
        features: features.finish(&outcome.figures),
        situations: reached(&outcome.figures),
    }
}

fn reached(figures: &Figures) -> Vec<&'static str> {
    let occurred = |name: &str| matches!(figures.get(name), Some(Figure::Value { value, .. }) if *value > 0);
    TABLE.iter().map(|m| m.name).filter(|name| is_situation(name) && occurred(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture;
    use std::sync::Arc;

    fn goal(check: &str) -> Goal {
        Goal { check: check.to_owned(), entity: None }
    }

    #[test]
    fn what_the_scenario_expects_is_no_failure() {
        let mut plan = fixture::plan(None, 1);
        let found = || BTreeSet::from([goal("lost"), goal("stale")]);
        assert_eq!(unexpected(&plan, found()).len(), 2);
        Arc::make_mut(&mut plan.judged).expect.violations.push("lost".to_owned());
        assert_eq!(unexpected(&plan, found()), [goal("stale")]);
    }
}
