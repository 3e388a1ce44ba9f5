//! A calibration as a scenario: a link and backend costs that give requests as the log has them.
//!
//! The transport is bare and the backend never full: handshakes, slow start and queues are in the
//! measured times already. What grows with bytes goes to the link where the log tells it apart; all
//! else is the backend's, with the log's noise.

use super::record::{Advice, Calibration, Costs, Estimate, Outages, Rate};
use super::shown::{rows, says, span};
use crate::base::{BitRate, Span};

/// Bytes of JSON around a row's text, and of a page around its rows.
const ROW_AROUND: f64 = 61.0;
const PAGE_AROUND: f64 = 145.0;
/// A row of which the log does not tell the bytes.
const ROW_ASSUMED: f64 = 461.0;
/// A link that takes no time.
const FAST: f64 = 1e9;
/// Rows of the scenario: enough for some chunks, few enough to be quick.
const ROWS: (f64, f64) = (2_000.0, 40_000.0);
const ROWS_BYTES_MAX: f64 = 64e6;
/// Rows that all phones of the scenario load together, roughly.
const ROWS_LOADED: u64 = 150_000;
/// What a scenario takes of a column's width and of a chunk's rows.
const MOST: u64 = 1_000_000;
/// Seconds: a scenario has no gap that is briefer, and no two that are not farther apart.
const BRIEFEST: f64 = 1e-3;
/// Seconds of the script, and interruptions of all links that a scenario may have.
const LASTS: f64 = 48.0 * 3_600.0;
const BREAKS_MAX: f64 = 1e7;
/// A gap of which the log does not tell the length.
const GAP_ASSUMED: f64 = 5.0;
/// Chunks that are tried about the best, and how many times the least the largest is at least.
const AROUND: f64 = 8.0;
const REACH: u64 = 512;
/// The least chunk that is tried where no best is known.
const WIDE: f64 = 16.0;

struct Figures {
    /// Bytes of a row's text.
    text: u64,
    rows: u64,
    /// Rows of a chunk, as in the log.
    chunk: u64,
    rtt: Span,
    down: BitRate,
    fixed_cost: Span,
    row_cost: Span,
    service_cv: f64,
    gaps: Option<(Span, Span)>,
}

impl Calibration {
    /// A scenario called `name` that gives such requests; `rtt` of the overhead is the link's.
    /// `None` if the log does not tell what requests cost.
    pub fn scenario(&self, name: &str, rtt: Span) -> Option<String> {
        let costs = self.costs.as_ref()?;
        let (from, to) = self.axis()?;
        let source = self.source.replace(char::is_control, " ");
        let untold = self.untold();
        let head = format!(
            "# What the requests of {source} cost, as a scenario; written by `syncdyno calibrate`.\n#\n{found}#\n\
             # The log did not tell:\n{untold}#\n\
             # As it stands, chunks are as large as in the log. The best size, and the curve of all:\n#\n\
             #   syncdyno tune {name}.toml --knob engine.pull.chunk_rows={from}..{to} --limit chunk={limit}s\n\
             #   syncdyno sweep {name}.toml --axis engine.pull.chunk_rows={from}..{to}*2\n\n\
             name = \"{name}\"\n",
            found = self.found(costs),
            limit = self.census.request_limit(),
        );
        Some(head + &body(&self.figures(costs, rtt)))
    }

    fn figures(&self, costs: &Costs, rtt: Span) -> Figures {
        let bytes = self.census.bytes_a_row.unwrap_or(ROW_ASSUMED).max(ROW_AROUND + 1.0);
        // Bytes that the scenario's rows have beyond the log's must not take longer.
        let width = self.census.bytes_a_row.unwrap_or(ROW_ASSUMED);
        let on_wire = costs.split.map_or(0.0, |split| split.byte.value * width);
        let down = if on_wire > 0.0 { (8.0 * bytes / on_wire).min(FAST) } else { FAST };
        let row_cost = (costs.row.value - 8.0 * bytes / down).max(0.0);
        let fixed_cost = (costs.request.value - rtt.as_secs_f64() - 8.0 * PAGE_AROUND / down).max(0.0);
        let chunk = (self.census.rows_mean.round() as u64).clamp(1, MOST);
        // Noise is a share of the whole duration, and here the backend's part has all of it.
        let served = fixed_cost + row_cost * chunk as f64;
        let all = costs.request.value + costs.row.value * chunk as f64;
        let service_cv = if served > 0.0 { (costs.noise.value * all / served).min(10.0) } else { 0.0 };
        let most = ROWS.1.min(ROWS_BYTES_MAX / bytes).max(200.0);
        let rows = (4.0 * self.best().unwrap_or(0.0)).max(20.0 * chunk as f64).clamp(ROWS.0.min(most), most);
        Figures {
            text: ((bytes - ROW_AROUND).round() as u64).min(MOST),
            // Whole chunks, so that their mean size is the log's.
            rows: (rows as u64).div_ceil(chunk) * chunk,
            chunk,
            rtt,
            down: BitRate(down.round().max(1.0) as u64),
            fixed_cost: micros(fixed_cost),
            row_cost: micros(row_cost),
            service_cv,
            gaps: self.gaps().map(|(between, mean, longest)| {
                (micros(between.max(2.0 * BRIEFEST)), micros(mean.min(longest).max(BRIEFEST)))
            }),
        }
    }

