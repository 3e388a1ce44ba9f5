//! Tests that failures have one order in every output: losses of data first, then by seed.

use super::*;
use crate::analysis::compare::{Side, compare as compared};
use crate::record::{CellRecord, GateRecord, OccurrenceRecord, ViolationRecord};

fn violation(check: &str) -> Reason {
    Reason::Violation { check: check.to_owned() }
}

fn missed() -> Reason {
    let gate = GateRecord { name: "usable".to_owned(), ..GateRecord::default() };
    Reason::Gate { gate }
}

/// Each severity with its rank, in random order. The alphabetical order of names is another one.
fn shuffled() -> [(usize, &'static str, Reason); 9] {
    let [first, second] = ["aa", "bb"].map(str::to_owned);
    [
        (7, "c-gate", missed()),
        (3, "b-divergent", violation("divergent")),
        (6, "h-digest", Reason::NotDeterministic { of_figures: false, first, second }),
        (5, "a-status", violation("wrong-status")),
        (8, "d-baseline", Reason::Differs { text: "slower than before".to_owned() }),
        (1, "i-lost", violation("lost")),
        (4, "e-stuck", Reason::Stuck {}),
        (0, "g-taken", Reason::TakenBack { first: "an edit".to_owned() }),
        (2, "f-twice", violation("duplicate")),
    ]
}

/// A record of cells that fail for these reasons. Of two with one severity, the first has the
/// larger seed.
fn failing(reasons: &[(usize, &str, Vec<Reason>)]) -> RunRecord {
    let named = |(rank, name, _): &(usize, &str, Vec<Reason>)| {
        let seed = 100 - *rank as u64;
        (plan(Some(*name), seed), outcome())
    };
    let mut run = record(reasons.iter().map(named).collect());
    for (cell, (_, name, reasons)) in run.cells.iter_mut().zip(reasons) {
        let of = |reason: &Reason| match reason {
            Reason::Violation { check } => Some(one_of(check, name)),
            _ => None,
        };
        cell.violations = reasons.iter().filter_map(of).collect();
        (cell.verdict, cell.reasons) = (Verdict::Fail, reasons.clone());
    }
    run.verdict = Verdict::Fail;
    run
}

fn one_of(check: &str, name: &str) -> ViolationRecord {
    let (check, text) = (check.to_owned(), format!("{name} says so"));
    ViolationRecord { check, device: None, record: None, beside: None, text }
}

/// All outputs that show failures of a run. Each has the texts before and after the id of a cell.
fn shown(run: &RunRecord) -> Vec<(&'static str, String, [&'static str; 2])> {
    let page = html::page(run);
    let page = page.split_once("What is wrong").map_or(String::new(), |(_, rest)| rest.to_owned());
    let all = |all| story(run, Paint(false), WIDTH, all);
    vec![
        ("terminal", all(false), ["FAIL ", ""]),
        ("terminal, all", all(true), ["FAIL ", ""]),
        ("quiet", reasons(run), ["", ": "]),
        ("last lines", last_lines(run, "out"), ["#", "\n"]),
        ("summary", summary(run), ["**", "**"]),
        ("annotations", annotations(run), ["title=", "::"]),
        ("junit", junit(run), ["testcase name=\"", "\""]),
        ("page", page, ["", ""]),
    ]
}

fn in_order(text: &str, parts: &[String]) -> Vec<String> {
    let mut found: Vec<(usize, &String)> =
        parts.iter().filter_map(|part| Some((text.find(part.as_str())?, part))).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, part)| part.clone()).collect()
}

