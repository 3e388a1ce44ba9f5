//! Lists with values that ask for more than there is, and fleets that do.

use super::super::search::with;
use super::*;

/// What is told of a list where no answer has more than 300 rows.
fn listed(knob: &str, present: &str, field: &[&str], seeds: u64) -> (KnobTuned, Vec<String>) {
    let mut space = space(&[knob], &[present], seeds);
    space.sizes = vec![Some("sizes")];
    space.field = vec![shipped(field)];
    let (mut tuned, ran) = place_of(space, 300);
    assert!(tuned.complete && tuned.present.is_some());
    (tuned.knobs.remove(0), ran.into_iter().collect())
}

fn values(knob: &KnobTuned) -> String {
    knob.points.iter().map(|point| point.value.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_list_with_values_that_ask_for_more_than_there_is_has_its_best_on_the_list() {
    for seeds in [1, 2, 4, 8] {
        for (knob, present, best, points) in [
            ("k=50,500", "500", "500", "50 500"),
            ("k=50,500", "400", "500", "50 500"),
            ("k=50,500", "100", "500", "50 100 500"),
            ("k=50,500,1000", "1000", "500", "50 500"),
            ("k=1000,500,50", "500", "500", "50 500"),
            ("k=500,1000", "500", "500", "500"),
            ("k=500,1000", "100", "500", "100 500"),
            ("k=500", "500", "500", "500"),
            ("k=500", "2000", "500", "500"),
            ("k=50,300,1000", "500", "300", "50 300"),
            ("k=50,301", "500", "301", "50 301"),
            ("k=100..700+200", "500", "300", "100 300"),
        ] {
            let (told, _) = listed(knob, present, &[], seeds);
            assert_eq!(
                (told.best.as_str(), values(&told).as_str()),
                (best, points),
                "{knob} at {present}, {seeds} seeds"
            );
            let all = "300 is all there is to send: larger values change nothing".to_owned();
            assert!(told.limits.contains(&all), "{knob} at {present}: {:?}", told.limits);
            assert_eq!(told.flat, [best, best], "{knob} at {present}");
        }
    }
}

#[test]
fn values_that_ask_for_more_than_there_is_are_no_neighbours_between_which_the_optimum_lies() {
    let (told, ran) = listed("k=50,100,500,1000", "500", &["200", "5000"], 4);
    assert_eq!(told.between, Some([Some("200".to_owned()), None]), "{:?}", told.points);
    assert_eq!(values(&told), "50 100 200 500");
    assert!(!ran.contains(&"5000".to_owned()) && !ran.contains(&"300".to_owned()), "{ran:?}");
    let field: Vec<&str> = told.field.iter().map(|point| point.value.as_str()).collect();
    assert_eq!(field, ["200", "500"], "what others ship beyond is the same setting");
}

#[test]
fn a_list_below_what_there_is_is_shown_with_what_lies_beyond_it() {
    let (told, _) = listed("k=50,100", "500", &[], 4);
    assert_eq!((told.best.as_str(), values(&told).as_str()), ("100", "50 100 300"));
    let end =
        "100 is the end of the range: above it others are better, 300 the best of them; widen the range";
    assert!(told.limits.iter().any(|line| line == end), "{:?}", told.limits);
}

#[test]
fn two_knobs_with_lists_that_ask_for_too_much_are_searched_to_an_end() {
    let mut space = space(&["a=50,500,1000", "b=10,400"], &["1000", "400"], 4);
    space.sizes = vec![Some("sizes"), Some("sizes")];
    let tuned = place_with(space, Limits::default(), |setting, seed| {
        let size = |k: usize| setting[k].parse::<u64>().unwrap().min(300);
        sized(cell(seed, 1_000 * size(0) + 100 * size(1) + seed), size(0).min(size(1)))
    });
    let best: Vec<&str> = tuned.knobs.iter().map(|knob| knob.best.as_str()).collect();
    assert_eq!(best, ["500", "400"]);
}

#[test]
fn a_backend_whose_queue_takes_most_of_the_time_is_saturated_though_the_median_request_does_not_wait() {
    let place = |devices: u64, longest: u64| {
        let axes = vec![("devices".to_owned(), devices.to_string())];
        let limits = Limits::default();
        let name = devices.to_string();
        let mut place = Place::new(name, None, axes, space(&["k=500"], &["500"], 1), limits);
        let objective = Objective::default();
        let mut cell = cell(1, 1_000);
        let second = 1_000_000_000;
        let time = Figure::Value { unit: Unit::Ns, value: 100 * second };
        cell.metrics.insert("engine.session.time".into(), time);
        let spread = |p50: u64, max: u64| {
            let (p95, p99) = (max * 19 / 20, max);
            Figure::Distribution { unit: Unit::Ns, count: 10, min: 0, p50, p95, p99, max, mean: None }
        };
        cell.metrics.insert("backend.request.queued".into(), spread(0, longest * second));
        // Of ten requests a half waits evenly up to the longest: a quarter of it each.
        let value = 10 * longest * second / 4;
        let queued = Figure::Value { unit: Unit::Ns, value };
        cell.metrics.insert("engine.requests.queued_time".into(), queued);
        cell.metrics.insert("backend.request.service".into(), spread(second, second));
        place.add(vec!["500".to_owned()], cell, false, &objective);
        place.tuned(&objective)
    };
    let told = |longest| herd(&[place(1, 0), place(60, longest)], "devices").remove(0);
    let saturated = told(30);
    assert!(saturated.contains("the backend is saturated with 60 devices: 75 %"), "{saturated}");
    assert!(saturated.ends_with(" of the time is waiting for one of its workers"), "{saturated}");
    assert!(told(10).ends_with("; the backend is not saturated"), "{}", told(10));
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

#[test]
fn what_another_knob_keeps_small_is_no_ceiling_for_what_is_larger() {
    // No answer has more rows than bytes have room for: 10 in a kilobyte.
    let cell = |setting: &Setting, seed| {
        let [k, b] = [0, 1].map(|i| setting[i].parse::<f64>().unwrap());
        let size = k.min(10.0 * b);
        // Runs of fewer bytes are over before their larger answers.
        let seen = if b < 1_024.0 { size.min(300.0) } else { size };
        sized(cell(seed, (1e6 * size / (size + 50.0)) as u64), seen as u64)
    };
    for bounds in [false, true] {
        let mut space = space(&["k=16..2048", "b=1..1024"], &["500", "1024"], 4);
        space.sizes = vec![Some("sizes"), None];
        space.bounds = vec![false, bounds];
        let told = place_with(space, Limits::default(), cell).knobs.remove(0);
        let ceiling = told.limits.iter().any(|line| line.contains("is all there is to send"));
        assert_eq!(ceiling, !bounds, "{:?}", told.limits);
        assert_eq!(told.best == "2048", bounds, "{}", told.best);
    }
}
