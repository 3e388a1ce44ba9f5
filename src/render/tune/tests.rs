//! Limits and renderers.

use super::*;
use crate::analysis::judge;
use crate::analysis::tune::{LimitFlag, Limits, excess, trouble};
use crate::metrics::{Figure, Unit};
use crate::record::fixture::{self, point, tuned};
use crate::record::{CellRecord, TuneRecord};

fn cell(seed: u64, p99: u64) -> CellRecord {
    let mut cell = judge(&fixture::plan(None, seed), "cell", &fixture::outcome()).cell;
    let figure = Figure::Distribution {
        unit: Unit::Ns,
        count: 9,
        min: 1,
        p50: p99 / 2,
        p95: p99,
        p99,
        max: p99,
        mean: None,
    };
    cell.metrics.insert("device.query.duration".into(), figure);
    cell
}

fn limits(flags: &[&str]) -> Limits {
    let flags: Vec<LimitFlag> = flags.iter().map(|flag| flag.parse().unwrap()).collect();
    Limits::of(&fixture::plan(None, 1), &flags)
}

#[test]
fn the_limits_are_those_of_the_requirement_unless_others_are_asked_for() {
    let told = |limits: &Limits| -> Vec<(String, u64)> {
        limits.recorded().into_iter().map(|limit| (limit.name, limit.max)).collect()
    };
    let own = told(&limits(&[]));
    assert_eq!(own[0], ("foreground".to_owned(), 100_000_000));
    assert_eq!(own[1], ("chunk".to_owned(), 15_000_000_000), "half of the gateway's 30 s");
    assert_eq!(own[2].1, 64_000_000, "a quarter of a mid phone's 256 MB");
    assert_eq!(
        told(&limits(&["chunk=off", "memory=1MiB", "foreground=1s"])),
        [("foreground".to_owned(), 1_000_000_000), ("memory".to_owned(), 1 << 20)]
    );
    for bad in ["", "chunk", "chunk=", "chunk=5MB", "speed=1s", "memory=1s", "memory=-1"] {
        assert!(bad.parse::<LimitFlag>().is_err(), "{bad}");
    }
}

#[test]
fn a_setting_that_loses_a_row_or_misses_a_limit_in_one_seed_is_no_candidate() {
    let (good, slow) = (cell(1, 90_000_000), cell(2, 143_000_000));
    assert_eq!(trouble(&[&good], &limits(&[])), None);
    let told = trouble(&[&good, &slow], &limits(&[])).unwrap();
    assert_eq!(
        told,
        "foreground: device.query.duration p99 is 143 ms, must be at most 100 ms (1 of 2 seeds)"
    );
    let worst = trouble(&[&good, &slow, &cell(3, 151_000_000), &cell(4, 120_000_000)], &limits(&[])).unwrap();
    assert!(worst.contains("p99 is 151 ms, must be at most 100 ms (3 of 4 seeds)"), "{worst}");
    let hair = trouble(&[&cell(2, 100_000_001)], &limits(&[])).unwrap();
    assert_eq!(hair, "foreground: device.query.duration p99 is just above 100 ms, must be at most 100 ms");
    assert_eq!(trouble(&[&good, &slow], &limits(&["foreground=off"])), None);
    let lossy = judge(&fixture::plan(None, 3), "cell", &fixture::lost(1)).cell;
    assert!(trouble(&[&good, &lossy], &limits(&[])).unwrap().starts_with("lost (1 row): "));
}

#[test]
fn of_a_limit_of_nothing_the_least_figure_is_the_nearest() {
    let none = limits(&["foreground=0s"]);
    let times = |p99| excess(&[&cell(1, p99)], &none).unwrap();
    assert!(times(1_000) < times(2_000) && times(2_000).is_finite(), "{}", times(2_000));
}

