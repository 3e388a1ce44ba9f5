//! Logs whose answers lie on no line.

use super::{MODEL, Model, said};
use crate::base::{Seed, Span, Stream};
use crate::campaign::calibrate::calibrate;
use crate::render::calibrate::{Advice, Calibration, Estimate};
use crate::theory::chunk::Cost;

const SIZES: Model = Model { rows: (50.0, 400.0), width: (300.0, 300.0), mtbf: 100.0, ..MODEL };

/// That log with answers that take so many seconds, and noise of that coefficient of variation.
pub(super) fn with_durations(log: &str, seed: u64, noise: f64, took: impl Fn(f64) -> f64) -> String {
    let mut stream = Seed(seed).stream("curved", 0, 0);
    let sigma = libm::sqrt(libm::log1p(noise * noise));
    let with = |line: &str| match line.split(',').collect::<Vec<_>>()[..] {
        [start, rows, bytes, _, "ok"] => {
            let took =
                took(rows.parse().unwrap()) * stream.log_normal(libm::exp(-sigma * sigma / 2.0), sigma);
            format!("{start},{rows},{bytes},{},ok\n", Span::from_secs_f64(took).as_micros())
        }
        _ => format!("{line}\n"),
    };
    log.lines().map(with).collect()
}

/// The log of a model whose answers take so many seconds, and noise of 10 %.
fn log(model: &Model, seed: u64, took: impl Fn(f64) -> f64) -> String {
    with_durations(&model.log(seed), seed, 0.1, took)
}

pub(super) fn read(log: &str) -> Calibration {
    calibrate("log.csv", log.as_bytes(), &[]).unwrap()
}

pub(super) fn best(calibration: &Calibration) -> (Estimate, bool) {
    match calibration.advice {
        Some(Advice::Rows { best, within_log, .. }) => (best, within_log),
        _ => panic!("no chunk: {:?}", calibration.unknown),
    }
}

/// By how much more a row costs in a chunk than in the best, which is told, too.
pub(super) fn excess(took: impl Fn(f64) -> f64, mtbf: f64, chunk: f64) -> (f64, f64) {
    let a_row = |rows: f64| libm::expm1(took(rows) / mtbf) / rows;
    let best = (1..2_000).map(f64::from).min_by(|a, b| a_row(*a).total_cmp(&a_row(*b))).unwrap();
    (a_row(chunk) / a_row(best) - 1.0, best)
}

#[test]
fn where_a_row_costs_more_in_larger_answers_the_chunk_is_the_best_of_the_sizes_in_the_log() {
    let quadratic = |rows: f64| 0.4 + 1e-3 * rows + 1e-5 * rows * rows;
    // Rows of a larger answer come from a slower shelf.
    let shelf = |rows: f64| (0.4 + 4.4e-3 * rows) * if rows > 200.0 { 1.7 } else { 1.0 };
    // The best of the shelf is the size before its edge, where the time a row jumps: no size of many answers has that.
    for (took, holds) in [(&quadratic as &dyn Fn(f64) -> f64, 38), (&shelf, 0)] {
        let (mut held, mut dearest) = (0, 0.0f64);
        for seed in 0..40 {
            let calibration = read(&log(&SIZES, seed, took));
            let (chunk, within_log) = best(&calibration);
            assert!(within_log && chunk.high <= calibration.census.rows_max as f64, "{seed}: {chunk:?}");
            let (more, best) = excess(took, SIZES.mtbf, chunk.value);
            dearest = dearest.max(more);
            held += u32::from(chunk.holds(best));
        }
        assert!(held >= holds && dearest < 0.15, "{held} of 40 hold the best, the dearest is {dearest}");
    }
}

#[test]
fn where_nothing_fails_and_a_row_costs_more_in_larger_answers_no_more_is_recommended_than_was_seen() {
    let model = Model { mtbf: f64::INFINITY, ..SIZES };
    let calibration = read(&log(&model, 1, |rows| 0.4 + 1e-3 * rows + 1e-5 * rows * rows));
    let (chunk, within_log) = best(&calibration);
    assert!(within_log && chunk.holds(200.0) && chunk.high < 400.0, "{chunk:?}");
}

#[test]
fn where_a_row_costs_less_in_larger_answers_the_chunk_is_no_dearer_than_the_largest_of_the_log() {
    let root = |rows: f64| 0.2 + 0.05 * rows.sqrt();
    let model = Model { rows: (1.0, 1_000.0), mtbf: 60.0, answers: 300, ..SIZES };
    let a_row = |rows: f64| libm::expm1(root(rows) / model.mtbf) / rows;
    let mut told = 0;
    for seed in 0..40 {
        let calibration = read(&log(&model, seed, root));
        let Some(Advice::Rows { best, within_log, .. }) = calibration.advice else { continue };
        told += 1;
        assert!(!within_log && a_row(best.value) <= a_row(1_000.0), "{seed}: {best:?}");
        assert!(
            said(&calibration.notes, "% of what a straight line says"),
            "{seed}: {:?}",
            calibration.notes
        );
    }
    assert!(told >= 30, "{told} of 40");
}

