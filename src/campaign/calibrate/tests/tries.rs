//! Logs of few answers, whose failures say how long they took.

use super::super::trouble;
use super::*;

const DOUBTED: &str = "right after another of the device: cut under way, as is assumed, or tries";

pub(super) fn rate(calibration: &Calibration) -> Estimate {
    match calibration.outages {
        Some(Outages { rate: Rate::Known(rate), .. }) => rate,
        outages => panic!("there were failures: {outages:?}"),
    }
}

#[test]
fn quick_tries_after_one_break_of_few_answers_are_no_cuts() {
    let mut log = "start,rows,bytes,duration_ms,outcome\n".to_owned();
    for n in 0..15 {
        let at = 1_772_438_400 + n * 60;
        log.push_str(&format!("{at},{0},{0},{1},ok\n", 100 + n % 7 * 90, 2_700 + n % 7 * 90));
        if n == 7 {
            log.push_str(&format!("{},,,1300,reset\n", at + 10));
            (0..28).for_each(|try_| log.push_str(&format!("{},,,{},reset\n", at + 12 + try_, 50 + try_)));
        }
    }
    let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
    let rate = rate(&calibration);
    assert!(rate.holds(1.0 / 40.0) && (30.0..60.0).contains(&(1.0 / rate.value)), "{rate:?}");
    assert!(said(&calibration.notes, "28 failures right after another"), "{:?}", calibration.notes);
    assert!(said(&calibration.notes, "would have 0: counted as tries"), "{:?}", calibration.notes);
}

#[test]
fn failures_that_were_cut_at_once_count_in_no_rate_and_are_not_judged() {
    let mut log = "start,rows,bytes,duration_ms,outcome\n".to_owned();
    for n in 0..40 {
        let at = 1_772_438_400 + n * 60;
        log.push_str(&format!("{at},{0},{0},{0},ok\n", 300 + n % 7 * 90));
        if n % 10 == 7 {
            log.push_str(&format!("{},,,{},reset\n", at + 10, 100 + n * 10));
            log.push_str(&format!("{},,,0,reset\n", at + 12));
        }
    }
    let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
    assert_eq!((calibration.census.cut, calibration.outages.unwrap().failures), (8, 4));
    assert!(!said(&calibration.notes, "counted as tries"), "{:?}", calibration.notes);
    assert!(!said(&calibration.unknown, DOUBTED), "{:?}", calibration.unknown);
}

#[test]
fn the_interval_of_few_answers_holds_how_often_transfers_break_whatever_the_app_tried() {
    for (answers, mtbf, pause, noted) in [
        (10, 4.0, 1.5, ",,60000,reset"),
        (15, 4.0, 3.0, ",,60000,reset"),
        (25, 4.0, 0.7, ",,60000,reset"),
        (25, 8.0, 3.0, ",,300000,reset"),
        (25, 8.0, 3.0, ",,60000,timeout"),
        (40, 20.0, 3.0, ",,60000,reset"),
        (60, 4.0, 3.0, ",,60000,reset"),
    ] {
        let model = Model { mtbf, answers, ..MODEL };
        let (mut told, mut held) = (0, 0);
        for seed in 0..100 {
            let log = with_tries(&model.log(seed), pause, noted);
            let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
            if calibration.outages.is_some_and(|outages| outages.failures > 0) {
                told += 1;
                held += u32::from(rate(&calibration).holds(1.0 / mtbf));
            }
        }
        let case = format!("{answers} answers, mtbf {mtbf}, {noted} every {pause} s");
        assert!(told >= 80 && 100 * held >= 88 * told, "{case}: {held} of {told}");
    }
}

#[test]
fn where_failures_in_a_row_are_likely_at_random_their_interval_stays_narrow() {
    for (mtbf, answers) in [(5.0, 100), (5.0, 500), (40.0, 500)] {
        let (mut doubted, mut tries, mut wider) = (0, 0, 0.0);
        for seed in 0..100 {
            let calibration = Model { mtbf, answers, ..MODEL }.calibration(seed);
            let outages = calibration.outages.unwrap();
            let Rate::Known(narrow) =
                trouble::rate(outages.failures, outages.failures as f64, outages.exposed)
            else {
                panic!("there were failures")
            };
            let rate = rate(&calibration);
            wider += (rate.high - rate.low) / (narrow.high - narrow.low) / 100.0;
            doubted += u32::from(said(&calibration.unknown, DOUBTED));
            tries += u32::from(said(&calibration.notes, "counted as tries"));
        }
        let case =
            format!("mtbf {mtbf}, {answers} answers: {doubted} doubted, {tries} tries, {wider} as wide");
        assert!(wider < 1.15 && doubted <= 40 && tries <= 2, "{case}");
    }
}

#[test]
fn failures_in_a_row_that_last_longer_than_any_answer_may_be_tries_and_that_is_said() {
    let mut log = "start,rows,bytes,duration_ms,outcome\n".to_owned();
    for n in 0..20 {
        let at = 1_772_438_400 + n * 60;
        log.push_str(&format!("{at},{0},{0},{0},ok\n", 300 + n % 7 * 90));
        if n == 7 {
            log.push_str(&format!("{},,,200,reset\n{},,,3000,reset\n", at + 10, at + 12));
        }
    }
    let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
    let of_those = calibration.unknown.iter().find(|line| line.contains(DOUBTED)).expect("it is said");
    assert!(of_those.starts_with("1 failure right after another"), "{of_those}");
    // One failure in all the time of those that follow none.
    assert!(rate(&calibration).low < least_rate(1, 10.0), "{:?}", calibration.outages);
}

