//! Compares cells (single simulations) with a baseline, over all seeds together.
//!
//! A baseline is a file of figures that a run must reproduce.

use std::collections::{BTreeMap, BTreeSet};

use super::difference::{Difference, Finding, Group, Missing, Unlike};
use super::judged::groups;
use super::pairing::PairedCells;
use crate::metrics::Better;
use crate::oracle;
use crate::record::{BaselineCell, CellRecord, Exit, Judged};
use crate::stats::PAIRS_MIN;

/// A difference between the cells of one setting and the baseline.
#[derive(Clone, Debug, PartialEq)]
pub enum Shift {
    /// A seed, or some of its figures, is missing, so nothing can be compared.
    Missing(Missing),
    Unlike(Unlike),
    OneSided(Difference),
    Worse(Difference, Worst),
    /// A figure is worse, but with so few seeds this may be chance.
    TooFew(Difference),
    /// The mean is worse by more than the tolerance, but not significantly. The run does not fail.
    Perhaps(Difference),
    Otherwise(Difference),
}

/// The number of seeds in which a figure is worse, and the seed with the largest increase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worst {
    pub seeds: usize,
    pub seed: String,
    /// The index of that seed's cell.
    at: usize,
}

impl Shift {
    /// True if a figure is or may be worse, but the run does not fail.
    pub fn is_tolerated(&self) -> bool {
        let worse = |of: &Difference| of.finding == Finding::Worse;
        matches!(self, Shift::Perhaps(_)) || matches!(self, Shift::Otherwise(figure) if worse(figure))
    }
    /// The exit code of the failure; `Success` if the shift is not a failure.
    pub fn exit(&self) -> Exit {
        match self {
            Shift::Worse(..) => Exit::Regression,
            Shift::Otherwise(_) | Shift::Perhaps(_) => Exit::Success,
            _ => Exit::NoBaseline,
        }
    }
}

/// Compares the seeds of a setting with the gated figures of the baseline, in pairs. `held` has the
/// index of each cell and its cell of the baseline. Each shift has the index of a cell: the first
/// one, or the one in which a figure worsened most.
pub fn over_seeds(
    judged: &[Judged],
    held: &[(usize, &BaselineCell)],
    tolerance_ppm: u64,
) -> Vec<(usize, Shift)> {
    let mut settings: BTreeMap<_, Vec<(usize, &BaselineCell)>> = BTreeMap::new();
    for (at, base) in held {
        settings.entry(judged[*at].cell.setting()).or_default().push((*at, base));
    }
    let gated = |(at, base): &(usize, &BaselineCell)| {
        let mut was = CellRecord::from(*base);
        let mut is = judged[*at].cell.clone();
        was.metrics.retain(|name, _| base.gates(name));
        is.metrics.retain(|name, _| was.metrics.contains_key(name));
        (was, is)
    };
    let pairs = settings.values().map(|cells| cells.iter().map(gated).collect());
    let pairs: Vec<Vec<(CellRecord, CellRecord)>> = pairs.collect();
    let opposed: Vec<PairedCells<'_>> = pairs.iter().map(|pairs| PairedCells::of_pairs(pairs)).collect();
    let groups = settings.values().zip(groups(&opposed, true));
    groups.flat_map(|(cells, group)| shifts(judged, cells, group, tolerance_ppm)).collect()
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
    // If a seed has no loss in the baseline, a loss in the run is not chance.
    let has_new_loss = |figure: &Difference| {
        let is_new = |cell| matches!(both(judged, cell, figure), [Some(0), is] if is > Some(0));
        oracle::is_of_check(&figure.metric) && cells.iter().any(is_new)
    };
    let mut worst = None;
    // Reports only one statistic per metric: the one that users ask for first.
    let mut said = BTreeSet::new();
    for figure in group.differences {
        let may_exceed = figure.change_ppm.is_none_or(|ppm| ppm.unsigned_abs() > tolerance_ppm);
        let may_be_worse = may_exceed && figure.is_worse_or_unclear();
        let metric = figure.metric.clone();
        let shift = match figure.finding {
            _ if figure.one_sided => Shift::OneSided(figure),
            finding
                if has_new_loss(&figure) || finding == Finding::Worse && figure.exceeds(tolerance_ppm) =>
            {
                let worst = Worst::of(judged, cells, &figure);
                Shift::Worse(figure, worst)
            }
            Finding::Unclear if may_be_worse && figure.cells < PAIRS_MIN => Shift::TooFew(figure),
            Finding::Worse | Finding::Unclear if may_be_worse => Shift::Perhaps(figure),
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

fn both(judged: &[Judged], (at, base): &(usize, &BaselineCell), figure: &Difference) -> [Option<u64>; 2] {
    let was = base.metrics.get(figure.metric.as_str()).and_then(|of| of.stat(figure.stat));
    [was, judged[*at].cell.stat(&figure.metric, figure.stat)]
}

impl Worst {
    fn of(judged: &[Judged], cells: &[(usize, &BaselineCell)], figure: &Difference) -> Worst {
        let by = |cell: &&(usize, &BaselineCell)| {
            let [was, is] = both(judged, cell, figure).map(Option::unwrap_or_default);
            let (more, of) = if figure.better == Better::Higher { (was, is) } else { (is, was) };
            // An increase from 0 counts as larger than any other increase.
            let scale = if of == 0 { u128::from(u64::MAX) } else { 1_000_000 };
            u128::from(more) * scale / u128::from(of.max(1))
        };
        // Of several equal cells, the first one counts.
        let at = cells.iter().rev().max_by_key(by).map_or(cells[0].0, |(at, _)| *at);
        let seeds = cells.iter().filter(|cell| by(cell) > 1_000_000).count();
        Worst { seeds, seed: judged[at].cell.seed.clone(), at }
    }
}
