use std::collections::BTreeMap;

use super::*;
use crate::analysis::compare::{Comparison, Finding, Side, compare};
use crate::base::Seed;
use crate::metrics::{self, Better, Figure, Unit};
use crate::record::{CellFigures, CellRecord, Exit, Reason, Verdict, fixture};
use crate::render::Paint;

fn cell(variant: Option<&str>, seed: u64, rate: u64, wait: u64) -> CellRecord {
    let figures = CellFigures::from([
        ("engine.rows.rate".into(), Figure::number(Unit::MilliRowsPerSecond, rate)),
        ("engine.session.count".into(), Figure::number(Unit::Count, 10 + seed)),
        ("engine.wasted.bytes".into(), Figure::number(Unit::Bytes, wait)),
    ]);
    CellRecord {
        scenario: "ties".to_owned(),
        resolved: variant.unwrap_or("base").to_owned(),
        variant: variant.map(str::to_owned),
        seed: seed.to_string(),
        metrics: figures,
        ..CellRecord::default()
    }
}

/// The cell with a failure for each exit code.
fn failed(cell: CellRecord, exits: &[Exit]) -> CellRecord {
    let reason = |exit: &Exit| Reason::Broken { exit_code: exit.code(), text: String::new() };
    let verdict = if exits.is_empty() { Verdict::Pass } else { Verdict::Fail };
    CellRecord { verdict, reasons: exits.iter().map(reason).collect(), ..cell }
}

fn side(name: &str, cells: Vec<CellRecord>) -> Side {
    Side { name: name.to_owned(), cells, builds: BTreeMap::new() }
}

fn finding(comparison: &Comparison, metric: &str) -> Finding {
    let found = comparison.groups[0].differences.iter().find(|d| d.metric == metric);
    found.expect("the metric is compared").finding
}

