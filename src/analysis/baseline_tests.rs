//! Cells compared with baselines.

use super::compare::{Shift, over_seeds};
use super::{Against, RunJudged, Trial, assemble, judge, judge_run};
use crate::metrics::{Figure, Unit};
use crate::record::{Baseline, BaselineError, Exit, Judged, RunRecord, fixture};
use crate::scenario::Plan;

/// Compares a cell with a baseline, figure by figure.
fn held(plan: &Plan, judged: Judged, baseline: &Baseline) -> RunJudged {
    let against = Against {
        name: "main",
        baseline,
        tolerance_ppm: None,
        require_all: false,
        is_asked: &|_| true,
        told: |shift, _| format!("{shift:?}"),
    };
    let plans = std::slice::from_ref(plan);
    judge_run(&Trial { folder: "out", plans, against: Some(against), ..Trial::default() }, vec![judged])
}

#[test]
fn what_is_worse_is_told_before_what_is_otherwise_or_better() {
    let plan = fixture::plan(None, 1);
    let figures = |rates: [u64; 3]| {
        let mut outcome = fixture::outcome();
        let names = ["backend.request.service", "workload.edits.made", "engine.usable_after_login.duration"];
        for (name, value) in names.into_iter().zip(rates) {
            outcome.figures.insert(name.to_owned(), Figure::number(Unit::Count, value));
        }
        judge(&plan, "ties.s1", &outcome)
    };
    let record = assemble("out", std::slice::from_ref(&plan), vec![figures([5, 5, 5])], &[]);
    let baseline = Baseline::of(&record, Vec::new()).unwrap();
    let worse = figures([4, 6, 6]);
    let changes = baseline.cells["ties.s1"].changes(&worse.cell);
    let told = changes.iter().map(|change| change.text.clone() + "\n").collect::<String>();
    insta::assert_snapshot!(told);
    let RunJudged { record, changes } = held(&plan, worse, &baseline);
    assert_eq!(record.exit_code, Exit::Regression.code());
    assert_eq!((record.cells[0].reasons.len(), changes.len()), (3, 0), "all three are headlines");
}

#[test]
fn a_search_that_failed_is_no_baseline() {
    let plan = fixture::plan(None, 1);
    let judged = judge(&plan, "ties.s1", &fixture::outcome());
    let record = assemble("out", std::slice::from_ref(&plan), vec![judged], &[]);
    let whole = Baseline::of(&record, Vec::new()).unwrap();
    assert_eq!(Baseline::parse(&whole.to_json()).unwrap(), whole);
    let failed = RunRecord { exit_code: 10, tune: Some(fixture::tuned()), ..record };
    assert!(matches!(Baseline::of(&failed, Vec::new()), Err(BaselineError::NotPassing(_))));
}

#[test]
fn a_baseline_without_some_of_the_figures_that_it_gates_unasked_is_none() {
    let plan = fixture::plan(None, 1);
    let judged = || judge(&plan, "ties.s1", &fixture::outcome());
    let record = assemble("out", std::slice::from_ref(&plan), vec![judged()], &[]);
    let whole = Baseline::of(&record, vec!["first".to_owned()]).unwrap();
    let held = |baseline: &Baseline| {
        let record = held(&plan, judged(), baseline).record;
        record.cells[0].reasons.iter().map(|reason| reason.exit().code()).collect::<Vec<_>>()
    };
    assert!(held(&whole).is_empty());
    let mut fewer = whole.clone();
    fewer.cells.insert("ties.s2".to_owned(), whole.cells["ties.s1"].clone());
    let figures = &mut fewer.cells.get_mut("ties.s1").unwrap().metrics;
    figures.remove("engine.requests.count").expect("it is a headline");
    let lacking = held(&fewer);
    // A baseline may come from a version that did not measure the figure. Then nothing is missing.
    fewer.cells.remove("ties.s2");
    assert!(held(&fewer).is_empty());
    // The scenario decides what is gated, not the baseline.
    let mut lenient = whole;
    lenient.cells.get_mut("ties.s1").unwrap().gated = vec!["oracle.lost.rows".to_owned()];
    assert_eq!([lacking, held(&lenient)], [[14], [14]]);
}

