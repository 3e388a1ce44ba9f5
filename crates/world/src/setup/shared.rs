//! One cell of a scenario, with every value resolved. A cell is one simulation: one variant with
//! one seed.

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

/// The time between two sync requests to devices in the drain (the last phase, in which all devices
/// sync), so that the devices do not all sync at once.
pub const ASKED_EVERY: Span = Span::millis(25);

/// The input of one simulation. It has no checks and no positions in files.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// The seed of all random streams of the cell.
    pub seed: Seed,
    /// All other values, which seeds share. A change makes a copy.
    pub rest: Arc<Shared>,
}

/// A setup without its seed.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    /// The date of time 0.
    pub start: Stamp,
    /// Local time minus UTC, in seconds.
    pub utc_offset: i32,
    /// The length of the script.
    pub duration: Span,
    /// Maximum time for heal and drain (the phases after the script). Devices that are not at rest
    /// by then count as stuck.
    pub drain: Span,
    /// The entities and their columns.
    pub schema: Arc<Schema>,
    /// The entities of an older app version, with fewer columns. Some devices start with that
    /// version and upgrade.
    pub before: Option<Arc<Schema>>,
    /// How the rows are made, for each entity.
    pub data: Arc<Vec<workload::EntityData>>,
    /// The attributes of devices.
    pub attributes: Vec<Attribute>,
    /// The app's sync units (groups of entities that sync together).
    pub units: Arc<[SyncUnit]>,
    /// The options of the backend.
    pub backend: backend::BackendOptions,
    /// The options of the gateway.
    pub gateway: gateway::GatewayOptions,
    /// The other system to which rows are replicated, and how; `None` if there is none.
    pub integration: Option<integration::IntegrationOptions>,
    /// The fleets of devices.
    pub fleets: Vec<Fleet>,
    /// The engine's registered name, such as `builtin` or `broken:<id>`.
    pub engine_name: String,
    /// True for a third-party stack.
    pub is_third_party: bool,
    /// The chosen options of a third-party stack.
    pub chosen: Chosen,
    /// The options of the built-in engine.
    pub engine: engine::EngineOptions,
    /// The options of the databases on devices.
    pub store: store::StoreOptions,
    /// The options of the transport.
    pub transport: net::TransportOptions,
    /// The options of the platform's push service.
    pub push_messages: net::PushMessageOptions,
    /// The work of people and of the office.
    pub workload: workload::WorkloadOptions,
    /// The app's hooks.
    pub hooks: Arc<Hooks>,
    /// The lists on the app's screens.
    pub queries: Vec<AppQuery>,
    /// The planned events, in the order of the file.
    pub events: Vec<Planned>,
    /// The random faults; `None` if there are none.
    pub chaos: Option<Chaos>,
    /// How long a proxy between phones and server caches responses; `None` if there is no permanent
    /// proxy.
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
    /// The entities of the oldest app version with which devices start.
    pub fn first_schema(&self) -> &Arc<Schema> {
        self.before.as_ref().unwrap_or(&self.schema)
    }
    /// The actions (kinds of edits) for which edits are planned, including edits that only events
    /// plan.
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
    /// The attribute's name.
    pub name: String,
    /// The values in order. The scenario names them, or they are `clinic-1` and so on.
    pub values: Arc<[Value]>,
}

/// A group of similar devices.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    /// The fleet's name.
    pub name: String,
    /// The number of devices.
    pub devices: u32,
    /// The device classes, with their exact counts.
    pub classes: Vec<(DeviceClass, u32)>,
    /// The link profiles, with their exact counts.
    pub links: Vec<(Arc<net::Profile>, u32)>,
    /// How devices change between links; `None` if each stays on its link.
    pub moves: Option<Arc<net::Moves>>,
    /// The start states with their exact counts.
    pub starts: Vec<(StartState, u32)>,
    /// The roles, with their shares among the devices with the same attributes.
    pub roles: Vec<(String, Ppm)>,
    /// The clock skew of its devices.
    pub clock: ClockModel,
    /// The limits for apps in the background; `None`: no limits.
    pub background: Option<Budget>,
}

/// The clock skew of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockModel {
    /// The clock is right.
    Good,
    /// Clock skew as measured on phones. Each device draws its own skew.
    Phones,
    /// A fixed skew.
    Told {
        /// How far the clock is ahead at the start, in microseconds.
        offset: i64,
        /// How much the clock runs too fast, in parts per 10⁹.
        drift_ppb: i64,
        /// The time between corrections by the network; 0 means never.
        resync: Span,
    },
}

impl ClockModel {
    /// The most that a clock can be ahead: its offset, plus the drift until the network corrects
    /// it. Without corrections, it is the drift of one day.
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
    /// The state's name in the scenario.
    pub name: String,
    /// How long ago the device synced; `None` for a fresh install.
    pub synced_ago: Option<Span>,
}

