//! What cells are held to: expectations, gates, claims.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that had to come out of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectationRecord {
    /// `violation <check>`, or the metric.
    pub what: String,
    /// Smallest accepted figure of a metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// Greatest accepted figure of a metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// The figure that came out; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u64>,
    /// Whether it is as it must be.
    pub pass: bool,
}

/// A threshold, held against a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateRecord {
    /// The cell.
    pub cell: String,
    /// The gate's name in the scenario.
    pub name: String,
    /// The metric.
    pub metric: String,
    /// Which figure of it.
    pub stat: String,
    /// Only devices that started in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Smallest accepted figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// Greatest accepted figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// The figure; `null` if there is none, which is never a pass.
    pub value: Option<u64>,
    /// Whether it lies within the bounds.
    pub pass: bool,
}

impl GateRecord {
    /// What it looks at: the metric, of the devices that it is about.
    pub fn figure(&self) -> String {
        let start = self.start.as_ref().map_or_else(String::new, |start| format!("@{start}"));
        format!("{}{start}", self.metric)
    }
}

/// What two cells of one scenario and seed show side by side: a figure fails in one and is mended
/// in the other. It holds if the mended one lies within the bounds, and the failing one outside, or
/// so many times above it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimRecord {
    /// What is shown, such as `R57`.
    pub id: String,
    /// The cell that fails.
    pub fails: String,
    /// The cell that mends it.
    pub mends: String,
    /// The figure, as an expectation names it.
    pub metric: String,
    /// Smallest accepted figure where it is mended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// Greatest accepted figure where it is mended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// How many thousandths of the mended figure the failing one comes to at least; it is above 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor_milli: Option<u32>,
    /// The failing figure; `null` if there is none, which shows nothing.
    pub fails_value: Option<u64>,
    /// The mended figure; `null` if there is none, which shows nothing.
    pub mends_value: Option<u64>,
    /// Whether it holds. If not, the cell that mends fails by it.
    pub pass: bool,
}
