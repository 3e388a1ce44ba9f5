//! Tables without figures: cells (single simulations) with their size, and texts by key.

use super::grid::Grid;
use crate::analysis::grouped;
use crate::metrics::human;
use crate::scenario::{Cost, Plan};

/// A cell: its id, its plan, and its estimated work.
type Sized<'a> = (&'a str, &'a Plan, &'a Cost);

const SEEDS_TOLD: usize = 4;

fn parts(id: &str) -> Option<(&str, u64)> {
    let (stem, seed) = id.rsplit_once(".s")?;
    Some((stem, seed.parse().ok()?))
}

fn by_seeds<'a>(cells: &[Sized<'a>]) -> Vec<(String, Sized<'a>)> {
    let shape = |(_, plan, cost): &Sized<'a>| {
        let sizes = [cost.devices, cost.provisioned, cost.backend_rows, plan.duration.0, plan.drain.0];
        (plan.engine_name.as_str(), sizes, plan.judged.gates.len())
    };
    let stem = |id: &'a str| parts(id).map_or(id, |(stem, _)| stem);
    let mut told = Vec::new();
    for ((stem, _), group) in grouped(cells.iter().copied(), |cell| (stem(cell.0), shape(cell))) {
        let seeds = group.iter().filter_map(|cell| Some(parts(cell.0)?.1));
        match seeds.clone().min().zip(seeds.max()) {
            Some((first, last)) if group.len() >= SEEDS_TOLD => {
                let cells = human::count(group.len() as u64, "cell");
                told.push((format!("{stem}.s{first} to s{last}, {cells}"), group[0]));
            }
            _ => told.extend(group.into_iter().map(|cell| (cell.0.to_owned(), cell))),
        }
    }
    told
}

pub fn sizes(cells: &[Sized<'_>]) -> String {
    let sizes = ["devices", "backend rows", "rows on devices", "script", "drain at most", "gates"];
    let mut grid = Grid::new(2, ["cell", "engine"].into_iter().chain(sizes));
    for (name, (_, plan, cost)) in by_seeds(cells) {
        let counts = [cost.devices, cost.backend_rows, cost.provisioned].map(human::thousands);
        let times = [plan.duration.0, plan.drain.0].map(human::span);
        let row = [name, plan.engine_name.clone()].into_iter().chain(counts).chain(times);
        grid.row(row.chain([plan.judged.gates.len().to_string()]));
    }
    let devices = human::count(cells.iter().map(|(.., cost)| cost.devices).sum(), "device");
    let script = human::total_span(cells.iter().map(|(_, plan, _)| u128::from(plan.duration.0)).sum());
    let cells = human::count(cells.len() as u64, "cell");
    format!("{}\n{cells}, {devices}, {script} of virtual time before draining\n", grid.terminal(""))
}

pub fn texts<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut grid = Grid::new(N, header);
    rows.into_iter().for_each(|row| grid.row(row));
    grid.terminal("  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture;

    #[test]
    fn cells_that_differ_in_their_seed_alone_have_one_line() {
        let (plan, mut three) = (fixture::plan(None, 1), Cost::default());
        (three.devices, three.provisioned, three.backend_rows) = (3, 5, 7);
        let mut four = three;
        four.devices = 4;
        let mut ids: Vec<(String, &Cost)> = (1..=200).map(|seed| (format!("c.v.s{seed}"), &three)).collect();
        ids.extend([("c.w.s1".to_owned(), &three), ("c.v.s201".to_owned(), &four)]);
        let cells: Vec<Sized<'_>> = ids.iter().map(|(id, cost)| (id.as_str(), &plan, *cost)).collect();
        insta::assert_snapshot!(sizes(&cells));
    }
}
