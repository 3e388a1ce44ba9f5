//! The inputs of a script, in addition to people's habits.

use super::aim::Named;
use super::person::Person;
use crate::base::{DeviceId, EntityId, Seed, Span, Time, Value};
use crate::workload::{Dataset, WorkloadOptions};

/// The fixed inputs of a script.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub seed: Seed,
    pub options: &'a WorkloadOptions,
    pub people: &'a [Person],
    pub dataset: &'a Dataset,
    pub duration: Span,
    /// The code calls this function at intervals. It returns true if the caller no longer needs the
    /// script.
    pub stops: &'a dyn Fn() -> bool,
}

/// Edits that one person makes at a set time, in addition to the day's edits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Burst {
    pub action: usize,
    /// The device that makes the edits. If the device does not exist, no edits are made.
    pub device: DeviceId,
    pub count: u32,
    pub at: Time,
    /// The edits are spread evenly over this time.
    pub over: Span,
    pub target: Target,
}

/// Facts about a planned edit that its action does not give.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Target {
    /// The row to edit. For a create: the row that it refers to.
    pub row: Option<Named>,
    /// The group of edits that share this edit's row. New rows of one group have one natural key.
    pub group: Option<u64>,
    /// Values that replace the drawn values, by index of the backend's column.
    pub set: Vec<(usize, Value)>,
}

/// New rows that the office adds at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub at: Time,
    pub entity: EntityId,
    pub rows: u64,
    /// All rows have the same value of the attribute at this index. `None`: any values.
    pub of_one: Option<usize>,
}
