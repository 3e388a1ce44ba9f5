//! Measured transfers, as their files have them.

use super::sheet::{Malformed, Row, Sheet};
use crate::base::Span;
use crate::net::Direction;
use crate::net::tcp::Congestion;

/// Rounds on a kept connection, whatever the number of samples.
pub(super) const ROUNDS_MAX: usize = 99;

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

#[derive(Clone, Debug, PartialEq)]
pub(super) struct OutageCell {
    pub(super) link: Link,
    pub(super) congestion: Congestion,
    pub(super) response: u64,
    /// When everything begins to be dropped, after the connect.
    pub(super) start: Span,
    pub(super) lasts: Span,
    /// Seconds.
    pub(super) median: f64,
    /// Seconds of the fastest and of the slowest sample.
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
/// Wanted for rows with losses.
const MEAN: &str = "mean_s";
/// The columns of a link among those of transfers.
const LINK: std::ops::Range<usize> = 1..6;
pub(super) const OUTAGE_COLUMNS: [&str; 7] =
    ["congestion_control", "response_bytes", "outage_start_s", "outage_s", "median_s", "min_s", "max_s"];

const CONGESTION: [(&str, Congestion); 2] = [("cubic", Congestion::Cubic), ("bbr", Congestion::Bbr)];
const MODES: [(&str, Mode); 4] =
    [("cold", Mode::Cold), ("tls", Mode::Tls), ("warm0", Mode::Warm), ("warmidle", Mode::WarmIdle)];
const DIRECTIONS: [(&str, Direction); 2] = [("up", Direction::Up), ("down", Direction::Down)];
/// A day.
const SECONDS_MAX: f64 = 86_400.0;
const BYTES_MAX: u64 = 1_000_000_000_000;
/// Packets that a transfer with losses loses, about; it is predicted some hundred times.
const LOST_MAX: f64 = 2_000.0;

/// The links of the reference, for files of outages that only name theirs.
const LINKS: [(&str, [u64; 2], u64, [u64; 2]); 5] = [
    ("edge", [200_000, 240_000], 420, [256_000, 256_000]),
    ("slow4g", [750_000, 1_600_000], 75, [256_000, 256_000]),
    ("lte", [12_000_000, 12_000_000], 35, [420_000, 420_000]),
    ("wifi", [15_000_000, 30_000_000], 10, [256_000, 300_000]),
    ("geo", [3_000_000, 20_000_000], 300, [900_000, 6_000_000]),
];

/// The link of the first outages among them.
const FIRST: usize = 2;

impl Mode {
    pub(super) fn word(self) -> &'static str {
        MODES.iter().find(|(_, mode)| *mode == self).map_or("", |(word, _)| word)
    }
}

pub(super) fn congestion_word(congestion: Congestion) -> &'static str {
    CONGESTION.iter().find(|(_, known)| *known == congestion).map_or("", |(word, _)| word)
}

impl OutageCell {
    /// It is of the link and the control that the staircase was first measured with.
    pub(super) fn is_first(&self) -> bool {
        let (_, rate, delay, queue) = LINKS[FIRST];
        let Link { rate: own, delay: way, queue: holds, .. } = &self.link;
        self.congestion == Congestion::Cubic && (*own, *way, *holds) == (rate, Span::millis(delay), queue)
    }
}

