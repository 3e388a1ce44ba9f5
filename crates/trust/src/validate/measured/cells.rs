//! The cells of files with measured transfers.

use syncdyno::campaign::calibrate::sheet::{Malformed, Row, Sheet};
use syncdyno_contract::base::Span;
use syncdyno_world::net::Direction;
use syncdyno_world::net::tcp::Congestion;

/// The maximum number of rounds on a reused connection. It does not depend on the number of
/// samples.
pub(super) const ROUNDS_MAX: usize = 99;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    /// A new connection, one request, one response.
    Cold,
    /// A new connection with TLS 1.3.
    Tls,
    /// A reused connection, right after another transfer.
    Warm,
    /// A reused connection, after 4 s without traffic.
    WarmIdle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    pub(super) rate: [u64; 2],
    pub(super) delay: Span,
    pub(super) queue: [u64; 2],
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell {
    pub(super) name: String,
    pub(super) link: Link,
    pub(super) congestion: Congestion,
    pub(super) mode: Mode,
    /// The direction of the large message: request or response.
    pub(super) direction: Direction,
    /// The probability that a packet is lost. It is the same in both directions.
    pub(super) loss: f64,
    pub(super) bytes: [u64; 2],
    pub(super) samples: u64,
    pub(super) median: f64,
    pub(super) mean: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct OutageCell {
    pub(super) name: String,
    pub(super) link: Link,
    pub(super) congestion: Congestion,
    pub(super) response: u64,
    /// The time after the connect at which all packets begin to be dropped.
    pub(super) start: Span,
    pub(super) lasts: Span,
    pub(super) median: f64,
    /// The seconds of the fastest and of the slowest sample.
    pub(super) extremes: [f64; 2],
}

pub(super) const COLUMNS: [&str; 14] = [
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
];
const MEAN: &str = "mean_s";
const LINK: std::ops::Range<usize> = 1..6;
pub(super) const OUTAGE_COLUMNS: [&str; 7] =
    ["congestion_control", "response_bytes", "outage_start_s", "outage_s", "median_s", "min_s", "max_s"];

const CONGESTION: [(&str, Congestion); 2] = [("cubic", Congestion::Cubic), ("bbr", Congestion::Bbr)];
const MODES: [(&str, Mode); 4] =
    [("cold", Mode::Cold), ("tls", Mode::Tls), ("warm0", Mode::Warm), ("warmidle", Mode::WarmIdle)];
const DIRECTIONS: [(&str, Direction); 2] = [("up", Direction::Up), ("down", Direction::Down)];
const SECONDS_MAX: f64 = 86_400.0;
const BYTES_MAX: u64 = 1_000_000_000_000;
/// The maximum number of lost packets per transfer. A prediction repeats the transfer hundreds of
/// times.
const LOST_MAX: f64 = 2_000.0;

const fn reference(rate: [u64; 2], delay: u64, queue: [u64; 2]) -> Link {
    Link { rate, delay: Span::millis(delay), queue }
}

pub(super) const LTE: Link = reference([12_000_000, 12_000_000], 35, [420_000, 420_000]);
/// The links of the reference. A file of outages can name them.
const LINKS: [(&str, Link); 5] = [
    ("edge", reference([200_000, 240_000], 420, [256_000, 256_000])),
    ("slow4g", reference([750_000, 1_600_000], 75, [256_000, 256_000])),
    ("lte", LTE),
    ("wifi", reference([15_000_000, 30_000_000], 10, [256_000, 300_000])),
    ("geo", reference([3_000_000, 20_000_000], 300, [900_000, 6_000_000])),
];

fn word<T: Copy>(row: Row<'_>, column: &str, words: &[(&str, T)]) -> Result<T, Malformed> {
    let text = row.text(column);
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        row.malformed(column, format!("`{text}` is none of {}", known.join(", ")))
    })
}

fn link(row: Row<'_>) -> Result<Link, Malformed> {
    let rate = |column| row.number(column, "whole number", 1_000..=1_000_000_000_000);
    let queue = |column| row.number(column, "whole number", 1_500..=BYTES_MAX);
    Ok(Link {
        rate: [rate("up_bps")?, rate("down_bps")?],
        delay: Span::from_secs_f64(row.number("one_way_delay_ms", "number", 0.0..=60_000.0)? / 1e3),
        queue: [queue("queue_up_bytes")?, queue("queue_down_bytes")?],
    })
}

