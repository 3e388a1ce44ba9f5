//! Which cells stand against which.

use std::collections::{BTreeMap, BTreeSet};

use super::side::{Measured, Side};

/// Cells of both sides that differ in nothing but their seeds, or in what is compared.
pub(super) struct Opposed<'a> {
    /// What they have in common, in words.
    pub(super) title: String,
    /// Cells of one seed.
    pub(super) pairs: Vec<(&'a Measured, &'a Measured)>,
    /// Cells whose seed the other side does not have.
    pub(super) alone: (Vec<&'a Measured>, Vec<&'a Measured>),
}

/// Names of both sides' cells that have no counterpart.
pub(super) type Unmatched = (Vec<String>, Vec<String>);

/// Opposes the cells of both sides. A variant's name sets cells apart unless each side has but one, and so does a scenario's.
pub(super) fn opposed<'a>(base: &'a Side, candidate: &'a Side) -> (Vec<Opposed<'a>>, Unmatched) {
    let variants_matter = !(one(base, |c| &c.variant) && one(candidate, |c| &c.variant));
    let scenarios_matter = !(one(base, |c| &c.scenario) && one(candidate, |c| &c.scenario));
    let title = |cell: &Measured| {
        let scenario = scenarios_matter.then(|| cell.scenario.clone());
        let variant = cell.variant.clone().filter(|_| variants_matter);
        let axes = cell.axes.iter().map(|(key, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("{key}={value}")
        });
        scenario.into_iter().chain(variant).chain(axes).collect::<Vec<_>>().join(" ")
    };
    let mut groups: BTreeMap<String, [Vec<&Measured>; 2]> = BTreeMap::new();
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
            _ => found.push(by_seed(title, base, candidate)),
        }
    }
    (found, unmatched)
}

fn one<K: Ord>(side: &Side, key: impl Fn(&Measured) -> &K) -> bool {
    side.cells.iter().map(key).collect::<BTreeSet<_>>().len() < 2
}

fn by_seed<'a>(title: String, base: Vec<&'a Measured>, candidate: Vec<&'a Measured>) -> Opposed<'a> {
    let mut left: BTreeMap<&str, &Measured> = BTreeMap::new();
    for cell in candidate {
        left.insert(&cell.seed, cell);
    }
    let (mut pairs, mut alone) = (Vec::new(), Vec::new());
    for cell in base {
        match left.remove(cell.seed.as_str()) {
            Some(other) => pairs.push((cell, other)),
            None => alone.push(cell),
        }
    }
    Opposed { title, pairs, alone: (alone, left.into_values().collect()) }
}
