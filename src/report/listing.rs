//! Tables that are not of a run's figures: cells with their size, texts by key.

use super::grid::Grid;
use super::human;
use crate::base::Span;

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
