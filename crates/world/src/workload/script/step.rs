//! The parts of a script.

use super::aim::Aimed;
use crate::base::{DeviceId, EditId, EntityId, Key, Time, Value};
use crate::contract::{AppEvent, EditKind, LocalEdit};

/// Everything that people, the office and imports do, in the order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Script {
    /// Sorted by time, then by actor; steps of one actor at one instant keep their order.
    pub steps: Vec<Step>,
    /// By device, in the order of its edits' numbers: the action of each edit.
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

/// What an actor does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    /// On a device: `Login`, `Resume` or `Pause`.
    App(AppEvent),
    Edit(LocalEdit),
    /// On a device: a record is opened, its rows of `entity` are fetched.
    Open {
        entity: EntityId,
        of: Key,
    },
    /// An edit whose row is found when it is made; on a device it has a number.
    Aimed(Option<EditId>, Box<Aimed>),
    /// In the office: a write straight to the backend.
    Office(OfficeEdit),
    /// In the office: many new rows with one stamp.
    Import(Batch),
}

/// An edit by the office.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OfficeEdit {
    pub action: u16,
    pub entity: EntityId,
    /// The row; for a create a new key.
    pub key: Key,
    pub kind: EditKind,
    /// New values by position in the backend's columns; all of them for a create.
    pub values: Vec<(usize, Value)>,
}

/// New rows that get one stamp.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Batch {
    pub entity: EntityId,
    pub rows: Vec<(Key, Vec<Value>)>,
}

/// An import with too few free natural keys for its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortImport {
    /// The entity of the import.
    pub entity: String,
    /// How many rows were planned.
    pub asked: u64,
    /// How many rows could be made.
    pub made: u64,
}

/// How much of what was asked for the script contains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    /// By action, in the order of the options.
    pub actions: Vec<ActionCount>,
    /// Imports that bring fewer rows than asked for.
    pub short: Vec<ShortImport>,
}

/// How often an action is in the script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionCount {
    /// The action's name.
    pub name: String,
    /// On devices, as the day's total asks.
    pub on_devices: u64,
    /// In the office, as the day's total asks.
    pub in_office: u64,
    /// On top of the total: the other side of a contention, on a device or in the office.
    pub contended: u64,
    /// On top of the total: edits of bursts.
    pub in_bursts: u64,
    /// Asked for but not done: no row to edit, or no free natural key, was left.
    pub left_out: u64,
    /// Of those done: on any row, as none lay as near the moment as `near` asks.
    pub astray: u64,
}
