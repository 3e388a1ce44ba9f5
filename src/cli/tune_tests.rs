//! Tests of `tune` and `--resume` with a fake runner.

use std::fs;
use std::sync::atomic::Ordering;

use super::tests::Desk;
use crate::record::TuneRecord;
use crate::record::fixture::TIES;

const TUNE: &str = "tune @ties.toml --metric engine.session.duration --progress none --out @out";

fn desk() -> Desk {
    Desk::with("")
}

#[test]
fn a_search_leaves_a_report_whose_cells_have_axes_and_whose_record_has_the_answer() {
    let mut desk = desk();
    assert_eq!(desk.run(&format!("{TUNE} --link edge,lte-good --format json")), 0, "{}", desk.err);
    let tune: TuneRecord = serde_json::from_str(&desk.out).unwrap();
    let record = desk.record("out");
    assert_eq!(record.tune.as_ref(), Some(&tune));
    assert_eq!((record.exit_code, record.complete), (0, true));
    assert_eq!(record.cells.len() as u64, tune.cells.search + tune.cells.beside);
    assert!(record.cells.iter().all(|cell| {
        cell.axes["engine.pull.chunk_rows"].is_u64() && cell.axes["fleet.phones.link"].is_string()
    }));
    let names: Vec<&str> = tune.places.iter().map(|place| place.name.as_str()).collect();
    assert_eq!(names, ["edge", "lte-good"]);
    let knob = &tune.places[0].knobs[0];
    assert!(knob.points.iter().any(|point| point.value == "100" && point.names[0] == "PouchDB"));
    assert_eq!(tune.places[0].present.as_ref().unwrap().value, "500");
    assert_eq!(desk.run("schema report"), 0);
    assert!(desk.out.contains("TuneRecord"));
}

#[test]
fn a_search_is_told_with_its_table_and_as_csv() {
    insta::assert_snapshot!(desk().session(&format!(
        "{TUNE} --class low,mid --knob engine.pull.apply_rows=16..1024
         {TUNE} --no-field --knob engine.pull.apply_rows=16,64 --format csv
         {TUNE} --no-field --link edge,lte-good -q"
    )));
}

#[test]
fn where_no_setting_is_a_candidate_the_search_says_why_and_exits_10() {
    let mut desk = Desk::with("\n[variant.lost]\nset = { seed = 1 }\n");
    insta::assert_snapshot!(desk.session(&format!(
        "{TUNE} -q
         {TUNE} --fail-fast -j 1 -q
         tune @ties.toml --variant fine --progress none --out @out
         report @out -q"
    )));
    assert_eq!(desk.record("out").exit_code, 10);
    // If no cell has the metric, no setting can be chosen either.
    let mut desk = self::desk();
    assert_eq!(desk.run("tune @ties.toml --progress none --out @out"), 10);
    assert_eq!(desk.record("out").tune.unwrap().places[0].best, None);
}

#[test]
fn a_place_is_named_by_its_devices_and_a_search_for_every_fleet_sets_the_link_of_each() {
    let mut desk = desk();
    assert_eq!(desk.run(&format!("{TUNE} --fleet 1,1000 --link edge")), 0, "{}", desk.err);
    let places = desk.record("out").tune.unwrap().places;
    assert!(places.iter().map(|place| &*place.name).eq(["edge 1 device", "edge 1\u{2009}000 devices"]));
    desk.write("ties.toml", &TIES.replace("[fleet.phones]", "[fleet.trucks]\ndevices = 2\n\n[fleet.phones]"));
    assert_eq!(desk.run(&format!("{TUNE} --link edge --no-field")), 0, "{}", desk.err);
    let record = desk.record("out");
    assert!(record.cells.iter().all(|cell| {
        cell.axes["fleet.phones.link"] == "edge" && cell.axes["fleet.trucks.link"] == "edge"
    }));
    assert_eq!(record.tune.unwrap().places[0].name, "edge");
}

#[test]
fn a_search_that_was_stopped_tells_the_best_so_far_and_goes_on_to_the_same_answer() {
    let mut desk = desk();
    assert_eq!(desk.run(&format!("{TUNE} -j 1")), 0);
    let (whole, cells) = (desk.read("out/run.json"), desk.runs());
    assert!(!desk.path("out/cells.jsonl").exists());
    let resumed = TUNE.replace("--out", "--resume");
    for stopped in [20, cells - 4, cells - 1] {
        desk.fake.interrupts_after(stopped, &desk.surroundings.signals);
        let before = desk.runs();
        assert_eq!(desk.run(&format!("{TUNE} -j 1")), 130, "{stopped}: {}", desk.err);
        assert!(desk.err.contains("--resume "), "{}", desk.err);
        let record = desk.record("out");
        assert_eq!((record.complete, record.cells.len(), record.exit_code), (false, stopped as usize, 130));

        desk.surroundings.signals.interrupt.store(false, Ordering::Relaxed);
        assert_eq!(desk.run(&format!("{resumed} --knob engine.pull.apply_rows")), 2);
        assert_eq!(desk.run(&resumed), 0, "{}", desk.err);
        assert!(desk.err.contains(&format!(" {stopped} cells ")), "{}", desk.err);
        assert_eq!(desk.read("out/run.json"), whole);
        assert_eq!(desk.runs(), before + cells, "no cell was run twice");
        assert_eq!(desk.run(&resumed), 2, "there is nothing to go on from");
    }
    // An interrupt during the last cell comes too late.
    desk.fake.interrupts_after(cells, &desk.surroundings.signals);
    assert_eq!(desk.run(&format!("{TUNE} -j 1")), 0, "{}", desk.err);
    assert!(!desk.err.contains("--resume"), "{}", desk.err);
    assert_eq!(desk.read("out/run.json"), whole);
}

#[test]
fn a_sweep_and_a_run_go_on_where_they_were_stopped() {
    const FILES: [&str; 4] = ["run.json", "cells.csv", "series.csv", "summary.md"];
    for (command, exit, tried) in [
        ("sweep @ties.toml --axis engine.pull.chunk_rows=16..256*2 --metric engine.session.duration", 0, 0),
        // For the failing variant, one remedy is tried at the end.
        ("run @lost.toml --seeds 1..=15", 11, 1),
    ] {
        let mut desk = desk();
        // Failing cells get the lives of their records, in whichever part they ran.
        let variants = "[variant.fine]\nset = { seed = 1 }\n[variant.lost]\nset = { seed = 1 }\n";
        desk.write("lost.toml", &format!("{TIES}\n{variants}"));
        assert_eq!(desk.run(&format!("{command} --progress none --out @out -j 1")), exit, "{}", desk.err);
        let whole = FILES.map(|file| desk.read(&format!("out/{file}")));
        let cells = desk.record("out").cells.len() as u64;
        desk.fake.interrupts_after(11, &desk.surroundings.signals);
        let before = desk.runs();
        assert_eq!(desk.run(&format!("{command} --progress none --out @out -j 1")), 130);
        desk.surroundings.signals.interrupt.store(false, Ordering::Relaxed);
        let changed = format!("{command} --set duration=2h --progress none --resume @out");
        assert_eq!(desk.run(&changed), 2, "{}", desk.err);
        assert_eq!(desk.run(&format!("{command} -j 2 --progress none --resume @out")), exit, "{}", desk.err);
        assert!(FILES.map(|file| desk.read(&format!("out/{file}"))) == whole, "{command}");
        assert_eq!(desk.runs(), before + cells + tried, "no cell was run twice");
        assert!(fs::metadata(desk.path("out/cells.jsonl")).is_err());
    }
}
