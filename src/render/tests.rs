//! Tests verdicts and the rendering of records that tests build.

mod records;
mod severity;

use std::sync::Arc;

use insta::assert_snapshot;

use super::*;
use crate::analysis::{assemble, cell_ids, judge};
use crate::base::{DeviceId, Seed};
use crate::metrics::{self, Figure, Unit};
use crate::oracle::Violation;
use crate::record::fixture::{self, durations, found, gate, lost, outcome, plan};
use crate::record::{
    Exit, HEADLINE, Judged, LifeRecord, Note, Reason, RecordError, RunRecord, SCHEMA_VERSION, Verdict, flat,
    replay_command, repro, repro_head, run_id,
};
use crate::scenario::{Bound, Plan};
use crate::world::{Ending, InVain, Outcome};

fn judged(plan: &Plan, outcome: &Outcome) -> Judged {
    judge(plan, &cell_ids(std::slice::from_ref(plan))[0], outcome)
}

pub(super) fn record(cells: Vec<(Plan, Outcome)>) -> RunRecord {
    let (plans, outcomes): (Vec<_>, Vec<_>) = cells.into_iter().unzip();
    let ids = cell_ids(&plans);
    let judged = plans.iter().zip(&ids).zip(&outcomes).map(|((p, id), o)| judge(p, id, o)).collect();
    assemble("reports/x", &plans, judged, &[])
}

fn code(plan: Plan, outcome: Outcome) -> u8 {
    record(vec![(plan, outcome)]).exit_code
}

fn expecting(checks: &[&str]) -> Plan {
    let mut plan = plan(Some("strict"), 1);
    plan.judged_mut().expect.violations = checks.iter().map(|&check| check.to_owned()).collect();
    plan
}

fn wanting(metric: &str, min: Option<u64>, max: Option<u64>) -> Plan {
    let mut plan = plan(None, 1);
    plan.judged_mut().expect.metrics.insert(metric.to_owned(), Bound { min, max });
    plan
}

fn gated(metric: &str, stat: &str, max: u64) -> Plan {
    let mut plan = plan(None, 1);
    plan.judged_mut().gates.push(gate(metric, stat, max));
    plan
}

fn ending(ending: Ending) -> Outcome {
    Outcome { ending, ..outcome() }
}

fn counting(figures: &[(&str, u64)]) -> Outcome {
    let mut outcome = outcome();
    let counts = figures.iter().map(|(name, n)| ((*name).to_owned(), Figure::number(Unit::Count, *n)));
    outcome.figures.extend(counts);
    outcome
}

fn silent() -> Outcome {
    Outcome { is_silent: true, ..counting(&[("engine.requests.count", 0)]) }
}

fn still() -> Outcome {
    Outcome { is_still: true, ..counting(&[("engine.apply.rows", 0)]) }
}

const SESSION: &str = "engine.session.duration";
const P95: &str = "engine.session.duration.p95";
const P50_OF_A_DAY: &str = "engine.session.duration.p50@1d";
const UNTESTED: &str = "workload.untested.count";

fn in_vain() -> Outcome {
    let missed =
        ["missed", "refused", "prevented", "office_missed"].map(|why| format!("workload.edits.{why}"));
    let missed: Vec<(&str, u64)> =
        missed.iter().map(|name| (name.as_str(), 9)).chain([(UNTESTED, 1)]).collect();
    let action = "survey".to_owned();
    let in_vain = vec![InVain { action, on_phones: false, wanted: 9, unplaced: 0, prevented: 0 }];
    Outcome { in_vain, ..counting(&missed) }
}

fn optional(action: &str) -> Plan {
    let mut plan = plan(None, 1);
    plan.judged_mut().expect.optional.push(action.to_owned());
    plan
}

fn strict(action: &str) -> Plan {
    let mut plan = optional(action);
    plan.judged_mut().expect.metrics.insert(UNTESTED.to_owned(), Bound { min: None, max: Some(0) });
    plan
}

