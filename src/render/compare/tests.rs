use std::collections::BTreeMap;

use super::*;
use crate::analysis::compare::{
    Basis, Comparison, Finding, Lacks, Measured, Missing, Side, Unmeasured, compare,
};
use crate::base::Seed;
use crate::metrics::{Figure, Unit};
use crate::record::{CellFigures, Exit};
use crate::render::Paint;

fn cell(variant: Option<&str>, seed: u64, rate: u64, wait: u64) -> Measured {
    let figures = CellFigures::from([
        ("engine.rows.rate".into(), Figure::number(Unit::MilliRowsPerSecond, rate)),
        ("engine.session.count".into(), Figure::number(Unit::Count, 10 + seed)),
        ("engine.wasted.bytes".into(), Figure::number(Unit::Bytes, wait)),
    ]);
    Measured {
        scenario: "ties".to_owned(),
        resolved: variant.unwrap_or("base").to_owned(),
        variant: variant.map(str::to_owned),
        seed: seed.to_string(),
        metrics: figures,
        ..Measured::default()
    }
}

fn side(name: &str, cells: Vec<Measured>) -> Side {
    Side { name: name.to_owned(), cells, builds: BTreeMap::new() }
}

fn finding(comparison: &Comparison, metric: &str) -> Finding {
    let found = comparison.groups[0].differences.iter().find(|d| d.metric == metric);
    found.expect("the metric is compared").finding
}

#[test]
fn variants_meet_the_same_seeds_and_what_seeds_disagree_about_is_unclear() {
    let base = side("a", (0..10).map(|s| cell(Some("x"), s, 1_000, 100 + s)).collect());
    let swing = |s: u64| if s.is_multiple_of(2) { 80 + s } else { 120 + s };
    let candidate = side("b", (0..10).map(|s| cell(Some("y"), s, 900, swing(s))).collect());
    let comparison = compare(&base, &candidate);
    assert_eq!((comparison.groups[0].basis, comparison.groups[0].seeds), (Basis::Paired, (10, 10)));
    assert_eq!(finding(&comparison, "engine.rows.rate"), Finding::Worse);
    assert_eq!(finding(&comparison, "engine.wasted.bytes"), Finding::Unclear);
}

#[test]
fn what_is_lost_under_a_seed_under_which_the_base_loses_nothing_is_worse_however_few_seeds_there_are() {
    let losing = |variant, metric: &'static str, lost: &[u64]| {
        let lost = |seed| lost.get(seed as usize).copied().unwrap_or_default();
        let of = |seed| with(cell(Some(variant), seed, 1_000, 100), metric, Unit::Rows, lost(seed));
        side(variant, (0..8).map(of).collect())
    };
    for (metric, base, found) in [
        ("oracle.lost.rows", &[] as &[u64], Finding::Worse),
        ("oracle.lost.rows", &[0, 1], Finding::Unclear),
        ("net.down.bytes", &[], Finding::Unclear),
    ] {
        let comparison = compare(&losing("x", metric, base), &losing("y", metric, &[0, 0, 3]));
        assert_eq!(finding(&comparison, metric), found, "{metric} {base:?}");
    }
}

