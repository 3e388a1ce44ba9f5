//! Checks claims. A claim says how a figure must differ between two variants of a scenario.
//!
//! A plan describes a cell before it runs.
//!
//! Each claim is checked for each seed, on two cells (single simulations): one of the variant that
//! `fails` and one of the variant that `mends`. A claim is about the unchanged scenario, so cells
//! with swept keys are not compared.

use std::collections::BTreeMap;

use super::cells::{cell_ids, is_within};
use super::distinct;
use super::verdict::{Ruling, Trial};
use crate::metrics::Unit;
use crate::record::{CellRecord, ClaimRecord, EndingKind, Judged, Reason};
use crate::scenario::{Claim, Plan, Put};

type Place<'a> = (&'a str, &'a str, &'a str, u64);

fn place<'a>(plan: &'a Plan, variant: &'a str) -> Place<'a> {
    (&plan.source.path, &plan.source.scenario, variant, plan.seed.0)
}

fn places(plans: &[Plan]) -> BTreeMap<Place<'_>, usize> {
    let mut places = BTreeMap::new();
    for (i, plan) in plans.iter().enumerate().filter(|(_, plan)| plan.source.axes.is_empty()) {
        let variant = plan.source.variant.as_deref().unwrap_or_default();
        places.entry(place(plan, variant)).or_insert(i);
    }
    places
}

/// For each plan, the index of its cell in `judged`; `None` if the cell did not run to its end.
fn ended(plans: &[Plan], judged: &[Judged]) -> Vec<Option<usize>> {
    let at: BTreeMap<&str, usize> =
        judged.iter().enumerate().map(|(i, judged)| (judged.cell.id.as_str(), i)).collect();
    let ended = |id: &String| {
        let at = *at.get(id.as_str())?;
        let cell = &judged[at].cell;
        let has_figures = cell.verdict.was_run() && cell.ending.kind != EndingKind::Broken;
        has_figures.then_some(at)
    };
    cell_ids(plans).iter().map(ended).collect()
}

/// Every comparison that `of` gives for the plans, with the indices of its two cells.
pub(super) fn pairs<'p, T>(
    plans: &'p [Plan],
    judged: &[Judged],
    of: impl Fn(&'p Plan) -> Vec<(T, &'p str, &'p str)>,
) -> Vec<(T, usize, usize)> {
    let (ended, places) = (ended(plans, judged), places(plans));
    let mut pairs = Vec::new();
    for (&(.., variant, _), &i) in &places {
        for (what, first, _) in of(&plans[i]).into_iter().filter(|(.., second)| *second == variant) {
            let first = places.get(&place(&plans[i], first)).and_then(|first| ended[*first]);
            pairs.extend(first.zip(ended[i]).map(|(first, second)| (what, first, second)));
        }
    }
    pairs
}

fn claimed(plan: &Plan) -> Vec<(&Claim, &str, &str)> {
    plan.judged.claims.iter().map(|claim| (claim, claim.fails.as_str(), claim.mends.as_str())).collect()
}

/// The rule "every claim of a scenario holds under each seed".
pub(super) fn claims(trial: &Trial<'_>, judged: &[Judged]) -> Vec<Ruling> {
    let held = |(claim, failing, mending): (&Claim, usize, usize)| {
        let (fails, mends) = (&judged[failing].cell, &judged[mending].cell);
        let claim = ClaimRecord::of(claim, fails, mends);
        let fails = variant(fails).to_owned();
        let reason = (!claim.pass).then(|| Reason::Claim { claim: claim.clone(), fails });
        let reason = reason.map(|reason| Ruling::FailsCell(mending, reason));
        reason.into_iter().chain([Ruling::Claim(claim)])
    };
    pairs(trial.plans, judged, claimed).into_iter().flat_map(held).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UncheckedClaim<'a> {
    pub scenario: &'a str,
    pub name: &'a str,
    pub is_question: bool,
    pub why: Why<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why<'a> {
    Swept,
    NotRun(&'a str),
    OtherSeeds(&'a str, &'a str),
}

/// The claims and questions that these plans cannot check.
pub fn unchecked(plans: &[Plan]) -> Vec<UncheckedClaim<'_>> {
    let places = places(plans);
    let runs = |plan: &Plan, variant: &String| {
        let own = &plan.source;
        let same = |of: &Plan| (&of.source.path, &of.source.scenario) == (&own.path, &own.scenario);
        plans.iter().any(|other| same(other) && other.source.variant.as_ref() == Some(variant))
    };
    let mut all = Vec::new();
    for plan in plans {
        let scenario = plan.source.scenario.as_str();
        let claims = plan.judged.claims.iter().map(|of| (&of.id, false, [&of.fails, &of.mends]));
        let asked = plan.judged.questions.iter().filter(|of| !matches!(of.put, Put::ToNone(..)));
        let asked = asked.map(|of| (&of.name, true, [&of.without, &of.with]));
        for (name, is_question, halves) in claims.chain(asked) {
            let missing = halves.into_iter().filter(|half| !places.contains_key(&place(plan, half)));
            let why = match missing.clone().find(|half| !runs(plan, half)) {
                _ if !plan.source.axes.is_empty() => Why::Swept,
                Some(variant) => Why::NotRun(variant),
                None if missing.clone().next().is_none() => continue,
                None => Why::OtherSeeds(halves[0], halves[1]),
            };
            all.push(UncheckedClaim { scenario, name, is_question, why });
        }
    }
    distinct(all)
}

/// True if the `mends` figure is within the bounds and the `fails` figure is not. With a factor,
/// the `fails` figure must be at least `factor_milli`/1000 times the other one instead.
fn holds(claim: &Claim, fails: Option<u64>, mends: Option<u64>) -> bool {
    let apart = match (claim.factor_milli, fails, mends) {
        (None, ..) => fails.is_some() && !is_within(fails, claim.bound),
        (Some(factor), Some(fails), Some(mends)) => {
            fails > 0 && u128::from(fails) * 1_000 >= u128::from(mends) * u128::from(factor)
        }
        _ => false,
    };
    apart && is_within(mends, claim.bound)
}

impl ClaimRecord {
    fn of(claim: &Claim, fails: &CellRecord, mends: &CellRecord) -> ClaimRecord {
        let [fails_value, mends_value] = [fails, mends].map(|cell| cell.expected(&claim.metric));
        ClaimRecord {
            id: claim.id.clone(),
            fails: fails.id.clone(),
            mends: mends.id.clone(),
            metric: claim.metric.clone(),
            min: claim.bound.min,
            max: claim.bound.max,
            factor_milli: claim.factor_milli,
            fails_value,
            mends_value,
            pass: holds(claim, fails_value, mends_value),
        }
    }
}

pub fn variant(cell: &CellRecord) -> &str {
    cell.variant.as_deref().unwrap_or_default()
}

/// The unit of a figure that a claim names.
pub fn unit_in(cell: &CellRecord, key: &str) -> Unit {
    let Some((metric, stat)) = cell.named(key) else { return Unit::Count };
    cell.metrics.get(metric.as_str()).map_or(Unit::Count, |figure| figure.unit().of_stat(stat))
}
