//! What is said of runs that end badly or are cut off, and of several files at once.

use std::fs;
use std::sync::atomic::Ordering;

use super::tests::Desk;
use crate::record::fixture::TIES;

fn desk(variants: &str) -> Desk {
    let variant = |name: &str| format!("\n[variant.{name}]\nset = {{ seed = 1 }}\n");
    Desk::with(&variants.split_whitespace().map(variant).collect::<String>())
}

#[test]
fn the_command_that_a_replayed_file_names_replays_that_file() {
    let mut desk = desk("lost");
    desk.run("run @ties.toml --out @out --progress none");
    let repro = desk.path("out/repro/ties.lost.s1.toml").display().to_string();
    // Without its variant the fake loses nothing: the file says again what it is.
    let text = fs::read_to_string(&repro).unwrap();
    fs::write(&repro, format!("{text}\n[variant.lost]\n")).unwrap();
    for how in ["", " -q"] {
        assert_eq!(desk.run(&format!("replay {repro}{how}")), 11, "{}{}", desk.out, desk.err);
        assert!(!desk.out.contains('#'), "{}", desk.out);
        let command = format!("syncdyno replay {repro}");
        assert!(how.is_empty() || desk.out.lines().any(|line| line == command), "{}", desk.out);
    }
}

#[test]
fn an_interrupted_run_counts_the_same_cells_everywhere_and_offers_no_more_than_it_kept() {
    let mut told = String::new();
    for (terminates, seeds) in [(false, "--seeds 1..=3"), (true, "--seeds 1..=3"), (false, "--seed 1")] {
        let mut desk = desk("");
        let signals = desk.surroundings.signals.clone();
        let flag = if terminates { &signals.terminate } else { &signals.interrupt };
        flag.store(true, Ordering::Relaxed);
        told += &desk.session(&format!("run @ties.toml {seeds} --out @out"));
    }
    let mut desk = desk("endless fine");
    told += &desk.session("run @ties.toml -j 1 --time-limit 1s --out @out");
    desk.fake.interrupts_after(2, &desk.surroundings.signals.clone());
    told += &desk.session("run @ties.toml --variant fine --seeds 1..=9 -j 1 --out @out -q");
    insta::assert_snapshot!(told);
}

#[test]
fn a_check_tells_of_edits_that_find_no_row_once_for_all_seeds() {
    let mut desk = desk("fine");
    let action = "\n[action.sign]\nentity = \"appointment\"\nkind = \"update\"\ncolumns = [\"status\"]\nper_device = 1\n";
    desk.write("edits.toml", &format!("{TIES}{action}"));
    // The second script takes long, and in the third nobody edits.
    insta::assert_snapshot!(desk.session(
        "check @edits.toml --seeds 1..=3
         check @edits.toml --set entity.appointment.rows=500001
         check @edits.toml --set action.sign.per_device=0"
    ));
}

#[test]
fn a_report_that_could_not_be_written_is_not_named() {
    let mut desk = desk("lost");
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 11, "{}", desk.err);
    fs::remove_file(desk.path("out/repro/ties.lost.s1.toml")).unwrap();
    desk.write("out/repro/ties.lost.s1.toml/in-the-way", "");
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 20, "{}", desk.err);
    assert!(!desk.out.contains("\nreport: "), "{}", desk.out);
    assert!(!desk.path("out/repro/ties.lost.s1.part").exists());
}

#[test]
fn a_cell_that_was_cut_off_is_replayed_without_a_digest_to_hold_it_against() {
    let mut desk = desk("endless");
    assert_eq!(desk.run("run @ties.toml --time-limit 100ms --out @out --progress none"), 124, "{}", desk.err);
    let id = desk.record("out").cells[0].id.clone();
    // Replayed as another variant, the fake comes to its end.
    let mut record = desk.record("out");
    record.cells[0].variant = Some("fine".to_owned());
    desk.write("out/run.json", &record.to_json());
    assert_eq!(desk.run(&format!("replay @out#{id}")), 0, "{}{}", desk.out, desk.err);
}

#[test]
fn a_replay_of_another_build_that_differs_is_not_comparable() {
    let mut desk = desk("moody");
    assert_eq!(desk.run("run @ties.toml --out @out --progress none"), 0);
    let mut record = desk.record("out");
    record.build.source = "feed".to_owned();
    desk.write("out/run.json", &record.to_json());
    assert_eq!(desk.run("replay @out"), 14, "{}", desk.out);
}
