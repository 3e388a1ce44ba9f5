use insta::assert_snapshot;

use super::*;
use crate::analysis::keep_first_series;
use crate::base::Time;
use crate::metrics::{Figure, Sample, Unit};
use crate::record::{AxisRecord, LifeRecord, RunRecord, StepRecord, SweepRecord, Verdict, fixture};
use crate::render::svg::Size;
use crate::render::svg::tests::assert_legible;
use crate::render::tests;
use crate::world::Outcome;

const MINUTE: u64 = 60_000_000_000;

/// An outcome with time series. `missing` of 3 devices are offline for 10 minutes.
fn timed(mut outcome: Outcome, missing: u64) -> Outcome {
    let at = |minute: u64| {
        let offline = if (20..30).contains(&minute) { missing } else { 0 };
        [
            ("device.online.count", 3 - offline),
            ("engine.apply.rows", minute * 7),
            ("workload.edits.waiting", offline * 5),
        ]
        .map(|(series, value)| Sample { at_ns: minute * MINUTE, series, value })
    };
    outcome.series = (0..=60).flat_map(at).collect();
    outcome
}

fn record(outcomes: Vec<Outcome>) -> RunRecord {
    let plan = |seed| fixture::plan(None, seed);
    let mut record = tests::record((1..).map(plan).zip(outcomes).collect());
    keep_first_series(&mut record);
    record
}

fn failing() -> RunRecord {
    let mut record = record(vec![timed(fixture::lost(3), 2)]);
    let step = |clock: &str, place: &str, to: Option<&str>, text: &str| StepRecord {
        clock: clock.to_owned(),
        place: place.to_owned(),
        to: to.map(str::to_owned),
        text: text.to_owned(),
        ..StepRecord::default()
    };
    record.cells[0].lives = vec![LifeRecord {
        record: "appointment/k0".to_owned(),
        lines: vec!["08:00:01.000 backend committed".to_owned(), "in short: d17 never stored it".to_owned()],
        steps: vec![
            step("08:00:01.000", "backend", None, "appointment k0 committed"),
            step("08:00:02.000", "gateway", Some("d17"), "appointment k0 leaves for d17"),
        ],
    }];
    record
}

/// A page from header to footer, with one line per element and the titles of drawings.
fn shown(record: &RunRecord) -> String {
    let page = page(record);
    let (mut rest, _) = page.split_once("<body>").unwrap().1.split_once("<footer>").unwrap();
    let mut text = String::new();
    while let Some((before, drawing)) = rest.split_once("<svg") {
        let (drawing, after) = drawing.split_once("</svg>").unwrap();
        let title = drawing.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
        text.extend([before, "[", title, "]"]);
        rest = after;
    }
    text.push_str(rest);
    for tag in ["<h", "<p", "<li", "<tr", "<div", "<figure", "<details", "<section"] {
        text = text.replace(tag, &format!("\n{tag}"));
    }
    text.lines().filter(|line| !line.is_empty()).map(|line| line.to_owned() + "\n").collect()
}

fn before(record: &RunRecord, heading: &str) -> String {
    let text = shown(record);
    text.split(heading).next().unwrap().to_owned() + "\n"
}

#[test]
fn a_page_has_the_verdict_first_and_a_command_beside_each_failure() {
    assert_snapshot!(shown(&failing()));
}

#[test]
fn the_page_asks_for_nothing_and_runs_nothing() {
    let page = page(&failing());
    for foreign in ["<script", "<link", "<img", "<iframe", "src=", "href=", "@import", "url(", "onclick"] {
        assert!(!page.contains(foreign), "the page has {foreign}");
    }
    let addresses = page.matches("http").count();
    assert_eq!(addresses, page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count());
}

#[test]
fn what_scenarios_and_engines_say_stays_text() {
    let mut record = failing();
    record.scenario.name = "<b>ties</b>".to_owned();
    record.cells[0].id = "</section><script>alert(1)</script>".to_owned();
    record.cells[0].lives[0].steps[0].text = "<script>".to_owned();
    record.cells[0].lives[0].record = "a\"><i>".to_owned();
    let page = page(&record);
    assert!(!page.contains("<script>") && !page.contains("<b>ties") && !page.contains("<i>"));
}

