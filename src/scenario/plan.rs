//! A plan: one cell of a scenario, resolved to the last figure. Everything that runs, runs from a
//! plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::budget::Budget;
use super::chaos::Chaos;
use super::diagnostic::Diagnostic;
use super::hook::{AppQuery, Hooks};
use super::phone::PhoneLife;
use super::question::Question;
pub use super::swarm::{Drawn, Situations, Swarm};
use crate::base::{Bytes, DeviceId, EntityId, Key, Ppm, Seed, Span, Stamp, Time, UnitId, Value, in_words};
use crate::contract::{Chosen, Schema, SyncUnit};
use crate::{backend, disk, engine, gateway, net, store, workload};

/// In the drain so long passes between two devices that are asked to sync: a herd is a scenario of
/// its own.
pub const ASKED_EVERY: Span = Span::millis(25);

/// One cell: scenario × variant × axes × seed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: Seed,
    /// All the rest, which seeds share: a change makes a copy.
    pub rest: Arc<Settled>,
}

/// A cell but for its seed.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The scenario's name.
    pub scenario: String,
    /// Where it was read; empty for the embedded one.
    pub path: String,
    /// The digest of the resolved scenario, without the seed.
    pub digest: String,
    /// The variant's name, if the scenario has variants.
    pub variant: Option<String>,
    /// Values of the swept keys.
    pub axes: BTreeMap<String, String>,
    /// The resolved scenario as TOML, for the record and for `repro/`.
    pub resolved: Arc<str>,

    /// The wall clock at virtual time zero.
    pub start: Stamp,
    /// What is added to UTC to get local time, in seconds.
    pub utc_offset: i32,
    /// Length of the script.
    pub duration: Span,
    /// Longest time for healing and draining after it; not converged by then is stuck.
    pub drain: Span,

    /// The entities.
    pub schema: Arc<Schema>,
    /// The entities as the app knows them that some devices upgrade from: with fewer columns.
    pub before: Option<Arc<Schema>>,
    /// Where their rows come from, by entity.
    pub data: Arc<Vec<workload::EntityData>>,
    /// What sets devices apart.
    pub attributes: Vec<Attribute>,
    /// The sync units.
    pub units: Arc<[SyncUnit]>,
    /// The backend.
    pub backend: backend::BackendOptions,
    /// The gateway.
    pub gateway: gateway::GatewayOptions,
    /// The fleets.
    pub fleets: Vec<Fleet>,
    /// The engine's registered name: `builtin`, `broken:<id>`.
    pub engine_name: String,
    /// The stack is not the built-in one.
    pub brought: bool,
    /// What it chooses of a stack that is not the built-in one.
    pub chosen: Chosen,
    /// The built-in engine's options.
    pub engine: engine::EngineOptions,
    /// The devices' databases.
    pub store: store::StoreOptions,
    /// How requests travel.
    pub transport: net::TransportOptions,
    /// What people and the office do.
    pub workload: workload::WorkloadOptions,
    /// What the app's hooks do, which the engine calls.
    pub hooks: Arc<Hooks>,
    /// Lists that the app's screens show.
    pub queries: Vec<AppQuery>,
    /// What happens at set times.
    pub events: Vec<Planned>,
    /// What random trouble is drawn.
    pub chaos: Option<Chaos>,
    /// What differs from seed to seed, if anything does.
    pub swarm: Option<Arc<Swarm>>,
    /// What of it this seed has.
    pub drawn: Option<Arc<Drawn>>,
    /// How long a proxy on the way gives an answer again, if there always is one.
    pub proxy: Option<Span>,

    /// What a run of many seeds must come to.
    pub situations: Situations,
    /// What must come out.
    pub expect: Expect,
    /// What must not be exceeded.
    pub gates: Vec<Gate>,
    /// What variants of its scenario show side by side; of all of them, whichever it is.
    pub claims: Arc<[Claim]>,
    /// What they answer side by side; of all of them, too.
    pub questions: Arc<[Question]>,
    /// Metrics that a baseline gates by equality; the headline ones if empty.
    pub baseline_metrics: Vec<String>,

    /// Files with rows that the scenario reads, relative to its own.
    pub files: Vec<String>,
    /// What the reader should be told, such as inferred column types.
    pub notes: Arc<[String]>,
    /// What is allowed and probably not meant.
    pub warnings: Arc<[Diagnostic]>,
}

