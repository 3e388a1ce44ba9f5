use std::collections::BTreeMap;

use super::{Comparison, Difference, Finding, Side, compare};
use crate::base::Seed;
use crate::metrics::{Figure, NEVER, Unit};
use crate::record::{CellFigures, CellRecord};

const USABLE: &str = "engine.usable_after_login.duration";
const SAFE: &str = "engine.write_acknowledged.duration";
const SECOND: u64 = 1_000_000_000;

fn waits(count: u64, p50: u64, p95: u64) -> Figure {
    let (min, p99, max, mean) = (p50 / 2, p95, p95, Some(p50));
    Figure::Distribution { unit: Unit::Ns, count, min, p50, p95, p99, max, mean, never: 0, waited: 0 }
}

/// Thirty waits, of which `never` did not end.
fn open(never: u64, p50: u64) -> Figure {
    let end = if never > 1 { NEVER } else { 2 * p50 };
    let p50 = if never > 15 { NEVER } else { p50 };
    let (min, max, waited) = (SECOND, NEVER, 3_200 * SECOND);
    let (count, mean) = (30 - never, Some(NEVER));
    Figure::Distribution { unit: Unit::Ns, count, min, p50, p95: end, p99: end, max, mean, never, waited }
}

/// Eight seeds of a variant.
fn side(variant: &str, figures: impl Fn(u64) -> Vec<(&'static str, Figure)>) -> Side {
    let cell = |seed: u64| CellRecord {
        variant: Some(variant.to_owned()),
        resolved: variant.to_owned(),
        seed: seed.to_string(),
        metrics: figures(seed).into_iter().map(|(name, figure)| (name.into(), figure)).collect(),
        ..CellRecord::default()
    };
    Side { name: variant.to_owned(), cells: (0..8).map(cell).collect(), builds: BTreeMap::new() }
}

fn found<'c>(comparison: &'c Comparison, metric: &str, stat: &str) -> &'c Difference {
    let mut all = comparison.groups[0].differences.iter();
    all.find(|one| (one.metric.as_str(), one.stat) == (metric, stat)).expect("it is compared")
}

fn number(value: u64) -> Figure {
    Figure::number(Unit::Count, value)
}

#[test]
fn hundreds_of_other_figures_hide_none_of_the_summary() {
    let noise = |seed: u64, n: u64| Seed(seed).stream("noise", n, 0).below(1_000);
    let cells = |variant: &'static str, own: u64, more: u64| {
        let mut all = side(variant, |seed| {
            let login = (4 * SECOND + noise(seed, own) * SECOND / 500) * (100 + more) / 100;
            vec![(USABLE, waits(20, login, login))]
        });
        for (cell, seed) in all.cells.iter_mut().zip(0..) {
            let others =
                (0..300).map(|n| (format!("x.{n}").into(), number(9_000 + noise(seed, 2 * n + own))));
            cell.metrics.extend(others.collect::<CellFigures>());
        }
        all
    };
    let comparison = compare(&cells("a", 0, 0), &cells("b", 1, 65));
    let login = found(&comparison, USABLE, "p95");
    assert_eq!(login.finding, Finding::Worse, "{login:?}");
    assert_eq!(comparison.groups[0].differences[0].metric, USABLE);
    let even = compare(&cells("a", 0, 0), &cells("b", 1, 0));
    assert_eq!(found(&even, USABLE, "p95").finding, Finding::Unclear);
}

#[test]
fn a_sum_of_more_devices_or_hours_is_no_worse_and_a_wait_is() {
    let of = |more: u64| {
        move |_| {
            let waits = waits(10, SECOND * (10 + more), SECOND * (10 + more));
            vec![("engine.requests.count", number(100 + 10 * more)), (USABLE, waits)]
        }
    };
    let found = |size: fn(&mut CellRecord)| {
        let [mut base, mut other] = [side("a", of(0)), side("b", of(5))];
        for cell in base.cells.iter_mut().chain(&mut other.cells) {
            (cell.devices, cell.phases.script_ns) = (6, SECOND);
        }
        other.cells.iter_mut().for_each(size);
        let all = compare(&base, &other);
        let of = |metric, stat| found(&all, metric, stat).finding;
        [of("engine.requests.count", "value"), of(USABLE, "p95")]
    };
    assert_eq!(found(|_| {}), [Finding::Worse; 2]);
    assert_eq!(found(|cell| cell.devices = 9), [Finding::Changed, Finding::Worse]);
    assert_eq!(found(|cell| cell.phases.script_ns = 1), [Finding::Changed, Finding::Worse]);
}

