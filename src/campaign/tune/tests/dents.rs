//! Searches of curves that are not smooth.

use super::*;

#[test]
fn where_a_limit_keeps_out_what_costs_less_other_knobs_give_way_for_it() {
    // More streams are faster, and each holds a chunk in memory.
    let space = space(&["k=16..2048", "engine.pull.streams=1,2,4"], &["500", "1"], 4);
    let cell = |setting: &Setting, seed| {
        let [k, streams] = [0, 1].map(|i| setting[i].parse::<f64>().unwrap());
        let rate = 1e6 * k / (k + 30.0) * libm::pow(streams, 0.7);
        waiting(cell(seed, rate as u64 + seed), k * streams > 140.0)
    };
    // One stream of 140 rows: 824 000; two of 70: 1 137 000; four of 35: 1 421 000.
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
    // Behind the dent it costs a twentieth less, with a tenth of luck.
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
fn of_a_curve_that_jumps_between_settings_only_those_that_were_run_are_told_as_flat() {
    // 2 000 rows in so many requests, each with its own cost: 1 999 rows a request take two, and
    // nearly twice as long.
    let requests = |x: f64| libm::ceil(2_000.0 / x);
    let jumping = knob_tuned("k=50..2000", "500", &[], |x| (1e9 / requests(x) / (0.35 + x / 1e3)) as u64);
    assert_eq!((jumping.best.as_str(), jumping.flat.each_ref().map(String::as_str)), ("2000", ["2000"; 2]));
}

#[test]
fn the_flat_region_ends_at_settings_that_were_run_under_all_seeds() {
    // Behind a ridge lies what is as good under the first half of the seeds alone.
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
            let named = format!("at {}, ", crate::render::tune::value(&point.value));
            let causes =
                knob.limits.iter().filter(|line| line.contains(", nothing that was measured explains"));
            assert!(!causes.clone().any(|line| line.contains(&named)), "luck {luck}: {:?}", knob.limits);
            told += causes.count();
        }
        let last = knob.points.len() - 1;
        hidden += [0, last].iter().filter(|i| dearest(i) && knob.points[**i].within_noise).count();
    }
    assert!(told > 0 && hidden > 0, "{told} {hidden}");
}
