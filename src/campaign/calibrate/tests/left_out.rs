//! Logs whose line has something take less than no time.

use super::{MODEL, Model, said};
use crate::base::Span;
use crate::campaign::calibrate::calibrate;
use crate::render::calibrate::{Calibration, Costs};

/// Answers of 10 to 99 rows that take as many milliseconds as `took` says, with bytes in step.
fn calibration(took: impl Fn(u32) -> u32) -> Calibration {
    let line = |n: u32| {
        let rows = 10 + n * 37 % 90;
        format!("{},{rows},{},{},ok\n", 1_772_434_800 + n * 10, rows * 200, took(rows))
    };
    let lines: String = (0..90).map(line).collect();
    calibrate("log.csv", format!("start,rows,bytes,duration_ms,outcome\n{lines}").as_bytes(), &[]).unwrap()
}

/// The mean answer by the costs, as a share of the log's.
fn mean(calibration: &Calibration) -> f64 {
    let Costs { request, row, .. } = calibration.costs.unwrap();
    (request.value + row.value * calibration.census.rows_mean) / calibration.census.duration_mean
}

#[test]
fn answers_that_take_less_time_with_more_rows_have_a_row_take_none_and_the_overhead_their_mean() {
    let calibration = calibration(|rows| 1_000 - 5 * rows);
    let Costs { request, row, noise, .. } = calibration.costs.unwrap();
    assert!((mean(&calibration) - 1.0).abs() < 1e-3, "{request:?}");
    assert!((0.5..0.95).contains(&request.low) && request.high - request.low > 0.01, "{request:?}");
    assert!(row.value == 0.0 && row.high > 1e-5 && noise.value > 0.1, "{row:?}, noise {noise:?}");
    assert!(said(&calibration.unknown, "so something else decides"), "{:?}", calibration.unknown);
    let scenario = calibration.scenario("app", Span::ZERO).unwrap();
    assert!(scenario.contains("row_cost = \"0s\"") && !scenario.contains("fixed_cost = \"9"), "{scenario}");
}

#[test]
fn a_line_that_ends_below_zero_has_no_overhead_and_a_row_take_its_share_of_the_mean() {
    let calibration = calibration(|rows| 5 * rows - 40);
    let Costs { request, row, .. } = calibration.costs.unwrap();
    assert!((mean(&calibration) - 1.0).abs() < 1e-3, "{row:?}");
    assert!(request.value == 0.0 && request.high > 1e-3, "{request:?}");
    assert!(row.value < 5e-3 && row.high - row.low > 1e-5, "{row:?}");
    assert!(said(&calibration.notes, "the line ends below zero"), "{:?}", calibration.notes);
}

#[test]
fn a_line_through_rows_and_bytes_that_ends_below_zero_is_drawn_without_an_overhead_too() {
    let model = Model { overhead: 0.0, mtbf: f64::INFINITY, answers: 200, ..MODEL };
    let (mut left_out, mut held) = (0, [0; 4]);
    for seed in 0..100 {
        let calibration = model.calibration(seed);
        let costs = calibration.costs.unwrap();
        let split = costs.split.expect("bytes are not in step with rows");
        if said(&calibration.notes, "the line ends below zero") {
            // What is left of it are the bytes around an answer's rows.
            let Costs { request, .. } = costs;
            assert!(
                request.value < 5e-3 && request.low == 0.0 && request.high > 1e-3,
                "seed {seed}: {request:?}"
            );
            assert!((0.9..1.1).contains(&mean(&calibration)), "seed {seed}: {costs:?}");
            left_out += 1;
        }
        let holds = [
            costs.request.holds(model.overhead),
            split.row.holds(model.row),
            split.byte.holds(model.byte),
            costs.noise.holds(model.noise),
        ];
        held.iter_mut().zip(holds).for_each(|(held, holds)| *held += u32::from(holds));
    }
    assert!(
        left_out >= 10 && held.iter().all(|held| *held >= 90),
        "{left_out} of 100 are below zero, {held:?} hold"
    );
}
