//! Logs of clocks that tell durations in steps.

use super::*;

/// How a clock tells a duration of so many steps.
type Clock = fn(f64) -> f64;
/// A step that no interval needs to hold.
const FINE: f64 = 1e-5;
const CLOCKS: [(&str, Clock); 3] =
    [("rounds", f64::round), ("cuts off", f64::floor), ("rounds up", f64::ceil)];

fn calibration(model: &Model, step: f64, clock: Clock, seed: u64) -> Calibration {
    let told = |line: &str| {
        let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
        if let Ok(micros) = fields[3].parse::<f64>() {
            fields[3] = format!("{:.0}", clock(micros / 1e6 / step) * step * 1e6);
        }
        fields.join(",") + "\n"
    };
    let log: String = model.log(seed).lines().map(told).collect();
    calibrate("log.csv", log.as_bytes(), &[]).unwrap()
}

/// Of forty logs those whose intervals hold overhead, time a row, rate, and the chunk if one is told.
fn held(model: &Model, step: f64, clock: Clock) -> [u32; 4] {
    let with_bytes = model.row + model.byte * (model.width.0 + model.width.1) / 2.0;
    let chunk = Cost { chunk: model.overhead, row: with_bytes, mtbf: model.mtbf }.best();
    let mut held = [0; 4];
    for seed in 0..40 {
        let calibration = calibration(model, step, clock, seed);
        let coarse = said(&calibration.unknown, "what lies within");
        assert_eq!(coarse, step > FINE, "seed {seed}: {:?}", calibration.unknown);
        let costs = calibration.costs.unwrap();
        let Rate::Known(rate) = calibration.outages.unwrap().rate else { panic!("seed {seed}: no rate") };
        let holds = [
            costs.request.holds(model.overhead),
            costs.row.holds(with_bytes),
            rate.holds(1.0 / model.mtbf),
            !matches!(calibration.advice, Some(Advice::Rows { best, .. }) if !best.holds(chunk)),
        ];
        held.iter_mut().zip(holds).for_each(|(held, holds)| *held += u32::from(holds));
    }
    held
}

#[test]
fn clocks_of_seconds_and_tenths_have_intervals_that_hold_what_they_leave_out_as_often_as_a_fine_one() {
    // Answers of one to eight steps, of three to twenty, and of tenths.
    let long = Model { overhead: 3.0, row: 4e-3, ..MODEL };
    for (model, step) in few_of(&[(MODEL, 1.0), (long, 1.0), (MODEL, 0.1)], 1) {
        let fine = held(model, FINE, f64::round);
        for (name, clock) in CLOCKS {
            let coarse = held(model, *step, clock);
            let enough = coarse.iter().zip(fine).all(|(coarse, fine)| *coarse >= fine.min(36));
            assert!(enough, "a step of {step} s that {name}: {coarse:?} of 40, {fine:?} of a fine clock");
        }
    }
}

#[test]
fn a_chunk_is_told_of_a_clock_of_tenths_and_none_where_the_overhead_lies_within_a_step() {
    let told = |step| calibration(&MODEL, step, f64::round, 1);
    assert!(matches!(told(0.1).advice, Some(Advice::Rows { .. })));
    let whole = told(1.0);
    assert!(whole.advice.is_none() && said(&whole.unknown, "it takes a finer clock"), "{:?}", whole.unknown);
}

#[test]
fn one_fine_duration_and_ticks_that_are_no_whole_milliseconds_hide_no_clock() {
    let seen = |step: f64, written: f64, fine: u64| {
        let mut held = [0; 2];
        for seed in 0..40 {
            let mut log = "start,rows,duration_us,outcome\n".to_owned();
            let mut stream = Seed(seed).stream("log.clock", 0, 0);
            for n in 0..300 {
                let rows = (1.0 + 400.0 * stream.unit()).round();
                let took = (0.5 + rows * 5e-3) * stream.log_normal(1.0, 0.05);
                let ticks = (took / step).floor() * step;
                let told = if n < fine { took } else { (ticks / written).floor() * written };
                log.push_str(&format!("{}.5,{rows},{:.0},ok\n", 1_772_438_400 + n * 20, told * 1e6));
            }
            let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
            let coarse = said(&calibration.unknown, "what lies within");
            assert_eq!(coarse, step > 0.1, "seed {seed}: {:?}", calibration.unknown);
            let costs = calibration.costs.unwrap();
            held[0] += u32::from(costs.request.holds(0.5));
            held[1] += u32::from(costs.row.holds(5e-3));
        }
        held
    };
    // Whole seconds, beside one and beside sixty answers of a finer clock; 64 ticks a second in whole milliseconds.
    for (step, written, fine) in [(1.0, 1.0, 1), (1.0, 1.0, 60), (1.0 / 64.0, 1e-3, 0)] {
        let held = seen(step, written, fine);
        assert!(held.iter().all(|held| *held >= 36), "{step} s, {fine} fine: {held:?} of 40");
    }
}

