//! Measured transfers, as their files have them.

use super::sheet::{Malformed, Row, Sheet};
use crate::base::Span;
use crate::net::Direction;
use crate::net::tcp::Congestion;

/// How a transfer was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    /// Connect, request, response.
    Cold,
    /// The same over TLS 1.3.
    Tls,
    /// On a kept connection, right after another.
    Warm,
    /// On a kept connection, after 4 s without traffic.
    WarmIdle,
}

/// The link of a cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    pub(super) name: String,
    /// Bits a second, up and down.
    pub(super) rate: [u64; 2],
    /// One way.
    pub(super) delay: Span,
    /// Bytes, up and down.
    pub(super) queue: [u64; 2],
}

/// A cell of a file of transfers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell {
    pub(super) link: Link,
    pub(super) congestion: Congestion,
    pub(super) mode: Mode,
    /// Which of request and response is the large one.
    pub(super) direction: Direction,
    /// Probability of a packet's loss, both ways.
    pub(super) loss: f64,
    /// Bytes of request and response.
    pub(super) bytes: [u64; 2],
    pub(super) samples: u64,
    /// Seconds.
    pub(super) median: f64,
    /// Seconds.
    pub(super) mean: f64,
}

/// A cell of a file of outages.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OutageCell {
    pub(super) link: Link,
    pub(super) congestion: Congestion,
    /// Bytes of the response.
    pub(super) response: u64,
    /// When everything begins to be dropped, after the connect.
    pub(super) start: Span,
    pub(super) lasts: Span,
    /// Seconds.
    pub(super) median: f64,
    /// Seconds of the fastest and of the slowest sample.
    pub(super) extremes: [f64; 2],
}

pub(super) const COLUMNS: [&str; 15] = [
    "profile",
    "up_bps",
    "down_bps",
    "one_way_delay_ms",
    "queue_up_bytes",
    "queue_down_bytes",
    "congestion_control",
    "mode",
    "direction",
    "loss",
    "request_bytes",
    "response_bytes",
    "samples",
    "median_s",
    "mean_s",
];
pub(super) const OUTAGE_COLUMNS: [&str; 8] = [
    "profile",
    "congestion_control",
    "response_bytes",
    "outage_start_s",
    "outage_s",
    "median_s",
    "min_s",
    "max_s",
];

const CONGESTION: [(&str, Congestion); 2] = [("cubic", Congestion::Cubic), ("bbr", Congestion::Bbr)];
const MODES: [(&str, Mode); 4] =
    [("cold", Mode::Cold), ("tls", Mode::Tls), ("warm0", Mode::Warm), ("warmidle", Mode::WarmIdle)];
const DIRECTIONS: [(&str, Direction); 2] = [("up", Direction::Up), ("down", Direction::Down)];
/// A day.
const SECONDS_MAX: f64 = 86_400.0;
const BYTES_MAX: u64 = 1_000_000_000_000;

/// The links of the reference, for files of outages that only name theirs.
const LINKS: [(&str, [u64; 2], u64, [u64; 2]); 5] = [
    ("edge", [200_000, 240_000], 420, [256_000, 256_000]),
    ("slow4g", [750_000, 1_600_000], 75, [256_000, 256_000]),
    ("lte", [12_000_000, 12_000_000], 35, [420_000, 420_000]),
    ("wifi", [15_000_000, 30_000_000], 10, [256_000, 300_000]),
    ("geo", [3_000_000, 20_000_000], 300, [900_000, 6_000_000]),
];

impl Mode {
    pub(super) fn word(self) -> &'static str {
        MODES.iter().find(|(_, mode)| *mode == self).map_or("", |(word, _)| word)
    }
}

pub(super) fn congestion_word(congestion: Congestion) -> &'static str {
    CONGESTION.iter().find(|(_, known)| *known == congestion).map_or("", |(word, _)| word)
}

fn link(row: Row<'_>) -> Result<Link, Malformed> {
    let rate = |column| row.whole(column, 1_000..=1_000_000_000_000);
    let queue = |column| row.whole(column, 1_500..=BYTES_MAX);
    Ok(Link {
        name: row.text("profile").to_owned(),
        rate: [rate("up_bps")?, rate("down_bps")?],
        delay: Span::from_secs_f64(row.number("one_way_delay_ms", 0.0..=60_000.0)? / 1e3),
        queue: [queue("queue_up_bytes")?, queue("queue_down_bytes")?],
    })
}

fn seconds(row: Row<'_>, column: &str) -> Result<f64, Malformed> {
    row.number(column, 1e-6..=SECONDS_MAX)
}

pub(super) fn cell(row: Row<'_>) -> Result<Cell, Malformed> {
    let bytes = |column| row.whole(column, 1..=BYTES_MAX);
    Ok(Cell {
        link: link(row)?,
        congestion: row.word("congestion_control", &CONGESTION)?,
        mode: row.word("mode", &MODES)?,
        direction: row.word("direction", &DIRECTIONS)?,
        loss: row.number("loss", 0.0..=0.5)?,
        bytes: [bytes("request_bytes")?, bytes("response_bytes")?],
        samples: row.whole("samples", 1..=1_000_000)?,
        median: seconds(row, "median_s")?,
        mean: seconds(row, "mean_s")?,
    })
}

pub(super) fn outage_cell(row: Row<'_>, sheet: &Sheet) -> Result<OutageCell, Malformed> {
    let link = if COLUMNS[1..6].iter().all(|column| sheet.has(column)) {
        link(row)?
    } else {
        let known: Vec<(&str, usize)> = LINKS.iter().enumerate().map(|(n, link)| (link.0, n)).collect();
        let (name, rate, delay, queue) = LINKS[row.word("profile", &known)?];
        Link { name: name.to_owned(), rate, delay: Span::millis(delay), queue }
    };
    let span = |column| row.number(column, 0.0..=SECONDS_MAX).map(Span::from_secs_f64);
    Ok(OutageCell {
        link,
        congestion: row.word("congestion_control", &CONGESTION)?,
        response: row.whole("response_bytes", 1..=BYTES_MAX)?,
        start: span("outage_start_s")?,
        lasts: span("outage_s")?,
        median: seconds(row, "median_s")?,
        extremes: [seconds(row, "min_s")?, seconds(row, "max_s")?],
    })
}