#[test]
fn each_outcome_has_its_exit_code() {
    let stuck = || ending(Ending::Stuck(vec!["device 17: 3 changes in the outbox".to_owned()]));
    let mut gated_and_lossy = expecting(&["lost"]);
    gated_and_lossy.judged_mut().gates.push(gate(SESSION, "p95", 1));
    let stalled = || ending(Ending::Stalled("d4 was polled 10 000 times at one instant".to_owned()));
    for (what, plan, outcome, want) in [
        ("all is well", plan(None, 1), outcome(), 0),
        ("an unexpected violation", plan(None, 1), lost(3), 11),
        ("an expected one", expecting(&["lost"]), lost(3), 0),
        ("an expected one that did not occur", expecting(&["lost"]), outcome(), 10),
        ("another than the expected one", expecting(&["stale"]), lost(3), 11),
        ("stuck", plan(None, 1), stuck(), 12),
        ("stalled", plan(None, 1), stalled(), 12),
        ("stuck as expected", expecting(&["stuck"]), stuck(), 0),
        ("stalled where stuck is expected", expecting(&["stuck"]), stalled(), 0),
        ("lost and stuck", plan(None, 1), Outcome { ending: stuck().ending, ..lost(3) }, 11),
        ("a figure within bounds", wanting("oracle.lost.rows", None, Some(0)), outcome(), 0),
        ("a figure outside", wanting("engine.requests.count", None, Some(12_344)), outcome(), 10),
        ("a figure below", wanting("oracle.lost.rows", Some(1), None), outcome(), 10),
        ("a percentile within", wanting(P95, None, Some(2_480_000_000)), outcome(), 0),
        ("a start state's percentile", wanting(P50_OF_A_DAY, None, Some(1)), outcome(), 10),
        ("a distribution without a statistic", wanting(SESSION, Some(0), None), outcome(), 10),
        ("a metric that is not there", wanting("engine.sesion.count", None, Some(9)), outcome(), 10),
        ("a gate met", gated(SESSION, "p95", 2_480_000_000), outcome(), 0),
        ("a gate missed by a nanosecond", gated(SESSION, "p95", 2_479_999_999), outcome(), 10),
        ("a gate on what is not there", gated("engine.nothing.duration", "p95", u64::MAX), outcome(), 10),
        ("a gate on nothing observed", gated("engine.retry.wait", "p95", u64::MAX), outcome(), 10),
        ("a gate on a count of nothing", gated("engine.retry.wait", "count", 0), outcome(), 0),
        ("a statistic of a single number", gated("oracle.lost.rows", "p95", 9), outcome(), 10),
        ("a missed gate beside a loss", gated(SESSION, "p95", 1), lost(1), 11),
        ("a missed gate of who expects a loss", gated_and_lossy, lost(2), 0),
        ("an action of which nothing came", plan(None, 1), in_vain(), 10),
        ("the same where edits may miss", wanting("workload.edits.missed", Some(1), None), in_vain(), 10),
        ("the same where that may be", optional("survey"), in_vain(), 0),
        ("the same where another may be", optional("walk"), in_vain(), 10),
        ("the same where something untested is meant", wanting(UNTESTED, Some(1), None), in_vain(), 0),
        ("the same where nothing is to be untested", wanting(UNTESTED, None, Some(0)), in_vain(), 10),
        ("what is optional where nothing is to be untested", strict("survey"), in_vain(), 10),
        ("a run without a request", plan(None, 1), silent(), 10),
        ("the same as expected", wanting("engine.requests.count", None, Some(0)), silent(), 0),
        ("a run in which nothing changes", plan(None, 1), still(), 10),
        ("the same as expected", wanting("engine.apply.rows", None, Some(0)), still(), 0),
    ] {
        assert_eq!(code(plan, outcome), want, "{what}");
    }
}

#[test]
fn a_cell_says_why_it_fails() {
    let why =
        |plan: &Plan, outcome: &Outcome| reasons_of(&judge(plan, "cell", outcome).cell)[0].clone() + "\n";
    let prevented = |prevented| {
        let mut outcome = in_vain();
        outcome.in_vain[0].prevented = prevented;
        why(&plan(None, 1), &outcome)
    };
    let mut started = gated(SESSION, "p95", 1);
    started.judged_mut().gates[0].start = Some("1d".to_owned());
    let gates = [started, gated(SESSION, "count", 0)].map(|plan| why(&plan, &outcome())).concat();
    assert_snapshot!([0, 4, 9].map(prevented).concat() + &gates);
}

