//! A plan has one outcome: in one process, on two threads, after any run. Another plan has another.

use std::thread;

use syncdyno::metrics::Figure;
use syncdyno::scenario::Plan;
use syncdyno::world::{self, Outcome, Stacks, Unwatched};

use crate::worlds::{self, run};

const HOUR: &str = "scenarios/hospital-hour.toml";

/// The hospital hour, half as long.
fn hour(sets: &[&str]) -> Plan {
    worlds::plan(HOUR, &[&["duration=50m"], sets].concat())
}

/// Compares everything in two outcomes, and names the first difference.
fn same(a: &Outcome, b: &Outcome) {
    assert_eq!(a.faults, b.faults, "what goes wrong is drawn before the world begins");
    assert_eq!((a.events, &a.ending, a.ended_at), (b.events, &b.ending, b.ended_at));
    for (name, figure) in &a.figures {
        assert_eq!(Some(figure), b.figures.get(name), "{name}");
    }
    assert_eq!(a.violations, b.violations);
    assert_eq!((&a.digest, &a.content), (&b.digest, &b.content));
}

#[test]
fn determinism_holds_one_after_the_other_and_on_two_threads_at_once() {
    let plan = hour(&[]);
    let first = run(&plan);
    thread::scope(|scope| {
        let others = [scope.spawn(|| run(&plan)), scope.spawn(|| run(&plan))];
        for other in others {
            same(&first, &other.join().expect("the world runs to its end"));
        }
    });
}

/// Figures that the oracle does not count.
fn without_the_oracle(outcome: &Outcome) -> Vec<(&String, &Figure)> {
    let of_edits = ["oracle.", "engine.never_safe.", "engine.write_visible."];
    let by_oracle =
        |name: &str| of_edits.iter().any(|of| name.starts_with(of)) || name == "engine.conflicts.miscounted";
    outcome.figures.iter().filter(|(name, _)| !by_oracle(name)).collect()
}

#[test]
fn determinism_does_not_depend_on_who_judges() {
    let plan = hour(&[]);
    let judged = run(&plan);
    let unjudged = world::run_unjudged(&plan, &Stacks::builtin(), &Unwatched);
    let unjudged = unjudged.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((judged.events, judged.ended_at), (unjudged.events, unjudged.ended_at));
    assert_eq!(without_the_oracle(&judged), without_the_oracle(&unjudged));
    assert!(unjudged.violations.is_empty());
}

#[test]
fn determinism_is_not_sameness_of_everything() {
    let digests = [&[][..], &["seed=2"], &["engine.pull.chunk_rows=499"], &["entity.patient.rows=201"]]
        .map(|sets| run(&hour(sets)).digest);
    for (index, digest) in digests.iter().enumerate() {
        assert!(!digests[..index].contains(digest), "{digests:?}");
    }
}

#[test]
fn determinism_holds_while_controllers_choose_the_chunks() {
    let sets =
        ["engine.pull.controller=model", "engine.push.controller=aimd", "engine.push.control={min_rows=1}"];
    let plan = hour(&sets);
    let first = run(&plan);
    assert_ne!(first.digest, run(&hour(&[])).digest, "their choices are told");
    thread::scope(|scope| {
        same(&first, &scope.spawn(|| run(&plan)).join().expect("the world runs to its end"))
    });
}
