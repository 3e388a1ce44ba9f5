//! Formats and packers of messages over several links: what is sent, what coding costs both sides,
//! and how long the syncs take with chunks of the best size. The link is the world.

use serde::{Deserialize, Serialize};

use super::grid::Grid;
use super::lines::Lines;
use crate::analysis::distinct;
use crate::metrics::human;
use crate::record::CellRecord;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireLine {
    pub format: String,
    pub packed: String,
    pub world: String,
    pub chunk: u64,
    pub down: u64,
    pub up: u64,
    /// Time of the phone's processor for coding, ns.
    pub phone: u64,
    /// Time of the gateway's processor for coding, ns.
    pub gateway: u64,
    /// Energy of the phone for coding, µJ.
    pub coding: u64,
    /// Energy of the phone's radio, µJ.
    pub radio: u64,
    /// Time of the syncs, ns.
    pub time: u64,
}

impl WireLine {
    pub fn of(cell: &CellRecord, format: &str, packed: &str, chunk: u64) -> WireLine {
        let value = |name: &str| cell.stat(name, "value").unwrap_or(0);
        WireLine {
            format: format.to_owned(),
            packed: packed.to_owned(),
            world: cell.scenario.clone(),
            chunk,
            down: value("engine.down.bytes"),
            up: value("engine.up.bytes"),
            phone: value("device.coding.busy"),
            gateway: value("gateway.coding.busy"),
            coding: value("device.coding.energy"),
            radio: value("device.radio.energy"),
            time: value("engine.session.time"),
        }
    }
}

pub type Wire = Lines<WireLine>;

impl Lines<WireLine> {
    pub fn new(lines: Vec<WireLine>) -> Wire {
        Lines(lines)
    }
    pub fn story(&self) -> String {
        self.grid().terminal("  ")
            + "\nBytes, processor time and energy are those of the best chunk on the first link;\n\
               times are those of both syncs, with the rows of the best chunk behind them.\n"
    }
    pub fn to_markdown(&self) -> String {
        self.grid().markdown()
    }
    /// The cell of the least time; of several the one with the smallest chunk.
    pub fn best(&self, format: &str, packed: &str, world: &str) -> Option<&WireLine> {
        let of = |line: &&WireLine| line.format == format && line.packed == packed && line.world == world;
        self.0.iter().filter(of).min_by_key(|line| (line.time, line.chunk))
    }
    fn grid(&self) -> Grid {
        let worlds = distinct(self.0.iter().map(|line| line.world.as_str()));
        let settings = distinct(self.0.iter().map(|line| (line.format.as_str(), line.packed.as_str())));
        let heads = ["format", "packed", "down", "up", "phone", "gateway", "coding", "radio"];
        let header = heads.iter().copied().chain(worlds.iter().copied());
        let mut grid = Grid::new(2, header);
        for (format, packed) in settings {
            let best: Vec<&WireLine> =
                worlds.iter().filter_map(|world| self.best(format, packed, world)).collect();
            let Some(first) = best.first() else { continue };
            let millijoules = |energy: u64| format!("{} mJ", energy.div_ceil(1_000));
            let about = [
                format.to_owned(),
                packed.to_owned(),
                human::bytes(first.down),
                human::bytes(first.up),
                human::span(first.phone),
                human::span(first.gateway),
                millijoules(first.coding),
                millijoules(first.radio),
            ];
            let times = best.iter().map(|line| format!("{} ({})", human::span(line.time), line.chunk));
            grid.row(about.into_iter().chain(times));
        }
        grid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(packed: &str, world: &str, chunk: u64, time: u64) -> WireLine {
        let (format, packed, world) = ("json".to_owned(), packed.to_owned(), world.to_owned());
        let (down, up, phone, gateway, coding, radio) = (1, 2, 3, 4, 5, 6);
        WireLine { format, packed, world, chunk, down, up, phone, gateway, coding, radio, time }
    }
    #[test]
    fn the_best_chunk_is_the_smallest_of_the_fastest() {
        let lines =
            [(100, 9), (200, 7), (400, 7), (800, 8)].map(|(chunk, time)| line("gzip", "geo", chunk, time));
        let wire = Wire::new(lines.to_vec());
        assert_eq!(wire.best("json", "gzip", "geo").unwrap().chunk, 200);
        assert_eq!(wire.best("json", "none", "geo"), None);
        assert_eq!(wire.to_markdown().lines().count(), 3, "{}", wire.to_markdown());
        assert_eq!(Wire::of_csv(&wire.to_csv()).unwrap(), wire);
    }
}
