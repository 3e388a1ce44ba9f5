//! What a calibration is shown as.

use super::record::{Advice, Calibration, Census, Costs, Estimate, Outages, Rate, Split};
use crate::base::Span;
use crate::contract::Described;
use crate::scenario::{Document, Names, Plan, Request};

fn about(value: f64) -> Estimate {
    Estimate { value, low: value * 0.9, high: value * 1.1 }
}

/// 340 ms + 2.4 ms a row, of which 1.2 ms is 300 bytes at 2 Mbit/s; a failure a minute.
fn example() -> Calibration {
    let rate = Rate::Known(about(1.0 / 60.0));
    Calibration {
        source: "app.csv".to_owned(),
        census: Census {
            requests: 1_000,
            answered: 980,
            cut: 20,
            devices: Some(3),
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
            split: Some(Split { row: about(1.2e-3), byte: about(4e-6) }),
            noise: about(0.1),
        }),
        outages: Some(Outages { failures: 20, exposed: 1_200.0, rate, repair: Some(about(8.0)) }),
        advice: Some(Advice::Rows {
            best: about(2_600.0),
            flat: (1_200.0, 5_000.0),
            excess: about(0.6),
            within_log: false,
        }),
        unknown: vec!["how it tastes".to_owned()],
        notes: Vec::new(),
    }
}

fn plan(calibration: &Calibration, rtt: Span) -> Plan {
    let text = calibration.scenario("measured", rtt).expect("it has costs");
    // What is expected of a run is held by the command line's tests, which know the metrics.
    let text = text.split("[expect]").next().unwrap_or_default();
    let document = Document::parse("measured.toml", text).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    let names = Names { metrics: &[], checks: &[], stacks: &[Described::builtin("builtin")] };
    let mut plans =
        document.plans(&Request::default(), &names).unwrap_or_else(|e| panic!("{}\n{text}", e.render(false)));
    plans.remove(0)
}

#[test]
fn the_story_has_each_figure_with_its_interval_and_what_is_unknown() {
    let story = example().story();
    for said in [
        "app.csv: 1\u{2009}000 requests of 3 devices in 1 h 00 min: 980 answered, 20 cut",
        "overhead of a request",
        "306 ms … 374 ms",
        "2.00 Mbit/s",
        "recommended chunk: 2\u{2009}600 rows (2\u{2009}340 … 2\u{2009}860); within 3 %: 1\u{2009}200 to 5\u{2009}000",
        "a row costs 60 % more",
        "what this log cannot tell\n  - how it tastes\n",
    ] {
        assert!(story.contains(said), "{said}\n{story}");
    }
    let silent = Calibration { costs: None, outages: None, advice: None, ..example() };
    assert!(!silent.story().contains("estimate"), "{}", silent.story());
    assert_eq!(silent.scenario("x", Span::ZERO), None);
}

#[test]
fn json_is_whole_numbers_and_null_where_the_log_cannot_tell() {
    let value: serde_json::Value = serde_json::from_str(&example().to_json()).unwrap();
    assert_eq!(value["overhead_ns"]["value"], 340_000_000);
    assert_eq!(value["byte_ps"]["low"], 3_600_000);
    assert_eq!(value["between_failures_ns"]["value"], 60_000_000_000_u64);
    assert_eq!(value["chunk"]["best_rows"]["high"], 2_860);
    let outages = Outages { failures: 0, exposed: 300.0, rate: Rate::AtMost(0.01), repair: None };
    let less = Calibration { costs: None, outages: Some(outages), advice: None, ..example() };
    let value: serde_json::Value = serde_json::from_str(&less.to_json()).unwrap();
    assert!(value["overhead_ns"].is_null() && value["chunk"].is_null(), "{value}");
    assert_eq!(value["between_failures_ns"]["low"], 100_000_000_000_u64);
    assert!(value["between_failures_ns"]["value"].is_null());
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
}

#[test]
fn the_scenario_says_which_of_its_figures_the_log_did_not_tell() {
    let text = |c: &Calibration| c.scenario("measured", Span::ZERO).unwrap();
    assert!(text(&example()).contains("# The log did not tell:\n# - caps: page_cap"), "{}", text(&example()));
    let mut calibration = Calibration { advice: None, ..example() };
    calibration.costs.as_mut().unwrap().row = Estimate { value: 5e-3, low: 0.0, high: 1e-2 };
    calibration.outages.as_mut().unwrap().rate = Rate::AtMost(0.1);
    calibration.census.rows_mean = 5.0;
    let said = text(&calibration);
    for untold in ["# - time a row: ", "# - how often transfers break: no failure was seen"] {
        assert!(said.contains(untold), "{said}");
    }
    assert!(!said.contains("# - overhead"), "{said}");
    // All sizes are worth a look where none is the best.
    let (from, to) = calibration.axis().unwrap();
    assert!(from <= 5 && to >= 2_000, "{from} {to}");
    // Where a best is known a search is to take a quarter of the full grid at most.
    let (from, to) = example().axis().unwrap();
    assert!(from == 1 || from * 512 <= to, "{from} {to}");
}

#[test]
fn the_axis_of_a_chunk_of_the_log_holds_it_and_no_size_beyond_the_log() {
    for best in 1..=1_200u64 {
        for most in [best, best + 1, best + best / 3 + 1] {
            let mut calibration = example();
            let value = about(best as f64 - 0.4);
            calibration.advice =
                Some(Advice::Rows { best: value, flat: (1.0, 2.0), excess: about(0.1), within_log: true });
            calibration.census.rows_max = most;
            let (from, to) = calibration.axis().unwrap();
            let case = format!("{best} of {most}: {from} to {to}");
            assert!(from >= 1 && to >= 2 * from && to <= most.max(2), "{case}");
            assert!(
                to as f64 <= (1.05 * best as f64).max((best + 1) as f64).max(2.0) && to + 1 >= best,
                "{case}"
            );
        }
    }
}

#[test]
fn whatever_a_log_says_its_scenario_can_be_run() {
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
