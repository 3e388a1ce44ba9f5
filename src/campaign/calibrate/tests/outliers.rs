//! Logs with answers far from the line of the others.

use super::{MODEL, said};
use crate::campaign::calibrate::calibrate;

#[test]
fn a_few_outliers_that_hold_much_of_the_time_are_told() {
    let mut log = "start,rows,duration_ms,outcome\n".to_owned();
    for n in 0..400 {
        let took = (100 + n % 40 * 10 + n % 7) * if n % 33 == 5 { 10 } else { 1 };
        log.push_str(&format!("{},{},{took},ok\n", 1_772_434_800 + n * 10, 10 + n % 40));
    }
    let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
    assert!(said(&calibration.notes, "hold 2"), "{:?}", calibration.notes);
}

#[test]
fn outliers_that_move_the_mean_by_more_than_its_interval_are_told() {
    let noted = |every: usize| {
        let log = MODEL.log(2);
        let mut took = log.lines().enumerate().map(|(n, line)| match line.strip_suffix(",ok") {
            Some(head) if n % every == 5 => {
                let (head, micros) = head.rsplit_once(',').unwrap();
                format!("{head},{},ok\n", 3 * micros.parse::<u64>().unwrap())
            }
            _ => format!("{line}\n"),
        });
        let calibration = calibrate("log.csv", took.by_ref().collect::<String>().as_bytes(), &[]).unwrap();
        assert!(calibration.census.outliers > 0, "{:?}", calibration.census);
        calibration.notes.into_iter().find(|note| note.contains("put aside"))
    };
    // They hold less than a twentieth of the time.
    let note = noted(90).expect("the mean answer takes some 2 % longer");
    assert!(note.contains(" % longer"), "{note}");
    assert_eq!(noted(400), None, "one or two move nothing");
}
