//! Estimates the costs of cells (single simulations) on this host, by running a small cell. Checks
//! the memory.

use std::path::Path;

use super::console::Console;
use super::refusal::Refusal;
use super::sources;
use super::work::Work;
use crate::campaign::Stopwatch;
use crate::metrics::human;
use crate::scenario::{Cost, Plan};
use crate::world::Unwatched;

const PROBE: &str = r#"
name = "probe"
duration = "1h"
[entity.note]
rows = 100
schema = { id = "uuid key", title = "text 10..60" }
[fleet.phones]
devices = 10
"#;

pub(super) fn of(plans: &[Plan]) -> Vec<Cost> {
    let mut costs: Vec<Cost> = Vec::new();
    let mut last = "";
    for plan in plans {
        let alike = std::mem::replace(&mut last, &plan.source.digest) == plan.source.digest;
        costs.push(costs.last().filter(|_| alike).copied().unwrap_or_else(|| Cost::of(plan)));
    }
    costs
}

/// The memory for `jobs` parallel cells in bytes: a lower bound, and a likely upper bound.
pub(super) fn memory(costs: &[Cost], jobs: usize) -> (u64, u64) {
    Cost::memory(costs, jobs.min(costs.len().max(1)) as u64)
}

/// A text about the costs of cells on this host if `jobs` cells run in parallel.
pub(super) fn estimate(costs: &[Cost], jobs: usize, console: &Console<'_>) -> String {
    let Ok(probe) = sources::one_plan(PROBE, Path::new(""), None, console) else { return String::new() };
    let timed = |_| {
        let started = Stopwatch::start();
        console.runner.run(&probe, &Unwatched).ok()?;
        Some(started.elapsed())
    };
    // The first run also initializes the program, so the fastest of 3 runs counts.
    let Some(wall) = (0..3).filter_map(timed).min() else { return String::new() };
    let wall = wall.as_nanos() as u64;
    let of_probe = Cost::of(&probe);
    let here = |time: u128| {
        let here = time.saturating_mul(wall.into()) / u128::from(of_probe.time().0.max(1));
        u64::try_from(here).unwrap_or(u64::MAX)
    };
    let threads = jobs.min(costs.len().max(1));
    let longest: u128 = costs.iter().map(|cost| cost.time().0).max().unwrap_or(0).into();
    let all: u128 = costs.iter().map(|cost| u128::from(cost.time().0)).sum();
    let sum = |of: fn(&Cost) -> u64| costs.iter().map(of).fold(0, u64::saturating_add);
    format!(
        "this needs about {} and {} on {}, by an estimate for {}, {} provisioned, {} of a unit and {}; its base is a run of {} devices for an hour just now ({})\n",
        human::span(here(longest.max(all / threads as u128))),
        human::bytes(memory(costs, threads).1),
        human::count(threads as u64, "thread"),
        human::count(sum(|cost| cost.devices), "device"),
        human::count(sum(|cost| cost.provisioned), "row"),
        human::count(sum(|cost| cost.runs), "run"),
        human::count(sum(|cost| cost.edits), "edit"),
        of_probe.devices,
        human::span(wall),
    )
}

/// An estimate can be wrong by this factor. The memory is certainly not enough if the lower bound
/// exceeds it by more than this factor.
const OFF: u64 = 2;

/// Refuses cells that certainly need more memory than is free. If this is only likely, it warns.
pub(super) fn for_plans(plans: &[Plan], work: &Work, console: &mut Console<'_>) -> anyhow::Result<()> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let machine = read("/proc/meminfo").and_then(|text| free(&text));
    let group = read("/proc/self/cgroup").and_then(|text| left(&text, &read));
    let Some(free) = machine.into_iter().chain(group).min() else { return Ok(()) };
    let (sure, need) = memory(&of(plans), work.jobs());
    if need <= free {
        return Ok(());
    }
    let told = |need| {
        let (need, free) = (human::bytes(need), human::bytes(free));
        format!(
            "the run needs about {need} of memory, by an estimate, but {free} are free: use fewer devices or rows, or fewer cells at once with -j"
        )
    };
    // If the lack of memory is only likely, the run starts.
    if sure > free.saturating_mul(OFF) && !work.allow_memory {
        return Err(Refusal::environment(format!("{}; to run anyway, add --allow-memory", told(sure))));
    }
    console.complaint(&format!("warning: the system may kill the run: {}\n", told(need)));
    Ok(())
}

/// The available bytes including swap, from `/proc/meminfo` (proc(5), in kB).
fn free(meminfo: &str) -> Option<u64> {
    let kilobytes = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        line.strip_prefix(':')?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    Some((kilobytes("MemAvailable")? + kilobytes("SwapFree").unwrap_or(0)) << 10)
}

/// The free memory of a process in a control group (for example in a container), in bytes. The
/// group and all its ancestors have limits, and the smallest rest counts. File cache is free memory
/// (cgroups(7), `memory.stat`).
fn left(groups: &str, read: &dyn Fn(&str) -> Option<String>) -> Option<u64> {
    let groups = groups.lines().filter_map(|line| line.strip_prefix("0::"));
    let left = |group: &Path| {
        let at = format!("/sys/fs/cgroup{}", group.display());
        let file = |name: &str| read(&format!("{}/{name}", at.trim_end_matches('/')));
        let number = |name: &str| file(name)?.trim().parse::<u64>().ok();
        let limit = number("memory.max")?;
        let used = number("memory.current")?;
        let stat = file("memory.stat").unwrap_or_default();
        let cached = stat.lines().find_map(|line| line.strip_prefix("inactive_file ")?.trim().parse().ok());
        Some(limit.saturating_sub(used.saturating_sub(cached.unwrap_or(0))))
    };
    groups.flat_map(|group| Path::new(group).ancestors()).filter_map(left).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_container_leaves_is_its_limit_without_what_is_in_use() {
        let files = [
            ("/sys/fs/cgroup/a/b/memory.max", "max\n"),
            ("/sys/fs/cgroup/a/b/memory.current", "700\n"),
            ("/sys/fs/cgroup/a/memory.max", "1000\n"),
            ("/sys/fs/cgroup/a/memory.current", "800\n"),
            ("/sys/fs/cgroup/a/memory.stat", "anon 500\ninactive_file 100\n"),
        ];
        let read =
            |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
        assert_eq!(left("0::/a/b\n", &read), Some(300));
        assert_eq!(left("4:cpu:/c\n0::/\n", &read), None);
    }

    #[test]
    fn what_the_system_can_give_is_read_with_its_swap() {
        let meminfo =
            "MemTotal:       24684084 kB\nMemFree: 12 kB\nMemAvailable:   1000 kB\nSwapFree:   24 kB\n";
        assert_eq!(free(meminfo), Some(1 << 20));
        assert_eq!(free("MemAvailable:   1000 kB\n"), Some(1_024_000));
        assert_eq!(free("MemTotal: 1 kB\n"), None);
    }
}
