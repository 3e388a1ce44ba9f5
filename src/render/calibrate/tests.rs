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
        all.into_iter().for_each(|(code, found)| self.say(true, code, found.map(str::to_owned)));
        self
    }
}

/// 340 ms + 2.4 ms per row, of which 1.2 ms is 300 bytes at 2 Mbit/s; one failure per minute.
fn reading() -> Reading {
    let figures = [
        (Figure::Overhead, 0.34),
        (Figure::Row, 2.4e-3),
        (Figure::RowAlone, 1.2e-3),
        (Figure::Byte, 4e-6),
        (Figure::Noise, 0.1),
        (Figure::Between, 60.0),
        (Figure::Recovery, 8.0),
    ];
    Reading {
        overhead: None,
        mtbf: None,
        timeouts: None,
        figures: figures.map(|(figure, value)| (figure, about(value))).into(),
        advice: Advice { best: about(2_600.0), flat: (1_200.0, 5_000.0), excess: about(0.6) },
        in_time: None,
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
            rows_median: 200,
            bytes_a_row: Some(300),
            duration_mean_ns: Span::millis(800),
            failures: 20,
            exposed_ns: Span::secs(1_200),
            ..Census::default()
        },
        readings: vec![reading()],
        next: None,
        diagnoses: vec![],
    }
    .saying([(Code::Beyond, ["500", ""]), (Code::FewDevices, ["4", ""])])
}

/// Responses of one size, and timeouts of unknown cause.
fn open() -> Calibration {
    let of = |overhead, timeouts| {
        let mut open = Reading { overhead: Some(overhead), timeouts: Some(timeouts), ..reading() };
        open.figures.insert(Figure::Overhead, Estimate::exactly(overhead));
        open.figures.insert(Figure::Row, about((0.8 - overhead) / 200.0));
        open.figures.insert(Figure::Request, about(if timeouts == Timeouts::Slow { 1.1 } else { 0.8 }));
        open.advice.best = about(4_000.0 * overhead);
        if timeouts == Timeouts::Slow {
            (open.advice.best, open.in_time) = (Estimate::at_least(900.0), Some(Estimate::at_least(700.0)));
        }
        open
    };
    let ways = [Timeouts::Failures, Timeouts::Slow];
    Calibration {
        group: Some(("network".to_owned(), "lte".to_owned())),
        readings: ways.into_iter().flat_map(|way| [0.08, 0.24].map(|o| of(o, way))).collect(),
        next: Some(Next { rows: [25, 800], requests: 60 }),
        diagnoses: vec![],
        ..example()
    }
    .saying([(Code::OneSize, ["3", "200"]), (Code::FewDevices, ["4", ""])])
    .saying([(Code::TimeoutsOpen, ["31", " after 10.0 s", "9.10 s", "`rows` that they asked for"])])
}

fn refused() -> Calibration {
    Calibration { readings: vec![], diagnoses: vec![], ..example() }
        .saying([(Code::FewResponses, ["3", ""]), (Code::FewDevices, ["4", ""])])
}

#[test]
fn a_story_has_the_decisive_first() {
    let mut least = example();
    least.readings[0].advice.best = Estimate::at_least(900.0);
    let chosen = Calibration { readings: vec![open().readings[3].clone()], next: None, ..open() };
    let blind = Reading { mtbf: Some(30.0), overhead: Some(0.08), ..reading() };
    let blind = Calibration { readings: vec![blind], ..example() };
    let all = Calibration { diagnoses: vec![], ..example() };
    let all = all.saying(Code::ALL.iter().map(|code| (*code, ["1", "2", "3", "4"])));
    let told = [story(&[example()]), in_short(&[refused()]), in_short(&[least])];
    let told = told.into_iter().chain([story(&[open()]), in_short(&[chosen]), in_short(&[blind])]);
    let told = told.chain([story(&[refused(), open(), example()]), story(&[all])]);
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("-----\n"));
}

#[test]
fn json_is_whole_numbers_and_null_where_unknown() {
    insta::assert_snapshot!(to_json(&[example(), open()]));
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
    // The command-line tests check `[expect]`; they know the metrics.
    let text = text.split("[expect]").next().unwrap_or_default();
    let document = Document::parse("measured.toml", text).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    let plans = document.plans(&Request::default(), &[StackDescription::builtin("builtin")]);
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
    // A search should take at most a quarter of the full grid.
    let (from, to) = example().axis();
    assert!(from == 1 || from * 512 <= to, "{from} {to}");
    // It does not begin above the recommended size, even if the log has larger chunks.
    for best in [Estimate::at_least(18.0), about(18.0)] {
        let mut small = example();
        small.readings[0].advice.best = best;
        assert!(small.axis().0 <= small.recommended() && small.recommended() == 18, "{:?}", small.axis());
    }
}

#[test]
fn every_log_with_costs_gives_a_scenario_that_runs() {
    let with = |change: &dyn Fn(&mut Calibration)| {
        let mut calibration = example();
        change(&mut calibration);
        plan(&calibration, Span::ZERO)
    };
    let set = |figure, known| with(&|c| _ = c.readings[0].figures.insert(figure, known));
    let figure = |figure, value| set(figure, about(value));
    with(&|c| c.readings[0].figures.retain(|figure, _| !matches!(figure, Figure::RowAlone | Figure::Byte)));
    for bytes in [None, Some(3), Some(900_000)] {
        with(&|c| c.census.bytes_a_row = bytes);
    }
    with(&|c| c.census.rows_mean_milli = 200);
    with(&|c| c.readings[0].advice.best = Estimate::at_least(1e9));
    assert_eq!(open().scenario("measured", Span::ZERO), None);
    with(&|c| c.source = "a\n[b]\n\"".to_owned());
    figure(Figure::Overhead, 0.0);
    figure(Figure::Noise, 50.0);
    let none = set(Figure::Between, Estimate::at_least(10.0));
    assert_eq!(none.fleets[0].links[0].0.gaps, None);
    let long = figure(Figure::Recovery, 900.0);
    let gaps = long.fleets[0].links[0].0.gaps.expect("it fails");
    assert!(gaps.mean < gaps.mtbf, "a repair that is longer than the time between failures is cut");
    // As if durations were in another unit.
    figure(Figure::Between, 2e-6);
}
