//! Runs a plan (all values of one cell) and returns its outcome.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use super::build::{self, World, dataset};
use super::digest::{self, Digested, RowDigests};
use super::drive::RESTARTED_AFTER;
use super::hub::{Ear, Listeners};
use super::outcome::{Ending, Outcome};
use super::phases::{Ended, named};
use super::reach::reach;
use super::registry::Stacks;
use super::requests::RequestLog;
use super::said::AppWords;
use super::truth::Now;
use super::watch::Watch;
use crate::base::{DeviceId, EditId, EntityId, Key, Span, Time, Word};
use crate::contract::{DeviceView, KillReason, Schema};
use crate::disk::Moment;
use crate::faults::Struck;
use crate::metrics::{self, Timeline};
use crate::net::{Radio, RadioCost};
use crate::oracle::{Inspection, Labels, Life, Story, Subject, Verdict};
use crate::setup::Setup;
use crate::workload::Placed;
use crate::world::device::hardware::Spent;
use crate::world::device::node::Device;
use crate::world::device::storage::Left;
use crate::world::device::suspension::Suspension;
use crate::world::faults::crash::CrashBook;
use crate::world::faults::tried::{Tried, Untested};
use crate::world::server::coding::energy;
use crate::world::server::half::Servers;
use crate::world::server::integration::Held;

/// The reason why a plan cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unrunnable {
    /// No stack has this name.
    #[error("there is no engine `{0}`")]
    NoEngine(String),
    /// The scenario needs features that the stack does not support.
    #[error("the stack `{stack}` does not support {}", needs.join(", "))]
    Unsupported {
        /// The stack's name.
        stack: String,
        /// The needs of the scenario that the stack does not support.
        needs: Vec<String>,
    },
    /// The initial rows cannot be made, for this reason.
    #[error("the data cannot be made: {0}")]
    Data(String),
}

/// One more fault in addition to those of the plan. A sweep uses it to try all possible places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strike {
    /// Kills the app after the nth poll (from 1) of its tasks, counted over all its processes.
    AfterPoll {
        /// The device.
        device: DeviceId,
        /// The number of the poll, from 1.
        polls: u64,
    },
    /// Kills the app when it passes a crash point for the nth time (from 1).
    AtPoint {
        /// The device.
        device: DeviceId,
        /// The crash point.
        point: String,
        /// The number of the passing, from 1.
        nth: u32,
    },
    /// Kills the app at this time, or cuts its power.
    AtTime {
        /// The device.
        device: DeviceId,
        /// The time.
        at: Time,
        /// True if the power is cut.
        power: bool,
    },
    /// Kills the gateway after the nth poll (from 1) of its own tasks.
    GatewayAfterPoll {
        /// The number of the poll, from 1.
        polls: u64,
    },
    /// Kills the gateway when it passes one of its crash points for the nth time (from 1).
    GatewayAtPoint {
        /// The crash point.
        point: String,
        /// The number of the passing, from 1.
        nth: u32,
    },
    /// Cuts the power during this operation of the device's disk, counted from 0.
    AtDiskOperation {
        /// The device.
        device: DeviceId,
        /// The number of the operation, from 0.
        operation: u64,
    },
}

/// The number of places at which a fault can hit a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Polls of the app's tasks, counted over all its processes.
    pub polls: u64,
    /// Numbers of disk operations: those before the app runs, and all until the end of the script.
    pub operations: (u64, u64),
    /// How often the app passed each crash point.
    pub points: BTreeMap<String, u64>,
    /// Polls of the gateway's own tasks, and how often it passed each of its crash points.
    pub gateway: (u64, BTreeMap<String, u64>),
    /// When each disk operation was issued and when it was done, until the end of the script.
    pub moments: Vec<Moment>,
}

const DAY: Span = Span::secs(86_400);

