//! The limits of a search for the best settings (requirement R52), and the settings that break
//! them.
//!
//! A setting is one value per searched key. Its cells (single simulations) differ only in their
//! seed. The smallest size is the setting with the smallest chunks. It serves as the reference. A
//! plan describes a cell before it runs.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::base::{Bytes, Span};
use crate::metrics::{Figure, Observation, human};
use crate::record::{Judged, LimitRecord};
use crate::scenario::Plan;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits(pub Vec<LimitRecord>);

/// A limit from the command line: a new value, or `None` to switch the limit off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitFlag {
    name: &'static str,
    max: Option<u64>,
    pub text: String,
}

/// The limit for queries of the app that wait during a sync, at the 99th percentile (R52).
const FOREGROUND: Span = Span::millis(100);
/// If half of a gateway's timeout is at least this long, the gateway has no timeout in practice.
const NO_TIMEOUT: Span = Span::secs(6 * 3_600);
const NAMES: [(&str, &str, &str); 3] = [
    ("foreground", "device.query.duration", "p99"),
    ("chunk", "engine.request.duration", "p99"),
    ("memory", "device.memory.peak", "max"),
];

impl Limits {
    /// The limits of R52 for this plan; `flags` replace them. The limit for a chunk is half of the
    /// gateway's timeout. The limit for memory is a quarter of the smallest memory in the fleets.
    pub fn of(plan: &Plan, flags: &[LimitFlag]) -> Limits {
        let memory =
            plan.fleets.iter().flat_map(|fleet| &fleet.classes).map(|(class, _)| class.memory.0).min();
        let timeout = Some(plan.backend.gateway_timeout.0 / 2).filter(|half| *half < NO_TIMEOUT.0);
        let own = [Some(FOREGROUND.0), timeout, memory.map(|bytes| bytes / 4)];
        let limit = |((name, metric, stat), own): (_, Option<u64>)| {
            let flag = flags.iter().rev().find(|flag| flag.name == name);
            let max = flag.map_or(own, |flag| flag.max)?;
            let [name, metric, stat] = [name, metric, stat].map(str::to_owned);
            Some(LimitRecord { name, metric, stat, max, given: flag.is_some(), unmeasured: false })
        };
        Limits(NAMES.into_iter().zip(own).filter_map(limit).collect())
    }
}

/// The result of a setting for one limit, over its seeds. Only the part that the setting itself
/// adds counts.
///
/// In a gap of the link, the smallest size also waits longer than its median. This excess is
/// subtracted from waits at the same place. The subtraction stops if more than half of the cells
/// need it: a wait that is long under most seeds, such as a slow start, is not a gap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// The number of observations in the setting's cells.
    pub count: u64,
    /// Observations above the limit because of the setting, sorted by the part that it adds.
    over: Vec<Long>,
    /// The number of cells with an observation in `over`.
    pub cells_over: usize,
    /// Observations above the limit that the setting did not cause, the largest first.
    pub spared: Vec<u64>,
    /// The number of cells with an observation in `spared`.
    pub cells_spared: usize,
    /// The number of observations above the limit, for each seed without a run of the smallest
    /// size.
    pub unknown: BTreeMap<u64, usize>,
}

