//! `matrix conflicts`: every kind of conflict under every policy, for every way to find conflicts.

use super::args::{ConflictsArgs, ConflictsFormat, Selection};
use super::console::Console;
use super::refusal::Refusal;
use super::run::{self, Order};
use super::shard::{self, Cells};
use super::sources;
use crate::base::Word as _;
use crate::campaign::Runner;
use crate::engine::{Detect, Policy};
use crate::record::{CellRecord, Exit, Judged, Reason};
use crate::render::conflicts::{self, ConflictLine, Conflicts};
use crate::scenario::{CONFLICTS_EXPECTED, Document, Plan};

const POLICY: &str = "engine.conflict.policy";
const WRITES: &str = "backend.writes";
const DETECT: &str = "engine.conflict.detect";

/// What backend a policy meets: one that takes what arrives, if nothing is checked on the device.
fn writes(policy: &str) -> &'static str {
    if policy == "none" { "blind" } else { "checked" }
}

const TOLD: usize = 10;
const EXPECTED: &str = "scenarios/conflicts/matrix/expected.csv";

pub(super) fn conflicts(
    args: &ConflictsArgs,
    runner: &dyn Runner,
    console: &mut Console<'_>,
) -> anyhow::Result<Exit> {
    let plans = plans(runner)?;
    let right = Conflicts::of_csv(CONFLICTS_EXPECTED)?;
    let hold = |judged: &mut [Judged]| {
        let lines = judged.iter().filter_map(|judged| line_of(&judged.cell)).collect();
        conflicts::hold(judged, lines, &right);
    };
    let order = Order { matrix: true, held: Some(&hold), ..Order::of(&args.place, &args.work) };
    let cells = Cells::of(&plans, false);
    if let Some(exit) = shard::instead(&args.place, &args.work, &cells, runner, console)? {
        return Ok(exit);
    }
    let ran = run::carry_out(&plans, &order, runner, console)?;
    let table = Conflicts::new(ran.record.cells.iter().filter_map(line_of).collect());
    let place = ran.place_line();
    match args.format {
        ConflictsFormat::Human if console.quiet() => console.result(&place),
        ConflictsFormat::Human => console.result(&format!("{}\n{place}", table.story())),
        ConflictsFormat::Md => console.result(&table.to_markdown()),
        ConflictsFormat::Json => console.result(&table.to_json()),
        ConflictsFormat::Csv => console.result(&table.to_csv()),
    }
    let ended = ran.close(console);
    let all = table.lines().len();
    let wrong: Vec<(&str, &str)> = ran.record.cells.iter().filter_map(unexpected).collect();
    match wrong.len() {
        0 if ended == Exit::Success => console.remark(&format!("all {all} cells are as {EXPECTED} says\n")),
        0 => {}
        n => console.remark(&format!("{n} of {all} cells are not as {EXPECTED} says\n")),
    }
    for (cell, why) in wrong.iter().take(TOLD) {
        console.complaint(&format!("{cell}: {why}\n"));
    }
    if let Some(more) = wrong.len().checked_sub(TOLD).filter(|more| *more > 0) {
        console.complaint(&format!("… and {more} more: --format csv has all, for {EXPECTED}\n"));
    }
    Ok(ended)
}

/// A cell that is not as the table says, and in what.
fn unexpected(cell: &CellRecord) -> Option<(&str, &str)> {
    let why = cell.reasons.iter().find_map(|reason| match reason {
        Reason::Unexpected { text } => Some(text),
        _ => None,
    });
    Some((&cell.id, why?))
}

/// A world's cells, in both orders, of a setting.
fn plans(runner: &dyn Runner) -> anyhow::Result<Vec<Plan>> {
    let mut plans = Vec::new();
    for (detect, policy) in Detect::WORDS.iter().flat_map(|way| Policy::WORDS.iter().map(move |p| (way, p))) {
        for document in Document::conflicts() {
            let one = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
            let axes = vec![one(DETECT, detect), one(POLICY, policy), one(WRITES, writes(policy))];
            let cells = sources::with(&document, &Selection::default(), axes, runner);
            plans.extend(cells.map_err(|why| Refusal::because(Exit::Internal, why))?);
        }
    }
    Ok(plans)
}

fn line_of(cell: &CellRecord) -> Option<ConflictLine> {
    let axis = |key: &str| cell.axes.get(key)?.as_str();
    Some(ConflictLine::of(cell, axis(DETECT)?, axis(POLICY)?))
}
