//! What a search came to, as `run.json` holds it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::Unit;

/// What a search for the best settings came to. The cells that it ran are those of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TuneRecord {
    /// What settings are compared by: a metric, or `metric:stat`.
    pub metric: String,
    /// The unit of that figure.
    #[schemars(with = "String")]
    pub unit: Unit,
    /// `lower` or `higher`: which is better.
    pub better: String,
    /// The keys that were searched, the most important first.
    pub knobs: Vec<String>,
    /// What the command line said of the search: options with their values, such as a key with its
    /// range.
    pub given: Vec<String>,
    /// The keys that tell the places apart.
    pub across: Vec<String>,
    /// All seeds; not every setting was run under each.
    pub seeds: Vec<String>,
    /// What a candidate must keep, besides losing nothing.
    pub limits: Vec<LimitRecord>,
    /// How many cells it took.
    pub cells: CellsTuned,
    /// What came out, for each variant and each combination of the values of `across`.
    pub places: Vec<PlaceTuned>,
    /// Where the number of devices moves the best, and where the backend has enough of them, in
    /// words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub herd: Vec<String>,
}

/// A figure that a candidate may not exceed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitRecord {
    /// What it is called on the command line.
    pub name: String,
    /// The metric.
    pub metric: String,
    /// Which figure of it.
    pub stat: String,
    /// Greatest accepted figure.
    pub max: u64,
    /// Whether no cell has such a figure, so that nothing was held to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unmeasured: bool,
}

/// How many cells a search took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellsTuned {
    /// To find the best and how sure that is.
    pub search: u64,
    /// To show other settings beside it.
    pub beside: u64,
    /// What a full grid of the same resolution would have taken, under all seeds.
    pub full_grid: u64,
}

/// What came out at one place: a variant and a value for each key of `across`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceTuned {
    /// Its variant and values in a line.
    pub name: String,
    /// Its variant, if the scenario has variants.
    pub variant: Option<String>,
    /// The values of `across`, as cells have them.
    pub axes: BTreeMap<String, serde_json::Value>,
    /// Whether the search came to its end.
    pub complete: bool,
    /// The best value of each knob; `null` if no setting is a candidate.
    pub best: Option<BTreeMap<String, String>>,
    /// The figure there, of a rate the harmonic mean over the seeds.
    pub figure: Option<u64>,
    /// Why there is no best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// What was found out about each knob while the others stand as at the best.
    pub knobs: Vec<KnobTuned>,
    /// The scenario's own setting, all knobs.
    pub present: Option<PointTuned>,
    /// The backend at the best.
    pub backend: Option<BackendTuned>,
}

/// What was found out about one knob.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnobTuned {
    /// Its key.
    pub key: String,
    /// Its best value.
    pub best: String,
    /// The settings between which the optimum lies (95 %, paired by seed, Student's law and
    /// bootstrap): `null` at an end of the range; absent without enough seeds.
    pub between: Option<[Option<String>; 2]>,
    /// The first and the last setting run under all seeds that are within 3 % of the best, no surer
    /// than the `noise_ppm` of these.
    pub flat: [String; 2],
    /// Every setting that was measured, in order.
    pub points: Vec<PointTuned>,
    /// What limits either side, in words.
    pub limits: Vec<String>,
    /// Which settings other seeds may make candidates, in words, where that would change the
    /// answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub luck: Option<String>,
    /// What the closed form says of the best chunk, where it applies, in rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_form_rows: Option<u64>,
}

/// One setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PointTuned {
    /// Its value; of several knobs all, with commas.
    pub value: String,
    /// What it is beside the best: half or twice of it, what the scenario has now, who ships it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Seeds that it was run under.
    pub seeds: u64,
    /// The figure, of a rate the harmonic mean over its seeds; of fewer seeds than the best has
    /// what its cost makes of the best's figure.
    pub figure: Option<u64>,
    /// What it costs relative to the best under the same seeds, which is 1 000 000.
    pub cost_ppm: Option<u64>,
    /// By how much that may be otherwise under other seeds (95 %); absent of the best itself, and
    /// of too few seeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise_ppm: Option<u64>,
    /// Whether it was run under all seeds and is as good as the best within the noise between them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub within_noise: bool,
    /// Why it is excluded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Whether that may be the luck of the seeds: it keeps every limit and gate in at least half of
    /// them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_doubt: bool,
}

/// What the backend had to do, in the mean over the seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendTuned {
    /// Median wait in its queue.
    pub queued_p50_ns: u64,
    /// 95th percentile of it.
    pub queued_p95_ns: u64,
    /// Median time at work on a request.
    pub service_p50_ns: u64,
    /// About how much of the time of the syncs is waiting in its queue, in millionths.
    pub queued_ppm: u64,
}
