//! Tables that are not of one run's figures: requirements with what shows them, cells with their size, texts by key.

use std::collections::{BTreeMap, BTreeSet};

use super::grid::Grid;
use super::human;
use super::record::{CellRecord, RunRecord, Verdict};
use super::table;
use crate::base::Span;
use crate::metrics::Unit;

/// The requirements that a scenario says it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// The scenario.
    pub scenario: String,
    /// The ids, such as `R24`.
    pub ids: Vec<String>,
}

/// How large a cell is, as far as that is known before it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellSize {
    /// The cell.
    pub cell: String,
    /// The engine's registered name.
    pub engine: String,
    /// Devices of all fleets.
    pub devices: u64,
    /// Rows on the backend at the start.
    pub backend_rows: u64,
    /// Rows that come to devices, before the start or at their first load.
    pub provisioned: u64,
    /// Length of the script.
    pub script: Span,
    /// Longest time for draining after it.
    pub drain: Span,
    /// Its gates.
    pub gates: u64,
}

/// `COVERAGE.md`: each requirement with the scenarios that show it, their variants, and the numbers that their expectations and gates
/// are about.
pub fn coverage(covered: &[Covered], record: &RunRecord) -> String {
    let mut by_id: BTreeMap<(u64, &str), Vec<&str>> = BTreeMap::new();
    for Covered { scenario, ids } in covered {
        for id in ids {
            by_id.entry((number_in(id), id)).or_default().push(scenario);
        }
    }
    let mut grid = Grid::new(5, ["id", "scenario", "variant", "verdict", "shows"]);
    for ((_, id), scenarios) in by_id {
        for scenario in scenarios {
            for cell in record.cells.iter().filter(|cell| cell.scenario == scenario) {
                let variant = cell.variant.clone().unwrap_or_default();
                let verdict = if cell.verdict == Verdict::Pass { "pass" } else { "FAIL" };
                grid.row([id, scenario, &variant, verdict, &shown(record, cell)]);
            }
        }
    }
    let head = "# What the scenarios show\n\nWritten by `syncdyno coverage`; every number is simulated and comes out the same on every machine.\n\n";
    format!("{head}{}", grid.markdown())
}

/// What a cell had to show and did: the violations it expects, the figures that any variant of its scenario speaks of, its gates.
fn shown(record: &RunRecord, cell: &CellRecord) -> String {
    let violations = cell.expectations.iter().filter_map(|e| {
        let check = e.what.strip_prefix("violation ")?;
        Some(if e.pass { format!("{check} happens") } else { format!("{check} does NOT happen") })
    });
    let siblings = record.cells.iter().filter(|other| other.scenario == cell.scenario);
    let spoken_of: BTreeSet<&str> =
        siblings.flat_map(|other| &other.expectations).map(|e| e.what.as_str()).collect();
    let figures = spoken_of.iter().filter_map(|what| {
        let (name, stat) = match cell.metrics.get(*what) {
            Some(_) => (*what, "value"),
            None => what.rsplit_once('.')?,
        };
        let figure = cell.metrics.get(name)?;
        let unit = if stat == "count" { Unit::Count } else { figure.unit() };
        Some(format!("{what} {}", human::figure(unit, figure.stat(stat)?)))
    });
    let gates = record.gates_of(&cell.id).map(|gate| {
        let unit = table::unit_of(cell, gate);
        let value = gate.value.map_or_else(|| "–".to_owned(), |n| human::figure(unit, n));
        let stat = if gate.stat == "value" { String::new() } else { format!(" {}", gate.stat) };
        let start = gate.start.as_ref().map_or_else(String::new, |start| format!("@{start}"));
        format!("{}{start}{stat} {value} ({})", gate.metric, human::bound(unit, gate.min, gate.max))
    });
    violations.chain(figures).chain(gates).collect::<Vec<_>>().join("; ")
}

/// `R9` comes before `R10`.
fn number_in(id: &str) -> u64 {
    let digits: String = id.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(u64::MAX)
}

/// A table of the cells that are going to run, and what they come to together.
pub fn sizes(cells: &[CellSize]) -> String {
    let mut grid = Grid::new(
        2,
        ["cell", "engine", "devices", "backend rows", "rows on devices", "script", "drain at most", "gates"],
    );
    for cell in cells {
        grid.row([
            cell.cell.clone(),
            cell.engine.clone(),
            human::thousands(cell.devices),
            human::thousands(cell.backend_rows),
            human::thousands(cell.provisioned),
            human::span(cell.script.0),
            human::span(cell.drain.0),
            cell.gates.to_string(),
        ]);
    }
    let devices = cells.iter().map(|cell| cell.devices).sum();
    let script: u128 = cells.iter().map(|cell| u128::from(cell.script.0)).sum();
    format!(
        "{}\n{}, {}, {} of virtual time before draining\n",
        grid.terminal(""),
        human::count(cells.len() as u64, "cell"),
        human::count(devices, "device"),
        human::total_span(script),
    )
}

/// A table of texts.
pub fn texts<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut grid = Grid::new(N, header);
    rows.into_iter().for_each(|row| grid.row(row));
    grid.terminal("  ")
}
