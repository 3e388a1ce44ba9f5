//! Which devices are there: alive, online, in the foreground.

use crate::base::{DeviceId, Time};
use crate::contract::{AppEvent, Event};

#[derive(Clone, Debug, Default)]
struct PresentDevice {
    alive: bool,
    link_down: bool,
    told_offline: bool,
    foreground: bool,
    present_since: Option<Time>,
    /// When it was present before, from and until.
    earlier: Vec<(Time, Time)>,
}

/// The foreground begins with a login or a resume and ends with a pause or with the process.
#[derive(Debug)]
pub(super) struct Presence {
    devices: Vec<PresentDevice>,
    online: u64,
    backend_down: bool,
}

impl PresentDevice {
    fn online(&self) -> bool {
        self.alive && !self.link_down && !self.told_offline
    }
    fn was_present(&self, at: Time) -> bool {
        let begun = self.earlier.partition_point(|(from, _)| *from <= at);
        let lasted = begun.checked_sub(1).is_some_and(|last| at <= self.earlier[last].1);
        lasted || self.present_since.is_some_and(|since| since <= at)
    }
}

impl Presence {
    pub(super) fn new(devices: usize) -> Presence {
        Presence { devices: vec![PresentDevice::default(); devices], online: 0, backend_down: false }
    }
    pub(super) fn online(&self) -> u64 {
        self.online
    }
    pub(super) fn backend_up(&self) -> bool {
        !self.backend_down
    }
    /// Whether the device has been online and in the foreground ever since `time`.
    pub(super) fn present_since(&self, device: DeviceId, time: Time) -> bool {
        self.devices[device.0 as usize].present_since.is_some_and(|since| since <= time)
    }
    /// The devices that were online and in the foreground at `time`.
    pub(super) fn present_at(&self, time: Time) -> impl Iterator<Item = DeviceId> {
        let devices = (0..).map(DeviceId).zip(&self.devices);
        devices.filter(move |(_, of)| of.was_present(time)).map(|(device, _)| device)
    }
    pub(super) fn on_backend(&mut self, available: bool) {
        self.backend_down = !available;
    }

    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>) {
        let device = &mut self.devices[device.0 as usize];
        let before = device.online();
        match event {
            Event::ProcessStarted { .. } => (device.alive, device.foreground) = (true, false),
            Event::ProcessKilled { .. } => (device.alive, device.foreground) = (false, false),
            Event::LinkDown => device.link_down = true,
            Event::LinkUp => device.link_down = false,
            Event::App(AppEvent::Offline) => device.told_offline = true,
            Event::App(AppEvent::Online) => device.told_offline = false,
            Event::App(AppEvent::Login | AppEvent::Resume) => device.foreground = true,
            Event::App(AppEvent::Pause) => device.foreground = false,
            _ => return,
        }
        self.online = self.online + u64::from(device.online()) - u64::from(before);
        if !(device.online() && device.foreground) {
            device.earlier.extend(device.present_since.take().map(|since| (since, at)));
        } else if device.present_since.is_none() {
            device.present_since = Some(at);
        }
    }
}
