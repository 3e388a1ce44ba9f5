use super::*;
use crate::analysis::sweep::Objective;
use crate::analysis::{judge, keep_series_of_few};
use crate::base::Time;
use crate::metrics::{Figure, Sample, Unit};
use crate::record::{LifeRecord, RunRecord, StepRecord, SweepRecord, Verdict, assemble, fixture};
use crate::render::svg::tests::assert_legible;
use crate::render::svg::{Size, Timeline};
use crate::scenario::Plan;
use crate::world::Outcome;

const MINUTE: u64 = 60_000_000_000;

/// An outcome with series in which `missing` of three devices go offline for a while.
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
    let seeds = 1..=outcomes.len() as u64;
    let mut plans: Vec<_> = seeds.map(|seed| fixture::plan(None, seed)).collect();
    for plan in &mut plans {
        plan.resolved = "name = \"ties\"\n\n[fleet.phones]\ndevices = 3\n".into();
    }
    let ids = crate::analysis::cell_ids(&plans);
    let judged =
        plans.iter().zip(&ids).zip(outcomes).map(|((plan, id), outcome)| judge(plan, id, &outcome)).collect();
    let mut record = assemble("reports/x", &plans, judged, &[]);
    keep_series_of_few(&mut record);
    record
}

/// A run in which rows are lost, with the life of the first of them.
fn failing() -> RunRecord {
    let mut record = record(vec![timed(fixture::lost(3), 2)]);
    let step = |clock: &str, place: &str, to: Option<&str>, text: &str| StepRecord {
        at_ns: 0,
        clock: clock.to_owned(),
        place: place.to_owned(),
        to: to.map(str::to_owned),
        from: None,
        text: text.to_owned(),
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

#[test]
fn the_verdict_comes_first_and_a_command_beside_every_failure() {
    let page = page(&failing());
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("the page has no {text}"));
    assert!(at("badge fail") < at("What is wrong") && at("What is wrong") < at("Over time"));
    assert!(page.contains("syncdyno replay reports/x#ties.s1</code>"));
    assert!(page.contains("syncdyno replay reports/x#ties.s1 --record appointment/k0"));
    assert!(page.contains("The life of appointment/k0") && page.contains("d17 never stored it"));
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
fn every_plot_says_how_to_read_it_and_has_its_data_below() {
    let page = page(&record(vec![timed(fixture::outcome(), 1)]));
    let figures: Vec<&str> = page.split("<figure>").skip(1).collect();
    assert_eq!(figures.len(), 3, "the fleet, its outages, how long it took");
    for figure in figures {
        let figure = figure.split("</figure>").next().unwrap();
        assert_eq!(figure.matches("<svg").count(), 2, "for a desk and for a phone");
        assert!(figure.contains("How to read it: ") && figure.contains("<details>"), "{figure}");
        assert!(figure.contains("<table>"));
    }
}

#[test]
fn the_page_is_rendered_from_the_record_alone() {
    let record = failing();
    let read = RunRecord::parse(&record.to_json()).unwrap();
    assert_eq!(read, record);
    assert_eq!(page(&read), page(&record));
}

#[test]
fn a_thousand_cells_are_a_bounded_page_with_those_that_fail_first() {
    let mut outcomes: Vec<Outcome> = (0..1_000).map(|_| timed(fixture::outcome(), 1)).collect();
    outcomes[990] = fixture::lost(2);
    let record = record(outcomes);
    assert_eq!(record.cells.iter().filter(|cell| cell.series.is_some()).count(), 8);
    let page = page(&record);
    assert!(page.len() < 400_000, "{} bytes", page.len());
    assert!(page.contains("The first 200 of 1\u{202f}000 cells"));
    let cells = &page[page.find("<h2>Cells</h2>").unwrap()..];
    assert!(cells.find("ties.s991").unwrap() < cells.find("ties.s1<").unwrap());
}

/// The record of three variants under eight seeds each; those of one fail.
fn three_variants(failing: &str) -> RunRecord {
    let plans: Vec<_> = (0..24).map(|n| fixture::plan(Some(["a", "b", "c"][n / 8]), n as u64 % 8)).collect();
    let ids = crate::analysis::cell_ids(&plans);
    let outcome = |fails: bool| timed(if fails { fixture::lost(1) } else { fixture::outcome() }, 1);
    let judged =
        |(plan, id): (&Plan, &String)| judge(plan, id, &outcome(plan.variant.as_deref() == Some(failing)));
    assemble("reports/x", &plans, plans.iter().zip(&ids).map(judged).collect(), &[])
}

#[test]
fn variants_that_differ_stand_side_by_side_and_one_setting_has_tiles() {
    let mut record = three_variants("c");
    let bytes = |value| Figure::Value { unit: Unit::Bytes, value };
    for (at, cell) in record.cells.iter_mut().enumerate() {
        cell.metrics.insert("net.down.bytes".into(), bytes(1 << 20 << (at / 10)));
    }
    let page = page(&record);
    assert!(page.contains("<h2>Variants</h2>") && page.contains("down a person"), "{page}");
    assert!(!page.contains("rows/s</title>"), "what is equal has no bars");
    assert!(!page.contains("class=\"tile"), "figures of one setting alone are told so");
    let page = super::page(&failing());
    assert!(page.contains("<small>rows lost</small><b>✗ 3</b>"), "a sign besides the colour");
}

#[test]
fn a_cause_is_told_once_however_many_seeds_fail_by_it() {
    let page = page(&record((0..9).map(|_| fixture::lost(3)).collect()));
    assert!(page.contains("<h3>ties.s1 and 8 cells more</h3>"));
    assert_eq!(page.matches("<section class=\"failure\"").count(), 1);
}

/// The cells that are drawn over time, by their ids.
fn drawn(record: &RunRecord) -> Vec<&str> {
    crate::analysis::to_draw(record).iter().map(|cell| cell.id.as_str()).collect()
}

#[test]
fn of_each_setting_one_cell_is_drawn_before_a_second_of_any() {
    let mut record = three_variants("none");
    keep_series_of_few(&mut record);
    assert_eq!(drawn(&record), ["ties.a.s0", "ties.b.s0", "ties.c.s0", "ties.a.s1"]);
    let page = page(&record);
    let at = |id: &str| page.find(&format!("<summary>{id}</summary>")).unwrap();
    assert!(at("ties.a.s0") < at("ties.b.s0") && at("ties.c.s0") < at("ties.a.s1"));
    let kept: Vec<&str> = record
        .cells
        .iter()
        .filter(|cell| cell.series.is_some())
        .map(|cell| cell.variant.as_deref().unwrap())
        .collect();
    assert_eq!(kept, ["a", "a", "a", "b", "b", "b", "c", "c"]);
    // What fails comes first, and does not come alone.
    let mut failing = three_variants("c");
    keep_series_of_few(&mut failing);
    assert_eq!(drawn(&failing), ["ties.c.s0", "ties.a.s0", "ties.b.s0", "ties.c.s1"]);
}

#[test]
fn of_a_search_the_best_and_the_present_setting_are_drawn_first() {
    let mut record = record((0..5).map(|_| fixture::outcome()).collect());
    for (cell, rows) in record.cells.iter_mut().zip([64, 64, 500, 1_024, 1_024]) {
        cell.axes = [
            ("engine.pull.chunk_rows".to_owned(), rows.into()),
            ("fleet.phones.link".to_owned(), "edge".into()),
        ]
        .into();
    }
    record.tune = Some(fixture::tuned());
    assert_eq!(drawn(&record), ["ties.s4", "ties.s3", "ties.s1", "ties.s5"]);
    record.cells[3].axes.insert("fleet.phones.link".to_owned(), "geo".into());
    assert_eq!(drawn(&record)[0], "ties.s5", "the best of another place is not the best here");
}

#[test]
fn a_run_of_failures_only_is_bounded_too() {
    let mut record = record((0..500).map(|_| fixture::lost(60)).collect());
    for (at, cell) in record.cells.iter_mut().enumerate() {
        // Each for a cause of its own.
        cell.variant = Some(format!("v{at}"));
        let lines: Vec<String> = (0..10_000).map(|i| format!("08:00:00.000 d17 line {i}")).collect();
        cell.lives = vec![LifeRecord { record: "appointment/k0".to_owned(), lines, steps: Vec::new() }];
    }
    let page = page(&record);
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    assert!(
        page.contains("394 more") && page.contains("9880 lines are left out here"),
        "it says what is missing"
    );
}

#[test]
fn an_outage_is_as_high_as_the_share_of_devices_it_met() {
    let record = record(vec![timed(fixture::outcome(), 2)]);
    let outages = outages(&record, &record.cells[0]).unwrap();
    let spans = &outages.strips[0].spans;
    assert_eq!(spans.len(), 1, "neighbours that are equal are one: {spans:?}");
    let (from, until, share, told) = &spans[0];
    assert_eq!((*from, *until, told.as_str()), (20 * MINUTE, 30 * MINUTE, "2 of 3 devices offline"));
    assert!((share - 2.0 / 3.0).abs() < 1e-9);
    assert_eq!(outages.strips[1].ticks, [5], "the fault of the fixture");
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
    let (few, many, more) = (drawn(9), drawn(18_000), drawn(72_000));
    let size = |timeline: &Timeline| timeline.draw(Size::Wide).inline().len();
    assert!(few.about.ends_with(" 3 faults of further kinds, not drawn."), "{}", few.about);
    assert!(few.strips[1..].iter().all(|strip| strip.ticks.len() == 1), "a diamond each");
    assert!(more.strips.iter().all(|strip| strip.ticks.len() + strip.spans.len() <= 101), "a mark a stretch");
    assert!(size(&more) < size(&many) * 5 / 4, "four times the faults: {} and {}", size(&many), size(&more));
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
    // One logs in after 20 minutes, the others after 40; one of them goes offline for the last ten.
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
    let told: Vec<_> = drawn.strips[0].spans.iter().map(|span| (span.0 / MINUTE, span.3.as_str())).collect();
    assert_eq!(told, [(50, "1 of 3 devices offline")]);
    assert_eq!(drawn.strips[1].ticks, [45 * MINUTE]);
    assert!(drawn.about.contains(" 1 fault before any device was online, not drawn."), "{}", drawn.about);
    assert!(drawn.about.contains(" 1 fault only after the end, not drawn."), "{}", drawn.about);
    let page = page(&record);
    assert!(!page.contains("Behind the dashed line") && page.matches(&drawn.about).count() >= 1);
    let captions = page.split("<figcaption>").skip(1).map(|part| part.split("</figcaption>").next().unwrap());
    let holds = captions
        .filter(|caption| caption.contains(" 1 fault before any device was online, not drawn."))
        .count();
    assert_eq!(holds, 1, "inside of its card");
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
fn a_run_that_was_stopped_says_what_was_not_done() {
    let mut record = record(vec![fixture::outcome(), fixture::outcome()]);
    record.verdict = Verdict::Incomplete;
    record.cells[1].verdict = Verdict::Incomplete;
    record.notes = vec!["interrupted: 1 of 2 cells ended".to_owned()];
    let page = page(&record);
    assert!(page.contains("What was not done") && page.contains("1 of 2 cells ended"));
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
    let objective: Objective = "engine.session.duration:p50".parse().unwrap();
    record.sweep = Some(SweepRecord::new(&[("engine.pull.chunk_rows".to_owned(), values)], None, &objective));
    let page = page(&record);
    assert!(
        page.contains("best at 16") && page.contains("engine.session.duration:p50 by engine.pull.chunk_rows")
    );
    assert!(page.contains(
        "syncdyno sweep scenarios/ties.toml --axis 'engine.pull.chunk_rows=16,64,256,1024' --seeds 1..=4"
    ));
}

#[test]
fn a_search_is_drawn_with_what_others_ship_and_told_beside_the_best() {
    let mut record = record(vec![fixture::outcome()]);
    record.tune = Some(fixture::tuned());
    let page = page(&record);
    for said in [
        "<h2>The best settings</h2>",
        "<h3>low edge: best at 1\u{202f}024 (100 rows/s)</h3>",
        "PouchDB, Datasync",
        "within 3\u{202f}%: 700 to 1\u{202f}500",
        "every setting is excluded",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(!page.contains("syncdyno run scenarios"), "a search is not done again by a run");
    let tune = fixture::tuned();
    for size in [Size::Wide, Size::Narrow] {
        assert_legible(&tuned::curves(&record, &tune, &tune.knobs[0]).unwrap().draw(size));
    }
    assert_eq!(tuned::curves(&record, &tune, "engine.push.chunk_rows"), None);
}

#[test]
fn the_answer_of_a_search_stands_under_its_verdict_with_what_the_present_setting_costs() {
    let mut record = record(vec![fixture::outcome()]);
    let answer = |record: &RunRecord| {
        let page = page(record).replace('\u{202f}', " ");
        let (head, _) = page.split_once("</header>").unwrap();
        head.rsplit_once("</span></p>").unwrap().1.to_owned()
    };
    record.tune = Some(fixture::tuned());
    let told = answer(&record);
    assert!(
        told.starts_with("<p>low edge: best at 1 024 (100 rows/s); your 500 costs 5.3 % more</p>"),
        "{told}"
    );
    assert!(told.contains("<p>low geo: every setting is excluded: stuck: d1</p>"), "{told}");
    let places = &mut record.tune.as_mut().unwrap().places;
    places[0].present.as_mut().unwrap().within_noise = true;
    *places = vec![places[0].clone(); 9];
    let told = answer(&record);
    assert!(told.contains("; your 500 is as good within the noise</p>"), "{told}");
    assert!(told.contains("<p>and 3 more below</p>"), "{told}");
    let present = record.tune.as_mut().unwrap().places[0].present.as_mut().unwrap();
    (present.value, present.trouble) = ("8192".to_owned(), Some("lost (1 row): d1".to_owned()));
    assert!(answer(&record).contains("; your 8 192 is excluded</p>"));
    record.tune.as_mut().unwrap().places[0].present.as_mut().unwrap().value = "1024".to_owned();
    assert!(answer(&record).contains("best at 1 024 (100 rows/s), as you have it</p>"));
}

#[test]
fn a_search_shows_the_interval_of_what_ran_under_all_seeds_and_which_settings_did_not() {
    let mut tune = fixture::tuned();
    tune.places.truncate(1);
    tune.seeds.truncate(4);
    let seeds = [2, 4, 4, 4];
    tune.places[0].knobs[0].points.iter_mut().zip(seeds).for_each(|(point, seeds)| point.seeds = seeds);
    let mut record = record((0..10).map(|_| fixture::outcome()).collect());
    for (i, cell) in record.cells.iter_mut().enumerate() {
        let rows = [64, 512, 1_024][(i + 2) / 4];
        let rate = 90_000 + 5_000 * (i as u64 % 4);
        cell.axes = [
            ("engine.pull.chunk_rows".to_owned(), rows.into()),
            ("fleet.phones.link".to_owned(), "edge".into()),
        ]
        .into();
        let unit = Unit::MilliRowsPerSecond;
        cell.metrics.insert("engine.rows.rate".into(), Figure::Value { unit, value: rate });
    }
    let drawn = tuned::curves(&record, &tune, &tune.knobs[0]).unwrap();
    let points = &drawn.curves[0].points;
    let intervals: Vec<bool> = points.iter().map(|point| point.interval.is_some()).collect();
    assert_eq!(intervals, [false, true, true, false], "of two seeds, of four twice, without cells");
    let (low, high) = points[2].interval.unwrap();
    // The harmonic mean of 90 to 105 is 97.2, its standard error 3.3 %, and Student's factor for
    // four seeds 3.18.
    assert!((87_000.0..89_000.0).contains(&low) && (107_000.0..109_000.0).contains(&high), "{low} to {high}");
    let svg = drawn.draw(Size::Wide).inline();
    assert_eq!(svg.matches("class=\"o c0\"").count(), 1, "64 is hollow");
    let data = tables::of_curves(&drawn);
    assert!(data.contains("seeds</th>") && data.contains(">2</td>") && data.contains(">4</td>"), "{data}");
    record.tune = Some(tune);
    let page = page(&record);
    assert!(page.contains(
        "the 95\u{202f}% interval of the harmonic mean over seeds of those that were run under all 4 seeds"
    ));
}

#[test]
fn no_number_of_the_page_breaks_over_lines_and_what_is_copied_stays_as_it_is() {
    let mut record = record(vec![fixture::outcome()]);
    record.tune = Some(fixture::tuned());
    let title = "title = \"50 % of 1\u{2009}000\"";
    record.resolved.insert("0123456789abcdef".to_owned(), title.to_owned());
    let page = page(&record);
    let (words, copied): (Vec<&str>, Vec<&str>) =
        page.split("</pre>").map(|part| part.split_once("<pre").unwrap_or((part, ""))).unzip();
    assert!(copied.iter().any(|text| text.contains("50 % of 1\u{2009}000")), "{copied:?}");
    for part in words {
        assert!(!part.contains('\u{2009}'), "{part}");
        let broken =
            part.match_indices(" %").find(|(at, _)| part[..*at].ends_with(|c: char| c.is_ascii_digit()));
        assert_eq!(broken.map(|(at, _)| &part[at.saturating_sub(20)..at]), None);
    }
    assert!(page.contains("within 3\u{202f}%: 700 to 1\u{202f}500"));
}

#[test]
fn plots_of_records_are_legible_on_either_screen() {
    let record = failing();
    let cell = &record.cells[0];
    for size in [Size::Wide, Size::Narrow] {
        assert_legible(&fleet(&record, cell).unwrap().draw(size));
        assert_legible(&outages(&record, cell).unwrap().draw(size));
        assert_legible(&percentiles(cell).unwrap().draw(size));
        assert_legible(&life(cell, &cell.lives[0]).unwrap().draw(size));
    }
}

#[test]
fn cards_are_of_one_setting_and_red_where_something_is_wrong() {
    let mut record = record(vec![fixture::outcome(), fixture::lost(7)]);
    assert!(page(&record).contains("<div class=\"card bad\">"), "seven rows are lost");
    record.cells.iter_mut().for_each(|cell| cell.verdict = Verdict::Pass);
    let passing = page(&record);
    assert!(passing.contains("<div class=\"card\">") && !passing.contains("card bad"), "as expected");
    record.cells[1].variant = Some("strict".to_owned());
    assert!(!page(&record).contains("<div class=\"card"), "settings stand in the table");
}

#[test]
fn the_page_of_a_search_opens_with_the_answer_and_what_fails_there_is_no_candidate() {
    let mut record = record(vec![fixture::outcome(), fixture::lost(2)]);
    (record.verdict, record.exit_code) = (Verdict::Pass, 0);
    record.tune = Some(fixture::tuned());
    let found = page(&record);
    let at = |text: &str| found.find(text).unwrap_or_else(|| panic!("the page has no {text}"));
    assert!(
        at("badge pass") < at("<h2>The best settings</h2>")
            && at("The best settings") < at("Excluded settings")
    );
    assert!(at("Excluded settings") < at("<h2>Cells</h2>"));
    assert!(at("syncdyno tune ") < at(" --knob engine.pull.chunk_rows"), "it says how to search again");
    assert!(
        found.contains("the ends of ranges, which are the default ones here"),
        "a record of old has none"
    );
    let given = ["--knob", "engine.pull.chunk_rows=16..512", "--limit", "chunk=off", "--no-field"];
    let mut told = record.clone();
    told.tune.as_mut().unwrap().given = given.map(str::to_owned).to_vec();
    let told = page(&told);
    assert!(
        told.contains(&format!(" {} ", given.join(" "))) && !told.contains("the ends of ranges"),
        "{told}"
    );
    assert_eq!(found.matches("The best settings").count(), 1);
    assert!(found.contains("1 of excluded settings") && found.contains("<td>excluded</td>"));
    assert!(!found.contains("What is wrong") && !found.contains("failing") && !found.contains("FAIL"));
    // Without any candidate it is a failure.
    record.verdict = Verdict::Fail;
    let without = page(&record);
    assert!(without.find("What is wrong").unwrap() < without.find("The best settings").unwrap());
}
