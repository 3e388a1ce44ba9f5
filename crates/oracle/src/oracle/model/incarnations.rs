//! The lives of devices' storages, and how each began. A life is an epoch of a storage: restoring a
//! backup or becoming a copy begins a new one.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{DeviceId, EditId, Time};
use crate::contract::PhoneEvent;
use crate::oracle::model::End;

/// The origin of a life. The first life of a device begins with the world and has none.
#[derive(Debug)]
enum Begun {
    Backup { life: u32, to: Time },
    Copy { of: DeviceId, life: u32, at: Time, unseen: Vec<EditId> },
}

/// The lives of all devices. All are kept, because an older backup may follow a newer one.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    /// By device, the origin of each life, and the final state of edits that this life removes.
    begun: BTreeMap<DeviceId, Vec<(Begun, End)>>,
    copies: BTreeSet<DeviceId>,
    wiped: BTreeSet<DeviceId>,
    logged_out: BTreeSet<DeviceId>,
    pub(crate) logging_out: BTreeSet<DeviceId>,
    pub(crate) left: Vec<(DeviceId, u32, Time)>,
}

impl Lives {
    pub(crate) fn on(&mut self, device: DeviceId, event: PhoneEvent) {
        match event {
            PhoneEvent::Reinstalled => _ = self.wiped.insert(device),
            PhoneEvent::LogoutAsked => _ = self.logging_out.insert(device),
            PhoneEvent::LogoutRefused { .. } => _ = self.logging_out.remove(&device),
            PhoneEvent::LoggedOut => {
                self.logging_out.remove(&device);
                self.logged_out.insert(device);
            }
            PhoneEvent::LoggedIn { .. } => _ = self.logged_out.remove(&device),
            PhoneEvent::TokenRenewed { .. }
            | PhoneEvent::LoginEnded
            | PhoneEvent::RetryTapped
            | PhoneEvent::Upgraded => {}
        }
    }
    pub(crate) fn is_logging_out(&self, device: DeviceId) -> bool {
        self.logging_out.contains(&device)
    }
    /// The end of edits when a state is replaced. `Shelved` if nobody is logged in.
    fn end_by(&self, device: DeviceId, end: End) -> End {
        if self.logged_out.contains(&device) { End::Shelved } else { end }
    }
    /// What removed the state that contained an action (by device, life and time). A shelved state
    /// is removed by whatever replaced the whole phone.
    pub(crate) fn taken_by(&self, device: DeviceId, life: u32, at: Time) -> End {
        let (mut had, mut taken) = (true, End::Shelved);
        for next in life + 1..=self.now(device) {
            let has = self.had((device, next, Time::FAR), (device, life, at));
            if !has && (had || taken == End::Shelved) {
                taken = self.begun[&device][next as usize - 1].1;
            }
            had = has;
        }
        if taken == End::Shelved { End::Forgotten } else { taken }
    }
    pub(crate) fn now(&self, device: DeviceId) -> u32 {
        self.begun.get(&device).map_or(0, Vec::len) as u32
    }
    /// True if a shelved state of the device contains its action at this time of this life.
    pub(crate) fn has_left(&self, device: DeviceId, life: u32, at: Time) -> bool {
        let mut left = self.left.iter().filter(|(of, ..)| *of == device);
        left.any(|left| self.had(*left, (device, life, at)))
    }
    pub(crate) fn went_back(&mut self, device: DeviceId, life: u32, to: Time) {
        assert!(life <= self.now(device), "a backup is of a life that has begun");
        let wiped = self.wiped.remove(&device);
        let end = if wiped { End::Reinstalled } else { self.end_by(device, End::Restored) };
        self.begun.entry(device).or_default().push((Begun::Backup { life, to }, end));
    }

    /// The device became a copy of another's state at `at` in `life`, with edits being saved then.
    pub(crate) fn became_copy(&mut self, device: DeviceId, of: (DeviceId, u32, Time), unseen: Vec<EditId>) {
        let (of, life, at) = of;
        let end = self.end_by(device, End::Copied);
        self.begun.entry(device).or_default().push((Begun::Copy { of, life, at, unseen }, end));
        self.copies.insert(device);
    }
    pub(crate) fn of_several(&self) -> impl Iterator<Item = DeviceId> {
        self.begun.keys().copied()
    }
    pub(crate) fn copies(&self) -> impl Iterator<Item = DeviceId> {
        self.copies.iter().copied()
    }
    /// True if another device's or its own action is part of the current state of `device`.
    pub(crate) fn has(&self, device: DeviceId, did: (DeviceId, u32, Time)) -> bool {
        self.had((device, self.now(device), Time::FAR), did)
    }

    /// Like [`has`](Self::has), for the device's own actions.
    pub(crate) fn keeps(&self, device: DeviceId, (life, at): (u32, Time)) -> bool {
        self.has(device, (device, life, at))
    }

    /// Like [`has`](Self::has), for the state of a device in a life at a time.
    pub(crate) fn had(
        &self,
        (mut holder, mut present, mut until): (DeviceId, u32, Time),
        (by, life, at): (DeviceId, u32, Time),
    ) -> bool {
        while (holder, present) != (by, life) {
            (holder, present, until) = match self.begun(holder, present) {
                None => return false,
                Some(Begun::Backup { life, to }) => (holder, *life, *to),
                Some(Begun::Copy { of, life, at, .. }) => (*of, *life, *at),
            };
        }
        at < until
    }

    /// True if a copy of a storage brought `edit` to the state of `device` in `life`.
    pub(crate) fn was_copied(
        &self,
        edit: EditId,
        device: DeviceId,
        life: u32,
        was_there: &dyn Fn(Time) -> bool,
    ) -> bool {
        match self.begun(device, life) {
            None => false,
            Some(&Begun::Backup { life, .. }) => self.was_copied(edit, device, life, was_there),
            Some(Begun::Copy { of, life, at, unseen }) => {
                let theirs = edit.device == *of && (was_there(*at) || unseen.contains(&edit));
                theirs || self.was_copied(edit, *of, *life, was_there)
            }
        }
    }

    fn begun(&self, device: DeviceId, life: u32) -> Option<&Begun> {
        Some(&self.begun.get(&device)?.get(life.checked_sub(1)? as usize)?.0)
    }
}