#[test]
fn less_than_one_per_cent_is_equal_but_for_what_was_lost() {
    let of = |more: u64| {
        let overwritten = number(1_000 + more);
        let requests = number(1_000 + more);
        move |_| {
            vec![
                ("engine.requests.count", requests.clone()),
                ("oracle.overwritten.columns", overwritten.clone()),
            ]
        }
    };
    for (more, tolerance, finding) in [
        (9, 10_000, Finding::Equal),
        (9, 0, Finding::Worse),
        (9, 50_000, Finding::Equal),
        (11, 10_000, Finding::Worse),
        (11, 50_000, Finding::Tolerated),
    ] {
        let mut comparison = compare(&side("a", of(0)), &side("b", of(more)));
        comparison.tolerate(tolerance);
        assert_eq!(
            found(&comparison, "engine.requests.count", "value").finding,
            finding,
            "{more} {tolerance}"
        );
        assert_eq!(found(&comparison, "oracle.overwritten.columns", "value").finding, Finding::Worse);
    }
    // The same scenario and the same seeds.
    let exact = |name, more| {
        let mut side = side("a", of(more));
        side.name = String::from(name);
        side
    };
    let mut comparison = compare(&exact("a", 0), &exact("b", 9));
    comparison.tolerate(10_000);
    assert_eq!(found(&comparison, "engine.requests.count", "value").finding, Finding::Equal);
}

#[test]
fn a_wait_that_never_ends_is_longer_than_all_others() {
    let ended = |seed: u64| vec![(SAFE, waits(30, 3_000 * SECOND + seed, 3_100 * SECOND + seed))];
    let thrown_away = |seed: u64| vec![(SAFE, open(20, SECOND + seed))];
    for exact in [false, true] {
        let [mut base, mut candidate] = [side("sent", ended), side("thrown-away", thrown_away)];
        if exact {
            let cells = base.cells.iter_mut().chain(&mut candidate.cells);
            cells.for_each(|cell| (cell.resolved, cell.variant) = (String::new(), None));
        }
        let comparison = compare(&base, &candidate);
        for stat in ["p50", "p95", "never"] {
            let one = found(&comparison, SAFE, stat);
            assert_eq!((one.finding, one.interval_ppm), (Finding::Worse, None), "{one:?}");
        }
        let one = found(&comparison, SAFE, "p95");
        assert_eq!((one.candidate, one.change_ppm), (Some(NEVER), None));
        assert_eq!(one.censored.map(|of| of.map(|of| (of.never, of.of))), [None, Some((160, 240))]);
        let back = compare(&candidate, &base);
        assert_eq!(found(&back, SAFE, "p95").finding, Finding::Better);
    }
}

#[test]
fn one_seed_with_an_open_wait_hides_no_longer_waits() {
    let of = |times: u64, open_in: Option<u64>| {
        move |seed: u64| {
            let wait = (100 + seed) * SECOND * times;
            vec![(SAFE, if open_in == Some(seed) { open(9, wait) } else { waits(30, wait, wait) })]
        }
    };
    let longer = compare(&side("a", of(1, None)), &side("b", of(2, Some(3))));
    assert_eq!(found(&longer, SAFE, "p95").finding, Finding::Worse);
    let unclear = compare(&side("a", of(2, None)), &side("b", of(1, Some(3))));
    assert_eq!(found(&unclear, SAFE, "p95").finding, Finding::Unclear, "shorter where they ended");
}

#[test]
fn pieces_are_compared_by_their_total_and_peaks_by_the_greatest() {
    let of = |requests: u64| {
        move |seed: u64| {
            let took = |p50, p95| waits(requests, p50 + seed, p95 + seed);
            let one = 4_000 * SECOND / requests;
            let peak = Figure::Distribution {
                unit: Unit::Bytes,
                count: requests,
                min: 1,
                p50: 10,
                p95: 10 * requests,
                p99: 90 * requests,
                max: 1_000_000,
                mean: Some(9),
                never: 0,
                waited: 0,
            };
            let runs = waits(requests, one, 9 * SECOND);
            vec![
                ("backend.request.service", took(one, 2 * one)),
                ("device.memory.peak", peak),
                ("engine.session.duration", runs),
            ]
        }
    };
    let comparison = compare(&side("a", of(1_000)), &side("b", of(250)));
    let stats = |metric: &str| {
        let all = comparison.groups[0].differences.iter().filter(|one| one.metric == metric);
        all.map(|one| (one.stat, one.finding)).collect::<Vec<_>>()
    };
    assert_eq!(stats("device.memory.peak"), [("max", Finding::Same)]);
    assert_eq!(stats("engine.session.duration"), [("max", Finding::Same)]);
    let [("total", Finding::Better | Finding::Unclear)] = stats("backend.request.service")[..] else {
        panic!("{:?}", stats("backend.request.service"))
    };
    // As many pieces as before are compared by percentiles.
    let alike = compare(&side("a", of(1_000)), &side("b", of(990)));
    assert!(
        alike.groups[0].differences.iter().any(|one| one.metric.ends_with("service") && one.stat == "p95")
    );
}