#[test]
fn divergent_follows_from_what_makes_replicas_differ_and_from_nothing_else() {
    let violating = |check| {
        let violations = vec![found(check, 2), found("divergent", 1)];
        Outcome { violations, ..outcome() }
    };
    for implying in ["lost", "stale", "duplicate", "resurrected", "orphan"] {
        assert_eq!(code(expecting(&[implying]), violating(implying)), 0, "{implying}");
    }
    let lost_edit = violating("lost-edit");
    assert_eq!(code(expecting(&["lost-edit"]), lost_edit.clone()), 11, "it makes no replicas differ");
    assert_eq!(code(expecting(&["lost-edit", "divergent"]), lost_edit), 0);
}

#[test]
fn an_interrupted_cell_is_incomplete_and_judges_nothing() {
    let outcome = Outcome { ending: Ending::Interrupted, ..lost(3) };
    let run = record(vec![(gated(SESSION, "p95", 1), outcome), (plan(None, 2), fixture::outcome())]);
    assert_eq!(run.verdict, Verdict::Incomplete);
    assert!(!run.complete);
    assert_eq!((run.cells[0].verdict, run.gates.len(), run.exit_code), (Verdict::Incomplete, 0, 0));
}

#[test]
fn a_stopped_run_has_the_code_of_what_stopped_it_and_says_so() {
    let plans = [plan(None, 1), plan(None, 2)];
    let first = judge(&plans[0], "ties.s1", &lost(1));
    let note =
        Note { exit: Exit::TimeLimit, text: "stopped at the time limit".to_owned(), is_after_cells: false };
    let run = assemble("reports/x", &plans, vec![first], &[note]);
    assert_eq!((run.exit_code, run.complete, run.verdict), (124, false, Verdict::Fail));
    assert_eq!((run.planned_cells, run.notes), (2, vec!["stopped at the time limit".to_owned()]));
}

#[test]
fn cells_that_would_share_a_name_are_told_apart() {
    let ids = cell_ids(&[plan(None, 1), plan(None, 1), plan(Some("a b/c"), 1)]);
    assert_eq!(ids, ["ties.s1", "ties.s1.2", "ties.a-b-c.s1"]);
}

#[test]
fn a_cell_is_named_as_its_table_calls_it_and_not_too_long() {
    let mut long = plan(None, 1);
    let source = Arc::make_mut(&mut long.source);
    source.axes = [("engine.options".to_owned(), "x".repeat(400))].into();
    let mut called = long.clone();
    Arc::make_mut(&mut called.source).called = vec!["pouchdb".to_owned(), "lte poor".to_owned()];
    let mut other = long.clone();
    Arc::make_mut(&mut other.source).axes = [("engine.options".to_owned(), "x".repeat(401))].into();
    let ids = cell_ids(&[long, other, called]);
    assert!(ids[0] != ids[1] && ids.iter().all(|id| id.len() <= 175), "{ids:?}");
    assert!(ids[0].ends_with(".s1") && ids[2] == "ties.pouchdb.lte-poor.s1", "{ids:?}");
}

#[test]
fn a_run_is_named_before_it_runs() {
    assert_eq!(run_id(&[plan(None, 3)]), "ties-3-d00");
    let several = run_id(&[plan(Some("a"), 1), plan(Some("bb"), 20)]);
    assert!(several.starts_with("ties-1-to-20-"), "{several}");
}

#[test]
fn a_replay_command_survives_a_shell() {
    assert_eq!(replay_command("reports/ties-1", "ties.s1"), "syncdyno replay reports/ties-1#ties.s1");
    assert_eq!(replay_command("my out", "c"), "syncdyno replay 'my out#c'");
    assert_eq!(replay_command("-x", "c"), "syncdyno replay -- -x#c");
    assert_eq!(replay_command("it's", "c"), r"syncdyno replay 'it'\''s#c'");
}

