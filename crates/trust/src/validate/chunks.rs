//! Chunks that restart when the connection breaks. Their mean time is compared with E\[T\] = (1/λ +
//! R)(e^{λ(o + c·s)} − 1), and so is their best size. The last figures are for work with
//! checkpoints, where a restart can also fail: Daly 2006, "A higher order estimate of the optimum
//! checkpoint interval", figures 3 to 5.

use super::figures::Figure;
use super::rig::{Client, Order, failures, mean_time};
use syncdyno_contract::base::{BitRate, Seed, Span};
use syncdyno_world::theory::chunk::Cost;

/// A link: its name, its costs, its best chunk in rows, and the relative cost per row with a
/// quarter and with 4 times that chunk.
type Link = (&'static str, Cost, f64, [f64; 2]);

/// Makes a cost; o, c and 1/λ are in seconds.
const fn cost(chunk: f64, row: f64, mtbf: f64) -> Cost {
    Cost { chunk, row, mtbf }
}

const LINKS: [Link; 6] = [
    ("LTE good", cost(0.25, 0.4e-3, 120.0), 18_951.0, [1.07, 1.08]),
    ("LTE driving", cost(0.35, 0.8e-3, 30.0), 5_440.0, [1.16, 1.19]),
    ("3G", cost(0.9, 2e-3, 60.0), 4_901.0, [1.18, 1.22]),
    ("EDGE", cost(2.6, 20e-3, 45.0), 681.0, [1.32, 1.47]),
    ("drive-by Wi-Fi", cost(0.15, 0.3e-3, 13.0), 6_254.0, [1.16, 1.19]),
    ("GEO", cost(1.9, 0.3e-3, 600.0), 154_971.0, [1.09, 1.09]),
];

/// The mean time to recover. Nothing fails during it.
const REPAIR: Span = Span::secs(20);
/// The time per byte (10 ms) is so long that a row needs only a few bytes. The number of bytes does
/// not matter here.
const RATE: BitRate = BitRate(800);

pub(super) fn figures() -> Vec<Figure> {
    let figure = |((name, link, ..), seed): (&Link, u64)| {
        let rows = link.best();
        let (reference, measured) = times(*link, rows, Seed(seed));
        Figure::new(format!("{name}, {rows:.0} rows per chunk: seconds per chunk"), reference, measured, 0.01)
    };
    LINKS.iter().zip(1..).map(figure).collect()
}

fn times(cost: Cost, rows: f64, seed: Seed) -> (f64, f64) {
    let bytes = (cost.row * rows * RATE.0 as f64 / 8.0 + 0.5) as u64;
    let on_the_wire = RATE.time_for(bytes).as_secs_f64();
    let reference = cost.time(on_the_wire / cost.row, REPAIR.as_secs_f64());
    let failures = failures(Span::from_secs_f64(cost.mtbf), REPAIR);
    let path = (Span::from_secs_f64(cost.chunk), RATE);
    let order = Order { work: Span::ZERO, bytes };
    let chunk = async move |client: &Client| client.insist(order).await;
    (reference, mean_time((seed, "validate.chunks"), path, failures, (reference, 100), chunk))
}

/// The best chunk by the formula, and the simulated costs of smaller and larger chunks.
pub(super) fn best() -> Vec<Figure> {
    let beside = |((name, link, best, theirs), seed): (&Link, u64)| {
        let a_row = |rows| times(*link, rows, Seed(seed)).1 / rows;
        let (least, [smaller, larger]) = (a_row(*best), *theirs);
        let quarter = a_row(best / 4.0) / least;
        let four = a_row(best * 4.0) / least;
        [
            Figure::new(format!("{name}: best chunk, rows"), *best, link.best(), 0.001),
            Figure::new(format!("{name}: cost at a quarter of it"), smaller, quarter, 0.03),
            Figure::new(format!("{name}: cost at four times of it"), larger, four, 0.03),
        ]
    };
    LINKS.iter().zip(1..).flat_map(beside).collect()
}

/// The MTBF in minutes, the best interval in minutes, and the wall time in hours. The work takes
/// 500 hours, a checkpoint 5 minutes and a restart 10 minutes.
const DALY: [(u64, f64, f64); 3] = [(24 * 60, 116.7, 547.9), (6 * 60, 56.7, 610.2), (15, 9.2, 2_504.2)];

pub(super) fn checkpoints() -> Vec<Figure> {
    let figure = |(&(mtbf, interval, wall), seed)| {
        let segments = 500.0 * 60.0 / interval;
        let segment = Order { work: Span::from_secs_f64(interval * 60.0) + Span::secs(5 * 60), bytes: 0 };
        // A failure has no duration. The restart follows at once, and can fail too.
        let failures = failures(Span::secs(mtbf * 60), Span::nanos(1));
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
    DALY.iter().zip(1..).map(figure).collect()
}