#[test]
fn a_cell_that_fails_in_the_candidate_alone_fails_with_its_own_code() {
    let failing = |variant, seed, exits: &[Exit]| failed(cell(variant, seed, 1_000, 50), exits);
    let (lost, slow): (&[Exit], &[Exit]) = (&[Exit::Correctness], &[Exit::Threshold]);
    let both_ways: &[Exit] = &[Exit::Threshold, Exit::Correctness];
    let compared = |base: Vec<CellRecord>, candidate: Vec<CellRecord>| {
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
    let again = compared(both([slow, slow]), others([slow, both_ways]));
    assert_eq!(again, Exit::Correctness, "all failed before");
}

#[test]
fn of_many_figures_only_what_chance_does_not_explain_differs_and_one_that_is_named_is_judged_alone() {
    // 200 figures vary by seed. One figure differs by three times its standard error.
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

/// Seeds from `from` on. A cell has observations if `some` is true for its seed.
fn waits(variant: Option<&str>, from: u64, some: impl Fn(u64) -> bool) -> Side {
    let cell = |seed| {
        let mut cell = cell(variant, seed, 1_000, 50);
        let n = u64::from(some(seed));
        let (min, p50) = (n * 9, n * (1_000 + seed));
        cell.metrics.insert(WAIT.into(), fixture::spread(Unit::Ns, n, [min, p50, p50, p50, p50]));
        cell
    };
    side(variant.unwrap_or("a"), (from..from + 8).map(cell).collect())
}

const WAIT: &str = "engine.write_acknowledged.duration";

#[test]
fn the_change_that_is_told_lies_in_its_interval_though_one_pair_moves_the_means() {
    // 9 of 10 waits are shorter by 20 %, and one takes an hour.
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

fn with(mut cell: CellRecord, metric: &str, unit: Unit, value: u64) -> CellRecord {
    cell.metrics.insert(metric.to_owned().into(), Figure::number(unit, value));
    cell
}

fn seeds(n: u64, of: impl Fn(u64) -> CellRecord) -> Vec<CellRecord> {
    (1..=n).map(of).collect()
}

fn usual(rate: u64, wait: u64) -> Vec<CellRecord> {
    vec![cell(None, 1, rate, wait)]
}

/// `n` seeds of a variant. The metric has another value under seed 3.
fn under_seed_3(
    variant: Option<&str>,
    n: u64,
    (metric, unit): (&str, Unit),
    usual: u64,
    other: u64,
) -> Vec<CellRecord> {
    seeds(n, |seed| with(cell(variant, seed, 5, 7), metric, unit, if seed == 3 { other } else { usual }))
}

type Case = (&'static str, Vec<CellRecord>, Vec<CellRecord>);

fn of_figures() -> Vec<Case> {
    let lost = |rows| under_seed_3(None, 8, ("oracle.lost.rows", Unit::Rows), 0, rows);
    let loses = |variant, rows| under_seed_3(Some(variant), 8, ("oracle.lost.rows", Unit::Rows), 0, rows);
    let sent = |variant, n| under_seed_3(Some(variant), 8, ("net.down.bytes", Unit::Bytes), 0, n);
    let asked = |of_one| under_seed_3(None, 40, ("engine.requests.count", Unit::Count), 25, of_one);
    let unit = |value| vec![with(cell(None, 1, 5, 7), "engine.session.duration/Splash", Unit::Count, value)];
    let in_unit = |unit| vec![with(cell(None, 1, 5, 7), "x.y", unit, 5)];
    let base = 4_000_000_000_000_u64;
    let long = |variant, more: u64| seeds(8, |seed| cell(Some(variant), seed, 9, base + 1_000 * seed + more));
    let swing = |s: u64| if s.is_multiple_of(2) { 80 + s } else { 120 + s };
    let longest = |longest, n| {
        let mut one = usual(5, 7);
        one[0].metrics.insert(WAIT.into(), fixture::spread(Unit::Ns, n, [9, 10, 11, 12, longest]));
        one
    };
    let of_another = |mut cells: Vec<CellRecord>| {
        cells[0].resolved = "other".to_owned();
        cells
    };
    vec![
        ("one unit for both sides", usual(1_000, 1_000), usual(1_000, 1_100)),
        ("from nothing", usual(5, 0), usual(5, 7)),
        ("of a unit", unit(10), unit(20)),
        ("unlike units", in_unit(Unit::Ns), in_unit(Unit::Count)),
        ("one row in eight seeds", lost(0), lost(1)),
        ("rows lost under a seed under which the base loses none", loses("x", 0), loses("y", 3)),
        ("rows lost where the base loses, too", loses("x", 1), loses("y", 3)),
        ("bytes under one seed alone", sent("x", 0), sent("y", 3)),
        ("means whose whole numbers are the same", asked(25), asked(24)),
        ("a little better", usual(127_800_300_000, 7), usual(127_800_300_001, 7)),
        ("a little worse", usual(127_800_300_001, 7), usual(127_800_300_000, 7)),
        ("an interval of next to nothing", long("a", 0), long("b", 900_000)),
        (
            "what seeds disagree about",
            seeds(10, |s| cell(Some("x"), s, 1_000, 100 + s)),
            seeds(10, |s| cell(Some("y"), s, 900, swing(s))),
        ),
        ("the ends and the count of what is exact", longest(20, 40), longest(200, 120)),
        ("the ends where chance plays a part", longest(20, 40), of_another(longest(200, 120))),
        ("nothing differs", usual(1_000, 50), usual(1_000, 50)),
        ("better and worse", usual(1_000, 50), usual(2_000, 60)),
    ]
}

/// Cases in which one side lacks figures or seeds.
fn of_lacks() -> Vec<Case> {
    let two = || seeds(2, |seed| cell(None, seed, 5, 7));
    let mut less = two();
    less[1].metrics.remove("engine.rows.rate");
    less[1].metrics.remove("engine.wasted.bytes");
    let all = |variant, from| waits(variant, from, |_| true).cells;
    let none = |variant, from| waits(variant, from, |_| false).cells;
    let some = |variant, from, most| waits(variant, from, move |seed| seed - from < most).cells;
    let but_one = || waits(Some("x"), 0, |seed| seed != 3).cells;
    vec![
        ("too few seeds", usual(5, 7), vec![cell(None, 2, 6, 7)]),
        ("too few seeds of two variants", vec![cell(Some("x"), 1, 9, 7)], vec![cell(Some("y"), 1, 3, 7)]),
        ("cells that are lacking", seeds(3, |seed| cell(None, seed, 5, 7)), usual(5, 7)),
        ("figures that the candidate lacks", two(), less.clone()),
        ("figures that the base lacks, which knew less of it", less, two()),
        ("a figure of one side", all(Some("x"), 0), none(Some("y"), 0)),
        ("a figure of the other", none(Some("x"), 0), all(Some("y"), 0)),
        ("a figure of one side, exact", all(None, 0), none(None, 0)),
        ("a figure of one side, other seeds", all(None, 0), none(None, 20)),
        ("a figure that three pairs have", all(Some("x"), 0), some(Some("y"), 0, 3)),
        ("a figure that four other seeds have", all(None, 0), some(None, 20, 4)),
        ("a figure that all but one have", but_one(), some(Some("y"), 0, 8)),
        ("a figure that one has which the base lacks", but_one(), waits(Some("y"), 0, |s| s == 3).cells),
        ("a figure that neither has", none(Some("x"), 0), none(Some("y"), 0)),
    ]
}

fn of_cells() -> Vec<Case> {
    let failing = |exits: &[Exit]| vec![failed(cell(None, 1, 5, 7), exits)];
    let (slow, both) = ([Exit::Threshold], [Exit::Threshold, Exit::Correctness]);
    let from = |from, n, lossy, exit| -> Vec<CellRecord> {
        let exits = |s| if s < from + lossy { vec![exit] } else { Vec::new() };
        (from..from + n).map(|s| failed(cell(None, s, 5, 7), &exits(s))).collect()
    };
    let lossy = |first, n| from(first, 8, n, Exit::Correctness);
    let digest = |digest: &str, wait| CellRecord { digest: digest.to_owned(), ..cell(None, 1, 5, wait) };
    let variants = |names: [&str; 2]| names.map(|name| cell(Some(name), 1, 1, 1)).to_vec();
    let of = |resolved: &str, wait| {
        seeds(8, |seed| CellRecord { resolved: resolved.to_owned(), ..cell(None, seed, 1_000, wait) })
    };
    let scenarios = |one: (&str, u64), other: (&str, u64)| [of(one.0, one.1), of(other.0, other.1)].concat();
    let (one, other) = (("one", 50), ("other", 9_000));
    let three = |last| vec![cell(Some("x"), 1, 9, 5), cell(Some("y"), 1, 9, 5), cell(Some("z"), 1, last, 5)];
    vec![
        ("an exit is new", failing(&slow), failing(&both)),
        ("an exit is gone", failing(&both), failing(&slow)),
        ("one of twelve other seeds is slow", from(0, 12, 0, slow[0]), from(12, 12, 1, slow[0])),
        ("one of twelve other seeds loses", from(0, 12, 0, slow[0]), from(12, 12, 1, both[1])),
        ("four of eight lose, three of the base's", lossy(0, 3), lossy(8, 4)),
        ("seven of eight lose, three of the base's", lossy(0, 3), lossy(8, 7)),
        ("cells without a counterpart", variants(["x", "y"]), variants(["y", "z"])),
        ("digests alone", vec![digest("1f", 7)], vec![digest("2e", 7)]),
        ("a seed twice", vec![digest("1f", 7)], vec![digest("1f", 7), digest("2e", 7)]),
        ("a seed twice in the base", vec![digest("1f", 7), digest("2e", 9)], vec![digest("1f", 7)]),
        ("a world that was run twice", [of("one", 50), of("one", 50)].concat(), of("one", 50)),
        ("two scenarios of one name", scenarios(one, other), scenarios(other, one)),
        ("one of two was changed", scenarios(one, other), scenarios(one, ("changed", 9_900))),
        ("one of two is gone", scenarios(one, other), of("one", 50)),
        ("two of three variants do not differ", three(9), three(8)),
        ("none of three variants differs", three(9), three(9)),
    ]
}

#[test]
fn at_most_ten_figures_are_annotated_and_a_loss_is_the_first() {
    let worse = |n: u64| {
        let lower = |name: &&str| metrics::find(name).is_some_and(|metric| metric.better == Better::Lower);
        let all = metrics::names().filter(|name| name.starts_with("engine.")).filter(lower).take(20);
        let base = with(cell(None, 1, 5, 7), "oracle.lost.rows", Unit::Rows, n);
        all.fold(base, |cell, metric| with(cell, metric, Unit::Bytes, 10 + n))
    };
    let replay = "syncdyno replay b#ties.s1".to_owned();
    let lost = CellRecord { replay, ..failed(worse(3), &[Exit::Correctness]) };
    let comparison = compare(&side("a", vec![worse(0)]), &side("b", vec![lost]));
    let told = annotations(&comparison);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines.len() == 10 && lines[0].contains("syncdyno replay b#ties.s1"), "{told}");
    assert!(lines[1].starts_with("::error title=worse::oracle.lost.rows"), "{told}");
    let comment = markdown(&comparison);
    assert!(comment.contains("\n- `syncdyno replay b#ties.s1`\n"), "{comment}");
    assert!(comment.contains(" of them worse"), "{comment}");
}

#[test]
fn comparisons_are_told_with_what_differs_first() {
    let asked = [WAIT.to_owned()];
    let told = |(what, base, candidate): Case| {
        let comparison = compare(&side("a", base), &side("b", candidate));
        let short = in_short(&comparison, Paint(false));
        let text = human(&comparison, Paint(false), what.contains("interval"));
        let why = [unjudged, lacking, unlike, copies].map(|why| why(&comparison));
        let unasked = unmeasured(&comparison, &[]);
        let of_asked = unmeasured(&comparison, &asked).filter(|why| unasked.as_ref() != Some(why));
        let why = why.into_iter().chain([unasked, of_asked]).flatten();
        let why = why.map(|why| format!("not comparable: {why}\n")).collect::<String>();
        format!("# {what}\n{text}in short: {short}{why}\n")
    };
    for (name, cases) in [("figures", of_figures()), ("lacks", of_lacks()), ("cells", of_cells())] {
        insta::assert_snapshot!(name, cases.into_iter().map(told).collect::<String>());
    }
    // If the user names one metric, other metrics do not matter.
    let of = |digest: &str| {
        let cells = vec![CellRecord { digest: digest.to_owned(), ..cell(None, 1, 5, 7) }];
        side(digest, cells).of_metrics(&["engine.rows.rate".to_owned()])
    };
    assert_eq!(compare(&of("1f"), &of("2e")).other_digests(), 0);
}

#[test]
fn a_figure_counts_once_and_a_trade_is_called_so() {
    let of = |p50, p95, up| {
        let mut cell = with(cell(None, 1, 5, 7), "net.up.bytes", Unit::Bytes, up);
        cell.metrics.insert(WAIT.into(), fixture::spread(Unit::Ns, 9, [9, p50, p95, 900, 900]));
        (0..30).fold(cell, |cell, n| with(cell, &format!("x.y.{n}"), Unit::Count, p50 + n))
    };
    let compared = |base, candidate| compare(&side("a", vec![base]), &side("b", vec![candidate]));
    // The median is shorter, but p95 is longer. The finding is worse, and both are reported.
    let within = compared(of(200, 400, 50), of(100, 600, 50));
    assert_eq!([Finding::Worse, Finding::Better].map(|of| within.count(of)), [1, 0]);
    let told = human(&within, Paint(false), false);
    let trade = format!("  trade: {WAIT} p50 better by 50.0 %, {WAIT} p95 worse by 50.0 %\n");
    assert!(told.contains(&trade), "{told}");
    assert_eq!(told.matches("\n  better ").count(), 0, "{told}");
    let between = compared(of(200, 400, 50), of(100, 200, 60));
    let told = human(&between, Paint(false), false);
    let trade = format!("trade: {WAIT} p95 better by 50.0 %, net.up.bytes worse by 20.0 %");
    assert!(told.contains(&trade) && markdown(&between).contains(&trade), "{told}");
    assert!(told.contains("  … 30 more figures differ: -v\n"), "{told}");
    let better = compared(of(200, 400, 50), of(100, 200, 40));
    assert!(!human(&better, Paint(false), false).contains("trade:"));
}

#[test]
fn two_builds_are_named_and_what_they_count_otherwise_is_no_other_event() {
    let of = |name, build: &str, figures: &str| Side {
        builds: BTreeMap::from([(build.to_owned(), format!("build {build}"))]),
        ..side(name, vec![CellRecord { figures_digest: figures.to_owned(), ..cell(None, 1, 5, 7) }])
    };
    let told = |base: &Side, candidate: &Side| human(&compare(base, candidate), Paint(false), false);
    let other = told(&of("a", "5c", "1f"), &of("b", "6d", "2e"));
    insta::assert_snapshot!(other + &told(&of("a", "5c", "1f"), &of("b", "5c", "1f")));
}

#[test]
fn a_comment_names_what_is_equal_open_and_tolerated() {
    let cells = |variant, more: u64, waits: &[u64]| -> Vec<CellRecord> {
        let rate =
            |seed: u64| if seed.is_multiple_of(2) { 10_000 + more * seed } else { 10_000 - more * seed };
        waits.iter().zip(1..).map(|(wait, seed)| cell(variant, seed, rate(seed), *wait)).collect()
    };
    let base = side("a", cells(Some("a"), 0, &[50, 90, 20, 70, 10, 60, 40, 80]));
    let candidate = side("b", cells(Some("b"), 3, &[70, 20, 90, 10, 60, 50, 80, 40]));
    let comparison = compare(&base, &candidate);
    let slower = |cell: &CellRecord| with(cell.clone(), "engine.rows.rate", Unit::MilliRowsPerSecond, 9_000);
    let worse = side("c", candidate.cells.iter().map(slower).collect());
    let mut tolerated = compare(&base, &worse);
    let (_, base, candidate) = of_cells().pop().expect("there are some");
    let alike = markdown(&compare(&side("a", base), &side("b", candidate)));
    let all = [&comparison, &tolerated].map(|one| markdown(one) + &annotations(one)).concat() + &alike;
    tolerated.tolerate(u64::MAX);
    insta::assert_snapshot!(all + &markdown(&tolerated) + &annotations(&tolerated));
}
