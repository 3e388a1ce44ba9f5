//! All faults of a world (the simulation of one cell), and the devices that each fault hits. They
//! are fixed before virtual time starts.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::missed::{Awaited, Struck};
use super::strike::{Act as Doing, Reach, Strike};
use super::when::When;
use crate::backend::RejectionWindow;
use crate::base::{DeviceId, Ppm, Span, Time};
use crate::contract::{KillReason, WaitingEdits};
use crate::gateway;
use crate::net::{NetworkFaults, Outage, Profile};

/// The faults that are drawn and planned before a world starts.
#[derive(Default)]
pub struct Faults {
    pub devices: Vec<OnDevice>,
    pub kills: Vec<Kill>,
    pub sync_losses: Vec<SyncLoss>,
    pub cancels: Vec<Cancel>,
    pub deeds: Vec<Deed>,
    pub restores: Vec<Restore>,
    pub down: Vec<(Time, Time)>,
    /// Periods in which the backend refuses edits.
    pub rejection_windows: Vec<RejectionWindow>,
    pub backend_link: Vec<gateway::Outage>,
    /// Acts of faults by their own code.
    pub strikes: Vec<Strike>,
    /// Faults that must hit at least one device or person, and random faults that may be absent.
    pub awaited: Vec<Awaited>,
    /// By the name of an event, the record whether it fired.
    pub fired: BTreeMap<String, Awaited>,
    /// Times and descriptions of the planned and drawn faults.
    pub told: Vec<(Time, String)>,
    /// Faults at an instant that `chaos` (random faults) drew, as events that repeat them.
    pub spelled: Vec<DrawnFault>,
}

/// A fault that `chaos` (random faults) drew, with the scenario event that repeats it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnFault {
    /// The key of `chaos` that drew the fault, such as `chaos.kill_mtbf`.
    pub key: &'static str,
    /// When the fault happens.
    pub at: Time,
    /// The kind of the fault and its keys, as TOML: `kill = { devices = [3] }`.
    pub event: String,
}

/// The time of a clock jump, and its size in microseconds.
pub(crate) type Jump = (Time, i64);
/// Start, end, and the factor by which disk operations take longer.
pub(crate) type SlowTime = (Time, Time, u32);

/// The device loses power at a sync of its disk.
#[derive(Clone, Debug)]
pub struct SyncLoss {
    pub device: DeviceId,
    /// Only syncs that end at `from` or later, and before `until`, are counted.
    pub from: Time,
    pub until: Time,
    /// The number of the sync at which the power fails, counted from 1.
    pub nth: u32,
    /// True: right after that sync. False: right before its end.
    pub after: bool,
    pub restart_after: Span,
    pub struck: Struck,
}

/// The faults of one device and its network, each with its period.
#[derive(Clone, Debug, Default)]
pub struct OnDevice {
    pub outages: Vec<Outage>,
    pub net: NetworkFaults,
    pub detours: Vec<Detour>,
    pub half_open: Vec<Time>,
    pub slow: Vec<SlowTime>,
    /// The share of rows that cannot be read in a period.
    pub unreadable: Vec<(Time, Time, Ppm)>,
    pub steps: Vec<Jump>,
    pub zones: Vec<Jump>,
    pub revoked: Vec<Time>,
}

/// A period on another link.
#[derive(Clone, Debug)]
pub struct Detour {
    pub from: Time,
    pub until: Time,
    pub link: Arc<Profile>,
}

/// The owner of the storage that is restored or copied.
#[derive(Clone, Copy, Debug)]
pub enum Whose {
    Device(DeviceId),
    Copy { from: DeviceId, to: DeviceId },
    Gateway,
    Backend,
}

/// A storage goes back to its state at `backup`.
#[derive(Clone, Copy, Debug)]
pub struct Restore {
    pub whose: Whose,
    pub backup: Time,
    pub at: Time,
    pub restart_after: Span,
}

/// Kills an app, or cuts the power of its device.
#[derive(Clone, Debug)]
pub struct Kill {
    pub at: Time,
    pub device: DeviceId,
    pub reason: KillReason,
    /// The crash point and a number n (from 1): the app dies when it passes the point for the nth
    /// time after `at`. `None`: it dies at once.
    pub point: Option<(String, u32)>,
    /// The app is killed at this time if it has not reached the point before.
    pub latest: Option<Time>,
    pub restart_after: Span,
    pub struck: Struck,
}