/// Hardware of a kind of device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceClass {
    /// The class's name.
    pub name: String,
    /// Time per step of SQLite's virtual machine, in picoseconds.
    pub step_picos: u64,
    /// Milliseconds for work that takes one second on the reference core. A greater value is
    /// slower.
    pub cpu_milli: u32,
    /// Bytes of JSON that native code parses per second.
    pub parse_rate: Bytes,
    /// Bytes of JSON that a managed language parses per second.
    pub managed_rate: Bytes,
    /// Bytes of an encrypted database that are encrypted or decrypted per second.
    pub cipher_rate: Bytes,
    /// The flash memory; each device has its own seed for its noise.
    pub flash: disk::Flash,
    /// The memory that the app may use.
    pub memory: Bytes,
    /// The largest row that an app can read from its database at once; `None`: no limit.
    pub row_limit: Option<Bytes>,
}

/// One device with all choices made.
#[derive(Clone, Debug)]
pub struct DevicePlan {
    /// The device.
    pub device: DeviceId,
    /// The index of the device's fleet.
    pub fleet: usize,
    /// The device's hardware.
    pub class: DeviceClass,
    /// The link on which the device starts.
    pub link: Arc<net::Profile>,
    /// How the device changes between links; `None` if it stays on its link.
    pub moves: Option<Arc<net::Moves>>,
    /// The device's clock skew.
    pub clock: ClockModel,
    /// The limits for apps in the background; `None`: no limits.
    pub background: Option<Budget>,
    /// The state of its database at the start.
    pub start: StartState,
    /// The device's value of each attribute.
    pub attributes: Vec<Value>,
    /// The role of the device's person.
    pub role: String,
}

/// A planned event.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The event's name.
    pub name: String,
    /// The time at which the event begins.
    pub at: Time,
    /// How long the event lasts. For a stopped process, the time until its restart.
    pub length: Span,
    /// The devices that the event affects.
    pub who: Who,
    /// The kind of the event.
    pub what: Happening,
}

impl Planned {
    /// The index of the action whose edits the event plans, if any.
    pub fn action(&self) -> Option<usize> {
        match self.what {
            Happening::Edits { action, .. } => Some(action),
            _ => None,
        }
    }
}

/// The devices that an event affects.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// This share of all devices. The seed draws them.
    Share(Ppm),
    /// The seed draws this share of the values of attribute `attribute`. The event affects all
    /// devices with these values (for example, whole clinics).
    ShareOf {
        /// The share of the attribute's values.
        share: Ppm,
        /// The index of the attribute.
        attribute: usize,
    },
    /// These devices.
    Devices(Vec<DeviceId>),
}

/// The kinds of events.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A fault: its kind as files name it, and its effect.
    Fault(&'static str, Arc<Fault>),
    /// The office imports new rows.
    Import {
        /// The entity of the rows.
        entity: EntityId,
        /// The number of rows.
        rows: u64,
        /// If set, all rows have one value of the attribute at this index; `None`: any values.
        of_one: Option<usize>,
    },
    /// People make edits, spread evenly over the event's length.
    Edits {
        /// The index of the action.
        action: usize,
        /// The number of edits.
        count: u32,
        /// The row of the edits, and the values that they set.
        about: About,
    },
    /// A person triggers a sync unit.
    Trigger(UnitId, Asking),
}

impl Happening {
    /// The fault, if the event is a fault.
    pub fn fault(&self) -> Option<&Fault> {
        if let Happening::Fault(_, fault) = self { Some(fault) } else { None }
    }

    /// True if the event is a fault of this kind.
    pub fn is(&self, kind: &str) -> bool {
        matches!(self, Happening::Fault(of, _) if *of == kind)
    }
}

word_enums! {
    /// How a person triggers a unit.
    pub enum Asking {
        /// The unit goes to the end of the queue.
        #[default]
        Queued: "queued",
        /// The unit replaces the waiting units.
        Alone: "alone",
        /// The unit runs after the running one has ended, outside the queue and without events.
        Direct: "direct",
        /// The unit runs at once, even while another one runs, outside the queue and without
        /// events.
        AtOnce: "at-once",
        /// The waiting units are dropped, including this unit. Nothing replaces them.
        Discard: "discard",
    }
}

/// The target of planned edits, if it is more specific than their action.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// The key of the row to edit. For a create, the key of the row to which the new row refers.
    pub row: Option<Key>,
    /// Like `row`, with the row that the edits of another event changed. This is that event's name.
    pub row_of: Option<String>,
    /// True if all edits of the event change one row. New rows then have the same natural key.
    pub same_row: bool,
    /// Values that replace the drawn values, by index of the backend's column.
    pub set: Vec<(usize, Value)>,
}
