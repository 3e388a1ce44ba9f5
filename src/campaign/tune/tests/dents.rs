//! Tests curves that are not smooth, lists with values above the largest size, and fleets of
//! several sizes.

use super::super::search::with;
use super::*;

#[test]
fn where_a_limit_keeps_out_what_costs_less_other_knobs_give_way_for_it() {
    // More streams are faster, but each stream holds a chunk in memory.
    let space = space(&["k=16..2048", "engine.pull.streams=1,2,4"], &["500", "1"], 4);
    let cell = |setting: &Setting, seed| {
        let [k, streams] = [0, 1].map(|i| setting[i].parse::<f64>().unwrap());
        let rate = 1e6 * k / (k + 30.0) * libm::pow(streams, 0.7);
        waiting(cell(seed, rate as u64 + seed), k * streams > 140.0)
    };
    // The rate of 1 stream with 140 rows is 824 000; 2 with 70: 1 137 000; 4 with 35: 1 421 000.
    let tuned = place_with(space, own_limits(), cell);
    let [rows, streams] = [0, 1].map(|k| tuned.knobs[k].best.parse::<f64>().unwrap());
    assert!(streams == 4.0 && (28.0..=35.0).contains(&rows), "{rows} rows, {streams} streams");
}

#[test]
fn of_a_best_whose_double_lies_beyond_the_range_none_is_told() {
    let beside = |rate: fn(f64) -> u64| {
        let knob = knob_tuned("k=50..2000", "500", &[], rate);
        let names = knob.points.into_iter().flat_map(|point| point.names);
        names.filter(|name| name.ends_with(" best value")).collect::<Vec<_>>().join(", ")
    };
    let hollow = beside(|x| (1e9 / (2_000.0 / x * 0.35 + x / 1e3)) as u64);
    assert_eq!(hollow, "half the best value, twice the best value");
    assert_eq!(beside(|x| (1e5 * x / (x + 600.0)) as u64), "half the best value");
}

#[test]
fn a_search_goes_up_to_the_limit_that_bounds_it_though_luck_hides_what_is_better_behind_it() {
    // Beyond the dent, settings cost 5 % less. The noise is 10 %.
    let goes_there = |luck: &u64| {
        let rate = |x: f64, seed| {
            let own = Seed(luck * 1_000 + seed).stream("own", x as u64, 0).unit();
            let dent = if (280.0..=520.0).contains(&x) { 0.8 } else { 1.0 };
            (1e5 * x / (x + 25.0) * dent * (0.9 + 0.2 * own)) as u64
        };
        let knob = place_with_one_slow_seed(rate, |x| x > 700.0).knobs.remove(0);
        knob.points.iter().any(|point| (521.0..=700.0).contains(&point.value.parse().unwrap()))
    };
    let there = (0..24).filter(goes_there).count();
    assert_eq!(there, 24);
}

#[test]
fn the_flat_region_ends_at_settings_that_were_run_under_all_seeds() {
    // Beyond a ridge lies a setting that is as good as the best, but only under the first half of
    // the seeds.
    let worse = |x: f64, seed: u64| match x {
        _ if x < 64.0 => 1.0 + libm::log(64.0 / x),
        _ if x <= 1_100.0 => 1.0 + 0.01 * libm::log(x / 256.0).abs(),
        _ if x <= 6_000.0 => 1.5,
        _ => [1.02, 1.2][usize::from(seed > 4)],
    };
    let cell = |setting: &Setting, seed| cell(seed, (1e9 / worse(rows(setting), seed)) as u64);
    let space = space(&["k=16..16384"], &["500"], 8);
    let knob = place_with(space, Limits::default(), cell).knobs.remove(0);
    let at = |value: &String| knob.points.iter().position(|point| point.value == *value).unwrap();
    let [first, last] = knob.flat.each_ref().map(at);
    for (i, point) in knob.points.iter().enumerate() {
        let case = format!("{point:?} of {:?}", knob.flat);
        assert!(![first, last].contains(&i) || point.seeds == 8, "{case}");
        assert!((first..=last).contains(&i) || point.cost_ppm.unwrap() > 1_030_000, "{case}");
    }
}

#[test]
fn what_luck_alone_may_have_made_dearer_limits_no_side() {
    let (mut told, mut hidden) = (0, 0);
    for luck in 0..24 {
        let rate = |x: f64, seed| {
            let own = Seed(luck * 1_000 + seed).stream("own", x as u64, 0).unit();
            (1e8 / PUSHES[0].time_a_row(x) * (0.6 + 0.8 * own)) as u64
        };
        let knob = place_with_one_slow_seed(rate, |_| false).knobs.remove(0);
        let dearest = |i: &usize| {
            let point = &knob.points[*i];
            point.cost_ppm.is_some_and(|ppm| ppm > 1_030_000)
        };
        for point in knob.points.iter().filter(|point| point.within_noise) {
            let named = format!("why {} costs ", crate::render::tune::value(&point.value));
            let causes = knob.limits.iter().filter(|line| line.contains(": no measured part explains"));
            assert!(!causes.clone().any(|line| line.contains(&named)), "luck {luck}: {:?}", knob.limits);
            told += causes.count();
        }
        let last = knob.points.len() - 1;
        hidden += [0, last].iter().filter(|i| dearest(i) && knob.points[**i].within_noise).count();
    }
    assert!(told > 0 && hidden > 0, "{told} {hidden}");
}

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
    // 10 requests of 1 second each, with these median and maximum waits.
    let place = |link: &str, devices: u64, best: &str, [p50, max]: [u64; 2]| {
        let axes = vec![("link".to_owned(), link.to_owned()), ("devices".to_owned(), devices.to_string())];
        let space = space(&[&format!("k={best}")], &[best], 1);
        let mut place = Place { axes, space, ..Place::default() };
        let objective = Objective::of_axis("engine.pull.chunk_rows");
        let mut judged = cell(1, 1_000);
        let mut put = |name: &'static str, figure| judged.cell.metrics.insert(name.into(), figure);
        let spread = |p50: u64, max: u64| fixture::spread(Unit::Ns, 10, [0, p50, max * 19 / 20, max, max]);
        put("engine.session.time", Figure::Value { unit: Unit::Ns, value: 100 * SECOND });
        put("backend.request.queued", spread(p50 * SECOND, max * SECOND));
        // Half of the requests have waits spread evenly up to the maximum, so the mean is a quarter
        // of it.
        let queued = 10 * max * SECOND / 4;
        put("engine.requests.queued_time", Figure::Value { unit: Unit::Ns, value: queued });
        put("backend.request.service", spread(SECOND, SECOND));
        place.add(vec![best.to_owned()], judged, &objective);
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
        // With only one size there is nothing to report.
        place("leo", 1, "16", [0, 0]),
    ];
    assert_eq!(
        herd(&places, "devices"),
        [
            "edge: best at 1024 with 1 device, 256 with 100 devices, 64 with 1\u{2009}000 devices; the backend is saturated with \
             100 devices: half of the requests wait 2.00 s or more, for 1.00 s of work each",
            "geo: best at 1024 with 1 device, 1024 with 100 devices; the backend is not saturated",
            "lte: best at 512 with 1 device, 256 with 60 devices; the backend is saturated with 60 devices: requests \
             spend 75 % of the time waiting for a worker",
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
        // With 1 stream, chunk sizes hardly differ in price. With 4 streams they do. The noise is
        // 20 %.
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
