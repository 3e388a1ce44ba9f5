//! Edits that replaced what nobody had looked at.

use super::check::Check;
use super::findings::Findings;
use crate::base::{EditId, EntityId, Key, Time};

pub(super) struct Blind {
    pub(super) edit: EditId,
    pub(super) entity: EntityId,
    pub(super) key: Key,
    /// In which life of its device it was committed, and when.
    pub(super) committed: (u32, Time),
    pub(super) text: String,
}

impl Blind {
    pub(super) fn add_to(self, findings: &mut Findings) {
        let concerns = (Some(self.edit.device), Some((self.entity, self.key.as_str())));
        findings.add(Check::SilentDiscard, concerns, || self.text);
    }
}
