//! What cells will cost on this host, from the cost of a small cell that runs now.

use std::num::NonZero;
use std::path::Path;
use std::time::Duration;

use super::console::Console;
use super::sources;
use crate::campaign::{Runner, Stopwatch};
use crate::metrics::human;
use crate::scenario::{Cost, Plan};

/// The small cell: 10 devices for an hour.
const PROBE: &str = r#"
name = "probe"
duration = "1h"
[entity.note]
rows = 100
schema = { id = "uuid key", title = "text 10..60" }
[fleet.phones]
devices = 10
"#;

/// The costs of these cells. Those of one scenario and one setting are alike.
pub(super) fn of(plans: &[Plan]) -> Vec<Cost> {
    let mut costs: Vec<Cost> = Vec::new();
    let mut last = "";
    for plan in plans {
        let alike = std::mem::replace(&mut last, &plan.digest) == plan.digest;
        costs.push(costs.last().filter(|_| alike).copied().unwrap_or_else(|| Cost::of(plan)));
    }
    costs
}

/// Bytes of memory for cells `jobs` at once: first what they surely take, then what they may.
pub(super) fn memory(costs: &[Cost], jobs: usize) -> (u64, u64) {
    Cost::memory(costs, jobs.min(costs.len().max(1)) as u64)
}

/// The estimate for all cells in a sentence, with its basis; nothing if the probe cannot be run.
pub(super) fn estimate(costs: &[Cost], runner: &dyn Runner, console: &Console<'_>) -> String {
    let Ok(probe) = sources::one_plan(PROBE, Path::new(""), None, runner, console) else {
        return String::new();
    };
    // The first run pays for what is set up once.
    let walls = (0..3).filter_map(|_| timed(&probe, runner));
    let Some(wall) = walls.min() else { return String::new() };
    let wall = wall.as_nanos() as u64;
    let of_probe = Cost::of(&probe);
    let here = |time: u128| {
        let here = time.saturating_mul(wall.into()) / u128::from(of_probe.time().0.max(1));
        u64::try_from(here).unwrap_or(u64::MAX)
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(costs.len().max(1));
    let longest: u128 = costs.iter().map(|cost| cost.time().0).max().unwrap_or(0).into();
    let all: u128 = costs.iter().map(|cost| u128::from(cost.time().0)).sum();
    let sum = |of: fn(&Cost) -> u64| costs.iter().map(of).fold(0, u64::saturating_add);
    format!(
        "about {} and {} here on {}, by an estimate: {}, {} provisioned, {} of a unit, {}, by the cost of {} devices for an hour that ran just now ({})\n",
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

fn timed(probe: &Plan, runner: &dyn Runner) -> Option<Duration> {
    let started = Stopwatch::start();
    runner.run(probe, &crate::world::Unwatched).ok()?;
    Some(started.elapsed())
}
