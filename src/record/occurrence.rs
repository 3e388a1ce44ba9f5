//! What a seed has of a swarm, what had to occur with some of many, and what changed nothing.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
