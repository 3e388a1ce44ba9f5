//! Hunts and shrinks planted bugs: what is left is small, fails in the same way, and is the same on
//! one thread and on two.

use std::path::Path;

use syncdyno::base::Span;
use syncdyno::campaign::hunt::{Game, Hunted, Length, hunt};
use syncdyno::campaign::shrink::{About, Goal, Means, Script, Shrunk, about, found, shrink};
use syncdyno::campaign::{InProcess, Signals};
use syncdyno::scenario::{Document, Request};
use syncdyno::world::Stacks;

use crate::worlds;

const NOTES: &str = "tests/it/worlds/notes.toml";

/// Does something with the means to run candidates on this many threads.
fn with<T>(jobs: usize, what: impl FnOnce(Means<'_>) -> T) -> T {
    let runner = InProcess(Stacks::builtin());
    let signals = Signals::default();
    what(Means { runner: &runner, signals: &signals, jobs, budget: Span::secs(120), runs: 400 })
}

/// Two small generations around the notes with this setting.
fn hunted(set: &str, jobs: usize) -> Hunted {
    let document = worlds::document(NOTES);
    let sets = vec![set.to_owned()];
    let game = Game { document: &document, variant: None, sets, seed: 1 };
    let length = Length { size: 8, generations: 2, time: None };
    with(jobs, |means| hunt(&game, means, length, &mut |_| true))
}

fn shrunk(sets: &[String], seed: u64, goal: &Goal, jobs: usize) -> Shrunk {
    let table = worlds::document(NOTES).written_cell(None, sets).expect("the keys are there");
    let script = Script::of(table, seed);
    with(jobs, |means| shrink(&script, Path::new(NOTES), goal, means)).expect("it fails")
}

#[test]
fn a_planted_bug_is_hunted_and_made_small() {
    let hunted = hunted("engine.name=broken:drops-after-timeout", 2);
    let failure = hunted.failures.iter().find(|failure| failure.goal.check == "lost-edit");
    let failure = failure.unwrap_or_else(|| panic!("{:?}", hunted.failures));
    let [one, two] = [1, 2].map(|jobs| shrunk(&failure.sets, failure.seed, &failure.goal, jobs));
    assert_eq!(one.script, two.script, "nothing depends on threads");
    assert_eq!(one.runs, two.runs);
    let file = found(&one, &About::default());
    assert!(file.lines <= 25, "{}", file.text);
    let document = Document::parse("found.toml", &file.text).expect("it is TOML");
    let plans = worlds::plans(&document, &Request::default());
    let outcome = worlds::run(&plans[0]);
    assert!(outcome.violations.iter().any(|v| v.check == "lost-edit"), "{}", file.text);
}

#[test]
fn a_small_failure_names_the_setting_that_helps() {
    let hunted = hunted("engine.push.capture=dirty-flags", 2);
    let failure = hunted.failures.iter().find(|failure| failure.goal.check == "lost-edit");
    let failure = failure.unwrap_or_else(|| panic!("{:?}", hunted.failures));
    let small = shrunk(&failure.sets, failure.seed, &failure.goal, 2);
    let about = with(2, |means| about(&small, Path::new(NOTES), "notes.toml", means));
    assert_eq!(about.mends, ["engine.push.capture=outbox"]);
    let file = found(&small, &about);
    assert!(file.text.contains("# Tried: with `engine.push.capture=outbox`"), "{}", file.text);
}

#[test]
fn a_hunt_is_the_same_on_one_thread_and_on_two() {
    let found = |jobs| {
        let hunted = hunted("engine.name=broken:silence-is-consent", jobs);
        let first = |failure: &syncdyno::campaign::hunt::Failure| (failure.goal.clone(), failure.candidates);
        let failures: Vec<(Goal, u64)> = hunted.failures.iter().map(first).collect();
        (failures, hunted.features, hunted.kept)
    };
    let one = found(1);
    assert_eq!(one, found(2));
    assert!(one.1 > 100, "it reaches something: {}", one.1);
}
