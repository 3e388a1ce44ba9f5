//! Logs most answers of which are full pages, so that few show what other sizes cost.

use super::curved::{best, excess, read, with_durations};
use super::{MODEL, Model, said};
use crate::base::Stream;
use crate::render::calibrate::{Advice, Calibration};

const FULL: Model = Model { width: (300.0, 300.0), mtbf: 40.0, ..MODEL };

/// Rows of answers nine in ten of which are full pages.
fn nearly_full(stream: &mut Stream) -> f64 {
    match stream.chance(0.1) {
        true => (1_000.0 * stream.unit()).ceil(),
        false => 1_000.0,
    }
}

fn logs<'a>(model: Model, took: &'a dyn Fn(f64) -> f64) -> impl Iterator<Item = Calibration> + 'a {
    (0..40).map(move |seed| read(&with_durations(&model.log_of(seed, nearly_full), seed, 0.2, took)))
}

fn is_held(calibration: &Calibration) -> bool {
    matches!(calibration.advice, Some(Advice::Rows { within_log: true, .. }))
}

/// Whether the page says that sizes of the log may be cheaper than the chunk.
fn is_open(calibration: &Calibration) -> bool {
    said(&calibration.unknown, "are cheaper than the one recommended")
        || said(&calibration.unknown, "as much in chunks of other sizes")
}

#[test]
fn no_chunk_is_far_dearer_than_a_size_of_the_log_without_a_word() {
    let line = |rows: f64| 0.4 + 2e-3 * rows;
    let step = |rows: f64| line(rows) + if rows > 400.0 { 3.0 } else { 0.0 };
    let shelf = |rows: f64| line(rows) * if rows > 500.0 { 4.0 } else { 1.0 };
    let off = |rows: f64| (rows - 300.0) / 80.0;
    let dip = |rows: f64| 0.4 + 4e-3 * rows * (1.0 - 0.6 * libm::exp(-off(rows) * off(rows)));
    let cases: [(&str, &dyn Fn(f64) -> f64, _); 3] =
        [("step", &step, 16), ("shelf", &shelf, 16), ("dip", &dip, 8)];
    for (name, took, holds) in cases {
        for answers in [100, 300, 1_000] {
            let (mut held, mut told, mut dearest) = (0, 0, 0.0f64);
            for calibration in logs(Model { answers, ..FULL }, took) {
                let Some(Advice::Rows { best, within_log, .. }) = calibration.advice else { continue };
                let (more, _) = excess(took, FULL.mtbf, best.value);
                match within_log {
                    true => (held, dearest) = (held + 1, dearest.max(more)),
                    false if is_open(&calibration) => told += 1,
                    false => assert!(more < 0.1, "{name}, {answers} answers: {best:?} is {more} dearer"),
                }
            }
            let case = format!("{name}, {answers} answers: {held} held, the dearest {dearest}, {told} told");
            assert!(held + told > 0, "{case}");
            assert!(answers < 300 || held >= holds && dearest < 0.45, "{case}");
        }
    }
}

#[test]
fn answers_of_many_rows_that_take_far_longer_than_the_line_of_the_others_says_count_for_their_sizes() {
    let line = |rows: f64| 0.4 + 2e-3 * rows;
    let shelf = |rows: f64| line(rows) * if rows > 500.0 { 4.0 } else { 1.0 };
    // So few answers have as many rows that no window is of these alone.
    let cliff = |rows: f64| line(rows) * if rows > 900.0 { 6.0 } else { 1.0 };
    for (took, all_held) in [(&shelf as &dyn Fn(f64) -> f64, true), (&cliff, false)] {
        for noise in [0.03, 0.1] {
            let model = Model { rows: (10.0, 1_000.0), ..FULL };
            let (mut held, mut open) = (0, 0);
            for seed in 0..20 {
                let calibration = read(&with_durations(&model.log(seed), seed, noise, took));
                held += u32::from(is_held(&calibration));
                open += u32::from(said(&calibration.unknown, "cost what the line says"));
            }
            assert!(held + open == 20 && (held == 20 || !all_held), "{noise}: {held} held, {open} left open");
        }
    }
}

#[test]
fn a_size_that_many_answers_have_counts_whatever_sizes_lie_before_it() {
    let sizes = |stream: &mut Stream| match stream.unit() {
        draw if draw < 0.2 => 500.0,
        draw if draw < 0.4 => 1_000.0,
        _ => (200.0 * stream.unit()).ceil(),
    };
    let took = |rows: f64| (0.4 + 2e-3 * rows) * if rows > 500.0 { 2.0 } else { 1.0 };
    for answers in [500, 1_000, 3_000] {
        for seed in 0..20 {
            let log = Model { answers, ..FULL }.log_of(seed, sizes);
            let (chunk, within_log) = best(&read(&with_durations(&log, seed, 0.1, took)));
            assert!(within_log && chunk.value.round() == 500.0, "{answers} answers, {seed}: {chunk:?}");
        }
    }
}

