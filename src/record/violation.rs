//! What the oracle found, as `run.json` holds it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ViolationRecord {
    /// The check's name.
    pub check: String,
    /// The device, such as `d17`, where one is concerned.
    pub device: Option<String>,
    /// The record as `entity/key`, where one is concerned.
    pub record: Option<String>,
    /// The record that the device was last busy with, where none is concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    /// In words.
    pub text: String,
}