#[test]
fn one_cell_is_told_with_its_figures_gates_and_the_life_of_a_lost_record() {
    let mut plan = plan(None, 1);
    plan.judged_mut().gates.push(gate(SESSION, "p95", 2_000_000_000));
    plan.judged_mut().gates.push(gate("engine.retry.wait", "p95", 1));
    let mut run = record(vec![(plan, lost(2))]);
    run.cells[0].lives = vec![LifeRecord {
        record: "appointment/k1".to_owned(),
        lines: vec![
            "08:00:00.000 backend: created".to_owned(),
            "08:00:05.000 d17: page cut before it".to_owned(),
        ],
        steps: Vec::new(),
    }];
    assert_snapshot!(story(&run, Paint(false), WIDTH, false) + &last_lines(&run, "reports/x"));
}

#[test]
fn variants_stand_side_by_side_with_the_figures_that_differ() {
    let mut slow = outcome();
    slow.figures.insert("engine.session.duration".to_owned(), durations(40, 2_000_000_000));
    let run = record(vec![(expecting(&["lost"]), lost(12_345)), (plan(Some("keyset"), 1), slow)]);
    assert_snapshot!(story(&run, Paint(false), WIDTH, false));
}

#[test]
fn what_an_expectation_names_is_shown_whatever_came_out() {
    let wanted = |seed| {
        let mut plan = wanting("oracle.lost.rows", None, Some(0)).with_seed(Seed(seed));
        let any = Bound { min: None, max: None };
        plan.judged_mut().expect.metrics.insert(P50_OF_A_DAY.to_owned(), any);
        plan
    };
    // The last two are equal, and neither lost data.
    let mut other = wanted(1);
    other.source_mut().variant = Some("other".to_owned());
    let told = [vec![wanted(1)], vec![wanted(1), wanted(2)], vec![wanted(1), other]].map(|plans| {
        let cells = plans.into_iter().map(|plan| (plan, outcome())).collect();
        figures(&record(cells), Form::Terminal(WIDTH), false)
    });
    assert_snapshot!(told.join("\n---\n"));
}

#[test]
fn what_is_wrong_is_said_once_and_the_rest_is_counted() {
    let line =
        |n: u32| format!("device {n} did not come to rest in time: 3 changes still wait in its outbox");
    let violation =
        |n: u32| Violation { device: Some(DeviceId(n)), record: None, text: line(n), ..found("stuck", 0) };
    let mut stuck = Outcome { ending: Ending::Stuck(vec![line(1), line(2)]), ..outcome() };
    stuck.violations = vec![violation(1), violation(2)];
    let told = |outcome| story(&record(vec![(plan(None, 1), outcome)]), Paint(false), WIDTH, false);
    // Each outcome shows its first 5 violations. Another check has 1 violation.
    let counted = |rows| told(lost(rows)).lines().find(|line| line.contains("…")).unwrap().to_owned() + "\n";
    assert_snapshot!(told(stuck) + &[6, 30].map(counted).concat());
}

#[test]
fn cells_of_one_scenario_that_is_not_its_baselines_are_told_once_with_their_number() {
    let mut run = record((1..=8).map(|seed| (plan(None, seed), outcome())).collect());
    let mut told = String::new();
    let text = "the scenario is another".to_owned();
    for reason in [Reason::NoBaseline { text: text.clone() }, Reason::Differs { text: text.clone() }] {
        for cell in &mut run.cells {
            cell.verdict = Verdict::Fail;
            cell.reasons = vec![reason.clone()];
        }
        assert_eq!(story(&run, Paint(false), WIDTH, false).matches(&text).count(), 1, "{reason:?}");
        told += &reasons(&run);
    }
    assert_snapshot!(told);
}

#[test]
fn the_worst_seed_is_shown_with_its_own_figure_and_replay() {
    let run = record([(1, 2), (2, 51), (3, 2)].map(|(seed, rows)| (plan(None, seed), lost(rows))).to_vec());
    let told = reasons(&run) + &last_lines(&run, "reports/x");
    assert!(
        told.starts_with("ties.s2, alike in 3 of 3 seeds, this one the worst: lost (51 rows): "),
        "{told}"
    );
    assert!(told.ends_with("#ties.s2\n"), "{told}");
}

