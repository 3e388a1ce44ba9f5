//! Tests which settings are excluded by limits and gates, over all seeds.

use std::collections::BTreeMap;

use super::*;
use crate::analysis::{judge, sweep::Trouble};
use crate::record::{GateRecord, Judged, Reason, Verdict, fixture};

const REQUESTS: &str = "engine.request.duration";
const SECOND: u64 = 1_000_000_000;

/// A cell with these requests. Each pair is (end, duration) in seconds.
fn cell(seed: u64, requests: &[(u64, u64)]) -> Judged {
    let mut judged = judge(&fixture::plan(None, seed), "cell", &fixture::outcome());
    let waits: Vec<(u64, u64)> = requests.iter().map(|(end, took)| (end * SECOND, took * SECOND)).collect();
    fixture::wait(&mut judged, REQUESTS, &waits);
    judged
}

/// `count` requests of one second each, at different times.
fn quick(count: u64) -> Vec<(u64, u64)> {
    (1..=count).map(|n| (10_000 + 10 * n, 1)).collect()
}

fn missing(mut judged: Judged, gate: &str) -> Judged {
    let mut record = GateRecord::default();
    gate.clone_into(&mut record.name);
    judged.cell.verdict = Verdict::Fail;
    judged.cell.reasons.push(Reason::Gate { gate: record });
    judged
}

fn limits(text: &str) -> Limits {
    Limits(
        Limits::of(&fixture::plan(None, 1), &[text.parse().unwrap()])
            .0
            .into_iter()
            .filter(|l| l.given)
            .collect(),
    )
}

