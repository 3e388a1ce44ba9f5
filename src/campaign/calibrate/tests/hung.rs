//! Failures that a timeout of the app ends.

use super::{few_of, said};
use crate::base::Seed;
use crate::campaign::calibrate::calibrate;
use crate::render::calibrate::{Calibration, Rate};

const SAID: &str = "as if a timeout of the app had ended them";

#[derive(Clone, Copy, Debug)]
struct World {
    answers: u32,
    mtbf: f64,
    /// Share of the requests that the server leaves hanging until the app gives up after 30 s, and what it then logs.
    hang: f64,
    word: &'static str,
    /// Share of these that end in an answer before.
    late: f64,
    /// Share of the failures that nobody sees until then.
    unseen: f64,
}

const WORLD: World = World { answers: 300, mtbf: 60.0, hang: 0.0, word: "reset", late: 0.0, unseen: 0.0 };

impl World {
    fn calibration(&self, seed: u64) -> Calibration {
        let mut stream = Seed(seed).stream("log.hung", 0, 0);
        let mut text = "start,rows,bytes,duration_us,outcome\n".to_owned();
        let (mut at, mut n) = (1_772_438_400.0, 0);
        while n < self.answers {
            let rows = (10.0 * libm::exp(stream.unit() * libm::log(200.0))).round();
            let bytes = (rows * (100.0 + 200.0 * stream.unit())).round();
            loop {
                let duration = (0.3 + rows * 1.2e-3 + bytes * 4e-6) * stream.log_normal(1.0, 0.1);
                let breaks = -libm::log(1.0 - stream.unit()) * self.mtbf;
                let (hangs, unseen) = (stream.chance(self.hang), stream.chance(self.unseen));
                let late = hangs && self.late > 0.0 && stream.chance(self.late);
                let (took, outcome) = match (hangs, duration < breaks) {
                    (true, _) if late => (30.0 * (0.7 + 0.3 * stream.unit()), "ok"),
                    (true, _) => (30.0 + 0.01 * stream.unit(), self.word),
                    (false, true) => (duration, "ok"),
                    (false, false) if unseen => (30.0, "timeout"),
                    (false, false) => (breaks, "reset"),
                };
                text.push_str(&format!("{at:.6},{rows},{bytes},{:.0},{outcome}\n", took * 1e6));
                at += took + 0.05;
                if outcome == "ok" {
                    n += 1;
                    break;
                }
                at += -libm::log(1.0 - stream.unit()) * 6.0;
            }
        }
        calibrate("log.csv", text.as_bytes(), &[]).unwrap()
    }

    /// Of a hundred logs, how many hold how often the link breaks, and how many say that the log does not tell.
    fn held(&self) -> (u32, u32) {
        let of = |seed| {
            let calibration = self.calibration(seed);
            let holds = match calibration.outages.unwrap().rate {
                Rate::Known(rate) => rate.holds(1.0 / self.mtbf),
                Rate::AtMost(most) => 1.0 / self.mtbf <= most,
            };
            (holds, said(&calibration.unknown, SAID))
        };
        let logs = (0..100).map(of);
        logs.fold((0, 0), |(held, told), log| (held + u32::from(log.0), told + u32::from(log.1)))
    }
}

#[test]
fn failures_that_end_after_one_and_the_same_time_may_be_of_a_server_that_hangs_and_the_rate_holds_both() {
    for &(word, mtbf) in few_of(&[("timeout", 60.0), ("reset", 5.0), ("reset", 60.0), ("timeout", 20.0)], 2) {
        let world = World { hang: 0.05, word, mtbf, ..WORLD };
        let (held, told) = world.held();
        assert!(held >= 95 && told >= 95, "{world:?}: {held} and {told} of 100");
    }
    let world = World { unseen: 0.5, mtbf: 20.0, ..WORLD };
    let (held, told) = world.held();
    assert!(held >= 90 && told >= 90, "{world:?}: {held} and {told} of 100");
}

