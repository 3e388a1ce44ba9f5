//! Everything that goes wrong in a world, and whom it befalls.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::clock::Jump;
use super::crash::SyncLoss;
use super::hardware::SlowTime;
use super::missed::{Awaited, Struck};
use crate::backend::Hindrance;
use crate::base::{DeviceId, Ppm, Seed, Span, Stream, Time, words};
use crate::contract::KillReason;
use crate::gateway;
use crate::net::{Outage, Profile, Troubles};
use crate::setup::Setup;
use crate::setup::{DevicePlan, Planned, Who};

/// What is drawn and planned before a world starts.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) devices: Vec<OnDevice>,
    pub(super) kills: Vec<Kill>,
    pub(super) sync_losses: Vec<SyncLoss>,
    pub(super) cancels: Vec<Cancel>,
    pub(super) suspensions: Vec<Suspend>,
    pub(super) deeds: Vec<Deed>,
    pub(super) restores: Vec<Restore>,
    pub(super) down: Vec<(Time, Time)>,
    /// Edits that the backend does not take.
    pub(super) hindrances: Vec<Hindrance>,
    pub(super) backend_link: Vec<gateway::Outage>,
    /// Steps of the backend's clock, in microseconds.
    pub(super) clock_steps: Vec<(Time, i64)>,
    /// What has to meet somebody, and what chaos did not draw.
    pub(super) awaited: Vec<Awaited>,
    /// What else events plan, by name.
    pub(super) fired: BTreeMap<String, Awaited>,
    /// What was planned or drawn, in words, in order.
    pub(super) told: Vec<(Time, String)>,
}

/// The times in which something is wrong with a device or its network.
#[derive(Clone, Debug, Default)]
pub(super) struct OnDevice {
    pub(super) outages: Vec<Outage>,
    pub(super) net: Troubles,
    pub(super) detours: Vec<Detour>,
    pub(super) half_open: Vec<Time>,
    pub(super) full: Vec<(Time, Time)>,
    pub(super) slow: Vec<SlowTime>,
    /// A share of rows cannot be read.
    pub(super) unreadable: Vec<(Time, Time, Ppm)>,
    pub(super) steps: Vec<Jump>,
    pub(super) zones: Vec<Jump>,
    pub(super) revoked: Vec<Time>,
}