#[test]
fn answers_that_all_take_one_second_by_a_clock_of_seconds_may_take_any_time_about_it() {
    let mut log = "start,rows,duration_ms,outcome\n".to_owned();
    for n in 0..200 {
        log.push_str(&format!("{}.5,{},1000,ok\n", 1_772_438_400 + n * 20, 1 + n));
    }
    let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
    assert!(said(&calibration.unknown, "what lies within 1.00 s"), "{:?}", calibration.unknown);
    let costs = calibration.costs.unwrap();
    assert!(costs.request.holds(0.62) && costs.request.holds(1.4), "{:?}", costs.request);
    assert!(costs.row.holds(2e-3), "{:?}", costs.row);
}

#[test]
fn transfers_that_a_clock_of_seconds_tells_as_cut_at_once_count_in_the_rate() {
    let model = Model { overhead: 0.9, row: 1e-4, byte: 1e-8, mtbf: 15.0, ..MODEL };
    let mut held = 0;
    for seed in 0..40 {
        let calibration = calibration(&model, 1.0, f64::floor, seed);
        let Rate::Known(rate) = calibration.outages.unwrap().rate else { panic!("seed {seed}: no rate") };
        held += u32::from(rate.holds(1.0 / model.mtbf));
    }
    assert!(held >= 36, "{held} of 40");
}

#[test]
fn in_a_log_joined_of_two_clocks_tries_that_the_coarse_one_tells_as_nothing_or_as_a_step_end_no_repair() {
    for (name, clock) in CLOCKS {
        let held = held_of_joined(clock);
        assert!(held >= 36, "a clock that {name}: {held} of 40");
    }
}

fn held_of_joined(clock: fn(f64) -> f64) -> u32 {
    let mut held = 0;
    for seed in 0..40 {
        let mut stream = Seed(seed).stream("log.joined", 0, 0);
        let mut log = "start,device,rows,duration_us,outcome\n".to_owned();
        for device in 0..4 {
            // Two devices tell whole seconds, and two all.
            let told = |took: f64| if device < 2 { clock(took) } else { took } * 1e6;
            let (mut at, mut breaks) = (1_772_438_400.3 + f64::from(device), 1_772_438_460.0);
            for _ in 0..250 {
                let rows = (1.0 + 200.0 * stream.unit()).round();
                let took = (2.0 + rows * 2e-2) * stream.log_normal(1.0, 0.1);
                if at + took > breaks {
                    let cut = (breaks - at).max(0.0);
                    log.push_str(&format!("{at:.6},d{device},{rows},{:.0},reset\n", told(cut)));
                    let back = at + cut - libm::log(1.0 - stream.unit()) * 8.0;
                    at += cut + 2.0;
                    while at < back {
                        log.push_str(&format!("{at:.6},d{device},{rows},{:.0},reset\n", told(4e-3)));
                        at += 2.0;
                    }
                    breaks = at - libm::log(1.0 - stream.unit()) * 60.0;
                } else {
                    log.push_str(&format!("{at:.6},d{device},{rows},{:.0},ok\n", told(took)));
                    at += took + 0.5;
                }
            }
        }
        let calibration = calibrate("log.csv", log.as_bytes(), &[]).unwrap();
        assert!(said(&calibration.unknown, "many answers took a multiple"), "{:?}", calibration.unknown);
        let repair = calibration.outages.unwrap().repair;
        held += u32::from(repair.is_none_or(|repair| repair.holds(8.0)));
    }
    held
}
