//! A calibration as a scenario: a link and backend costs that give requests as the log has them.
//!
//! The transport is bare and the backend never full: handshakes, slow start and queues are in the
//! measured times already. What grows with bytes goes to the link where the log tells it apart; all
//! else is the backend's, with the log's noise.

use super::record::{Advice, Calibration, Costs, Estimate, Outages, Rate};
use super::told::whole;
use crate::base::{BitRate, Span};
use crate::metrics::human;

/// Bytes of JSON around a row's text, and of a page around its rows: what `entity.row` of the
/// scenario comes to.
const ROW_AROUND: f64 = 61.0;
const PAGE_AROUND: f64 = 145.0;
/// A row of which the log does not tell the bytes.
const ROW_ASSUMED: f64 = 461.0;
/// A link that takes no time.
const FAST: f64 = 1e9;
/// Rows of the scenario: enough for some chunks, few enough to be quick.
const ROWS: (f64, f64) = (2_000.0, 40_000.0);
const ROWS_BYTES_MAX: f64 = 64e6;
/// What a scenario takes of a column's width and of a chunk's rows.
const TEXT_MAX: u64 = 1_000_000;
const CHUNK_MAX: u64 = 1_000_000;
/// Seconds: a scenario has no gap that is briefer, and no two that are not farther apart.
const BRIEFEST: f64 = 1e-3;
/// Seconds of the script, and interruptions of all links that a scenario may have, of which there
/// are fewer by far in any log.
const LASTS: u64 = 48 * 3_600;
const BREAKS_MAX: f64 = 1e7;
/// A gap of which the log does not tell the length.
const GAP_ASSUMED: f64 = 5.0;
/// Chunks that a sweep tries about the best.
const AROUND: f64 = 8.0;
/// The largest chunk that is tried is at least so many times the least: a search costs no less in a
/// narrower range, of which the full grid is smaller.
const REACH: u64 = 512;
/// A chunk that is no larger than answers of the log were.
const WITHIN_LOG: &str = "recommended chunk in rows, of the sizes in the log, as answers lie on no line";
/// The least chunk that a sweep tries where no best is known.
const WIDE: f64 = 16.0;
/// A chunk that is the best of the log's sizes is tried beside so many halvings.
const DOUBLINGS: u32 = 5;
/// How far above it the last of them may lie.
const ROUNDED: f64 = 1.05;