fn worked(devices: &[Rc<Device>], plan: &Setup, servers: &Servers) -> BTreeMap<&'static str, u64> {
    let (spent, disks): (Vec<_>, Vec<_>) =
        devices.iter().map(|device| (device.hardware.spent(), device.storage.disk.counters())).unzip();
    let longest = |of: fn(&Spent) -> Span| spent.iter().map(of).max().unwrap_or_default().0;
    let busy = spent.iter().fold(0_u64, |sum, spent| sum.saturating_add(spent.cpu.0));
    let coded = spent.iter().fold(0_u64, |sum, spent| sum.saturating_add(spent.coded.0));
    let blocked: u64 = devices.iter().map(|device| device.screen.blocked.get().0).sum();
    // A script shorter than a day counts as a whole day.
    let person_time = plan.duration.max(DAY).0.saturating_mul(devices.len() as u64).max(1);
    let suspended = |of: fn(&Suspension) -> u64| devices.iter().map(|device| of(&device.suspension)).sum();
    BTreeMap::from([
        ("gateway.coding.busy", servers.coding.spent.get().0),
        ("device.screen.blocked", blocked),
        ("device.screen.found_taken", devices.iter().map(|device| device.screen.found_taken.get()).sum()),
        ("device.screen.blocked_a_day", Span(blocked).scaled(DAY.0, person_time).0),
        ("device.suspended.count", suspended(|of| of.times.get())),
        ("device.suspended.time", suspended(|of| of.long.get().0)),
        ("device.background.windows", suspended(|of| of.windows.get())),
        ("device.cpu.busy", busy),
        ("device.cpu.energy", energy(busy)),
        ("device.coding.busy", coded),
        ("device.coding.energy", energy(coded)),
        ("device.transaction.longest", longest(|spent| spent.longest_work)),
        ("device.lock.longest", longest(|spent| spent.longest_lock)),
        ("device.disk.syncs", disks.iter().map(|disk| disk.syncs).sum()),
        ("device.disk.written", disks.iter().map(|disk| disk.bytes_written).sum()),
        ("device.database.bytes", devices.iter().map(|device| device.storage.disk.bytes()).sum()),
        ("device.wal.peak", disks.iter().map(|disk| disk.log_peak).max().unwrap_or_default()),
    ])
}

/// The people who have logged in and still wait, each with the length of the wait.
fn waiting(devices: &[Rc<Device>], end: Time) -> Vec<(DeviceId, Span)> {
    let waits = |device: &Rc<Device>| Some((device.id, end.since(device.attention.waits_since()?)));
    devices.iter().filter_map(waits).collect()
}

fn radio_figures(devices: &[Rc<Device>], end: Time) -> BTreeMap<&'static str, u64> {
    let mut figures = BTreeMap::new();
    let mut add = |on, energy, cost: RadioCost| {
        for (of, more) in [(on, cost.on.0), (energy, cost.energy)] {
            let sum: &mut u64 = figures.entry(of).or_default();
            *sum = sum.saturating_add(more);
        }
    };
    for device in devices {
        for (radio, cost) in device.link.borrow().radio_costs(end) {
            add("device.radio.on", "device.radio.energy", cost);
            match radio {
                Radio::None => {}
                Radio::TwoG => add("device.radio.on_2g", "device.radio.energy_2g", cost),
                Radio::ThreeG => add("device.radio.on_3g", "device.radio.energy_3g", cost),
                Radio::Lte => add("device.radio.on_lte", "device.radio.energy_lte", cost),
                Radio::FiveG => add("device.radio.on_5g", "device.radio.energy_5g", cost),
                Radio::Wifi => add("device.radio.on_wifi", "device.radio.energy_wifi", cost),
            }
        }
    }
    figures
}

/// Runs `plan` to its end, or until `watch` interrupts it.
pub fn run(plan: &Setup, stacks: &Stacks, watch: &dyn Watch) -> Result<Outcome, Unrunnable> {
    Ok(finish(build(plan, stacks, watch)?, None).outcome)
}

