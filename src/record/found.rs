//! Findings in a cell (one simulation): violations, occurrences, faults that did not fire, lives of
//! records, and time series.
//!
//! A gate is a limit on a figure. The oracle is the judge that knows all true values. A swarm is a
//! scenario in which each seed draws its own parts. The life of a record is the list of all its
//! events.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::{self, Sample};
use crate::oracle::{Story, place};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ViolationRecord {
    pub check: String,
    /// The device, such as `d17`, if one is concerned.
    pub device: Option<String>,
    /// The record as `entity/key`, if one is concerned.
    pub record: Option<String>,
    /// The record of the device's last event, if no record is concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    pub text: String,
}

/// A recorded history of a real app, instead of a seed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObservedRecord {
    /// The files that were read.
    pub files: Vec<String>,
    pub lines: u64,
    /// The names of the devices.
    pub devices: Vec<String>,
    /// The tolerance of times.
    pub tolerance_ns: u64,
}

/// The parts of a swarm that a seed has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwarmRecord {
    /// Kinds of faults that are present, such as `chaos.kill_mtbf`, `event.import` or `action.add`.
    pub on: Vec<String>,
    pub off: Vec<String>,
    /// Drawn sizes by key, in rows.
    pub sizes: BTreeMap<String, u32>,
    /// What the seed took of `swarm.one_of`: dotted keys, and their values as TOML.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub taken: BTreeMap<String, String>,
}

/// Something that at least one cell of a scenario must reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OccurrenceRecord {
    /// The scenario, with its variant if only that had to reach it.
    pub scenario: String,
    /// A situation, or the bound of a figure.
    pub what: String,
    pub cells: u64,
    pub of: u64,
    /// From this many cells on it is a failure if it never occurred.
    pub wanted_of: u64,
    /// Whether it occurred, or could not be expected yet.
    pub pass: bool,
}

/// A planned fault that did not fire on some of its devices, or hit nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MissedRecord {
    /// The event, or the key of a drawn fault, such as `chaos.kill_mtbf`.
    pub event: String,
    /// Why it did not fire, in words.
    pub why: String,
    /// The number of devices on which it did not fire; 0 if it should hit anybody and hit nobody.
    pub missed: u64,
    /// The number of devices on which it should fire; 0 if it should hit anybody.
    pub of: u64,
    /// The first device on which it did not fire, such as `d17`.
    pub devices: Vec<String>,
}

/// The life of one record across devices, gateway and backend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LifeRecord {
    /// The record as `entity/key`.
    pub record: String,
    pub lines: Vec<String>,
    /// The same as steps from place to place: of a long life, the first and the last ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepRecord>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepRecord {
    pub at_ns: u64,
    /// The time by the clock of the scenario's day.
    pub clock: String,
    /// `gateway`, `backend`, `world`, or a device.
    pub place: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    pub text: String,
}

impl LifeRecord {
    /// Number of steps that a long life keeps at its beginning, and again at its end.
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

/// Figures over virtual time, reduced to what can be drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesRecord {
    pub at_ns: Vec<u64>,
    /// The values at these instants, by series.
    pub values: BTreeMap<String, Vec<u64>>,
}

impl SeriesRecord {
    /// Number of instants that a plot can show separately.
    const INSTANTS: usize = 130;

    /// Reduces samples: several neighbours become one. It has the last level, or the longest wait.
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

/// A device with long syncs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowRecord {
    pub device: String,
    /// Its longest sync that ended well.
    pub sync_ns: u64,
}

/// Other settings that fix what a check found in a cell, or may fix it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemedyRecord {
    /// The check whose finding they fix, or `oracle.saved_edits.lost`.
    pub check: String,
    /// Settings as `--set` accepts them: together, if they improve something; otherwise each
    /// separately, tried without success or not tried.
    pub set: Vec<String>,
    /// What the check counted in this cell.
    pub found: u64,
    /// What it counted in the same cell with these settings; `null` if that was not tried.
    pub left: Option<u64>,
    /// Other checks, gates (`gate NAME`) and expectations (`expect FIGURE`) that the cell fails by
    /// with these settings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remaining: Vec<String>,
    /// What these settings make worse; if there is anything, they fix nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worse: Vec<WorseRecord>,
}

/// A figure that is worse with other settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorseRecord {
    /// A check or a metric. A gate is `gate NAME`, an expectation `expect FIGURE`; these count 1.
    pub what: String,
    pub before: u64,
    pub after: u64,
}
