//! Cells held against a baseline over their seeds: what all of them say, and not one.

use std::collections::{BTreeMap, BTreeSet};

use super::difference::{Difference, Finding, Group, Missing, Unlike, groups};
use super::pairing::Opposed;
use super::side::Measured;
use crate::metrics::Better;
use crate::record::{BaselineCell, Exit, Judged, Standard, counterpart, weight};
use crate::stats::PAIRS_MIN;

/// In what the cells of a setting are not as the baseline's.
#[derive(Clone, Debug, PartialEq)]
pub enum Shift {
    /// A seed, or figures of it, are gone: nothing to compare.
    Missing(Missing),
    Unlike(Unlike),
    OneSided(Difference),
    Worse(Difference),
    /// It is worse, and so few seeds do not rule out chance.
    TooFew(Difference),
    /// It is worse beyond its own chance and not beyond that of all figures together, which fails
    /// nothing.
    Perhaps(Difference),
    Otherwise(Difference),
}

impl Shift {
    /// What it fails with; success if it fails nothing.
    pub fn exit(&self) -> Exit {
        match self {
            Shift::Worse(_) => Exit::Regression,
            Shift::Otherwise(_) | Shift::Perhaps(_) => Exit::Success,
            _ => Exit::NoBaseline,
        }
    }
}

/// Holds the seeds of a setting to what the baseline gates, as paired differences say. Gives each
/// shift with the one cell that stands for all: the first, or of what is worse the one in which the
/// first such figure is worst. `wanted` gives what the scenario of this digest wants gated.
pub fn over_seeds<'w>(
    judged: &mut [Judged],
    wanted: impl Fn(&str) -> &'w [String],
    standard: Standard<'_>,
    tolerance_ppm: u64,
) -> Vec<(usize, Shift)> {
    let mut settings: BTreeMap<_, Vec<(usize, &BaselineCell)>> = BTreeMap::new();
    for (at, one) in judged.iter_mut().enumerate() {
        let cell = &one.cell;
        let setting = (cell.scenario.clone(), cell.variant.clone(), format!("{:?}", cell.axes));
        let gated = wanted(&cell.resolved);
        if let Some(base) = counterpart(one, gated, standard) {
            settings.entry(setting).or_default().push((at, base));
        }
    }
    let pairs: Vec<Vec<(Measured, Measured)>> = settings
        .values()
        .map(|cells| cells.iter().map(|(at, base)| gated_of(base, &judged[*at])).collect())
        .collect();
    let opposed: Vec<Opposed<'_>> = pairs.iter().map(|pairs| Opposed::of_pairs(pairs)).collect();
    let groups = settings.values().zip(groups(&opposed, true));
    groups.flat_map(|(cells, group)| shifts(judged, cells, group, tolerance_ppm)).collect()
}

fn gated_of(base: &BaselineCell, judged: &Judged) -> (Measured, Measured) {
    let [mut was, mut is] = [Measured::from(base), Measured::from(&judged.cell)];
    was.metrics.retain(|name, _| base.gates(name));
    is.metrics.retain(|name, _| was.metrics.contains_key(name));
    (was, is)
}

fn shifts(
    judged: &[Judged],
    cells: &[(usize, &BaselineCell)],
    group: Group,
    tolerance_ppm: u64,
) -> Vec<(usize, Shift)> {
    let first = cells[0].0;
    let missing = group.missing.into_iter().map(Shift::Missing);
    let mut found: Vec<(usize, Shift)> =
        missing.chain(group.unlike.into_iter().map(Shift::Unlike)).map(|shift| (first, shift)).collect();
    let mut worst = None;
    // Of a metric one statistic is told, that which users ask for first.
    let mut figures = group.differences;
    figures.sort_by_key(|figure| (weight(&figure.metric), figure.metric.clone(), figure.stat != "p95"));
    let mut said = BTreeSet::new();
    for figure in figures {
        let may_exceed = figure.change_ppm.is_none_or(|ppm| ppm.unsigned_abs() > tolerance_ppm);
        let metric = figure.metric.clone();
        let shift = match figure.finding {
            _ if figure.one_sided => Shift::OneSided(figure),
            Finding::Worse if figure.exceeds(tolerance_ppm) => Shift::Worse(figure),
            Finding::Unclear if may_exceed && figure.cells < PAIRS_MIN && figure.is_for_the_worse() => {
                Shift::TooFew(figure)
            }
            Finding::Unclear if figure.is_beyond_its_chance() && figure.exceeds(tolerance_ppm) => {
                Shift::Perhaps(figure)
            }
            Finding::Unclear | Finding::Same => continue,
            _ => Shift::Otherwise(figure),
        };
        if said.insert((metric, shift.exit().code())) {
            let at = match &shift {
                Shift::Worse(figure) => *worst.get_or_insert_with(|| worst_of(judged, cells, figure)),
                _ => first,
            };
            found.push((at, shift));
        }
    }
    found
}

fn worst_of(judged: &[Judged], cells: &[(usize, &BaselineCell)], figure: &Difference) -> usize {
    let by = |(at, base): &&(usize, &BaselineCell)| {
        let of =
            |metrics: &crate::record::CellFigures| metrics.get(figure.metric.as_str())?.stat(figure.stat);
        let (was, is) = (of(&base.metrics).unwrap_or(0), of(&judged[*at].cell.metrics).unwrap_or(0));
        let (more, of) = if figure.better == Better::Higher { (was, is) } else { (is, was) };
        u128::from(more) * 1_000_000 / u128::from(of.max(1))
    };
    cells.iter().rev().max_by_key(by).map_or(cells[0].0, |(at, _)| *at)
}
