//! `sweep`: runs a grid of settings, and finds the best one.

use std::collections::BTreeSet;

use super::args::{Grid, SweepArgs, SweepFormat};
use super::console::Console;
use super::refusal::Refusal;
use super::run::{self, Order};
use super::{grid, sources, table};
use crate::analysis::Asks;
use crate::analysis::sweep::{Objective, Sweep};
use crate::record::{AxisRecord, Exit, SweepRecord};
use crate::render;
use crate::render::sweep::Regret;

pub(super) fn sweep(args: &SweepArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    if let Some(chosen) = table::chosen(args, console)? {
        return table::table(args, chosen, console);
    }
    if args.grid.axis.is_empty() {
        let example = "such as --axis engine.pull.chunk_rows=16..8192*2, or a table: --table architectures";
        return Err(Refusal::usage(format!("a sweep needs an axis, {example}")));
    }
    if args.format == SweepFormat::Md {
        return Err(Refusal::usage("--format md is for a table: name a table with --table"));
    }
    let mut plans = grid::plans(&args.grid, console)?;
    let reference = reference(args)?;
    if let Some(reference) = &reference {
        plans.extend(grid::plans(reference, console)?);
    }
    let scenarios: BTreeSet<&str> = plans.iter().map(|plan| plan.source.scenario.as_str()).collect();
    if scenarios.len() > 1 {
        return Err(Refusal::usage(format!(
            "a sweep needs one scenario, but {} are given: name one file",
            scenarios.len()
        )));
    }
    let objective = args.metric.clone().unwrap_or_else(|| Objective::of_axis(&args.grid.axis[0].key));
    let axes = |grid: &Grid| -> Vec<AxisRecord> {
        let of = |(key, values)| AxisRecord { key, values };
        grid::values(&grid.axis).into_iter().map(of).collect()
    };
    let against = reference.as_ref().map(|reference| axes(reference).swap_remove(0));
    let told = SweepRecord { objective: objective.name(), axes: axes(&args.grid), against };
    let order = Order { asks: Asks::Sweep(&told), ..Order::of(&args.place, &args.work) };
    sources::remark_on(&plans, console);
    run::carry_out(&plans, &order, console, |ran, console| {
        let swept = |grid: &Grid| Sweep::new(&ran.record, &axes(grid), objective.clone());
        let sweep = swept(&args.grid);
        let regret = reference.as_ref().map(|reference| Regret::new(&sweep, &swept(reference)));
        let last = ran.last_lines();
        match args.format {
            SweepFormat::Human if console.voice.quiet => {
                console.result(&run::in_short(&ran.record, &last, console));
            }
            SweepFormat::Human => {
                let headline = render::headline(&ran.record, console.out_paint());
                let notes = render::notes(&ran.record, console.out_paint());
                let story = regret.map_or_else(|| sweep.story(), |regret| regret.story());
                console.result(&format!("{headline}\n{story}\n{notes}{last}"));
            }
            SweepFormat::Json => {
                console.result(&regret.map_or_else(|| sweep.to_json(), |regret| regret.to_json()));
                console.remark(&last);
            }
            SweepFormat::Csv | SweepFormat::Md => {
                console.result(&regret.map_or_else(|| sweep.to_csv(), |regret| regret.to_csv()));
                console.remark(&last);
            }
        }
        run::note_unchecked_claims(&plans, console);
    })
}

/// The sweep to compare with, which has another key as its first axis. `None` without `--against`.
fn reference(args: &SweepArgs) -> anyhow::Result<Option<Grid>> {
    let Some(against) = &args.against else { return Ok(None) };
    let mut reference = args.grid.clone();
    if reference.axis.iter().any(|axis| axis.key == against.key) {
        let text = format!(
            "`{}` is both an axis and the key of --against: use another key for one of them",
            against.key
        );
        return Err(Refusal::usage(text));
    }
    reference.axis[0] = against.clone();
    Ok(Some(reference))
}
