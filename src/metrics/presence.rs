//! Which devices are there: alive, online, in the foreground.

use crate::base::{DeviceId, Span, Time};
use crate::contract::{AppEvent, Event};

#[derive(Clone, Copy, Debug, Default)]
struct PresentDevice {
    alive: bool,
    link_down: bool,
    told_offline: bool,
    foreground: bool,
    present_since: Option<Time>,
    /// The same of a stretch that lasted to the end of the script, when all put their apps away.
    to_the_end_since: Option<Time>,
}

/// The foreground begins with a login or a resume and ends with a pause or with the process.
#[derive(Debug)]
pub(super) struct Presence {
    script_ends: Time,
    devices: Vec<PresentDevice>,
    online: u64,
    backend_down: bool,
}

impl PresentDevice {
    fn online(self) -> bool {
        self.alive && !self.link_down && !self.told_offline
    }
}

impl Presence {
    pub(super) fn new(devices: usize, script: Span) -> Presence {
        let (script_ends, devices) = (Time::ZERO + script, vec![PresentDevice::default(); devices]);
        Presence { script_ends, devices, online: 0, backend_down: false }
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
    /// The devices that were online and in the foreground up to the end of the script, with since
    /// when, the longest first.
    pub(super) fn to_the_end(&self) -> Vec<(Time, DeviceId)> {
        let devices = (0..).map(DeviceId).zip(&self.devices);
        let since = |of: &PresentDevice| of.to_the_end_since.or(of.present_since);
        let mut present: Vec<(Time, DeviceId)> =
            devices.filter_map(|(device, of)| Some((since(of)?, device))).collect();
        present.sort_unstable();
        present
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
            let since = device.present_since.take().filter(|_| at >= self.script_ends);
            device.to_the_end_since = device.to_the_end_since.or(since);
        } else if device.present_since.is_none() {
            device.present_since = Some(at);
        }
    }
}
