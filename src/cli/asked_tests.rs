//! Questions of scenarios, as a run answers them, and `run --for`.

use insta::assert_snapshot;

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

/// A desk with a scenario that asks one question.
fn desk(asks: &str) -> Desk {
    let desk = Desk::new();
    desk.write("asks.toml", &format!("{TIES}{asks}"));
    desk.write("mine.toml", TIES);
    desk
}

#[test]
fn a_question_is_answered_with_the_figures_of_both_variants() {
    let mut desk = desk(ASKS);
    assert_snapshot!(desk.session("run @asks.toml --seeds 1..=3 --out @out --progress none"));
    let answers = desk.record("out").answers;
    assert_eq!(answers.len(), 3);
    assert!(answers.iter().all(|one| one.finding == Finding::Shown && one.demanded));
}

#[test]
fn an_answer_that_is_not_shown_fails_the_run() {
    let swapped = ASKS
        .replace("without = \"lost\"", "without = \"fine\"")
        .replace("with = \"fine\"", "with = \"lost\"");
    let same = ASKS.replace("oracle.lost.rows", "engine.session.duration.p50");
    let mut told = String::new();
    for (asks, finding) in [(swapped, Finding::Worse), (same, Finding::Same)] {
        let mut desk = desk(&asks.replace("expect = { violation = \"lost\" }", ""));
        told += &desk.session("run @asks.toml -q --out @out --progress none");
        let record = desk.record("out");
        assert_eq!(record.answers[0].finding, finding);
    }
    assert_snapshot!(told);
}

#[test]
fn the_same_is_asked_of_a_scenario_of_ones_own() {
    let mut desk = desk(ASKS);
    let own = TIES.replace("\"ties\"", "\"mine\"") + "[engine]\npull = { chunk_rows = 20 }\n";
    desk.write("mine.toml", &own);
    assert_snapshot!(desk.session(
        "run @asks.toml --for @mine.toml --out @out --progress none
         run @asks.toml --for @mine.toml --out @out -q --progress none
         run @asks.toml --variant fine --out @other -q --progress none"
    ));
    let record = desk.record("out");
    assert_eq!(record.answers[0].stands, Some(Stand::Without));
    assert!(record.cells.iter().all(|cell| cell.scenario == "mine"));
}

#[test]
fn what_cannot_be_asked_is_told_and_tests_nothing() {
    let needs = "needs = { \"entity.*.unique\" = \"no entity has a natural key\" }\n";
    let mut told = String::new();
    for asks in [
        format!("{ASKS}{needs}"),
        ASKS.replace("= 20 }", "= 2000 }"),
        // A mistake of the file that asks is its own.
        ASKS.replace("chunk_rows\" = 20", "streams\" = 99"),
        String::new(),
    ] {
        let mut desk = desk(&asks);
        told += &desk.session("run @asks.toml --for @mine.toml --out @out");
        assert_eq!(desk.runs(), 0);
    }
    assert_snapshot!(told);
}