#[test]
fn losses_stand_first_and_then_the_summary_by_how_much_it_moved() {
    let of = |[lost, login, down, failed, rate]: [u64; 5]| {
        move |seed: u64| {
            vec![
                ("oracle.divergent.devices", number(lost)),
                ("oracle.undetected_delete.rows", number(9 * lost)),
                (USABLE, waits(20, login * SECOND, login * SECOND + seed)),
                ("net.down.bytes", number(down)),
                ("engine.requests.failed", number(failed)),
                ("backend.scanned.rows", number(rate)),
            ]
        }
    };
    let comparison = compare(&side("a", of([0, 100, 100, 100, 100])), &side("b", of([1, 110, 40, 90, 900])));
    let judged = comparison.groups[0].differences.iter();
    let mut order: Vec<&str> = judged.map(|one| one.metric.as_str()).collect();
    order.dedup();
    let expected = [
        "oracle.undetected_delete.rows",
        "oracle.divergent.devices",
        "net.down.bytes",
        USABLE,
        "engine.requests.failed",
        USABLE,
        "backend.scanned.rows",
    ];
    assert_eq!(order, expected, "the 99th percentile behind what the summary says");
}

#[test]
fn costs_stand_by_how_much_they_moved_behind_a_wait_that_moved() {
    let of = |[login, down, up, wasted]: [u64; 4]| {
        move |seed: u64| {
            vec![
                (USABLE, waits(20, login * SECOND, login * SECOND + seed)),
                ("net.down.bytes", number(down)),
                ("net.up.bytes", number(up)),
                ("engine.wasted.bytes", Figure::number(Unit::Bytes, wasted)),
            ]
        }
    };
    let base = side("a", of([100; 4]));
    for (candidate, expected) in [
        ([130, 210, 480, 900], [USABLE, "net.up.bytes", "net.down.bytes", "engine.wasted.bytes"]),
        ([110, 210, 480, 900], ["net.up.bytes", "net.down.bytes", "engine.wasted.bytes", USABLE]),
        ([110, 40, 130, 102], ["net.down.bytes", "net.up.bytes", USABLE, "engine.wasted.bytes"]),
    ] {
        let comparison = compare(&base, &side("b", of(candidate)));
        let said = comparison.groups[0].differences.iter().filter(|one| one.stat != "p99");
        let mut order: Vec<&str> = said.map(|one| one.metric.as_str()).collect();
        order.dedup();
        assert_eq!(order[..4], expected, "{candidate:?}");
    }
}

#[test]
fn who_has_fewer_waits_is_not_better_for_it() {
    let of = |count: u64, wait: u64| {
        move |seed: u64| vec![(SAFE, waits(count, wait * SECOND, wait * SECOND + seed))]
    };
    let finding =
        |base, candidate| found(&compare(&side("a", base), &side("b", candidate)), SAFE, "p95").finding;
    assert_eq!(finding(of(30, 9), of(30, 3)), Finding::Better);
    assert_eq!(finding(of(30, 9), of(25, 3)), Finding::Better);
    assert_eq!(finding(of(30, 9), of(20, 3)), Finding::Changed, "a third of them were prevented");
    assert_eq!(finding(of(30, 3), of(20, 9)), Finding::Worse);
    assert_eq!(finding(of(20, 3), of(30, 9)), Finding::Worse);
}

/// One of the 10 waits of a cell is the longest, because its response was lost.
#[test]
fn the_mean_finds_what_the_longest_of_a_few_hides() {
    let noise = |seed: u64, n: u64| Seed(seed).stream("noise", n, 0).below(1_000);
    let of = |own: u64, more: u64| {
        move |seed: u64| {
            let longest = (4_000 + 6 * noise(seed, own)) * SECOND / 1_000;
            let mean = (2_000 + more + noise(seed, own + 1) / 20) * SECOND / 1_000;
            let Figure::Distribution { unit, count, min, p50, p95, p99, max, never, waited, .. } =
                waits(10, longest / 2, longest)
            else {
                unreachable!("waits are a distribution")
            };
            let mean = Some(mean);
            vec![(USABLE, Figure::Distribution { unit, count, min, p50, p95, p99, max, mean, never, waited })]
        }
    };
    let finding = |more: u64, stat: &str| {
        found(&compare(&side("a", of(0, 0)), &side("b", of(7, more))), USABLE, stat).finding
    };
    assert_eq!([finding(300, "mean"), finding(300, "p95")], [Finding::Worse, Finding::Unclear]);
    assert_eq!(finding(0, "mean"), Finding::Unclear);
}