#[test]
fn a_cell_that_fails_in_the_candidate_alone_fails_with_its_own_code() {
    let failing =
        |variant, seed, exits: &[Exit]| Measured { failed: exits.to_vec(), ..cell(variant, seed, 1_000, 50) };
    let (lost, slow): (&[Exit], &[Exit]) = (&[Exit::Correctness], &[Exit::Threshold]);
    let both_ways: &[Exit] = &[Exit::Threshold, Exit::Correctness];
    let compared = |base: Vec<Measured>, candidate: Vec<Measured>| {
        compare(&side("a", base), &side("b", candidate)).new_failure()
    };
    let both = |exits: [&[Exit]; 2]| vec![failing(None, 1, exits[0]), failing(None, 2, exits[1])];
    for (base, candidate, exit) in [
        ([&[][..], &[]], [&[][..], lost], Exit::Correctness),
        ([&[], &[]], [slow, &[Exit::Stuck]], Exit::Stuck),
        ([lost, &[]], [&[], lost], Exit::Correctness),
        ([lost, &[]], [lost, &[]], Exit::Success),
        ([lost, lost], [&[], &[]], Exit::Success),
        ([slow, slow], [both_ways, slow], Exit::Correctness),
        ([both_ways, slow], [slow, slow], Exit::Success),
    ] {
        assert_eq!(compared(both(base), both(candidate)), exit, "{base:?} against {candidate:?}");
    }
    let others = |exits: [&[Exit]; 2]| vec![failing(None, 3, exits[0]), failing(None, 4, exits[1])];
    assert_eq!(compared(both([lost, &[]]), others([&[], lost])), Exit::Success, "one of two on each side");
    assert_eq!(compared(both([&[], &[]]), others([&[], lost])), Exit::Correctness);
    assert_eq!(
        compared(both([slow, slow]), others([slow, both_ways])),
        Exit::Correctness,
        "all failed before"
    );
}

#[test]
fn too_few_seeds_judge_no_design_question_and_say_how_many_would() {
    let one = |variant, rate| side(variant, vec![cell(Some(variant), 1, rate, 10)]);
    let takes = |base: &Side, candidate: &Side| compare(base, candidate).unjudged().map(|(_, least)| least);
    assert_eq!(takes(&one("x", 1_000), &one("y", 32)), Some(6));
    assert_eq!(takes(&one("x", 1_000), &one("y", 1_000)), None, "nothing differs");
    let exact = |rate| side("a", vec![cell(None, 1, rate, 10)]);
    assert_eq!(takes(&exact(1_000), &exact(32)), None, "an exact pair needs no second");
    let other = side("b", vec![cell(None, 7, 32, 10), cell(None, 8, 31, 10)]);
    assert_eq!(takes(&exact(1_000), &other), Some(8), "a sample of one has no variance");
}

#[test]
fn of_many_figures_only_what_chance_does_not_explain_differs_and_one_that_is_named_is_judged_alone() {
    // Two hundred figures that go up and down from seed to seed, and one that is half a per cent
    // off, three times its error.
    let noise = |seed: u64, n: u64| Seed(seed).stream("noise", n, 0).below(1_000);
    let cells = |variant: &'static str, shift: u64| {
        let cell = move |seed| {
            let mut cell = cell(Some(variant), seed, 0, 0);
            cell.metrics.clear();
            for n in 0..200 {
                let value = 100_000 + noise(seed, 2 * n + shift);
                cell.metrics.insert(format!("x.{n}").into(), Figure::number(Unit::Count, value));
            }
            let value = 100_000 + shift * 450 + noise(seed, 1_000 + shift) / 2;
            cell.metrics.insert("x.moved".into(), Figure::number(Unit::Count, value));
            cell
        };
        side(variant, (0..8).map(cell).collect())
    };
    let (base, candidate) = (cells("x", 0), cells("y", 1));
    let comparison = compare(&base, &candidate);
    let seen = comparison.groups[0].differences.iter().filter(|d| d.finding != Finding::Unclear).count();
    assert_eq!(seen, 0);
    let asked = ["x.moved".to_owned()];
    let comparison = compare(&base.of_metrics(&asked), &candidate.of_metrics(&asked));
    assert_eq!(comparison.groups[0].differences.len(), 1);
    assert_eq!(finding(&comparison, "x.moved"), Finding::Changed);
}

#[test]
fn a_change_is_held_against_what_is_tolerated_by_its_nearer_end() {
    let base = side("a", (0..10).map(|s| cell(Some("x"), s, 1_000, 100)).collect());
    let candidate = side("b", (0..10).map(|s| cell(Some("y"), s, 900 + 2 * s, 107)).collect());
    let comparison = compare(&base, &candidate);
    let rate = comparison.groups[0].differences.iter().find(|d| d.metric == "engine.rows.rate").unwrap();
    let (low, high) = rate.interval_ppm.unwrap();
    assert!(low < high && high < 0, "{rate:?}");
    let near = high.unsigned_abs();
    assert!(rate.exceeds(near - 1) && !rate.exceeds(near), "{rate:?}");
    let nothing = compare(&side("a", vec![cell(None, 1, 5, 0)]), &side("b", vec![cell(None, 1, 5, 7)]));
    let (_, wasted) = nothing.found(Finding::Worse).next().unwrap();
    assert!(wasted.exceeds(u64::MAX), "a step from nothing has no share");
}

