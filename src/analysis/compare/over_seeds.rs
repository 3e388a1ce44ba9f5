//! Cells held against a baseline over their seeds: what all of them say, and not one.

use std::collections::{BTreeMap, BTreeSet};

use super::difference::{Difference, Finding, Group, groups};
use super::pairing::Opposed;
use super::side::Measured;
use crate::metrics::{Better, human};
use crate::record::{BaselineCell, Exit, Judged, Standard, counterpart, weight};
use crate::stats::PAIRS_MIN;

/// Fails the seeds of a setting by what the baseline gates and is worse by more than
/// `tolerance_ppm`, as paired differences say: one cell for all, the one in which the first such
/// figure is worst. `wanted` gives what the scenario of this digest wants gated. What cannot be
/// compared, or judged from so few seeds, fails with [`Exit::NoBaseline`]. Gives in words what
/// changed otherwise.
pub fn hold_over_seeds<'w>(
    judged: &mut [Judged],
    wanted: impl Fn(&str) -> &'w [String],
    standard: Standard<'_>,
    tolerance_ppm: u64,
) -> Vec<String> {
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
    let mut told = Vec::new();
    for (cells, group) in settings.values().zip(groups(&opposed, true)) {
        hold(judged, cells, &group, standard, tolerance_ppm, &mut told);
    }
    told
}

/// Both sides of a pair, with what the baseline gates alone.
fn gated_of(base: &BaselineCell, judged: &Judged) -> (Measured, Measured) {
    let [mut was, mut is] = [Measured::from(base), Measured::from(&judged.cell)];
    was.metrics.retain(|name, _| base.gates(name));
    is.metrics.retain(|name, _| was.metrics.contains_key(name));
    (was, is)
}

fn hold(
    judged: &mut [Judged],
    cells: &[(usize, &BaselineCell)],
    group: &Group,
    standard: Standard<'_>,
    tolerance_ppm: u64,
    told: &mut Vec<String>,
) {
    let name = standard.name;
    let first = cells[0].0;
    let lacks = group.missing.iter().map(|missing| format!("this run has no seed {missing}"));
    for unlike in lacks.chain(group.unlike.iter().cloned()) {
        let text = format!("not comparable with baseline {name}: {unlike}{}", standard.accept(""));
        judged[first].fail(Exit::NoBaseline, text);
    }
    let mut worst = None;
    // Of a metric one statistic is told, that which users ask for first.
    let mut figures: Vec<&Difference> = group.differences.iter().collect();
    figures.sort_by_key(|figure| (weight(&figure.metric), &figure.metric, figure.stat != "p95"));
    let mut said = BTreeSet::new();
    for figure in figures {
        let (metric, seeds) = (&figure.metric, human::count(figure.cells as u64, "seed"));
        let exceeds = figure.exceeds(tolerance_ppm);
        let may_exceed = figure.change_ppm.is_none_or(|ppm| ppm.unsigned_abs() > tolerance_ppm);
        let (exit, text) = match figure.finding {
            _ if figure.one_sided => {
                let text = format!("baseline {name} or this run has nothing of {metric}");
                (Exit::NoBaseline, format!("not comparable: {text}{}", standard.accept("")))
            }
            Finding::Worse if exceeds => {
                (Exit::Regression, format!("baseline {name}: {} over {seeds}", figure_told(figure)))
            }
            Finding::Unclear if may_exceed && figure.cells < PAIRS_MIN && figure.is_for_the_worse() => {
                let why = format!("fewer than {PAIRS_MIN} do not rule out chance: --seeds 1..=8 in both");
                (Exit::NoBaseline, format!("baseline {name}: {} over {seeds}; {why}", figure_told(figure)))
            }
            Finding::Unclear | Finding::Same => continue,
            finding => {
                let word = if finding == Finding::Worse { "tolerated" } else { "no failure" };
                (Exit::Success, format!("{word}: {} over {seeds}", figure_told(figure)))
            }
        };
        if !said.insert((metric, exit.code())) {
            continue;
        }
        match exit {
            Exit::Success => told.push(text),
            Exit::Regression => {
                let at = *worst.get_or_insert_with(|| worst_of(judged, cells, figure));
                judged[at].fail(exit, text);
            }
            _ => judged[first].fail(exit, text),
        }
    }
}

/// The cell in which a figure is worst beside the baseline's.
fn worst_of(judged: &[Judged], cells: &[(usize, &BaselineCell)], figure: &Difference) -> usize {
    let by = |(at, base): &&(usize, &BaselineCell)| {
        let of =
            |metrics: &crate::record::CellFigures| metrics.get(figure.metric.as_str())?.stat(figure.stat);
        let (was, is) = (of(&base.metrics).unwrap_or(0), of(&judged[*at].cell.metrics).unwrap_or(0));
        let (more, of) = if figure.better == Better::Higher { (was, is) } else { (is, was) };
        u128::from(more) * 1_000_000 / u128::from(of.max(1))
    };
    // Of several the first.
    cells.iter().rev().max_by_key(by).map_or(cells[0].0, |(at, _)| *at)
}

/// `engine.rows.rate is worse: 27.8 rows/s → 26.1 rows/s (−7.0 % to −5.1 %)`.
fn figure_told(figure: &Difference) -> String {
    let word = match figure.finding {
        Finding::Better => "better",
        Finding::Changed => "changed",
        _ => "worse",
    };
    let stat = if figure.stat == "value" { String::new() } else { format!(" {}", figure.stat) };
    let shown =
        |mean: Option<f64>| mean.map_or_else(|| "nothing".to_owned(), |m| human::mean(figure.unit, m));
    let [was, is] = match figure.means {
        [Some(was), Some(is)] => human::means_apart(figure.unit, was, is),
        means => means.map(shown),
    };
    let change = match (figure.interval_ppm, figure.change_ppm) {
        (Some((low, high)), _) if low != high => {
            format!(" ({} to {})", human::percent(low), human::percent(high))
        }
        (_, Some(change)) => format!(" ({})", human::percent(change)),
        _ => String::new(),
    };
    format!("{}{stat} is {word}: {was} → {is}{change}", figure.metric)
}
