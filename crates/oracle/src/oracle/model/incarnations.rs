//! The incarnations of each device's storage, and where each came from. The code calls an
//! incarnation a life. Restoring a backup or becoming a copy of another device begins a new one.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{DeviceId, EditId, Time};
use crate::contract::PhoneEvent;
use crate::oracle::model::End;

/// The origin of a life. The first life of a device has none: it begins with the run.
#[derive(Debug)]
enum Begun {
    Backup { life: u32, to: Time },
    Copy { of: DeviceId, life: u32, at: Time, unseen: Vec<EditId> },
}

/// The lives of all devices. None is dropped, because a device can go back to a very old backup.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    /// By device, the origin of each later life, and the final state of edits that this life
    /// removes.
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
    /// The final state of edits when a state is replaced: `Shelved` if nobody is logged in.
    fn end_by(&self, device: DeviceId, end: End) -> End {
        if self.logged_out.contains(&device) { End::Shelved } else { end }
    }
    /// The final state of an edit that was made on `device` in `life` at time `at`, if the device's
    /// state has lost it. A state that is shelved at a logout counts as removed when the whole
    /// phone is replaced.
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
    /// True if a state that is shelved for a logged-out person contains the device's action at this
    /// time of this life.
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

    /// The device became a copy of another device's state at time `at` in `life`. The edits in
    /// `unseen` were being saved at that time.
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
    /// True if the action `did`, of any device, is part of the current state of `device`.
    pub(crate) fn has(&self, device: DeviceId, did: (DeviceId, u32, Time)) -> bool {
        self.had((device, self.now(device), Time::FAR), did)
    }

    /// Like [`has`](Self::has), for the device's own actions.
    pub(crate) fn keeps(&self, device: DeviceId, (life, at): (u32, Time)) -> bool {
        self.has(device, (device, life, at))
    }

    /// Like [`has`](Self::has), for the state that a device had in a life at a time.
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

    /// True if the storage of `device` in `life` got `edit` as part of a copy of another device.
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