/// Runs `plan`. If the run panics, `said` holds the messages that its apps had printed by then.
pub fn run_saying(
    plan: &Setup,
    stacks: &Stacks,
    watch: &dyn Watch,
    said: &mut AppWords,
) -> Result<Outcome, Unrunnable> {
    let world = build(plan, stacks, watch)?;
    let hub = world.hub.clone();
    let finished = catch_unwind(AssertUnwindSafe(|| finish(world, None)));
    finished.map(|finished| finished.outcome).map(Ok).unwrap_or_else(|panic| {
        *said = hub.said_so_far();
        resume_unwind(panic)
    })
}

/// Runs `plan` without the oracle, so that a caller can measure the oracle's cost. The oracle's
/// figures are missing.
pub fn run_unjudged(plan: &Setup, stacks: &Stacks, watch: &dyn Watch) -> Result<Outcome, Unrunnable> {
    let world = build(plan, stacks, watch)?;
    world.hub.with(|listeners| listeners.oracle = None);
    Ok(finish(world, None).outcome)
}

/// Runs `plan` again and returns the story (the recorded events) of each subject.
pub fn run_recording(
    plan: &Setup,
    stacks: &Stacks,
    watch: &dyn Watch,
    subjects: &[Subject],
) -> Result<(Outcome, Vec<Story>), Unrunnable> {
    let (schema, units, clock) = (plan.schema.clone(), plan.units.clone(), build::clock(plan));
    let labels = Labels { schema, units, clock, is_third_party: plan.is_third_party };
    let life = |subject: &Subject| Life::new(labels.clone(), subject.clone());
    let world = build(plan, stacks, watch)?;
    world.hub.with(|listeners| listeners.lives = subjects.iter().map(life).collect());
    let finished = finish(world, None);
    Ok((finished.outcome, finished.lives.iter().map(Life::story).collect()))
}

/// A run with its timeline.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The same outcome as without a timeline.
    pub outcome: Outcome,
    /// The timeline as JSON; see [`Timeline`].
    pub timeline: String,
    /// The number of entries left out because the timeline was full.
    pub left_out: u64,
}

/// Runs `plan` and records its timeline.
pub fn run_tracing(plan: &Setup, stacks: &Stacks, watch: &dyn Watch) -> Result<Traced, Unrunnable> {
    let world = build(plan, stacks, watch)?;
    let units = plan.units.iter().map(|unit| unit.name.clone()).collect();
    let timeline = Timeline::new(units, world.devices.len());
    world.hub.with(|listeners| listeners.timeline = Some(timeline));
    let finished = finish(world, None);
    let timeline = finished.timeline.expect("the recorder of the timeline is among the listeners");
    let (timeline, left_out) = timeline.finish(finished.outcome.ended_at);
    Ok(Traced { outcome: finished.outcome, timeline, left_out })
}

/// Runs `plan` and keeps a log of the first `most` requests.
pub fn run_logging(
    plan: &Setup,
    stacks: &Stacks,
    watch: &dyn Watch,
    most: usize,
) -> Result<(Outcome, RequestLog), Unrunnable> {
    let world = build(plan, stacks, watch)?;
    world.hub.with(|listeners| listeners.requests = Some(RequestLog { most, ..RequestLog::default() }));
    let finished = finish(world, None);
    Ok((finished.outcome, finished.requests.unwrap_or_default()))
}

/// Runs `plan` with a listener to all events.
pub fn run_heard(
    plan: &Setup,
    stacks: &Stacks,
    watch: &dyn Watch,
    ear: Rc<RefCell<dyn Ear>>,
) -> Result<Outcome, Unrunnable> {
    let world = build(plan, stacks, watch)?;
    ear.borrow_mut().begins(&Now(&world.servers.backend, &|| false));
    world.hub.with(|listeners| listeners.ear = Some(ear));
    Ok(finish(world, None).outcome)
}

/// The keys of an entity's initial rows, without a run.
pub fn keys(plan: &Setup, entity: EntityId) -> Result<Vec<Key>, Unrunnable> {
    let dataset = dataset(plan, &|| false).map_err(|error| Unrunnable::Data(error.to_string()))?;
    Ok(dataset.rows(entity).map(|row| row.key).collect())
}

