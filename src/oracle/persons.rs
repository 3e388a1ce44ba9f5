//! Who of those that share a phone was logged in as an edit was made, and as it was sent.

use std::collections::BTreeMap;

use crate::base::{DeviceId, EditId};
use crate::contract::PhoneEvent;

#[derive(Debug, Default)]
pub(super) struct Persons {
    now: BTreeMap<DeviceId, u32>,
    made: BTreeMap<EditId, u32>,
    sent: BTreeMap<EditId, u32>,
}

impl Persons {
    pub(super) fn on(&mut self, device: DeviceId, event: PhoneEvent) {
        if let PhoneEvent::LoggedIn { person } = event {
            self.now.insert(device, person);
        }
    }

    pub(super) fn made(&mut self, edit: EditId) {
        if let Some(person) = self.now.get(&edit.device) {
            self.made.insert(edit, *person);
        }
    }

    pub(super) fn sent(&mut self, device: DeviceId, edit: EditId) {
        if let Some(person) = self.now.get(&device) {
            self.sent.insert(edit, *person);
        }
    }

    /// Of an edit that is about to be committed: whether another person is taken for its author.
    pub(super) fn misfiled(&self, edit: EditId) -> Option<String> {
        let person = |of: &BTreeMap<EditId, u32>| of.get(&edit).copied().unwrap_or(0);
        let (made, sent) = (person(&self.made), person(&self.sent));
        (made != sent).then(|| {
            format!("edit {edit} was made by person {made} of its phone, and was sent as person {sent}'s")
        })
    }
}
