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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_misfiled_that_goes_up_as_anothers() {
        let phone = DeviceId(0);
        let [first, second] = [0, 1].map(|number| EditId { device: phone, number });
        let mut persons = Persons::default();
        persons.made(first);
        persons.on(phone, PhoneEvent::LoggedIn { person: 1 });
        persons.made(second);
        persons.sent(phone, second);
        assert_eq!(persons.misfiled(second), None);
        persons.sent(phone, first);
        assert!(persons.misfiled(first).is_some(), "its person has gone");
        persons.on(phone, PhoneEvent::LoggedIn { person: 0 });
        persons.sent(phone, first);
        assert_eq!(persons.misfiled(first), None);
    }
}