#[test]
fn figures_that_the_candidate_lacks_are_told_and_are_no_zeros() {
    let all = |name| side(name, vec![cell(None, 1, 5, 7), cell(None, 2, 5, 7)]);
    let mut less = all("b");
    less.cells[1].metrics.remove("engine.rows.rate");
    less.cells[1].metrics.remove("engine.wasted.bytes");
    let comparison = compare(&all("a"), &less);
    let without = ["engine.rows.rate", "engine.wasted.bytes"].map(str::to_owned).to_vec();
    assert_eq!(comparison.groups[0].missing, [Missing { seed: "2".to_owned(), without }]);
    assert_eq!(comparison.found(Finding::Worse).count(), 0, "{:?}", comparison.groups);
    // Nor are those that the base lacks, which knew less of it.
    let comparison = compare(&less, &all("b"));
    assert_eq!((lacking(&comparison), comparison.found(Finding::Worse).count()), (None, 0));
}

/// Of seeds `from` on, with a distribution that has observed something under those that `some` is
/// true of.
fn waits(variant: Option<&str>, from: u64, some: impl Fn(u64) -> bool) -> Side {
    let cell = |seed| {
        let mut cell = cell(variant, seed, 1_000, 50);
        let n = u64::from(some(seed));
        let (min, p50) = (n * 9, n * (1_000 + seed));
        cell.metrics.insert(WAIT.into(), spread(n, [min, p50, p50, p50, p50]));
        cell
    };
    side(variant.unwrap_or("a"), (from..from + 8).map(cell).collect())
}

const WAIT: &str = "engine.write_acknowledged.duration";

fn spread(count: u64, [min, p50, p95, p99, max]: [u64; 5]) -> Figure {
    Figure::Distribution { unit: Unit::Ns, count, min, p50, p95, p99, max, mean: None }
}

#[test]
fn a_figure_that_one_side_has_nothing_of_is_told_as_it_is_and_is_no_pass() {
    let asked = [WAIT.to_owned()];
    let all = |variant, from| waits(variant, from, |_| true);
    let none = |variant, from| waits(variant, from, |_| false);
    for (base, candidate, basis) in [
        (all(Some("x"), 0), none(Some("y"), 0), Basis::Paired),
        (all(None, 0), none(None, 0), Basis::Exact),
        (all(None, 0), none(None, 20), Basis::Samples),
    ] {
        let comparison = compare(&base.clone().of_metrics(&asked), &candidate.clone().of_metrics(&asked));
        assert_eq!(comparison.groups[0].basis, basis);
        let waits = comparison.groups[0].differences.iter().filter(|d| d.stat.starts_with('p'));
        for difference in waits {
            assert_eq!((difference.base, difference.candidate), (Some(1_004), None), "{basis:?}");
            assert_eq!((difference.change_ppm, difference.finding), (None, Finding::Changed), "{basis:?}");
        }
        let unmeasured = comparison.unmeasured(&asked);
        assert!(unmeasured.iter().all(|one| one.lacks == Lacks::All { in_base: false }), "{basis:?}");
        assert_eq!(unmeasured[0].metric, WAIT);
        // It is a headline, so it is looked at unasked, either way; other figures are not.
        assert!(!compare(&base, &candidate).unmeasured(&[]).is_empty());
        assert!(!compare(&candidate, &base).unmeasured(&[]).is_empty());
        assert_eq!(comparison.unmeasured(&["engine.rows.rate".to_owned()]), []);
    }
}

