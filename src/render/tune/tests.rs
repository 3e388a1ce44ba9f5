//! Limits and renderers.

use insta::assert_snapshot;

use super::*;
use crate::analysis::judge;
use crate::analysis::tune::{LimitFlag, Limits, excess, trouble};
use crate::metrics::Unit;
use crate::record::fixture::{self, point, tuned};
use crate::record::{CellRecord, PointTuned, TuneRecord};

fn cell(seed: u64, p99: u64) -> CellRecord {
    let mut cell = judge(&fixture::plan(None, seed), "cell", &fixture::outcome()).cell;
    cell.metrics.insert("device.query.duration".into(), fixture::alike(Unit::Ns, 9, p99));
    cell
}

fn limits(flags: &[&str]) -> Limits {
    let flags: Vec<LimitFlag> = flags.iter().map(|flag| flag.parse().unwrap()).collect();
    Limits::of(&fixture::plan(None, 1), &flags)
}

#[test]
fn the_limits_are_those_of_the_requirement_unless_others_are_asked_for() {
    let told = |limits: &Limits| -> Vec<(String, u64)> {
        limits.0.iter().cloned().map(|limit| (limit.name, limit.max)).collect()
    };
    let own = told(&limits(&[]));
    assert_eq!(own[0], ("foreground".to_owned(), 100_000_000));
    assert_eq!(own[1], ("chunk".to_owned(), 15_000_000_000), "half of the gateway's 30 s");
    assert_eq!(own[2].1, 64_000_000, "a quarter of a mid phone's 256 MB");
    let asked = told(&limits(&["chunk=off", "memory=1MiB", "foreground=1s"]));
    assert_eq!(asked, [("foreground".to_owned(), 1_000_000_000), ("memory".to_owned(), 1 << 20)]);
    for bad in ["", "chunk", "chunk=", "chunk=5MB", "speed=1s", "memory=1s", "memory=-1"] {
        assert!(bad.parse::<LimitFlag>().is_err(), "{bad}");
    }
}

#[test]
fn a_setting_that_loses_a_row_or_misses_a_limit_in_one_seed_is_no_candidate() {
    let (good, slow) = (cell(1, 90_000_000), cell(2, 143_000_000));
    let lossy = judge(&fixture::plan(None, 3), "cell", &fixture::lost(1)).cell;
    assert_eq!(trouble(&[&good], &limits(&[])), None);
    assert_eq!(trouble(&[&good, &slow], &limits(&["foreground=off"])), None);
    let worse = [cell(3, 151_000_000), cell(4, 120_000_000)];
    let just = cell(2, 100_000_001);
    let told = [
        trouble(&[&good, &slow], &limits(&[])),
        trouble(&[&good, &slow, &worse[0], &worse[1]], &limits(&[])),
        trouble(&[&just], &limits(&[])),
        trouble(&[&good, &lossy], &limits(&[])),
    ];
    assert_snapshot!(told.map(|why| crate::render::trouble(&why.unwrap())).join("\n"));
}

#[test]
fn of_a_limit_of_nothing_the_least_figure_is_the_nearest() {
    let none = limits(&["foreground=0s"]);
    let times = |p99| excess(&[&cell(1, p99)], &none).unwrap();
    assert!(times(1_000) < times(2_000) && times(2_000).is_finite(), "{}", times(2_000));
}

#[test]
fn the_story_says_where_the_best_lies_and_what_being_wrong_costs() {
    assert_snapshot!(story(&tuned()) + "---\n" + &answers(&tuned()));
}

#[test]
fn a_setting_has_one_row_with_all_of_its_names() {
    let mut tune = tuned();
    tune.places.truncate(1);
    let knob = &mut tune.places[0].knobs[0];
    let shipped = ["yours", "PowerSync", "SymmetricDS"];
    let noisy = PointTuned { within_noise: true, ..point("500", 1_053_000, &["Volt MX"]) };
    knob.points = vec![noisy, point("512", 1_050_000, &shipped), point("1024", 1_000_000, &["Mobile Sync"])];
    knob.luck = Some("2\u{2009}048 misses a limit in some seeds".to_owned());
    tune.herd.push("best at 800 with 1 device; the backend is saturated with 60 devices".to_owned());
    assert_snapshot!(story(&tune) + "---\n" + &answers(&tune));
}

#[test]
fn where_all_settings_are_equal_none_is_called_the_best() {
    let mut tune = tuned();
    tune.places.truncate(1);
    let knob = &mut tune.places[0].knobs[0];
    for point in knob.points.iter_mut().filter(|point| point.trouble.is_none()) {
        (point.cost_ppm, point.figure) = (Some(1_000_000), Some(0));
    }
    tune.places[0].figure = Some(0);
    let equal = answers(&tune) + &story(&tune);
    // What is excluded differs.
    tune.places[0].knobs[0].points[0].cost_ppm = Some(1_000_001);
    assert_snapshot!(equal + &answers(&tune));
}

#[test]
fn json_and_csv_hold_the_same_settings() {
    let tune = tuned();
    let read: TuneRecord = serde_json::from_str(&to_json(&tune)).unwrap();
    assert_eq!(read, tune);
    assert_snapshot!(to_csv(&tune));
}
