//! Tests claims of scenarios, answers to questions, and `run --for`.

use insta::assert_snapshot;

use super::tests::Desk;
use crate::record::fixture::TIES;
use crate::record::{Finding, Stand};

const VARIANTS: &str = "\n[variant.lost]\nset = { seed = 1 }\nexpect = { violation = \"lost\" }\n\
    \n[variant.fine]\nset = { seed = 1 }\n";

fn desk(claim: &str) -> Desk {
    Desk::with(&format!("{VARIANTS}\n[shows.R24]\n{claim}\n"))
}

const HOLDS: &str = "fails = \"lost\"\nmends = \"fine\"\nmetric = \"oracle.lost.rows\"";

#[test]
fn a_claim_that_holds_is_told_with_both_figures() {
    let mut desk = desk(HOLDS);
    assert_snapshot!(desk.session("run @ties.toml --seeds 1..=3 --out @out --progress none"));
    let claims = desk.record("out").claims;
    assert_eq!(claims.len(), 3);
    assert!(claims.iter().all(|claim| claim.pass && claim.fails_value > claim.mends_value));
}

#[test]
fn a_claim_that_does_not_hold_or_that_nobody_observed_fails_the_run() {
    let swapped = HOLDS.replace("lost\"\nmends = \"fine", "fine\"\nmends = \"lost");
    let unseen = HOLDS.replace("oracle.lost.rows", "engine.retry.wait.p95") + "\nmax = \"9s\"";
    let mut told = String::new();
    for claim in [swapped, format!("{HOLDS}\nmin = 1\nfactor = 3"), unseen] {
        let mut desk = desk(&claim);
        told += &desk.session("run @ties.toml --out @out -q --progress none");
        let record = desk.record("out");
        assert_eq!(record.failing().count(), 1, "the variant that should mend it fails");
        assert!(!record.claims[0].pass);
    }
    assert_snapshot!(told);
}

#[test]
fn a_claim_that_is_not_checked_is_told_with_the_reason() {
    let mut desk = desk(HOLDS);
    let fine = "[variant.fine]\nset = { seed = 1 }";
    let other = desk.read("ties.toml").replace(fine, &fine.replace('1', "7"));
    desk.write("seeds.toml", &other);
    assert_snapshot!(desk.session(
        "run @ties.toml -q --variant fine --out @out --progress none
         run @seeds.toml -q --out @out --progress none
         sweep @ties.toml -q --axis engine.pull.chunk_rows=64,128 --out @sweep --progress none"
    ));
    assert!(desk.record("out").claims.is_empty());
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 0);
    assert_eq!(desk.record("out").claims.len(), 1);
}

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

fn asking(asks: &str) -> Desk {
    let desk = Desk::new();
    desk.write("asks.toml", &format!("{TIES}{asks}"));
    desk.write("mine.toml", TIES);
    desk
}

#[test]
fn a_question_is_answered_with_the_figures_of_both_variants() {
    let mut desk = asking(ASKS);
    assert_snapshot!(desk.session("run @asks.toml --seeds 1..=3 --out @out --progress none"));
    let answers = desk.record("out").answers;
    assert_eq!(answers.len(), 3);
    assert!(answers.iter().all(|one| one.finding == Finding::Shown && one.demanded));
}

#[test]
fn the_same_is_asked_of_a_scenario_of_ones_own() {
    let mut desk = asking(ASKS);
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
        // A mistake in the file with the questions is reported for that file.
        ASKS.replace("chunk_rows\" = 20", "streams\" = 99"),
        String::new(),
    ] {
        let mut desk = asking(&asks);
        told += &desk.session("run @asks.toml --for @mine.toml --out @out");
        assert_eq!(desk.runs(), 0);
    }
    assert_snapshot!(told);
}

#[test]
fn a_question_that_the_file_rules_out_names_the_line_that_does() {
    let asks = "
[variant.rule]
set = { \"engine.conflict.policy\" = \"server-wins\" }
[variant.people]
set = { \"engine.conflict.policy\" = \"manual\" }
[question.checklist-8]
asks = \"Do people decide?\"
without = \"rule\"
with = \"people\"
says = \"lost {lost}\"
figure.lost = { metric = \"oracle.lost.rows\", less = 2 }
";
    let mut desk = asking(asks);
    let upgrade = "[event.newer]\nat = \"+9m\"\n\
        upgrade = { adds = { entity = \"appointment\", column = \"note\", type = \"text 5\" } }\n";
    desk.write("mine.toml", &format!("{TIES}{upgrade}"));
    assert_eq!(desk.run("run @asks.toml --for @mine.toml --out @out --progress none"), 4);
    let line = TIES.lines().count() + 3;
    for said in ["`event.newer.upgrade`", &format!("mine.toml:{line}"), "\"server-wins\""] {
        assert!(desk.err.contains(said), "{said}: {}", desk.err);
    }
}
