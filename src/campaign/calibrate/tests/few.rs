//! Logs with few answers.

use super::{MODEL, Model};

#[test]
fn of_few_answers_and_much_noise_nine_logs_in_ten_hold_the_noise() {
    let small = Model { rows: (1.0, 200.0), width: (180.0, 260.0), mtbf: f64::INFINITY, ..MODEL };
    for (answers, noise) in [(10, 0.05), (10, 0.2), (10, 0.3), (12, 0.3), (15, 0.3), (20, 0.2), (40, 0.3)] {
        let model = Model { answers, noise, ..small };
        let (mut low, mut high) = (0, 0);
        for seed in 0..400 {
            let told = model.calibration(seed).costs.expect("sizes differ").noise;
            low += u32::from(told.high < noise);
            high += u32::from(told.low > noise);
        }
        let case =
            format!("{answers} answers, noise {noise}: of 400 intervals {low} lie below it, {high} above");
        // An interval that always holds is wider than it says.
        assert!(low <= 30 && (5..=36).contains(&(low + high)), "{case}");
    }
}

#[test]
fn noise_makes_no_outliers_of_few_answers() {
    for answers in [10, 12, 15, 20] {
        let model = Model { answers, noise: 0.3, mtbf: f64::INFINITY, ..MODEL };
        let aside: u64 = (0..400).map(|seed| model.calibration(seed).census.outliers).sum();
        assert!(100 * aside <= 400 * u64::from(answers) * 3 / 2, "{aside} of 400 logs of {answers} answers");
    }
}
