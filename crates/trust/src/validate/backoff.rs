//! Clients that retry after a conflict, compared with a published simulator (AWS Architecture Blog,
//! Brooker 2015; aws-samples/aws-arch-backoff-simulator, Apache-2.0). Each client reads the version
//! of a row, and writes the row if the version is unchanged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use syncdyno_contract::base::{Seed, Span, Stream, Time};
use syncdyno_world::engine::{Jitter, RetryOptions, backoff};

use super::figures::Figure;

const CLIENTS: usize = 100;
const RUNS: u64 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    /// The read request reaches the server.
    Read,
    /// The response reaches the client. It contains this version.
    Told(u64),
    /// The write request reaches the server. It overwrites this version.
    Write(u64),
    /// The response to the write reaches the client. It is true if the row was unchanged.
    Written(bool),
}

#[derive(Clone, Copy, Debug, Default)]
struct Client {
    failures: u32,
    previous: Option<Span>,
}

fn contend(options: &RetryOptions, run: u64) -> (Time, u64) {
    let mut net = Seed(run).stream("net", 0, 0);
    let mut random = Seed(run).stream("retry", 0, 0);
    // A message takes |N(10 ms, 2 ms)| in each direction.
    let delay = |net: &mut Stream| Span::from_secs_f64((10.0 + 2.0 * net.normal()).abs() / 1e3);
    let mut clients = [Client::default(); CLIENTS];
    let mut messages: BinaryHeap<Reverse<(Time, usize, Stop)>> = BinaryHeap::new();
    for client in 0..CLIENTS {
        messages.push(Reverse((Time::ZERO + delay(&mut net), client, Stop::Read)));
    }
    let (mut now, mut version, mut writes) = (Time::ZERO, 0, 0);
    while let Some(Reverse((at, client, stop))) = messages.pop() {
        now = at;
        let (wait, next) = match stop {
            Stop::Read => (Span::ZERO, Stop::Told(version)),
            Stop::Told(seen) => (Span::ZERO, Stop::Write(seen)),
            Stop::Write(seen) => {
                let fresh = seen == version;
                writes += 1;
                version += u64::from(fresh);
                (Span::ZERO, Stop::Written(fresh))
            }
            Stop::Written(true) => continue,
            Stop::Written(false) => {
                let Client { failures, previous } = &mut clients[client];
                *failures += 1;
                let wait = backoff(options, *failures, *previous, &mut random);
                *previous = Some(wait);
                (wait, Stop::Read)
            }
        };
        messages.push(Reverse((now + delay(&mut net) + wait, client, next)));
    }
    (now, writes)
}

/// Per kind of backoff, the time until all clients have written, and the number of writes.
pub(super) fn figures() -> Vec<Figure> {
    let mut figures = Vec::new();
    // The published simulator has a base of 5 ms. Its exponential backoffs double the base before
    // the first wait, so the first wait is at most 10 ms. Its decorrelated jitter starts from the
    // base itself, like ours. Clients without backoff do not wait.
    for (name, jitter, base_ms, completion, calls) in [
        ("exponential", Jitter::None, 10, 64_177.0, 1_850.0),
        ("equal jitter", Jitter::Equal, 10, 6_493.0, 812.0),
        ("full jitter", Jitter::Full, 10, 4_856.0, 796.0),
        ("decorrelated jitter", Jitter::Decorrelated, 5, 4_812.0, 1_003.0),
        ("none", Jitter::None, 0, 2_017.0, 2_417.0),
    ] {
        let options = RetryOptions {
            base: Span::millis(base_ms),
            cap: Span::secs(2),
            jitter,
            attempts: u32::MAX,
            heeds_after: true,
        };
        let (mut time, mut writes) = (0.0, 0.0);
        for (ended, made) in (0..RUNS).map(|run| contend(&options, run)) {
            time += ended.0 as f64 / 1e6 / RUNS as f64;
            writes += made as f64 / RUNS as f64;
        }
        figures.push(Figure::new(format!("{name}: ms to completion"), completion, time, 0.05));
        figures.push(Figure::new(format!("{name}: calls"), calls, writes, 0.05));
    }
    figures
}
