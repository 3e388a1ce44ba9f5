//! Tests which variants of which files are read, checked and run, and what is refused before a run.

use insta::assert_snapshot;

use super::tests::Desk;
use crate::record::Verdict;
use crate::record::fixture::TIES;

/// A backend that stores nothing, and one that stores everything. The flag fits only one of them.
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
         tune @s/solo.toml --knob engine.pull.chunk_rows=4,8 --seed 1 --list
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
fn a_table_needs_no_file_and_says_which_scenario_it_has() {
    let mut desk = Desk::new();
    assert_eq!(desk.run("sweep --table architectures --out @out --progress none"), 0, "{}", desk.err);
    let record = desk.record("out");
    assert!(record.cells.iter().all(|cell| cell.scenario == "matrix" && cell.path.is_empty()));
    assert!(record.cells.len() > 20, "{}", record.cells.len());
}

#[test]
fn a_table_is_narrowed_to_values_of_an_axis() {
    let mut desk = Desk::new();
    let table = "sweep --table architectures --out @out --progress none";
    assert_eq!(desk.run(&format!("{table} --only mode=persistent --only capture=flag")), 0, "{}", desk.err);
    let cells = desk.record("out").cells;
    assert!(cells.iter().all(|cell| cell.axes["gateway.mode"] == "persistent"), "of one mode");
    assert_eq!(cells.len(), 4, "kinds of backends that a flag suits");
    assert_snapshot!(desk.session(&format!(
        "{table} --only mood=ota
         {table} --only mode=otta
         {table} --only mode
         sweep --axis engine.pull.chunk_rows=5,10 --only mode=ota"
    )));
}

