//! `matrix wire`: every format with every packer, over four links, in chunks of several sizes.

use super::args::{ConflictsArgs, ConflictsFormat, Selection};
use super::console::Console;
use super::refusal::Refusal;
use super::run::{self, Order};
use super::shard::{self, Cells};
use super::sources;
use crate::base::Word as _;
use crate::campaign::Runner;
use crate::protocol::{NAMES, Packing};
use crate::record::{CellRecord, Exit};
use crate::render::wire::{Wire, WireLine};
use crate::scenario::{Document, Plan};

const FORMAT: &str = "engine.codec";
const PACKED: &str = "engine.compression";
const CHUNK: &str = "engine.pull.chunk_rows";
/// Rows; the last is more than there are.
const CHUNKS: [&str; 4] = ["60", "250", "500", "2000"];

pub(super) fn wire(
    args: &ConflictsArgs,
    runner: &dyn Runner,
    console: &mut Console<'_>,
) -> anyhow::Result<Exit> {
    let order = Order { matrix: true, ..Order::of(&args.place, &args.work) };
    let plans = plans(runner)?;
    let cells = Cells::of(&plans, false);
    if let Some(exit) = shard::instead(&args.place, &args.work, &cells, runner, console)? {
        return Ok(exit);
    }
    let ran = run::carry_out(&plans, &order, runner, console)?;
    let table = Wire::new(ran.record.cells.iter().filter_map(line_of).collect());
    match args.format {
        ConflictsFormat::Human => console.result(&format!("{}\n{}", table.story(), ran.place_line())),
        ConflictsFormat::Md => console.result(&table.to_markdown()),
        ConflictsFormat::Json => console.result(&table.to_json()),
        ConflictsFormat::Csv => console.result(&table.to_csv()),
    }
    Ok(ran.close(console))
}

/// The cells of each format and packer in each world.
fn plans(runner: &dyn Runner) -> anyhow::Result<Vec<Plan>> {
    let mut plans = Vec::new();
    for (format, packed) in NAMES.iter().flat_map(|f| Packing::WORDS.iter().map(move |p| (f, p))) {
        for document in Document::wire() {
            let one = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
            let chunks = CHUNKS.map(str::to_owned).to_vec();
            let axes = vec![one(FORMAT, format), one(PACKED, packed), (CHUNK.to_owned(), chunks)];
            let cells = sources::with(&document, &Selection::default(), axes, runner);
            plans.extend(cells.map_err(|why| Refusal::because(Exit::Internal, why))?);
        }
    }
    Ok(plans)
}

fn line_of(cell: &CellRecord) -> Option<WireLine> {
    let axis = |key: &str| cell.axes.get(key)?.as_str();
    let chunk = cell.axes.get(CHUNK)?;
    let chunk = chunk.as_u64().or_else(|| chunk.as_str()?.parse().ok())?;
    Some(WireLine::of(cell, axis(FORMAT)?, axis(PACKED)?, chunk))
}
