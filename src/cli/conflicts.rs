//! `matrix conflicts`: every kind of conflict under every policy, for every way to find conflicts;
//! `matrix wire`: every format with every packer, over four links, in chunks of several sizes.

use super::args::{ConflictsArgs, ConflictsFormat, Selection};
use super::console::{Console, few};
use super::refusal::Refusal;
use super::run::{self, Order};
use super::sources::{self, Values};
use crate::analysis::Asks;
use crate::base::Word as _;
use crate::engine::{Detect, Policy};
use crate::protocol::{NAMES, Packing};
use crate::record::{CellRecord, Exit, Judged, Reason};
use crate::render::conflicts::{self, ConflictLine, Conflicts};
use crate::render::wire::{Wire, WireLine};
use crate::scenario::{CONFLICTS_EXPECTED, Document, Plan};

const POLICY: &str = "engine.conflict.policy";
const WRITES: &str = "backend.writes";
const DETECT: &str = "engine.conflict.detect";
const EXPECTED: &str = "scenarios/conflicts/matrix/expected.csv";

const FORMAT: &str = "engine.codec";
const PACKED: &str = "engine.compression";
const CHUNK: &str = "engine.pull.chunk_rows";
/// Rows; the last is more than there are.
const CHUNKS: [&str; 4] = ["60", "250", "500", "2000"];

pub(super) fn conflicts(args: &ConflictsArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    // Where nothing is checked on the device the backend takes what arrives.
    let writes = |policy: &str| if policy == "none" { "blind" } else { "checked" };
    let setting = |detect: &str, policy: &str| {
        vec![one(DETECT, detect), one(POLICY, policy), one(WRITES, writes(policy))]
    };
    let settings =
        Detect::WORDS.iter().flat_map(|way| Policy::WORDS.iter().map(move |policy| setting(way, policy)));
    let plans = plans(&Document::conflicts(), settings, console)?;
    let right = Conflicts::of_csv(CONFLICTS_EXPECTED)?;
    let table = |judged: &[Judged]| {
        let lines = judged.iter().filter_map(|judged| conflict(&judged.cell)).collect();
        conflicts::unexpected(judged.len(), lines, &right)
    };
    let order = Order { asks: Asks::Matrix, table: Some(&table), ..Order::of(&args.place, &args.work) };
    run::carry_out(&plans, &order, console, |ran, console| {
        let table = Conflicts::new(ran.record.cells.iter().filter_map(conflict).collect());
        let place = ran.place_line();
        console.result(&match args.format {
            ConflictsFormat::Human if console.voice.quiet => place,
            ConflictsFormat::Human => format!("{}\n{place}", table.story()),
            ConflictsFormat::Md => table.to_markdown(),
            ConflictsFormat::Json => table.to_json(),
            ConflictsFormat::Csv => table.to_csv(),
        });
        let all = table.0.len();
        let wrong: Vec<String> = ran.record.cells.iter().filter_map(unexpected).collect();
        match wrong.len() {
            0 if ran.record.exit_code == Exit::Success.code() => {
                console.remark(&format!("all {all} cells are as {EXPECTED} says\n"));
            }
            0 => {}
            n => console.remark(&format!("{n} of {all} cells are not as {EXPECTED} says\n")),
        }
        console.complaint(&few(wrong, &format!(": --format csv has all, for {EXPECTED}")));
    })
}

pub(super) fn wire(args: &ConflictsArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let chunks = CHUNKS.map(str::to_owned).to_vec();
    let setting = |format: &str, packed: &str| {
        vec![one(FORMAT, format), one(PACKED, packed), (CHUNK.to_owned(), chunks.clone())]
    };
    let settings = NAMES.iter().flat_map(|format| Packing::WORDS.iter().map(move |packed| (format, packed)));
    let settings = settings.map(|(format, packed)| setting(format, packed));
    let plans = plans(&Document::wire(), settings, console)?;
    let order = Order { asks: Asks::Matrix, ..Order::of(&args.place, &args.work) };
    run::carry_out(&plans, &order, console, |ran, console| {
        let table = Wire::new(ran.record.cells.iter().filter_map(wired).collect());
        console.result(&match args.format {
            ConflictsFormat::Human => format!("{}\n{}", table.story(), ran.place_line()),
            ConflictsFormat::Md => table.to_markdown(),
            ConflictsFormat::Json => table.to_json(),
            ConflictsFormat::Csv => table.to_csv(),
        });
    })
}

fn one(key: &str, value: &str) -> (String, Vec<String>) {
    (key.to_owned(), vec![value.to_owned()])
}

fn plans(
    worlds: &[Document],
    settings: impl Iterator<Item = Values>,
    console: &Console<'_>,
) -> anyhow::Result<Vec<Plan>> {
    let mut plans = Vec::new();
    for axes in settings {
        for world in worlds {
            let cells = sources::with(world, &Selection::default(), axes.clone(), console);
            plans.extend(cells.map_err(|why| Refusal::because(Exit::Internal, why))?);
        }
    }
    Ok(plans)
}

fn unexpected(cell: &CellRecord) -> Option<String> {
    cell.reasons.iter().find_map(|reason| match reason {
        Reason::Unexpected { text } => Some(format!("{}: {text}", cell.id)),
        _ => None,
    })
}

fn axis<'c>(cell: &'c CellRecord, key: &str) -> Option<&'c str> {
    cell.axes.get(key)?.as_str()
}

fn conflict(cell: &CellRecord) -> Option<ConflictLine> {
    Some(ConflictLine::of(cell, axis(cell, DETECT)?, axis(cell, POLICY)?))
}

fn wired(cell: &CellRecord) -> Option<WireLine> {
    let chunk = cell.axes.get(CHUNK)?;
    let chunk = chunk.as_u64().or_else(|| chunk.as_str()?.parse().ok())?;
    Some(WireLine::of(cell, axis(cell, FORMAT)?, axis(cell, PACKED)?, chunk))
}
