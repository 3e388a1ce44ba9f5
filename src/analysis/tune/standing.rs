//! The reasons why a search excludes settings: failures, limits and gates.
//!
//! A setting is one value per searched key. Its cells (single simulations) differ only in their
//! seed. The smallest size is the setting with the smallest chunks, which serves as the reference.

use std::collections::{BTreeMap, BTreeSet};

use super::limits::{Held, Limits};
use crate::analysis::sweep::{self, Demands, Run, Spared, Trouble, demands, is_sound, missed_in};
use crate::record::{CellRecord, Judged, Reason};

/// A rule that a setting must keep, in addition to losing no data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The index of a limit.
    Limit(usize),
    /// The name of a gate (limit on a figure) or another demand of the scenario.
    Demand(String),
}

/// A rule that a setting breaks.
#[derive(Clone, Debug)]
pub struct Broken<'a> {
    pub rule: Rule,
    pub why: Trouble<'a>,
    /// True if at least half of the cells keep the rule. Then the break may be chance.
    pub in_doubt: bool,
    /// The figure divided by the limit.
    pub times: f64,
}

/// Everything that may exclude a setting, from all its cells that ran.
#[derive(Clone, Debug, Default)]
pub struct Standing<'a> {
    /// A failure other than a broken rule; `None` if there is none.
    pub wrong: Option<Trouble<'a>>,
    pub broken: Vec<Broken<'a>>,
    pub held: Vec<Held>,
    /// Rules that are not decided yet. The smallest size must first run under these seeds.
    pub open: Vec<(Rule, BTreeSet<u64>)>,
    /// Demands that all settings miss under a seed. They exclude no setting.
    pub spared: BTreeMap<String, Spared>,
    /// Gates that single seeds miss, but that all seeds together meet. The value is the number of
    /// these seeds.
    pub together: BTreeMap<String, usize>,
}

/// The standings of all settings. `seeds` is the planned number of seeds. `reference` is the
/// smallest size.
pub fn standings<'a, K: Ord>(
    cells: &'a BTreeMap<K, Vec<Judged>>,
    reference: &K,
    limits: &Limits,
    seeds: usize,
) -> BTreeMap<&'a K, Standing<'a>> {
    let smallest = cells.get(reference).into_iter().flatten();
    let smallest: BTreeMap<&str, &Judged> = smallest.map(|of| (of.cell.seed.as_str(), of)).collect();
    let run = |judged: &'a Judged| Run { cell: &judged.cell, gates: judged.gates.iter().collect() };
    let runs = cells.iter().map(|(setting, all)| (setting, all.iter().map(run).collect())).collect();
    let mut demands = demands(&runs, |setting| *setting == reference);
    let of = |(setting, of_setting): (&'a K, &'a Vec<Judged>)| {
        let all: Vec<&CellRecord> = of_setting.iter().map(|judged| &judged.cell).collect();
        let sound = all.iter().all(|cell| is_sound(cell));
        let mut standing = Standing { wrong: sweep::trouble(&all).filter(|_| !sound), ..Standing::default() };
        standing.take(demands.remove(&setting).unwrap_or_default(), all.len());
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
    pub fn breaks(&self, rule: &Rule) -> bool {
        self.broken.iter().any(|broken| broken.rule == *rule)
    }
    fn take(&mut self, demands: Demands<'a>, cells: usize) {
        let Demands { broken, open, spared, together } = demands;
        (self.spared, self.together) = (spared, together);
        self.open.extend(open.into_iter().map(|(name, seeds)| (Rule::Demand(name), seeds)));
        let of = |(name, missed): (String, Vec<(&'a CellRecord, &'a Reason)>)| Broken {
            rule: Rule::Demand(name),
            in_doubt: missed.len() * 2 <= cells,
            why: missed_in(&missed, cells),
            times: f64::INFINITY,
        };
        self.broken.extend(broken.into_iter().map(of));
    }
}
