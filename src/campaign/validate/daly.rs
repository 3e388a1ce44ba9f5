//! Work in segments with a checkpoint after each, where failures strike the restart too: Daly 2006,
//! figures 3 to 5.

use super::figures::Figure;
use super::rig::{Failures, Order, time};
use crate::base::{BitRate, Seed, Span};

const MINUTE: u64 = 60;
/// 500 hours of work, a checkpoint of 5 minutes, a restart of 10.
const WORK_HOURS: f64 = 500.0;
const CHECKPOINT: Span = Span::secs(5 * MINUTE);
const RESTART: Span = Span::secs(10 * MINUTE);
/// MTBF in minutes, best interval in minutes, wall time in hours.
const FIGURES: [(u64, f64, f64); 3] =
    [(24 * MINUTE, 116.7, 547.9), (6 * MINUTE, 56.7, 610.2), (15, 9.2, 2_504.2)];

/// Segments in all, and of one device.
const SEGMENTS: u32 = 100_000;
const SEGMENTS_A_DEVICE: u32 = 25;
const TOLERANCE: f64 = 0.01;

/// The wall time at the best interval, for each mean time between failures.
pub(super) fn figures() -> Vec<Figure> {
    FIGURES.iter().zip(1..).map(|(row, seed)| figure(*row, Seed(seed))).collect()
}

fn figure((mtbf, interval, wall): (u64, f64, f64), seed: Seed) -> Figure {
    let segment = Span::from_secs_f64(interval * 60.0);
    let segments = WORK_HOURS * 60.0 / interval;
    let a_device = wall * 3_600.0 / segments * f64::from(SEGMENTS_A_DEVICE);
    let horizon = Span::from_secs_f64(3.0 * a_device);
    // A failure is over at once: what comes after it is the restart, and that can fail too.
    let failures = Failures { mtbf: Span::secs(mtbf * 60), mean: Span::nanos(1) };
    let path = (Span::ZERO, BitRate(1_000_000_000_000));
    let total: u64 = (0..u64::from(SEGMENTS / SEGMENTS_A_DEVICE))
        .map(|device| {
            let seed = seed.derive("validate.daly", device);
            let took = time(seed, path, failures, horizon, |client| async move {
                for _ in 0..SEGMENTS_A_DEVICE {
                    while !client.order(Order { work: segment + CHECKPOINT, bytes: 0 }).await {
                        client.repaired().await;
                        client.insist(Order { work: RESTART, bytes: 0 }).await;
                    }
                }
            });
            took.0
        })
        .sum();
    let a_segment = total as f64 / 1e9 / f64::from(SEGMENTS);
    Figure {
        name: format!("Daly, MTBF {mtbf} min, a checkpoint every {interval} min: hours of wall time"),
        reference: wall,
        measured: a_segment * segments / 3_600.0,
        tolerance: TOLERANCE,
    }
}
