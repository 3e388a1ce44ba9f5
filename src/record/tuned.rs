//! The result of a search for the best settings, as stored in `run.json`.
//!
//! A cell is one simulation: one variant and one seed. A gate is a limit on a figure. A place is
//! the fixed part of a search: a variant with one value for each key that is not searched. A knob
//! is a key that a search varies. Noise is the random difference between seeds.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::{Censored, Unit, human};

/// The result of a search for the best settings. The cells that it ran are those of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TuneRecord {
    /// The objective that settings are compared by: a metric, or `metric:stat`.
    pub metric: String,
    #[schemars(with = "String")]
    pub unit: Unit,
    pub better: String,
    /// The keys that were searched, the most important first.
    pub knobs: Vec<String>,
    /// The search options of the command line, with their values.
    pub given: Vec<String>,
    /// The keys that distinguish the places.
    pub across: Vec<String>,
    /// All seeds; not every setting was run under each.
    pub seeds: Vec<String>,
    /// What a setting must keep to be chosen, besides losing nothing.
    pub limits: Vec<LimitRecord>,
    pub cells: CellsTuned,
    /// The results, for each variant and each combination of the values of `across`.
    pub places: Vec<PlaceTuned>,
    /// How the number of devices moves the best, and from which number the backend is saturated.
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
    /// Whether the user set it, so that it excludes settings that break it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub given: bool,
    /// Whether no cell has such a figure, so that it applied to nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unmeasured: bool,
}

impl LimitRecord {
    pub fn unit(&self) -> Unit {
        if self.name == "memory" { Unit::Bytes } else { Unit::Ns }
    }
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

/// The result at one place: a variant and a value for each key of `across`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceTuned {
    pub name: String,
    pub variant: Option<String>,
    pub axes: BTreeMap<String, serde_json::Value>,
    pub complete: bool,
    /// The best value of each knob; `null` if every setting is excluded.
    pub best: Option<BTreeMap<String, String>>,
    /// Its figure; for a rate, the harmonic mean over the seeds.
    pub figure: Option<u64>,
    /// The waits behind it that never ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub censored: Option<Censored>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// The cost of rules that decide which setting is the best, or would if they excluded any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleTuned>,
    /// What no setting can change: gaps of the link, gates that all settings miss.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Results for each knob, with the other knobs at their best values.
    pub knobs: Vec<KnobTuned>,
    /// The scenario's own setting, all knobs.
    pub present: Option<PointTuned>,
    pub backend: Option<BackendTuned>,
}

/// A limit or a gate, and the best setting on its other side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleTuned {
    /// The name of the limit, or of the gate after that word.
    pub name: String,
    /// What it requires, in words.
    pub asks: String,
    /// Whether it excludes settings: then `best` is the best without it, otherwise the best that
    /// keeps it.
    pub excludes: bool,
    /// By knob; `null` if no setting keeps it.
    pub best: Option<BTreeMap<String, String>>,
    pub figure: Option<u64>,
    /// The waits behind it that never ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub censored: Option<Censored>,
    /// Its cost relative to the best of the place, which is 1 000 000.
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
    /// The size of the largest response, if larger values of the key change nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<u64>,
    /// Whether that is all rows of a device, in one response.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    /// What limits either side, in words.
    pub limits: Vec<String>,
    /// Settings that other seeds may allow, if that would change the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub luck: Option<String>,
    /// The best chunk by the closed form, if it applies, in rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_form_rows: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PointTuned {
    /// Its value; of several knobs, all values separated by commas.
    pub value: String,
    /// Its role beside the best: half or twice of it, the scenario's present value, a product's
    /// value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Products with larger values that have the same effect, because no response has so many rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<AskedTuned>,
    pub seeds: u64,
    /// For a rate, the harmonic mean; with fewer seeds than the best, the best's figure times its
    /// cost.
    pub figure: Option<u64>,
    /// The waits behind it that never ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub censored: Option<Censored>,
    /// Its cost relative to the best under the same seeds, which is 1 000 000.
    pub cost_ppm: Option<u64>,
    /// The 95 % uncertainty of that over other seeds; absent with too few of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise_ppm: Option<u64>,
    /// Whether it was run under all seeds and is as good as the best within the noise between them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub within_noise: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Whether its exclusion may be luck: it keeps every limit and gate in at least half of the
    /// seeds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_doubt: bool,
    /// Limits that it breaks and that exclude nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<String>,
}

/// A value of a key, and who uses it: this scenario, a product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskedTuned {
    pub value: String,
    pub names: Vec<String>,
}

/// The load of the backend, averaged over the seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendTuned {
    pub queued_p50_ns: u64,
    pub queued_p95_ns: u64,
    pub service_p50_ns: u64,
    /// Approximate share of the syncs' time spent in its queue, in millionths.
    pub queued_ppm: u64,
}
