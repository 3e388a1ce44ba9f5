//! The result of a search, as `run.json` holds it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::{Censored, Unit, human};

/// What a search for the best settings came to. The cells that it ran are those of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TuneRecord {
    /// What settings are compared by: a metric, or `metric:stat`.
    pub metric: String,
    #[schemars(with = "String")]
    pub unit: Unit,
    pub better: String,
    /// The keys that were searched, the most important first.
    pub knobs: Vec<String>,
    /// What the command line said of the search: options with their values.
    pub given: Vec<String>,
    /// The keys that tell the places apart.
    pub across: Vec<String>,
    /// All seeds; not every setting was run under each.
    pub seeds: Vec<String>,
    /// What a candidate must keep, besides losing nothing.
    pub limits: Vec<LimitRecord>,
    pub cells: CellsTuned,
    /// What came out, for each variant and each combination of the values of `across`.
    pub places: Vec<PlaceTuned>,
    /// How the number of devices moves the best, and where the backend has enough of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub herd: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitRecord {
    pub name: String,
    pub metric: String,
    pub stat: String,
    pub max: u64,
    /// Whether it was asked for, and so excludes what breaks it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub given: bool,
    /// Whether no cell has such a figure, so that nothing was held to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unmeasured: bool,
}

impl LimitRecord {
    pub fn unit(&self) -> Unit {
        if self.name == "memory" { Unit::Bytes } else { Unit::Ns }
    }
    /// The limit as a sentence.
    pub fn asks(&self) -> String {
        let max = human::figure(self.unit(), self.max);
        match self.name.as_str() {
            "memory" => format!("a response must take at most {max} of memory"),
            "chunk" => format!("99 of 100 requests must take at most {max}"),
            _ => format!("99 of 100 queries of the app must take at most {max}"),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellsTuned {
    pub search: u64,
    pub beside: u64,
    /// What a full grid of the same resolution would have taken, under all seeds.
    pub full_grid: u64,
}

/// What came out at one place: a variant and a value for each key of `across`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceTuned {
    pub name: String,
    pub variant: Option<String>,
    pub axes: BTreeMap<String, serde_json::Value>,
    pub complete: bool,
    /// The best value of each knob; `null` if no setting is a candidate.
    pub best: Option<BTreeMap<String, String>>,
    /// The figure there, of a rate the harmonic mean over the seeds.
    pub figure: Option<u64>,
    /// What of the waits behind it never ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub censored: Option<Censored>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// What rules cost that decide which setting is the best, or would if they excluded any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleTuned>,
    /// What no setting can change: gaps of the link, gates that all settings miss.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What was found out about each knob while the others stand as at the best.
    pub knobs: Vec<KnobTuned>,
    /// The scenario's own setting, all knobs.
    pub present: Option<PointTuned>,
    pub backend: Option<BackendTuned>,
}

/// A limit or a gate, and the best setting on its other side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleTuned {
    /// The name of the limit, or of the gate behind that word.
    pub name: String,
    /// What it asks for, in words.
    pub asks: String,
    /// Whether it excludes settings: then `best` is the best without it, else the best that keeps
    /// it.
    pub excludes: bool,
    /// By knob; `null` if no setting keeps it.
    pub best: Option<BTreeMap<String, String>>,
    pub figure: Option<u64>,
    /// What of the waits behind it never ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub censored: Option<Censored>,
    /// What that costs relative to the best of the place, which is 1 000 000.
    pub cost_ppm: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnobTuned {
    pub key: String,
    pub best: String,
    /// Settings between which the optimum lies (95 %, paired by seed): `null` at a range's end.
    pub between: Option<[Option<String>; 2]>,
    /// The first and the last setting run under all seeds that are within 3 % of the best.
    pub flat: [String; 2],
    pub points: Vec<PointTuned>,
    /// The size of the largest response, where a larger value of the key changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<u64>,
    /// Whether that is all there is for a device, in one response.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    /// What limits either side, in words.
    pub limits: Vec<String>,
    /// Which settings other seeds may make candidates, where that would change the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub luck: Option<String>,
    /// What the closed form says of the best chunk, where it applies, in rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_form_rows: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PointTuned {
    /// Its value; of several knobs all, with commas.
    pub value: String,
    /// What it is beside the best: half or twice of it, what the scenario has now, who ships it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Larger values that come to the same, as no response has so many rows: who asks for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<AskedTuned>,
    pub seeds: u64,
    /// Of a rate the harmonic mean; of fewer seeds than the best has the best's times its cost.
    pub figure: Option<u64>,
    /// What of the waits behind it never ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub censored: Option<Censored>,
    /// What it costs relative to the best under the same seeds, which is 1 000 000.
    pub cost_ppm: Option<u64>,
    /// By how much that may be otherwise under other seeds (95 %); absent of too few of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise_ppm: Option<u64>,
    /// Whether it was run under all seeds and is as good as the best within the noise between them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub within_noise: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Whether that may be luck: it keeps every limit and gate in at least half of the seeds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_doubt: bool,
    /// Limits that it breaks and that exclude nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<String>,
}

/// A value of a key, and who has it: this scenario, a product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskedTuned {
    pub value: String,
    pub names: Vec<String>,
}

/// What the backend had to do, in the mean over the seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendTuned {
    pub queued_p50_ns: u64,
    pub queued_p95_ns: u64,
    pub service_p50_ns: u64,
    /// About how much of the time of the syncs is waiting in its queue, in millionths.
    pub queued_ppm: u64,
}
