//! Logs with requests that a server, a gateway or an app ended.

use super::{MODEL, Model, said};
use crate::campaign::calibrate::calibrate;
use crate::render::calibrate::{Advice, Calibration, Rate};

const NOTED: &str = "not counted as failures of the link";
const DOUBTED: &str = "counted as refused or given up";

/// The calibration of a log whose failures are called `word`.
fn failing_with(word: &str) -> Calibration {
    let log = MODEL.log(4).replace(",reset", &format!(",{word}"));
    calibrate("log.csv", log.as_bytes(), &[]).unwrap()
}

#[test]
fn a_status_that_says_that_nothing_came_in_time_or_that_the_client_went_away_is_a_failure_of_the_link() {
    let rate = |calibration: &Calibration| match calibration.outages.unwrap().rate {
        Rate::Known(rate) => rate,
        bound @ Rate::AtMost(_) => panic!("there were failures: {bound:?}"),
    };
    let reset = failing_with("reset");
    assert_eq!(failing_with("499").outages, reset.outages);
    for status in ["408", "504"] {
        let calibration = failing_with(status);
        let (here, there) = (rate(&calibration), rate(&reset));
        assert!(
            (here.value / there.value - 1.0).abs() < 0.1,
            "{status}: {here:?} where resets say {there:?}"
        );
        assert_eq!((calibration.census.timed_out, calibration.census.refused), (reset.census.cut, 0));
        assert!(matches!(calibration.advice, Some(Advice::Rows { .. })), "{status}");
    }
}

#[test]
fn what_is_refused_is_no_failure_and_that_is_said_and_that_it_may_be_one_where_it_took_long() {
    for word in ["400", "429", "500", "502", "503", "refused", "cancelled", "Canceled"] {
        let calibration = failing_with(word);
        assert!(matches!(calibration.advice, Some(Advice::AtLeast(_))), "{word}");
        assert!(said(&calibration.notes, NOTED), "{word}: {:?}", calibration.notes);
        assert!(said(&calibration.unknown, DOUBTED), "{word}: {:?}", calibration.unknown);
        let short = calibration.in_short();
        assert!(
            short.contains("no failure limits it (") && short.contains("refused, which count as none)"),
            "{short}"
        );
    }
    let quick: String = MODEL
        .log(4)
        .lines()
        .map(|line| match line.strip_suffix(",reset").and_then(|head| head.rsplit_once(',')) {
            Some((head, _)) => format!("{head},30000,503\n"),
            None => format!("{line}\n"),
        })
        .collect();
    let calibration = calibrate("log.csv", quick.as_bytes(), &[]).unwrap();
    assert!(said(&calibration.notes, NOTED), "{:?}", calibration.notes);
    assert!(!said(&calibration.unknown, DOUBTED), "{:?}", calibration.unknown);
    assert!(!said(&failing_with("reset").notes, NOTED));
}

#[test]
fn a_try_that_is_refused_in_an_outage_is_a_try_that_failed() {
    let log = |word: &str| {
        let mut text = "start,rows,bytes,duration_ms,outcome\n".to_owned();
        for n in 0..60 {
            let at = 1_772_438_400 + n * 30;
            text.push_str(&format!("{at},{0},{0},{0},ok\n{1},0,0,400,reset\n", 200 + n % 7 * 90, at + 2));
            (0..n % 4 + 1).for_each(|again| text.push_str(&format!("{},,,,{word}\n", at + 4 + 4 * again)));
        }
        calibrate("log.csv", text.as_bytes(), &[]).unwrap()
    };
    let (refused, unsent) = (log("503"), log("offline"));
    let repair = |calibration: &Calibration| calibration.outages.unwrap().repair;
    assert_eq!(repair(&refused), repair(&unsent));
    assert!(said(&refused.notes, "of a repair, tries that failed"), "{:?}", refused.notes);
    assert!(!said(&refused.unknown, "no try failed before"), "{:?}", refused.unknown);
}

#[test]
fn failures_that_are_rarer_than_refusals_stay_what_they_are() {
    let model = Model { mtbf: 400.0, ..MODEL };
    let mut log = model.log(1);
    let failures = model.calibration(1).outages.unwrap().failures;
    (0..200).for_each(|n| log.push_str(&format!("{},,,20,429\n", 1_772_480_000 + n * 10)));
    let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
    assert_eq!((calibration.outages.unwrap().failures, calibration.census.refused), (failures, 200));
}
