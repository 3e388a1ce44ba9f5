//! Predictions of the link model for measured transfers.

use super::cells::{Cell, Link, Mode, OutageCell, ROUNDS_MAX};
use syncdyno_contract::base::{BitRate, Seed, Span, Time};
use syncdyno_world::net::tcp::{Broken, Congestion, Connection, Handshake, Steady, Tls};
use syncdyno_world::net::{Conditions, Direction, Outage, OutageMode};

/// The certificates of the test server, in bytes: a self-signed one (RSA, 2048 bits), and the rest
/// of the first flight.
const CERTIFICATES: u64 = 1_500;
/// The time for the key exchange, one signature and its check, on a core of the server.
const CRYPTOGRAPHY: Span = Span::millis(2);
/// The number of runs of a cell with losses. Its prediction is the mean.
pub(in crate::validate) const REPETITIONS: u64 = 500;

const REQUEST: u64 = 200;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Prediction {
    pub(super) seconds: f64,
    /// The standard error of the measured mean in seconds, for its number of samples; 0 without
    /// losses.
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

/// The arrival time of the response to a request sent at `at`. The server needs no time.
fn exchange(
    connection: &mut Connection,
    link: &Steady,
    at: Time,
    [up, down]: [u64; 2],
) -> Result<Time, Broken> {
    let mut now = at;
    for (way, bytes) in [(Direction::Up, up), (Direction::Down, down)] {
        let mut transfer = connection.message(way, now, bytes, link.mtu());
        now = connection.finish(&mut transfer, link)?;
    }
    Ok(now)
}

/// The seconds for a new connection, one request and one response.
fn cold(how: &Handshake, link: &Steady, bytes: [u64; 2]) -> f64 {
    let ended = connected(how, link, bytes).unwrap_or_else(|broken| broken.at);
    ended.since(Time::ZERO).as_secs_f64()
}

fn connected(how: &Handshake, link: &Steady, bytes: [u64; 2]) -> Result<Time, Broken> {
    let (mut connection, opened) = Connection::open(how, link, Time::ZERO, Time::FAR).opened?;
    exchange(&mut connection, link, opened, bytes)
}

/// Predicts the cells of one link, mode, direction and loss. The cells of a mode on a reused
/// connection share one connection.
pub(super) fn group(cells: &[&Cell]) -> Vec<Prediction> {
    let (clean, loss) = (steady(&cells[0].link), cells[0].loss);
    if loss <= 0.0 {
        let times = times(cells, &clean);
        return times.iter().map(|times| Prediction { seconds: median(times), error: 0.0 }).collect();
    }
    let lossy = |n| times(cells, &clean.clone().with_losses(loss, Seed(n)));
    let runs: Vec<Vec<Vec<f64>>> = (0..REPETITIONS).map(lossy).collect();
    let predict = |(at, cell): (usize, &&Cell)| {
        let each = usize::try_from(cell.samples).unwrap_or(usize::MAX).min(ROUNDS_MAX).min(runs[0][at].len());
        let means: Vec<f64> = runs.iter().map(|run| mean(&run[at][..each])).collect();
        let seconds = mean(&means);
        let squares: Vec<f64> = means.iter().map(|mean| (mean - seconds) * (mean - seconds)).collect();
        Prediction { seconds, error: (mean(&squares) * each as f64 / cell.samples as f64).sqrt() }
    };
    cells.iter().enumerate().map(predict).collect()
}

/// The times of each cell over `link` in seconds. A new connection has one time, and a reused one
/// has a time per round.
fn times(cells: &[&Cell], link: &Steady) -> Vec<Vec<f64>> {
    let cell = cells[0];
    let how = handshake(cell.mode == Mode::Tls, cell.congestion);
    let pause = match cell.mode {
        Mode::Cold | Mode::Tls => {
            return cells.iter().map(|cell| vec![cold(&how, link, cell.bytes)]).collect();
        }
        Mode::Warm => Span::ZERO,
        Mode::WarmIdle => Span::secs(4),
    };
    let mut order: Vec<usize> = (0..cells.len()).collect();
    order.sort_by_key(|n| cells[*n].bytes);
    let rounds = cells.iter().map(|cell| cell.samples).max().unwrap_or(1).min(ROUNDS_MAX as u64);
    let (mut connection, opened) = match Connection::open(&how, link, Time::ZERO, Time::FAR).opened {
        Ok(opened) => opened,
        // The connection never opened, because all packets were lost. The time of the attempt is
        // the best available figure.
        Err(broken) => {
            let seconds = broken.at.since(Time::ZERO).as_secs_f64();
            return vec![vec![seconds; rounds as usize]; cells.len()];
        }
    };
    // Without an outage, a link only gives up after 15 minutes of losses.
    let mut exchange = |start: Time, bytes: [u64; 2]| {
        exchange(&mut connection, link, start, bytes).unwrap_or_else(|broken| broken.at)
    };
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); cells.len()];
    let mut now = exchange(opened, cells[order[0]].bytes);
    for _ in 0..rounds {
        for n in &order {
            let start = now + pause;
            now = exchange(start, cells[*n].bytes);
            times[*n].push((now - start).as_secs_f64());
        }
    }
    times
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

pub(super) const STAIR: f64 = 0.05;

/// The prediction for a cell with an outage, in seconds; `None` if TCP gives up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stair {
    pub(super) seconds: Option<f64>,
    /// True if a retransmission is so near the outage's end that it may come before or after it.
    pub(super) edge: bool,
}

/// Predicts a transfer on a new connection during which all packets are dropped for a while.
pub(super) fn outage(cell: &OutageCell) -> Stair {
    let lasts = cell.lasts.0;
    let seconds = dropped(cell, cell.lasts);
    let far = |lasts| {
        let other = dropped(cell, Span(lasts));
        other.is_some_and(|other| seconds.is_none_or(|own| (other / own - 1.0).abs() > STAIR))
    };
    Stair { seconds, edge: far(lasts - lasts / 20) || far(lasts + lasts / 20) }
}

fn dropped(cell: &OutageCell, lasts: Span) -> Option<f64> {
    let mut link = steady(&cell.link);
    let from = Time::ZERO + cell.start;
    if lasts > Span::ZERO {
        link.outages = vec![Outage { from, until: from + lasts, mode: OutageMode::Drop, noticed: false }];
    }
    let ended = connected(&handshake(false, cell.congestion), &link, [REQUEST, cell.response]);
    ended.ok().map(|ended| ended.since(Time::ZERO).as_secs_f64())
}