/// The settings that break a rule, and the settings that wait for a run of the smallest one.
fn broken(cells: &BTreeMap<u64, Vec<Judged>>, limits: &Limits, seeds: usize) -> (Vec<u64>, Vec<u64>) {
    let all = standings(cells, &16, limits, seeds);
    let of = |is: fn(&Standing<'_>) -> bool| all.iter().filter(|(_, s)| is(s)).map(|(at, _)| **at).collect();
    (of(|s| !s.broken.is_empty() || s.wrong.is_some()), of(|s| !s.open.is_empty()))
}

#[test]
fn a_long_request_at_one_place_under_each_size_excludes_none() {
    // The first of 2 seeds has a gap of 18 s. Size 1 000 itself needs 12 s, below the limit.
    let mut cells = BTreeMap::from([
        (16, vec![cell(1, &[quick(200), vec![(520, 18)]].concat()), cell(2, &quick(200))]),
        (200, vec![cell(1, &[(518, 18), (600, 2)]), cell(2, &[(500, 2), (510, 2)])]),
        (1_000, vec![cell(1, &[(525, 29)]), cell(2, &[(512, 12)])]),
    ]);
    let chunk = limits("chunk=15s");
    assert_eq!(broken(&cells, &chunk, 2), (vec![], vec![]));
    let held = &standings(&cells, &16, &chunk, 2)[&200].held[0];
    assert_eq!((held.spared.as_slice(), held.cells_spared), ([18 * SECOND].as_slice(), 1));
    // In a short gap the smallest size takes 7 s more. It stays below the limit, and the gap causes
    // it.
    cells.get_mut(&16).unwrap()[1] = cell(2, &[quick(200), vec![(900, 8)]].concat());
    cells.insert(700, vec![cell(1, &quick(200)), cell(2, &[(905, 20)])]);
    assert_eq!(broken(&cells, &chunk, 2), (vec![], vec![]));
    // At another place in the script, the setting itself causes the wait.
    cells.insert(500, vec![cell(1, &[(700, 18)]), cell(2, &[(700, 2)])]);
    // The part that a setting adds to a gap can also exceed the limit.
    cells.insert(2_000, vec![cell(1, &[(530, 35)]), cell(2, &[(512, 2)])]);
    assert_eq!(broken(&cells, &chunk, 2).0, [500, 2_000]);
    // The wait occurs under every seed, so it is not a gap. The first request of the smallest size
    // also takes 7 s more.
    let slow = |seed, first| cell(seed, &[quick(200), vec![(30, first)]].concat());
    let cells_of = |first| vec![slow(1, first), slow(2, first), slow(3, first)];
    let starts = BTreeMap::from([(16, cells_of(8)), (200, cells_of(14)), (300, cells_of(20))]);
    let alone = |seed, first| cell(seed, &[(30, first)]);
    let few = BTreeMap::from([(16, cells_of(8)), (300, vec![alone(1, 20), alone(2, 20), alone(3, 14)])]);
    assert_eq!(broken(&starts, &chunk, 3), (vec![], vec![]), "of 600 six may");
    assert_eq!(broken(&few, &chunk, 3), (vec![300], vec![]));
    // Waits by which the smallest size itself exceeds the limit are not spared.
    assert_eq!(broken(&cells, &limits("chunk=500ms"), 2).0, [16, 200, 500, 700, 1_000, 2_000]);
}

#[test]
fn one_in_a_hundred_of_all_seeds_may_be_longer() {
    let slow = |seed, count: u64| cell(seed, &[quick(count - 1), vec![(500, 20)]].concat());
    let of = |cells: Vec<Judged>, seeds| {
        let smallest: Vec<Judged> = (1..=8).map(|seed| cell(seed, &quick(300))).collect();
        broken(&BTreeMap::from([(16, smallest), (200, cells)]), &limits("chunk=15s"), seeds).0
    };
    let rest = |count, seeds: std::ops::RangeInclusive<u64>| seeds.map(move |seed| cell(seed, &quick(count)));
    assert_eq!(of([slow(1, 20)].into_iter().chain(rest(20, 2..=8)).collect(), 8), [0; 0]);
    assert_eq!(of([slow(1, 10)].into_iter().chain(rest(10, 2..=8)).collect(), 8), [200], "of 80 none may");
    let two = || [slow(1, 20), slow(2, 20)].into_iter();
    assert_eq!(of(two().chain(rest(20, 3..=8)).collect(), 8), [200], "of 160 one may");
    // Some seeds have not run, but the number that is allowed for all seeds is known.
    assert_eq!(of(vec![slow(1, 20), cell(2, &quick(20))], 8), [0; 0]);
    assert_eq!(of(two().collect(), 8), [200]);
}

#[test]
fn one_seed_with_more_long_requests_than_are_kept_counts_with_all() {
    let smallest: Vec<Judged> = (1..=8).map(|seed| cell(seed, &quick(400))).collect();
    let slow: Vec<(u64, u64)> = (1..=300).map(|n| (100 * n, 20)).collect();
    let mut cells: Vec<Judged> = (2..=8).map(|seed| cell(seed, &quick(400))).collect();
    let mut bad = cell(1, &[quick(100), slow].concat());
    bad.tails.values_mut().for_each(|tail| tail.truncate(32));
    cells.push(bad);
    let cells = BTreeMap::from([(16, smallest), (200, cells)]);
    assert_eq!(broken(&cells, &limits("chunk=15s"), 8).0, [200], "of 3 200 as many as 32 may");
}

#[test]
fn what_the_smallest_size_has_is_asked_for_where_it_decides() {
    let cells = BTreeMap::from([
        (16, vec![cell(1, &quick(200))]),
        (200, vec![cell(1, &quick(20)), cell(2, &[(500, 20), (510, 2)])]),
        (300, vec![cell(1, &quick(150)), cell(2, &[(500, 20), (510, 2)])]),
    ]);
    assert_eq!(broken(&cells, &limits("chunk=15s"), 2), (vec![], vec![200]));
}

/// A cell of 100 requests of 1 s, with a gate on `stat`. `long` of the requests take 9 s instead.
fn gated(seed: u64, stat: &str, long: u64) -> Judged {
    let took = |n| if n < long { 9 * SECOND } else { SECOND };
    let waits: Vec<(u64, u64)> = (0..100).map(|n| (10 * n * SECOND, took(n))).collect();
    let mut judged = cell(seed, &[]);
    fixture::wait(&mut judged, REQUESTS, &waits);
    let value = judged.cell.stat(REQUESTS, stat);
    let (name, metric, stat) = ("usable".to_owned(), REQUESTS.to_owned(), stat.to_owned());
    let pass = value <= Some(2 * SECOND);
    let gate = GateRecord { name, metric, stat, max: Some(2 * SECOND), value, pass, ..Default::default() };
    if !pass {
        judged.cell.verdict = Verdict::Fail;
        judged.cell.reasons.push(Reason::Gate { gate: gate.clone() });
    }
    judged.gates = vec![gate];
    judged
}

#[test]
fn a_gate_is_judged_on_all_seeds_together() {
    let of = |stat: &str, long: [u64; 8]| {
        let cells = |long: [u64; 8]| (1..).zip(long).map(|(seed, long)| gated(seed, stat, long)).collect();
        let all = BTreeMap::from([(16, cells([0; 8])), (200, cells(long))]);
        broken(&all, &Limits::default(), 8).0
    };
    for (stat, long, out) in [
        ("p95", [20, 0, 0, 0, 0, 0, 0, 0], false),
        ("p95", [20, 20, 20, 0, 0, 0, 0, 0], true),
        ("p99", [3, 0, 0, 0, 0, 0, 0, 0], false),
        ("p99", [20, 0, 0, 0, 0, 0, 0, 0], true),
        ("mean", [50, 0, 0, 0, 0, 0, 0, 0], false),
        ("mean", [50, 50, 50, 50, 50, 0, 0, 0], true),
        // The maximum over all cells is the maximum of a single cell.
        ("max", [1, 0, 0, 0, 0, 0, 0, 0], true),
    ] {
        assert_eq!(of(stat, long), if out { vec![200] } else { vec![] }, "{stat} {long:?}");
    }
}

#[test]
fn a_gate_that_each_setting_misses_by_itself_excludes_none() {
    let met = |seed| cell(seed, &[]);
    let cells = BTreeMap::from([
        (16, vec![missing(met(1), "usable"), met(2)]),
        (200, vec![met(1), missing(met(2), "usable")]),
    ]);
    assert_eq!(broken(&cells, &Limits::default(), 2), (vec![], vec![]));
    // A setting also misses the gate if it ran under few seeds and none of them meets it. The same
    // is true if only one seed meets it.
    let missed = |seeds: &[u64]| seeds.iter().map(|seed| missing(met(*seed), "usable")).collect::<Vec<_>>();
    let mut cells = BTreeMap::from([
        (16, missed(&[1, 2, 3, 4])),
        (200, [missed(&[1, 2, 3]), vec![met(4)]].concat()),
        (500, missed(&[1, 2])),
    ]);
    assert_eq!(broken(&cells, &Limits::default(), 4), (vec![], vec![]));
    cells.insert(100, [missed(&[1]), vec![met(2), met(3), met(4)]].concat());
    assert_eq!(broken(&cells, &Limits::default(), 4), (vec![16, 200, 500], vec![]));
}

#[test]
fn a_gate_that_all_settings_miss_excludes_none() {
    let met = |seed| cell(seed, &[]);
    let cells = BTreeMap::from([
        (16, vec![missing(met(1), "usable"), missing(missing(met(2), "usable"), "quick")]),
        (200, vec![missing(met(1), "usable"), missing(met(2), "usable")]),
        (500, vec![missing(met(1), "usable"), missing(met(2), "usable"), missing(met(3), "usable")]),
    ]);
    let none = Limits::default();
    assert_eq!(broken(&cells, &none, 3), (vec![16], vec![500]), "one alone under a seed says nothing");
    let all = standings(&cells, &16, &none, 3);
    assert_eq!(all[&200].spared["gate usable"].seeds, 2);
    assert!(all[&16].breaks(&Rule::Demand("gate quick".to_owned())));
    // A setting that loses a row is excluded, even if all settings lose one.
    let mut lossy = cells;
    let lost = || judge(&fixture::plan(None, 1), "cell", &fixture::lost(1));
    lossy.values_mut().for_each(|of| of[0] = lost());
    let all = standings(&lossy, &16, &none, 3);
    assert!(all.values().all(|s| matches!(s.wrong, Some(Trouble::Failed { failed: 2 | 3, .. }))), "{all:?}");
}