#[test]
fn a_figure_that_was_asked_for_and_that_too_few_seeds_have_is_not_judged() {
    let asked = [WAIT.to_owned()];
    for (variants, from, few, least) in [([Some("x"), Some("y")], 0, 3, 6), ([None, None], 20, 4, 8)] {
        let base = waits(variants[0], 0, |_| true);
        let candidate = |most: u64| {
            let slower = waits(variants[1], from, move |seed| seed - from < most);
            compare(&base, &slower)
        };
        let lacks = Lacks::Seeds { cells: few as usize, least };
        assert_eq!(candidate(few).unmeasured(&asked), [Unmeasured { metric: WAIT, group: "", lacks }]);
        assert_eq!(candidate(few).unmeasured(&[]), [], "unasked, rare figures come and go");
        assert_eq!(candidate(8).unmeasured(&asked), []);
    }
}

#[test]
fn a_figure_that_some_seeds_have_by_chance_is_unclear_and_shown_as_it_is() {
    let base = waits(Some("x"), 0, |seed| seed != 3);
    for some in [&(|seed: u64| seed == 3) as &dyn Fn(u64) -> bool, &|seed| seed > 2, &|_| false, &|_| true] {
        let comparison = compare(&base, &waits(Some("y"), 0, some));
        let found = comparison.groups[0].differences.iter().find(|d| d.metric == WAIT).unwrap();
        assert!(found.lopsided && found.finding == Finding::Unclear, "{found:?}");
        assert_eq!(comparison.unmeasured(&[]), [], "{found:?}");
        assert!(found.base.is_some_and(|mean| mean > 999) && found.candidate != Some(0), "{found:?}");
    }
    let none = |variant| waits(Some(variant), 0, |_| false);
    let comparison = compare(&none("x"), &none("y"));
    assert_eq!((finding(&comparison, WAIT), comparison.unmeasured(&[]).len()), (Finding::Same, 0));
}

#[test]
fn a_threshold_that_one_of_twelve_other_seeds_misses_is_luck_and_a_loss_is_not() {
    let seeds = |name, from: u64, exit: Vec<Exit>| {
        let failing = |s| if s == 15 { exit.clone() } else { Vec::new() };
        let cells = (from..from + 12).map(|s| Measured { failed: failing(s), ..cell(None, s, 5, 7) });
        side(name, cells.collect())
    };
    let of = |exit| compare(&seeds("a", 0, Vec::new()), &seeds("b", 12, vec![exit])).new_failure();
    assert_eq!(of(Exit::Threshold), Exit::Success);
    assert_eq!(of(Exit::Correctness), Exit::Correctness);
}

#[test]
fn where_the_base_loses_too_other_seeds_lose_more_beyond_one_chance_in_ten() {
    // Eight seeds a side; all of the candidate's, or four, beside three of the base's.
    let seeds = |name, from: u64, lossy: u64| {
        let failed = |s| if s < from + lossy { vec![Exit::Correctness] } else { Vec::new() };
        let cells = (from..from + 8).map(|s| Measured { failed: failed(s), ..cell(None, s, 5, 7) });
        side(name, cells.collect())
    };
    let of = |lossy| compare(&seeds("a", 0, 3), &seeds("b", 8, lossy)).new_failure();
    assert_eq!([4, 7, 8].map(of), [Exit::Success, Exit::Correctness, Exit::Correctness]);
}

#[test]
fn the_change_that_is_told_lies_in_its_interval_though_one_pair_moves_the_means() {
    // Nine of ten waits are a fifth shorter; one is an hour.
    let wait = |s: u64| if s == 7 { 3_600_000 } else { 800 + s };
    let base = side("a", (0..10).map(|s| cell(Some("x"), s, 1_000, 1_000 + s)).collect());
    let candidate = side("b", (0..10).map(|s| cell(Some("y"), s, 900, wait(s))).collect());
    for (base, candidate) in [(&base, &candidate), (&candidate, &base)] {
        let comparison = compare(base, candidate);
        let told = comparison.groups[0].differences.iter().filter(|d| d.interval_ppm.is_some());
        for difference in told {
            let (low, high) = difference.interval_ppm.unwrap();
            let change = difference.change_ppm.unwrap();
            assert!(low <= change && change <= high, "{difference:?}");
            let [base, candidate] = difference.means.map(Option::unwrap);
            assert_eq!(change > 0, candidate > base, "{difference:?}");
        }
    }
}

