//! Logs of apps that do not all give up after the same time.

use super::{few_of, said};
use crate::base::Seed;
use crate::campaign::calibrate::calibrate;
use crate::render::calibrate::{Calibration, Rate};

const OVERHEAD: f64 = 2.0;
const ROW: f64 = 0.02;
const MTBF: f64 = 120.0;
const NOISE: f64 = 0.25;

/// A log of ten devices with pages of up to 200 rows, of which one after the other gives up after so many seconds, with a word for it.
fn calibration(seed: u64, gives_up: &[f64], word: &str, named: bool) -> Calibration {
    let mut stream = Seed(seed).stream("log.timeouts", 0, 0);
    let mut text = format!("start,{}rows,duration_us,outcome\n", if named { "device," } else { "" });
    for device in 0..10 {
        let after = gives_up[device % gives_up.len()];
        let mut at = 1_772_438_400.3 + 10_000.0 * device as f64;
        for _ in 0..120 {
            let rows = (1.0 + 200.0 * stream.unit()).round();
            let took = (OVERHEAD + rows * ROW) * stream.log_normal(1.0, NOISE);
            let breaks = -libm::log(1.0 - stream.unit()) * MTBF;
            let (took, outcome) = match took.min(breaks).min(after) {
                end if end == took => (took, "ok"),
                end if end == breaks => (breaks, "reset"),
                _ => (after, word),
            };
            let name = if named { format!("d{device},") } else { String::new() };
            text.push_str(&format!("{at:.6},{name}{rows},{:.0},{outcome}\n", took * 1e6));
            at += took + 8.0;
        }
    }
    calibrate("log.csv", text.as_bytes(), &[]).unwrap()
}

/// Of forty logs those that hold overhead, time a row, and how often transfers break.
fn held(gives_up: &[f64], word: &str, named: bool) -> [u32; 3] {
    let mut held = [0; 3];
    for seed in 0..40 {
        let calibration = calibration(seed, gives_up, word, named);
        let told = |of| said(&calibration.unknown, of);
        assert!(told("as if a timeout of the app") || told("as if timeouts of the app"), "{calibration:?}");
        let notes = &calibration.notes;
        assert!(said(notes, "took longer had a longer timeout or none"), "{notes:?}");
        // A log-normal mean lies above its median.
        let mean = libm::exp(NOISE * NOISE / 2.0);
        let costs = calibration.costs.unwrap();
        let Rate::Known(rate) = calibration.outages.unwrap().rate else { panic!("transfers break") };
        let holds =
            [costs.request.holds(OVERHEAD * mean), costs.row.holds(ROW * mean), rate.holds(1.0 / MTBF)];
        held.iter_mut().zip(holds).for_each(|(held, holds)| *held += u32::from(holds));
    }
    held
}

#[test]
fn where_apps_give_up_after_different_times_costs_and_the_rate_are_held_whatever_word_is_logged() {
    for gives_up in few_of(&[&[5.0, 10.0][..], &[5.0, f64::INFINITY], &[4.5, 5.5, 7.0]], 1) {
        for (word, named) in [("error", true), ("timeout", true), ("error", false)] {
            let held = held(gives_up, word, named);
            assert!(held.iter().all(|held| *held >= 36), "{gives_up:?}, {word}: {held:?} of 40");
        }
    }
}

#[test]
fn each_of_several_timeouts_is_told() {
    let unknown = calibration(1, &[4.5, 6.0], "error", true).unknown;
    assert!(
        said(&unknown, "they took 4.50 s or 6.00 s each, as if timeouts of the app had ended them"),
        "{unknown:?}"
    );
}

/// Of forty logs of an app whose server leaves a share of the requests hanging until it gives up after 4 s, and whose durations are told
/// to `unit` microseconds in so many of its eight devices: those that hold how often transfers break, and those that tell of a timeout.
fn held_beside_breaks(hangs: f64, mtbf: f64, unit: f64, devices: usize) -> [u32; 2] {
    let mut held = [0; 2];
    for seed in 0..40 {
        let mut stream = Seed(seed).stream("log.spikes", 0, 0);
        let mut text = "start,device,rows,duration_us,outcome\n".to_owned();
        for device in 0..8 {
            let unit = if device < devices { unit } else { 1.0 };
            let mut at = 1_772_438_400.3 + 10_000.0 * device as f64;
            for _ in 0..100 {
                let rows = (1.0 + 300.0 * stream.unit()).round();
                let took = (0.5 + rows * 0.01) * stream.log_normal(1.0, 0.15);
                let breaks = -libm::log(1.0 - stream.unit()) * mtbf;
                let (took, outcome) = match stream.chance(hangs) {
                    true => (4.0, "reset"),
                    false if breaks < took => (breaks, "reset"),
                    false => (took, "ok"),
                };
                let told = (took * 1e6 / unit).round() * unit;
                text.push_str(&format!("{at:.6},d{device},{rows},{told:.0},{outcome}\n"));
                at += took + 8.0;
            }
        }
        let calibration = calibrate("log.csv", text.as_bytes(), &[]).unwrap();
        let Rate::Known(rate) = calibration.outages.unwrap().rate else { panic!("transfers break") };
        held[0] += u32::from(rate.holds(1.0 / mtbf));
        held[1] += u32::from(said(&calibration.unknown, "as if a timeout of the app"));
    }
    held
}

#[test]
fn a_timeout_is_told_where_as_many_transfers_break_before_it() {
    for unit in [1.0, 1_000.0] {
        let [rate, told] = held_beside_breaks(0.03, 8.0, unit, 8);
        assert!(rate >= 36 && told == 40, "told to {unit} us: {rate} and {told} of 40");
    }
}

#[test]
fn failures_that_a_clock_of_steps_heaps_are_no_timeout() {
    for (unit, devices) in
        [(1.0, 8), (1_000.0, 8), (1e6, 8), (5e5, 8), (1e6, 1), (1e6, 2), (1e5, 1), (1e5, 8)]
    {
        let [_, told] = held_beside_breaks(0.0, 5.0, unit, devices);
        assert_eq!(told, 0, "told to {unit} us by {devices} devices");
    }
}
