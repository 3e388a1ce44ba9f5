//! What was found in a cell, what had to occur in some of many, and what did not come.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::oracle::Happened;

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ViolationRecord {
    /// The check's name.
    pub check: String,
    /// The device, such as `d17`, where one is concerned.
    pub device: Option<String>,
    /// The record as `entity/key`, where one is concerned.
    pub record: Option<String>,
    /// The record that the device was last busy with, where none is concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    /// In words.
    pub text: String,
}

/// A record that much happened to: its life is worth a look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventfulRecord {
    /// The record as `entity/key`.
    pub record: String,
    /// What happened to it.
    #[serde(flatten)]
    pub happened: Happened,
}

impl EventfulRecord {
    /// In words: `task/3f2a (4 edits, 9 sends, 2 conflicts)`.
    pub fn told(&self) -> String {
        format!("{} ({})", self.record, self.happened.told())
    }
}

/// What of a swarm a seed has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwarmRecord {
    /// Kinds of trouble that are there, such as `chaos.kill_mtbf`, `event.import` or `action.add`.
    pub on: Vec<String>,
    /// Kinds that are not.
    pub off: Vec<String>,
    /// Sizes that were drawn, by key, in rows.
    pub sizes: BTreeMap<String, u32>,
}

/// What had to occur in some of the cells of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OccurrenceRecord {
    /// The scenario, with its variant where that alone had to come to it.
    pub scenario: String,
    /// What: a situation, or the bound of a figure.
    pub what: String,
    /// In how many cells it occurred.
    pub cells: u64,
    /// Of how many.
    pub of: u64,
    /// Of how many on it is a failure if it never did.
    pub wanted_of: u64,
    /// Whether it occurred, or was not yet to be expected.
    pub pass: bool,
}

/// A planned fault that did not fire on some of its devices, or that met nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MissedRecord {
    /// The event, or the key of what comes by itself, such as `chaos.kill_mtbf`.
    pub event: String,
    /// Why it did not fire, in words.
    pub why: String,
    /// On how many devices it did not fire; 0 if it had to meet somebody and met nobody.
    pub missed: u64,
    /// On how many it was to fire; 0 if it had to meet somebody.
    pub of: u64,
    /// The first of those on which it did not, such as `d17`.
    pub devices: Vec<String>,
}
