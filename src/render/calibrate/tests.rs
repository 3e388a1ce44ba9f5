use super::*;
use crate::base::Span;
use crate::contract::StackDescription;
use crate::scenario::{Document, Plan, Request};

fn about(value: f64) -> Estimate {
    Estimate { value, low: value * 0.9, high: value * 1.1 }
}

impl Calibration {
    fn saying<const N: usize>(
        mut self,
        all: impl IntoIterator<Item = (Code, [&'static str; N])>,
    ) -> Calibration {
        all.into_iter().for_each(|(code, found)| _ = self.say(true, code, found.map(str::to_owned)));
        self
    }
}

/// The costs are 340 ms and 2.4 ms per row, and 1 failure per minute.
fn figures() -> Figures {
    Figures {
        overhead: about(0.34),
        row: about(2.4e-3),
        noise: about(0.1),
        between: about(60.0),
        best: about(2_600.0),
        flat: [1_200.0, 5_000.0],
        excess: about(0.6),
    }
}

fn example() -> Calibration {
    Calibration {
        source: "app.csv".to_owned(),
        group: Some(("network".to_owned(), "wifi".to_owned())),
        census: Census {
            requests: 1_000,
            answered: 980,
            cut: 20,
            devices: Some(30),
            lasted_ns: Span::secs(3_600),
            rows_mean_milli: 182_000,
            rows_max: 500,
            bytes_a_row: Some(300),
            duration_mean_ns: Span::millis(800),
            failures: 20,
            exposed_ns: Span::secs(1_200),
            ..Census::default()
        },
        figures: Some(figures()),
        diagnoses: vec![],
    }
    .saying([(Code::Beyond, ["500", ""]), (Code::FewDevices, ["4", ""])])
}

fn refused() -> Calibration {
    let group = Some(("network".to_owned(), "lte".to_owned()));
    Calibration { figures: None, group, diagnoses: vec![], ..example() }
        .saying([(Code::FewResponses, ["3", "12"]), (Code::FewDevices, ["4", ""])])
}

fn with(change: impl Fn(&mut Figures)) -> Calibration {
    let mut calibration = example();
    calibration.figures.iter_mut().for_each(change);
    calibration
}

/// A log that gives only lower bounds.
fn least() -> Calibration {
    with(|figures| (figures.best, figures.between) = (Estimate::at_least(900.0), Estimate::at_least(400.0)))
}

#[test]
fn a_story_has_the_decisive_first() {
    let given = with(|figures| figures.overhead = Estimate::exactly(0.08));
    let mut loose = least();
    loose.figures.iter_mut().for_each(|of| of.best = Estimate::at_least(100.0));
    let all = Calibration { diagnoses: vec![], ..example() };
    let all = all.saying(Code::ALL.iter().map(|code| (*code, ["1", "2", "3", "4"])));
    let told = [story(&[example()]), in_short(&[refused()]), story(&[least()]), in_short(&[loose])];
    let told =
        told.into_iter().chain([story(&[given]), story(&[refused(), least(), example()]), story(&[all])]);
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("-----\n"));
}

#[test]
fn json_is_whole_numbers_and_null_where_unknown() {
    insta::assert_snapshot!(to_json(&[example(), least(), refused()]));
}

#[test]
fn the_page_has_the_table_of_diagnostics() {
    let page = std::fs::read_to_string("docs/calibrating.md").unwrap();
    let of_page = page.lines().filter_map(|line| match line.split(" | ").collect::<Vec<_>>()[..] {
        [code, effect, _, _, hint] if code.starts_with("| `") => Some(format!("{code} {effect} {hint}")),
        _ => None,
    });
    let effect = |rule: &Rule| format!("{:?}", rule.effect).to_lowercase();
    let rules = Code::ALL.iter().map(|code| code.rule());
    let rules = rules.map(|rule| format!("| `{}` {} {} |", rule.code, effect(&rule), rule.hint));
    assert_eq!(of_page.collect::<Vec<_>>(), rules.collect::<Vec<_>>());
}

fn plan(calibration: &Calibration, rtt: Span) -> Plan {
    let text = calibration.scenario("measured", rtt).expect("it has costs");
    // `[expect]` needs the metrics. The tests of the command line check it.
    let text = text.split("[expect]").next().unwrap_or_default();
    let document = Document::parse("measured.toml", text).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    let plans = document.plans(&Request::default(), &[StackDescription::builtin("builtin")]);
    plans.unwrap_or_else(|e| panic!("{}\n{text}", e.render(false))).remove(0)
}

#[test]
fn the_scenario_costs_what_the_calibration_says() {
    let plan = plan(&example(), Span::millis(90));
    let link = &plan.fleets[0].links[0].0;
    assert_eq!((link.rtt, link.down.0), (Span::millis(90), 1_000_000_000));
    assert_eq!(link.gaps.expect("it fails").mtbf, Span::secs(60));
    assert_eq!((plan.backend.fixed_cost, plan.backend.row_cost), (Span::millis(250), Span::micros(2_400)));
    // A search does not begin above the recommended size, even if the log has larger chunks.
    for best in [Estimate::at_least(18.0), about(18.0)] {
        let small = with(|figures| figures.best = best);
        assert!(small.axis().0 <= small.recommended() && small.recommended() == 18, "{:?}", small.axis());
    }
    // A search does not begin with chunks far below the recommended size either.
    let mut tiny = example();
    tiny.census.rows_mean_milli = 1_000;
    assert_eq!((tiny.axis().0, example().axis().0), (32, 128));
}

#[test]
fn every_log_with_costs_gives_a_scenario_that_runs() {
    let counted = |change: &dyn Fn(&mut Calibration)| {
        let mut calibration = example();
        change(&mut calibration);
        plan(&calibration, Span::ZERO)
    };
    let set = |change: &dyn Fn(&mut Figures)| plan(&with(change), Span::ZERO);
    for bytes in [None, Some(3), Some(900_000)] {
        counted(&|c| c.census.bytes_a_row = bytes);
    }
    counted(&|c| c.census.rows_mean_milli = 200);
    counted(&|c| c.source = "a\n[b]\n\"".to_owned());
    assert_eq!(refused().scenario("measured", Span::ZERO), None);
    set(&|of| of.best = Estimate::at_least(1e9));
    set(&|of| of.overhead = Estimate::exactly(0.0));
    set(&|of| of.noise = about(50.0));
    let none = set(&|of| of.between = Estimate::at_least(10.0));
    assert_eq!(none.fleets[0].links[0].0.gaps, None);
    // The durations look as if they were in another unit.
    for between in [2.0, 2e-6] {
        let gaps = set(&|of| of.between = about(between)).fleets[0].links[0].0.gaps.expect("it fails");
        assert!(gaps.mean < gaps.mtbf, "a link that is down for longer than between failures: {gaps:?}");
    }
}
