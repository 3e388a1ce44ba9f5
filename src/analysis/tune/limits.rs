//! What a setting must keep to be a candidate, besides losing nothing: requirement R52.

use std::str::FromStr;

use crate::analysis::sweep::{self, Trouble};
use crate::base::{Bytes, Span};
use crate::metrics::human;
use crate::record::{CellRecord, Exit, LimitRecord, Reason, Verdict};
use crate::scenario::Plan;

/// How many times the limit a figure is; of a limit of nothing the least figure is the nearest.
fn times(limit: &LimitRecord, figure: u64) -> f64 {
    figure as f64 / limit.max.max(1) as f64
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits(pub Vec<LimitRecord>);

/// A limit that was named on the command line: another figure, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitFlag {
    name: &'static str,
    max: Option<u64>,
    pub text: String,
}

/// The longest wait for the app's answer while it syncs, at the 99th percentile (R52).
const FOREGROUND: Span = Span::millis(100);
/// Half of a timeout that was put out of the way.
const NO_TIMEOUT: Span = Span::secs(6 * 3_600);
const NAMES: [(&str, &str, &str); 3] = [
    ("foreground", "device.query.duration", "p99"),
    ("chunk", "engine.request.duration", "p99"),
    ("memory", "device.memory.peak", "max"),
];

impl Limits {
    /// Those of R52 for this plan, or what was asked for in their place: half of the gateway's
    /// timeout if it has one to speak of, a quarter of the fleet's least memory.
    pub fn of(plan: &Plan, flags: &[LimitFlag]) -> Limits {
        let memory =
            plan.fleets.iter().flat_map(|fleet| &fleet.classes).map(|(class, _)| class.memory.0).min();
        let timeout = Some(plan.backend.gateway_timeout.0 / 2).filter(|half| *half < NO_TIMEOUT.0);
        let own = [Some(FOREGROUND.0), timeout, memory.map(|bytes| bytes / 4)];
        let limit = |((name, metric, stat), own): (_, Option<u64>)| {
            let flag = flags.iter().rev().find(|flag| flag.name == name);
            let max = flag.map_or(own, |flag| flag.max)?;
            let [name, metric, stat] = [name, metric, stat].map(str::to_owned);
            Some(LimitRecord { name, metric, stat, max, unmeasured: false })
        };
        Limits(NAMES.into_iter().zip(own).filter_map(limit).collect())
    }

    /// The first limit that a cell does not keep: its place, how many times it, and both in words.
    fn missed(&self, cell: &CellRecord) -> Option<(usize, f64, String)> {
        self.0.iter().enumerate().find_map(|(place, limit)| {
            let figure = cell.metrics.get(limit.metric.as_str())?;
            let value = figure.stat(&limit.stat).filter(|value| *value > limit.max)?;
            let times = times(limit, value);
            let [value, max] = [value, limit.max].map(|value| human::figure(figure.unit(), value));
            let LimitRecord { name, metric, stat, .. } = limit;
            let is = if value == max { format!("just above {max}") } else { value };
            Some((place, times, format!("{name}: {metric} {stat} is {is}, must be at most {max}")))
        })
    }
}

/// Why a setting is excluded: something is wrong with a cell, or it does not keep a limit.
pub fn trouble<'a>(cells: &[&'a CellRecord], limits: &Limits) -> Option<Trouble<'a>> {
    if let Some(failed) = sweep::trouble(cells) {
        return Some(failed);
    }
    let missed: Vec<(usize, f64, String)> = cells.iter().filter_map(|cell| limits.missed(cell)).collect();
    // Of the first limit that is missed, the worst figure: what other seeds come to is no worse.
    let (.., worst) = missed.iter().min_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)))?;
    Some(Trouble::Told(match cells.len() {
        1 => worst.clone(),
        n => format!("{worst} ({} of {n} seeds)", missed.len()),
    }))
}

/// Whether at most half of the cells miss a limit or a gate, and nothing else is wrong.
pub fn in_doubt(cells: &[&CellRecord], limits: &Limits) -> bool {
    let missed = cells.iter().filter(|cell| missed_a_gate(cell) || limits.missed(cell).is_some()).count();
    is_sound(cells) && missed > 0 && missed * 2 <= cells.len()
}

/// Whether nothing is wrong with cells but that they miss gates.
pub fn is_sound(cells: &[&CellRecord]) -> bool {
    cells.iter().all(|cell| cell.verdict != Verdict::Fail || missed_a_gate(cell))
}

fn missed_a_gate(cell: &CellRecord) -> bool {
    let missed = |reason: &Reason| reason.exit() == Exit::Threshold;
    cell.verdict == Verdict::Fail && cell.reasons.iter().all(missed)
}

/// How many times the limit a figure is at most; `None` if something else is wrong with a cell.
pub fn excess(cells: &[&CellRecord], limits: &Limits) -> Option<f64> {
    let sound = cells.iter().all(|cell| cell.verdict != Verdict::Fail);
    let most = |cell: &&CellRecord| {
        let of = |limit: &LimitRecord| Some(times(limit, cell.stat(&limit.metric, &limit.stat)?));
        limits.0.iter().filter_map(of).fold(0.0, f64::max)
    };
    sound.then(|| cells.iter().map(most).fold(0.0, f64::max))
}

impl FromStr for LimitFlag {
    type Err = String;
    /// Reads `foreground=100ms`, `chunk=15s`, `memory=32MB`, or `…=off`.
    fn from_str(text: &str) -> Result<LimitFlag, String> {
        const WANT: &str =
            "want foreground=TIME, chunk=TIME or memory=SIZE, or off in the place of the figure";
        let (name, value) = text.split_once('=').ok_or(WANT)?;
        let (name, ..) = *NAMES.iter().find(|(known, ..)| *known == name.trim()).ok_or(WANT)?;
        let value = value.trim();
        let max = match name {
            _ if value == "off" => None,
            "memory" => Some(value.parse().map(|Bytes(n)| n).map_err(|e| format!("{e}; {WANT}"))?),
            _ => Some(value.parse().map(|Span(ns)| ns).map_err(|e| format!("{e}; {WANT}"))?),
        };
        Ok(LimitFlag { name, max, text: text.trim().to_owned() })
    }
}