fn of_scenario(resolved: &str, wait: u64) -> impl Iterator<Item = Measured> {
    let resolved = resolved.to_owned();
    (1..=8).map(move |seed| Measured { resolved: resolved.clone(), ..cell(None, seed, 1_000, wait) })
}

#[test]
fn two_scenarios_of_one_name_are_compared_each_with_itself() {
    let both = |name, order: [(&str, u64); 2]| {
        side(name, order.into_iter().flat_map(|(resolved, wait)| of_scenario(resolved, wait)).collect())
    };
    let base = both("a", [("one", 50), ("other", 9_000)]);
    for order in [[("one", 50), ("other", 9_000)], [("other", 9_000), ("one", 50)]] {
        let comparison = compare(&base, &both("b", order));
        assert_eq!((lacking(&comparison), comparison.unjudged()), (None, None), "{order:?}");
        assert_eq!(comparison.found(Finding::Same).count(), 6, "{order:?}");
    }
    // One that was changed stands against what it was.
    let comparison = compare(&base, &both("b", [("one", 50), ("changed", 9_900)]));
    let titles: Vec<_> = comparison.groups.iter().map(|group| (group.title.as_str(), group.basis)).collect();
    assert_eq!(titles, [("scenario one", Basis::Exact), ("scenario other → changed", Basis::Paired)]);
    let (group, worse) = comparison.found(Finding::Worse).next().expect("it waits longer");
    assert_eq!((group.title.as_str(), worse.base), ("scenario other → changed", Some(9_000)));
    // One that is gone is no pass.
    let comparison = compare(&base, &side("b", of_scenario("one", 50).collect()));
    assert_eq!(comparison.unmatched.0, ["scenario other"]);
    assert_eq!(comparison.found(Finding::Same).count(), 3);
}

#[test]
fn a_world_that_was_run_twice_counts_once() {
    let twice = |name| side(name, of_scenario("one", 50).chain(of_scenario("one", 50)).collect());
    let comparison = compare(&twice("a"), &twice("b"));
    assert_eq!((comparison.groups[0].seeds, lacking(&comparison)), ((8, 8), None));
    let comparison = compare(&twice("a"), &side("b", of_scenario("one", 50).collect()));
    assert_eq!((lacking(&comparison), comparison.found(Finding::Same).count()), (None, 3));
}

#[test]
fn a_world_that_did_not_come_to_the_same_twice_is_told_and_not_left_out() {
    let of = |digest: &str, wait| Measured { digest: digest.to_owned(), ..cell(None, 1, 5, wait) };
    let (one, two) = (side("a", vec![of("x", 7)]), side("b", vec![of("x", 7), of("y", 9)]));
    for (base, candidate) in [(&one, &two), (&two, &one)] {
        assert_eq!(compare(base, candidate).groups[0].copies, ["1"]);
        let asked = |side: &Side, metric: &str| side.clone().of_metrics(&[metric.to_owned()]);
        let of_metric = |metric| copies(&compare(&asked(base, metric), &asked(candidate, metric)));
        assert!(of_metric("engine.wasted.bytes").is_some());
        assert_eq!(of_metric("engine.rows.rate"), None, "in what was asked for they are the same");
    }
}

