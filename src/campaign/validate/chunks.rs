//! Chunks that start over when the connection breaks: their mean time against E\[T\] = (1/λ +
//! R)(e^{λ(o + c·s)} − 1), and their best size.

use super::figures::Figure;
use super::rig::{Failures, Order, time};
use crate::base::{BitRate, Seed, Span};
use crate::theory::chunk::Cost;

/// Links with o, c and 1/λ in seconds (models of chunk sizes, six links).
pub(super) const LINKS: [(&str, Cost); 6] = [
    ("LTE good", Cost { chunk: 0.25, row: 0.4e-3, mtbf: 120.0 }),
    ("LTE driving", Cost { chunk: 0.35, row: 0.8e-3, mtbf: 30.0 }),
    ("3G", Cost { chunk: 0.9, row: 2e-3, mtbf: 60.0 }),
    ("EDGE", Cost { chunk: 2.6, row: 20e-3, mtbf: 45.0 }),
    ("drive-by Wi-Fi", Cost { chunk: 0.15, row: 0.3e-3, mtbf: 13.0 }),
    ("GEO", Cost { chunk: 1.9, row: 0.3e-3, mtbf: 600.0 }),
];

/// Chunks in all, and of one device: the law speaks of a mean.
const CHUNKS: u32 = 100_000;
const CHUNKS_A_DEVICE: u32 = 100;
/// Mean repair, during which nothing fails.
const REPAIR: Span = Span::secs(20);
/// Nobody cares for the bytes here, so a row is as few as tell its time: a byte takes 10 ms.
const RATE: BitRate = BitRate(800);
const TOLERANCE: f64 = 0.01;

/// The mean time of a chunk of the best size, on each link.
pub(super) fn figures() -> Vec<Figure> {
    LINKS.iter().zip(1..).map(|((name, cost), seed)| figure(name, *cost, Seed(seed))).collect()
}

fn figure(name: &str, cost: Cost, seed: Seed) -> Figure {
    let rows = cost.best();
    let (reference, measured) = times(cost, rows, seed);
    Figure::new(format!("{name}, {rows:.0} rows a chunk: seconds a chunk"), reference, measured, TOLERANCE)
}

/// The mean time of a chunk of so many rows in closed form and as simulated, in seconds.
fn times(cost: Cost, rows: f64, seed: Seed) -> (f64, f64) {
    let bytes = (cost.row * rows * RATE.0 as f64 / 8.0 + 0.5) as u64;
    let on_the_wire = RATE.time_for(bytes).as_secs_f64();
    let reference = cost.time(on_the_wire / cost.row, REPAIR.as_secs_f64());
    // Enough failures for three times the time that is expected.
    let horizon = Span::from_secs_f64(reference * f64::from(3 * CHUNKS_A_DEVICE));
    let failures = Failures { mtbf: Span::from_secs_f64(cost.mtbf), mean: REPAIR };
    let path = (Span::from_secs_f64(cost.chunk), RATE);
    let devices = u64::from(CHUNKS / CHUNKS_A_DEVICE);
    let total: u64 = (0..devices)
        .map(|device| {
            let seed = seed.derive("validate.chunks", device);
            let took = time(seed, path, failures, horizon, |client| async move {
                for _ in 0..CHUNKS_A_DEVICE {
                    client.insist(Order { work: Span::ZERO, bytes }).await;
                }
            });
            took.0
        })
        .sum();
    (reference, total as f64 / 1e9 / f64::from(CHUNKS))
}

/// The best chunk in rows, and what a row costs in chunks of a quarter and of four times of it, the
/// best being 1 (models of chunk sizes, six links).
const BEST: [(f64, [f64; 2]); 6] = [
    (18_951.0, [1.07, 1.08]),
    (5_440.0, [1.16, 1.19]),
    (4_901.0, [1.18, 1.22]),
    (681.0, [1.32, 1.47]),
    (6_254.0, [1.16, 1.19]),
    (154_971.0, [1.09, 1.09]),
];

/// Where the best chunk lies, by closed form, and what smaller and larger ones cost, as simulated.
pub(super) fn best() -> Vec<Figure> {
    let links = LINKS.iter().zip(BEST).zip(1..);
    links
        .flat_map(|((&(name, cost), (best, theirs)), seed)| {
            beside_the_best(name, cost, (best, theirs), Seed(seed))
        })
        .collect()
}

fn beside_the_best(name: &str, cost: Cost, (best, theirs): (f64, [f64; 2]), seed: Seed) -> [Figure; 3] {
    let a_row = |rows| times(cost, rows, seed).1 / rows;
    let least = a_row(best);
    let [smaller, larger] = theirs;
    [
        Figure::new(format!("{name}: best chunk, rows"), best, cost.best(), 0.001),
        Figure::new(format!("{name}: cost at a quarter of it"), smaller, a_row(best / 4.0) / least, 0.03),
        Figure::new(format!("{name}: cost at four times of it"), larger, a_row(best * 4.0) / least, 0.03),
    ]
}