#[test]
fn what_one_value_of_an_axis_sets_is_as_the_file_says_with_others() {
    let mut desk = Desk::new();
    let table = "
        [table]
        axis = [{ title = \"day\", values = [\"own\", \"short\"], set.short.duration = \"3m\" }]
        column = [{ title = \"requests\", figure = \"engine.requests.count\" }]\n";
    desk.write("ties.toml", &format!("{TIES}{table}"));
    desk.write("plain.toml", TIES);
    assert_eq!(desk.run("sweep @ties.toml --out @out --progress none"), 0, "{}", desk.err);
    assert_eq!(desk.run("run @plain.toml --out @plain --progress none"), 0, "{}", desk.err);
    let resolved = |of: &str| desk.record(of).cells.into_iter().map(|cell| cell.resolved).collect::<Vec<_>>();
    let [own, short] = &resolved("out")[..] else { panic!("two settings") };
    assert!(short != own && resolved("plain") == [own.clone()], "{short} {own}");
}

#[test]
fn what_settings_of_a_table_lose_is_an_answer_and_no_failure() {
    let mut desk = Desk::new();
    desk.write("ties.toml", &format!("{TIES}\n[variant.lost]\n"));
    assert_eq!(
        desk.run("sweep @ties.toml --table architectures --variant lost --out @out --progress none"),
        0,
        "{}",
        desk.err
    );
    let record = desk.record("out");
    assert_eq!((record.exit_code, record.verdict), (0, Verdict::Pass));
    assert!(record.failing().count() > 20, "each setting tells what it lost");
    let junit = desk.read("out/junit.xml");
    assert!(junit.contains("failures=\"0\" errors=\"0\"") && !junit.contains("<failure"), "{junit}");
    // With `--fail-fast` the run fails at the first one.
    let first =
        "sweep @ties.toml --table architectures --variant lost --out @first --progress none --fail-fast -j 1";
    assert_eq!(desk.run(first), 11, "{}", desk.err);
    let record = desk.record("first");
    assert_eq!((record.exit_code, record.verdict), (11, Verdict::Fail));
    assert!(desk.read("first/junit.xml").contains("<failure"));
}

#[test]
fn a_table_is_of_one_variant_or_of_the_file_without_any() {
    let mut desk = Desk::new();
    desk.write("ties.toml", &format!("{TIES}\n[variant.a]\n[variant.b]\nset = {{ seed = 7 }}\n"));
    let mut cells = |more: &str, variant: Option<&str>| {
        let none = "--set entity.*.deleted_daily=0 --progress none";
        let command = format!("sweep @ties.toml --table architectures --out @out {none}{more}");
        assert_eq!(desk.run(&command), 0, "{}", desk.err);
        let record = desk.record("out");
        assert!(record.cells.iter().all(|cell| cell.variant.as_deref() == variant));
        assert!(desk.out.contains("  –  ") && desk.out.contains("no deletes"), "{}", desk.out);
        record.cells.len()
    };
    assert_eq!(cells("", None), cells(" --variant b", Some("b")), "each setting once");
    assert_eq!(desk.run("sweep @ties.toml --table architectures --variant a --variant b"), 2);
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

const SET: &str = "
[variant.plain]
[variant.kept]
set = { \"gateway.mode\" = \"persistent\", \"engine.pull\" = { chunk_rows = 7 } }
expect = { \"oracle.lost.rows\" = 0 }
";

fn desk() -> Desk {
    let desk = Desk::with("");
    desk.write("set.toml", &format!("{TIES}{SET}"));
    let half = "[event.x]\nat = \"+1m\"\n[variant.x]\nset = { \"event.x.outage\" = { for = \"1m\" } }\n";
    desk.write("half.toml", &format!("{TIES}\n{half}"));
    desk.write("more/ties.toml", TIES);
    desk.write("more/other.toml", &TIES.replace("\"ties\"", "\"other\""));
    let fleets = "[fleet.trucks]\ndevices = 2\n\n[fleet.phones]";
    desk.write("fleets.toml", &TIES.replace("[fleet.phones]", fleets));
    desk.write("empty/readme.md", "no scenario");
    desk.write("file", "in the way");
    desk.write("marked.toml", "\u{feff}nam = \"x\"\n");
    std::fs::write(desk.path("latin.toml"), b"name = \"x\"\nabout = \"caf\xe9\"\n").unwrap();
    desk.write("few.csv", "start,rows,bytes,duration_ms,outcome\n0,500,45000,400,ok\n");
    desk.write("bad/bad.toml", "name = 5\n");
    desk.write("bad/fine.toml", TIES);
    desk
}

#[test]
fn what_is_not_there_is_usage_and_what_selects_nothing_is_4() {
    let mut desk = desk();
    assert_snapshot!(desk.session(
        "run @gone.toml
         run @empty
         run @set.toml --variant strict
         run @set.toml --variant plain --variant plian
         check @set.toml --variant plain --variant plian
         plan @set.toml --variant plain --variant plian
         sweep --axis engine.pull.chunk_rows=1,2 @set.toml --variant plain --variant plian
         run --seeds 5..=1
         run --seed 1 --seeds 1..=2
         run @ties.toml --seed 9223372036854775808
         run @ties.toml --seeds 9223372036854775807..=9223372036854775808
         run --set nonsense
         run -j 0
         run --time-limit soon
         run @ties.toml --out @file --progress none
         run --for @ --out @out
         frobnicate
         replay @empty#c
         replay @gone.toml
         profiles show carrier-pigeon
         profiles show lte-god
         profiles show lte
         sweep @set.toml --table architectures --variant plain --variant kept
         sweep @half.toml --table architectures
         sweep --table archs
         sweep --table @ties.toml
         sweep @ties.toml --axis drain=1h --format md
         new @...
         new @.toml
         new @---
         compare @out @out --tolerance=1
         compare @out @out --tolerance=-1%
         compare @out @out --tolerance=NaN%
         compare @out @out --tolerance=much"
    ));
    assert_eq!((desk.runs(), desk.run(&format!("new @{}", "x".repeat(81)))), (0, 2));
    assert_eq!(desk.run(&format!("new @{}", "x".repeat(80))), 0, "{}", desk.err);
}

#[test]
fn files_with_mistakes_are_shown_with_the_place() {
    let mut desk = desk();
    assert_snapshot!(desk.session(
        "check @bad @ties.toml
         check @marked.toml
         check @latin.toml
         check @ties.toml --set engine.pul.chunk_rows=5
         check @ties.toml --set engine.name=acme
         check @ties.toml --set name=other
         calibrate @few.csv -o @made.toml"
    ));
    assert_eq!(desk.runs(), 0);
}

#[test]
fn a_grid_that_cannot_be_run_is_refused() {
    let mut desk = desk();
    assert_snapshot!(desk.session(
        "sweep @ties.toml
         sweep @ties.toml --axis engine.pull.chunk_rows=1..=1000000000
         run @set.toml --seeds 1..=50001
         check @set.toml --seeds 1..=100001
         sweep @ties.toml --axis engine.pull.chunk_row=1,2
         sweep @ties.toml --axis fleet.phones.link=edge,lte-god
         sweep @ties.toml --axis engine.pull.chunk_rows=1..5
         sweep @ties.toml --axis seed=1..=3 --seeds 1..=2
         sweep @ties.toml --axis drain=1h --axis drain=2h
         sweep @ties.toml --axis drain=1h --against drain=2h
         sweep @ties.toml --axis drain=1h,2h,60m
         sweep @ties.toml --axis drain=1h --metric engine.row.rate
         sweep @more --axis drain=1h,2h
         sweep @set.toml --axis gateway.mode=ota,persistent
         sweep @set.toml --axis engine.pull.chunk_rows=1..8*2
         sweep @set.toml --axis engine.pull={},{prefetch=1}
         sweep @ties.toml --axis engine.pull.chunk_rows=5,10 --axis engine.pull={prefetch=1},{chunk_rows=3}
         sweep @fleets.toml --axis fleet.*.link=geo --axis fleet.trucks.link=edge,lte-good"
    ));
    assert_eq!(desk.runs(), 0);
    let allowed = "sweep @set.toml --variant plain --axis engine.pull.chunk_rows=1..8*2 --seeds 1..=2";
    assert_eq!(desk.run(&format!("{allowed} --progress none --out @out")), 0, "{}", desk.err);
}

#[test]
fn a_search_that_cannot_be_made_is_refused_at_the_option_that_asks() {
    let mut desk = desk();
    assert_snapshot!(desk.session(
        "tune @ties.toml --knob engine.pull.chunk_rows=1..=1000000000
         tune @ties.toml --fleet 1..=1000000000
         tune @ties.toml --knob engine.pull.chunk_row=16..32
         tune @ties.toml --knob engine.pull.chunk_rows=0..32
         tune @ties.toml --knob engine.pull.chunk_rows --knob engine.pull.chunk_rows=1..2
         tune @ties.toml --knob fleet.phones.devices=1..9 --fleet 1,2
         tune @ties.toml --knob seed=1..5
         tune @ties.toml --knob seed=1,2,3 --knob engine.pull.chunk_rows=16..32
         tune @ties.toml --knob engine.pull.chunk_rows=4..8 --axis engine.pull={chunk_rows=3}
         tune @ties.toml --link nowhere
         tune @ties.toml --class edge
         tune @ties.toml --fleet 1,0
         tune @ties.toml --axis engine.pull.apply_row=1,2
         tune @ties.toml --metric engine.rows.speed
         tune @ties.toml --metric engine.pull.rows
         tune @ties.toml --limit speed=1
         tune @ties.toml @more/other.toml
         tune @set.toml
         tune @fleets.toml --fleet 1,2
         tune @ties.toml --fleet 1,1
         tune @gone.toml
         tune @ties.toml --resume @gone
         tune @ties.toml --resume @out --out @out"
    ));
    assert_eq!(desk.runs(), 0);
}