/// The result of scripting the edits and imports of a plan, without a run.
pub fn placed(plan: &Setup) -> Result<Placed, Unrunnable> {
    build::placed(plan).map_err(|error| Unrunnable::Data(error.to_string()))
}

/// Runs `plan` with one more fault.
pub fn run_struck(
    plan: &Setup,
    stacks: &Stacks,
    watch: &dyn Watch,
    strike: &Strike,
) -> Result<Outcome, Unrunnable> {
    let world = build(plan, stacks, watch)?;
    if !world.is_partial {
        world.prepare(strike);
    }
    Ok(finish(world, None).outcome)
}

/// Runs `plan` and counts the places at which a fault can affect `device`.
pub fn run_probing(
    plan: &Setup,
    stacks: &Stacks,
    watch: &dyn Watch,
    device: DeviceId,
) -> Result<(Outcome, Places), Unrunnable> {
    let world = build(plan, stacks, watch)?;
    let finished = finish(world, Some(device));
    Ok((finished.outcome, finished.places))
}

fn build<'w>(plan: &Setup, stacks: &Stacks, watch: &'w dyn Watch) -> Result<World<'w>, Unrunnable> {
    let halves = stacks.halves(plan).ok_or_else(|| Unrunnable::NoEngine(plan.engine_name.clone()))?;
    let needs = plan.needs().into_iter().filter(|(need, _)| halves.lacks.contains(need));
    let needs: Vec<String> = needs.map(|(need, place)| format!("{} ({place})", need.word())).collect();
    if !needs.is_empty() {
        return Err(Unrunnable::Unsupported { stack: plan.engine_name.clone(), needs });
    }
    build::build(plan, halves, watch).map_err(|error| Unrunnable::Data(error.to_string()))
}

struct Finished {
    outcome: Outcome,
    lives: Vec<Life>,
    timeline: Option<Timeline>,
    requests: Option<RequestLog>,
    places: Places,
}

fn finish(mut world: World<'_>, probed: Option<DeviceId>) -> Finished {
    if world.is_partial {
        return world.conclude(Ended::Interrupted);
    }
    let before = probed.map_or(0, |device| {
        let disk = &world.devices[device.0 as usize].storage.disk;
        disk.trace();
        disk.operations()
    });
    world.set_going();
    let mut ended = world.run_script();
    world.look_at_parts();
    let places = probed.map_or_else(Places::default, |device| world.places(device, before));
    let script_ended = world.handle.now();
    if ended.is_ok() {
        world.integration.iter().for_each(|integration| integration.mend());
        ended = world.drain();
    }
    if matches!(ended, Ok(()) | Err(Ended::Stuck(_))) {
        ended = world.drain_integration().and(ended);
    }
    let ended = ended.err().unwrap_or(Ended::Well);
    let mut finished = world.conclude(ended);
    finished.places = places;
    finished.outcome.script = script_ended.since(Time::ZERO);
    finished.outcome.drained_in = finished.outcome.ended_at.since(script_ended);
    finished
}

fn told(ended: Ended) -> Ending {
    match ended {
        Ended::Well => Ending::Drained,
        Ended::Stuck(reasons) => Ending::Stuck(named(reasons)),
        Ended::Stalled(snapshot) => Ending::Stalled(snapshot),
        Ended::Interrupted => Ending::Interrupted,
    }
}