#[test]
fn rows_that_are_wider_in_larger_answers_bend_a_log_with_its_bytes_too() {
    // At 2 Mbit/s: the line by rows and bytes is straight.
    let bytes = |rows: f64| rows * (200.0 + 4.0 * rows);
    let took = |rows: f64| 0.4 + 1e-3 * rows + 4e-6 * bytes(rows);
    let widened = |line: &str| match line.split(',').collect::<Vec<_>>()[..] {
        [start, rows, _, took, "ok"] => {
            format!("{start},{rows},{},{took},ok\n", bytes(rows.parse().unwrap()) as u64)
        }
        _ => format!("{line}\n"),
    };
    let model = Model { rows: (1.0, 200.0), mtbf: 60.0, answers: 1_000, ..FULL };
    for seed in 0..20 {
        let log = with_durations(&model.log(seed), seed, 0.15, took);
        let (chunk, within_log) = best(&read(&log.lines().map(widened).collect::<String>()));
        let (more, _) = excess(took, 60.0, chunk.value);
        assert!(within_log && more < 0.15, "{seed}: {chunk:?} is {more} dearer");
    }
}

#[test]
fn a_coarse_clock_hides_no_jump_and_bends_no_line() {
    let line = |rows: f64| 2.0 + 1e-2 * rows;
    let shelf = |rows: f64| line(rows) * if rows > 500.0 { 3.0 } else { 1.0 };
    let whole = |log: &str, step: f64| -> String {
        let rounded = |line: &str| match line.split(',').collect::<Vec<_>>()[..] {
            [start, rows, bytes, took, "ok"] => {
                let took = (took.parse::<f64>().unwrap() / step / 1e6).round() * step * 1e6;
                format!("{start},{rows},{bytes},{took},ok\n")
            }
            _ => format!("{line}\n"),
        };
        log.lines().map(rounded).collect()
    };
    let model = Model { rows: (10.0, 1_000.0), mtbf: 600.0, ..FULL };
    let held = |took: &dyn Fn(f64) -> f64, step| {
        let read = |seed| read(&whole(&with_durations(&model.log(seed), seed, 0.15, took), step));
        (0..20).map(read).filter(is_held).count()
    };
    for step in [0.2, 0.5, 1.0] {
        assert_eq!(held(&shelf, step), 20, "{step} s");
    }
    let straight = [1e-6, 0.2, 0.5, 1.0].map(|step| held(&line, step));
    assert!(straight.iter().sum::<usize>() <= 2, "{straight:?}");
}

#[test]
fn the_sizes_that_lie_off_the_line_are_named_without_those_that_do_not() {
    let bump = |rows: f64| (0.4 + 2e-3 * rows) * if rows == 600.0 { 1.5 } else { 1.0 };
    let rows = |stream: &mut Stream| match stream.unit() {
        draw if draw < 0.07 => 200.0,
        draw if draw < 0.2 => 600.0,
        _ => 1_000.0,
    };
    let mut told = 0;
    for seed in 0..20 {
        let log = with_durations(&FULL.log_of(seed, rows), seed, 0.2, bump);
        let notes = read(&log).notes;
        let Some(note) = notes.iter().find(|note| note.contains("of what a straight line says")) else {
            continue;
        };
        told += 1;
        assert!(!note.contains("to 1\u{2009}000 rows") && !note.contains("to 1000 rows"), "{note}");
    }
    assert!(told >= 10, "{told} of 20");
}

#[test]
fn a_chunk_far_from_all_sizes_of_the_log_is_said_to_be() {
    let line = |rows: f64| 0.4 + 2e-3 * rows;
    let is_said = |calibration: &Calibration| said(&calibration.unknown, "no answer has so many");
    let two = |stream: &mut Stream| if stream.chance(0.5) { 100.0 } else { 1_000.0 };
    let doublings = |stream: &mut Stream| f64::from(1 << stream.below(11));
    let of = |sizes: fn(&mut Stream) -> f64, mtbf| {
        let read =
            move |seed| read(&with_durations(&Model { mtbf, ..FULL }.log_of(seed, sizes), seed, 0.1, line));
        (0..20).map(read).filter(is_said).count()
    };
    // Best at about 400 rows, and beyond all of them.
    assert_eq!((of(two, 5.0), of(two, 400.0)), (20, 0));
    assert_eq!((of(doublings, 5.0), of(nearly_full, 400.0)), (0, 0));
}