/// The name of the link, followed by the values of these columns.
fn name(row: Row<'_>, columns: &[&str]) -> String {
    let link = Some(row.text("profile")).filter(|name| !name.is_empty()).unwrap_or("own link");
    columns.iter().fold(link.to_owned(), |name, column| format!("{name}, {}", row.text(column)))
}

fn seconds(row: Row<'_>, column: &str) -> Result<f64, Malformed> {
    row.number(column, "number", 1e-6..=SECONDS_MAX)
}

pub(super) fn cell(row: Row<'_>) -> Result<Cell, Malformed> {
    let bytes = |column| row.number(column, "whole number", 1..=BYTES_MAX);
    let (loss, median) = (row.number("loss", "number", 0.0..=0.5)?, seconds(row, "median_s")?);
    let mean = match row.text(MEAN) {
        "" if loss > 0.0 => {
            return Err(row.malformed("loss", format!("a row with losses wants a figure in column {MEAN}")));
        }
        "" => median,
        _ => seconds(row, MEAN)?,
    };
    let cell = Cell {
        name: name(row, &["mode", "congestion_control"]),
        link: link(row)?,
        congestion: word(row, "congestion_control", &CONGESTION)?,
        mode: word(row, "mode", &MODES)?,
        direction: word(row, "direction", &DIRECTIONS)?,
        loss,
        bytes: [bytes("request_bytes")?, bytes("response_bytes")?],
        samples: row.number("samples", "whole number", 1..=1_000_000)?,
        median,
        mean,
    };
    let rounds = match cell.mode {
        Mode::Cold | Mode::Tls => 1,
        Mode::Warm | Mode::WarmIdle => cell.samples.min(ROUNDS_MAX as u64),
    };
    let most = (LOST_MAX / loss / rounds as f64 * 1_448.0) as u64;
    for (way, column) in ["request_bytes", "response_bytes"].into_iter().enumerate() {
        predictable(row, column, (cell.bytes[way], most), cell.link.rate[way])?;
    }
    Ok(cell)
}

/// Refuses a transfer that takes longer than a day or loses too many packets.
fn predictable(row: Row<'_>, column: &str, (bytes, most): (u64, u64), rate: u64) -> Result<(), Malformed> {
    let most = most.min((SECONDS_MAX * rate as f64 / 8.0) as u64);
    let what = format!("more than {most} bytes take longer than a day, or lose more than 2000 packets");
    if bytes <= most { Ok(()) } else { Err(row.malformed(column, what)) }
}

/// Checks that a file of outages describes or names its links.
pub(super) fn names_links(sheet: &Sheet) -> Result<(), Malformed> {
    let there = COLUMNS[LINK].iter().filter(|column| sheet.has(column)).count();
    if there == COLUMNS[LINK].len() || there == 0 && sheet.has("profile") {
        return Ok(());
    }
    let all = COLUMNS[LINK].join(", ");
    let what = format!("{there} of the columns of a link are there; wanted are {all}, or none and a profile");
    Err(Malformed::line(1, what))
}

pub(super) fn outage_cell(row: Row<'_>) -> Result<OutageCell, Malformed> {
    let link = if row.has(COLUMNS[LINK][0]) { link(row)? } else { word(row, "profile", &LINKS)? };
    let span = |column| row.number(column, "number", 0.0..=SECONDS_MAX).map(Span::from_secs_f64);
    let response = row.number("response_bytes", "whole number", 1..=BYTES_MAX)?;
    predictable(row, "response_bytes", (response, u64::MAX), link.rate[Direction::Down as usize])?;
    let (median, extremes) = (seconds(row, "median_s")?, [seconds(row, "min_s")?, seconds(row, "max_s")?]);
    if !(extremes[0]..=extremes[1]).contains(&median) {
        return Err(row.malformed("median_s", "the median is not between min_s and max_s"));
    }
    Ok(OutageCell {
        name: name(row, &["congestion_control"]),
        link,
        congestion: word(row, "congestion_control", &CONGESTION)?,
        response,
        start: span("outage_start_s")?,
        lasts: span("outage_s")?,
        median,
        extremes,
    })
}
