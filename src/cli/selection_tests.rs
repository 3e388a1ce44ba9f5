//! Which variants of which files are read, checked and run.

use insta::assert_snapshot;

use super::tests::Desk;
use crate::record::Verdict;
use crate::record::fixture::TIES;

/// A backend that keeps nothing beside one that keeps all: a flag suits only one of them.
const BACKENDS: &str = "\n[variant.bare]\nset = { \"backend.provisioning\" = \"none\", \"gateway.serve.capture\" = { hash = {} } }\n[variant.rich]\n";
const FLAG: &str = "--set gateway.serve.capture={flag={}}";

#[test]
fn a_setting_that_suits_the_variant_that_runs_is_not_held_against_the_others() {
    let run = "run @ties.toml -q --out @out --progress none";
    assert_snapshot!(Desk::with(BACKENDS).session(&format!(
        "{run} --variant rich {FLAG}
         {run} {FLAG}
         {run} --variant rich --variant bare {FLAG}"
    )));
}

#[test]
fn a_file_without_the_variant_is_left_out_and_one_that_has_it_runs() {
    let mut desk = Desk::new();
    desk.write("s/a.toml", &format!("{TIES}{BACKENDS}"));
    desk.write("s/b.toml", &format!("{TIES}\n[backend]\nprovisioning = \"none\"\n"));
    assert_snapshot!(desk.session("run @s --list --variant rich\nrun @s --variant poor"));
}

#[test]
fn a_filter_narrows_what_runs_and_a_list_runs_nothing() {
    let mut desk = Desk::new();
    desk.write("s/ties.toml", &format!("{TIES}{BACKENDS}"));
    desk.write("s/solo.toml", &TIES.replacen("name = \"ties\"", "name = \"solo\"", 1));
    assert_snapshot!(desk.session(
        "run @s --list --seeds 1..=2
         run @s --list --seeds 1..=2 --partition slice:2/2
         run @s --list --filter solo --filter *.rich
         sweep @s --axis engine.pull.chunk_rows=5,10 --filter solo --list --seed 1
         check @s --filter solo
         run @s --filter ries"
    ));
    assert_eq!(desk.runs(), 0);
    assert_eq!(desk.run("run @s --filter solo --out @out --progress none"), 0, "{}", desk.err);
    assert_eq!(desk.record("out").cells.len(), 1);
}

#[test]
fn a_scenario_that_is_gone_fails_where_all_of_the_baseline_is_asked_for() {
    let mut desk = Desk::new();
    desk.write("s/ties.toml", TIES);
    desk.write("s/solo.toml", &TIES.replacen("name = \"ties\"", "name = \"solo\"", 1));
    assert_eq!(desk.run("run @s --out @first --progress none"), 0, "{}", desk.err);
    let kept = crate::record::Baseline::of(&desk.record("first"), Vec::new()).unwrap().to_json();
    desk.write("main.json", &kept);
    std::fs::remove_file(desk.path("s/solo.toml")).unwrap();
    let held = "run @s -q --baseline @main.json --out @out --progress none";
    assert_snapshot!(desk.session(&format!(
        "{held}
         {held} --require-all --filter ties
         {held} --require-all --format github
         baseline update @main.json @out --prune --reason gone
         {held} --require-all"
    )));
}

#[cfg(unix)]
#[test]
fn a_link_in_a_folder_that_leads_nowhere_is_told() {
    let mut desk = Desk::new();
    desk.write("s/a.toml", TIES);
    std::os::unix::fs::symlink("gone.toml", desk.path("s/b.toml")).unwrap();
    assert_snapshot!(desk.session("check @s"));
}

#[test]
fn a_matrix_needs_no_file_and_says_which_scenario_it_has() {
    let mut desk = Desk::new();
    assert_eq!(desk.run("matrix --out @out --progress none"), 0, "{}", desk.err);
    let record = desk.record("out");
    assert!(record.cells.iter().all(|cell| cell.scenario == "matrix" && cell.path.is_empty()));
    assert!(record.cells.len() > 20, "{}", record.cells.len());
}

#[test]
fn what_settings_of_a_matrix_lose_is_no_failure_in_its_exit_code_its_record_or_its_junit() {
    let mut desk = Desk::new();
    desk.write("ties.toml", &format!("{TIES}\n[variant.lost]\n"));
    assert_eq!(desk.run("matrix @ties.toml --variant lost --out @out --progress none"), 0, "{}", desk.err);
    let record = desk.record("out");
    assert_eq!((record.exit_code, record.verdict), (0, Verdict::Pass));
    assert!(record.failing().count() > 20, "each setting tells what it lost");
    let junit = desk.read("out/junit.xml");
    assert!(junit.contains("failures=\"0\" errors=\"0\"") && !junit.contains("<failure"), "{junit}");
    // Who wants it to stop at the first of them has it fail by that.
    let first = "matrix @ties.toml --variant lost --out @first --progress none --fail-fast -j 1";
    assert_eq!(desk.run(first), 11, "{}", desk.err);
    let record = desk.record("first");
    assert_eq!((record.exit_code, record.verdict), (11, Verdict::Fail));
    assert!(desk.read("first/junit.xml").contains("<failure"));
}

#[test]
fn a_matrix_is_of_one_variant_or_of_the_file_without_any() {
    let mut desk = Desk::new();
    desk.write("ties.toml", &format!("{TIES}\n[variant.a]\n[variant.b]\nset = {{ seed = 7 }}\n"));
    let mut cells = |more: &str, variant: Option<&str>| {
        let command = format!("matrix @ties.toml --out @out --progress none{more}");
        assert_eq!(desk.run(&command), 0, "{}", desk.err);
        let record = desk.record("out");
        assert!(record.cells.iter().all(|cell| cell.variant.as_deref() == variant));
        record.cells.len()
    };
    assert_eq!(cells("", None), cells(" --variant b", Some("b")), "each setting once");
    assert_eq!(desk.run("matrix @ties.toml --variant a --variant b"), 2);
}

#[test]
fn a_setting_in_the_place_of_what_a_variant_sets_is_warned_of_once() {
    let mut desk = Desk::new();
    let set =
        |rows: u32, more: &str| format!("set = {{ \"engine.pull\" = {{ chunk_rows = {rows}{more} }} }}\n");
    let ties = |more| format!("{TIES}\n[variant.seven]\n{}[variant.nine]\n{}", set(7, ""), set(9, more));
    let end = "--out @out --progress none -q";
    desk.write("ties.toml", &ties(""));
    let alike = desk.session(&format!("sweep @ties.toml --axis engine.pull.chunk_rows=1,5 {end}"));
    desk.write("ties.toml", &ties(", apply_rows = 3"));
    assert_snapshot!(
        alike
            + &desk.session(&format!(
                "run @ties.toml --set engine.pull.chunk_rows=5 {end}
         sweep @ties.toml --axis engine.pull.chunk_rows=1,5 {end}
         run @ties.toml --set engine.pull.prefetch=1 {end}"
            ))
    );
}

#[test]
fn what_lies_in_reports_is_no_scenario_of_a_folder() {
    let mut desk = Desk::new();
    desk.write("s/ties.toml", &format!("{TIES}\n[variant.lost]\n"));
    for _ in 0..2 {
        assert_eq!(desk.run("run @s --out @s/reports/first --progress none"), 11);
        assert!(desk.path("s/reports/first/repro/ties.lost.s1.toml").exists());
        assert_eq!(desk.record("s/reports/first").cells.len(), 1);
    }
    assert_eq!(desk.run("check @s/reports/first/repro"), 0, "{}", desk.err);
}
