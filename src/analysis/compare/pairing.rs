//! Pairs the cells of two sides. A cell is one simulation: one scenario, variant and seed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::side::Side;
use crate::analysis::grouped;
use crate::analysis::sweep::plain;
use crate::record::CellRecord;

/// Cells of both sides that differ only in their seeds, or in the settings that the user compares.
pub(super) struct PairedCells<'a> {
    pub title: String,
    pub pairs: Vec<(&'a CellRecord, &'a CellRecord)>,
    pub alone: (Vec<&'a CellRecord>, Vec<&'a CellRecord>),
    /// Seeds for which one side has several cells of one scenario.
    pub copies: Vec<String>,
}

impl<'a> PairedCells<'a> {
    pub(super) fn of_pairs(pairs: &'a [(CellRecord, CellRecord)]) -> PairedCells<'a> {
        let pairs = pairs.iter().map(|(base, candidate)| (base, candidate)).collect();
        PairedCells { title: String::new(), pairs, alone: (Vec::new(), Vec::new()), copies: Vec::new() }
    }
}

pub(super) type Unmatched = (Vec<String>, Vec<String>);

/// Groups cells by variant and scenario, and pairs them by seed. If both sides have only one
/// variant, its name does not matter. The same applies to the scenario.
pub(super) fn opposed<'a>(base: &'a Side, candidate: &'a Side) -> (Vec<PairedCells<'a>>, Unmatched) {
    let variants_matter = !(one(base, |c| &c.variant) && one(candidate, |c| &c.variant));
    let scenarios_matter = !(one(base, |c| &c.scenario) && one(candidate, |c| &c.scenario));
    let title = |cell: &CellRecord| {
        let scenario = scenarios_matter.then(|| cell.scenario.clone());
        let variant = cell.variant.clone().filter(|_| variants_matter);
        let axes = cell.axes.iter().map(|(key, value)| format!("{key}={}", plain(value)));
        scenario.into_iter().chain(variant).chain(axes).collect::<Vec<_>>().join(" ")
    };
    let mut groups: BTreeMap<String, [Vec<&CellRecord>; 2]> = BTreeMap::new();
    for (index, side) in [base, candidate].into_iter().enumerate() {
        for cell in &side.cells {
            groups.entry(title(cell)).or_default()[index].push(cell);
        }
    }
    let mut found = Vec::new();
    let mut unmatched: Unmatched = (Vec::new(), Vec::new());
    for (title, [base, candidate]) in groups {
        match (base.is_empty(), candidate.is_empty()) {
            (_, true) => unmatched.0.push(title),
            (true, _) => unmatched.1.push(title),
            _ => by_scenario(title, once(base), once(candidate), &mut found, &mut unmatched),
        }
    }
    (found, unmatched)
}

fn one<K: Ord>(side: &Side, key: impl Fn(&CellRecord) -> &K) -> bool {
    side.cells.iter().map(key).collect::<BTreeSet<_>>().len() < 2
}

fn once(cells: Vec<&CellRecord>) -> Vec<&CellRecord> {
    let mut seen = BTreeSet::new();
    cells.into_iter().filter(|cell| seen.insert((&cell.resolved, &cell.seed, &cell.digest))).collect()
}

/// Pairs the cells of one group. If a name stands for several scenarios, equal scenarios are paired
/// first. The others have changed, and are paired in their order.
fn by_scenario<'a>(
    title: String,
    base: Vec<&'a CellRecord>,
    candidate: Vec<&'a CellRecord>,
    found: &mut Vec<PairedCells<'a>>,
    unmatched: &mut Unmatched,
) {
    if !(several(&base) || several(&candidate)) {
        return found.push(by_seed(title, base, candidate));
    }
    let named = |digests: &str| format!("{title} scenario {digests}").trim_start().to_owned();
    let mut new = scenarios(candidate);
    let mut changed = Vec::new();
    for (digest, cells) in scenarios(base) {
        match new.iter().position(|(other, _)| *other == digest) {
            Some(at) => found.push(by_seed(named(short(digest)), cells, new.remove(at).1)),
            None => changed.push((digest, cells)),
        }
    }
    let mut new = new.into_iter();
    for (was, cells) in changed {
        match new.next() {
            Some((is, others)) => {
                let digests = format!("{} → {}", short(was), short(is));
                found.push(by_seed(named(&digests), cells, others));
            }
            None => unmatched.0.push(named(short(was))),
        }
    }
    unmatched.1.extend(new.map(|(is, _)| named(short(is))));
}

fn short(digest: &str) -> &str {
    digest.get(..8).unwrap_or(digest)
}

fn scenarios(cells: Vec<&CellRecord>) -> Vec<(&str, Vec<&CellRecord>)> {
    grouped(cells, |cell| cell.resolved.as_str())
}

fn several(cells: &[&CellRecord]) -> bool {
    let mut of_seeds = BTreeMap::new();
    cells.iter().any(|cell| *of_seeds.entry(&cell.seed).or_insert(&cell.resolved) != &cell.resolved)
}

/// Seeds with several cells of one scenario. Call this after [`once`] removed equal cells.
fn copies(cells: &[&CellRecord]) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let again = cells.iter().filter(|cell| !seen.insert((&cell.resolved, &cell.seed)));
    again.map(|cell| cell.seed.clone()).collect()
}

fn by_seed<'a>(title: String, base: Vec<&'a CellRecord>, candidate: Vec<&'a CellRecord>) -> PairedCells<'a> {
    let copies: BTreeSet<String> = copies(&base).union(&copies(&candidate)).cloned().collect();
    let mut left: BTreeMap<&str, VecDeque<&CellRecord>> = BTreeMap::new();
    for cell in candidate {
        left.entry(&cell.seed).or_default().push_back(cell);
    }
    let (mut pairs, mut alone) = (Vec::new(), Vec::new());
    for cell in base {
        match left.get_mut(cell.seed.as_str()).and_then(VecDeque::pop_front) {
            Some(other) => pairs.push((cell, other)),
            None => alone.push(cell),
        }
    }
    let alone = (alone, left.into_values().flatten().collect());
    PairedCells { title, pairs, alone, copies: copies.into_iter().collect() }
}
