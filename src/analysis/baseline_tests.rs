//! Cells held against baselines.

use super::compare::over_seeds;
use super::judge;
use crate::metrics::{Figure, Unit};
use crate::record::{Baseline, Exit, Reason, RunRecord, Standard, Verdict, assemble, fixture, hold};
use crate::world::Outcome;

#[test]
fn what_is_worse_is_told_first_and_of_that_the_greatest_change() {
    let plan = fixture::plan(None, 1);
    let was = |value| Figure::number(Unit::Count, value);
    let mut outcome = fixture::outcome();
    let names = ["backend.request.service", "engine.session.duration", "engine.usable_after_login.duration"];
    for name in names {
        outcome.figures.insert(name.to_owned(), fixture::durations(40, 1_000_000));
    }
    outcome.figures.insert("engine.rows.rate".to_owned(), was(1_000));
    let judged = |outcome: &Outcome| judge(&plan, "ties.s1", outcome);
    let record = assemble("out", std::slice::from_ref(&plan), vec![judged(&outcome)], &[]);
    let baseline = Baseline::of(&record, Vec::new()).unwrap();
    for (name, p50) in names.into_iter().zip([1_001_000, 2_300_000, 900_000]) {
        outcome.figures.insert(name.to_owned(), fixture::durations(40, p50));
    }
    outcome.figures.insert("engine.rows.rate".to_owned(), was(870));
    outcome.figures.insert("engine.requests.count".to_owned(), was(99_999));
    let mut cell = judged(&outcome);
    let standard = Standard { name: "main", baseline: &baseline, folder: "out", acceptable: true };
    let changes = hold(&mut cell, &plan.baseline_metrics, standard);
    let told: Vec<&str> = changes.iter().map(|change| change.metric.as_str()).collect();
    let order = [
        "engine.requests.count",
        "engine.session.duration",
        "engine.rows.rate",
        "backend.request.service",
        "engine.usable_after_login.duration",
    ];
    assert_eq!(told, order, "{changes:?}");
    assert_eq!(cell.cell.reasons.first().map(Reason::exit), Some(Exit::Regression));
}

#[test]
fn a_search_that_failed_and_percentiles_out_of_order_are_no_baseline() {
    let plan = fixture::plan(None, 1);
    let judged = judge(&plan, "ties.s1", &fixture::outcome());
    let record = assemble("out", std::slice::from_ref(&plan), vec![judged], &[]);
    let whole = Baseline::of(&record, Vec::new()).unwrap().to_json();
    Baseline::parse(&whole).unwrap();
    let tune = Some(fixture::tuned());
    let failed = RunRecord { exit_code: 10, verdict: Verdict::Fail, tune, ..record };
    let failed = Baseline::of(&failed, Vec::new()).unwrap_err().to_string();
    let damaged = whole.replacen("\"p95\":2480000000", "\"p95\":1", 1);
    insta::assert_snapshot!(failed + "\n" + &Baseline::parse(&damaged).unwrap_err().to_string());
}

#[test]
fn a_baseline_without_some_of_the_figures_that_it_gates_unasked_is_none() {
    let plan = fixture::plan(None, 1);
    let judged = || judge(&plan, "ties.s1", &fixture::outcome());
    let record = assemble("out", std::slice::from_ref(&plan), vec![judged()], &[]);
    let whole = Baseline::of(&record, vec!["first".to_owned()]).unwrap();
    let held = |baseline: &Baseline| {
        let mut cell = judged();
        hold(
            &mut cell,
            &plan.baseline_metrics,
            Standard { name: "main", baseline, folder: "out", acceptable: true },
        );
        cell.cell.reasons
    };
    assert_eq!(held(&whole), []);
    let mut fewer = whole.clone();
    fewer.cells.insert("ties.s2".to_owned(), whole.cells["ties.s1"].clone());
    let figures = &mut fewer.cells.get_mut("ties.s1").unwrap().metrics;
    figures.remove("engine.requests.count").expect("it is a headline");
    let lacking = held(&fewer);
    // A program that did not measure it has not lost it.
    fewer.cells.remove("ties.s2");
    assert_eq!(held(&fewer), []);
    // What its scenario wants gated is not for the baseline to say.
    let mut lenient = whole;
    lenient.cells.get_mut("ties.s1").unwrap().gated = vec!["oracle.lost.rows".to_owned()];
    insta::assert_debug_snapshot!([lacking, held(&lenient)]);
}

/// Holds so many seeds over which the baseline counted 100 requests and some, and which count what
/// `now` makes of that, with a tolerance of 5 %. Gives what each shift fails, and with what.
fn over(seeds: u64, now: impl Fn(u64, u64) -> u64) -> Vec<(usize, Exit)> {
    let plans: Vec<_> = (1..=seeds).map(|seed| fixture::plan(None, seed)).collect();
    let judged = |of: &dyn Fn(u64) -> u64| {
        let one = |plan: &crate::scenario::Plan| {
            let mut outcome = fixture::outcome();
            let count = Figure::number(Unit::Count, of(plan.seed.0));
            outcome.figures.insert("engine.requests.count".to_owned(), count);
            judge(plan, &format!("ties.s{}", plan.seed.0), &outcome)
        };
        plans.iter().map(one).collect::<Vec<_>>()
    };
    let was = |seed: u64| 100 + seed;
    let record = assemble("out", &plans, judged(&was), &[]);
    let baseline = Baseline::of(&record, Vec::new()).unwrap();
    let mut cells = judged(&|seed| now(seed, was(seed)));
    let standard = Standard { name: "main", baseline: &baseline, folder: "out", acceptable: true };
    let shifts = over_seeds(&mut cells, |_| &[], standard, 50_000);
    shifts.into_iter().map(|(at, shift)| (at, shift.exit())).collect()
}

#[test]
fn what_is_worse_over_the_seeds_fails_the_one_that_is_worst() {
    assert_eq!(over(8, |seed, was| was * if seed == 5 { 3 } else { 2 }), [(4, Exit::Regression)]);
}

#[test]
fn a_seed_that_jumps_what_is_tolerated_and_what_is_better_fail_nothing() {
    assert_eq!(over(8, |seed, was| if seed == 5 { was * 9 } else { was }), []);
    assert_eq!(over(8, |_, was| was + 2), [(0, Exit::Success)], "it is tolerated");
    assert_eq!(over(8, |_, was| was / 2), [(0, Exit::Success)], "it is better");
}

#[test]
fn too_few_seeds_judge_nothing_but_what_is_within_the_tolerance() {
    assert_eq!(over(2, |_, was| was * 2), [(0, Exit::NoBaseline)]);
    assert_eq!(over(2, |_, was| was + 2), []);
}