#[test]
fn the_story_says_where_the_best_lies_and_what_being_wrong_costs() {
    let story = story(&tuned());
    for said in [
        "a candidate loses nothing and keeps\n  device.query.duration p99 at most 100 ms\n",
        "low edge: best at 1\u{2009}024 (100 rows/s)",
        "the optimum lies above 512 (95 %); within 3 %: 700 to 1\u{2009}500 (such a cost is typically sure to ±2.5 %)",
        "low geo: no setting is a candidate: stuck: d1",
        "50 cells for the search, 25 % of a full grid",
    ] {
        assert!(story.contains(said), "{said}: {story}");
    }
    let row = |name: &str| {
        let line =
            story.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name}: {story}"));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("PouchDB"), "100 PouchDB, Datasync 50.0 rows/s 50 % +100.0 %");
    assert_eq!(row("Volt MX"), "500 present, Volt MX 95.0 rows/s 95 % +5.3 %");
    assert!(story.contains("cost relative to the best"), "{story}");
    assert!(!story.contains('~'), "{story}");
}

#[test]
fn a_setting_has_one_row_with_each_of_its_names_once() {
    let mut tune = tuned();
    let knob = &mut tune.places[0].knobs[0];
    // Who ships half of the best is known of both points.
    knob.half = Some(point("512", 1_050_000, &["PowerSync", "SymmetricDS"]));
    knob.field = vec![
        point("512", 1_050_000, &["PowerSync", "SymmetricDS"]),
        point("1024", 1_000_000, &["Mobile Sync"]),
    ];
    let story = story(&tune);
    let rows: Vec<String> = story
        .lines()
        .filter(|line| line.contains("rows/s  "))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rows,
        [
            "1 024 the best, Mobile Sync 100 rows/s 100 %",
            "512 half, PowerSync, SymmetricDS 95.2 rows/s 95 % +5.0 %",
            "500 present 95.0 rows/s 95 % +5.3 %",
        ],
        "{story}"
    );
}

#[test]
fn a_cost_within_the_noise_is_marked_as_such() {
    let mut tune = tuned();
    tune.places[0].knobs[0].field[1].within_noise = true;
    tune.places[0].present = None;
    let story = story(&tune);
    let row = story.lines().find(|line| line.contains("Volt MX")).unwrap();
    assert!(row.ends_with("+5.3 % ~"), "{story}");
    assert!(story.contains("~ as good within the noise"), "{story}");
}

#[test]
fn where_all_settings_are_equal_none_is_called_the_best() {
    let mut tune = tuned();
    tune.places.truncate(1);
    let knob = &mut tune.places[0].knobs[0];
    for point in knob.points.iter_mut().chain(&mut knob.field).filter(|point| point.trouble.is_none()) {
        (point.cost_ppm, point.figure) = (Some(1_000_000), Some(0));
    }
    tune.places[0].figure = Some(0);
    let told = answers(&tune);
    assert!(
        told.starts_with("low edge: nothing differs: 0") && told.contains(" at each of the 5 settings"),
        "{told}"
    );
    assert!(!story(&tune).contains("best at"), "{}", story(&tune));
    // What is no candidate differs.
    tune.places[0].knobs[0].points[0].cost_ppm = Some(1_000_001);
    assert!(answers(&tune).contains("best at 1\u{2009}024"));
}

#[test]
fn the_answers_alone_are_a_line_a_place() {
    let told = answers(&tuned());
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(
        told.starts_with("low edge: best at 1\u{2009}024 (100 rows/s); the optimum lies above 512"),
        "{told}"
    );
    let mut tune = tuned();
    tune.places[0].knobs[0].luck = Some("2\u{2009}048 misses a limit in some seeds".to_owned());
    let told = answers(&tune);
    let first = told.lines().next().unwrap();
    assert!(
        first.ends_with("; 2\u{2009}048 misses a limit in some seeds") && !first.contains("round trips"),
        "{told}"
    );
    assert_eq!(told.lines().count(), 2, "{told}");
    tune.herd.push("best at 800 with 1 device; the backend is saturated with 60 devices".to_owned());
    assert!(
        answers(&tune).ends_with("\nbest at 800 with 1 device; the backend is saturated with 60 devices\n")
    );
}

#[test]
fn json_and_csv_hold_the_same_settings() {
    let tune = tuned();
    let read: TuneRecord = serde_json::from_str(&to_json(&tune)).unwrap();
    assert_eq!(read, tune);
    let csv = to_csv(&tune);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "variant,fleet.phones.link,knob,value,is,seeds,figure,cost_ppm,trouble");
    assert_eq!(lines[3], ",edge,engine.pull.chunk_rows,1024,best,8,100000,1000000,");
    assert!(lines[4].ends_with("lost (1 row): d1") && lines.len() == 5, "{csv}");
}
