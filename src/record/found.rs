//! Findings in a cell: violations, occurrences, faults that did not fire, lives of records, series.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::{self, Sample};
use crate::oracle::{Happened, Story, place};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ViolationRecord {
    pub check: String,
    /// The device, such as `d17`, where one is concerned.
    pub device: Option<String>,
    /// The record as `entity/key`, where one is concerned.
    pub record: Option<String>,
    /// The record that the device was last busy with, where none is concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    pub text: String,
}

/// A recorded history of a real app, in the place of a seed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObservedRecord {
    /// The files that were read.
    pub files: Vec<String>,
    pub lines: u64,
    /// The names of the devices.
    pub devices: Vec<String>,
    /// How far a time may be off.
    pub tolerance_ns: u64,
}

/// A record that much happened to: its life is worth a look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventfulRecord {
    /// The record as `entity/key`.
    pub record: String,
    #[serde(flatten)]
    pub happened: Happened,
}

impl EventfulRecord {
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
    pub cells: u64,
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

/// The life of one record across devices, gateway and backend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LifeRecord {
    /// The record as `entity/key`.
    pub record: String,
    pub lines: Vec<String>,
    /// The same as steps from place to place: the first of a long life and its last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepRecord>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepRecord {
    pub at_ns: u64,
    /// The same as the clock of the scenario's day shows it.
    pub clock: String,
    /// Where: `gateway`, `backend`, `world`, or a device.
    pub place: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    pub text: String,
}

impl LifeRecord {
    /// Of a long life this many steps are kept from its beginning, and this many from its end.
    const STEPS_KEPT: usize = 12;

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

/// Figures over virtual time, thinned out to what can be drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesRecord {
    pub at_ns: Vec<u64>,
    /// The values at these instants, by series.
    pub values: BTreeMap<String, Vec<u64>>,
}

impl SeriesRecord {
    /// The most instants that a plot can show apart.
    const INSTANTS: usize = 130;

    /// Reduces the samples: of neighbours it keeps the last value, for waits the longest.
    pub fn of(samples: &[Sample]) -> Option<SeriesRecord> {
        let mut all: BTreeMap<&str, Vec<(u64, u64)>> = BTreeMap::new();
        for Sample { at_ns, series, value } in samples {
            all.entry(series).or_default().push((*at_ns, *value));
        }
        let longest = all.values().map(Vec::len).max()?;
        let together = longest.div_ceil(SeriesRecord::INSTANTS);
        let mut thin = SeriesRecord::default();
        for (series, points) in &all {
            let is_wait = [metrics::QUEUED, metrics::SYNCED].contains(series);
            let chunks = points.chunks(together).filter_map(|chunk| {
                let (at, last) = *chunk.last()?;
                let value = if is_wait { chunk.iter().map(|point| point.1).max()? } else { last };
                Some((at, value))
            });
            let (at_ns, values) = chunks.unzip();
            thin.at_ns = at_ns;
            thin.values.insert((*series).to_owned(), values);
        }
        Some(thin)
    }
}

/// A device whose syncs took long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowRecord {
    pub device: String,
    /// Its longest sync that came to a good end.
    pub sync_ns: u64,
}

/// Other settings that mend what a check found in a cell, or may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemedyRecord {
    /// The check whose finding it mends, or `oracle.saved_edits.lost`.
    pub check: String,
    /// Settings as `--set` takes them: all together if something is better with them, else each
    /// alone: what was tried and does not help, or what may do.
    pub set: Vec<String>,
    /// What the check counted in this cell.
    pub found: u64,
    /// What it counted in the same cell with these settings; `null` if that was not tried.
    pub left: Option<u64>,
    /// Other checks, gates and expectations that the cell fails by with these settings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remaining: Vec<String>,
    /// What these settings make worse: with any of it they mend nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worse: Vec<WorseRecord>,
}

/// What is worse with other settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorseRecord {
    /// A check, a metric, or a gate as `gate NAME`.
    pub what: String,
    pub before: u64,
    pub after: u64,
}
