//! What cells will cost on this host: an estimate, from the cost of a small cell that runs now and from what is in the plans.

use std::num::NonZero;
use std::path::Path;
use std::time::Duration;

use super::console::Console;
use super::sources;
use crate::base::{Span, Stamp};
use crate::campaign::{Runner, Stopwatch};
use crate::contract::{Delivery, ScopeRule, Trigger};
use crate::report::human;
use crate::scenario::Plan;
use crate::workload::{EntityData, Maker};

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

/// A row that comes to a device costs this part of a unit's run, in thousandths: 5 µs against 110 µs (1 000 000 rows on 100 devices
/// against 4 hours of 1 000 devices, measured side by side).
const ROW_OF_RUN_MILLI: u64 = 45;
/// Peak memory that a cell needs in any case, for each device and each row on one or on the backend, in bytes (the same runs).
const MEMORY: (u64, u64, u64) = (12 << 20, 210 << 10, 180);

/// How much there is to do in a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Work {
    /// Devices.
    pub(super) devices: u64,
    /// Rows that come to devices, before the start or at the first load.
    pub(super) provisioned: u64,
    /// Runs of sync units, roughly.
    runs: u64,
    /// Rows on the backend.
    backend_rows: u64,
}

impl Work {
    /// Of a plan.
    pub(super) fn of(plan: &Plan) -> Work {
        let devices = plan.fleets.iter().map(|fleet| u64::from(fleet.devices)).sum();
        let held: u64 = (plan.schema.entities.iter().zip(plan.data.iter()).zip(plan.schema.ids()))
            .filter(|((entity, _), id)| {
                entity.delivery == Delivery::Delta && plan.units.iter().any(|unit| unit.pull.contains(id))
            })
            .map(|((entity, data), _)| held(plan, &entity.scope, data))
            .sum();
        Work {
            devices,
            provisioned: devices * held,
            runs: devices * runs(plan),
            backend_rows: plan.data.iter().map(|data| data.rows).sum(),
        }
    }

    /// Host time in nanoseconds, where a run costs `run_ns`.
    fn wall_ns(self, run_ns: u64) -> u64 {
        let rows = u128::from(self.provisioned + self.backend_rows) * u128::from(ROW_OF_RUN_MILLI) / 1_000;
        u64::try_from((u128::from(self.runs) + rows) * u128::from(run_ns)).unwrap_or(u64::MAX)
    }

    fn memory(self) -> u64 {
        let (base, device, row) = MEMORY;
        base + self.devices * device + (self.provisioned + self.backend_rows) * row
    }
}

/// Rows of an entity that one device holds.
fn held(plan: &Plan, scope: &[ScopeRule], data: &EntityData) -> u64 {
    let share = |rows: u128, rule: &ScopeRule| match rule {
        ScopeRule::Attribute { attribute, .. } => {
            rows / plan.attributes[*attribute].values.len().max(1) as u128
        }
        ScopeRule::Window { column, from, until } => {
            let (share, of) = window(plan, &data.columns[*column], (*from, *until));
            rows * share / of
        }
    };
    scope.iter().fold(u128::from(data.rows), share) as u64
}

/// Which part of the moments that are made lies in a window; all of it if that is not known.
fn window(plan: &Plan, maker: &Maker, (from, until): (Stamp, Stamp)) -> (u128, u128) {
    let Maker::Moment { from: first, until: last, .. } = maker else { return (1, 1) };
    let local = plan.start.0 + i64::from(plan.utc_offset) * 1_000_000;
    let midnight = plan.start.0 - local.rem_euclid(86_400_000_000);
    let (first, last) = (midnight + first, midnight + last);
    let inside = (until.0.min(last) - from.0.max(first)).max(0);
    (inside.unsigned_abs().into(), first.abs_diff(last).max(1).into())
}

/// Runs of units on a device in the script, from what starts them.
fn runs(plan: &Plan) -> u64 {
    let hours = plan.duration.0 as u128;
    let hourly = |milli: u32| hours * u128::from(milli) / 1_000 / u128::from(Span::secs(3_600).0);
    let actions = plan.workload.actions.iter();
    let edits_milli: u64 = actions
        .map(|action| u64::from(action.per_device_milli) * u64::from(action.on_devices.0) / 1_000_000)
        .sum();
    let of_trigger = |trigger: &Trigger| match trigger {
        Trigger::Every(every) => u128::from(plan.duration.0 / every.0.max(1)),
        Trigger::Resume => hourly(plan.workload.resumes_per_hour_milli),
        Trigger::Save => u128::from(edits_milli / 1_000),
        Trigger::Start | Trigger::Login | Trigger::Online | Trigger::Manual => 1,
    };
    plan.units.iter().flat_map(|unit| &unit.on).map(of_trigger).sum::<u128>() as u64
}

/// The estimate for all cells in a sentence, with its basis; nothing if the probe cannot be run.
pub(super) fn estimate(plans: &[Plan], runner: &dyn Runner, console: &Console<'_>) -> String {
    let Ok(probe) = sources::one_plan(PROBE, Path::new(""), None, runner, console) else {
        return String::new();
    };
    // The first run pays for what is set up once.
    let walls = (0..3).filter_map(|_| timed(&probe, runner));
    let Some(wall) = walls.min() else { return String::new() };
    let run_ns = wall.as_nanos() as u64 / Work::of(&probe).wall_ns(1).max(1);
    let works: Vec<Work> = plans.iter().map(Work::of).collect();
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(plans.len().max(1)) as u64;
    let longest = works.iter().map(|work| work.wall_ns(run_ns)).max().unwrap_or(0);
    let all = works.iter().fold(0_u64, |sum, work| sum.saturating_add(work.wall_ns(run_ns)));
    let memory = works.iter().map(|work| work.memory()).max().unwrap_or(0) * threads;
    let sum = |of: fn(&Work) -> u64| works.iter().map(of).sum();
    format!(
        "about {} and {} here on {}, by an estimate: {}, {} provisioned, {} of a unit, by the cost of {} devices for an hour that ran just now ({})\n",
        human::span((all / threads).max(longest)),
        human::bytes(memory),
        human::count(threads, "thread"),
        human::count(sum(|work| work.devices), "device"),
        human::count(sum(|work| work.provisioned), "row"),
        human::count(sum(|work| work.runs), "run"),
        Work::of(&probe).devices,
        human::span(wall.as_nanos() as u64),
    )
}

fn timed(probe: &Plan, runner: &dyn Runner) -> Option<Duration> {
    let started = Stopwatch::start();
    runner.run(probe, &crate::world::Unwatched).ok()?;
    Some(started.elapsed())
}