impl Held {
    /// Judges a setting by its cells. `reference` returns the cell of the smallest size for a seed.
    pub fn of<'a>(
        limit: &LimitRecord,
        cells: &[Judged],
        reference: impl Fn(&str) -> Option<&'a Judged>,
    ) -> Held {
        let mut held = Held::default();
        // The number of cells without an observation above the limit.
        let mut quick = 0;
        // For each cell with a reference, 3 lists of large observations. The setting caused the
        // first. The smallest size exceeds the limit at the places of the second. The third are
        // helped (see below).
        let mut parted = Vec::new();
        for judged in cells {
            let figure = judged.cell.metrics.get(limit.metric.as_str());
            held.count += figure.and_then(|figure| figure.stat("count")).unwrap_or(0);
            let tail = judged.tails.get(&limit.metric).into_iter().flatten();
            let over: Vec<&Observation> = tail.take_while(|one| one.value > limit.max).collect();
            if over.is_empty() {
                quick += 1;
                continue;
            }
            // The list of large observations can be incomplete. Then the percentiles give a lower
            // bound.
            let all = figure.map_or(0, |figure| above(figure, limit.max)).max(over.len());
            let cut = all - over.len();
            let seed = &judged.cell.seed;
            let Some(beside) = reference(seed) else {
                held.unknown.insert(seed.parse().expect("a seed is a number"), all);
                continue;
            };
            let all: Vec<Long> = over.into_iter().map(|one| Long::of(limit, one, beside)).collect();
            let (own, not): (Vec<Long>, Vec<Long>) = all.into_iter().partition(|one| one.own > limit.max);
            let (there_too, helped): (Vec<Long>, Vec<Long>) = not.into_iter().partition(|one| one.there_too);
            let least = own.iter().min_by_key(|one| one.own).copied();
            let cut = least.into_iter().flat_map(|least| std::iter::repeat_n(least, cut));
            parted.push([own.iter().copied().chain(cut).collect(), there_too, helped]);
        }
        // A helped observation is below the limit only after the subtraction. But the smallest size
        // does not exceed the limit at this place.
        let helped = parted.iter().filter(|[.., helped]| !helped.is_empty()).count();
        let helps_most = helped * 2 > quick + parted.len();
        for [mut own, mut spared, gaps] in parted {
            if helps_most {
                own.extend(gaps.into_iter().map(|one| Long { own: one.value, ..one }));
            } else {
                spared.extend(gaps);
            }
            held.cells_over += usize::from(!own.is_empty());
            held.cells_spared += usize::from(!spared.is_empty());
            held.over.extend(own);
            held.spared.extend(spared.into_iter().map(|one| one.value));
        }
        held.over.sort_unstable_by_key(|one| std::cmp::Reverse((one.own, one.value)));
        held.spared.sort_unstable_by(|a, b| b.cmp(a));
        held
    }

    /// The number of observations that may exceed the limit: 1 in 100 for p99 (nearest rank). If
    /// only some seeds have run, it is the number for all seeds.
    fn allowed(&self, limit: &LimitRecord, (ran, seeds): (usize, usize)) -> usize {
        let expected = self.count * seeds.max(ran) as u64 / ran.max(1) as u64;
        if limit.stat == "p99" { (expected / 100) as usize } else { 0 }
    }
    /// True if the setting breaks the limit, whatever the remaining seeds show.
    pub fn breaks(&self, limit: &LimitRecord, ran: (usize, usize)) -> bool {
        self.over.len() > self.allowed(limit, ran)
    }
    /// True if the decision needs runs of the smallest size under more seeds.
    pub fn is_open(&self, limit: &LimitRecord, ran: (usize, usize)) -> bool {
        let unknown: usize = self.unknown.values().sum();
        !self.breaks(limit, ran) && self.over.len() + unknown > self.allowed(limit, ran)
    }
    /// The observation at the limit's statistic. The order is by the part that the setting adds.
    fn figure(&self, limit: &LimitRecord) -> Option<Long> {
        let rank = self.allowed(limit, (1, 1)).min(self.over.len().saturating_sub(1));
        self.over.get(rank).copied()
    }
    /// The figure divided by the limit; a limit of 0 counts as 1.
    pub fn times(&self, limit: &LimitRecord) -> f64 {
        self.figure(limit).map_or(0, |one| one.own) as f64 / limit.max.max(1) as f64
    }
    pub fn told(&self, limit: &LimitRecord, cells: usize) -> String {
        let (long, unit) = (self.figure(limit), limit.unit());
        let [value, own] = long.map_or([0; 2], |one| [one.value, one.own]);
        let [shown, own_shown, max] = [value, own, limit.max].map(|value| human::figure(unit, value));
        let is = if shown == max { format!("just above {max}") } else { shown };
        let seeds =
            (cells > 1).then(|| format!(" (above the limit in {} of {cells} seeds)", self.cells_over));
        let seeds = seeds.unwrap_or_default();
        let LimitRecord { name, metric, stat, .. } = limit;
        let part =
            if own < value { format!(", of which the setting adds {own_shown}") } else { String::new() };
        format!("{name}: {metric} {stat} is {is}{part}, must be at most {max}{seeds}")
    }
}

/// A lower bound for the number of observations above `max`, from the percentiles.
fn above(figure: &Figure, max: u64) -> usize {
    let count = figure.stat("count").unwrap_or(0);
    let parts = [("p50", 2), ("p95", 20)].into_iter();
    let parts = parts.filter(|(stat, _)| figure.stat(stat).is_some_and(|value| value > max));
    parts.map(|(_, part)| (count / part) as usize).max().unwrap_or(0)
}

/// An observation above a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Long {
    value: u64,
    /// The part that the setting adds: the value minus the excess of the smallest size at this
    /// place.
    own: u64,
    /// True if the smallest size also exceeds the limit at this place.
    there_too: bool,
}

impl Long {
    fn of(limit: &LimitRecord, one: &Observation, beside: &Judged) -> Long {
        let value = one.value;
        let there = beside.tails.get(&limit.metric).into_iter().flatten();
        let longest = there.filter(|other| other.meets(one)).map(|other| other.value).max().unwrap_or(0);
        let there_too = longest > limit.max;
        // Memory has no place in time. The setting is not at fault if the smallest size ever needs
        // as much.
        if one.from == 0 {
            return Long { value, own: if longest >= value { 0 } else { value }, there_too };
        }
        let median = beside.cell.stat(&limit.metric, "p50").unwrap_or(0);
        Long { value, own: value.saturating_sub(longest.saturating_sub(median)), there_too }
    }
}

impl FromStr for LimitFlag {
    type Err = String;
    /// Reads `foreground=100ms`, `chunk=15s`, `memory=32MB`, or `…=off`.
    fn from_str(text: &str) -> Result<LimitFlag, String> {
        const WANT: &str = "the form must be foreground=TIME, chunk=TIME or memory=SIZE; `off` as the figure switches a limit off";
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