#[test]
fn nearly_full_pages_that_break_before_they_are_through_are_not_held_to_bend() {
    let row = 0.01;
    let by_row = row - MODEL.byte * SIZES.width.0;
    let model = Model { overhead: 0.2, row: by_row, mtbf: 60.0, noise: 0.5, answers: 3_000, ..SIZES };
    let page = |stream: &mut Stream| match stream.chance(0.1) {
        true => (1_000.0 * stream.unit()).ceil(),
        false => 1_000.0,
    };
    let (mut bent, mut held) = (0, 0);
    for seed in 0..20 {
        let calibration = read(&model.log_of(seed, page));
        bent += u32::from(said(&calibration.notes, "% of what a straight line says"));
        let Some(Advice::Rows { best, within_log, .. }) = calibration.advice else { continue };
        assert!(!within_log, "{seed}: {best:?}");
        held += u32::from(best.holds(Cost { chunk: model.overhead, row, mtbf: model.mtbf }.best()));
    }
    assert!(bent <= 1 && held >= 14, "{bent} bend, {held} of 20 hold the best");
}

#[test]
fn how_much_longer_a_chunk_beyond_the_log_may_take_than_the_line_says_is_told() {
    // Of so few, and so noisy, answers the square is not beyond chance.
    let model = Model { rows: (10.0, 200.0), answers: 60, ..SIZES };
    let most = |took: &dyn Fn(f64) -> f64| -> Vec<f64> {
        let of = |seed| {
            let notes = read(&log(&model, seed, took)).notes;
            let note = notes.iter().find_map(|note| note.split_once("it may take up to "))?.1.to_owned();
            Some(note.split(' ').next()?.parse().expect("a number"))
        };
        (0..40).filter_map(of).collect()
    };
    let bent = most(&|rows| 0.4 + 1e-3 * rows + 1e-5 * rows * rows);
    assert!(!bent.is_empty() && bent.iter().all(|times| *times > 3.0), "{bent:?}");
    let straight = most(&|rows| 0.4 + 4e-3 * rows);
    assert!(straight.iter().all(|times| *times < 8.0), "{straight:?}");
}

#[test]
fn a_chunk_of_the_sizes_in_the_log_is_called_that_wherever_it_stands() {
    let calibration = read(&log(&SIZES, 1, |rows| 0.4 + 1e-3 * rows + 1e-5 * rows * rows));
    let (story, unknown) = (calibration.story(), &calibration.unknown);
    assert!(story.contains(" of the sizes in the log, as answers lie on no line"), "{story}");
    assert!(
        said(unknown, "a row costs more in larger answers") && said(unknown, "--only endpoint"),
        "{unknown:?}"
    );
    let json: serde_json::Value = serde_json::from_str(&calibration.to_json()).unwrap();
    assert_eq!(json["chunk"]["within_log"], true);
    let scenario = calibration.scenario("app", Span::ZERO).unwrap();
    assert!(scenario.contains("# recommended chunk in rows, of the sizes in the log"), "{scenario}");
    assert!(scenario.contains("# - a line of costs: "), "{scenario}");
    let ((from, most), (chunk, _)) = (calibration.axis().unwrap(), best(&calibration));
    assert!(most as f64 >= chunk.value && most as f64 <= 1.05 * chunk.value, "{from} to {most}: {chunk:?}");
    assert!((1..=5).any(|doublings| most == from << doublings), "{from} to {most}");
}

#[test]
fn of_two_hundred_logs_on_a_line_next_to_none_are_taken_to_bend_or_to_have_answers_of_another_kind() {
    let wide = Model { rows: (1.0, 1_000.0), noise: 0.3, ..MODEL };
    let (mut limited, mut apart) = (0, 0);
    for seed in 0..200 {
        let model = [SIZES, wide, Model { mtbf: 4.0, ..wide }, MODEL][seed as usize % 4];
        let calibration = model.calibration(seed);
        limited += u32::from(matches!(calibration.advice, Some(Advice::Rows { within_log: true, .. })));
        apart += u32::from(said(&calibration.notes, "of another kind"));
    }
    assert!(limited <= 3 && apart <= 3, "{limited} limited, {apart} apart");
}

/// The log with a request without rows after every other answer.
fn with_others(log: &str, took: f64) -> String {
    let mut n = 0;
    let line = |line: &str| match line.split_once(',') {
        Some((start, rest)) if rest.ends_with("ok") => {
            n += 1;
            let took = Span::from_secs_f64(took * (0.95 + f64::from(n % 11) / 100.0)).as_micros();
            let other = format!("{start},0,2000,{took},ok\n");
            format!("{line}\n{}", if n % 2 == 0 { other } else { String::new() })
        }
        _ => format!("{line}\n"),
    };
    log.lines().map(line).collect()
}

#[test]
fn answers_without_rows_that_are_of_another_kind_leave_costs_to_the_others_and_are_told() {
    let model = Model { mtbf: 40.0, ..SIZES };
    let row = 3e-3;
    let chunk = Cost { chunk: 0.4, row, mtbf: model.mtbf }.best();
    for (took, other) in [(0.9, true), (0.15, true), (0.4, false)] {
        let (mut told, mut held) = (0, [0; 2]);
        for seed in 0..40 {
            let calibration = read(&with_others(&log(&model, seed, |rows| 0.4 + row * rows), took));
            told += u32::from(said(&calibration.notes, "of another kind, as those of another endpoint"));
            let (best, within_log) = best(&calibration);
            let costs = calibration.costs.unwrap();
            held[0] += u32::from(costs.request.holds(0.4) && costs.row.holds(row));
            // Those of the other kind never break, so that transfers seem to break somewhat less often.
            let largest = calibration.census.rows_max as f64;
            held[1] += u32::from(if within_log { best.high <= largest } else { best.value < 1.8 * chunk });
        }
        let case = format!("{took} s: {told} told, {held:?} of 40 hold");
        assert!(if other { told >= 36 } else { told <= 1 }, "{case}");
        assert!(held[0] >= 32 && held[1] >= 38, "{case}");
    }
}
