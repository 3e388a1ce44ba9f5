//! Logs with few answers.

use super::{MODEL, Model};
use crate::base::Seed;
use crate::campaign::calibrate::calibrate;

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

#[test]
fn of_full_pages_and_a_few_short_ones_nine_logs_in_ten_hold_the_overhead() {
    for (answers, noise) in [(12, 0.1), (15, 0.05), (20, 0.05), (40, 0.05)] {
        let deviation = libm::sqrt(libm::log(1.0 + noise * noise));
        let (mut told, mut held) = (0, 0);
        for seed in 0..400 {
            let mut stream = Seed(seed).stream("log.pages", answers, 0);
            let mut line = |n: u64| {
                let rows = if stream.chance(0.8) { 200 } else { 1 + (stream.unit() * 199.0) as u64 };
                let scatter = libm::exp(stream.normal() * deviation - deviation * deviation / 2.0);
                let took = (0.4 + rows as f64 * (2e-3 + 300.0 * 8e-6)) * scatter * 1e6;
                format!("{},{rows},{},{},ok\n", 1_772_434_800 + n * 10, rows * 300, took as u64)
            };
            let lines: String = (0..answers).map(&mut line).collect();
            let log = format!("start,rows,bytes,duration_us,outcome\n{lines}");
            let costs = calibrate("log.csv", log.as_bytes(), &[]).ok().and_then(|told| told.costs);
            told += u32::from(costs.is_some());
            held += u32::from(costs.is_some_and(|costs| costs.request.holds(0.4)));
        }
        let case = format!("{answers} answers, noise {noise}: {held} of {told} hold it");
        assert!(told >= 350 && (told * 94 / 100..told).contains(&held), "{case}");
    }
}