#[test]
fn what_is_exact_is_compared_to_its_ends_and_its_count() {
    let with = |name, longest, n| {
        let mut cell = cell(None, 1, 5, 7);
        cell.metrics.insert(WAIT.into(), spread(n, [9, 10, 11, 12, longest]));
        side(name, vec![cell])
    };
    let comparison = compare(&with("a", 20, 40), &with("b", 200, 120));
    let found: Vec<_> =
        comparison.groups[0].differences.iter().filter(|d| d.finding != Finding::Same).collect();
    let told: Vec<_> = found.iter().map(|d| (d.stat, d.unit, d.finding)).collect();
    assert_eq!(
        told,
        [("max", Unit::Ns, Finding::Worse), ("count", Unit::Count, Finding::Changed)],
        "{found:?}"
    );
    // Where chance plays a part neither is looked at.
    let mut other = with("b", 200, 120);
    other.cells[0].resolved = "other".to_owned();
    let stats =
        compare(&with("a", 20, 40), &other).groups[0].differences.iter().map(|d| d.stat).collect::<Vec<_>>();
    assert!(!stats.contains(&"max") && !stats.contains(&"count") && stats.contains(&"p99"), "{stats:?}");
}

fn with(mut cell: Measured, metric: &str, unit: Unit, value: u64) -> Measured {
    cell.metrics.insert(metric.to_owned().into(), Figure::number(unit, value));
    cell
}

#[test]
fn comparisons_are_told_with_what_differs_first() {
    let one = |cell| vec![cell];
    let usual = |rate, wait| one(cell(None, 1, rate, wait));
    let seeds = |n, of: &dyn Fn(u64) -> Measured| (1..=n).map(of).collect::<Vec<_>>();
    let failing = |exits: &[Exit]| one(Measured { failed: exits.to_vec(), ..cell(None, 1, 5, 7) });
    let (slow, both) = ([Exit::Threshold], [Exit::Threshold, Exit::Correctness]);
    let unit = |value| one(with(cell(None, 1, 5, 7), "engine.session.duration/Splash", Unit::Count, value));
    let under_seed_3 = |n, metric: &'static str, unit, usual: u64, other: u64| {
        let value = move |seed| if seed == 3 { other } else { usual };
        seeds(n, &|seed| with(cell(None, seed, 5, 7), metric, unit, value(seed)))
    };
    let lost = |rows| under_seed_3(8, "oracle.lost.rows", Unit::Rows, 0, rows);
    let asked = |of_one| under_seed_3(40, "engine.requests.count", Unit::Count, 25, of_one);
    let digest = |digest: &str| one(Measured { digest: digest.to_owned(), ..cell(None, 1, 5, 7) });
    let in_unit = |unit| one(with(cell(None, 1, 5, 7), "x.y", unit, 5));
    let base = 4_000_000_000_000_u64;
    let long =
        |variant, more: u64| seeds(8, &|seed| cell(Some(variant), seed, 9, base + 1_000 * seed + more));
    let named = |variant, some| waits(Some(variant), 0, |_| some).cells;
    let variants = |names: [&str; 2]| names.map(|name| cell(Some(name), 1, 1, 1)).to_vec();
    let only = |cells: Vec<Measured>, name| side(name, cells).only(Some(name)).unwrap().cells;
    let told = [
        ("an exit is new", failing(&slow), failing(&both)),
        ("an exit is gone", failing(&both), failing(&slow)),
        (
            "one unit for both sides, from something and from nothing",
            usual(1_000, 1_000),
            usual(1_000, 1_100),
        ),
        ("from nothing", usual(5, 0), usual(5, 7)),
        ("too few seeds", usual(5, 7), one(cell(None, 2, 6, 7))),
        ("cells without a counterpart", variants(["x", "y"]), variants(["y", "z"])),
        ("of a unit", unit(10), unit(20)),
        ("unlike units", in_unit(Unit::Ns), in_unit(Unit::Count)),
        ("one row in eight seeds", lost(0), lost(1)),
        ("means whose whole numbers are the same", asked(25), asked(24)),
        ("digests alone", digest("1f"), digest("2e")),
        ("a little better", usual(127_800_300_000, 7), usual(127_800_300_001, 7)),
        ("a little worse", usual(127_800_300_001, 7), usual(127_800_300_000, 7)),
        ("an interval of next to nothing", only(long("a", 0), "a"), only(long("b", 900_000), "b")),
        ("nothing differs", usual(1_000, 50), usual(1_000, 50)),
        ("better and worse", usual(1_000, 50), usual(2_000, 60)),
        ("cells that are lacking", seeds(3, &|seed| cell(None, seed, 5, 7)), usual(5, 7)),
        ("a seed twice", digest("1f"), [digest("1f"), digest("2e")].concat()),
        ("a figure of one side", named("x", true), named("y", false)),
    ];
    let told = told.map(|(what, base, candidate)| {
        let comparison = compare(&side("a", base), &side("b", candidate));
        let short = in_short(&comparison, Paint(false));
        let text = human(&comparison, Paint(false), what.contains("interval"));
        let why = [unjudged, lacking, unlike, copies].map(|why| why(&comparison));
        let why = why.into_iter().chain([unmeasured(&comparison, &[])]).flatten();
        let why = why.map(|why| format!("not comparable: {why}\n")).collect::<String>();
        format!("# {what}\n{text}in short: {short}{why}\n")
    });
    insta::assert_snapshot!(told.concat());
    // A metric that is named says nothing of the rest.
    let asked = ["engine.rows.rate".to_owned()];
    let [base, candidate] = ["1f", "2e"].map(|of| side(of, digest(of)).of_metrics(&asked));
    assert_eq!(compare(&base, &candidate).other_digests(), 0);
}

