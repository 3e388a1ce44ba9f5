//! Follows which devices are present: the process lives, there is a network, and the app is in the
//! foreground.

use crate::base::{DeviceId, Span, Time};
use crate::contract::{AppEvent, Event};

#[derive(Clone, Debug, Default)]
struct PresentDevice {
    alive: bool,
    link_down: bool,
    told_offline: bool,
    foreground: bool,
    present_since: Option<Time>,
    earlier: Vec<Stay>,
}

/// A period in which a device was present.
#[derive(Clone, Copy, Debug)]
struct Stay {
    from: Time,
    until: Time,
    /// How long the device was present before this period.
    before: Span,
}

impl Stay {
    fn present(self, at: Time) -> Span {
        self.before + at.min(self.until).since(self.from)
    }
}

/// All devices. An app comes to the foreground by a login or a resume, and leaves it by a pause or
/// with its process.
#[derive(Debug, Default)]
pub(super) struct Presence {
    devices: Vec<PresentDevice>,
    pub(super) online: u64,
    pub(super) backend_down: bool,
}

impl PresentDevice {
    fn online(&self) -> bool {
        self.alive && !self.link_down && !self.told_offline
    }
    fn present_before(&self) -> Span {
        self.earlier.last().map_or(Span::ZERO, |last| last.present(last.until))
    }
    /// The last period that began at or before `at`.
    fn stay(&self, at: Time) -> Option<Stay> {
        let now = |from| Stay { from, until: Time::FAR, before: self.present_before() };
        self.present_since.filter(|from| *from <= at).map(now).or_else(|| {
            let begun = self.earlier.partition_point(|stay| stay.from <= at);
            Some(self.earlier[begun.checked_sub(1)?])
        })
    }
    /// How long the device was present from `since` to `at`; `None` if it was not present at
    /// `since`.
    fn present_between(&self, since: Time, at: Time) -> Option<Span> {
        let first = self.stay(since).filter(|stay| since <= stay.until)?;
        Some(Span(self.stay(at)?.present(at).0 - first.present(since).0))
    }
}

impl Presence {
    pub(super) fn new(devices: usize) -> Presence {
        Presence { devices: vec![PresentDevice::default(); devices], ..Presence::default() }
    }
    /// Like [`PresentDevice::present_between`], for this device.
    pub(super) fn present_between(&self, device: DeviceId, since: Time, at: Time) -> Option<Span> {
        self.devices[device.0 as usize].present_between(since, at)
    }
    /// The devices that were present at `since`, each with the time that it was present from
    /// `since` to `at`.
    pub(super) fn present_at(&self, since: Time, at: Time) -> impl Iterator<Item = (DeviceId, Span)> {
        let devices = (0..).map(DeviceId).zip(&self.devices);
        devices.filter_map(move |(device, of)| Some((device, of.present_between(since, at)?)))
    }

    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>) {
        let device = &mut self.devices[device.0 as usize];
        let was_online = device.online();
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
        self.online = self.online + u64::from(device.online()) - u64::from(was_online);
        if !(device.online() && device.foreground) {
            let before = device.present_before();
            let ends = device.present_since.take().map(|from| Stay { from, until: at, before });
            device.earlier.extend(ends);
        } else if device.present_since.is_none() {
            device.present_since = Some(at);
        }
    }
}
