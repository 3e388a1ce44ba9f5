//! Questions of scenarios, as a run answers them, and `run --for`.

use super::tests::Desk;
use crate::record::fixture::TIES;
use crate::record::{Finding, Stand};

const ASKS: &str = "
[variant.lost]
set = { \"engine.pull.chunk_rows\" = 20 }
expect = { violation = \"lost\" }
[variant.fine]
set = { \"engine.pull.chunk_rows\" = 2000 }

[question.checklist-2]
asks = \"Is nothing lost?\"
without = \"lost\"
with = \"fine\"
says = \"large pages: lost {lost}, × {sent.times} of the requests\"
figure.lost = { metric = \"oracle.lost.rows\", less = 2 }
figure.sent = { metric = \"engine.requests.count\" }
";
const ANSWER: &str = "large pages: lost 2 rows → 0 rows, × 1.0 of the requests";

/// A desk with a scenario that asks one question.
fn desk(asks: &str) -> Desk {
    let desk = Desk::new();
    desk.write("asks.toml", &format!("{TIES}{asks}"));
    desk
}

#[test]
fn a_question_is_answered_with_the_figures_of_both_variants() {
    let mut desk = desk(ASKS);
    assert_eq!(desk.run("run @asks.toml --seeds 1..=3 --out @out --progress none"), 0, "{}", desk.out);
    assert!(desk.out.contains("the checklist for offline sync: 1 of 12 answered"), "{}", desk.out);
    let told = format!("   2. Is nothing lost?\n      {ANSWER} (so under 3 of 3 seeds)\n");
    assert!(desk.out.contains(&told), "{}", desk.out);
    let answers = desk.record("out").answers;
    assert_eq!(answers.len(), 3);
    assert!(answers.iter().all(|one| one.finding == Finding::Shown && one.demanded));
    for page in ["out/report.html", "out/summary.md"] {
        assert!(desk.read(page).contains("1 of 12 answered"), "{page}");
    }
}

#[test]
fn an_answer_that_is_not_shown_fails_the_run() {
    let swapped = ASKS
        .replace("without = \"lost\"", "without = \"fine\"")
        .replace("with = \"fine\"", "with = \"lost\"");
    let same = ASKS.replace("oracle.lost.rows", "engine.session.duration.p50");
    for (asks, finding) in [(swapped, Finding::Worse), (same, Finding::Same)] {
        let mut desk = desk(&asks.replace("expect = { violation = \"lost\" }", ""));
        desk.run("run @asks.toml --out @out --progress none");
        assert!(desk.out.contains("NOT SHOWN: large pages: lost "), "{}", desk.out);
        assert!(desk.out.contains("0 of 12 answered"), "{}", desk.out);
        let record = desk.record("out");
        assert_eq!(record.answers[0].finding, finding);
        let told = |cell: &crate::record::CellRecord| {
            cell.reasons.iter().any(|reason| reason.text.starts_with("checklist-2 is not shown: "))
        };
        assert!(record.cell(&record.answers[0].with).is_some_and(told));
    }
}

#[test]
fn a_question_whose_variant_does_not_run_is_said_to_be_open() {
    let mut desk = desk(ASKS);
    desk.run("run @asks.toml --variant fine --out @out --progress none");
    let told = "checklist-2 is not answered: variant `lost` is not run";
    assert!(desk.err.contains(told), "{}", desk.err);
}

#[test]
fn the_same_is_asked_of_a_scenario_of_ones_own() {
    let mut desk = desk(ASKS);
    let own = TIES.replace("\"ties\"", "\"mine\"") + "[engine]\npull = { chunk_rows = 20 }\n";
    desk.write("mine.toml", &own);
    let exit = desk.run("run @asks.toml --for @mine.toml --out @out --progress none");
    assert_eq!(exit, 0, "what is lost is an answer: {}{}", desk.out, desk.err);
    let told = format!("      yours lacks it, and it would help: {ANSWER}\n");
    assert!(desk.out.contains(&told), "{}", desk.out);
    assert!(desk.out.contains("      ! without it: "), "what it loses is told: {}", desk.out);
    let record = desk.record("out");
    assert_eq!(record.answers[0].stands, Some(Stand::Without));
    desk.run("-q run @asks.toml --for @mine.toml --out @out --progress none");
    assert!(desk.out.contains(&told), "who asked for quiet, too: {}", desk.out);
    assert!(record.cells.iter().all(|cell| cell.scenario == "mine"));
}

#[test]
fn what_cannot_be_asked_is_told_and_tests_nothing() {
    let needs = "needs = { \"entity.*.unique\" = \"no entity has a natural key\" }\n";
    let idle = ASKS.replace("= 20 }", "= 2000 }");
    for (asks, why) in [
        (format!("{ASKS}{needs}"), "no entity has a natural key"),
        (idle, "nothing of this scenario changes by it"),
        (ASKS.replace("chunk_rows\" = 20", "streams\" = 99"), "`engine.pull.streams` is wrong"),
    ] {
        let mut desk = desk(&asks);
        desk.write("mine.toml", TIES);
        if why.contains("streams") {
            // A mistake of the file that asks is its own.
            assert_eq!(desk.run("run @asks.toml --for @mine.toml --out @out"), 3, "{}", desk.err);
            continue;
        }
        assert_eq!(desk.run("run @asks.toml --for @mine.toml --out @out"), 4, "{}", desk.err);
        assert!(desk.err.contains(&format!("checklist-2: {why}")), "{}", desk.err);
        assert_eq!(desk.runs(), 0);
    }
}

#[test]
fn a_file_that_asks_nothing_is_no_checklist() {
    let mut desk = desk("");
    desk.write("mine.toml", TIES);
    assert_eq!(desk.run("run @asks.toml --for @mine.toml --out @out"), 4, "{}", desk.err);
    assert!(desk.err.contains("no scenario there has a question to ask"), "{}", desk.err);
    assert_eq!(desk.run("run --for @ --out @out"), 2, "{}", desk.err);
    assert!(desk.err.contains("is a folder: --for takes one scenario"), "{}", desk.err);
}
