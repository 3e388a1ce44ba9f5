//! Whether the machine has the memory that a run will take: what finds none is ended by the system, with all that was simulated.

use super::console::Console;
use super::cost;
use super::refusal::Refusal;
use crate::report::human;
use crate::scenario::Plan;

/// The estimate is within this factor of what was measured: what is beyond it surely has no room.
const OFF: u64 = 2;

#[derive(Debug, PartialEq, Eq)]
enum Room {
    Enough,
    Doubtful,
    None,
}

/// Refuses cells that surely find no memory here, and warns of those that may not, `jobs` of them at once.
pub(super) fn for_plans(plans: &[Plan], jobs: usize, console: &mut Console<'_>) -> anyhow::Result<()> {
    let Some(free) = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| free(&text)) else {
        return Ok(());
    };
    let need = cost::memory(plans, jobs);
    match room(need, free) {
        Room::Enough => Ok(()),
        Room::Doubtful => {
            console.complaint(&format!("warning: the system may end the run: {}\n", told(need, free)));
            Ok(())
        }
        Room::None => Err(Refusal::environment(told(need, free))),
    }
}

fn told(need: u64, free: u64) -> String {
    let (need, free) = (human::bytes(need), human::bytes(free));
    format!(
        "about {need} of memory needed, by an estimate, and {free} free here; fewer devices or rows need less, or fewer cells at once with -j"
    )
}

fn room(need: u64, free: u64) -> Room {
    match need {
        _ if need > free.saturating_mul(OFF) => Room::None,
        _ if need > free => Room::Doubtful,
        _ => Room::Enough,
    }
}

/// Bytes that the system can give, those that it can swap to among them, out of `/proc/meminfo` (proc(5), in kB).
fn free(meminfo: &str) -> Option<u64> {
    let kilobytes = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        line.strip_prefix(':')?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    Some((kilobytes("MemAvailable")? + kilobytes("SwapFree").unwrap_or(0)) << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_can_give_is_read_with_its_swap() {
        let meminfo =
            "MemTotal:       24684084 kB\nMemFree: 12 kB\nMemAvailable:   1000 kB\nSwapFree:   24 kB\n";
        assert_eq!(free(meminfo), Some(1 << 20));
        assert_eq!(free("MemAvailable:   1000 kB\n"), Some(1_024_000));
        assert_eq!(free("MemTotal: 1 kB\n"), None);
    }

    #[test]
    fn both_figures_are_told_with_what_needs_less() {
        let want = "about 2.00 GiB of memory needed, by an estimate, and 1.00 GiB free here; fewer devices or rows need less, or \
                    fewer cells at once with -j";
        assert_eq!(told(2 << 30, 1 << 30).replace('\u{2009}', " "), want);
    }

    #[test]
    fn what_surely_finds_no_room_is_refused_and_what_may_find_none_is_warned_of() {
        assert_eq!(
            [100, 101, 200, 201].map(|need| room(need, 100)),
            [Room::Enough, Room::Doubtful, Room::Doubtful, Room::None]
        );
    }
}
