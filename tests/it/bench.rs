//! The bench as a test calls it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use syncdyno::{Bench, BenchError, Report};

use crate::tiny_stack::{CALM, CONTENDED, stack};

fn contended() -> Report {
    let bench = Bench::new(stack::tiny()).scenario(CONTENDED).seeds(3..=4);
    bench.set(r#"expect."oracle.lost_edit.count""#, 0).run()
}

fn panic_of(run: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("it does not pass");
    panic.downcast_ref::<String>().expect("it has a text").clone()
}

#[test]
fn nothing_is_lost_under_kills() {
    let bench = Bench::new(stack::tiny()).scenario("examples/tiny-stack/calm.toml").seeds(1..=3);
    let report = bench.set("fleet.phones.link", "3g-poor").chaos("kill_mtbf", "10m").run();
    report.assert_ok();
    assert!(report.figure("engine.down.bytes").value() < 20_000_000, "of each seed");
}

#[test]
fn a_test_repeats_a_brought_stack_to_the_digest() {
    let run = |threads| Bench::new(stack::tiny()).scenario(CALM).seeds(1..=3).threads(threads).run();
    let (report, again) = (run(1), run(2));
    report.assert_ok();
    assert!(report.passed() && report.failing_seed().is_none() && report.replay().is_none());
    assert_eq!(report.digest(), again.digest());
    assert_ne!(report.digest(), Bench::new(stack::tiny()).scenario(CALM).seeds(2..=4).run().digest());
    let kills = report.figure("device.kills.count");
    assert_eq!(kills.each("value").len(), 3);
    assert!(kills.value() >= 5, "the largest of three");
}

#[test]
fn a_test_that_fails_names_the_seed_that_repeats_it() {
    let report = contended();
    assert_eq!((report.passed(), report.failing_seed()), (false, Some(3)));
    assert!(report.violations().all(|found| found.check == "lost-edit" && (3..=4).contains(&found.seed)));
    assert!(report.violations().count() > 0);
    let again = "SYNCDYNO_SEED=3 cargo test -- bench::a_test_that_fails_names_the_seed_that_repeats_it";
    assert_eq!(report.replay().as_deref(), Some(again));
    let told = panic_of(|| report.assert_ok());
    assert!(told.contains(again) && told.contains("lost-edit"), "{told}");
    assert!(!told.contains("syncdyno replay"), "there is no report to look into: {told}");
}

#[test]
fn a_figure_that_nobody_has_is_refused_by_name() {
    let report = Bench::new(stack::tiny()).scenario(CALM).run();
    assert!(report.try_figure("engine.down.byte").is_none());
    let told = panic_of(|| drop(report.figure("engine.down.byte")));
    assert!(told.contains("engine.down.bytes"), "{told}");
}

#[test]
fn a_mistake_in_a_scenario_of_a_test_has_its_line() {
    let wrong = Bench::builtin().scenario("name = \"x\"\nduratoin = \"1h\"\n").try_run();
    let told = wrong.expect_err("there is no such key").to_string();
    assert!(told.contains("scenario:2:1") && told.contains("duration"), "{told}");
    let missing = Bench::builtin().scenario("no/such/file.toml").try_run();
    assert!(matches!(missing, Err(BenchError::Unreadable { path, .. }) if path == "no/such/file.toml"));
}