fn link(row: Row<'_>) -> Result<Link, Malformed> {
    let rate = |column| row.whole(column, 1_000..=1_000_000_000_000);
    let queue = |column| row.whole(column, 1_500..=BYTES_MAX);
    let name = Some(row.text("profile")).filter(|name| !name.is_empty()).unwrap_or("own link");
    Ok(Link {
        name: name.to_owned(),
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
    let (loss, median) = (row.number("loss", 0.0..=0.5)?, seconds(row, "median_s")?);
    let mean = match row.has(MEAN) && !row.text(MEAN).is_empty() {
        true => seconds(row, MEAN)?,
        false if loss > 0.0 => {
            return Err(row.malformed("loss", format!("a row with losses wants a figure in column {MEAN}")));
        }
        false => median,
    };
    let cell = Cell {
        link: link(row)?,
        congestion: row.word("congestion_control", &CONGESTION)?,
        mode: row.word("mode", &MODES)?,
        direction: row.word("direction", &DIRECTIONS)?,
        loss,
        bytes: [bytes("request_bytes")?, bytes("response_bytes")?],
        samples: row.whole("samples", 1..=1_000_000)?,
        median,
        mean,
    };
    for (way, column) in ["request_bytes", "response_bytes"].into_iter().enumerate() {
        passable(row, column, cell.bytes[way], cell.link.rate[way])?;
        let rounds = match cell.mode {
            Mode::Cold | Mode::Tls => 1,
            Mode::Warm | Mode::WarmIdle => cell.samples.min(ROUNDS_MAX as u64),
        };
        let most = (LOST_MAX / loss / rounds as f64 * 1_448.0) as u64;
        if cell.bytes[way] > most {
            let what = format!("more than {most} bytes, which is too much to predict at this loss");
            return Err(row.malformed(column, what));
        }
    }
    Ok(cell)
}

/// Nobody measures a transfer that takes longer than a day.
fn passable(row: Row<'_>, column: &str, bytes: u64, rate: u64) -> Result<(), Malformed> {
    let most = (SECONDS_MAX * rate as f64 / 8.0) as u64;
    if bytes > most {
        let what = format!("more than {most} bytes take longer than a day at {rate} bit/s");
        return Err(row.malformed(column, what));
    }
    Ok(())
}

/// Whether a file of outages says what its links are.
pub(super) fn names_links(sheet: &Sheet) -> Result<(), Malformed> {
    let (there, lacking): (Vec<&str>, Vec<&str>) = COLUMNS[LINK].iter().partition(|column| sheet.has(column));
    if sheet.has("profile") && !there.is_empty() && !lacking.is_empty() {
        let what = format!(
            "there is {}, and of the link there lacks {}: want all of {}, or none of them and a profile of the reference",
            there.join(", "),
            lacking.join(", "),
            COLUMNS[LINK].join(", ")
        );
        return Err(Malformed { line: 1, column: None, what });
    }
    if sheet.has("profile") || has_links(sheet) {
        return Ok(());
    }
    let what = format!("there is no column profile, and not all of {}", COLUMNS[LINK].join(", "));
    Err(Malformed { line: 1, column: None, what })
}

fn has_links(sheet: &Sheet) -> bool {
    COLUMNS[LINK].iter().all(|column| sheet.has(column))
}

pub(super) fn outage_cell(row: Row<'_>, sheet: &Sheet) -> Result<OutageCell, Malformed> {
    let link = if has_links(sheet) {
        link(row)?
    } else {
        let known: Vec<(&str, usize)> = LINKS.iter().enumerate().map(|(n, link)| (link.0, n)).collect();
        let (name, rate, delay, queue) = LINKS[row.word("profile", &known)?];
        Link { name: name.to_owned(), rate, delay: Span::millis(delay), queue }
    };
    let span = |column| row.number(column, 0.0..=SECONDS_MAX).map(Span::from_secs_f64);
    let response = row.whole("response_bytes", 1..=BYTES_MAX)?;
    passable(row, "response_bytes", response, link.rate[Direction::Down as usize])?;
    let (median, extremes) = (seconds(row, "median_s")?, [seconds(row, "min_s")?, seconds(row, "max_s")?]);
    if !(extremes[0]..=extremes[1]).contains(&median) {
        return Err(row.malformed("median_s", "the median is not between min_s and max_s"));
    }
    Ok(OutageCell {
        link,
        congestion: row.word("congestion_control", &CONGESTION)?,
        response,
        start: span("outage_start_s")?,
        lasts: span("outage_s")?,
        median,
        extremes,
    })
}
