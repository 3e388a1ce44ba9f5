//! Variants of a scenario side by side, as bars.

use crate::analysis::{distinct, grouped};
use crate::metrics::human;
use crate::record::RunRecord;
use crate::render::brief::{Glance, by_what, glance};
use crate::render::svg::{Bar, Bars};

const MOST: usize = 12;

/// The figures in which variants of the only scenario differ; `None` if there are not several.
pub(super) fn variants(record: &RunRecord) -> Option<Bars> {
    let cells = record.cells.iter().filter(|cell| !cell.metrics.is_empty());
    let variants = grouped(cells, |cell| cell.variant.as_deref());
    let scenarios = distinct(record.cells.iter().map(|cell| &cell.scenario));
    let all_named = variants.iter().all(|(name, _)| name.is_some());
    if scenarios.len() != 1 || !all_named || !(2..=MOST).contains(&variants.len()) {
        return None;
    }
    let all: Vec<Vec<Glance>> = variants.iter().map(|(_, cells)| glance(cells)).collect();
    let names = variants.iter().map(|(name, _)| name.unwrap_or_default());
    let group = |(what, figures): (&str, Vec<Option<&Glance>>)| {
        let bars = names.clone().zip(figures).filter_map(|(name, one)| {
            let Glance { unit, value, .. } = *one?;
            Some(Bar { name: name.to_owned(), value, told: human::figure(unit, value) })
        });
        let bars: Vec<Bar> = bars.collect();
        let differ = bars.iter().any(|bar| bar.told != bars[0].told);
        differ.then(|| (what.to_owned(), bars))
    };
    let groups: Vec<_> = by_what(&all).into_iter().filter_map(group).collect();
    (!groups.is_empty()).then(|| Bars {
        title: "Variants side by side".to_owned(),
        about: "Of each figure in which variants differ a bar for each of them; shorter is better."
            .to_owned(),
        groups,
        alike: false,
    })
}
