//! Variants of a scenario side by side, as bars.

use std::collections::BTreeSet;

use crate::metrics::human;
use crate::record::{CellRecord, RunRecord};
use crate::render::brief::glance;
use crate::render::svg::{Bar, Bars};

/// More variants than this are a table, and no plot.
const MOST: usize = 12;

/// The figures in which variants of the only scenario differ; `None` if there are not several.
pub(super) fn variants(record: &RunRecord) -> Option<Bars> {
    let mut names: Vec<&str> = Vec::new();
    for cell in record.cells.iter().filter(|cell| !cell.metrics.is_empty()) {
        let name = cell.variant.as_deref()?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let scenarios: BTreeSet<&str> = record.cells.iter().map(|cell| cell.scenario.as_str()).collect();
    if scenarios.len() != 1 || !(2..=MOST).contains(&names.len()) {
        return None;
    }
    let of = |name: &&str| {
        let is_its = |cell: &&CellRecord| cell.variant.as_deref() == Some(*name) && !cell.metrics.is_empty();
        glance(&record.cells.iter().filter(is_its).collect::<Vec<_>>())
    };
    let all: Vec<_> = names.iter().map(of).collect();
    let whats: Vec<&str> = {
        let mut seen = Vec::new();
        all.iter().flatten().for_each(|one| {
            if !seen.contains(&one.what) {
                seen.push(one.what)
            }
        });
        seen
    };
    let group = |what: &&str| {
        let found = |of: &Vec<crate::render::brief::Glance>| of.iter().find(|one| one.what == *what).cloned();
        let bars = names.iter().zip(&all).filter_map(|(name, of)| {
            let one = found(of)?;
            let told = human::figure(one.unit, one.value);
            Some(Bar { name: (*name).to_owned(), value: one.value, told })
        });
        let bars: Vec<Bar> = bars.collect();
        let differ = bars.iter().any(|bar| bar.told != bars[0].told);
        differ.then(|| ((*what).to_owned(), bars))
    };
    let groups: Vec<_> = whats.iter().filter_map(group).collect();
    (!groups.is_empty()).then(|| Bars {
        title: "Variants side by side".to_owned(),
        about: "Of each figure in which variants differ a bar for each of them; shorter is better."
            .to_owned(),
        groups,
        alike: false,
    })
}
