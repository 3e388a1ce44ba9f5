//! One simulated cell of a scenario, with every value resolved.

use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::budget::Budget;
use super::chaos::Chaos;
use super::hook::{AppQuery, Hooks};
use crate::base::{Bytes, DeviceId, EntityId, Key, Ppm, Seed, Span, Stamp, Time, UnitId, Value, word_enums};
use crate::contract::{Chosen, Schema, SyncUnit};
use crate::faults::Fault;
use crate::{backend, disk, engine, gateway, integration, net, store, workload};

/// Time between two sync requests to devices in the drain; a herd is a scenario of its own.
pub const ASKED_EVERY: Span = Span::millis(25);

/// What is simulated, without the checks and without the places in files.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    pub seed: Seed,
    /// Everything else, shared between seeds; a change makes a copy.
    pub rest: Arc<Shared>,
}

/// A setup without its seed.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    pub start: Stamp,
    /// Local time minus UTC, in seconds.
    pub utc_offset: i32,
    pub duration: Span,
    /// Longest time for healing and draining; what has not converged by then is stuck.
    pub drain: Span,
    pub schema: Arc<Schema>,
    /// Entities of an older app version, with fewer columns, that some devices upgrade from.
    pub before: Option<Arc<Schema>>,
    pub data: Arc<Vec<workload::EntityData>>,
    pub attributes: Vec<Attribute>,
    pub units: Arc<[SyncUnit]>,
    pub backend: backend::BackendOptions,
    pub gateway: gateway::GatewayOptions,
    /// Another system that rows are replicated to, and how.
    pub integration: Option<integration::IntegrationOptions>,
    pub fleets: Vec<Fleet>,
    /// The engine's registered name: `builtin`, `broken:<id>`.
    pub engine_name: String,
    pub brought: bool,
    pub chosen: Chosen,
    pub engine: engine::EngineOptions,
    pub store: store::StoreOptions,
    pub transport: net::TransportOptions,
    pub workload: workload::WorkloadOptions,
    pub hooks: Arc<Hooks>,
    pub queries: Vec<AppQuery>,
    pub events: Vec<Planned>,
    pub chaos: Option<Chaos>,
    /// How long a proxy on the path caches responses; `None` if there is not always one.
    pub proxy: Option<Span>,
}

impl Deref for Setup {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.rest
    }
}

impl DerefMut for Setup {
    fn deref_mut(&mut self) -> &mut Shared {
        Arc::make_mut(&mut self.rest)
    }
}

impl Shared {
    pub fn first_schema(&self) -> &Arc<Schema> {
        self.before.as_ref().unwrap_or(&self.schema)
    }
    /// Actions of which edits are made, including those made only by an event.
    pub fn taken(&self) -> impl Iterator<Item = &workload::Action> {
        let by_events: BTreeSet<usize> = self.events.iter().filter_map(Planned::action).collect();
        let taken =
            move |at: usize, of: &workload::Action| of.per_device_milli > 0 || by_events.contains(&at);
        self.workload.actions.iter().enumerate().filter_map(move |(at, of)| taken(at, of).then_some(of))
    }
}

/// An attribute of devices, such as a person's clinic.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub name: String,
    /// Values in order: those that the scenario names, or `clinic-1` and so on.
    pub values: Arc<[Value]>,
}

/// A group of similar devices.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    pub name: String,
    pub devices: u32,
    pub classes: Vec<(DeviceClass, u32)>,
    pub links: Vec<(Arc<net::Profile>, u32)>,
    pub moves: Option<Arc<net::Moves>>,
    /// Start states with exact counts, each with its name in the scenario.
    pub starts: Vec<(StartState, u32)>,
    /// Roles with their shares within each group of devices with the same attributes.
    pub roles: Vec<(String, Ppm)>,
    pub clock: ClockModel,
    pub background: Option<Budget>,
}

/// How device clocks are off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockModel {
    Good,
    /// Clock skew as measured on phones; each device draws its own.
    Phones,
    Told {
        /// Microseconds ahead.
        offset: i64,
        /// How much the clock runs fast, in parts per 10⁹.
        drift_ppb: i64,
        /// Time between corrections by the network; never if zero.
        resync: Span,
    },
}

