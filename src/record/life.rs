//! The life of one record, as `run.json` holds it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::oracle::{Story, place};

/// The life of one record across devices, gateway and backend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LifeRecord {
    /// The record as `entity/key`.
    pub record: String,
    /// What happened to it, in order.
    pub lines: Vec<String>,
    /// The same as steps from place to place: the first of a long life and its last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepRecord>,
}

/// One thing that happened to a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepRecord {
    /// When.
    pub at_ns: u64,
    /// The same as the clock of the scenario's day shows it.
    pub clock: String,
    /// Where: `gateway`, `backend`, `world`, or a device.
    pub place: String,
    /// Where to something left with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Where from something came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// In words.
    pub text: String,
}

impl LifeRecord {
    /// The steps kept of the beginning of a long life, and of its end.
    const STEPS_KEPT: usize = 12;

    /// The life of this record.
    pub fn new(record: String, story: Story) -> LifeRecord {
        let Story { lines, mut steps } = story;
        if steps.len() > 2 * LifeRecord::STEPS_KEPT {
            steps.drain(LifeRecord::STEPS_KEPT..steps.len() - LifeRecord::STEPS_KEPT);
        }
        let steps = steps.into_iter().map(|step| StepRecord {
            at_ns: step.at.0,
            clock: step.clock,
            place: place(step.node),
            to: step.to.map(place),
            from: step.from.map(place),
            text: step.text,
        });
        LifeRecord { record, lines, steps: steps.collect() }
    }
}
