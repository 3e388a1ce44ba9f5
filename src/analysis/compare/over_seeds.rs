//! Cells held against a baseline over their seeds: what all of them say, and not one.

use std::collections::{BTreeMap, BTreeSet};

use super::difference::{Difference, Finding, Group, Missing, Unlike};
use super::judged::groups;
use super::pairing::Opposed;
use crate::metrics::Better;
use crate::oracle;
use crate::record::{BaselineCell, CellRecord, Exit, Judged};
use crate::stats::PAIRS_MIN;

/// In what the cells of a setting are not as the baseline's.
#[derive(Clone, Debug, PartialEq)]
pub enum Shift {
    /// A seed, or figures of it, are gone: nothing to compare.
    Missing(Missing),
    Unlike(Unlike),
    OneSided(Difference),
    Worse(Difference, Worst),
    /// It is worse, and so few seeds do not rule out chance.
    TooFew(Difference),
    /// Its mean is worse by more than is tolerated, and that is not sure: no failure.
    Perhaps(Difference),
    Otherwise(Difference),
}

/// In how many seeds a figure is worse, and in which the most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worst {
    pub seeds: usize,
    pub seed: String,
    /// The place of that seed's cell.
    at: usize,
}

impl Shift {
    /// Whether it is or may be worse, and fails nothing.
    pub fn is_tolerated(&self) -> bool {
        let worse = |of: &Difference| of.finding == Finding::Worse;
        matches!(self, Shift::Perhaps(_)) || matches!(self, Shift::Otherwise(figure) if worse(figure))
    }
    /// What it fails with; success if it fails nothing.
    pub fn exit(&self) -> Exit {
        match self {
            Shift::Worse(..) => Exit::Regression,
            Shift::Otherwise(_) | Shift::Perhaps(_) => Exit::Success,
            _ => Exit::NoBaseline,
        }
    }
}

/// Holds the seeds of a setting to what the baseline gates, as paired differences: the cells at
/// these places, each with what the baseline has of it. Gives each shift with the cell that stands
/// for all: the first, or where the first worse figure is worst.
pub fn over_seeds(
    judged: &[Judged],
    held: &[(usize, &BaselineCell)],
    tolerance_ppm: u64,
) -> Vec<(usize, Shift)> {
    let mut settings: BTreeMap<_, Vec<(usize, &BaselineCell)>> = BTreeMap::new();
    for (at, base) in held {
        settings.entry(judged[*at].cell.setting()).or_default().push((*at, base));
    }
    let pairs: Vec<Vec<(CellRecord, CellRecord)>> = settings
        .values()
        .map(|cells| cells.iter().map(|(at, base)| gated_of(base, &judged[*at])).collect())
        .collect();
    let opposed: Vec<Opposed<'_>> = pairs.iter().map(|pairs| Opposed::of_pairs(pairs)).collect();
    let groups = settings.values().zip(groups(&opposed, true));
    groups.flat_map(|(cells, group)| shifts(judged, cells, group, tolerance_ppm)).collect()
}

fn gated_of(base: &BaselineCell, judged: &Judged) -> (CellRecord, CellRecord) {
    let [mut was, mut is] = [CellRecord::from(base), judged.cell.clone()];
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
    let mut said = BTreeSet::new();
    for figure in group.differences {
        let may_exceed = figure.change_ppm.is_none_or(|ppm| ppm.unsigned_abs() > tolerance_ppm);
        let metric = figure.metric.clone();
        let shift = match figure.finding {
            _ if figure.one_sided => Shift::OneSided(figure),
            finding
                if has_new_loss(judged, cells, &figure)
                    || finding == Finding::Worse && figure.exceeds(tolerance_ppm) =>
            {
                let worst = Worst::of(judged, cells, &figure);
                Shift::Worse(figure, worst)
            }
            Finding::Unclear if may_exceed && figure.cells < PAIRS_MIN && figure.is_for_the_worse() => {
                Shift::TooFew(figure)
            }
            Finding::Worse | Finding::Unclear if may_exceed && figure.is_for_the_worse() => {
                Shift::Perhaps(figure)
            }
            Finding::Unclear | Finding::Same => continue,
            _ => Shift::Otherwise(figure),
        };
        if said.insert((metric, shift.exit().code(), matches!(shift, Shift::Perhaps(_)))) {
            let at = match &shift {
                Shift::Worse(_, of) => *worst.get_or_insert(of.at),
                _ => first,
            };
            found.push((at, shift));
        }
    }
    found
}

/// A loss in a seed in which the baseline lost nothing is no scatter.
fn has_new_loss(judged: &[Judged], cells: &[(usize, &BaselineCell)], figure: &Difference) -> bool {
    let is_new = |(at, base): &(usize, &BaselineCell)| {
        let was = base.metrics.get(figure.metric.as_str()).and_then(|of| of.stat(figure.stat));
        was == Some(0) && judged[*at].cell.stat(&figure.metric, figure.stat) > Some(0)
    };
    oracle::is_of_check(&figure.metric) && cells.iter().any(is_new)
}

impl Worst {
    fn of(judged: &[Judged], cells: &[(usize, &BaselineCell)], figure: &Difference) -> Worst {
        let by = |(at, base): &&(usize, &BaselineCell)| {
            let was = base.metrics.get(figure.metric.as_str()).and_then(|of| of.stat(figure.stat));
            let is = judged[*at].cell.stat(&figure.metric, figure.stat);
            let (was, is) = (was.unwrap_or(0), is.unwrap_or(0));
            let (more, of) = if figure.better == Better::Higher { (was, is) } else { (is, was) };
            // From nothing any step is further than from something.
            let scale = if of == 0 { u128::from(u64::MAX) } else { 1_000_000 };
            u128::from(more) * scale / u128::from(of.max(1))
        };
        // Of several the first.
        let at = cells.iter().rev().max_by_key(by).map_or(cells[0].0, |(at, _)| *at);
        let seeds = cells.iter().filter(|cell| by(cell) > 1_000_000).count();
        Worst { seeds, seed: judged[at].cell.seed.clone(), at }
    }
}
