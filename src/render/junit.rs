//! Writes `junit.xml`: the run as test results for a CI job.
//!
//! A matrix is a run that shows the result of each setting, and a failing setting is a result, too.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::occurrences;
use super::reasons::{missed_gate, reason_of};
use crate::analysis::grouped;
use crate::metrics::human;
use crate::record::{CellRecord, Exit, GateRecord, OccurrenceRecord, Reason, RunRecord, Severity, Verdict};

/// The run as JUnit XML. Each scenario is a suite. Each cell (one simulation), each gate (limit on
/// a figure) and each missing occurrence is a case. Times are virtual. In a search or a matrix, a
/// failure that is only a result counts as a success. Failures come first, the gravest at the
/// start.
pub fn junit(record: &RunRecord) -> String {
    let gates = record.gates_by_cell();
    let mut cases: Vec<Placed<'_>> = Vec::new();
    for cell in &record.cells {
        let gates = gates.get(cell.id.as_str()).map_or(&[][..], Vec::as_slice);
        let held = gates.iter().map(|gate| (format!("{}: gate {}", cell.id, gate.name), held(cell, gate)));
        for (name, (severity, status)) in [(cell.id.clone(), checks(record, cell))].into_iter().chain(held) {
            let case = case(cell, &name, status);
            let seed = cell.seed.parse().unwrap_or(u64::MAX);
            cases.push(match severity.filter(|_| !record.is_found(cell)) {
                Some(severity) => (Place::Fails(severity, seed), &cell.scenario, case),
                None => (Place::Passes, &cell.scenario, found(case)),
            });
        }
    }
    for one in record.occurrences.iter().filter(|one| !one.pass) {
        // The name is the scenario's name. If only one variant had to reach it, the variant
        // follows.
        let of = |cell: &&CellRecord| {
            let rest = one.scenario.strip_prefix(&cell.scenario);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        let name = record.cells.iter().find(of).map_or(one.scenario.as_str(), |cell| &cell.scenario);
        cases.push((Place::Fails(Severity::Threshold, u64::MAX), name, never(one)));
    }
    if let Some(text) = record.lacking() {
        let status = failed(NonSuccessKind::Failure, text, Exit::NoBaseline.code());
        let case = TestCase::new("all cells of the baseline", status);
        cases.push((Place::Fails(Severity::Baseline, u64::MAX), CUT_OFF, case));
    }
    if !record.complete {
        cases.push((Place::CutOff, CUT_OFF, TestCase::new(CUT_OFF, cut_off(record))));
    }
    cases.sort_by_key(|(place, ..)| *place);
    let suites = grouped(cases, |(_, suite, _)| *suite).into_iter().map(|(name, cases)| {
        let mut suite = TestSuite::new(name);
        suite.add_test_cases(cases.into_iter().map(|(.., case)| case));
        suite
    });
    written("syncdyno", suites)
}

/// The key that sorts the cases of a suite. Suites are sorted by their first case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Fails(Severity, u64),
    CutOff,
    Passes,
}

type Placed<'r> = (Place, &'r str, TestCase);

pub const REFUSED: &str = "<testsuites name=\"syncdyno, refused\"";

pub fn junit_refused(exit: Exit, why: &str) -> String {
    let mut status = failed(NonSuccessKind::Error, why.lines().next().unwrap_or_default(), exit.code());
    status.set_description(why);
    let mut suite = TestSuite::new(CUT_OFF);
    suite.add_test_case(TestCase::new(CUT_OFF, status));
    written("syncdyno, refused", [suite])
}

/// The case of a run that was stopped. It makes the missing cells visible.
const CUT_OFF: &str = "the run as a whole";

fn cut_off(record: &RunRecord) -> TestCaseStatus {
    let ended = record.cells.iter().filter(|cell| cell.verdict != Verdict::Incomplete).count();
    let how_far = human::ended(ended as u64, record.planned_cells);
    let mut status = failed(NonSuccessKind::Error, &format!("incomplete: {how_far}"), record.exit_code);
    if !record.notes.is_empty() {
        status.set_description(record.notes.join("\n"));
    }
    status
}