#[derive(Clone, Debug)]
pub(super) struct Detour {
    pub(super) from: Time,
    pub(super) until: Time,
    pub(super) link: Arc<Profile>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Whose {
    Device(DeviceId),
    Copy { from: DeviceId, to: DeviceId },
    Gateway,
    Backend,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Restore {
    pub(super) whose: Whose,
    pub(super) backup: Time,
    pub(super) at: Time,
    pub(super) restart_after: Span,
}

#[derive(Clone, Debug)]
pub(super) struct Kill {
    pub(super) at: Time,
    pub(super) device: DeviceId,
    pub(super) reason: KillReason,
    /// A crash point and its nth passing after `at`; at once if `None`.
    pub(super) point: Option<(String, u32)>,
    /// When it strikes wherever the app is, if it did not come to the point before.
    pub(super) latest: Option<Time>,
    pub(super) restart_after: Span,
    pub(super) struck: Struck,
}

/// A run is cancelled: at once, or the next while a request is under way.
#[derive(Clone, Debug)]
pub(super) struct Cancel {
    pub(super) at: Time,
    /// When nobody wants that any more.
    pub(super) until: Time,
    pub(super) device: DeviceId,
    /// If no run is under way then: so long after the next has sent a request.
    pub(super) after: Span,
    pub(super) struck: Struck,
}

#[derive(Clone, Debug)]
pub(super) struct Suspend {
    pub(super) at: Time,
    pub(super) device: DeviceId,
    pub(super) length: Span,
    pub(super) sockets: Span,
    pub(super) struck: Struck,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Deed {
    pub(super) at: Time,
    pub(super) device: DeviceId,
    pub(super) what: Act,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Upgrade { restart_after: Span },
    Reinstall { restart_after: Span },
    GoAway { away: Span, other: Option<u32> },
}

/// The devices that an event concerns: exact counts, drawn by the event's name.
pub(super) fn choose(who: &Who, name: &str, seed: Seed, devices: &[DevicePlan]) -> Vec<DeviceId> {
    let mut stream = seed.derive("world.event", 0).stream(name, 0, 0);
    match who {
        Who::Devices(chosen) => chosen.clone(),
        Who::Share(share) => {
            let mut all: Vec<DeviceId> = devices.iter().map(|d| d.device).collect();
            keep_share(&mut all, *share, &mut stream);
            all
        }
        Who::ShareOf { share, attribute } => {
            let mut values: Vec<_> = Vec::new();
            for device in devices {
                if !values.contains(&&device.attributes[*attribute]) {
                    values.push(&device.attributes[*attribute]);
                }
            }
            keep_share(&mut values, *share, &mut stream);
            let belongs = |device: &&DevicePlan| values.contains(&&device.attributes[*attribute]);
            devices.iter().filter(belongs).map(|d| d.device).collect()
        }
    }
}

/// Keeps the share of the items, rounded to the nearest, drawn without replacement, in their order.
fn keep_share<T: PartialEq + Copy>(items: &mut Vec<T>, share: Ppm, stream: &mut Stream) {
    let count = share.of(items.len() as u64);
    let mut drawn = items.clone();
    stream.shuffle(&mut drawn);
    drawn.truncate(count as usize);
    items.retain(|item| drawn.contains(item));
}

impl Faults {
    pub(super) fn none(devices: usize) -> Faults {
        Faults { devices: vec![OnDevice::default(); devices], ..Faults::default() }
    }
    pub(super) fn each(&mut self, chosen: &[DeviceId], add: impl Fn(&mut OnDevice)) {
        chosen.iter().for_each(|device| add(&mut self.devices[device.0 as usize]));
    }
    pub(super) fn tell(&mut self, at: Time, text: String) {
        self.told.push((at, text));
    }
    /// Plans each event that `plan` has words for, with the devices that it concerns.
    pub(super) fn plan_each(
        &mut self,
        (plan, devices): (&Setup, &[DevicePlan]),
        mut add: impl FnMut(&mut Faults, &Planned, &[DeviceId]) -> Option<String>,
    ) {
        for planned in &plan.events {
            let chosen = choose(&planned.who, &planned.name, plan.seed, devices);
            if let Some(text) = add(self, planned, &chosen) {
                self.tell(planned.at, format!("{}: {text}", planned.name));
            }
        }
    }
    pub(super) fn none_came(&mut self, key: &str, plan: &Setup, mtbf: Span) {
        let why = format!("none came by chance in {}; one comes every {mtbf}", plan.duration);
        self.awaited.push(Awaited::anywhere(key, why));
    }
}

pub(super) fn count(devices: &[DeviceId]) -> String {
    match devices {
        [one] => one.to_string(),
        many => words::count(many.len() as u64, "device"),
    }
}

/// Moments of a Poisson process up to `end`; none if the mean time between them is zero.
pub(super) fn moments(mtbf: Span, end: Time, stream: &mut Stream) -> Vec<Time> {
    let mut moments = Vec::new();
    if mtbf > Span::ZERO {
        let mut at = Time::ZERO + stream.exponential(mtbf);
        while at < end {
            moments.push(at);
            at += stream.exponential(mtbf);
        }
    }
    moments
}

/// Those of each device, by chaos.
pub(super) fn drawn_for(
    plan: &Setup,
    devices: &[DevicePlan],
    key: &str,
    mtbf: Span,
    mut draw: impl FnMut(Time, DeviceId, &mut Stream),
) {
    for DevicePlan { device, .. } in devices {
        let mut stream = plan.seed.derive("world.chaos", u64::from(device.0)).stream(key, 0, 0);
        for at in moments(mtbf, Time::ZERO + plan.duration, &mut stream) {
            draw(at, *device, &mut stream);
        }
    }
}
