//! The bench with a stack that is not its own: `examples/tiny-stack`, which sees the contract
//! alone.

#[path = "../../examples/tiny-stack/stack/mod.rs"]
mod stack;

use std::fs;
use std::path::Path;

use syncdyno::base::DeviceId;
use syncdyno::contract::{RecordPort, ServerError, Stack, SyncServer};
use syncdyno::report::{self, Verdict};
use syncdyno::scenario::{Plan, Request};
use syncdyno::world::{self, Ending, Outcome, Stacks, Unwatched};

use crate::worlds;

const CALM: &str = "examples/tiny-stack/calm.toml";
const CONTENDED: &str = "examples/tiny-stack/contended.toml";

fn planned(stack: Stack, path: &str, sets: &[&str]) -> Result<Plan, String> {
    let sets = sets.iter().map(|set| (*set).to_owned()).collect();
    let request = Request { sets, ..Request::default() };
    let stacks = Stacks::builtin().with(stack);
    worlds::plans_with(&stacks, &worlds::document(path), &request).map(|mut plans| plans.remove(0))
}

fn run(stack: Stack, path: &str, sets: &[&str]) -> (Plan, Outcome) {
    let plan = planned(stack, path, sets).unwrap_or_else(|why| panic!("{why}"));
    let outcome = world::run(&plan, &Stacks::builtin().with(stack), &Unwatched);
    (plan, outcome.unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn a_stack_of_ones_own_passes_where_nobody_contends() {
    let (plan, outcome) = run(stack::STACK, CALM, &[]);
    let judged = report::judge(&plan, "calm", &outcome);
    assert_eq!((judged.cell.verdict, judged.cell.reasons), (Verdict::Pass, Vec::new()));
    let again = run(stack::STACK, CALM, &[]).1;
    assert_eq!(outcome.digest, again.digest, "its world is as deterministic as ours");
}

#[test]
fn edits_that_a_stack_forgets_are_found() {
    let (plan, outcome) = run(stack::STACK, CONTENDED, &[]);
    assert!(outcome.violations.iter().all(|v| v.check == "lost-edit"), "{:?}", outcome.violations);
    let judged = report::judge(&plan, "contended", &outcome);
    assert_eq!((judged.cell.verdict, judged.cell.reasons), (Verdict::Pass, Vec::new()), "it expects that");
    assert!(worlds::value(&outcome, "oracle.lost_edit.count") > 0);
}

#[test]
fn what_a_stack_does_not_do_is_neither_passed_nor_failed() {
    let (plan, outcome) = run(stack::STACK, CONTENDED, &["expect.\"oracle.silent_discard.count\"=0"]);
    assert_eq!(outcome.not_applicable, ["silent-discard"]);
    assert!(!outcome.figures.contains_key("oracle.silent_discard.count"), "no look is not a zero");
    let judged = report::judge(&plan, "contended", &outcome);
    assert_eq!(judged.cell.verdict, Verdict::Fail, "what cannot be told is not as expected");
    let record = report::assemble("reports/tiny", &[plan], vec![judged], &[]);
    let told = report::notes(&record, report::Paint(false));
    assert!(told.contains("1 check not applicable") && told.contains(": silent-discard"), "{told}");
}

#[test]
fn what_a_stack_does_not_know_is_refused_with_its_place() {
    let said = |sets: &[&str]| planned(stack::STACK, CALM, sets).expect_err("this is wrong");
    let unknown = said(&["engine.options.timeot=\"30s\""]);
    assert!(unknown.contains("the stack `tiny` has no option `timeot`"), "{unknown}");
    assert!(unknown.contains("did you mean `timeout`?"), "{unknown}");
    let wrong = said(&["engine.options.timeout=\"1ms\""]);
    assert!(wrong.contains("it takes a length of time from 1s to 10m"), "{wrong}");
    let ours = said(&["engine.pull.chunk_rows=5"]);
    assert!(ours.contains("the stack `tiny` does not know `engine.pull`"), "{ours}");
    let gateway = said(&["gateway.mode=\"ota\""]);
    assert!(gateway.contains("the stack `tiny` does not know `gateway.mode`"), "{gateway}");
    let point = said(&["event.k={ at = \"+1m\", kill = { point = \"pull.answer-received\" } }"]);
    assert!(point.contains("there is no crash point `pull.answer-received`"), "{point}");
}

#[test]
fn a_stack_that_nothing_answers_is_refused() {
    let half = Stack { server: None, ..stack::STACK };
    let said = planned(half, CALM, &[]).expect_err("nothing answers");
    assert!(said.contains("the stack `tiny` has no server half") && said.contains("calm.toml:"), "{said}");
}

/// Answers with what is no message.
struct Garbage;

impl SyncServer for Garbage {
    fn serve(&mut self, _: DeviceId, request: &[u8], _: &mut RecordPort) -> Result<Vec<u8>, ServerError> {
        Ok(request.iter().rev().copied().collect())
    }
    fn refuse(&self, _: &ServerError) -> Vec<u8> {
        Vec::new()
    }
}

#[test]
fn a_server_that_sends_garbage_ends_stuck_in_its_own_words() {
    let garbage = Stack { server: Some(|_, _| Box::new(Garbage)), ..stack::STACK };
    let (plan, outcome) = run(garbage, CALM, &["drain=\"5m\""]);
    assert!(matches!(outcome.ending, Ending::Stuck(_)), "{:?}", outcome.ending);
    let judged = report::judge(&plan, "garbage", &outcome);
    assert_eq!(judged.cell.verdict, Verdict::Fail);
    assert!(judged.cell.reasons.iter().any(|reason| reason.text.starts_with("stuck: ")));
}

#[test]
fn the_code_in_the_readme_is_that_of_the_example() {
    let read = |path: &str| {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("the file is there")
    };
    let readme = read("README.md");
    let section = readme.split("## Bring your own engine").nth(1).expect("there is the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let example = read("examples/tiny-stack/main.rs") + &read("examples/tiny-stack/stack/mod.rs");
    let blocks: Vec<&str> = section.split("```rust,ignore\n").skip(1).collect();
    assert_eq!(blocks.len(), 2, "the stack and the main");
    for block in blocks {
        let code = block.split("```").next().unwrap_or_default();
        assert!(example.contains(code), "the example does not have:\n{code}");
    }
}
