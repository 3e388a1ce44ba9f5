//! Work in segments with a checkpoint after each, where failures strike the restart too: Daly 2006,
//! "A higher order estimate of the optimum checkpoint interval for restart dumps", figures 3 to 5.

use super::figures::Figure;
use super::rig::{Client, Failures, Order, mean_time};
use crate::base::{BitRate, Seed, Span};

/// MTBF in minutes, best interval in minutes, wall time in hours, of 500 hours of work with a
/// checkpoint of 5 minutes and a restart of 10.
const FIGURES: [(u64, f64, f64); 3] = [(24 * 60, 116.7, 547.9), (6 * 60, 56.7, 610.2), (15, 9.2, 2_504.2)];

/// The wall time at the best interval, for each mean time between failures.
pub(super) fn figures() -> Vec<Figure> {
    let figure = |(&(mtbf, interval, wall), seed)| {
        let segments = 500.0 * 60.0 / interval;
        let segment = Order { work: Span::from_secs_f64(interval * 60.0) + Span::secs(5 * 60), bytes: 0 };
        // A failure is over at once: what comes after it is the restart, and that can fail too.
        let failures = Failures { mtbf: Span::secs(mtbf * 60), mean: Span::nanos(1) };
        let path = (Span::ZERO, BitRate(1_000_000_000_000));
        let expected = (wall * 3_600.0 / segments, 25);
        let job = async move |client: &Client| {
            while !client.order(segment).await {
                client.repaired().await;
                client.insist(Order { work: Span::secs(10 * 60), bytes: 0 }).await;
            }
        };
        let a_segment = mean_time((Seed(seed), "validate.daly"), path, failures, expected, job);
        let name = format!("Daly, MTBF {mtbf} min, a checkpoint every {interval} min: hours of wall time");
        Figure::new(name, wall, a_segment * segments / 3_600.0, 0.01)
    };
    FIGURES.iter().zip(1..).map(figure).collect()
}