/// The figures of the scenario.
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
        let untold: String =
            self.untold().iter().map(|(what, stands)| format!("# - {what}: {stands}\n")).collect();
        let head = format!(
            "# What the requests of {source} cost, as a scenario; written by `syncdyno calibrate`.\n#\n{found}#\n\
             # The log did not tell:\n{untold}#\n\
             # As it stands, chunks are as large as in the log. The best size, and the curve of all:\n#\n\
             #   syncdyno tune {name}.toml --knob engine.pull.chunk_rows={from}..{to} --limit chunk={limit}s\n\
             #   syncdyno sweep {name}.toml --axis engine.pull.chunk_rows={from}..{to}*2\n#\n\
             # A search takes a minute or two of a processor, and about half of that with --no-field. Its interval is that of these figures as they\n\
             # stand; how far the log leaves them open, the intervals above say.\n\n\
             name = \"{name}\"\n",
            found = self.found(costs),
            limit = self.census.request_limit(),
        );
        Some(head + &body(&self.figures(costs, rtt)))
    }

    fn figures(&self, costs: &Costs, rtt: Span) -> Figures {
        let bytes = self.census.bytes_a_row.unwrap_or(ROW_ASSUMED).max(ROW_AROUND + 1.0);
        // Bytes that the scenario's rows have beyond the log's must not take longer.
        let on_wire = costs
            .split
            .map_or(0.0, |split| split.byte.value * self.census.bytes_a_row.unwrap_or(ROW_ASSUMED));
        let down = if on_wire > 0.0 { (8.0 * bytes / on_wire).min(FAST) } else { FAST };
        let row_cost = (costs.row.value - 8.0 * bytes / down).max(0.0);
        let fixed = costs.request.value - rtt.as_secs_f64() - 8.0 * PAGE_AROUND / down;
        let fixed_cost = fixed.max(0.0);
        let chunk = whole(self.census.rows_mean).min(CHUNK_MAX);
        // Noise is a share of the whole duration, and here the backend's part has all of it.
        let served = fixed_cost + row_cost * chunk as f64;
        let all = costs.request.value + costs.row.value * chunk as f64;
        let service_cv = if served > 0.0 { (costs.noise.value * all / served).min(10.0) } else { 0.0 };
        let best = match self.advice {
            Some(Advice::Rows { best, .. }) => best.value,
            Some(Advice::AtLeast(rows)) => rows,
            None => 0.0,
        };
        let most = ROWS.1.min(ROWS_BYTES_MAX / bytes).max(200.0);
        let rows = (4.0 * best).max(20.0 * chunk as f64).clamp(ROWS.0.min(most), most);
        Figures {
            text: ((bytes - ROW_AROUND).round() as u64).min(TEXT_MAX),
            // Whole chunks, so that their mean size is the log's.
            rows: (rows as u64).div_ceil(chunk) * chunk,
            chunk,
            rtt,
            down: BitRate(down.round().max(1.0) as u64),
            fixed_cost: micros(fixed_cost),
            row_cost: micros(row_cost),
            service_cv,
            gaps: self.gaps(),
        }
    }

    /// What the log did not tell, and what the scenario has in its place. Caps are the last of it,
    /// always.
    pub fn untold(&self) -> Vec<(&'static str, &'static str)> {
        const PERHAPS: &str = "it may be next to none; the scenario has the estimate";
        let mut untold = Vec::new();
        if let Some(costs) = &self.costs {
            untold.extend((costs.request.low <= 0.0).then_some(("overhead of a request", PERHAPS)));
            untold.extend((costs.row.low <= 0.0).then_some(("time a row", PERHAPS)));
        }
        match &self.outages {
            Some(Outages { rate: Rate::Known(_), repair: Some(_), .. }) => {}
            Some(Outages { rate: Rate::Known(_), .. }) => {
                untold.push(("repair time", "the mean of `gaps` is assumed"));
            }
            _ => untold.push(("how often transfers break", "no failure was seen, and the link has none")),
        }
        if self.longest_gap().is_some_and(|(longest, repair)| repair > longest) {
            untold.push((
                "repairs that leave time between failures",
                "`gaps` has nine tenths of that time, and no more",
            ));
        }
        if self.census.bytes_a_row.is_none() {
            untold.push(("bytes a row", "the width of `text` is assumed"));
        }
        if self.is_within_log() {
            untold.push((
                "a line of costs",
                "costs are one all the same, and larger chunks may look cheaper than they are",
            ));
        }
        untold.push(("caps", "page_cap, chunk_bytes and the timeouts are out of the way; write your own"));
        untold
    }

    /// Mean time between failures and mean repair.
    fn gaps(&self) -> Option<(Span, Span)> {
        let outages = self.outages.as_ref()?;
        let Rate::Known(rate) = outages.rate else { return None };
        let (longest, mean) = self.longest_gap()?;
        Some((micros((1.0 / rate.value).max(2.0 * BRIEFEST)), micros(mean.min(longest).max(BRIEFEST))))
    }

    /// The longest mean repair that a link can have between its failures, and the log's.
    fn longest_gap(&self) -> Option<(f64, f64)> {
        let outages = self.outages.as_ref()?;
        let Rate::Known(rate) = outages.rate else { return None };
        Some((0.9 / rate.value, outages.repair.map_or(GAP_ASSUMED, |repair| repair.value)))
    }

    /// Whether the chunk is one of the log's own sizes.
    fn is_within_log(&self) -> bool {
        matches!(self.advice, Some(Advice::Rows { within_log: true, .. }))
    }

    /// The least and the most rows of a chunk that are worth a sweep of the scenario, for an axis
    /// of doublings; `None` without one.
    pub fn axis(&self) -> Option<(u64, u64)> {
        let figures = self.figures(self.costs.as_ref()?, Span::ZERO);
        if let Some(Advice::Rows { best, within_log: true, .. }) = self.advice {
            return Some(up_to(best.value, self.census.rows_max as f64));
        }
        let (least, most) = match self.advice {
            Some(Advice::Rows { best, .. }) => (best.value / AROUND, best.value * AROUND),
            Some(Advice::AtLeast(rows)) => (rows / AROUND, rows * AROUND),
            None => (WIDE, figures.rows as f64),
        };
        // The log's own size is among them.
        let from = least.min(figures.chunk as f64).max(1.0) as u64;
        let to = (most as u64).clamp(2 * from, figures.rows.max(2 * from)).next_power_of_two();
        Some(((1 << from.ilog2()).min(to / REACH).max(1), to))
    }

    /// The figures with their intervals, as comments.
    fn found(&self, costs: &Costs) -> String {
        let line = |name: &str, e: Estimate, show: &dyn Fn(f64) -> String| {
            format!("# {name}: {} ({} … {})\n", show(e.value), show(e.low), show(e.high))
        };
        let time = |seconds: f64| human::span((seconds * 1e9).round() as u64);
        let mut text = line("overhead of a request", costs.request, &time);
        text += &line("time a row, with its bytes", costs.row, &time);
        match self.outages.as_ref().map(|outages| outages.rate) {
            Some(Rate::Known(rate)) => {
                text += &line("transfer between failures", rate.map(|r| 1.0 / r), &time);
            }
            Some(Rate::AtMost(rate)) => {
                text += &format!("# no failure seen: at most one in {}\n", time(1.0 / rate))
            }
            None => {}
        }
        if let Some(Advice::Rows { best, within_log, .. }) = self.advice {
            let name = if within_log { WITHIN_LOG } else { "recommended chunk in rows" };
            text += &line(name, best, &|rows| human::thousands(whole(rows)));
        }
        text
    }
}