#[test]
fn where_answers_come_near_the_timeout_the_rate_holds_that_the_server_was_slow() {
    let worlds = [("timeout", 300, 0.2), ("timeout", 1_000, 0.5), ("timeout", 1_000, 0.2)];
    for &(word, answers, late) in few_of(&worlds, 1) {
        let world = World { hang: 0.04, word, late, answers, ..WORLD };
        let (held, told) = world.held();
        assert!(held >= 95 && told >= 95, "{world:?}: {held} and {told} of 100");
    }
    let unknown = World { hang: 0.04, word: "timeout", late: 0.5, ..WORLD }.calibration(1).unknown;
    assert!(said(&unknown, "they may be only slow answers, too, as others take up to 2"), "{unknown:?}");
}

#[test]
fn one_failure_that_a_word_calls_a_timeout_is_enough_to_matter_where_there_are_few() {
    for (answers, hang, mtbf) in [(100, 0.02, 60.0), (150, 0.01, 60.0), (300, 0.01, 60.0), (300, 0.01, 200.0)]
    {
        let world = World { hang, word: "timeout", answers, mtbf, ..WORLD };
        let (held, _) = world.held();
        assert!(held >= 95, "{world:?}: {held} of 100");
    }
}

#[test]
fn of_failures_that_end_at_any_time_nothing_is_said_of_a_server_that_hangs() {
    for mtbf in [2.0, 5.0, 20.0] {
        let (_, told) = World { mtbf, ..WORLD }.held();
        assert!(told == 0, "{mtbf}: {told} of 100");
    }
}

#[test]
fn where_all_failures_end_after_one_and_the_same_time_it_is_said_that_no_interval_holds_the_other_reading() {
    let calibration = World { unseen: 1.0, mtbf: 20.0, ..WORLD }.calibration(1);
    let unknown = &calibration.unknown;
    assert!(said(unknown, SAID) && said(unknown, "took 30.0"), "{unknown:?}");
    assert!(said(unknown, "no interval holds, as no other failure is there"), "{unknown:?}");
    assert!(said(unknown, "log `refused` for what the server left hanging"), "{unknown:?}");
    assert!(calibration.story().contains(SAID), "{}", calibration.story());
}

/// Of forty logs of an app that gives up `after` so many seconds those whose intervals hold overhead and time a row; pages have up to
/// `rows` rows, and durations vary log-normally by `noise`.
fn held_of_slow(word: &str, rows: f64, cost: (f64, f64), (noise, after): (f64, f64), least: f64) -> [u32; 2] {
    let mut held = [0; 2];
    for seed in 0..40 {
        let mut stream = Seed(seed).stream("log.slow", 0, 0);
        let mut text = "start,rows,duration_us,outcome\n".to_owned();
        for n in 0..600 {
            let rows = if stream.unit() < least { rows } else { (1.0 + stream.unit() * rows).round() };
            let duration = (cost.0 + rows * cost.1) * stream.log_normal(1.0, noise);
            let (took, outcome) = if duration < after { (duration, "ok") } else { (after, word) };
            text.push_str(&format!("{}.0,{rows},{:.0},{outcome}\n", 1_772_438_400 + n * 20, took * 1e6));
        }
        let calibration = calibrate("log.csv", text.as_bytes(), &[]).unwrap();
        assert!(said(&calibration.unknown, "only slow answers"), "{word}: {:?}", calibration.unknown);
        assert!(said(&calibration.unknown, "costs make up for them"), "{word}: {:?}", calibration.unknown);
        let costs = calibration.costs.unwrap();
        // A log-normal mean lies above its median.
        let mean = libm::exp(noise * noise / 2.0);
        held[0] += u32::from(costs.request.holds(cost.0 * mean));
        held[1] += u32::from(costs.row.holds(cost.1 * mean));
    }
    held
}

#[test]
fn slow_answers_that_a_timeout_ends_are_made_up_for_whatever_word_is_logged() {
    for word in ["timeout", "error"] {
        let held = held_of_slow(word, 2_000.0, (0.3, 2e-3), (0.1, 4.0), 0.0);
        assert!(held.iter().all(|held| *held >= 36), "{word}: {held:?} of 40");
    }
}