impl Settled {
    /// What the apps know of the data as the scenario begins.
    pub fn first_schema(&self) -> &Arc<Schema> {
        self.before.as_ref().unwrap_or(&self.schema)
    }
}

/// Something that sets devices apart, such as `clinic`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its values in order: those that the scenario names, or `clinic-1` and so on.
    pub values: Arc<[Value]>,
}

/// A group of devices.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    /// Its name.
    pub name: String,
    /// How many.
    pub devices: u32,
    /// Hardware classes with their exact counts.
    pub classes: Vec<(DeviceClass, u32)>,
    /// Links with their exact counts.
    pub links: Vec<(Arc<net::Profile>, u32)>,
    /// How the devices move between links, if they do.
    pub moves: Option<Arc<net::Moves>>,
    /// States at the start with their exact counts, each with the name that the scenario gives it.
    pub starts: Vec<(StartState, u32)>,
    /// Roles with their shares within every group of devices that share all attributes.
    pub roles: Vec<(String, Ppm)>,
    /// What the devices' clocks are like.
    pub clock: ClockModel,
    /// What the operating system allows apps in the background; all if `None`.
    pub background: Option<Budget>,
}

/// What clocks are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockModel {
    /// Always right.
    Good,
    /// As measured on phones: each device draws its own.
    Phones,
    /// All alike.
    Told {
        /// Microseconds ahead.
        offset: i64,
        /// Parts in 10⁹ by which it is too fast.
        drift_ppb: i64,
        /// How often the network takes back drift and steps; never if zero.
        resync: Span,
    },
}

/// What a device has when the scenario starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartState {
    /// Its name: `empty`, `1d`.
    pub name: String,
    /// How long ago it was synced; `None` for a fresh install.
    pub synced_ago: Option<Span>,
}

/// The hardware of a class of devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceClass {
    /// Its name.
    pub name: String,
    /// Time of one step of SQLite's virtual machine, in picoseconds.
    pub step_picos: u64,
    /// What takes the reference core a second takes it so many thousandths of one.
    pub cpu_milli: u32,
    /// Bytes of JSON that native code codes a second.
    pub parse_rate: Bytes,
    /// Bytes of JSON that a managed language codes a second.
    pub managed_rate: Bytes,
    /// Its flash; the seed of the noise is each device's own.
    pub flash: disk::Flash,
    /// Memory that the app may use.
    pub memory: Bytes,
}

/// The sync of a device's disk at which its power fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtSync {
    /// The nth after the event, from 1, of the first device.
    pub first: u32,
    /// How many syncs later it is for each further device, in their order; with 0 it is the same
    /// one for all.
    pub stagger: u32,
    /// Right after the sync, rather than right before its end.
    pub after: bool,
}

/// A device of a fleet, all choices made.
#[derive(Clone, Debug)]
pub struct DevicePlan {
    /// Its number in the whole world.
    pub device: DeviceId,
    /// Index of its fleet.
    pub fleet: usize,
    /// Its hardware.
    pub class: DeviceClass,
    /// Its link, or the one on which it starts if it moves.
    pub link: Arc<net::Profile>,
    /// How it moves between links, if it does.
    pub moves: Option<Arc<net::Moves>>,
    /// Its clock.
    pub clock: ClockModel,
    /// What its operating system allows apps in the background; all if `None`.
    pub background: Option<Budget>,
    /// Its state at the start.
    pub start: StartState,
    /// What sets it apart.
    pub attributes: Vec<Value>,
    /// What its person does.
    pub role: String,
}

/// Something that happens at a set time.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// Its name in the scenario.
    pub name: String,
    /// When.
    pub at: Time,
    /// To whom, where it concerns devices.
    pub who: Who,
    /// What.
    pub what: Happening,
}

