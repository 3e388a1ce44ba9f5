//! Makes plans from the axes of a sweep. A plan describes one cell (one simulation).
//!
//! Noise is the random difference between seeds.

use std::collections::BTreeMap;

use super::args::{Grid, Selection, count};
use super::console::Console;
use super::parsed::SEED_MAX;
use super::refusal::Refusal;
use super::sources::{self, Values};
use crate::campaign::{Axis, CELLS_MAX};
use crate::scenario::Plan;

/// The default number of seeds, starting with the scenario's own. Fewer seeds do not show the
/// noise.
const SEEDS: u64 = 8;
pub(super) const SEED: &str = "seed";

/// The plans for all combinations of the axes' values, with the same seeds. Errors are found on the
/// first combination, so they are reported once. A grid that is too large is an error.
pub(super) fn plans(grid: &Grid, console: &Console<'_>) -> anyhow::Result<Vec<Plan>> {
    let Grid { selection, axis: axes } = grid;
    if axes.is_empty() {
        return sources::plans(selection, console);
    }
    if axes.iter().any(|axis| axis.key == SEED) && selection.seeds().is_some() {
        return Err(Refusal::usage("--axis seed=… and --seeds both set the seeds: use one of them"));
    }
    let documents = sources::documents(&selection.paths, console)?;
    let first = axes.iter().map(|axis| (axis.key.clone(), vec![axis.values[0].clone()])).collect();
    let corner = sources::combined(&documents, &selection.seedless(), first, console)?;
    for document in &documents {
        sources::refuse_overlap(document, selection, values(axes))?;
    }
    refuse_alike(&corner, axes)?;
    let selection = seeded(selection, axes, &corner[0]);
    let points = axes.iter().map(|axis| axis.values.len() as u128).fold(1, u128::saturating_mul);
    let cells = points.saturating_mul(corner.len() as u128).saturating_mul(count(selection.seeds()));
    if cells > CELLS_MAX {
        return Err(sources::too_large("the grid", cells));
    }
    let plans = sources::combined(&documents, &selection, values(axes), console)?;
    axes.iter().try_for_each(|axis| refuse_same(axis, &plans))?;
    Ok(plans)
}

/// Refuses two values of an axis with the same effect, such as `60s` and `1m`.
fn refuse_same(axis: &Axis, plans: &[Plan]) -> anyhow::Result<()> {
    let mut digests: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    for (plan, value) in plans.iter().filter_map(|plan| Some((plan, plan.source.axes.get(&axis.key)?))) {
        digests.entry(value).or_default().push(&plan.source.digest);
    }
    let mut seen = BTreeMap::new();
    let same = digests.into_iter().find_map(|(value, all)| Some((seen.insert(all, value)?, value)));
    let Some((one, other)) = same.filter(|_| axis.key != SEED) else { return Ok(()) };
    let text = format!("{one} and {other} give the same value of `{}`: use one of them", axis.key);
    Err(Refusal::usage(text))
}

pub(super) fn values(axes: &[Axis]) -> Values {
    axes.iter().map(|axis| (axis.key.clone(), axis.values.clone())).collect()
}

/// Refuses variants that the axes make equal, because their results would be equal, too.
fn refuse_alike(corner: &[Plan], axes: &[Axis]) -> anyhow::Result<()> {
    for (i, plan) in corner.iter().enumerate() {
        let same = |other: &&Plan| {
            (&other.source.path, &other.source.digest) == (&plan.source.path, &plan.source.digest)
        };
        let Some(other) = corner[..i].iter().find(same) else { continue };
        let name = |plan: &Plan| plan.source.variant.clone().unwrap_or_else(|| plan.source.scenario.clone());
        let keys: Vec<&str> = axes.iter().map(|axis| axis.key.as_str()).collect();
        let (one, two, keys) = (name(other), name(plan), keys.join("` and `"));
        return Err(Refusal::usage(format!(
            "variants `{one}` and `{two}` differ only in `{keys}`, which the axis sets: to sweep one \
             of them, add --variant {one}"
        )));
    }
    Ok(())
}

fn seeded(selection: &Selection, axes: &[Axis], corner: &Plan) -> Selection {
    if selection.seeds().is_some() || axes.iter().any(|axis| axis.key == SEED) {
        return selection.clone();
    }
    let first = corner.seed.0;
    let seeds = Some(first..=first.saturating_add(SEEDS - 1).min(SEED_MAX));
    Selection { seeds, ..selection.clone() }
}