#[test]
fn a_thousand_cells_are_a_bounded_page_with_those_that_fail_first() {
    let mut outcomes: Vec<Outcome> = (0..1_000).map(|_| timed(fixture::outcome(), 1)).collect();
    outcomes[990] = fixture::lost(2);
    let record = record(outcomes);
    assert_eq!(record.cells.iter().filter(|cell| cell.series.is_some()).count(), 8);
    let page = page(&record);
    assert!(page.len() < 400_000, "{} bytes", page.len());
    let cells = &page[page.find("<h2>Cells</h2>").unwrap()..];
    assert_eq!(cells.matches("<td>ties.s").count(), 200);
    assert!(cells.find("ties.s991").unwrap() < cells.find("ties.s1<").unwrap());
}

fn three_variants(failing: &str) -> RunRecord {
    let outcome = |fails: bool| timed(if fails { fixture::lost(1) } else { fixture::outcome() }, 1);
    let cell = |n: usize| {
        let variant = ["a", "b", "c"][n / 8];
        (fixture::plan(Some(variant), n as u64 % 8), outcome(variant == failing))
    };
    tests::record((0..24).map(cell).collect())
}

#[test]
fn variants_that_differ_stand_side_by_side() {
    let mut record = three_variants("c");
    let bytes = |value| Figure::number(Unit::Bytes, value);
    for (at, cell) in record.cells.iter_mut().enumerate() {
        cell.metrics.insert("net.down.bytes".into(), bytes(1 << 20 << (at / 10)));
    }
    // The 8 seeds of a variant fail by one cause, so they are shown once.
    assert_snapshot!(before(&record, "<h2>Over time"));
}

fn drawn(record: &RunRecord) -> Vec<&str> {
    crate::analysis::cells_to_draw(record).iter().map(|cell| cell.id.as_str()).collect()
}

#[test]
fn of_each_setting_one_cell_is_drawn_before_a_second_of_any() {
    let mut record = three_variants("none");
    keep_first_series(&mut record);
    assert_eq!(drawn(&record), ["ties.a.s0", "ties.b.s0", "ties.c.s0", "ties.a.s1"]);
    let kept = record.cells.iter().filter(|cell| cell.series.is_some());
    let kept: Vec<&str> = kept.map(|cell| cell.variant.as_deref().unwrap()).collect();
    assert_eq!(kept, ["a", "a", "a", "b", "b", "b", "c", "c"]);
    // Failing cells come first, but other settings are drawn, too.
    let mut failing = three_variants("c");
    keep_first_series(&mut failing);
    assert_eq!(drawn(&failing), ["ties.c.s0", "ties.a.s0", "ties.b.s0", "ties.c.s1"]);
}

fn at(rows: u64, link: &str) -> std::collections::BTreeMap<String, serde_json::Value> {
    let keys = ["engine.pull.chunk_rows", "fleet.phones.link"].map(str::to_owned);
    keys.into_iter().zip([rows.into(), link.into()]).collect()
}

#[test]
fn of_a_search_the_best_and_the_present_setting_are_drawn_first() {
    let mut record = record((0..5).map(|_| fixture::outcome()).collect());
    for (cell, rows) in record.cells.iter_mut().zip([64, 64, 500, 1_024, 1_024]) {
        cell.axes = at(rows, "edge");
    }
    record.tune = Some(fixture::tuned());
    assert_eq!(drawn(&record), ["ties.s4", "ties.s3", "ties.s1", "ties.s5"]);
    record.cells[3].axes = at(1_024, "geo");
    assert_eq!(drawn(&record)[0], "ties.s5", "the best of another place is not the best here");
}

#[test]
fn a_run_of_failures_only_is_bounded_too() {
    let mut record = record((0..500).map(|_| fixture::lost(60)).collect());
    for (at, cell) in record.cells.iter_mut().enumerate() {
        // Each cell has its own cause.
        cell.variant = Some(format!("v{at}"));
        let lines: Vec<String> = (0..10_000).map(|i| format!("08:00:00.000 d17 line {i}")).collect();
        cell.lives = vec![LifeRecord { record: "appointment/k0".to_owned(), lines, steps: Vec::new() }];
    }
    let page = page(&record);
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    assert!(page.contains("394 more") && page.contains("9880 lines"), "it says how many are left out");
}

