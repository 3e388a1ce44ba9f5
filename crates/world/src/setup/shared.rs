//! One cell of a scenario as it is simulated, resolved to the last figure.

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

/// Between two devices that are asked to sync in the drain: a herd is a scenario of its own.
pub const ASKED_EVERY: Span = Span::millis(25);

/// What is simulated, and nothing of what is judged or where it was read.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    pub seed: Seed,
    /// All the rest, which seeds share: a change makes a copy.
    pub rest: Arc<Shared>,
}

/// A setup but for its seed.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    pub start: Stamp,
    /// What is added to UTC to get local time, in seconds.
    pub utc_offset: i32,
    pub duration: Span,
    /// Longest time for healing and draining after it; not converged by then is stuck.
    pub drain: Span,
    pub schema: Arc<Schema>,
    /// The entities as the app knows them that some devices upgrade from: with fewer columns.
    pub before: Option<Arc<Schema>>,
    pub data: Arc<Vec<workload::EntityData>>,
    pub attributes: Vec<Attribute>,
    pub units: Arc<[SyncUnit]>,
    pub backend: backend::BackendOptions,
    pub gateway: gateway::GatewayOptions,
    /// Another system to which rows are carried, and how.
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
    /// How long a proxy on the way gives an answer again, if there always is one.
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
    /// Actions of which edits are to be made, be it by an event.
    pub fn taken(&self) -> impl Iterator<Item = &workload::Action> {
        let by_events: BTreeSet<usize> = self.events.iter().filter_map(Planned::action).collect();
        let taken =
            move |at: usize, of: &workload::Action| of.per_device_milli > 0 || by_events.contains(&at);
        self.workload.actions.iter().enumerate().filter_map(move |(at, of)| taken(at, of).then_some(of))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub name: String,
    /// Its values in order: those that the scenario names, or `clinic-1` and so on.
    pub values: Arc<[Value]>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    pub name: String,
    pub devices: u32,
    pub classes: Vec<(DeviceClass, u32)>,
    pub links: Vec<(Arc<net::Profile>, u32)>,
    pub moves: Option<Arc<net::Moves>>,
    /// States at the start with their exact counts, each with the name that the scenario gives it.
    pub starts: Vec<(StartState, u32)>,
    /// Roles with their shares within every group of devices that share all attributes.
    pub roles: Vec<(String, Ppm)>,
    pub clock: ClockModel,
    pub background: Option<Budget>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockModel {
    Good,
    /// As measured on phones: each device draws its own.
    Phones,
    Told {
        /// Microseconds ahead.
        offset: i64,
        /// Parts in 10⁹ by which it is too fast.
        drift_ppb: i64,
        /// How often the network takes back drift and steps; never if zero.
        resync: Span,
    },
}

impl ClockModel {
    /// How far the scenario lets it be ahead, with what it drifts until the network sets it, or in
    /// a day.
    pub fn ahead(self) -> Span {
        let ClockModel::Told { offset, drift_ppb, resync } = self else { return Span::ZERO };
        let drifts = if resync == Span::ZERO { Span::secs(86_400) } else { resync };
        let drifted = i128::from(drift_ppb.max(0)) * i128::from(drifts.0) / 1_000_000_000;
        let ahead = i128::from(offset) * 1_000 + drifted;
        Span(u64::try_from(ahead.max(0)).unwrap_or(u64::MAX))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartState {
    pub name: String,
    /// How long ago it was synced; `None` for a fresh install.
    pub synced_ago: Option<Span>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceClass {
    pub name: String,
    /// Time of one step of SQLite's virtual machine, in picoseconds.
    pub step_picos: u64,
    /// What takes the reference core a second takes it so many thousandths of one.
    pub cpu_milli: u32,
    pub parse_rate: Bytes,
    pub managed_rate: Bytes,
    /// Its flash; the seed of the noise is each device's own.
    pub flash: disk::Flash,
    pub memory: Bytes,
}

#[derive(Clone, Debug)]
pub struct DevicePlan {
    pub device: DeviceId,
    pub fleet: usize,
    pub class: DeviceClass,
    pub link: Arc<net::Profile>,
    pub moves: Option<Arc<net::Moves>>,
    pub clock: ClockModel,
    /// What its operating system allows apps in the background; all if `None`.
    pub background: Option<Budget>,
    pub start: StartState,
    pub attributes: Vec<Value>,
    pub role: String,
}

#[derive(Clone, Debug)]
pub struct Planned {
    pub name: String,
    pub at: Time,
    /// How long it lasts, if it does: for a process that is stopped, until it is started again.
    pub length: Span,
    pub who: Who,
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

#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// This share of all devices, drawn by the seed.
    Share(Ppm),
    /// All devices of this share of the values of the attribute at this position (whole clinics).
    ShareOf {
        share: Ppm,
        attribute: usize,
    },
    Devices(Vec<DeviceId>),
}

#[derive(Clone, Debug)]
pub enum Happening {
    /// Something goes wrong: its kind, as files call it, and what that does.
    Fault(&'static str, Arc<dyn Fault>),
    Import {
        entity: EntityId,
        rows: u64,
        /// All with one value of the attribute at this position; of all values if `None`.
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
    /// What goes wrong, if something does.
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
