//! What a script is written from, besides what people do by habit.

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
    /// Asked now and then: true if no script is wanted any more.
    pub stops: &'a dyn Fn() -> bool,
}

/// Edits that one person makes at a set time, on top of the day's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Burst {
    pub action: usize,
    /// Whose edits they are; an unknown device makes none.
    pub device: DeviceId,
    pub count: u32,
    pub at: Time,
    /// The time over which they are spread evenly.
    pub over: Span,
    pub target: Target,
}

/// What planned edits are about, if more is given than their action.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Target {
    /// The row; for a create, the row that it refers to.
    pub row: Option<Named>,
    /// The group that is told which row it was; new rows of one group have one natural key.
    pub group: Option<u64>,
    /// Values in place of drawn ones, by position in the backend's columns.
    pub set: Vec<(usize, Value)>,
}

/// New rows that the office brings in at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub at: Time,
    pub entity: EntityId,
    pub rows: u64,
    /// If set, all rows have one value of the attribute at this position; `None`: any values.
    pub of_one: Option<usize>,
}