fn written(name: &str, suites: impl IntoIterator<Item = TestSuite>) -> String {
    let mut report = Report::new(name);
    report.add_test_suites(suites);
    report.to_string().expect("texts of a record are written as XML")
}

fn case(cell: &CellRecord, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(cell.scenario.as_str());
    case.set_time(Duration::from_nanos(cell.virtual_ns));
    if !cell.path.is_empty() {
        case.extra.insert("file".into(), cell.path.as_str().into());
    }
    case.add_property(("seed", cell.seed.as_str()));
    case.add_property(("digest", cell.digest.as_str()));
    case.add_property(("replay", cell.replay.as_str()));
    case
}

fn never(one: &OccurrenceRecord) -> TestCase {
    let status = failed(NonSuccessKind::Failure, &occurrences::never(one), Exit::Threshold.code());
    let mut case = TestCase::new(format!("{}: {}", one.scenario, one.what), status);
    case.set_classname(one.scenario.as_str());
    case
}

/// Turns a failure into a success if it is a result of a search or a matrix.
fn found(mut case: TestCase) -> TestCase {
    if let TestCaseStatus::NonSuccess { message, .. } = &case.status {
        let told = message.as_ref().map_or("", |text| text.as_str()).to_owned();
        case.status = TestCaseStatus::success();
        case.set_system_out(told);
    }
    case
}

/// The result of the checks and expectations of a cell, with its severity. Gates are separate
/// cases.
fn checks(record: &RunRecord, cell: &CellRecord) -> (Option<Severity>, TestCaseStatus) {
    if !cell.verdict.was_run() {
        let mut status = TestCaseStatus::skipped();
        status.set_message(match cell.verdict {
            Verdict::Unsupported => cell.reasons.iter().map(|reason| reason_of(cell, reason)).collect(),
            _ => "not completed".to_owned(),
        });
        return (None, status);
    }
    let mut reasons = cell.gravest_first();
    reasons.retain(|reason| !matches!(reason, Reason::Gate { .. }));
    let Some(gravest) = reasons.first() else { return (None, TestCaseStatus::success()) };
    let texts: Vec<String> = reasons.iter().map(|reason| reason_of(cell, reason)).collect();
    let exit = gravest.exit();
    let broken = matches!(exit, Exit::Internal | Exit::Invalid | Exit::Environment);
    let kind = if broken { NonSuccessKind::Error } else { NonSuccessKind::Failure };
    let mut status = failed(kind, &texts[0], exit.code());
    let accept = record.acceptance_of(cell);
    status.set_description(format!("{}\n\n{}{accept}", texts.join("\n"), cell.replay));
    (Some(gravest.severity()), status)
}

fn held(cell: &CellRecord, gate: &GateRecord) -> (Option<Severity>, TestCaseStatus) {
    if gate.pass {
        return (None, TestCaseStatus::success());
    }
    let status = failed(NonSuccessKind::Failure, &missed_gate(cell, gate), Exit::Threshold.code());
    (Some(Severity::Threshold), status)
}

fn failed(kind: NonSuccessKind, message: &str, exit_code: u8) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message);
    status.set_type(format!("exit {exit_code}"));
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::assemble;
    use crate::record::fixture;
    use crate::render::tests::record;

    #[test]
    fn cells_and_gates_are_cases_with_what_is_needed_to_run_them_again() {
        let mut plan = fixture::plan(None, 1);
        plan.judged_mut().gates.push(fixture::gate("engine.session.duration", "p95", 1));
        let plans = [plan.clone(), fixture::plan(Some("fine"), 2)];
        let record = record(vec![(plan, fixture::lost(2)), (plans[1].clone(), fixture::outcome())]);
        // A run that was stopped is an error, even if it has no cells.
        let cut_off = assemble("reports/x", &plans, Vec::new(), &[]);
        insta::assert_snapshot!(junit(&record) + &junit(&cut_off));
    }
}
