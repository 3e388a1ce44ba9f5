//! Records that much happened to, as `run.json` holds them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::oracle::Happened;

/// A record that much happened to: its life is worth a look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventfulRecord {
    /// The record as `entity/key`.
    pub record: String,
    /// Edits that people made on devices.
    pub edits: u32,
    /// Edits in requests, retries included.
    pub sent: u32,
    /// Conflicts that an engine decided.
    #[serde(default, skip_serializing_if = "is_none")]
    pub conflicts: u32,
    /// Conflicts that wait for a person at the end.
    #[serde(default, skip_serializing_if = "is_none")]
    pub open: u32,
    /// Edits that the backend refused for good.
    #[serde(default, skip_serializing_if = "is_none")]
    pub refused: u32,
    /// Commits that removed it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub deletes: u32,
}

impl EventfulRecord {
    /// What happened to this record.
    pub fn new(record: String, happened: Happened) -> EventfulRecord {
        let Happened { edits, sent, conflicts, open, refused, deletes } = happened;
        EventfulRecord { record, edits, sent, conflicts, open, refused, deletes }
    }

    /// In words: `task/3f2a (4 edits, 9 sends, 2 conflicts)`.
    pub fn told(&self) -> String {
        let EventfulRecord { edits, sent, conflicts, open, refused, deletes, .. } = *self;
        let happened = Happened { edits, sent, conflicts, open, refused, deletes };
        format!("{} ({})", self.record, happened.told())
    }
}

fn is_none(count: &u32) -> bool {
    *count == 0
}