fn over(seeds: u64, now: impl Fn(u64, u64) -> u64) -> Vec<(usize, Exit)> {
    shifted(seeds, now).into_iter().map(|(at, shift)| (at, shift.exit())).collect()
}

/// The shifts of seeds that each counted about 1 000. The tolerance is 5 %.
fn shifted(seeds: u64, now: impl Fn(u64, u64) -> u64) -> Vec<(usize, Shift)> {
    shifted_of("engine.requests.count", |seed| 1_000 + seed, seeds, now)
}

fn shifted_of(
    metric: &str,
    was: impl Fn(u64) -> u64,
    seeds: u64,
    now: impl Fn(u64, u64) -> u64,
) -> Vec<(usize, Shift)> {
    let plans: Vec<_> = (1..=seeds).map(|seed| fixture::plan(None, seed)).collect();
    let judged = |of: &dyn Fn(u64) -> u64| {
        let one = |plan: &Plan| {
            let mut outcome = fixture::outcome();
            let count = Figure::number(Unit::Count, of(plan.seed.0));
            outcome.figures.insert(metric.to_owned(), count);
            judge(plan, &format!("ties.s{}", plan.seed.0), &outcome)
        };
        plans.iter().map(one).collect::<Vec<_>>()
    };
    let record = assemble("out", &plans, judged(&was), &[]);
    let baseline = Baseline::of(&record, Vec::new()).unwrap();
    let cells = judged(&|seed| now(seed, was(seed)));
    let held: Vec<_> = cells.iter().enumerate().map(|(at, of)| (at, &baseline.cells[&of.cell.id])).collect();
    over_seeds(&cells, &held, 50_000)
}

#[test]
fn what_may_be_worse_is_listed_with_the_interval_that_decides() {
    // The figure is worse in each seed or in most seeds. Neither is significant among all figures.
    let scattered = [101, 180, 101, 180, 101, 180, 101, 180];
    let jumping = [200, 83, 143, 100, 167, 77, 111, 125];
    for percent in [scattered, jumping] {
        let found = shifted(8, |seed, was| was * percent[seed as usize - 1] / 100);
        let [(0, Shift::Perhaps(figure))] = found.as_slice() else { panic!("{found:?}") };
        let (low, high) = figure.interval_ppm.unwrap();
        assert!(low < 50_000 && high > 50_000, "{figure:?}");
    }
    // With less scatter, a figure of the summary is significant.
    let found = over(8, |seed, was| was * [110, 140][seed as usize % 2] / 100);
    assert!(matches!(found[..], [(_, Exit::Regression)]), "{found:?}");
}

#[test]
fn a_loss_in_a_seed_that_lost_nothing_fails_whatever_is_tolerated() {
    let was = |seed: u64| if seed == 3 { 0 } else { 100 };
    let exits = |more: u64| -> Vec<(usize, Exit)> {
        let now = |seed, was| if seed == 3 { more } else { was };
        let found = shifted_of("oracle.lost_edit.count", was, 8, now);
        found.into_iter().map(|(at, shift)| (at, shift.exit())).collect()
    };
    assert_eq!([exits(0), exits(1)], [vec![], vec![(2, Exit::Regression)]]);
}

#[test]
fn what_is_worse_over_the_seeds_fails_the_one_that_is_worst() {
    assert_eq!(over(8, |seed, was| was * if seed == 5 { 3 } else { 2 }), [(4, Exit::Regression)]);
}

#[test]
fn a_seed_that_jumps_what_is_tolerated_and_what_is_better_fail_nothing() {
    let jump = |seed, was| if seed == 5 { was * 9 } else { was };
    assert_eq!(over(8, jump), [(0, Exit::Success)], "the mean is worse, and is told");
    assert_eq!(over(8, |_, was| was + 20), [(0, Exit::Success)], "it is tolerated");
    assert_eq!(over(8, |_, was| was / 2), [(0, Exit::Success)], "it is better");
}

#[test]
fn too_few_seeds_judge_nothing_but_what_is_within_the_tolerance() {
    assert_eq!(over(2, |_, was| was * 2), [(0, Exit::NoBaseline)]);
    assert_eq!(over(2, |_, was| was + 20), []);
}