#[test]
fn the_noisier_answers_are_the_more_is_made_up_for_those_that_a_timeout_ended() {
    // Between a tenth and a third of the largest take longer; half of the pages are full in the last.
    for (noise, after, full) in [(0.5, 5.0, 0.0), (0.6, 5.0, 0.0), (0.3, 3.5, 0.5)] {
        let held = held_of_slow("error", 200.0, (1.0, 1e-2), (noise, after), full);
        assert!(held.iter().all(|held| *held >= 36), "noise {noise}: {held:?} of 40");
    }
}

#[test]
fn where_even_answers_of_few_rows_come_near_a_timeout_it_is_said_that_costs_make_up_in_part() {
    let said_of = |after: f64| {
        let mut text = "start,rows,duration_us,outcome\n".to_owned();
        let mut stream = Seed(1).stream("log.near", 0, 0);
        for n in 0..400 {
            let rows = (1.0 + 200.0 * stream.unit()).round();
            let duration = (2.0 + rows * 2e-2) * stream.log_normal(1.0, 0.3);
            let (took, outcome) = if duration < after { (duration, "ok") } else { (after, "error") };
            text.push_str(&format!("{}.0,{rows},{:.0},{outcome}\n", 1_772_438_400 + n * 20, took * 1e6));
        }
        let unknown = calibrate("log.csv", text.as_bytes(), &[]).unwrap().unknown;
        [said(&unknown, "costs make up for them, as if"), said(&unknown, "costs make up for them in part")]
    };
    assert_eq!([6.0, 2.5].map(said_of), [[true, false], [false, true]]);
}

#[test]
fn a_timeout_is_told_where_a_few_failures_end_just_before_it() {
    let mut text = "start,rows,duration_us,outcome\n".to_owned();
    let mut stream = Seed(1).stream("log.before", 0, 0);
    for n in 0..400 {
        let (rows, at) = ((1.0 + 200.0 * stream.unit()).round(), 1_772_438_400 + n * 20);
        let duration = (2.0 + rows * 2e-2) * stream.log_normal(1.0, 0.1);
        let (took, outcome) = if duration < 6.0 { (duration, "ok") } else { (6.0, "error") };
        text.push_str(&format!("{at}.0,{rows},{:.0},{outcome}\n", took * 1e6));
        if n % 200 == 0 {
            text.push_str(&format!("{at}.5,{rows},5900000,error\n"));
        }
    }
    let calibration = calibrate("log.csv", text.as_bytes(), &[]).unwrap();
    assert!(said(&calibration.unknown, "they took 6.00 s each"), "{:?}", calibration.unknown);
}

#[test]
fn a_repair_holds_what_the_app_waited_in_vain_and_what_the_link_took() {
    for mean in [8.0, 25.0] {
        let (mut held, mut lost) = (0, 0);
        for seed in 0..40 {
            let mut stream = Seed(seed).stream("log.waited", 0, 0);
            let mut text = "start,rows,bytes,duration_us,outcome\n".to_owned();
            let (mut at, mut breaks) = (1_772_438_400.0, 1_772_438_400.0 + 60.0);
            let mut back = breaks;
            for _ in 0..600 {
                let rows = (1.0 + stream.unit() * 500.0).round();
                let took = (0.3 + rows * 2e-3) * stream.log_normal(1.0, 0.1);
                let down = at < back && at + took > breaks;
                let (took, outcome) = if down { (30.0, "timeout") } else { (took, "ok") };
                text.push_str(&format!("{at:.6},{rows},{},{:.0},{outcome}\n", rows * 200.0, took * 1e6));
                at += took + 0.5;
                if at > back {
                    breaks = at - libm::log(1.0 - stream.unit()) * 60.0;
                    back = breaks - libm::log(1.0 - stream.unit()) * mean;
                }
            }
            let calibration = calibrate("log.csv", text.as_bytes(), &[]).unwrap();
            assert!(said(&calibration.unknown, "saw only when it gave up"), "{:?}", calibration.unknown);
            let repair = calibration.outages.unwrap().repair.expect("it is told");
            held += u32::from(repair.holds(mean));
            lost += u32::from(repair.value >= 29.0);
        }
        assert!(held >= 36 && lost == 40, "repairs of {mean} s: {held} and {lost} of 40");
    }
}
