//! The parts of a script (the plan of a day).

use super::aim::Aimed;
use crate::base::{DeviceId, EditId, EntityId, Key, Time, Value};
use crate::contract::{AppEvent, EditKind, LocalEdit};

/// All acts of people, the office and imports, by time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Script {
    /// Sorted by time, then by actor. Steps of one actor at one instant keep their order.
    pub steps: Vec<Step>,
    /// For each device: the action of each edit, in the order of the edits' numbers.
    pub edits: Vec<Vec<u16>>,
    pub placed: Placed,
}

/// One act of one actor.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub at: Time,
    pub actor: Actor,
    pub act: Act,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Actor {
    Device(DeviceId),
    Office,
}

/// The kinds of acts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    /// On a device: `Login`, `Resume` or `Pause`.
    App(AppEvent),
    Edit(LocalEdit),
    /// On a device: a person opens a record, and the app fetches the record's rows of `entity`.
    Open {
        entity: EntityId,
        of: Key,
    },
    /// An edit whose row is chosen when the edit is made. On a device, the edit has a number.
    Aimed(Option<EditId>, Box<Aimed>),
    /// In the office: a write directly to the backend.
    Office(OfficeEdit),
    /// In the office: many new rows with one stamp.
    Import(Batch),
}

/// An edit by the office.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OfficeEdit {
    pub action: u16,
    pub entity: EntityId,
    /// The row to edit. For a create: a new key.
    pub key: Key,
    pub kind: EditKind,
    /// New values, by index of the backend's column. A create has all of them.
    pub values: Vec<(usize, Value)>,
}

/// New rows with one stamp.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Batch {
    pub entity: EntityId,
    pub rows: Vec<(Key, Vec<Value>)>,
}

/// An import with fewer free natural keys than rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortImport {
    /// The entity of the import.
    pub entity: String,
    /// The number of planned rows.
    pub asked: u64,
    /// The number of rows that the script can make.
    pub made: u64,
}

/// Compares the script with the options that asked for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    /// The counts of each action, in the order of the actions in the options.
    pub actions: Vec<ActionCount>,
    /// Imports that have fewer rows than planned.
    pub short: Vec<ShortImport>,
}

/// Counts of one action in the script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionCount {
    /// The action's name.
    pub name: String,
    /// Edits on devices that belong to the day's total.
    pub on_devices: u64,
    /// Edits in the office that belong to the day's total.
    pub in_office: u64,
    /// Additional edits: the second write of a contention (two sides that edit one row), on a
    /// device or in the office.
    pub contended: u64,
    /// Additional edits: edits that the scenario plans for a set time.
    pub in_bursts: u64,
    /// Planned edits that are not in the script, because no row or no free natural key was left.
    pub left_out: u64,
    /// Edits in the script whose row is farther away than `near` asks, because no row was near
    /// enough.
    pub astray: u64,
}