/// Cancels the run in progress at `at`. Without one, cancels the next run while it waits for a
/// response.
#[derive(Clone, Debug)]
pub struct Cancel {
    pub at: Time,
    /// No run is cancelled after this time.
    pub until: Time,
    pub device: DeviceId,
    /// If no run is in progress at `at`: the delay after the first request of the next run.
    pub after: Span,
    pub struck: Struck,
}

/// An act on one device at an instant.
#[derive(Clone, Copy, Debug)]
pub struct Deed {
    pub at: Time,
    pub device: DeviceId,
    pub what: Act,
}

/// Something done to an app from outside.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    Upgrade { restart_after: Span },
    Reinstall { restart_after: Span },
    GoAway { away: Span, other: Option<u32> },
    LoadAgain(WaitingEdits),
}

impl Faults {
    /// An empty set of faults for this many devices.
    pub fn none(devices: usize) -> Faults {
        Faults { devices: vec![OnDevice::default(); devices], ..Faults::default() }
    }
    /// Adds a fault to each of these devices.
    pub fn each(&mut self, chosen: &[DeviceId], add: impl Fn(&mut OnDevice)) {
        chosen.iter().for_each(|device| add(&mut self.devices[device.0 as usize]));
    }
    /// Notes that the event cuts connections. It counts as fired if one of its devices had a
    /// connection.
    pub fn cuts(&mut self, when: &When<'_>) {
        let chosen = when.chosen.to_vec();
        self.strike(when, move |reach| chosen.iter().any(|device| reach.has_connections(*device)));
    }
    /// Plans an act on each device of the event.
    pub fn act(&mut self, when: &When<'_>, what: Act) {
        let at = when.at;
        self.deeds.extend(when.chosen.iter().map(|&device| Deed { at, device, what }));
    }
    /// Restores a storage to its state `of` before the event.
    pub fn restore(&mut self, whose: Whose, of: Span, when: &When<'_>) {
        let (backup, at, restart_after) = (when.ago(of), when.at, when.length);
        self.restores.push(Restore { whose, backup, at, restart_after });
    }
    /// Ends the app or the power of each device: at once, or at a crash point.
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
    /// Adds a description of what was planned.
    pub fn add_description(&mut self, at: Time, text: String) {
        self.told.push((at, text));
    }
    /// Adds a description of a random fault, and the event that repeats it.
    pub fn add_drawn(&mut self, drawn: DrawnFault, text: &str) {
        self.add_description(drawn.at, format!("chaos: {text}"));
        self.spelled.push(drawn);
    }
    /// Plans an act at the time of the event.
    pub fn strike(&mut self, when: &When<'_>, act: impl Fn(&dyn Reach) -> bool + 'static) {
        self.strike_at(when.at, when.name, act);
    }

    /// Plans an act at `at`, for the event of this name.
    pub fn strike_at(&mut self, at: Time, event: &str, act: impl Fn(&dyn Reach) -> bool + 'static) {
        let act: Doing = Rc::new(move |reach, _| act(reach));
        self.strikes.push(Strike { event: event.to_owned(), at, until: None, act });
    }

    /// Calls `act` with `true` when the event begins, and with `false` when it or the script ends.
    pub fn while_it_lasts(&mut self, when: &When<'_>, act: impl Fn(&dyn Reach, bool) + 'static) {
        let act: Doing = Rc::new(move |reach, begins| {
            act(reach, begins);
            false
        });
        let (at, until) = (when.at, Some(when.until()));
        self.strikes.push(Strike { event: when.name.to_owned(), at, until, act });
    }
    /// Plans to suspend an app for `length`; its connections stay open for `sockets`.
    pub fn suspend(&mut self, at: Time, of: DeviceId, (length, sockets): (Span, Span), struck: Struck) {
        self.strike_at(at, "", move |reach| {
            struck.set(reach.suspend(of, length, sockets) || struck.get());
            false
        });
    }
}