#[test]
fn groups_that_do_not_differ_are_told_in_one_line() {
    let side = |name, last| {
        let of = |variant, rate| cell(Some(variant), 1, rate, 50);
        side(name, vec![of("x", 1_000), of("y", 1_000), of("z", last)])
    };
    let told = |last| {
        let comparison = compare(&side("a", 1_000), &side("b", last));
        (human(&comparison, Paint(false), false), markdown(&comparison))
    };
    for (last, alike) in [(900, "2 of 3"), (1_000, "3 of 3")] {
        let (terminal, comment) = told(last);
        for text in [&terminal, &comment] {
            assert_eq!(text.matches("no figure differs").count(), 1, "{text}");
            assert!(text.contains(alike), "{text}");
        }
    }
}

#[test]
fn two_builds_are_named_and_what_they_count_otherwise_is_no_other_event() {
    let of = |name, build: &str, figures: &str| Side {
        builds: BTreeMap::from([(build.to_owned(), format!("build {build}"))]),
        ..side(name, vec![Measured { figures_digest: figures.to_owned(), ..cell(None, 1, 5, 7) }])
    };
    let told = |base: &Side, candidate: &Side| human(&compare(base, candidate), Paint(false), false);
    let other = told(&of("a", "5c", "1f"), &of("b", "6d", "2e"));
    insta::assert_snapshot!(other + &told(&of("a", "5c", "1f"), &of("b", "5c", "1f")));
}

#[test]
fn a_comment_names_what_is_equal_open_and_tolerated() {
    let cells = |variant, more: u64, waits: &[u64]| -> Vec<Measured> {
        let rate =
            |seed: u64| if seed.is_multiple_of(2) { 10_000 + more * seed } else { 10_000 - more * seed };
        waits.iter().zip(1..).map(|(wait, seed)| cell(variant, seed, rate(seed), *wait)).collect()
    };
    let base = side("a", cells(Some("a"), 0, &[50, 90, 20, 70, 10, 60, 40, 80]));
    let candidate = side("b", cells(Some("b"), 3, &[70, 20, 90, 10, 60, 50, 80, 40]));
    let comparison = compare(&base, &candidate);
    let slower = |cell: &Measured| with(cell.clone(), "engine.rows.rate", Unit::MilliRowsPerSecond, 9_000);
    let worse = side("c", candidate.cells.iter().map(slower).collect());
    let mut tolerated = compare(&base, &worse);
    let all = [&comparison, &tolerated].map(|one| markdown(one) + &annotations(one)).concat();
    tolerated.tolerate(u64::MAX);
    insta::assert_snapshot!(all + &markdown(&tolerated) + &annotations(&tolerated));
}
