//! Tables that are not of a run's figures: cells with their size, texts by key.

use super::grid::Grid;
use crate::analysis::grouped;
use crate::base::Span;
use crate::metrics::human;

/// How large a cell is, as far as that is known before it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellSize {
    pub cell: String,
    pub engine: String,
    pub devices: u64,
    pub backend_rows: u64,
    /// Rows that come to devices, before the start or at their first load.
    pub provisioned: u64,
    pub script: Span,
    /// Longest time for draining after it.
    pub drain: Span,
    pub gates: u64,
}

const SEEDS_TOLD: usize = 4;

fn parts(cell: &CellSize) -> Option<(&str, u64)> {
    let (stem, seed) = cell.cell.rsplit_once(".s")?;
    Some((stem, seed.parse().ok()?))
}

fn by_seeds(cells: &[CellSize]) -> Vec<(String, &CellSize)> {
    let groups =
        grouped(cells, |cell| (parts(cell).map_or(cell.cell.as_str(), |(stem, _)| stem), cell.shape()));
    let mut told = Vec::new();
    for ((stem, _), group) in groups {
        let seeds = group.iter().filter_map(|cell| Some(parts(cell)?.1));
        match seeds.clone().min().zip(seeds.max()) {
            Some((first, last)) if group.len() >= SEEDS_TOLD => {
                let cells = human::count(group.len() as u64, "cell");
                told.push((format!("{stem}.s{first} to s{last}, {cells}"), group[0]));
            }
            _ => told.extend(group.into_iter().map(|cell| (cell.cell.clone(), cell))),
        }
    }
    told
}

impl CellSize {
    fn shape(&self) -> (&str, [u64; 6]) {
        let CellSize { devices, provisioned, backend_rows, script, drain, gates, .. } = self;
        (&self.engine, [*devices, *provisioned, *backend_rows, script.0, drain.0, *gates])
    }
}

pub fn sizes(cells: &[CellSize]) -> String {
    let mut grid = Grid::new(
        2,
        ["cell", "engine", "devices", "backend rows", "rows on devices", "script", "drain at most", "gates"],
    );
    for (name, cell) in by_seeds(cells) {
        grid.row([
            name,
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

pub fn texts<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut grid = Grid::new(N, header);
    rows.into_iter().for_each(|row| grid.row(row));
    grid.terminal("  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    #[test]
    fn cells_that_differ_in_their_seed_alone_have_one_line() {
        let cell = |name: String, devices| CellSize {
            cell: name,
            engine: "builtin".to_owned(),
            devices,
            provisioned: 5,
            backend_rows: 7,
            script: Span::secs(60),
            drain: Span::secs(60),
            gates: 0,
        };
        let mut cells: Vec<_> = (1..=200).map(|seed| cell(format!("c.v.s{seed}"), 3)).collect();
        cells.extend([cell("c.w.s1".to_owned(), 3), cell("c.v.s201".to_owned(), 4)]);
        insta::assert_snapshot!(sizes(&cells));
    }
}
