//! Tests searches on known cost curves: chunks that outages interrupt, with noise between seeds.

use std::collections::BTreeSet;

use super::*;
use crate::analysis::judge;
use crate::analysis::sweep::Objective;
use crate::analysis::tune::Limits;
use crate::base::Seed;
use crate::metrics::{Figure, Unit};
use crate::record::fixture;
use crate::record::{Judged, KnobTuned, PlaceTuned, PointTuned};
use crate::theory::chunk::Cost;

mod dents;

const SIX: [(&str, Cost); 6] = [
    ("LTE good", Cost { chunk: 0.25, row: 0.4e-3, mtbf: 120.0 }),
    ("LTE driving", Cost { chunk: 0.35, row: 0.8e-3, mtbf: 30.0 }),
    ("3G", Cost { chunk: 0.9, row: 2e-3, mtbf: 60.0 }),
    ("EDGE", Cost { chunk: 2.6, row: 20e-3, mtbf: 45.0 }),
    ("drive-by Wi-Fi", Cost { chunk: 0.15, row: 0.3e-3, mtbf: 13.0 }),
    ("GEO", Cost { chunk: 1.9, row: 0.3e-3, mtbf: 600.0 }),
];

fn space(knobs: &[&str], present: &[&str], seeds: u64) -> Space {
    Space {
        knobs: knobs.iter().map(|knob| knob.parse().unwrap()).collect(),
        present: present.iter().map(|value| (*value).to_owned()).collect(),
        own: "yours".to_owned(),
        seeds: (1..=seeds).collect(),
        field: vec![Vec::new(); knobs.len()],
        ..Space::default()
    }
}

fn shipped(values: &[&str]) -> Vec<Shipped> {
    let one = |value: &&str| Shipped { value: (*value).to_owned(), names: Vec::new() };
    values.iter().map(one).collect()
}

/// Runs all cells that the search needs. Returns the result and the number of cells.
fn search(space: &Space, price: impl Fn(&Setting, u64) -> Result<f64, String>) -> (Found, u64) {
    let (found, known) = searched(space, price);
    (found, known.0.values().map(|measured| measured.prices.len() as u64).sum())
}

/// Like [`search`], but returns all measurements.
fn searched(space: &Space, price: impl Fn(&Setting, u64) -> Result<f64, String>) -> (Found, Known) {
    let mut known = Known::default();
    let mut cells = 0;
    loop {
        let wanted = match space.search(&known) {
            Ok(found) => return (found, known),
            Err(wanted) => wanted,
        };
        assert!(!wanted.cells.is_empty() && !wanted.beside);
        for (setting, seeds) in wanted.cells {
            for seed in seeds {
                let measured = known.0.entry(setting.clone()).or_default();
                let again = measured.prices.insert(seed, price(&setting, seed).ok());
                assert_eq!(again, None, "{setting:?} is run twice under seed {seed}");
                cells += 1;
                if let Err(trouble) = price(&setting, seed) {
                    measured.trouble = Some(trouble);
                }
            }
        }
        assert!(cells < 100_000, "the search has no end");
    }
}

fn rows(setting: &Setting) -> f64 {
    setting[0].parse().unwrap()
}

/// The closed form with noise. A seed adds up to 1/3 to all prices, and up to `own` to each
/// setting.
fn noisy(cost: Cost, own: f64, luck: u64) -> impl Fn(&Setting, u64) -> Result<f64, String> {
    move |setting, seed| {
        let draw = |purpose: &str, n: u64| Seed(luck * 1_000 + seed).stream(purpose, n, 0).unit();
        let shared = 1.0 + draw("shared", 0) / 3.0;
        let alone = 1.0 + own * (2.0 * draw("own", rows(setting) as u64) - 1.0);
        Ok(cost.time_a_row(rows(setting)) * shared * alone)
    }
}

