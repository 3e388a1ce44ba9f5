//! `sweep`: a grid of settings, and which of them is best.

use std::collections::BTreeSet;

use super::args::{SweepArgs, SweepFormat};
use super::console::Console;
use super::refusal::Refusal;
use super::run::Order;
use super::{grid, run};
use crate::campaign::Runner;
use crate::report::sweep::Sweep;
use crate::report::{self, Exit, SweepRecord};

/// Runs `sweep`.
pub(super) fn sweep(
    args: &SweepArgs,
    runner: &dyn Runner,
    console: &mut Console<'_>,
) -> anyhow::Result<Exit> {
    if args.grid.axis.is_empty() {
        let example = "such as --axis engine.pull.chunk_rows=16..8192*2";
        return Err(Refusal::usage(format!("a sweep needs an axis, {example}")));
    }
    let plans = grid::plans(&args.grid, runner, console)?;
    let scenarios: BTreeSet<&str> = plans.iter().map(|plan| plan.scenario.as_str()).collect();
    if scenarios.len() > 1 {
        return Err(Refusal::usage(format!("a sweep is of one scenario, not of {}", scenarios.len())));
    }
    let objective = args.metric.clone().unwrap_or_default();
    let axes = grid::values(&args.grid.axis);
    let told = SweepRecord::new(&axes, &objective);
    let order =
        Order { out: args.out.as_deref(), work: &args.work, twice: false, baseline: None, sweep: Some(told) };
    let ran = run::carry_out(&plans, &order, runner, console)?;
    let sweep = Sweep::new(&ran.record, &axes, objective);
    let last = report::last_lines(&ran.record, &ran.folder);
    match args.format {
        SweepFormat::Human => {
            let headline = report::headline(&ran.record, console.out_paint());
            let notes: String = ran.record.notes.iter().map(|note| format!("note: {note}\n")).collect();
            console.result(&format!("{headline}\n{}\n{notes}{last}", sweep.story()));
        }
        SweepFormat::Json => {
            console.result(&sweep.to_json());
            console.remark(&last);
        }
        SweepFormat::Csv => {
            console.result(&sweep.to_csv());
            console.remark(&last);
        }
    }
    Ok(ran.close(console))
}
