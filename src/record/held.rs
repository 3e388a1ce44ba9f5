//! The demands on cells (expectations, gates, claims), and the answers to questions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::Stand;

/// One thing that had to come out of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectationRecord {
    /// `violation <check>`, or the metric.
    pub what: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// The figure that came out; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u64>,
    pub pass: bool,
}

/// An exception of the app with which syncs ended, and which is not the network's; or a warning of
/// the bench to the app's developer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionRecord {
    pub what: String,
    /// It is a warning: no sync ended with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warning: bool,
    /// Of the first time: where, the innermost call first.
    pub stack: String,
    pub count: u64,
    /// The first device that met it, and when.
    pub device: String,
    pub at: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateRecord {
    pub cell: String,
    pub name: String,
    pub metric: String,
    pub stat: String,
    /// Only devices that started in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// The figure; `null` if there is none, which is never a pass.
    pub value: Option<u64>,
    pub pass: bool,
}

impl GateRecord {
    /// The figure that the gate checks: the metric, with the start state if it is about one.
    pub fn figure(&self) -> String {
        let start = self.start.as_ref().map_or_else(String::new, |start| format!("@{start}"));
        format!("{}{start}", self.metric)
    }
}

/// A figure that fails in one of two cells and is mended in the other: that lies within the bounds,
/// and the failing one outside, or so many times above it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimRecord {
    /// What is shown, such as `R57`.
    pub id: String,
    pub fails: String,
    pub mends: String,
    /// The figure, as an expectation names it.
    pub metric: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// How many thousandths of the mended figure the failing one comes to at least; it is above 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor_milli: Option<u32>,
    /// `null` if there is none, which shows nothing.
    pub fails_value: Option<u64>,
    pub mends_value: Option<u64>,
    /// Whether it holds. If not, the cell that mends fails by it.
    pub pass: bool,
}

/// What a question comes to under a seed: two cells, one without what is asked for and one with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRecord {
    /// Its list and number, such as `checklist-2`, and a word more where several answer one.
    pub question: String,
    pub asks: String,
    /// The answer in a sentence, with figures in braces; of a question that is not asked, why.
    pub says: String,
    pub finding: Finding,
    /// Whether it has to be shown: the cell with what is asked for fails if it is not.
    pub demanded: bool,
    /// The cell without what is asked for; empty of a question that is not asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub without: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub with: String,
    /// Which of both the scenario as it was given is like, if that can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands: Option<Stand>,
    /// What in the scenario says so, or why that cannot be seen.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub because: String,
    /// What was set to names of the scenario to make the cell with what is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<String>,
    /// What a scenario has to have so that its figures can differ, of somebody's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub shown_by: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<ToldRecord>,
}

/// A figure of both cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToldRecord {
    pub name: String,
    /// The figure, as an expectation names it.
    pub metric: String,
    /// Without what is asked for; `null` if there is no figure.
    pub without: Option<u64>,
    pub with: Option<u64>,
    /// It is to be less with it: the other one comes to so many thousandths at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub less_milli: Option<u32>,
    /// It is to be more with it: so many thousandths of the other one at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more_milli: Option<u32>,
}

/// What the figures of a question say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// They are as far apart as they are to be.
    Shown,
    /// It is better with it, by less than that or not in each figure.
    Less,
    /// It is the same with it and without, within a twentieth.
    Same,
    /// It is worse with it, in a figure at least.
    Worse,
    /// A figure is missing.
    Unmeasured,
    /// The question is not asked.
    #[default]
    NotAsked,
}