#[test]
fn the_best_is_within_the_flat_region_and_takes_a_quarter_of_the_full_grid_at_most() {
    const WIDE: &str = "k=16..1048576";
    // The full range, and ranges that users typically give.
    for range in [WIDE, "k=16..8192", "k=64..32768"] {
        for ((name, cost), luck) in SIX.into_iter().flat_map(|link| (0..8).map(move |luck| (link, luck))) {
            let space = space(&[range], &["500"], 8);
            let (found, cells) = search(&space, noisy(cost, 0.02, luck));
            let [from, to] = space.knobs[0].extremes().unwrap().map(|end| end.parse::<f64>().unwrap());
            let best = rows(&found.best.unwrap());
            let optimum = cost.time_a_row(cost.best().clamp(from, to));
            assert!(cost.time_a_row(best) < 1.03 * optimum, "{name}, {range}, luck {luck}: {best}");
            let full = space.knobs[0].full() * 8;
            assert!(u128::from(cells) * 4 <= full, "{name}, {range}, luck {luck}: {cells} of {full} cells");
            if range == WIDE {
                let ends = found.between[0].clone().unwrap();
                let [low, high] = ends.map(|end| end.unwrap().parse::<f64>().unwrap());
                let holds = low < cost.best() && cost.best() < high && high / low < 300.0;
                assert!(holds, "{name}, luck {luck}: {} and {low} to {high}", cost.best());
            }
        }
    }
}

/// Uploads to a backend that works on each row, over links that sometimes fail.
const PUSHES: [Cost; 3] = [
    Cost { chunk: 1.6, row: 0.16, mtbf: 45.0 },
    Cost { chunk: 0.3, row: 0.06, mtbf: 30.0 },
    Cost { chunk: 0.25, row: 0.06, mtbf: 30.0 },
];

#[test]
fn seeds_of_which_a_fifth_is_luck_take_a_quarter_of_the_full_grid_too() {
    let (mut searches, mut excess, mut held) = (0, 0.0, 0);
    for range in ["k=1..4096", "k=1..1024"] {
        for cost in PUSHES {
            for luck in 0..24 {
                let space = space(&[range], &["50"], 8);
                let (found, cells) = search(&space, noisy(cost, 0.2, luck));
                let full = space.knobs[0].full() * 8;
                assert!(
                    u128::from(cells) * 4 <= full,
                    "{range}, {cost:?}, luck {luck}: {cells} of {full} cells"
                );
                excess += cost.excess(found.best.unwrap()[0].parse().unwrap());
                let [low, high] = found.between[0].clone().unwrap();
                let end = |end: Option<String>, open| end.map_or(open, |end| end.parse::<f64>().unwrap());
                let (low, high) = (end(low, 0.0), end(high, f64::INFINITY));
                held += u32::from(low < cost.best() && cost.best() < high);
                searches += 1;
            }
        }
    }
    let excess = excess / f64::from(searches);
    assert!(excess < 0.02, "the best that is found costs {excess} more than the optimum on average");
    assert!(held * 100 >= searches * 95, "the optimum lies in {held} intervals of {searches}");
}

#[test]
fn a_setting_that_was_lucky_is_not_taken_for_the_best() {
    let (mut lucky, mut found_to_be) = (0.0, 0.0);
    for (cost, luck) in PUSHES.into_iter().flat_map(|cost| (0..24).map(move |luck| (cost, luck))) {
        for seeds in [2, 8] {
            let space = space(&["k=1..4096"], &["50"], seeds);
            let (found, known) = searched(&space, noisy(cost, 0.6, luck));
            let excess = |setting: &Setting| cost.excess(rows(setting));
            lucky += excess(&space.best_of_all(&known).unwrap());
            found_to_be += excess(&found.best.unwrap());
        }
    }
    assert!(found_to_be < 0.95 * lucky, "{found_to_be} of {lucky}");
}

#[test]
fn what_loses_a_row_is_no_candidate_though_it_be_the_fastest() {
    let (_, cost) = SIX[2];
    let fair = noisy(cost, 0.0, 1);
    let bound = cost.best() / 2.0;
    let lossy = |setting: &Setting, seed: u64| {
        // Only one seed shows the loss.
        if rows(setting) > bound && seed == 7 { Err("lost".to_owned()) } else { fair(setting, seed) }
    };
    let (found, _) = search(&space(&["k=16..65536"], &["500"], 8), lossy);
    let best: f64 = found.best.unwrap()[0].parse().unwrap();
    assert!(best <= bound && best * 2.0 > bound, "{best} is not next to {bound}");
    assert!(found.between[0].clone().unwrap()[1].is_some(), "the setting that is out ends the interval");
}

#[test]
fn where_everything_is_out_there_is_no_best() {
    let (found, cells) = search(&space(&["k=16..8192"], &["500"], 8), |_, _| Err("stuck".to_owned()));
    // 6 settings of the first grid, 5 between them, and the present one, under 2 seeds each.
    assert_eq!((found.best, cells), (None, 24));
}