#[test]
fn outages_of_many_devices_stay_a_plot_of_bounded_size_that_says_what_it_leaves_out() {
    let drawn = |faults: u64| {
        let mut outcome = timed(fixture::outcome(), 2);
        let fault = |n: u64| (Time(n * 60 * MINUTE / faults), format!("kill {}: d{n}", n % 9));
        outcome.faults = (0..faults).map(fault).collect();
        let record = record(vec![outcome]);
        outages(&record, &record.cells[0]).unwrap()
    };
    let (few, many) = (drawn(9), drawn(18_000));
    insta::assert_snapshot!(few.about);
    assert!(few.strips[1..].iter().all(|strip| strip.ticks.len() == 1), "a diamond each");
    assert!(many.strips.iter().all(|strip| strip.ticks.len() + strip.spans.len() <= 101), "a mark a stretch");
    let number = |told: &str| told.split(' ').next().unwrap().replace('\u{2009}', "").parse::<u64>().unwrap();
    let rows = &many.strips[1..];
    let told: u64 = rows.iter().flat_map(|strip| &strip.spans).map(|span| number(&span.3)).sum();
    assert_eq!((rows.len(), told), (6, 12_000), "each fault of a kind that is drawn is in a height");
    let heights: Vec<f64> = rows.iter().flat_map(|strip| &strip.spans).map(|span| span.2).collect();
    assert!(heights.iter().all(|share| *share > 0.0 && *share <= 1.0));
}

#[test]
fn devices_before_their_first_login_are_not_offline_and_faults_before_it_befall_nobody() {
    let mut outcome = fixture::outcome();
    // One device logs in after 20 minutes and the others after 40. One is offline for the last 10
    // minutes.
    let online = |minute: u64| match minute {
        0..20 => 0,
        20..40 => 1,
        40..50 => 3,
        _ => 2,
    };
    let sample =
        |minute: u64| Sample { at_ns: minute * MINUTE, series: "device.online.count", value: online(minute) };
    outcome.series = (0..=60).map(sample).collect();
    outcome.faults = [5, 45].map(|minute| (Time(minute * MINUTE), "chaos: kill".to_owned())).into();
    outcome.faults.push((Time::FAR, "chaos: kill".to_owned()));
    let record = record(vec![outcome]);
    let drawn = outages(&record, &record.cells[0]).unwrap();
    // Equal neighbours are merged. The height is the share of devices.
    let shown = |span: &(u64, u64, f64, String)| (span.0 / MINUTE, span.1 / MINUTE, (span.2 * 1e3) as u64);
    assert_eq!(drawn.strips[0].spans.iter().map(shown).collect::<Vec<_>>(), [(50, 60, 333)]);
    assert_eq!(drawn.strips[1].ticks, [45 * MINUTE]);
    assert_snapshot!(drawn.about);
    let page = page(&record);
    let captions = page.split("<figcaption>").skip(1).map(|part| part.split("</figcaption>").next().unwrap());
    assert_eq!(captions.filter(|caption| caption.contains(&drawn.about)).count(), 1, "inside of its card");
}

#[test]
fn what_was_not_measured_is_not_drawn() {
    let mut record = record(vec![fixture::outcome()]);
    let cell = &mut record.cells[0];
    cell.series = None;
    cell.metrics.clear();
    let cell = &record.cells[0];
    assert_eq!((fleet(&record, cell), outages(&record, cell), percentiles(cell)), (None, None, None));
    assert!(page(&record).contains("</html>"));
}

#[test]
fn a_sweep_is_drawn_along_its_first_axis() {
    let mut record = record((0..4).map(|_| fixture::outcome()).collect());
    for (cell, rows) in record.cells.iter_mut().zip([16, 64, 256, 1_024]) {
        cell.axes = [("engine.pull.chunk_rows".to_owned(), rows.into())].into();
        let session = fixture::durations(9, 1_000_000_000 + 1_000_000 * (rows as u64));
        cell.metrics.insert("engine.session.duration".into(), session);
    }
    let values = ["16", "64", "256", "1024"].map(str::to_owned).to_vec();
    let axes = vec![AxisRecord { key: "engine.pull.chunk_rows".to_owned(), values }];
    let objective = "engine.session.duration:p50".to_owned();
    record.sweep = Some(SweepRecord { objective, axes, against: None });
    // A stopped run names the missing results.
    record.verdict = Verdict::Incomplete;
    record.cells[3].verdict = Verdict::Incomplete;
    record.notes = vec!["interrupted: 3 of 4 cells ended".to_owned()];
    assert_snapshot!(shown(&record));
}

