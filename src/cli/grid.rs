//! From axes to plans; and `--filter`: some of the cells that were selected.

use std::collections::BTreeSet;

use super::args::{Grid, SEED_MAX, Selection, count};
use super::console::Console;
use super::refusal::{Refusal, near};
use super::sources::{self, Values};
use crate::campaign::{Axis, CELLS_MAX};
use crate::record::Exit;
use crate::scenario::Plan;

/// Seeds if none are named, from the scenario's own on: fewer say nothing of the noise.
const SEEDS: u64 = 8;
pub(super) const SEED: &str = "seed";

/// What was selected with every combination of the axes' values, under the same seeds. The first is
/// tried alone: what is wrong is then told once, and of a grid that is too large nothing is made.
pub(super) fn plans(grid: &Grid, console: &Console<'_>) -> anyhow::Result<Vec<Plan>> {
    let Grid { selection, axis: axes } = grid;
    if axes.is_empty() {
        return sources::plans(selection, console);
    }
    refuse_twice(axes, selection)?;
    let documents = sources::documents(&selection.paths, console)?;
    let first = axes.iter().map(|axis| (axis.key.clone(), vec![axis.values[0].clone()])).collect();
    let corner = sources::combined(&documents, &selection.seedless(), first, console)?;
    refuse_alike(&corner, axes)?;
    let selection = seeded(selection, axes, &corner[0]);
    let points = axes.iter().map(|axis| axis.values.len() as u128).fold(1, u128::saturating_mul);
    let cells = points.saturating_mul(corner.len() as u128).saturating_mul(count(selection.seeds()));
    if cells > CELLS_MAX {
        return Err(sources::too_large("the grid", cells));
    }
    sources::combined(&documents, &selection, values(axes), console)
}

pub(super) fn values(axes: &[Axis]) -> Values {
    axes.iter().map(|axis| (axis.key.clone(), axis.values.clone())).collect()
}

fn refuse_twice(axes: &[Axis], selection: &Selection) -> anyhow::Result<()> {
    for (i, axis) in axes.iter().enumerate() {
        if axes[..i].iter().any(|other| other.key == axis.key) {
            return Err(Refusal::usage(format!("there are two axes over `{}`", axis.key)));
        }
    }
    let over_seeds = axes.iter().any(|axis| axis.key == SEED);
    if over_seeds && selection.seeds().is_some() {
        return Err(Refusal::usage("both an axis over `seed` and seeds"));
    }
    Ok(())
}

/// Refuses variants that are the same once the axes have their values, as their columns would be.
fn refuse_alike(corner: &[Plan], axes: &[Axis]) -> anyhow::Result<()> {
    for (i, plan) in corner.iter().enumerate() {
        let same = |other: &&Plan| (&other.path, &other.digest) == (&plan.path, &plan.digest);
        let Some(other) = corner[..i].iter().find(same) else { continue };
        let name = |plan: &Plan| plan.variant.clone().unwrap_or_else(|| plan.scenario.clone());
        let keys: Vec<&str> = axes.iter().map(|axis| axis.key.as_str()).collect();
        let (one, two, keys) = (name(other), name(plan), keys.join("` and `"));
        return Err(Refusal::usage(format!(
            "variants `{one}` and `{two}` differ in nothing but `{keys}`, which the axis sets: \
             --variant {one} sweeps one of them"
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

/// The cells that pass; all without a filter. A filter that nothing passes is refused.
pub(super) fn narrowed(plans: Vec<Plan>, filters: &[String]) -> anyhow::Result<Vec<Plan>> {
    let of = |plan: &Plan, filter: &String| {
        passes(std::slice::from_ref(filter), &plan.scenario, plan.variant.as_deref())
    };
    if let Some(filter) = filters.iter().find(|filter| !plans.iter().any(|plan| of(plan, filter))) {
        let names = plans.iter().flat_map(|plan| [Some(&*plan.scenario), plan.variant.as_deref()]);
        let names: BTreeSet<&str> = names.flatten().flat_map(|name| name.split('-').chain([name])).collect();
        let near = near(filter, names);
        let text = format!("no scenario or variant has `{filter}`{near}");
        return Err(Refusal::because(Exit::Nothing, text));
    }
    let wanted = |plan: &Plan| passes(filters, &plan.scenario, plan.variant.as_deref());
    Ok(plans.into_iter().filter(wanted).collect())
}

/// A pattern is all of the scenario's name, the variant's or both with a dot; a text a part of these.
pub(super) fn passes(filters: &[String], scenario: &str, variant: Option<&str>) -> bool {
    let whole = variant.map_or_else(|| scenario.to_owned(), |variant| format!("{scenario}.{variant}"));
    let passes = |filter: &String| match filter.contains(['*', '?']) {
        true => {
            [Some(scenario), variant, Some(&*whole)].into_iter().flatten().any(|name| is_like(name, filter))
        }
        false => whole.contains(filter.as_str()),
    };
    filters.is_empty() || filters.iter().any(passes)
}

/// Whether a name is like a pattern: `*` stands for any letters, `?` for one.
fn is_like(name: &str, pattern: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    // Which beginnings of the name are like what of the pattern was read.
    let mut like: Vec<bool> = (0..=name.len()).map(|n| n == 0).collect();
    for letter in pattern.chars() {
        let longer = (0..=name.len()).map(|n| match letter {
            '*' => like[..=n].contains(&true),
            _ => n > 0 && like[n - 1] && (letter == '?' || letter == name[n - 1]),
        });
        like = longer.collect();
    }
    like[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_part_of_the_name_and_a_pattern_all_of_it() {
        let passes = |filter: &str, variant| passes(&[filter.to_owned()], "chaos-days", variant);
        for filter in ["chaos", "days.three", "chaos-*", "t?ree", "*.three", "*"] {
            assert!(passes(filter, Some("three")), "{filter}");
        }
        for filter in ["chaos?", "hre*", "?chaos-days", "*.four", "Chaos"] {
            assert!(!passes(filter, Some("three")), "{filter}");
        }
        assert!(!passes("*.*", None), "it has no variant");
    }
}
