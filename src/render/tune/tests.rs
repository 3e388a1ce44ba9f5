//! Tests limits and renderers.

use insta::assert_snapshot;

use super::*;
use crate::analysis::tune::{LimitFlag, Limits};
use crate::metrics::{Censored, NEVER, Unit};
use crate::record::fixture::{self, point, tuned};
use crate::record::{AskedTuned, PointTuned, RuleTuned, TuneRecord};

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
fn a_figure_that_never_came_stands_with_how_many_never_came() {
    let mut tune = tuned();
    tune.places.truncate(1);
    (tune.unit, tune.metric) = (Unit::Ns, "engine.write_acknowledged.duration:p95".to_owned());
    let place = &mut tune.places[0];
    let censored = |never| Some(Censored { never, of: 240, waited: 3_200_000_000_000 });
    (place.figure, place.censored) = (Some(400_000_000), censored(3));
    for point in &mut place.knobs[0].points {
        (point.figure, point.censored) = (Some(NEVER), censored(60));
    }
    let best = Some([("engine.pull.chunk_rows".to_owned(), "4096".to_owned())].into());
    let (name, asks) = ("chunk".to_owned(), "99 of 100 requests must take at most 15.0 s".to_owned());
    let (figure, censored) = (Some(NEVER), censored(60));
    place.rules = vec![RuleTuned { name, asks, best, figure, censored, ..RuleTuned::default() }];
    assert_snapshot!(story(&tune) + "---\n" + &answers(&tune));
}

#[test]
fn the_headline_says_what_limits_cost_on_either_side() {
    let mut tune = tuned();
    tune.places.truncate(1);
    let place = &mut tune.places[0];
    let rule = |name: &str, asks: &str, excludes, best: Option<&str>| RuleTuned {
        name: name.to_owned(),
        asks: asks.to_owned(),
        excludes,
        best: best.map(|best| [("engine.pull.chunk_rows".to_owned(), best.to_owned())].into()),
        figure: best.map(|_| if excludes { 164_000 } else { 60_200 }),
        cost_ppm: best.map(|_| if excludes { 610_000 } else { 1_660_000 }),
        censored: None,
    };
    place.rules = vec![
        rule("memory", "a response must take at most 1.00 MiB of memory", true, Some("4096")),
        rule("chunk", "99 of 100 requests must take at most 15.0 s", false, Some("20")),
        rule("foreground", "99 of 100 queries of the app must take at most 1.00 ms", false, None),
    ];
    place.notes = vec!["requests take up to 18.1 s in 1 of 8 seeds, and as much at 16".to_owned()];
    tune.limits[0].given = false;
    let knob = &mut place.knobs[0];
    (knob.reach, knob.whole) = (Some(1_024), true);
    let all = knob.points.iter_mut().find(|point| point.value == "1024").unwrap();
    let asked = |value: &str, names: &[&str]| AskedTuned {
        value: value.to_owned(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    all.asked = vec![asked("2000", &["default", "Mobile Sync"]), asked("10000000", &["WatermelonDB"])];
    all.breaks = vec!["chunk".to_owned()];
    place.present = Some(PointTuned { names: vec!["default".to_owned()], ..point("2000", 1_000_000, &[]) });
    assert_snapshot!(story(&tune) + "---\n" + &story::in_a_line(&tune, &tune.places[0]));
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
    // Excluded settings may have another cost.
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