    fn best(&self) -> Option<f64> {
        match self.advice? {
            Advice::Rows { best, .. } => Some(best.value),
            Advice::AtLeast(rows) => Some(rows),
        }
    }

    /// What the log did not tell, and what the scenario has in its place.
    fn untold(&self) -> String {
        let known = self.outages.filter(|outages| matches!(outages.rate, Rate::Known(_)));
        let all = [
            (known.is_some_and(|o| o.repair.is_none()), "time to recover: `gaps` has an assumed mean"),
            (
                self.gaps().is_some_and(|(_, mean, longest)| mean > longest),
                "gaps that leave time between failures: `gaps` has nine tenths of that time",
            ),
            (self.census.bytes_a_row.is_none(), "bytes a row: the width of `text` is assumed"),
            (true, "caps: page_cap, chunk_bytes and timeouts are out of the way; write your own"),
        ];
        let diagnoses = self.diagnoses.iter().map(|diagnosis| format!("# - {}\n", says(diagnosis)));
        let lines = all.iter().filter(|(stands, _)| *stands).map(|(_, what)| format!("# - {what}\n"));
        diagnoses.chain(lines).collect()
    }

    /// Seconds between failures, the mean gap, and the longest that a link can have between its
    /// failures.
    fn gaps(&self) -> Option<(f64, f64, f64)> {
        let Outages { rate: Rate::Known(rate), repair, .. } = self.outages? else { return None };
        Some((1.0 / rate.value, repair.map_or(GAP_ASSUMED, |repair| repair.value), 0.9 / rate.value))
    }

    /// The least and the most rows of a chunk that are worth a sweep of the scenario, for an axis
    /// of doublings; `None` without one.
    pub fn axis(&self) -> Option<(u64, u64)> {
        let figures = self.figures(self.costs.as_ref()?, Span::ZERO);
        if let Some(Advice::Rows { best, within_log: true, .. }) = self.advice {
            // The scenario's costs are a line, and tell nothing beyond.
            let from = ((best.value / 16.0) as u64).max(1);
            return Some((from, from * ((best.value as u64 / from).max(2)).next_power_of_two()));
        }
        let best = self.best();
        let (least, most) = best.map_or((WIDE, figures.rows as f64), |rows| (rows / AROUND, rows * AROUND));
        // The log's own size is among them.
        let from = least.min(figures.chunk as f64).max(1.0) as u64;
        let to = (most as u64).clamp(2 * from, figures.rows.max(2 * from)).next_power_of_two();
        Some(((1 << from.ilog2()).min(to / REACH).max(1), to))
    }

    /// The figures with their intervals, as comments.
    fn found(&self, costs: &Costs) -> String {
        let line = |name: &str, e: Estimate, show: fn(f64) -> String| {
            format!("# {name}: {} ({} … {})\n", show(e.value), show(e.low), show(e.high))
        };
        let mut text = line("overhead of a request", costs.request, span);
        text += &line("time a row, with its bytes", costs.row, span);
        match self.outages.map(|outages| outages.rate) {
            Some(Rate::Known(rate)) => {
                text += &line("transfer between failures", rate.map(|r| 1.0 / r), span)
            }
            Some(Rate::AtMost(rate)) => {
                text += &format!("# no failure seen: at most one in {}\n", span(1.0 / rate))
            }
            None => {}
        }
        if let Some(Advice::Rows { best, .. }) = self.advice {
            text += &line("recommended chunk in rows", best, rows);
        }
        text
    }
}

/// All of the scenario below its name.
fn body(figures: &Figures) -> String {
    let Figures { text, rows, chunk, rtt, down, fixed_cost, row_cost, service_cv, gaps } = figures;
    // So many loads that failures, which are few in each, come out of the mean.
    let devices = (ROWS_LOADED / rows).clamp(2, 16);
    // Shorter where links break so often that no run could hold it.
    let breaks = gaps.map_or(f64::INFINITY, |(mtbf, _)| mtbf.as_secs_f64() * BREAKS_MAX / devices as f64);
    let duration = libm::ceil(breaks.min(LASTS));
    let gaps = gaps.map_or_else(String::new, |(mtbf, mean)| {
        format!("gaps = {{ mtbf = \"{mtbf}\", mean = \"{mean}\", mode = \"reset\" }}\n")
    });
    format!(
        r##"duration = "{duration}s"

# Handshakes, slow start and waiting for the server are in the log's durations already.
[transport]
protocol = "bare"

# The log does not tell the backend from the network. With more phones than the log had, give it
# its own share and workers.
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
{gaps}
[entity.row]
rows = {rows}
deleted_daily = 0
[entity.row.schema]
id = "uuid key"
text = "text {text}"                    # a row has the log's bytes

[fleet.phones]
devices = {devices}
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
        down = down.0,
    )
}

/// To the microsecond, so that it can be read; shorter times to the nanosecond.
fn micros(seconds: f64) -> Span {
    let ns = (seconds * 1e9).round() as u64;
    Span(if ns < 1_000_000 { ns } else { (ns + 500) / 1_000 * 1_000 })
}
