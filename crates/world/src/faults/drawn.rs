//! Everything that goes wrong in a world, and whom it befalls, before it begins.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::missed::{Awaited, Struck};
use super::strike::{Act as Doing, Reach, Strike};
use super::when::When;
use crate::backend::Hindrance;
use crate::base::{DeviceId, Ppm, Span, Time};
use crate::contract::KillReason;
use crate::gateway;
use crate::net::{Outage, Profile, Troubles};

/// What is drawn and planned before a world starts.
#[derive(Debug, Default)]
pub struct Faults {
    pub devices: Vec<OnDevice>,
    pub kills: Vec<Kill>,
    pub sync_losses: Vec<SyncLoss>,
    pub cancels: Vec<Cancel>,
    pub deeds: Vec<Deed>,
    pub restores: Vec<Restore>,
    pub down: Vec<(Time, Time)>,
    /// Edits that the backend does not take.
    pub hindrances: Vec<Hindrance>,
    pub backend_link: Vec<gateway::Outage>,
    /// What faults do by their own code.
    pub strikes: Vec<Strike>,
    /// What has to meet somebody, and what chaos did not draw.
    pub awaited: Vec<Awaited>,
    /// What else events plan, by name.
    pub fired: BTreeMap<String, Awaited>,
    /// What was planned or drawn, in words, in order.
    pub told: Vec<(Time, String)>,
}

/// A time, and by how many microseconds a clock jumps then.
pub type Jump = (Time, i64);
/// From when until when everything takes how many times as long.
pub type SlowTime = (Time, Time, u32);

/// The power of a device fails at a sync of its disk.
#[derive(Clone, Debug)]
pub struct SyncLoss {
    pub device: DeviceId,
    /// Syncs that end from here on count, and none at or after `until`.
    pub from: Time,
    pub until: Time,
    /// At the nth of them, from 1.
    pub nth: u32,
    /// Once the sync is done, rather than right before.
    pub after: bool,
    pub restart_after: Span,
    pub struck: Struck,
}

/// The times in which something is wrong with a device or its network.
#[derive(Clone, Debug, Default)]
pub struct OnDevice {
    pub outages: Vec<Outage>,
    pub net: Troubles,
    pub detours: Vec<Detour>,
    pub half_open: Vec<Time>,
    pub slow: Vec<SlowTime>,
    /// A share of rows cannot be read.
    pub unreadable: Vec<(Time, Time, Ppm)>,
    pub steps: Vec<Jump>,
    pub zones: Vec<Jump>,
    pub revoked: Vec<Time>,
}

#[derive(Clone, Debug)]
pub struct Detour {
    pub from: Time,
    pub until: Time,
    pub link: Arc<Profile>,
}

#[derive(Clone, Copy, Debug)]
pub enum Whose {
    Device(DeviceId),
    Copy { from: DeviceId, to: DeviceId },
    Gateway,
    Backend,
}

#[derive(Clone, Copy, Debug)]
pub struct Restore {
    pub whose: Whose,
    pub backup: Time,
    pub at: Time,
    pub restart_after: Span,
}

#[derive(Clone, Debug)]
pub struct Kill {
    pub at: Time,
    pub device: DeviceId,
    pub reason: KillReason,
    /// A crash point and its nth passing after `at`; at once if `None`.
    pub point: Option<(String, u32)>,
    /// When it strikes wherever the app is, if it did not come to the point before.
    pub latest: Option<Time>,
    pub restart_after: Span,
    pub struck: Struck,
}

/// A run is cancelled: at once, or the next while a request is under way.
#[derive(Clone, Debug)]
pub struct Cancel {
    pub at: Time,
    /// When nobody wants that any more.
    pub until: Time,
    pub device: DeviceId,
    /// If no run is under way then: so long after the next has sent a request.
    pub after: Span,
    pub struck: Struck,
}

#[derive(Clone, Copy, Debug)]
pub struct Deed {
    pub at: Time,
    pub device: DeviceId,
    pub what: Act,
}

#[derive(Clone, Copy, Debug)]
pub enum Act {
    Upgrade { restart_after: Span },
    Reinstall { restart_after: Span },
    GoAway { away: Span, other: Option<u32> },
}

impl Faults {
    pub fn none(devices: usize) -> Faults {
        Faults { devices: vec![OnDevice::default(); devices], ..Faults::default() }
    }
    pub fn each(&mut self, chosen: &[DeviceId], add: impl Fn(&mut OnDevice)) {
        chosen.iter().for_each(|device| add(&mut self.devices[device.0 as usize]));
    }
    /// Connections are cut: it is met if there was any.
    pub fn cuts(&mut self, when: &When<'_>) {
        let chosen = when.chosen.to_vec();
        self.strike(when, move |reach| chosen.iter().any(|device| reach.has_connections(*device)));
    }
    pub fn act(&mut self, when: &When<'_>, what: Act) {
        let at = when.at;
        self.deeds.extend(when.chosen.iter().map(|&device| Deed { at, device, what }));
    }
    /// The storage goes back to what it was so long ago.
    pub fn restore(&mut self, whose: Whose, of: Span, when: &When<'_>) {
        let (backup, at, restart_after) = (Time(when.at.0 - of.0), when.at, when.length);
        self.restores.push(Restore { whose, backup, at, restart_after });
    }
    /// The app or the power ends on each device: at once, or at a crash point.
    pub fn kill_all(
        &mut self,
        when: &When<'_>,
        reason: KillReason,
        point: Option<&(String, u32)>,
        why: String,
    ) {
        let (at, restart_after) = (when.at, when.length);
        let mut awaited = Awaited::each(when.name, why);
        for &device in when.chosen {
            let (point, latest, struck) = (point.cloned(), None, awaited.on(device));
            self.kills.push(Kill { at, device, reason, point, latest, restart_after, struck });
        }
        self.awaited.push(awaited);
    }
    pub fn tell(&mut self, at: Time, text: String) {
        self.told.push((at, text));
    }
    /// At the time of the event.
    pub fn strike(&mut self, when: &When<'_>, act: impl Fn(&dyn Reach) -> bool + 'static) {
        self.strike_at(when.at, when.name, act);
    }

    pub fn strike_at(&mut self, at: Time, event: &str, act: impl Fn(&dyn Reach) -> bool + 'static) {
        let act: Doing = Rc::new(move |reach, _| act(reach));
        self.strikes.push(Strike { event: event.to_owned(), at, until: None, act });
    }

    /// As the event begins, and with `false` as it ends: at the latest with the script.
    pub fn while_it_lasts(&mut self, when: &When<'_>, act: impl Fn(&dyn Reach, bool) + 'static) {
        let act: Doing = Rc::new(move |reach, begins| {
            act(reach, begins);
            false
        });
        let (at, until) = (when.at, Some(when.until()));
        self.strikes.push(Strike { event: when.name.to_owned(), at, until, act });
    }
    /// An app is suspended for so long, its connections last so long.
    pub fn suspend(&mut self, at: Time, of: DeviceId, (length, sockets): (Span, Span), struck: Struck) {
        self.strike_at(at, "", move |reach| {
            struck.set(reach.suspend(of, length, sockets) || struck.get());
            false
        });
    }
}