fn least_rate(failures: u64, exposed: f64) -> f64 {
    let Rate::Known(rate) = trouble::rate(failures, failures as f64, exposed) else {
        panic!("there were failures")
    };
    rate.low
}

#[test]
fn a_best_chunk_beyond_all_belief_is_not_told() {
    // Answers of some nanoseconds.
    let log = |failures: bool| {
        let mut text = "start,rows,duration_s,outcome\n".to_owned();
        for n in 0..200 {
            let at = 1_772_438_400 + n * 10;
            let rows = 10 + n * 37 % 500;
            text.push_str(&format!("{at},{rows},{:.15},ok\n", 1e-9 * (1.0 + f64::from(rows) / 1e6)));
            if failures && n % 20 == 5 {
                text.push_str(&format!("{},,1,reset\n", at + 3));
            }
        }
        calibrate("log.csv", text.as_bytes(), &[]).unwrap()
    };
    let calibration = log(true);
    assert_eq!(calibration.advice, None);
    assert!(
        said(&calibration.unknown, "more than 1\u{2009}000\u{2009}000 rows"),
        "{:?}",
        calibration.unknown
    );
    assert!(
        matches!(log(false).advice, Some(Advice::AtLeast(rows)) if rows <= 1e6),
        "{:?}",
        log(false).advice
    );
}

#[test]
fn failures_of_requests_side_by_side_may_be_tries_and_that_is_said() {
    const SAID: &str = "5 failures were cut under way, as is assumed of all";
    let unknown = |log: &str| calibrate("log.csv", log.as_bytes(), &[]).unwrap().unknown;
    let lanes = |timed: bool, by: i64| {
        let line = |n: i64| {
            let (at, size) = (1_772_438_400 + n * by, 100 + n % 7 * 90);
            match n % 10 {
                7 if timed => format!("{at},,,{},reset\n", 400 + n),
                7 => format!("{at},,,,reset\n"),
                _ => format!("{at},{size},{size},{},ok\n", 2_000 + size),
            }
        };
        "start,rows,bytes,duration_ms,outcome\n".to_owned() + &(0..50).map(line).collect::<String>()
    };
    for timed in [true, false] {
        let said_of = unknown(&lanes(timed, 1));
        assert!(said(&said_of, SAID) && said(&said_of, "beyond what the intervals hold"), "{said_of:?}");
        assert!(!said(&unknown(&lanes(timed, 10)), SAID), "one after the other");
    }
}

#[test]
fn instant_failures_of_requests_side_by_side_are_no_cuts_if_they_are_more_than_chance_has() {
    let log = |tries: i64, lasts: i64| {
        let mut log = "start,rows,bytes,duration_ms,outcome,device\n".to_owned();
        for n in 0..200 {
            let (at, size) = (1_772_438_400 + n, 100 + n % 7 * 90);
            log.push_str(&format!("{at},{size},{size},{},ok,p\n", 2_000 + size));
            if n % 20 == 7 {
                log.push_str(&format!("{at},,,{},reset,p\n", 300 + n * 5));
                (0..tries).for_each(|t| {
                    log.push_str(&format!("{}.2,,,{},reset,p\n", at + t % 3, lasts + lasts * t / 5))
                });
            }
        }
        calibrate("log.csv", log.as_bytes(), &[]).unwrap()
    };
    let (none, many) = (log(0, 5), log(12, 5));
    assert_eq!((many.census.not_sent, many.census.cut), (120, 10));
    assert_eq!(log(12, 0).census, many.census);
    assert_eq!(rate(&many), rate(&none));
    assert!(said(&many.notes, "120 failures that ended far sooner"), "{:?}", many.notes);
    assert!(!said(&none.notes, "far sooner"), "{:?}", none.notes);
}

#[test]
fn a_repair_of_which_one_reading_cannot_tell_is_not_told() {
    let mut log = "start,rows,bytes,duration_ms,outcome\n".to_owned();
    let mut at = 1_772_438_400.0;
    for n in 0..12 {
        log.push_str(&format!("{at:.1},{0},{0},{1},ok\n", 100 + n % 7 * 90, 700 + n * 130));
        at += 4.0;
        let failures = if n == 4 || n == 8 { 5 } else { 0 };
        for failure in 0..failures {
            log.push_str(&format!("{at:.1},,,{},reset\n", 300 + failure * 370));
            at += 5.0;
        }
    }
    let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
    assert!(said(&calibration.unknown, "right after another of the device"), "{:?}", calibration.unknown);
    assert_eq!(calibration.outages.unwrap().repair, None);
    assert!(said(&calibration.unknown, "too few repairs to tell"), "{:?}", calibration.unknown);
}

#[test]
fn where_nothing_failed_what_ran_side_by_side_counts_once() {
    let bound = |lanes: usize| {
        let line = |n: usize| {
            let (at, size) = (1_772_438_400 + 10 * n, 100 + n % 7 * 90);
            format!("{at},{size},{size},{},ok\n", 2_000 + size).repeat(lanes)
        };
        let log =
            "start,rows,bytes,duration_ms,outcome\n".to_owned() + &(0..50).map(line).collect::<String>();
        match calibrate("log.csv", log.as_bytes(), &[]).unwrap().outages.unwrap().rate {
            Rate::AtMost(rate) => rate,
            known => panic!("{known:?}"),
        }
    };
    assert!((bound(8) / bound(1) - 1.0).abs() < 1e-9, "{} for {}", bound(8), bound(1));
}
