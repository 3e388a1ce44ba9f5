//! Host time and memory of a run. They are for information only, and no file with simulated figures
//! contains them.
//!
//! A cell is one simulation: one variant and one seed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::metrics::human;

/// Host time and memory of a run, as `timing.json` holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    pub jobs: u64,
    pub wall_ns: u64,
    pub cpu_ns: Option<u64>,
    pub peak_memory_bytes: Option<u64>,
    pub cells: Vec<CellTiming>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellTiming {
    pub cell: String,
    pub wall_ns: u64,
    /// The virtual time that the cell simulated in `wall_ns`.
    pub virtual_ns: u64,
    /// Virtual time divided by host time, rounded down.
    pub speed: u64,
}

impl CellTiming {
    pub fn new(cell: &str, wall: Duration, virtual_ns: u64) -> CellTiming {
        let wall_ns = nanos(wall);
        CellTiming { cell: cell.to_owned(), wall_ns, virtual_ns, speed: virtual_ns / wall_ns.max(1) }
    }
}

impl Timing {
    pub fn new(jobs: usize, wall: Duration, cells: Vec<CellTiming>) -> Timing {
        Timing {
            jobs: jobs as u64,
            wall_ns: nanos(wall),
            cpu_ns: std::fs::read_to_string("/proc/self/stat").ok().and_then(|text| cpu_ns(&text)),
            peak_memory_bytes: peak_memory(),
            cells,
        }
    }
    /// One line for the terminal: host time, virtual time per host time, memory.
    pub fn line(&self) -> String {
        let wall = Duration::from_nanos(self.wall_ns).as_secs_f64();
        let virtual_ns: u128 = self.cells.iter().map(|cell| u128::from(cell.virtual_ns)).sum();
        let speed = virtual_ns / u128::from(self.wall_ns.max(1));
        let speed = human::thousands(u64::try_from(speed).unwrap_or(u64::MAX));
        let memory = self
            .peak_memory_bytes
            .map_or(String::new(), |n| format!(", at most {} of memory", human::bytes(n)));
        format!("on this host: {wall:.1} s, {speed} times faster than real time{memory}\n")
    }
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("timing has no map");
        text.push('\n');
        text
    }
}

fn nanos(wall: Duration) -> u64 {
    u64::try_from(wall.as_nanos()).unwrap_or(u64::MAX)
}

/// User and system time in `/proc/self/stat`: fields 14 and 15 in proc(5), in ticks of 10 ms.
fn cpu_ns(stat: &str) -> Option<u64> {
    let after_name = &stat[stat.rfind(')')? + 1..];
    let mut ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let (user, system) = (ticks.next()?.ok()?, ticks.next()?.ok()?);
    Some((user + system) * 10_000_000)
}

/// The peak memory of this process in bytes; `None` if the system does not report it.
pub fn peak_memory() -> Option<u64> {
    peak_bytes(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// The peak memory, in bytes: `VmHWM` of `/proc/self/status`.
fn peak_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_s_own_words_are_understood() {
        let stat = "17 (sync (dyno) x) S 1 17 17 0 -1 4194304 90 0 0 0 250 50 0 0 20 0 1 0 5 6 7";
        assert_eq!(cpu_ns(stat), Some(3_000_000_000));
        assert_eq!(peak_bytes("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"), Some(2 << 20));
        assert_eq!(cpu_ns("nothing"), None);
        assert_eq!(peak_bytes("VmRSS:\t 1 kB\n"), None);
    }
}