#[test]
fn a_search_that_found_something_opens_with_the_answer_and_what_fails_is_excluded() {
    let mut record = record(vec![fixture::outcome(), fixture::lost(2)]);
    (record.verdict, record.exit_code) = (Verdict::Pass, 0);
    record.tune = Some(fixture::tuned());
    let found = shown(&record);
    // If all settings are excluded, the run fails.
    record.verdict = Verdict::Fail;
    let failed = shown(&record);
    let (_, again) = failed.split_once("<h2>Do it again").unwrap();
    assert_snapshot!(found + "---\n" + &before(&record, "<h2>The best settings") + again);
    let tune = fixture::tuned();
    for size in Size::BOTH {
        assert_legible(&tuned::curves(&record, &tune, &tune.knobs[0]).unwrap().draw(size));
    }
    assert_eq!(tuned::curves(&record, &tune, "engine.push.chunk_rows"), None);
}

#[test]
fn the_answer_of_a_search_stands_under_its_verdict_with_what_the_present_setting_costs() {
    let mut record = record(vec![fixture::outcome()]);
    let answer = |record: &RunRecord| before(record, "</header>");
    let tune = |record: &mut RunRecord, change: &dyn Fn(&mut crate::record::PointTuned)| {
        record.tune.as_mut().unwrap().places.iter_mut().filter_map(|p| p.present.as_mut()).for_each(change);
    };
    record.tune = Some(fixture::tuned());
    let mut told = answer(&record);
    let places = &mut record.tune.as_mut().unwrap().places;
    *places = vec![places[0].clone(); 9];
    tune(&mut record, &|present| present.within_noise = true);
    told += &answer(&record);
    record.tune.as_mut().unwrap().places.truncate(1);
    let lost = || Some("lost (1 row): d1".to_owned());
    tune(&mut record, &|present| (present.value, present.trouble) = ("8192".to_owned(), lost()));
    told += &answer(&record);
    tune(&mut record, &|present| present.value = "1024".to_owned());
    assert_snapshot!(told + &answer(&record));
}

#[test]
fn a_search_shows_the_interval_of_what_ran_under_all_seeds_and_which_settings_did_not() {
    let mut tune = fixture::tuned();
    tune.places.truncate(1);
    tune.seeds.truncate(4);
    let seeds = [2, 2, 2, 4, 4, 4];
    tune.places[0].knobs[0].points.iter_mut().zip(seeds).for_each(|(point, seeds)| point.seeds = seeds);
    let mut record = record((0..10).map(|_| fixture::outcome()).collect());
    for (i, cell) in record.cells.iter_mut().enumerate() {
        cell.axes = at([64, 512, 1_024][(i + 2) / 4], "edge");
        let (unit, value) = (Unit::MilliRowsPerSecond, 90_000 + 5_000 * (i as u64 % 4));
        cell.metrics.insert("engine.rows.rate".into(), Figure::number(unit, value));
    }
    let drawn = tuned::curves(&record, &tune, &tune.knobs[0]).unwrap();
    let points = &drawn.curves[0].points;
    let intervals: Vec<bool> = points.iter().map(|point| point.interval.is_some()).collect();
    assert_eq!(intervals, [false, false, false, true, true, false], "of four seeds that have cells");
    let (low, high) = points[4].interval.unwrap();
    // The harmonic mean is 97.2, its standard error is 3.3 %, and Student's factor is 3.18.
    assert!((87_000.0..89_000.0).contains(&low) && (107_000.0..109_000.0).contains(&high), "{low} to {high}");
    let svg = drawn.draw(Size::Wide).inline();
    assert_eq!(svg.matches("class=\"o c0\"").count(), 3, "those of fewer seeds are hollow");
    assert_snapshot!(tables::of_curves(&drawn));
}

#[test]
fn cards_are_of_one_setting_and_red_where_something_is_wrong() {
    let mut record = record(vec![fixture::outcome(), fixture::lost(7)]);
    let cards = |record: &RunRecord| {
        let page = page(record);
        ["class=\"card bad\"", "class=\"card\"", "class=\"tile"].map(|class| page.contains(class))
    };
    assert_eq!(cards(&record), [true; 3], "seven rows are lost");
    record.cells.iter_mut().for_each(|cell| cell.verdict = Verdict::Pass);
    assert_eq!(cards(&record), [false, true, true], "as expected");
    record.cells[1].variant = Some("strict".to_owned());
    assert_eq!(cards(&record), [false; 3], "settings stand in the table");
}
