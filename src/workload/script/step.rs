//! What a script consists of.

use super::aim::Aimed;
use crate::base::{DeviceId, EditId, EntityId, Key, Time, Value};
use crate::contract::{AppEvent, EditKind, LocalEdit};

/// Everything that people, the office and imports do, in the order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// The steps, sorted by time, then by actor; those of one actor at one instant in the order
    /// they are to be done.
    pub steps: Vec<Step>,
    /// By device, in the order of its edits' numbers: the action that each is of.
    pub edits: Vec<Vec<u16>>,
    /// What they are.
    pub summary: ScriptSummary,
}

/// One thing that somebody does.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub at: Time,
    /// Who.
    pub actor: Actor,
    /// What.
    pub act: Act,
}

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// The person with this device.
    Device(DeviceId),
    /// Somebody in the office, or a job there.
    Office,
}

/// What somebody does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// On a device: `Login`, `Resume` or `Pause`.
    App(AppEvent),
    /// On a device: an edit.
    Edit(LocalEdit),
    /// On a device: a record is opened, its rows of `entity` are fetched.
    Open {
        /// The entity that is fetched.
        entity: EntityId,
        /// The record's key.
        of: Key,
    },
    /// An edit whose row is found then; on a device it has a number.
    Aimed(Option<EditId>, Box<Aimed>),
    /// In the office: a write straight to the backend.
    Office(OfficeEdit),
    /// In the office: many new rows with one stamp.
    Import(Batch),
}

/// A write of the office.
#[derive(Clone, Debug, PartialEq)]
pub struct OfficeEdit {
    /// Index of the action that it is of.
    pub action: u16,
    /// The entity.
    pub entity: EntityId,
    /// The row; for a create a fresh key.
    pub key: Key,
    /// What it does.
    pub kind: EditKind,
    /// New values by position in the backend's columns; all of them for a create, none for a
    /// delete.
    pub values: Vec<(usize, Value)>,
}

/// New rows that get one stamp.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The entity.
    pub entity: EntityId,
    /// Keys and values in the order of the backend's columns.
    pub rows: Vec<(Key, Vec<Value>)>,
}

/// What a script consists of, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptSummary {
    /// By action, in the order of the options.
    pub actions: Vec<ActionCount>,
    /// Logins.
    pub logins: u64,
    /// Times that an app came to the foreground without a login.
    pub resumes: u64,
    /// Records opened.
    pub opens: u64,
    /// Rows of imports.
    pub imported: u64,
    /// Imports that bring fewer rows than asked for.
    pub short: Vec<ShortImport>,
}

/// An import for whose rows there are not enough free natural keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortImport {
    /// The name of the entity.
    pub entity: String,
    /// Rows asked for.
    pub asked: u64,
    /// Rows that it brings.
    pub made: u64,
}

/// What a script could not make as asked is among these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    /// By action, in the order of the options.
    pub actions: Vec<ActionCount>,
    /// Imports that bring fewer rows than asked for.
    pub short: Vec<ShortImport>,
}

impl ScriptSummary {
    /// What became of what was asked for.
    pub fn placed(self) -> Placed {
        Placed { actions: self.actions, short: self.short }
    }
}

/// How often an action is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionCount {
    /// Its name.
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
    /// Of those done: on any row, for none lay as near the moment as `near` asks.
    pub astray: u64,
}
