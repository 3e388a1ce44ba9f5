//! Demands on cells (one simulation each) with their results: expectations, gates (limits on
//! figures) and claims about pairs of cells. Also the answers to a user's questions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::Stand;

/// An expectation of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectationRecord {
    /// `violation <check>`, or the metric.
    pub what: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// The measured figure; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u64>,
    pub pass: bool,
}

/// An exception of the app that ended syncs and is not a network error; or a warning of the bench
/// to the app's developer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionRecord {
    pub what: String,
    /// It is a warning: no sync ended with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warning: bool,
    /// The stack of the first one, the innermost call first.
    pub stack: String,
    pub count: u64,
    /// The first device that had it, and when.
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
    /// The name of the figure that the gate checks: the metric, and the start state if it has one.
    pub fn figure(&self) -> String {
        let start = self.start.as_ref().map_or_else(String::new, |start| format!("@{start}"));
        format!("{}{start}", self.metric)
    }
}

/// A claim about two cells: the figure of one is within the bounds, and that of the failing one
/// outside, or at least a factor above it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimRecord {
    /// The id of the claim, such as `R57`.
    pub id: String,
    pub fails: String,
    pub mends: String,
    /// The figure, as an expectation names it.
    pub metric: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// The least ratio of the failing figure to the other, in thousandths; the former is above 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor_milli: Option<u32>,
    /// `null` if there is none, which shows nothing.
    pub fails_value: Option<u64>,
    pub mends_value: Option<u64>,
    /// Whether it holds. If not, the cell of `mends` fails by it.
    pub pass: bool,
}

/// The answer to a question under a seed, from two cells: one without the practice and one with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRecord {
    /// Its list and number, such as `checklist-2`, and another word if several answer one point.
    pub question: String,
    pub asks: String,
    /// The answer as a sentence with its figures; for a question that is not asked, the reason.
    pub says: String,
    pub finding: Finding,
    /// Whether it must be shown: if it is not, the cell with the practice fails.
    pub demanded: bool,
    /// The cell without the practice; empty if the question is not asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub without: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub with: String,
    /// Which of both the given scenario is like, if that can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands: Option<Stand>,
    /// What in the scenario shows that, or why it cannot be seen.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub because: String,
    /// Settings that were added to names of the scenario for the cell with the practice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<String>,
    /// What a user's scenario needs so that its figures can differ.
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
    /// The figure without the practice; `null` if there is none.
    pub without: Option<u64>,
    pub with: Option<u64>,
    /// It must be less with the practice: the least ratio of the other to it, in thousandths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub less_milli: Option<u32>,
    /// It must be more with the practice: the least ratio to the other, in thousandths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more_milli: Option<u32>,
}

/// The result of a question's figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// They differ as much as required.
    Shown,
    /// It is better with the practice, but by less than required or not in each figure.
    Less,
    /// It is the same with and without the practice, within 5 %.
    Same,
    /// At least one figure is worse with the practice.
    Worse,
    /// A figure is missing.
    Unmeasured,
    /// The question is not asked.
    #[default]
    NotAsked,
}
