//! A calibration as a scenario: link and backend costs that reproduce the requests of the log.
//!
//! The transport is bare and the backend never full, because the measured times already contain
//! handshakes, slow start and queues. Costs per byte go to the link if the log separates them; all
//! others go to the backend, with the noise of the log.

use super::record::{Calibration, Figure};
use super::shown::story;
use crate::base::Span;

/// Bytes of JSON around a row's text, and around the rows of a page.
const ROW_AROUND: f64 = 61.0;
const PAGE_AROUND: f64 = 145.0;
/// Bytes of a row, if the log does not have them.
const ROW_ASSUMED: f64 = 461.0;
/// A link without delay, in bits per second.
const FAST: f64 = 1e9;
/// Rows of the scenario: enough for some chunks, few enough to be quick; and their bytes.
const ROWS: (f64, f64) = (2_000.0, 40_000.0);
const ROWS_BYTES_MAX: f64 = 64e6;
const ROWS_LOADED: f64 = 150_000.0;
/// The limit of a scenario for the width of a column and the rows of a chunk.
const MOST: f64 = 1e6;
/// Limits of a scenario for seconds between failures, and the length of a gap not in the log.
const BETWEEN: (f64, f64) = (1.0, 1e9);
const GAP_ASSUMED: f64 = 5.0;
const REACH: u64 = 512;

impl Calibration {
    fn chunk(&self) -> f64 {
        (self.census.rows_mean_milli as f64 / 1e3).round().clamp(1.0, MOST)
    }
    fn rows(&self) -> f64 {
        let best = self.only().map(|reading| reading.advice.best);
        let best = best.map_or(0.0, |best| best.low.max(best.value.min(MOST)));
        let most = ROWS.1.min(ROWS_BYTES_MAX / self.row_bytes()).max(200.0);
        let rows = (4.0 * best).max(20.0 * self.chunk()).clamp(ROWS.0.min(most), most);
        libm::ceil(rows / self.chunk()) * self.chunk()
    }
    fn width(&self) -> f64 {
        self.census.bytes_a_row.map_or(ROW_ASSUMED, |bytes| bytes as f64)
    }
    fn row_bytes(&self) -> f64 {
        self.width().max(ROW_AROUND + 1.0)
    }
    /// The recommended rows per chunk, or its lower bound.
    pub fn recommended(&self) -> u64 {
        let best = self.only().map(|reading| reading.advice.best);
        best.map_or(1.0, |best| if best.value.is_finite() { best.value } else { best.low }).max(1.0) as u64
    }
    /// The smallest and largest rows per chunk for an axis of doublings: from the log's own, or the
    /// recommended if that is less, to all rows.
    pub fn axis(&self) -> (u64, u64) {
        let to = (self.rows() as u64).next_power_of_two().max(2);
        let from = (self.chunk() as u64).min(self.recommended()).min(to / 2);
        ((1 << from.ilog2()).min(to / REACH).max(1), to)
    }
    /// A scenario that reproduces the requests; `None` if their costs are unknown or ambiguous.
    pub fn scenario(&self, name: &str, rtt: Span) -> Option<String> {
        self.only()?;
        let told = story(std::slice::from_ref(self));
        let told: String =
            told.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect();
        let rows = self.rows();
        Some(format!(
            r##"# Written by `syncdyno calibrate`; chunks are as large as in the log.
#
{told}
name = "{name}"
duration = "48h"
{costs}
[entity.row]
rows = {rows}
deleted_daily = 0
[entity.row.schema]
id = "uuid key"
text = "text {text}"{assumed}

[fleet.phones]
devices = {devices:<30}# one load each: enough for a mean, however many the log had
class = "mid"                           # low, mid or flagship: the log does not tell
link = "measured"

[unit.Login]
on = ["login"]
pull = ["*"]
blocking = true

[engine]
request_timeout = "24h"
pull = {{ chunk_rows = {chunk}, chunk_bytes = "1GiB" }}
retry = {{ base = "100ms", cap = "1s", attempts = 1_000 }}

[action.nothing]
entity = "row"
kind = "update"
columns = ["text"]
per_device = 0

[expect]
"oracle.lost.rows" = 0
"oracle.divergent.devices" = 0
"oracle.stuck.devices" = 0
"##,
            costs = self.costs(rtt)?,
            // Each load has few failures, so it takes several to average them.
            devices = (ROWS_LOADED / rows).clamp(2.0, 16.0) as u64,
            chunk = self.chunk(),
            text = (self.row_bytes() - ROW_AROUND).round().min(MOST),
            assumed =
                if self.census.bytes_a_row.is_some() { "" } else { "     # assumed: the log has no bytes" },
        ))
    }

    fn costs(&self, rtt: Span) -> Option<String> {
        let (request, row) = (self.get(Figure::Overhead)?.value, self.get(Figure::Row)?.value);
        let bytes = self.row_bytes();
        // Rows of the scenario can have more bytes than in the log: they must not take longer.
        let on_wire = self.get(Figure::Byte).map_or(0.0, |byte| byte.value * self.width());
        let down = if on_wire > 0.0 { (8.0 * bytes / on_wire).clamp(1.0, FAST) } else { FAST }.round();
        let row_cost = (row - 8.0 * bytes / down).max(0.0);
        let fixed_cost = (request - rtt.as_secs_f64() - 8.0 * PAGE_AROUND / down).max(0.0);
        // Noise is a share of the whole duration, but here only the backend's part varies.
        let served = (fixed_cost + row_cost * self.chunk()).max(1e-9);
        let noise = self.get(Figure::Noise).map_or(0.0, |noise| noise.value);
        let service_cv = (noise * (request + row * self.chunk()) / served).min(10.0);
        let between = self.get(Figure::Between).map(|between| between.value).filter(|mtbf| mtbf.is_finite());
        let gaps = between.map_or_else(String::new, |mtbf| {
            let mtbf = mtbf.clamp(BETWEEN.0, BETWEEN.1);
            let (recovery, assumed) = match self.get(Figure::Recovery) {
                Some(recovery) => (recovery.value, ""),
                None => (GAP_ASSUMED, "     # the mean is assumed"),
            };
            // The link must be up between failures.
            let mean = micros(recovery.clamp(1e-3, 0.9 * mtbf));
            format!(
                "gaps = {{ mtbf = \"{}\", mean = \"{mean}\", mode = \"reset\" }}{assumed}\n",
                micros(mtbf)
            )
        });
        let (fixed_cost, row_cost) = (micros(fixed_cost), micros(row_cost));
        Some(format!(
            r##"
# Handshakes, slow start and waiting for the server are in the log's durations already.
[transport]
protocol = "bare"

# The log does not tell the backend from the network, nor caps and timeouts: these are out of the
# way. With more phones than the log had, give the backend its own share and workers.
[backend]
workers = 10_000
fixed_cost = "{fixed_cost}"
scan_cost = "0s"
row_cost = "{row_cost}"
service_cv = {service_cv:.3}
page_cap = 1_000_000
gateway_timeout = "24h"

[link.measured]
rtt = "{rtt}"
down = "{down}bit/s"
up = "1Gbit/s"
{gaps}"##
        ))
    }
}

/// Rounds to microseconds, so that it is readable; below 1 ms to nanoseconds.
fn micros(seconds: f64) -> Span {
    let ns = (seconds * 1e9).round() as u64;
    Span(if ns < 1_000_000 { ns } else { (ns + 500) / 1_000 * 1_000 })
}
