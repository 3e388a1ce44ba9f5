//! `matrix conflicts`: every kind of conflict under every policy, for every way to find conflicts.

use super::args::{ConflictsArgs, ConflictsFormat, Selection};
use super::console::Console;
use super::refusal::Refusal;
use super::run::Order;
use super::{run, sources};
use crate::base::Word as _;
use crate::campaign::Runner;
use crate::engine::{Detect, POLICY_NAMES};
use crate::report::conflicts::{Conflicts, Line};
use crate::report::{CellRecord, Exit};
use crate::scenario::{CONFLICTS_EXPECTED, Document, Plan};

const POLICY: &str = "engine.conflict.policy";
const WRITES: &str = "backend.writes";
const DETECT: &str = "engine.conflict.detect";

/// What backend a policy meets: one that takes what arrives, if nothing is checked on the device.
fn writes(policy: &str) -> &'static str {
    if policy == "none" { "blind" } else { "checked" }
}

/// Cells that are told one by one, of those that are not as expected.
const TOLD: usize = 10;
const EXPECTED: &str = "scenarios/conflicts/matrix/expected.csv";

/// Runs `matrix conflicts`.
pub(super) fn conflicts(
    args: &ConflictsArgs,
    runner: &dyn Runner,
    console: &mut Console<'_>,
) -> anyhow::Result<Exit> {
    console.limit_to(args.work.time_limit);
    let plans = plans(runner)?;
    let order = Order::of_matrix(args.place.as_place(), &args.work);
    let ran = run::carry_out(&plans, &order, runner, console)?;
    let table = Conflicts::new(ran.record.cells.iter().filter_map(line_of).collect());
    let place = ran.place_line();
    match args.format {
        ConflictsFormat::Human => console.result(&format!("{}\n{place}", table.story())),
        ConflictsFormat::Md => console.result(&table.to_markdown()),
        ConflictsFormat::Json => console.result(&table.to_json()),
        ConflictsFormat::Csv => console.result(&table.to_csv()),
    }
    let ended = ran.close(console);
    let right = Conflicts::of_csv(CONFLICTS_EXPECTED)?;
    let wrong = if ran.record.complete { table.differs_from(&right) } else { Vec::new() };
    if ran.record.complete && ended == Exit::Success {
        let (all, n) = (table.lines().len(), wrong.len());
        console.remark(&match n {
            0 => format!("all {all} cells are as {EXPECTED} says\n"),
            n => format!("{n} of {all} cells are not as {EXPECTED} says\n"),
        });
    }
    for cell in wrong.iter().take(TOLD) {
        console.complaint(&format!("not as expected: {cell}\n"));
    }
    if let Some(more) = wrong.len().checked_sub(TOLD).filter(|more| *more > 0) {
        console.complaint(&format!("… and {more} more: --format csv has all, for {EXPECTED}\n"));
    }
    Ok(if ended == Exit::Success && !wrong.is_empty() { Exit::Threshold } else { ended })
}

/// A world's cells, in both orders, of a setting.
fn plans(runner: &dyn Runner) -> anyhow::Result<Vec<Plan>> {
    let mut plans = Vec::new();
    for (detect, policy) in Detect::WORDS.iter().flat_map(|way| POLICY_NAMES.iter().map(move |p| (way, p))) {
        for document in Document::conflicts() {
            let one = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
            let axes = vec![one(DETECT, detect), one(POLICY, policy), one(WRITES, writes(policy))];
            let cells = sources::with(&document, &Selection::default(), axes, runner);
            plans.extend(cells.map_err(|why| Refusal::because(Exit::Internal, why))?);
        }
    }
    Ok(plans)
}

fn line_of(cell: &CellRecord) -> Option<Line> {
    let axis = |key: &str| cell.axes.get(key)?.as_str();
    Some(Line::of(cell, axis(DETECT)?, axis(POLICY)?))
}