#[test]
fn a_candidate_between_the_settings_of_the_first_grid_is_found() {
    let (_, cost) = SIX[2];
    let fair = noisy(cost, 0.0, 1);
    for (low, high) in [(400.0, 600.0), (100.0, 200.0)] {
        let narrow = |setting: &Setting, seed: u64| {
            if (low..high).contains(&rows(setting)) { fair(setting, seed) } else { Err("out".to_owned()) }
        };
        let (found, _) = search(&space(&["k=16..8192"], &["500"], 8), narrow);
        let best = rows(&found.best.expect("there is one"));
        assert!((low..high).contains(&best), "{best}");
    }
}

#[test]
fn too_few_seeds_have_a_best_and_no_interval() {
    for seeds in [1, 2] {
        let (found, _) = search(&space(&["k=16..8192"], &["500"], seeds), noisy(SIX[3].1, 0.0, 1));
        assert!(SIX[3].1.excess(found.best.unwrap()[0].parse().unwrap()) < 0.03);
        assert_eq!(found.between, [None]);
    }
}

#[test]
fn knobs_that_need_each_other_are_both_found() {
    // The valley is diagonal: the best value of each knob depends on the other knob.
    let price = |setting: &Setting, seed: u64| {
        let x = libm::log(setting[0].parse::<f64>().unwrap() / 300.0);
        let y = libm::log(setting[1].parse::<f64>().unwrap() / 40.0);
        Ok((1.0 + 0.1 * (x * x + y * y + x * y)) * (1.0 + seed as f64 / 10.0))
    };
    let space = space(&["a=16..8192", "b=1..1024"], &["4000", "1000"], 8);
    let (found, cells) = search(&space, price);
    let best = found.best.unwrap();
    let cost = price(&best, 1).unwrap() / 1.1;
    assert!(cost < 1.03, "{best:?} costs {cost}");
    let full = space.knobs.iter().map(Knob::full).product::<u128>() * 8;
    assert!(u128::from(cells) * 20 <= full, "{cells} of {full} cells");
}

#[test]
fn settings_that_are_all_as_good_are_searched_to_an_end() {
    let (found, _) = search(&space(&["a=16..8192", "b=1..64"], &["500", "7"], 8), |_, _| Ok(1.0));
    assert!(found.best.is_some());
    assert!(found.between.iter().all(|between| *between == Some([None, None])), "{:?}", found.between);
}

#[test]
fn a_knob_of_words_is_tried_word_by_word() {
    let price = |setting: &Setting, seed: u64| {
        let word = if setting[0] == "unit" { 1.0 } else { 2.0 };
        Ok(word + seed as f64)
    };
    let (found, cells) = search(&space(&["engine.pull.cursor=entity,unit"], &["entity"], 4), price);
    assert_eq!(
        (found.best.unwrap(), found.between),
        (vec!["unit".to_owned()], vec![None]),
        "words have no order between which anything could lie"
    );
    assert_eq!(cells, 8);
}

#[test]
fn what_stands_beside_is_half_double_the_present_and_what_others_ship() {
    let mut space = space(&["k=16..8192"], &["500"], 4);
    space.field = vec![shipped(&["100", "500"])];
    let nothing = Known::default();
    let wanted = space.beside(&nothing, &nothing, &vec!["6000".to_owned()]).unwrap_err();
    assert!(wanted.beside);
    let settings: Vec<&str> = wanted.cells.keys().map(|setting| setting[0].as_str()).collect();
    assert_eq!(settings, ["100", "3000", "500", "8192"]);
    assert!(wanted.cells.values().all(|seeds| *seeds == [1, 2, 3, 4]), "under all seeds, as the best");
}

#[test]
fn what_was_only_to_be_shown_and_turns_out_better_is_the_best_and_no_cell_is_run_twice() {
    // A product's default is better than its neighbours. No bisection would find it, and few seeds
    // do not show it.
    let fair = noisy(SIX[3].1, 0.0, 1);
    let notched = |setting: &Setting, seed: u64| {
        let part = match setting[0].as_str() {
            "100" if seed > 2 => 0.4,
            "100" => 1.0,
            _ => 2.0,
        };
        fair(setting, seed).unwrap() * part
    };
    let mut space = space(&["k=16..8192"], &["500"], 8);
    space.field = vec![shipped(&["100", "200"])];
    let rated = |setting: &Setting, seed| cell(seed, (1e6 / notched(setting, seed)) as u64);
    let tuned = place_with(space, Limits::default(), rated);
    assert!(tuned.complete);
    let knob = &tuned.knobs[0];
    assert_eq!(knob.best, "100");
    assert!(knob.points.iter().all(|point| point.cost_ppm.unwrap() >= 1_000_000), "{:?}", knob.points);
    assert_eq!(tuned.figure, knob.points.iter().find(|point| point.value == "100").unwrap().figure);
}