#[test]
fn what_may_be_worse_stands_on_the_page_and_is_a_notice() {
    let mut run = record(vec![(plan(None, 1), outcome())]);
    run.tolerated = vec!["may be worse, but no failure: x".to_owned(), "tolerated: y".to_owned()];
    assert!(summary(&run).contains("- may be worse, but no failure: x\n- tolerated: y\n"));
    let notice = "::notice title=no failure::may be worse, but no failure: x%0Atolerated: y\n";
    assert_eq!(annotations(&run), notice);
}

#[test]
fn every_headline_is_a_metric() {
    for name in HEADLINE {
        assert!(metrics::find(name).is_some(), "{name} is no metric");
    }
}

#[test]
fn the_summary_is_a_page_of_markdown() {
    let mut many = plan(None, 1);
    many.judged_mut().gates.extend(["p50", "p95", "p99", "max"].map(|stat| gate(SESSION, stat, 1)));
    many.judged_mut().gates[0].name = "<b>|".to_owned();
    let mut run = record(vec![(expecting(&["lost"]), lost(1)), (many, lost(1))]);
    run.scenario.name = "<i>ties".to_owned();
    assert_snapshot!(summary(&run));
}

#[test]
fn the_summary_is_bounded_however_many_cells_fail() {
    let cells = (0..400).map(|seed| {
        let mut outcome = lost(20);
        outcome.violations[0].text = "<b>`x` ".repeat(2_000);
        let mut plan = plan(Some(&format!("variant-{seed}-{}", "n".repeat(150))), seed);
        plan.judged_mut().gates.push(gate(SESSION, "p95", 1));
        (plan, outcome)
    });
    let run = record(cells.collect());
    let page = summary(&run);
    assert!((SUMMARY_MAX - 2_000..=SUMMARY_MAX).contains(&page.len()), "{} bytes", page.len());
    assert!(page.contains("run.json") && !page.contains("<b>"));
}

#[test]
fn cells_are_flattened_to_a_row_each() {
    let mut swept = plan(Some("a,b"), 7);
    swept.source_mut().axes.insert("engine.pull.chunk_rows".to_owned(), "500".to_owned());
    let mut bytes = Vec::new();
    flat::cells(&record(vec![(swept, lost(2)), (plan(Some("=cmd()"), 1), outcome())]), &mut bytes).unwrap();
    // A distribution without observations is not 0. No name becomes a formula.
    assert_snapshot!(String::from_utf8(bytes).unwrap());
}

#[test]
fn series_are_written_in_long_form() {
    let levels = [(1, 7), (2, 7), (3, 8), (4, 8), (5, 8)];
    let level = |(at_ns, value)| metrics::Sample { at_ns, series: "device.online.count", value };
    let mut series = flat::Series::new(Vec::new()).unwrap();
    series.add("c1", &levels.map(level)).unwrap();
    let text = String::from_utf8(series.into_inner().unwrap()).unwrap();
    let rows = "c1,device.online.count,1,7\nc1,device.online.count,3,8\nc1,device.online.count,5,8\n";
    assert_eq!(text, format!("cell,series,at_ns,value\n{rows}"), "a value holds until the next row");
}

#[test]
fn a_repro_file_pins_the_seed_at_the_top_and_nowhere_else() {
    let plan = plan(Some("strict"), 7);
    let judged = judged(&plan, &lost(1));
    let text = repro(&judged.cell, &[], "5c", &format!("seed = 3\n{}", plan.source.resolved));
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(table["seed"].as_integer(), Some(7));
    assert_eq!(table["backend"]["seed"].as_str(), Some("d06"), "a seed of a table is another seed");
    let head = repro_head(&text);
    assert_eq!((head.digest, head.source), (Some("lost1"), Some("5c")));
    assert_eq!(head.figures_digest, Some(outcome().figures_digest.as_str()));
}
