//! What a question comes to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a question comes to under a seed: two cells, one without what is asked for and one with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRecord {
    /// The question's list and number, such as `checklist-2`, and a word more where several answer
    /// one.
    pub question: String,
    /// What is asked.
    pub asks: String,
    /// The answer in a sentence, with figures in braces; of a question that is not asked, why.
    pub says: String,
    /// What the figures say.
    pub finding: Finding,
    /// Whether it has to be shown: the cell with what is asked for fails if it is not.
    pub demanded: bool,
    /// The cell without what is asked for; empty of a question that is not asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub without: String,
    /// The cell with it; empty of a question that is not asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub with: String,
    /// Which of both is the scenario as it was given, if it is one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands: Option<Stand>,
    /// The figures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<ToldRecord>,
}

/// A figure of both cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToldRecord {
    /// Its name in the answer.
    pub name: String,
    /// The figure, as an expectation names it.
    pub metric: String,
    /// Without what is asked for; `null` if there is no figure.
    pub without: Option<u64>,
    /// With it; `null` if there is no figure.
    pub with: Option<u64>,
    /// It is to be less with it: the other one comes to so many thousandths at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub less_milli: Option<u32>,
    /// It is to be more with it: so many thousandths of the other one at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more_milli: Option<u32>,
}

/// What the figures of a question say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    NotAsked,
}

/// Which half of a question a scenario is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stand {
    /// The one without what is asked for.
    Without,
    /// The one with it.
    With,
}