impl ClockModel {
    /// How far a clock can be ahead: its offset plus the drift until the network corrects it, or of
    /// a day.
    pub fn ahead(self) -> Span {
        let ClockModel::Told { offset, drift_ppb, resync } = self else { return Span::ZERO };
        let drifts = if resync == Span::ZERO { Span::secs(86_400) } else { resync };
        let drifted = i128::from(drift_ppb.max(0)) * i128::from(drifts.0) / 1_000_000_000;
        let ahead = i128::from(offset) * 1_000 + drifted;
        Span(u64::try_from(ahead.max(0)).unwrap_or(u64::MAX))
    }
}

/// State of a device at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartState {
    pub name: String,
    /// How long ago the device synced; `None` for a fresh install.
    pub synced_ago: Option<Span>,
}

/// Hardware of a kind of device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceClass {
    pub name: String,
    /// Time per step of SQLite's virtual machine, in picoseconds.
    pub step_picos: u64,
    /// Milliseconds for work that takes the reference core a second; more is slower.
    pub cpu_milli: u32,
    pub parse_rate: Bytes,
    pub managed_rate: Bytes,
    /// Flash memory; each device has its own seed of the noise.
    pub flash: disk::Flash,
    pub memory: Bytes,
}

/// One device with all choices made.
#[derive(Clone, Debug)]
pub struct DevicePlan {
    pub device: DeviceId,
    pub fleet: usize,
    pub class: DeviceClass,
    pub link: Arc<net::Profile>,
    pub moves: Option<Arc<net::Moves>>,
    pub clock: ClockModel,
    /// What the operating system allows apps in the background; everything if `None`.
    pub background: Option<Budget>,
    pub start: StartState,
    pub attributes: Vec<Value>,
    pub role: String,
}

/// A planned event.
#[derive(Clone, Debug)]
pub struct Planned {
    pub name: String,
    pub at: Time,
    /// How long it lasts. For a stopped process, the time until its restart.
    pub length: Span,
    pub who: Who,
    pub what: Happening,
}

impl Planned {
    /// Position of the action whose edits it plans, if any.
    pub fn action(&self) -> Option<usize> {
        match self.what {
            Happening::Edits { action, .. } => Some(action),
            _ => None,
        }
    }
}

/// The devices that an event is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// This share of all devices, drawn by the seed.
    Share(Ppm),
    /// All devices with this share of the values of attribute `attribute` (whole clinics).
    ShareOf {
        share: Ppm,
        attribute: usize,
    },
    Devices(Vec<DeviceId>),
}

/// What happens in an event.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A fault: its kind as named in files, and its effect.
    Fault(&'static str, Arc<dyn Fault>),
    Import {
        entity: EntityId,
        rows: u64,
        /// All with one value of the attribute at this position; `None` for all values.
        of_one: Option<usize>,
    },
    /// People make edits, spread evenly over its length.
    Edits {
        action: usize,
        count: u32,
        about: About,
    },
    Trigger(UnitId, Asking),
}

impl Happening {
    /// The fault, if it is one.
    pub fn fault(&self) -> Option<&dyn Fault> {
        if let Happening::Fault(_, fault) = self { Some(&**fault) } else { None }
    }

    /// Whether it is a fault of this kind.
    pub fn is(&self, kind: &str) -> bool {
        matches!(self, Happening::Fault(of, _) if *of == kind)
    }
}

word_enums! {
    pub enum Asking {
        #[default]
        Queued: "queued",
        /// It takes the place of the units that wait.
        Alone: "alone",
        /// It runs when the running one has ended, beside the queue and without events.
        Direct: "direct",
        /// It runs at once, whatever runs, beside the queue and without events.
        AtOnce: "at-once",
        /// What waits is dropped, its unit too, and nothing takes their place.
        Discard: "discard",
    }
}

/// Target of planned edits, where it is more specific than their action.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// The row with this key; for a create, the row it refers to.
    pub row: Option<Key>,
    /// As `row`: the row that the edits of the event with this name were about.
    pub row_of: Option<String>,
    /// All of the event's edits are about one row; new rows have the same natural key.
    pub same_row: bool,
    /// Values in place of drawn ones, by position in the backend's columns.
    pub set: Vec<(usize, Value)>,
}
