//! Logs of tables whose rows differ in width, over links that break so often that wide rows break more often than narrow ones.

use super::{MODEL, Model, few_of};
use crate::campaign::calibrate::calibrate;

/// Of a hundred logs, how many hold the overhead and a row with its bytes, and what the logs say of the bytes of a row, on average; of
/// logs without their bytes nothing is said of these.
fn held(model: Model, bytes: bool) -> (u32, u32, f64) {
    let with_bytes = model.row + model.byte * (model.width.0 + model.width.1) / 2.0;
    let (mut overhead, mut row, mut width) = (0, 0, 0.0);
    for seed in 0..100 {
        let mut log = model.log(seed);
        if !bytes {
            log = log.replacen(",bytes,", ",sent,", 1);
        }
        let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
        let costs = calibration.costs.expect("sizes differ");
        overhead += u32::from(costs.request.holds(model.overhead));
        row += u32::from(costs.row.holds(with_bytes));
        width += calibration.census.bytes_a_row.unwrap_or(0.0) / 100.0;
    }
    (overhead, row, width)
}

#[test]
fn a_row_with_its_bytes_lies_in_its_interval_whatever_is_asked_for_after_a_failure() {
    for &(mtbf, answers) in few_of(&[(3.0, 300), (8.0, 1_000), (40.0, 1_000), (4.0, 1_000)], 2) {
        for another in [false, true] {
            let (overhead, row, width) = held(Model { mtbf, answers, another, ..MODEL }, true);
            let case = format!("a failure every {mtbf} s, another chunk after it: {another}");
            assert!(overhead >= 90 && row >= 90, "{case}: {overhead} and {row} of 100");
            // Each chunk that is tried until its answer comes has one.
            assert!(another || (445.0..455.0).contains(&width), "{case}: {width} bytes a row");
        }
    }
}

#[test]
fn a_row_of_unknown_bytes_lies_in_its_interval_whatever_is_asked_for_after_a_failure() {
    for another in [false, true] {
        let (overhead, row, _) = held(Model { mtbf: 8.0, answers: 1_000, another, ..MODEL }, false);
        assert!(overhead >= 90 && row >= 90, "another chunk: {another}: {overhead} and {row} of 100");
    }
}
