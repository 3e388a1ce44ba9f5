//! Lists with values that ask for more than there is, and fleets that do.

use super::super::search::with;
use super::*;

#[test]
fn a_list_with_values_that_ask_for_more_than_there_is_has_its_best_on_the_list() {
    for (knob, present, best) in [
        ("k=50,500", "400", "500"),
        ("k=500", "2000", "500"),
        ("k=50,300,1000", "500", "300"),
        ("k=100..700+200", "500", "300"),
    ] {
        let mut space = space(&[knob], &[present], 1);
        space.size = Some("sizes");
        let price = |setting: &Setting, seed| cell(seed, 10_000 * (rows(setting) as u64).min(300));
        let tuned = place_with(space, Limits::default(), price);
        assert_eq!(tuned.knobs[0].best, best, "{knob} at {present}");
    }
}

#[test]
fn a_herd_is_told_with_its_optima_and_from_where_on_the_backend_has_enough() {
    const SECOND: u64 = 1_000_000_000;
    // Of ten requests of a second each, which wait for these times in the median and at most.
    let place = |link: &str, devices: u64, best: &str, [p50, max]: [u64; 2]| {
        let axes = vec![("link".to_owned(), link.to_owned()), ("devices".to_owned(), devices.to_string())];
        let space = space(&[&format!("k={best}")], &[best], 1);
        let mut place = Place::new(devices.to_string(), None, axes, space, Limits::default());
        let objective = Objective::default();
        let mut cell = cell(1, 1_000);
        let mut put = |name: &'static str, figure| cell.metrics.insert(name.into(), figure);
        let spread = |p50: u64, max: u64| {
            let (p95, p99) = (max * 19 / 20, max);
            Figure::Distribution { unit: Unit::Ns, count: 10, min: 0, p50, p95, p99, max, mean: None }
        };
        put("engine.session.time", Figure::Value { unit: Unit::Ns, value: 100 * SECOND });
        put("backend.request.queued", spread(p50 * SECOND, max * SECOND));
        // A half waits evenly up to the longest: a quarter of it each.
        let queued = 10 * max * SECOND / 4;
        put("engine.requests.queued_time", Figure::Value { unit: Unit::Ns, value: queued });
        put("backend.request.service", spread(SECOND, SECOND));
        place.add(vec![best.to_owned()], cell, &objective);
        place.tuned(&objective)
    };
    let places = [
        place("edge", 1, "1024", [0, 0]),
        place("edge", 1_000, "64", [7, 10]),
        place("edge", 100, "256", [2, 10]),
        place("geo", 1, "1024", [0, 0]),
        place("geo", 100, "1024", [0, 10]),
        place("lte", 1, "512", [0, 0]),
        place("lte", 60, "256", [0, 30]),
        // Of one size alone there is nothing to tell.
        place("leo", 1, "16", [0, 0]),
    ];
    assert_eq!(
        herd(&places, "devices"),
        [
            "edge: best at 1024 with 1 device, 256 with 100 devices, 64 with 1\u{2009}000 devices; the backend is saturated with \
             100 devices: half of the requests wait 2.00 s or more for 1.00 s of work",
            "geo: best at 1024 with 1 device, 1024 with 100 devices; the backend is not saturated",
            "lte: best at 512 with 1 device, 256 with 60 devices; the backend is saturated with 60 devices: 75 % of the time is \
             waiting for one of its workers",
        ]
    );
}

#[test]
fn every_knob_is_searched_around_the_best_of_all_though_luck_has_moved_it() {
    let values = ["0", "1", "2"];
    for luck in 0..240 {
        let price = |setting: &Setting, seed: u64| {
            let own = Seed(luck * 1_000 + seed).stream(&setting[1], rows(setting) as u64, 0).unit();
            Ok(SIX[4].1.time_a_row(rows(setting)) * (0.7 + 0.6 * own))
        };
        let (found, known) = searched(&space(&["a=8..1000", "b=0,1,2"], &["64", "0"], 8), price);
        let best = found.best.unwrap();
        let run = values.iter().filter(|value| known.get(&with(&best, 1, value)).is_some());
        assert_eq!(run.count(), 3, "luck {luck}: prefetch at {best:?}");
        assert!(found.between.iter().all(Option::is_some), "luck {luck}: {:?}", found.between);
    }
}

#[test]
fn of_two_knobs_each_is_searched_until_something_is_worse_where_luck_hides_what_is_near() {
    for luck in 0..10 {
        // One stream does not tell small chunks from large ones, four do; a seed is a fifth of
        // luck.
        let price = |setting: &Setting, seed: u64| {
            let (rows, streams): (f64, f64) = (setting[0].parse().unwrap(), setting[1].parse().unwrap());
            let own = Seed(luck * 100 + seed).stream("own", rows as u64 * 8 + streams as u64, 0).unit();
            let off = 0.01 * libm::log(rows / 1_024.0).abs() + if rows < 200.0 { 0.5 } else { 0.0 };
            Ok((1.0 + off * (streams - 1.0) / 3.0) * (1.0 + 0.2 * own) / streams)
        };
        let (found, _) = search(&space(&["a=64..2048", "b=1,2,4"], &["200", "1"], 5), price);
        let best = found.best.unwrap();
        assert_eq!(best[1], "4");
        let [low, _] = found.between[0].clone().expect("five seeds tell");
        assert!(low.is_some(), "{luck}: {best:?}");
    }
}