/// Counts the edits that were not placed or not made, and the parts that were not tested.
fn in_script(placed: &Placed, tried: &Tried, untested: &Untested) -> [(&'static str, u64); 3] {
    [
        ("workload.edits.unplaced", placed.actions.iter().map(|action| action.left_out).sum()),
        ("workload.edits.office_missed", tried.office_missed()),
        ("workload.untested.count", untested.count()),
    ]
}

/// The oracle inspects one device after the other, until `stops` returns true.
fn look_at(
    (devices, schema): (&[Rc<Device>], &Schema),
    mut inspection: Inspection<'_>,
    ended: &Ended,
    rows: &mut RowDigests,
    stops: &dyn Fn() -> bool,
) -> Verdict {
    let stuck = match ended {
        Ended::Stuck(reasons) => reasons.as_slice(),
        _ => &[],
    };
    for device in devices.iter().take_while(|_| !stops()) {
        let id = device.id;
        rows.content.number(u64::from(id.0));
        for Left { of, at, life } in device.storage.left() {
            inspection.leaves(of, (at, life));
        }
        if let Some((_, why)) = stuck.iter().find(|(stuck, _)| *stuck == id) {
            if device.out_of_sight().is_some() {
                inspection.check_stuck_device(id, why, None);
            } else {
                device.with_view(|view| inspection.check_stuck_device(id, why, Some(view)));
            }
        } else if let Some(why) = device.out_of_sight().filter(|_| device.is_running()) {
            inspection.check_stuck_device(id, &format!("device {}: {why}", id.0), None);
        } else {
            device.with_view(|view| {
                inspection.check_device(id, &Digested { view, digests: RefCell::new(rows), stops })
            });
            device.with_newer_view(|view| inspection.check_columns(id, view, schema));
        }
    }
    inspection.finish()
}

fn read_only(
    devices: &[Rc<Device>],
    plan: &Setup,
    rows: &mut RowDigests,
    stops: &dyn Fn() -> bool,
) -> Verdict {
    for device in devices.iter().take_while(|_| !stops()) {
        rows.content.number(u64::from(device.id.0));
        device.with_view(|view| {
            let digested = Digested { view, digests: RefCell::new(rows), stops };
            let held = plan.schema.ids().filter(|id| plan.schema.entity(*id).delivery.is_on_devices());
            held.for_each(|id| digested.rows(id, &mut |_, _, _| {}));
        });
    }
    Verdict::default()
}

/// Reports the final state to the passive listener (`Ear`).
fn report_final_state(
    mut listeners: Listeners,
    devices: &[Rc<Device>],
    (at, ended): (Time, &Ended),
) -> Listeners {
    if let Some(ear) = listeners.ear.take() {
        let mut ear = ear.borrow_mut();
        devices.iter().for_each(|device| _ = device.with_view(|view| ear.rests(device.id, view)));
        ear.ends(at, is_whole(ended));
    }
    listeners
}

/// True unless the run was interrupted or stalled: the world had time to come to rest.
fn is_whole(ended: &Ended) -> bool {
    matches!(ended, Ended::Well | Ended::Stuck(_))
}

impl World<'_> {
    fn prepare(&self, strike: &Strike) {
        let arm = |crash: &CrashBook, point: &str, nth| {
            crash.arm(point, nth, Time::ZERO, RESTARTED_AFTER, &Struck::default());
        };
        let process = &self.servers.process;
        match *strike {
            Strike::AfterPoll { device, polls } => {
                self.handle.kill_after_polls(self.device(device).app.node, polls);
            }
            Strike::AtPoint { device, ref point, nth } => arm(&self.device(device).crash, point, nth),
            Strike::AtTime { device, at, power } => {
                let reason = if power { KillReason::PowerLoss } else { KillReason::Killed };
                let device = self.device(device);
                self.at(at, "kill", move || device.strike(reason, RESTARTED_AFTER, &Struck::default()));
            }
            Strike::GatewayAfterPoll { polls } => self.handle.kill_after_polls(process.node, polls),
            Strike::GatewayAtPoint { ref point, nth } => arm(&process.crash, point, nth),
            Strike::AtDiskOperation { device, operation } => {
                self.device(device).storage.disk.fail_power_at(operation);
            }
        }
    }

    fn places(&self, device: DeviceId, before: u64) -> Places {
        let device = self.device(device);
        Places {
            polls: self.handle.polls(device.app.node),
            operations: (before, device.storage.disk.operations()),
            points: device.crash.passed.borrow().clone(),
            gateway: (
                self.handle.polls(self.servers.process.node),
                self.servers.process.crash.passed.borrow().clone(),
            ),
            moments: device.storage.disk.traced(),
        }
    }
    /// The oracle inspects the partial rows on devices before full rows replace them.
    fn look_at_parts(&self) {
        if self.plan.units.iter().all(|unit| unit.excerpts.is_empty()) {
            return;
        }
        let (now, hub) = (Now(&self.servers.backend, &|| false), &self.hub);
        let Some(mut oracle) = hub.with(|listeners| listeners.oracle.take()) else { return };
        let mut parts = oracle.parts(&now);
        for device in &self.devices {
            device.with_view(|view| oracle.look_at_parts(device.id, view, &now, &mut parts));
        }
        hub.with(|listeners| listeners.oracle = Some(oracle));
    }
    /// The check phase: the oracle inspects every device, and all results go into the digest. An
    /// interrupted run has no verdict.
    fn conclude(self, mut ended: Ended) -> Finished {
        let World { watch, sim, hub, servers, devices, faults, script, plan, integration, .. } = self;
        let (carried, ended_at) = (Held(integration.as_deref()), sim.handle().now());
        devices.iter().for_each(|device| device.close_books());
        let worked = worked(&devices, &plan, &servers);
        let mut listeners = report_final_state(hub.take(), &devices, (ended_at, &ended));
        // Stops the inspection of an interrupted world, whose findings are not needed. An
        // interruption stays in force.
        let stopped = Cell::new(ended == Ended::Interrupted);
        let stops: &dyn Fn() -> bool = &|| {
            stopped.set(stopped.get() || watch.interrupted());
            stopped.get()
        };
        let now = Now(&servers.backend, stops);
        let (oracle, mut rows) = (listeners.oracle.take(), RowDigests::default());
        let begun = oracle.map(|oracle| carried.inspected(oracle.begin_check(ended_at, &now, stops)));
        let mut verdict = match begun {
            Some(inspection) => look_at((&devices, &plan.schema), inspection, &ended, &mut rows, stops),
            None => read_only(&devices, &plan, &mut rows, stops),
        };
        let mut figures = std::mem::take(&mut verdict.figures);
        figures.extend(radio_figures(&devices, ended_at).into_iter().chain(worked));
        digest::add_backend(&mut rows, &servers.backend.borrow(), stops);
        ended = if stopped.get() { Ended::Interrupted } else { ended };
        let untested =
            Untested::of(is_whole(&ended), &faults, &plan, (&listeners.tried, &script.placed.actions));
        figures.extend(in_script(&script.placed, &listeners.tried, &untested));
        let content = rows.finish(&mut listeners.digest);
        let (reach, end_of) = (reach(&devices, &servers), |edit: EditId| verdict.end_of(edit));
        let (logins, is_carried) = (waiting(&devices, ended_at), |of, key: &Key| carried.has(of, key));
        let left = metrics::Left { logins, reach: &reach, end_of: &end_of, is_carried: &is_carried };
        let mut collected = listeners.collector.finish(ended_at, &figures, &left);
        collected.figures.retain(|name, _| carried.counts(name) && !verdict.uncounted.contains(&&**name));
        let outcome = Outcome {
            missed: untested.missed,
            digest: listeners.digest.hex(),
            figures_digest: digest::of_figures(&collected.figures),
            content,
            ending: told(ended),
            ended_at,
            figures: collected.figures,
            violations: verdict.violations,
            taken_back: verdict.taken_back,
            shelved: verdict.shelved,
            not_applicable: verdict.not_applicable,
            untried: verdict.untried,
            series: collected.series,
            distributions: collected.distributions,
            slowest: collected.slowest,
            tails: collected.tails,
            faults: faults.told,
            spelled: faults.spelled,
            in_vain: untested.in_vain,
            is_silent: untested.is_silent,
            is_still: untested.is_still,
            placed: script.placed,
            events: listeners.events,
            said: listeners.said.words,
            ..Outcome::default()
        };
        // The executor is dropped first, because its futures hold engines, and engines hold disks.
        drop(sim);
        Finished {
            outcome,
            lives: listeners.lives,
            timeline: listeners.timeline,
            requests: listeners.requests,
            places: Places::default(),
        }
    }
}
