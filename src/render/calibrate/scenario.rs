//! Turns a calibration (costs estimated from a request log) into a scenario. The link and the
//! backend of the scenario reproduce the requests of the log.
//!
//! The transport has no handshakes, and the backend never has a queue, because the measured times
//! already contain them. The link has the round trip time. The backend has all other costs, with
//! the noise of the log. Noise is the random variation of durations.

use super::record::{Calibration, Estimate, Figures};
use super::shown::story;
use crate::base::Span;

/// Bytes of JSON around the text of a row.
const ROW_AROUND: f64 = 61.0;
/// The bytes per row if the log does not have them.
const ROW_ASSUMED: f64 = 461.0;
/// The limits for the rows of the scenario. They allow several chunks and a fast run.
const ROWS: [f64; 2] = [2_000.0, 40_000.0];
const ROWS_BYTES_MAX: f64 = 64e6;
const ROWS_LOADED: f64 = 150_000.0;
/// A scenario accepts at most this width of a column, and at most this many rows of a chunk.
const MOST: f64 = 1e6;
/// The limits of a scenario for the seconds between failures.
const BETWEEN: [f64; 2] = [1.0, 1e9];
const GAP_ASSUMED: f64 = 5.0;
/// A chunk that is smaller than the recommended one by this factor takes long and shows little.
const REACH: u64 = 64;

impl Calibration {
    fn chunk(&self) -> f64 {
        (self.census.rows_mean_milli as f64 / 1e3).round().clamp(1.0, MOST)
    }
    fn best(&self) -> Estimate {
        self.figures.unwrap_or_default().best
    }
    fn rows(&self) -> f64 {
        let best = self.best().low.max(self.best().value.min(MOST));
        let most = ROWS[1].min(ROWS_BYTES_MAX / self.row_bytes()).max(200.0);
        let rows = (4.0 * best).max(20.0 * self.chunk()).clamp(ROWS[0].min(most), most);
        libm::ceil(rows / self.chunk()) * self.chunk()
    }
    fn row_bytes(&self) -> f64 {
        self.census.bytes_a_row.map_or(ROW_ASSUMED, |bytes| bytes as f64).max(ROW_AROUND + 1.0)
    }
    /// The recommended rows per chunk. If it is not known, its lower bound.
    pub fn recommended(&self) -> u64 {
        let best = self.best();
        (if best.value.is_finite() { best.value } else { best.low }).max(1.0) as u64
    }
    /// The smallest and the largest rows per chunk of an axis that doubles each value. It begins at
    /// the log's own chunk or the recommended chunk, whichever is smaller, and ends at all rows.
    pub fn axis(&self) -> (u64, u64) {
        let (to, best) = ((self.rows() as u64).next_power_of_two().max(2), self.recommended());
        let from = (self.chunk() as u64).min(best).max(best / REACH).min(to / 2);
        (1 << from.max(1).ilog2(), to)
    }
    /// A scenario that reproduces the requests; `None` if their costs are unknown.
    pub fn scenario(&self, name: &str, rtt: Span) -> Option<String> {
        let figures = self.figures.as_ref()?;
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
devices = {devices:<30}# one load each: enough for a mean
class = "mid"                           # low, mid or flagship: the log does not say
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
            costs = self.costs(figures, rtt),
            // A single load has few failures, so several devices are needed for a stable mean.
            devices = (ROWS_LOADED / rows).clamp(2.0, 16.0) as u64,
            chunk = self.chunk(),
            text = (self.row_bytes() - ROW_AROUND).round().min(MOST),
            assumed =
                if self.census.bytes_a_row.is_some() { "" } else { "     # assumed: the log has no bytes" },
        ))
    }

    fn costs(&self, figures: &Figures, rtt: Span) -> String {
        let [request, row, noise, mtbf] =
            [figures.overhead, figures.row, figures.noise, figures.between].map(|known| known.value);
        let fixed_cost = (request - rtt.as_secs_f64()).max(0.0);
        // The noise of the log is a share of the whole duration. Here only the part of the backend
        // varies.
        let served = (fixed_cost + row * self.chunk()).max(1e-9);
        let service_cv = (noise * (request + row * self.chunk()) / served).min(10.0);
        let gaps = mtbf.is_finite().then(|| {
            let mtbf = mtbf.clamp(BETWEEN[0], BETWEEN[1]);
            // The gap must be shorter than the time between failures.
            let mean = micros(GAP_ASSUMED.min(0.9 * mtbf));
            let mtbf = micros(mtbf);
            format!(
                "gaps = {{ mtbf = \"{mtbf}\", mean = \"{mean}\", mode = \"reset\" }}     # the mean is assumed\n"
            )
        });
        let (fixed_cost, row_cost, gaps) = (micros(fixed_cost), micros(row), gaps.unwrap_or_default());
        format!(
            r##"
# Handshakes, slow start and waiting for the server are in the log's durations already.
[transport]
protocol = "bare"

# The log does not separate the backend from the network, and has no caps and timeouts. So these
# limits are too high to matter. With more phones than in the log, set the backend's own workers.
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
down = "1Gbit/s"
up = "1Gbit/s"
{gaps}"##
        )
    }
}

/// Rounds to microseconds, or to nanoseconds below 1 ms, to keep the text short.
fn micros(seconds: f64) -> Span {
    let ns = (seconds * 1e9).round() as u64;
    Span(if ns < 1_000_000 { ns } else { (ns + 500) / 1_000 * 1_000 })
}
