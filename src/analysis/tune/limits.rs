//! The limits of a search (requirement R52), and what a setting comes to under one of them.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::base::{Bytes, Span};
use crate::metrics::{Figure, Observation, human};
use crate::record::{Judged, LimitRecord};
use crate::scenario::Plan;

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
            Some(LimitRecord { name, metric, stat, max, given: flag.is_some(), unmeasured: false })
        };
        Limits(NAMES.into_iter().zip(own).filter_map(limit).collect())
    }
}

/// What a setting comes to under a limit, its seeds together. An observation counts with what the
/// setting itself adds: what the smallest size has at the same place beyond its median (in a gap of
/// the link) is taken off. Where the smallest keeps the limit there, that is so in half of the
/// cells at most: what takes so long under most seeds is no gap, be it a start that is always slow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// All observations of its cells.
    pub count: u64,
    /// What is above the limit, the largest first, by what the setting itself adds.
    over: Vec<Long>,
    /// In how many of its cells there is such a one.
    pub cells_over: usize,
    /// Those above the limit that are not the setting's, the largest first.
    pub spared: Vec<u64>,
    /// In how many of its cells there is such a one.
    pub cells_spared: usize,
    /// How many are above the limit under each seed that the smallest size was not run under.
    pub unknown: BTreeMap<u64, usize>,
}

impl Held {
    /// Of a setting with these cells; `reference` gives the smallest size's under a seed.
    pub fn of<'a>(
        limit: &LimitRecord,
        cells: &[Judged],
        reference: impl Fn(&str) -> Option<&'a Judged>,
    ) -> Held {
        let mut held = Held::default();
        // Cells with nothing above the limit, and those of which the rest is known.
        let (mut quick, mut known, mut parted) = (0, 0, Vec::new());
        for judged in cells {
            let figure = judged.cell.metrics.get(limit.metric.as_str());
            held.count += figure.and_then(|figure| figure.stat("count")).unwrap_or(0);
            let tail = judged.tails.get(&limit.metric).into_iter().flatten();
            let over: Vec<&Observation> = tail.take_while(|one| one.value > limit.max).collect();
            if over.is_empty() {
                quick += 1;
                continue;
            }
            // Of a tail that is cut the percentiles say how much more there is at least.
            let all = figure.map_or(0, |figure| above(figure, limit.max)).max(over.len());
            let cut = all - over.len();
            let seed = &judged.cell.seed;
            let Some(beside) = reference(seed) else {
                held.unknown.insert(seed.parse().expect("a seed is a number"), all);
                continue;
            };
            known += 1;
            let all: Vec<Long> = over.into_iter().map(|one| Long::of(limit, one, beside)).collect();
            let (own, not): (Vec<Long>, Vec<Long>) = all.into_iter().partition(|one| one.own > limit.max);
            let (there_too, helped): (Vec<Long>, Vec<Long>) = not.into_iter().partition(|one| one.there_too);
            let least = own.iter().min_by_key(|one| one.own).copied();
            let cut = least.into_iter().flat_map(|least| std::iter::repeat_n(least, cut));
            parted.push(Parted { own: own.iter().copied().chain(cut).collect(), there_too, helped });
        }
        let helped = parted.iter().filter(|cell| !cell.helped.is_empty()).count();
        for Parted { mut own, there_too: mut spared, helped: gaps } in parted {
            if helped * 2 > quick + known {
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

    /// How many may be above the limit: of a 99th percentile by nearest rank one in a hundred. Of
    /// settings that have run under a part of the seeds as many as of all that are still to come.
    fn allowed(&self, limit: &LimitRecord, (ran, seeds): (usize, usize)) -> usize {
        let expected = self.count * seeds.max(ran) as u64 / ran.max(1) as u64;
        if limit.stat == "p99" { (expected / 100) as usize } else { 0 }
    }
    /// Whether it breaks the limit, whatever the rest of the seeds says.
    pub fn breaks(&self, limit: &LimitRecord, ran: (usize, usize)) -> bool {
        self.over.len() > self.allowed(limit, ran)
    }
    /// Whether what the smallest size has under seeds of which that is not known decides it.
    pub fn is_open(&self, limit: &LimitRecord, ran: (usize, usize)) -> bool {
        let unknown: usize = self.unknown.values().sum();
        !self.breaks(limit, ran) && self.over.len() + unknown > self.allowed(limit, ran)
    }
    /// The statistic of the limit, by what the setting itself adds.
    fn figure(&self, limit: &LimitRecord) -> Option<Long> {
        let rank = self.allowed(limit, (1, 1)).min(self.over.len().saturating_sub(1));
        self.over.get(rank).copied()
    }
    /// How many times the limit that is; of a limit of nothing the least figure is the nearest.
    pub fn times(&self, limit: &LimitRecord) -> f64 {
        self.figure(limit).map_or(0, |one| one.own) as f64 / limit.max.max(1) as f64
    }
    pub fn told(&self, limit: &LimitRecord, cells: usize) -> String {
        let (long, unit) = (self.figure(limit), limit.unit());
        let [value, own] = long.map_or([0; 2], |one| [one.value, one.own]);
        let [shown, own_shown, max] = [value, own, limit.max].map(|value| human::figure(unit, value));
        let is = if shown == max { format!("just above {max}") } else { shown };
        let seeds = if cells > 1 {
            format!(" (over it in {} of {cells} seeds)", self.cells_over)
        } else {
            String::new()
        };
        let LimitRecord { name, metric, stat, .. } = limit;
        let part = if own < value { format!(", {own_shown} of it by the setting") } else { String::new() };
        format!("{name}: {metric} {stat} is {is}{part}, must be at most {max}{seeds}")
    }
}

/// How many observations are above a bound at least, by the percentiles.
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
    /// What of it the setting adds to what the smallest size has at that place beyond its median.
    own: u64,
    /// Whether that is above the limit there, too.
    there_too: bool,
}

/// What of a cell is above a limit.
struct Parted {
    own: Vec<Long>,
    there_too: Vec<Long>,
    /// What is below it without what the smallest size has there, which is below it as well.
    helped: Vec<Long>,
}

impl Long {
    fn of(limit: &LimitRecord, one: &Observation, beside: &Judged) -> Long {
        let value = one.value;
        let there = beside.tails.get(&limit.metric).into_iter().flatten();
        let longest = there.filter(|other| other.meets(one)).map(|other| other.value).max().unwrap_or(0);
        let there_too = longest > limit.max;
        // What has no place, as memory, is not the setting's if the smallest has as much anywhere.
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
