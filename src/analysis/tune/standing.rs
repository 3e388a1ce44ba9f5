//! What keeps settings from being chosen: what is wrong with them, limits, gates.

use std::collections::{BTreeMap, BTreeSet};

use super::limits::{Held, Limits};
use super::together::met_together;
use crate::analysis::sweep::{self, Trouble};
use crate::record::{CellRecord, Exit, GateRecord, Judged, Reason, Verdict};

/// What a setting must keep besides losing nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A limit by its place.
    Limit(usize),
    /// A gate, or something else that the file asks of each run, by its name.
    Demand(String),
}

/// A rule that a setting does not keep.
#[derive(Clone, Debug)]
pub struct Broken<'a> {
    pub rule: Rule,
    pub why: Trouble<'a>,
    /// Whether it keeps the rule in at least half of its cells, so that this may be luck.
    pub in_doubt: bool,
    /// How many times a limit its figure is.
    pub times: f64,
}

/// How a setting stands by all cells that were run.
#[derive(Clone, Debug, Default)]
pub struct Standing<'a> {
    /// More than a rule is not kept.
    pub wrong: Option<Trouble<'a>>,
    pub broken: Vec<Broken<'a>>,
    /// By limit what it comes to.
    pub held: Vec<Held>,
    /// Rules that are not decided before the smallest size was run under these seeds, too.
    pub open: Vec<(Rule, BTreeSet<u64>)>,
    /// What it misses as all settings do that were run under the seed, with the number of seeds.
    pub spared: BTreeMap<String, usize>,
    /// Gates that its seeds meet together, with how many of them miss them.
    pub together: BTreeMap<String, usize>,
}

impl Standing<'_> {
    pub fn breaks(&self, rule: &Rule) -> bool {
        self.broken.iter().any(|broken| broken.rule == *rule)
    }
}

/// Of each demand under each seed, how many settings miss it, and how many were run.
#[derive(Default)]
struct Missing<'a> {
    ran: BTreeMap<&'a str, usize>,
    missed: BTreeMap<(&'a str, String), usize>,
}

/// How all settings stand, of which each is to run under so many seeds.
pub fn standings<'a, K: Ord>(
    cells: &'a BTreeMap<K, Vec<Judged>>,
    reference: &K,
    limits: &Limits,
    seeds: usize,
) -> BTreeMap<&'a K, Standing<'a>> {
    let smallest: BTreeMap<&str, &Judged> = cells
        .get(reference)
        .into_iter()
        .flatten()
        .map(|judged| (judged.cell.seed.as_str(), judged))
        .collect();
    let mut missing = Missing::default();
    for judged in cells.values().flatten().filter(|judged| is_sound(&judged.cell)) {
        *missing.ran.entry(&judged.cell.seed).or_default() += 1;
        for name in judged.cell.reasons.iter().filter_map(demand) {
            *missing.missed.entry((&judged.cell.seed, name)).or_default() += 1;
        }
    }
    let of = |(setting, of_setting): (&'a K, &'a Vec<Judged>)| {
        let all: Vec<&CellRecord> = of_setting.iter().map(|judged| &judged.cell).collect();
        let sound = all.iter().all(|cell| is_sound(cell));
        let mut standing = Standing { wrong: sweep::trouble(&all).filter(|_| !sound), ..Standing::default() };
        standing.demands(of_setting, &missing, setting == reference);
        for (place, limit) in limits.0.iter().enumerate() {
            let held = Held::of(limit, of_setting, |seed| smallest.get(seed).copied());
            let (rule, ran) = (Rule::Limit(place), (all.len(), seeds));
            if held.breaks(limit, ran) {
                let why = Trouble::Told(held.told(limit, all.len()));
                let in_doubt = held.cells_over * 2 <= all.len();
                standing.broken.push(Broken { rule, why, in_doubt, times: held.times(limit) });
            } else if held.is_open(limit, ran) {
                standing.open.push((rule, held.unknown.keys().copied().collect()));
            }
            standing.held.push(held);
        }
        (setting, standing)
    };
    cells.iter().map(of).collect()
}