/// Runs a place to its end. Responses have at most `rows` rows, and noise differs per setting.
fn place_of(space: Space, rows: u64) -> (PlaceTuned, BTreeSet<String>) {
    let mut ran = BTreeSet::new();
    let of = |setting: &Setting, seed| {
        let size: u64 = setting[0].parse().unwrap();
        ran.insert(setting[0].clone());
        let luck = Seed(seed).stream("luck", size, 0).below(100);
        sized(cell(seed, 10_000 * size.min(rows) + luck), size.min(rows))
    };
    // A search that is stopped reports the best setting so far.
    let tuned = place_watched(space, Limits::default(), of, |place, objective| {
        let so_far = place.tuned(objective);
        let stands = |knob: &KnobTuned| knob.points.iter().any(|point| point.value == knob.best);
        assert!(so_far.knobs.iter().all(stands), "{:?}", so_far.knobs);
    });
    (tuned, ran)
}

fn sized(mut judged: Judged, rows: u64) -> Judged {
    judged.cell.metrics.insert("sizes".into(), fixture::alike(Unit::Rows, 1, rows));
    judged
}

#[test]
fn what_asks_for_more_than_there_is_is_one_setting_with_all_who_ship_it() {
    let mut space = space(&["k=16..16384"], &["5000"], 4);
    space.size = Some("sizes");
    space.field = vec![shipped(&["100", "10000", "10000000"])];
    space.field[0][1].names = vec!["one".to_owned()];
    space.field[0][2].names = vec!["another".to_owned()];
    let (tuned, ran) = place_of(space, 2_048);
    let knob = &tuned.knobs[0];
    assert_eq!(knob.best, "2048");
    assert_eq!(knob.points.last().unwrap().value, "2048", "{:?}", knob.points);
    let asked = &knob.points.last().unwrap().asked;
    let asked: Vec<(&str, String)> = asked.iter().map(|a| (a.value.as_str(), a.names.join(", "))).collect();
    let [yours, one, another] = ["yours", "one", "another"].map(str::to_owned);
    assert_eq!(asked, [("5000", yours), ("10000", one), ("10000000", another)]);
    assert_eq!((tuned.present.unwrap().value, knob.reach), ("5000".to_owned(), Some(2_048)));
    assert!(!ran.contains("10000000") && !ran.contains("5000"), "{ran:?}");
}

#[test]
fn what_stands_outside_the_range_is_shown_and_never_chosen() {
    let (tuned, ran) = place_of(space(&["k=4..128"], &["1000"], 4), 100_000);
    assert_eq!(tuned.knobs[0].best, "128");
    assert!(ran.contains("1000"));
    let present = tuned.present.unwrap();
    assert!(present.cost_ppm.unwrap() < 1_000_000, "{present:?}");
    let [_, last] = &tuned.knobs[0].flat;
    assert!(last.parse::<f64>().unwrap() <= 128.0, "what is as good ends with the range: {last}");
}

fn cell(seed: u64, rate: u64) -> Judged {
    let mut judged = judge(&fixture::plan(None, seed), "cell", &fixture::outcome());
    judged.cell.metrics.clear();
    let figure = Figure::Value { unit: Unit::MilliRowsPerSecond, value: rate };
    judged.cell.metrics.insert("engine.rows.rate".into(), figure);
    judged
}

/// A place whose search has ended. `cell` returns the cell of a setting and a seed.
fn place_with(space: Space, limits: Limits, cell: impl FnMut(&Setting, u64) -> Judged) -> PlaceTuned {
    place_watched(space, limits, cell, |_, _| ())
}

/// The same, but calls `look` after each setting. No cell runs twice.
fn place_watched(
    space: Space,
    limits: Limits,
    mut cell: impl FnMut(&Setting, u64) -> Judged,
    look: impl Fn(&Place, &Objective),
) -> PlaceTuned {
    let objective = Objective::of_axis("engine.pull.chunk_rows");
    let mut place = Place { name: "here".to_owned(), space, limits, ..Place::default() };
    let mut ran = BTreeSet::new();
    while let Some(wanted) = place.wants() {
        for (setting, seeds) in wanted.cells {
            for seed in seeds {
                assert!(ran.insert((setting.clone(), seed)), "{setting:?} is run twice under seed {seed}");
                place.add(setting.clone(), cell(&setting, seed), &objective);
            }
            look(&place, &objective);
        }
    }
    place.tuned(&objective)
}