/// An axis of doublings that ends at `best` rows, or little above it: costs of the scenario are a
/// line, and tell nothing beyond. No end has more than `most` rows, but where one row is the most.
fn up_to(best: f64, most: f64) -> (u64, u64) {
    let axis = |doublings: u32| {
        let from = ((best / f64::from(1 << doublings)).ceil() as u64).max(1);
        (from, from << doublings)
    };
    let is_near = |(_, to): &(u64, u64)| *to as f64 <= (ROUNDED * best).max(best + 1.0).min(most);
    (1..=DOUBLINGS).rev().map(axis).find(is_near).unwrap_or_else(|| {
        let from = ((best.min(most) / 2.0).floor() as u64).max(1);
        (from, 2 * from)
    })
}

/// Rows that all phones of the scenario load together, roughly.
const ROWS_LOADED: u64 = 150_000;

/// All of the scenario below its name.
fn body(figures: &Figures) -> String {
    let Figures { text, rows, chunk, rtt, down, fixed_cost, row_cost, service_cv, .. } = figures;
    // So many loads that failures, which are few in each, come out of the mean.
    let devices = (ROWS_LOADED / rows).clamp(2, 16);
    format!(
        r##"duration = "{duration}"

# Handshakes, slow start and waiting for the server are in the log's durations: nothing may add them again.
[transport]
protocol = "bare"

# The log does not tell the backend from the network; with more phones than the log had, give it its own share and workers.
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
class = "mid"                           # low, mid or flagship: the log does not tell what writing takes
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
        gaps = gaps(figures),
        duration = duration(figures.gaps, devices),
        down = down.0,
    )
}

/// Long enough for slow loads; shorter where links break so often that no run could hold it.
fn duration(gaps: Option<(Span, Span)>, devices: u64) -> String {
    match gaps {
        Some((mtbf, _)) if mtbf.as_secs_f64() * BREAKS_MAX < (LASTS * devices) as f64 => {
            format!("{}s", (mtbf.as_secs_f64() * BREAKS_MAX / devices as f64).ceil())
        }
        _ => format!("{}h", LASTS / 3_600),
    }
}

fn gaps(figures: &Figures) -> String {
    figures.gaps.map_or_else(String::new, |(mtbf, mean)| {
        format!("gaps = {{ mtbf = \"{mtbf}\", mean = \"{mean}\", mode = \"reset\" }}\n")
    })
}

/// To the microsecond, so that it can be read; shorter times to the nanosecond.
fn micros(seconds: f64) -> Span {
    let ns = (seconds * 1e9).round() as u64;
    Span(if ns < 1_000_000 { ns } else { (ns + 500) / 1_000 * 1_000 })
}
