//! What the link model says about a measured transfer.

use super::cells::{Cell, Link, Mode, OutageCell};
use crate::base::{BitRate, Seed, Span, Time};
use crate::net::tcp::{Congestion, Connection, Handshake, Losses, Steady, Tls};
use crate::net::{Conditions, Direction, Outage, OutageMode};

/// What a test server sends first: a self-signed certificate with an RSA key of 2048 bits, its signature, and the rest of the flight.
const CERTIFICATES: u64 = 1_500;
/// Key exchange, one signature and its check on a server core.
const CRYPTOGRAPHY: Span = Span::millis(2);
/// How often a cell with losses is repeated; its prediction is the mean.
pub const REPETITIONS: u64 = 500;

/// What is asked before an outage.
const REQUEST: u64 = 200;

/// A prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Prediction {
    /// In seconds.
    pub(super) seconds: f64,
    /// Standard error that the mean of as many measured samples has, in seconds; zero without losses.
    pub(super) error: f64,
}

fn handshake(tls: bool, congestion: Congestion) -> Handshake {
    Handshake {
        tls: if tls { Tls::V13 } else { Tls::None },
        certificates: CERTIFICATES,
        work: CRYPTOGRAPHY,
        congestion,
        restarts: true,
    }
}

fn steady(link: &Link) -> Steady {
    let [up, down] = link.rate.map(BitRate);
    let mut steady = Steady::new(link.delay * 2, up, down);
    steady.queue = link.queue;
    steady
}

/// One request and its answer over an open connection, handed over at `at`; the server needs no time. When the answer is there.
fn exchange(connection: &mut Connection, link: &Steady, at: Time, [up, down]: [u64; 2]) -> Time {
    let mut now = at;
    for (way, bytes) in [(Direction::Up, up), (Direction::Down, down)] {
        let mut transfer = connection.message(way, now, bytes, link.mtu());
        // A link without outages gives up only after a quarter of an hour of losses.
        match connection.finish(&mut transfer, link) {
            Ok(arrived) => now = arrived,
            Err(broken) => return broken.at,
        }
    }
    now
}

/// Connects and exchanges; seconds.
fn cold(how: &Handshake, link: &Steady, bytes: [u64; 2]) -> f64 {
    let ended = match Connection::open(how, link, Time::ZERO) {
        Ok((mut connection, opened, _)) => exchange(&mut connection, link, opened, bytes),
        Err(broken) => broken.at,
    };
    ended.since(Time::ZERO).as_secs_f64()
}

/// The cells of one link, mode and direction. Those on a kept connection share it, as they did when the reference was measured: sizes
/// in rising order, as many rounds as there are samples.
pub(super) fn group(cells: &[&Cell]) -> Vec<Prediction> {
    match cells.first() {
        Some(first) if matches!(first.mode, Mode::Warm | Mode::WarmIdle) => kept(cells),
        _ => cells.iter().map(|cell| fresh(cell)).collect(),
    }
}

fn fresh(cell: &Cell) -> Prediction {
    let how = handshake(cell.mode == Mode::Tls, cell.congestion);
    let link = steady(&cell.link);
    if cell.loss <= 0.0 {
        return Prediction { seconds: cold(&how, &link, cell.bytes), error: 0.0 };
    }
    let lossy = |n| link.clone().with_losses(Losses::Bernoulli(cell.loss), Seed(n));
    let runs: Vec<f64> = (0..REPETITIONS).map(|n| cold(&how, &lossy(n), cell.bytes)).collect();
    let mean = runs.iter().sum::<f64>() / runs.len() as f64;
    let variance = runs.iter().map(|run| (run - mean) * (run - mean)).sum::<f64>() / runs.len() as f64;
    Prediction { seconds: mean, error: (variance / cell.samples.max(1) as f64).sqrt() }
}

fn kept(cells: &[&Cell]) -> Vec<Prediction> {
    let cell = cells[0];
    let link = match cell.loss {
        loss if loss > 0.0 => steady(&cell.link).with_losses(Losses::Bernoulli(loss), Seed(0)),
        _ => steady(&cell.link),
    };
    let mut order: Vec<usize> = (0..cells.len()).collect();
    order.sort_by_key(|n| cells[*n].bytes);
    let pause = if cell.mode == Mode::WarmIdle { Span::secs(4) } else { Span::ZERO };
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); cells.len()];
    let how = handshake(false, cell.congestion);
    let (mut connection, opened) = match Connection::open(&how, &link, Time::ZERO) {
        Ok((connection, opened, _)) => (connection, opened),
        // Only losses without end keep it from opening: no figure is better than how long it tried.
        Err(broken) => {
            let seconds = broken.at.since(Time::ZERO).as_secs_f64();
            return vec![Prediction { seconds, error: 0.0 }; cells.len()];
        }
    };
    let mut now = exchange(&mut connection, &link, opened, cells[order[0]].bytes);
    let rounds = cells.iter().map(|cell| cell.samples).max().unwrap_or(1).clamp(1, 99);
    for _ in 0..rounds {
        for n in &order {
            let start = now + pause;
            now = exchange(&mut connection, &link, start, cells[*n].bytes);
            times[*n].push((now - start).as_secs_f64());
        }
    }
    times.iter().map(|times| Prediction { seconds: median(times), error: 0.0 }).collect()
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

/// A cold transfer during which everything is dropped for a while.
pub(super) fn outage(cell: &OutageCell) -> f64 {
    let mut link = steady(&cell.link);
    let from = Time::ZERO + cell.start;
    if cell.lasts > Span::ZERO {
        link.outages =
            vec![Outage { from, until: from + cell.lasts, mode: OutageMode::Drop, noticed: false }];
    }
    cold(&handshake(false, cell.congestion), &link, [REQUEST, cell.response])
}
