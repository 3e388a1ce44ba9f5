//! What a calibration is shown as.

use super::*;
use crate::base::Span;
use crate::contract::Described;
use crate::scenario::{Document, Names, Plan, Request};

fn about(value: f64) -> Estimate {
    Estimate { value, low: value * 0.9, high: value * 1.1 }
}

/// 340 ms + 2.4 ms a row, of which 1.2 ms is 300 bytes at 2 Mbit/s; a failure a minute.
fn example() -> Calibration {
    let split = Split { row: about(1.2e-3), byte: about(4e-6) };
    let rate = Rate::Known(about(1.0 / 60.0));
    Calibration {
        source: "app.csv".to_owned(),
        group: None,
        census: Census {
            requests: 1_000,
            answered: 980,
            cut: 20,
            devices: Some(30),
            lasted: 3_600.0,
            rows_mean: 182.0,
            rows_max: 500,
            bytes_a_row: Some(300.0),
            duration_mean: 0.8,
            ..Census::default()
        },
        costs: Some(Costs {
            request: about(0.34),
            row: about(2.4e-3),
            split: Some(split),
            noise: about(0.1),
        }),
        outages: Some(Outages { failures: 20, exposed: 1_200.0, rate, repair: Some(about(8.0)) }),
        advice: Some(Advice::Rows {
            best: about(2_600.0),
            flat: (1_200.0, 5_000.0),
            excess: about(0.6),
            within_log: false,
        }),
        diagnoses: vec![
            Diagnosis::of(Code::SlowStart, [0.3, 40.0]),
            Diagnosis::of(Code::Beyond, [500.0, 2_600.0]),
        ],
    }
}

/// A log that tells failures and no costs, of one value of a column.
fn refused() -> Calibration {
    Calibration {
        group: Some(("network".to_owned(), "lte".to_owned())),
        costs: None,
        outages: Some(Outages { failures: 0, exposed: 300.0, rate: Rate::AtMost(0.01), repair: None }),
        advice: None,
        diagnoses: vec![
            Diagnosis::of(Code::OneSize, [3.0, 200.0]),
            Diagnosis::of(Code::NoFailures, [300.0, 0.0]),
        ],
        ..example()
    }
}

#[test]
fn a_story_has_the_decisive_first() {
    insta::assert_snapshot!(story(&[example()]));
}

#[test]
fn a_story_in_short_has_what_refuses() {
    insta::assert_snapshot!(in_short(&[Calibration { group: None, ..refused() }]));
}

#[test]
fn a_story_of_two_fits_is_a_line_each() {
    let wifi = Calibration { group: Some(("network".to_owned(), "wifi".to_owned())), ..example() };
    insta::assert_snapshot!(story(&[refused(), wifi]));
}

#[test]
fn a_story_with_every_diagnosis_fits_two_screens() {
    let diagnoses = Code::ALL.iter().map(|code| Diagnosis::of(*code, [0.5, 2.0])).collect();
    let story = story(&[Calibration { diagnoses, ..example() }]);
    assert!(story.lines().count() <= 48, "{story}");
    for code in Code::ALL {
        assert!(story.contains(&format!("[{}]", code.rule().code)), "{code:?}");
    }
}

#[test]
fn json_is_whole_numbers_and_null_where_unknown() {
    insta::assert_snapshot!(to_json(&[example(), refused()]));
}

#[test]
fn the_page_has_the_table_of_diagnostics() {
    let page = std::fs::read_to_string("docs/calibrating.md").unwrap();
    assert!(page.contains(&diagnostics()), "{}", diagnostics());
}

fn plan(calibration: &Calibration, rtt: Span) -> Plan {
    let text = calibration.scenario("measured", rtt).expect("it has costs");
    // What is expected of a run is held by the command line's tests, which know the metrics.
    let text = text.split("[expect]").next().unwrap_or_default();
    let document = Document::parse("measured.toml", text).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    let names = Names { metrics: &[], checks: &[], stacks: &[Described::builtin("builtin")] };
    let plans = document.plans(&Request::default(), &names);
    plans.unwrap_or_else(|e| panic!("{}\n{text}", e.render(false))).remove(0)
}

#[test]
fn the_scenario_costs_what_the_calibration_says() {
    let plan = plan(&example(), Span::millis(90));
    let link = &plan.fleets[0].links[0].0;
    assert_eq!((link.rtt, link.down.0), (Span::millis(90), 2_000_000));
    let gaps = link.gaps.expect("it fails");
    assert_eq!((gaps.mtbf, gaps.mean), (Span::secs(60), Span::secs(8)));
    let around = 8.0 * 145.0 / 2e6;
    assert!((plan.backend.fixed_cost.as_secs_f64() - (0.25 - around)).abs() < 2e-6);
    assert!((plan.backend.row_cost.as_secs_f64() - 1.2e-3).abs() < 2e-6);
    // A search is to take a quarter of the full grid at most.
    let (from, to) = example().axis().unwrap();
    assert!(from == 1 || from * 512 <= to, "{from} {to}");
}

#[test]
fn every_log_with_costs_gives_a_scenario_that_runs() {
    let with = |change: &dyn Fn(&mut Calibration)| {
        let mut calibration = example();
        change(&mut calibration);
        plan(&calibration, Span::ZERO)
    };
    with(&|c| c.costs.as_mut().unwrap().split = None);
    with(&|c| c.census.bytes_a_row = None);
    with(&|c| c.census.bytes_a_row = Some(3.0));
    with(&|c| c.census.bytes_a_row = Some(900_000.0));
    with(&|c| c.census.rows_mean = 0.2);
    with(&|c| c.advice = Some(Advice::AtLeast(1e9)));
    with(&|c| c.advice = None);
    with(&|c| c.source = "a\n[b]\n\"".to_owned());
    with(&|c| c.costs.as_mut().unwrap().request = about(0.0));
    with(&|c| c.costs.as_mut().unwrap().noise = about(50.0));
    let none = with(&|c| c.outages.as_mut().unwrap().rate = Rate::AtMost(0.1));
    assert_eq!(none.fleets[0].links[0].0.gaps, None);
    let long = with(&|c| c.outages.as_mut().unwrap().repair = Some(about(900.0)));
    let gaps = long.fleets[0].links[0].0.gaps.expect("it fails");
    assert!(gaps.mean < gaps.mtbf, "a repair that is longer than the time between failures is cut");
    // As of durations that are told in another unit than they have.
    let often = with(&|c| c.outages.as_mut().unwrap().rate = Rate::Known(about(5e5)));
    assert!(often.duration < long.duration, "{:?}", often.duration);
}
