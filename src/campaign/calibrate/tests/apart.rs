//! Logs that barely tell rows from bytes.

use super::{MODEL, Model};

/// How many of these logs tell rows from bytes, and of those how many hold what a row costs, and a byte.
fn told_apart(model: Model, seeds: u64) -> [u32; 3] {
    let mut counts = [0; 3];
    for seed in 0..seeds {
        let Some(split) = model.calibration(seed).costs.and_then(|costs| costs.split) else { continue };
        let holds = [true, split.row.holds(model.row), split.byte.holds(model.byte)];
        counts.iter_mut().zip(holds).for_each(|(count, holds)| *count += u32::from(holds));
    }
    counts
}

#[test]
fn where_few_logs_tell_rows_from_bytes_those_that_do_hold_them_too() {
    let model = Model { mtbf: f64::INFINITY, answers: 60, ..MODEL };
    let slow = Model { width: (250.0, 650.0), noise: 0.2, ..model };
    let fast =
        Model { overhead: 0.3, row: 1.2e-3, byte: 4e-6, width: (150.0, 450.0), rows: (20.0, 500.0), ..model };
    let mut all = [0; 3];
    for model in [slow, Model { noise: 0.17, ..fast }, Model { noise: 0.2, answers: 80, ..fast }] {
        let counts = told_apart(model, 1_000);
        assert!((10..300).contains(&counts[0]), "{counts:?} of 1000 logs with a noise of {}", model.noise);
        all.iter_mut().zip(counts).for_each(|(all, count)| *all += count);
    }
    // So few have large errors: the logs of one model alone are no judge of nine in ten.
    let [told, row, byte] = all;
    assert!(10 * row.min(byte) >= 9 * told, "of {told} logs that tell them {row} hold a row, {byte} a byte");
}

#[test]
fn where_all_logs_tell_rows_from_bytes_they_tell_them_sharply() {
    let model = Model { mtbf: f64::INFINITY, noise: 0.1, answers: 200, ..MODEL };
    let wide = |seed| {
        let split = model.calibration(seed).costs.unwrap().split.expect("there are many answers");
        (split.byte.high - split.byte.low) / 2.0 / model.byte
    };
    let mean = (0..40).map(wide).sum::<f64>() / 40.0;
    assert!(mean < 0.08, "a byte is known to {mean}");
}