#[test]
fn cells_are_shown_by_severity_everywhere() {
    let cells = shuffled().map(|(rank, name, reason)| (rank, name, vec![reason]));
    let run = failing(&cells);
    let mut ranked = cells.clone();
    ranked.sort_by_key(|(rank, ..)| *rank);
    // Two cells lose data. The seed decides their order, here against the rank.
    ranked.swap(0, 1);
    for (what, text, [before, behind]) in shown(&run) {
        let name =
            |(rank, name, _): &(usize, &str, _)| format!("{before}ties.{name}.s{}{behind}", 100 - rank);
        // A gate is a separate case next to its cell.
        let gate_case = what == "junit";
        let wanted: Vec<String> =
            ranked.iter().filter(|(rank, ..)| !gate_case || *rank != 7).map(name).collect();
        assert_eq!(in_order(&text, &wanted), wanted, "{what}: {text}");
    }
}

#[test]
fn reasons_of_a_cell_are_shown_by_severity() {
    let reasons: Vec<Reason> = shuffled().into_iter().map(|(.., reason)| reason).collect();
    let run = failing(&[(0, "all", reasons)]);
    // The first two both lose data, so they keep the order of the record.
    let wanted = [
        "lost (",
        "saved edit",
        "duplicate (",
        "divergent (",
        "stuck: ",
        "wrong-status (",
        "run again",
        "usable is missed",
        "slower than before",
    ];
    for (what, text, _) in shown(&run).into_iter().filter(|(what, ..)| *what != "last lines") {
        let wanted: Vec<String> =
            wanted.iter().filter(|part| text.contains(*part)).map(|part| (*part).to_owned()).collect();
        assert!(wanted.len() >= 5, "{what} shows {wanted:?}");
        assert_eq!(in_order(&text, &wanted), wanted, "{what}: {text}");
    }
}

#[test]
fn where_a_list_is_cut_the_gravest_stay() {
    let names: Vec<String> = (0..150).map(|n| format!("gate-{n}")).collect();
    let mut cells: Vec<_> = names.iter().map(|name| (90, name.as_str(), vec![missed()])).collect();
    cells.push((0, "lost", vec![missed(), violation("lost")]));
    let run = failing(&cells);
    for (what, text, [before, behind]) in shown(&run) {
        let [lost, other] =
            ["ties.lost.s100", "ties.gate-0.s10"].map(|name| format!("{before}{name}{behind}"));
        let first = in_order(&text, &[other, lost.clone()]).into_iter().next();
        assert_eq!(first, Some(lost), "{what}");
    }
}

#[test]
fn a_failure_of_the_run_stands_among_those_of_cells() {
    let mut run = failing(&[
        (1, "slow", vec![Reason::Differs { text: "slower".to_owned() }]),
        (2, "lost", vec![violation("lost")]),
    ]);
    run.occurrences.push(OccurrenceRecord {
        scenario: "ties".to_owned(),
        what: "situation hot-row".to_owned(),
        cells: 0,
        of: 300,
        wanted_of: 200,
        pass: false,
    });
    for (what, text, _) in shown(&run).into_iter().filter(|(what, ..)| *what != "last lines") {
        let wanted = ["lost says so", "occurred in none of 300", "slower"].map(str::to_owned);
        assert_eq!(in_order(&text, &wanted), wanted, "{what}: {text}");
    }
}

#[test]
fn a_comment_shows_the_gravest_new_failure_first() {
    let cells = [("a-gate", missed()), ("b-lost", violation("lost")), ("c-stuck", Reason::Stuck {})];
    let cells = cells.map(|(name, reason)| (0, name, vec![reason]));
    let bad = failing(&cells);
    let mut good = bad.clone();
    good.cells.iter_mut().for_each(|cell: &mut CellRecord| {
        (cell.verdict, cell.reasons) = (Verdict::Pass, Vec::new());
    });
    let side = |name: &str, run: &RunRecord| Side::of_record(name, run, None).unwrap();
    let compared = compared(&side("base", &good), &side("candidate", &bad));
    let wanted = ["ties.b-lost.s100: ", "ties.c-stuck.s100: ", "ties.a-gate.s100: "].map(str::to_owned);
    for text in [compare::markdown(&compared), compare::annotations(&compared)] {
        assert_eq!(in_order(&text, &wanted), wanted, "{text}");
    }
}
