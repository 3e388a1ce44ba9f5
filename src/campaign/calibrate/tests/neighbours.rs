//! Logs whose answers are not independent: a network that changes slowly, and connections that are opened again.

use super::{curved, said};
use crate::base::{Seed, Span, Stream};
use crate::render::calibrate::Advice;

/// Where answers come from, one after another.
struct Apps {
    devices: u32,
    answers: u32,
    /// What the first request of a session takes besides, in seconds.
    opens: f64,
    /// By how much the network's factor varies, and for how many answers it stays.
    network: (f64, f64),
    /// Seconds of overhead and of a row.
    costs: (f64, f64),
    /// A step of the clock, which cuts off.
    clock: Span,
}

const QUIET: Apps = Apps {
    devices: 1,
    answers: 1_000,
    opens: 0.0,
    network: (0.0, 100.0),
    costs: (0.4, 2e-3),
    clock: Span::micros(1),
};

impl Apps {
    /// Sessions of two full pages of 1 000 rows, a part of one and some answers of few rows.
    fn log(&self, seed: u64) -> String {
        let mut lines: Vec<(f64, String)> = Vec::new();
        for device in 0..self.devices {
            self.of(device, &mut Seed(seed).stream("apps", u64::from(device), 0), &mut lines);
        }
        lines.sort_by(|a, b| a.0.total_cmp(&b.0));
        let lines: String = lines.into_iter().map(|(_, line)| line).collect();
        format!("start,rows,bytes,duration_us,outcome,device\n{lines}")
    }

    fn of(&self, device: u32, stream: &mut Stream, lines: &mut Vec<(f64, String)>) {
        let mut at = 1_772_438_400.0 + 60.0 * stream.unit();
        let (mut factor, mut left) = (1.0, 0);
        for n in 0..self.answers / self.devices {
            let (place, few) = (n % 7, (1.0 + 40.0 * stream.unit()).floor());
            let rows =
                [1_000.0, 1_000.0, (1_000.0 * stream.unit()).ceil(), few, few, few, few][place as usize];
            if left == 0 {
                (factor, left) = (stream.log_normal(1.0, self.network.0), self.network.1 as u32);
            }
            left -= 1;
            let took = (self.costs.0 + self.costs.1 * rows) * factor * stream.log_normal(1.0, 0.15);
            let took = took + if place == 0 { self.opens } else { 0.0 };
            let micros =
                Span::from_secs_f64(took).as_micros() / self.clock.as_micros() * self.clock.as_micros();
            lines.push((at, format!("{at:.6},{rows},{},{micros},ok,d{device}\n", 300.0 * rows)));
            at += took + if place == 6 { 100.0 + 900.0 * stream.unit() } else { 2.0 * stream.unit() };
        }
    }

    /// How many of forty pages say so.
    fn say(&self, what: &str) -> usize {
        (0..40).filter(|seed| said(&curved::read(&self.log(*seed)).notes, what)).count()
    }
}

const OPENS: &str = "after a pause of half a minute";
const ALIKE: &str = "next to each other are alike";

#[test]
fn what_opening_a_connection_takes_is_said_where_it_is_no_chance_and_no_part_of_the_costs() {
    assert_eq!(Apps { ..QUIET }.say(OPENS), 0);
    for opens in [0.4, 1.5, 4.0] {
        let apps = Apps { opens, ..QUIET };
        let (mut overhead, mut row, mut held) = (0, 0, 0);
        for seed in 0..40 {
            let calibration = curved::read(&apps.log(seed));
            assert!(said(&calibration.notes, OPENS), "{opens} s, {seed}");
            let costs = calibration.costs.unwrap();
            overhead += u32::from(costs.request.low <= 0.4045 && 0.4045 <= costs.request.high);
            row += u32::from(costs.row.low <= 2.0226e-3 && 2.0226e-3 <= costs.row.high);
            held += u32::from(matches!(calibration.advice, Some(Advice::Rows { within_log: true, .. })));
        }
        assert!(overhead >= 36 && row >= 36 && held <= 1, "{opens} s: {overhead} {row} {held}");
    }
}

#[test]
fn a_network_that_changes_slowly_is_said_of_several_devices_side_by_side_too() {
    for devices in [1, 5] {
        let quiet = Apps { devices, ..QUIET };
        assert_eq!(quiet.say(ALIKE), 0, "{devices}");
        let found = Apps { network: (0.15, 40.0), ..quiet }.say(ALIKE);
        assert!(found >= 36, "{devices} devices: {found}");
    }
}

#[test]
fn a_coarse_clock_opens_no_connection() {
    let coarse = Apps { costs: (0.1, 5e-4), clock: Span::millis(200), ..QUIET };
    assert_eq!(coarse.say(OPENS), 0);
}