impl<'a> Standing<'a> {
    /// What all settings miss under a seed is not a setting's own, and a gate that its other seeds
    /// meet together with those that miss it is not broken.
    fn demands(&mut self, judged: &'a [Judged], missing: &Missing<'a>, is_reference: bool) {
        let cells: Vec<&CellRecord> = judged.iter().map(|judged| &judged.cell).collect();
        let mut own: BTreeMap<String, Vec<(&'a CellRecord, &'a Reason)>> = BTreeMap::new();
        let mut open: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        for cell in cells.iter().copied().filter(|cell| is_sound(cell)) {
            for (name, reason) in cell.reasons.iter().filter_map(|reason| Some((demand(reason)?, reason))) {
                let ran = missing.ran[cell.seed.as_str()];
                if missing.missed[&(cell.seed.as_str(), name.clone())] < ran || ran == 1 && is_reference {
                    own.entry(name).or_default().push((cell, reason));
                } else if ran == 1 {
                    open.entry(name).or_default().insert(cell.seed.parse().expect("a seed is a number"));
                } else {
                    *self.spared.entry(name).or_default() += 1;
                }
            }
        }
        let (met, own): (BTreeMap<_, _>, BTreeMap<_, _>) =
            own.into_iter().partition(|(name, _)| is_met(judged, missing, name));
        self.together.extend(met.into_iter().map(|(name, missed)| (name, missed.len())));
        open.retain(|name, _| !own.contains_key(name));
        self.open.extend(open.into_iter().map(|(name, seeds)| (Rule::Demand(name), seeds)));
        let broken = |(name, missed): (String, Vec<(&'a CellRecord, &'a Reason)>)| {
            let worst = (missed[0].0, Some(missed[0].1));
            let why = Trouble::Failed { worst, failed: missed.len(), of: cells.len() };
            let in_doubt = missed.len() * 2 <= cells.len();
            Broken { rule: Rule::Demand(name), why, in_doubt, times: f64::INFINITY }
        };
        self.broken.extend(own.into_iter().map(broken));
    }
}

/// Whether a setting meets a gate by its seeds together, but for those under which all miss it.
fn is_met(judged: &[Judged], missing: &Missing<'_>, name: &str) -> bool {
    let spared = |cell: &CellRecord| {
        let (seed, ran) = (cell.seed.as_str(), missing.ran.get(cell.seed.as_str()).copied().unwrap_or(0));
        ran > 1 && missing.missed.get(&(seed, name.to_owned())) == Some(&ran)
    };
    let own = judged.iter().filter(|judged| is_sound(&judged.cell) && !spared(&judged.cell));
    let gates = own.flat_map(|of| of.gates.iter().map(move |gate| (&of.cell, gate)));
    let mut of_name: BTreeMap<_, Vec<(&CellRecord, &GateRecord)>> = BTreeMap::new();
    for (cell, gate) in gates.filter(|(_, gate)| name == format!("gate {}", gate.name)) {
        of_name.entry((gate.figure(), gate.stat.as_str())).or_default().push((cell, gate));
    }
    !of_name.is_empty() && of_name.values().all(|runs| met_together(runs))
}

/// What the file asks of each run, by the name of it, if that is what a cell fails by.
fn demand(reason: &Reason) -> Option<String> {
    let named = match reason {
        Reason::Gate { gate } => format!("gate {}", gate.name),
        Reason::Expectation { what } => format!("expect {what}"),
        Reason::ActionInVain { action, .. } => format!("action {action}"),
        Reason::EventInVain { event } => format!("event {event}"),
        _ => "what the file asks for".to_owned(),
    };
    (reason.exit() == Exit::Threshold).then_some(named)
}

/// Whether nothing is wrong with a cell but that it misses what the file asks for.
pub fn is_sound(cell: &CellRecord) -> bool {
    let missed = !cell.reasons.is_empty() && cell.reasons.iter().all(|reason| demand(reason).is_some());
    cell.verdict != Verdict::Fail || missed
}