impl Planned {
    /// The action whose edits it plans, if it does, by position.
    pub fn action(&self) -> Option<usize> {
        match self.what {
            Happening::Edits { action, .. } => Some(action),
            _ => None,
        }
    }
}

/// Which devices an event concerns.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// This share of all devices, drawn by the seed.
    Share(Ppm),
    /// All devices of this share of the values of the attribute at this position (whole clinics).
    ShareOf {
        /// Share of the values.
        share: Ppm,
        /// Position of the attribute.
        attribute: usize,
    },
    /// These.
    Devices(Vec<DeviceId>),
}

/// What happens at a set time.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// The link carries nothing.
    Outage {
        /// For how long.
        length: Span,
        /// What happens to messages in flight.
        mode: net::OutageMode,
    },
    /// The link goes and comes.
    Flap {
        /// From one loss of it to the next; it is gone for half of that.
        every: Span,
        /// For how long.
        length: Span,
    },
    /// The network answers every request with its own login page.
    CaptivePortal {
        /// For how long.
        length: Span,
    },
    /// Some answers are not those to their requests.
    ForeignAnswers {
        /// For how long.
        length: Span,
        /// The share of answers.
        share: Ppm,
        /// What comes in their place.
        what: net::Foreign,
    },
    /// A proxy on the way keeps answers and gives them again.
    CachingProxy {
        /// For how long there is one.
        length: Span,
        /// How long it gives an answer again.
        ttl: Span,
    },
    /// Some rows that come cannot be read this time.
    BadRows {
        /// For how long.
        length: Span,
        /// The share of rows, each time they come.
        share: Ppm,
    },
    /// The backend puts some edits of each push off.
    PutOff {
        /// For how long.
        length: Span,
        /// The share of edits, each time they come.
        share: Ppm,
    },
    /// The backend refuses deletes for good.
    RefusedDeletes {
        /// For how long.
        length: Span,
        /// The share of deletes.
        share: Ppm,
    },
    /// The run under way is cancelled.
    Cancel {
        /// If none is, the next one so long after it has sent a request.
        after: Span,
    },
    /// Connections break, and both ends are told.
    SessionLoss,
    /// Connections are dead, and the device is not told.
    HalfOpen,
    /// The devices are on another link.
    NetworkChange {
        /// Which.
        link: Arc<net::Profile>,
        /// For how long.
        length: Span,
    },
    /// The app is killed, at once or at a crash point.
    Kill {
        /// The crash point and its nth passing after `at` (from 1); `None` kills at once.
        point: Option<(String, u32)>,
        /// How long until the app is started again.
        restart_after: Span,
    },
    /// The device loses power.
    PowerLoss {
        /// At a sync of its disk; at once if `None`.
        at_sync: Option<AtSync>,
        /// How long until the app is started again.
        restart_after: Span,
    },
    /// Answers are lost with this probability.
    AnswerLoss {
        /// For how long.
        length: Span,
        /// The share of answers.
        loss: Ppm,
    },
    /// The backend is down.
    BackendDown {
        /// For how long.
        length: Span,
    },
    /// Nothing goes between gateway and backend.
    BackendLinkOutage {
        /// For how long.
        length: Span,
        /// What happens to messages.
        mode: gateway::OutageMode,
    },
    /// The gateway's process is killed.
    GatewayKill {
        /// How long until it is started again.
        restart_after: Span,
    },
    /// The device's storage goes back to what it was.
    Restore {
        /// How long before.
        of: Span,
        /// How long until the app is started again.
        restart_after: Span,
    },
    /// The storage of a device is copied to another.
    Clone {
        /// Which.
        from: DeviceId,
        /// To which.
        to: DeviceId,
        /// How long until the app is started there.
        restart_after: Span,
    },
    /// The gateway's state goes back to what it was.
    RestoreGateway {
        /// How long before.
        of: Span,
        /// How long until it is started again.
        restart_after: Span,
    },
    /// The backend's state goes back to what it was.
    RestoreBackend {
        /// How long before.
        of: Span,
        /// How long it answers nothing meanwhile.
        length: Span,
    },
    /// The backend's clock jumps.
    BackendClockStep {
        /// By so many microseconds.
        micros: i64,
    },
    /// A user arms the flags of rows by hand.
    TouchFlag {
        /// The entity.
        entity: EntityId,
        /// How many, the first in the order of keys.
        rows: u64,
    },
    /// The gateway is replaced by one that knows nothing.
    GatewayReplaced {
        /// How often.
        times: u32,
        /// From one time to the next.
        every: Span,
    },
    /// The office imports new rows with one stamp.
    Import {
        /// The entity.
        entity: EntityId,
        /// How many.
        rows: u64,
        /// All with one value of the attribute at this position; of all values if `None`.
        of_one: Option<usize>,
    },
    /// People make edits.
    Edits {
        /// Index of the action.
        action: usize,
        /// How many each device makes.
        count: u32,
        /// Spread evenly over this time.
        over: Span,
        /// Which row they are about, and what is written there.
        about: About,
    },
    /// The device's clock jumps.
    ClockStep {
        /// Microseconds ahead.
        micros: i64,
    },
    /// The clock that people see jumps.
    TimeZone {
        /// Microseconds ahead.
        micros: i64,
    },
    /// The device's storage is full.
    DiskFull {
        /// For how long.
        length: Span,
    },
    /// The device's flash is slow.
    SlowDisk {
        /// For how long.
        length: Span,
        /// Everything takes so many times as long.
        factor: u32,
    },
    /// The operating system suspends the app, and lets it go on.
    Suspend {
        /// For how long, unless its person takes it up before.
        length: Span,
        /// How long its connections last meanwhile.
        sockets: Span,
    },
    /// Something in the life of a phone.
    Phone(PhoneLife),
    /// People ask for a sync.
    Trigger {
        /// The unit.
        unit: UnitId,
        /// How they ask.
        how: Asking,
    },
}