/// The cell with a wait above the limit if `too_long`, otherwise below.
fn waiting(mut judged: Judged, too_long: bool) -> Judged {
    fixture::wait(&mut judged, QUERIES, &[(0, if too_long { 150_000_000 } else { 50_000_000 })]);
    judged
}

const QUERIES: &str = "device.query.duration";

fn own_limits() -> Limits {
    Limits::of(&fixture::plan(None, 1), &["foreground=100ms".parse().unwrap()])
}

fn knob_tuned(knob: &str, present: &str, field: &[&str], rate: impl Fn(f64) -> u64) -> KnobTuned {
    let mut space = space(&[knob], &[present], 4);
    space.field = vec![shipped(field)];
    let cell = |setting: &Setting, seed| cell(seed, rate(rows(setting)) + seed);
    place_with(space, Limits::default(), cell).knobs.remove(0)
}

#[test]
fn a_best_at_the_end_of_the_range_is_said_to_be_limited_by_it_and_by_nothing_else() {
    let rate = |rows: f64| if rows <= 1_000.0 { 1_000 + rows as u64 } else { 300 };
    let field = ["100", "500", "1000", "5000"];
    let told = ["k=16..64", "k=2000..4000", "k=16..1000"].map(|knob| {
        let limits = knob_tuned(knob, "500", &field, rate).limits;
        format!("{knob}: {}\n", limits.join("; "))
    });
    insta::assert_snapshot!(told.concat());
}

/// A place with these rates. If `slow` is true for a setting, people wait too long under one seed.
fn place_with_one_slow_seed(rate: impl Fn(f64, u64) -> u64, slow: impl Fn(f64) -> bool) -> PlaceTuned {
    let cell = |setting: &Setting, seed| {
        waiting(cell(seed, rate(rows(setting), seed) + seed), seed == 2 && slow(rows(setting)))
    };
    place_with(space(&["k=16..8192"], &["500"], 8), own_limits(), cell)
}

#[test]
fn where_one_seed_decides_which_settings_are_candidates_it_is_said_and_ends_no_interval() {
    let rising = |x: f64, _| (1e5 * (1.0 - 1.0 / libm::sqrt(x))) as u64;
    let sound = place_with_one_slow_seed(rising, |_| false);
    assert_eq!(sound.knobs[0].luck, None);
    let place = place_with_one_slow_seed(rising, |x| x > 300.0);
    let knob = &place.knobs[0];
    assert!(rows(&vec![knob.best.clone()]) <= 300.0);
    let doubtful: Vec<&str> = knob.points.iter().filter(|p| p.in_doubt).map(|p| p.value.as_str()).collect();
    assert!(doubtful.contains(&"500") && doubtful.contains(&"8192"), "{doubtful:?}");
    assert_eq!(knob.between.clone().unwrap()[1], None, "better ones may be candidates of other seeds");
    assert!(knob.luck.is_some());
    // Settings beyond the best that cost more do not matter.
    let falling = |x: f64, _| (1e7 / (x + 1e4 / x)) as u64;
    let place = place_with_one_slow_seed(falling, |x| x > 1_000.0);
    assert_eq!(place.knobs[0].luck, None);
    assert!(place.knobs[0].between.clone().unwrap()[1].is_some());
}

#[test]
fn what_misses_a_limit_is_shown_under_all_seeds_and_ends_the_interval_where_it_costs_more() {
    let falling = |x: f64, _| (1e7 / (x + 1e4 / x)) as u64;
    let place = place_with_one_slow_seed(falling, |x| x > 130.0);
    let (knob, present) = (&place.knobs[0], place.present.expect("it was run"));
    let best: f64 = knob.best.parse().unwrap();
    assert!((70.0..=130.0).contains(&best), "{best}");
    let beside = |point: &&PointTuned| point.names.iter().any(|name| name.ends_with(" best value"));
    let beside: Vec<&PointTuned> = knob.points.iter().filter(beside).collect();
    assert_eq!(beside.len(), 2);
    for point in beside.into_iter().chain([&present]) {
        assert_eq!(point.seeds, 8, "{point:?}");
        assert_eq!(point.in_doubt, point.value.parse::<f64>().unwrap() > 130.0, "{point:?}");
    }
    let [_, end] = knob.between.clone().unwrap();
    assert!(end.expect("it ends").parse::<f64>().unwrap() <= 2.0 * best, "{:?}", knob.between);
}