#[test]
fn a_chunk_of_the_log_next_to_sizes_that_no_answer_has_is_said_to_be_and_its_interval_holds_these() {
    let sizes = |stream: &mut Stream| match stream.chance(0.3) {
        true => 1_000.0,
        false => (40.0 * stream.unit()).ceil(),
    };
    // Best at 500 rows.
    let took = |rows: f64| (0.8 + 2e-3 * rows) * if rows > 500.0 { 2.0 } else { 1.0 };
    let model = Model { mtbf: 60.0, answers: 1_000, ..FULL };
    for seed in 0..20 {
        let calibration = read(&with_durations(&model.log_of(seed, sizes), seed, 0.15, took));
        let (chunk, within_log) = best(&calibration);
        assert!(within_log && said(&calibration.unknown, "no answer has so many"), "{seed}: {chunk:?}");
        assert!(chunk.low <= 500.0 && 500.0 <= chunk.high, "{seed}: {chunk:?}");
    }
}

#[test]
fn two_page_sizes_do_not_hide_what_lies_between_them() {
    let sizes = |stream: &mut Stream| {
        let page = if stream.chance(0.5) { 200.0 } else { 1_000.0 };
        if stream.chance(0.7) { page } else { (page * stream.unit()).ceil() }
    };
    // Best at 300 rows: each 300 take the backend 1.5 s more.
    let took = |rows: f64| 0.5 + 1e-3 * rows + 1.5 * libm::floor((rows - 1.0) / 300.0);
    let model = Model { mtbf: 60.0, answers: 3_000, ..FULL };
    let chunk = |seed| best(&read(&with_durations(&model.log_of(seed, sizes), seed, 0.15, took))).0.value;
    let found = (0..20).filter(|seed| (225.0..=300.0).contains(&chunk(*seed))).count();
    assert!(found >= 18, "{found} of 20");
}

#[test]
fn a_few_large_answers_among_many_small_ones_are_compared_size_by_size() {
    let sizes = |stream: &mut Stream| match stream.chance(0.03) {
        true => (100.0 + 900.0 * stream.unit()).ceil(),
        false => (1.0 - 20.0 * libm::log(1.0 - stream.unit())).floor(),
    };
    // Best at 350 rows.
    let took = |rows: f64| 0.8 + 2e-3 * rows + 1e-2 * (rows - 350.0).max(0.0);
    let model = Model { mtbf: 60.0, answers: 10_000, ..FULL };
    let dear = |seed: &u64| {
        let calibration = read(&with_durations(&model.log_of(*seed, sizes), *seed, 0.15, took));
        excess(took, 60.0, best(&calibration).0.value).0 > 0.2
    };
    assert!((0..10).filter(dear).count() <= 1);
}

#[test]
fn of_straight_logs_of_nearly_full_pages_next_to_none_are_held_to_a_size() {
    let line = |rows: f64| 0.4 + 4e-3 * rows;
    let of = |answers| logs(Model { answers, ..FULL }, &line).filter(is_held).count();
    let held = [100, 300, 1_000].map(of);
    assert!(held.iter().sum::<usize>() <= 2, "{held:?}");
}

#[test]
fn of_many_answers_of_all_sizes_that_lie_on_a_line_nothing_is_left_open() {
    let model = Model { rows: (50.0, 1_000.0), answers: 1_000, ..FULL };
    let open = (0..40).filter(|seed| is_open(&model.calibration(*seed))).count();
    assert_eq!(open, 0);
}

#[test]
fn answers_that_take_as_long_as_transfers_last_hold_no_log_to_its_sizes() {
    let row = 0.01;
    for mtbf in [10.0, 20.0] {
        let by_row = row - MODEL.byte * FULL.width.0;
        let model = Model { overhead: 0.05, row: by_row, mtbf, noise: 0.4, answers: 1_000, ..FULL };
        let held = (0..40).filter(|seed| is_held(&read(&model.log_of(*seed, nearly_full)))).count();
        assert!(held <= 2, "{mtbf} s: {held} of 40 held");
    }
}

#[test]
fn by_how_much_a_row_costs_more_in_the_chunks_of_a_log_that_bends_lies_in_its_interval() {
    let quadratic = |rows: f64| 0.4 + 1e-3 * rows + 1e-5 * rows * rows;
    let (mut told, mut held) = (0, 0);
    for calibration in logs(Model { answers: 1_000, mtbf: 100.0, ..FULL }, &quadratic) {
        let (_, true) = best(&calibration) else { continue };
        let Some(Advice::Rows { excess: interval, .. }) = calibration.advice else { continue };
        told += 1;
        held += u32::from(interval.holds(excess(quadratic, 100.0, calibration.census.rows_mean).0));
    }
    assert!(told >= 36 && held >= 30, "{held} of {told} hold it");
}