/// How people ask for a sync.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asking {
    /// Its unit is put into the queue.
    #[default]
    Queued,
    /// It takes the place of the units that wait.
    Alone,
    /// It runs when the running one has ended, beside the queue and without events.
    Direct,
    /// It runs at once, whatever runs, beside the queue and without events.
    AtOnce,
    /// What waits is dropped, its unit too, and nothing takes their place.
    Discard,
}
in_words!(Asking {
    Queued: "queued",
    Alone: "alone",
    Direct: "direct",
    AtOnce: "at-once",
    Discard: "discard",
});

/// What planned edits are about, where more is said than by their action.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// The row of this key, or of a create the one that it refers to.
    pub row: Option<Key>,
    /// The same, as the row that the edits of the event of this name were about.
    pub row_of: Option<String>,
    /// All of the event's edits are about one row; new rows have one natural key.
    pub same_row: bool,
    /// Values in place of drawn ones, by position in the backend's columns.
    pub set: Vec<(usize, Value)>,
}

/// What must come out of a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expect {
    /// Violations that must occur, by name.
    pub violations: Vec<String>,
    /// Metrics that must lie within bounds.
    pub metrics: BTreeMap<String, Bound>,
    /// Actions of which no edit need be made.
    pub optional: Vec<String>,
}

/// Bounds of a metric, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// Smallest.
    pub min: Option<u64>,
    /// Greatest.
    pub max: Option<u64>,
}

/// What two variants of a scenario show, under each seed: a figure fails in one and is mended in
/// the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What is shown, such as `R57`.
    pub id: String,
    /// The variant that fails.
    pub fails: String,
    /// The variant that mends it.
    pub mends: String,
    /// The figure, as an expectation names it.
    pub metric: String,
    /// Where the figure lies that is mended.
    pub bound: Bound,
    /// So many thousandths of the mended figure the failing one comes to at least; without it, the
    /// failing one lies outside of the bounds.
    pub factor_milli: Option<u32>,
}

/// A threshold on a metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Its name in the scenario.
    pub name: String,
    /// The metric.
    pub metric: String,
    /// Which figure of it: `value`, `count`, `min`, `p50`, `p95`, `p99`, `max`.
    pub stat: String,
    /// Only devices that started in this state.
    pub start: Option<String>,
    /// The bounds, in the metric's unit.
    pub bound: Bound,
}
