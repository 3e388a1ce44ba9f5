//! Whether what events plan met anybody: an outage in which no device used the network tested
//! nothing.

use std::collections::BTreeMap;

use super::faults::choose;
use super::missed::{Awaited, Struck};
use crate::base::{DeviceId, Span, Time, Word};
use crate::contract::{DropReason, Event, Hook, Node};
use crate::scenario::{DevicePlan, Happening, Plan};

/// What an instant lasts.
const INSTANT: Span = Span::millis(1);

/// An edit is saved so long after it was begun, at the latest: it waits for the lock.
const SAVED_WITHIN: Span = Span::secs(120);

/// What shows that a fault met somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// The device asked for something, or wanted to sync.
    Network,
    /// A response to the device was lost.
    LostResponse,
    /// The device wrote something.
    Storage,
    /// The app of the device did something.
    App,
    /// Somebody asked the backend for something.
    Backend,
    /// The gateway did something.
    Gateway,
    /// The backend has a new version of a row.
    Commit,
    /// The backend refused an edit for good.
    Rejected,
    /// The backend put an edit off.
    PutOff,
    /// A server said no.
    Refused,
    /// A person made an edit.
    Edit,
}

/// A time in which a fault is to meet somebody.
#[derive(Clone, Debug)]
struct Window {
    from: Time,
    until: Time,
    sign: Sign,
    met: Struck,
}

/// The times in which faults are still to meet somebody.
#[derive(Debug, Default)]
pub(super) struct Windows {
    /// By device; empty if there are none.
    by_device: Vec<Vec<Window>>,
    anywhere: Vec<Window>,
    /// Hooks that are yet to be called.
    hooks: Vec<(Hook, Struck)>,
}

/// The events, kinds of chaos and hooks of `plan` that have to meet somebody, by name, and when that
/// would show.
pub(super) fn planned(plan: &Plan, devices: &[DevicePlan]) -> (BTreeMap<String, Awaited>, Windows) {
    let (mut events, mut windows) = (BTreeMap::new(), Windows::default());
    let end = Time::ZERO + plan.duration;
    let all: Vec<DeviceId> = devices.iter().map(|device| device.device).collect();
    for event in &plan.events {
        let Some(meets) = meets(event.at, &event.what) else { continue };
        let chosen = choose(&event.who, &event.name, plan.seed, devices);
        if chosen.is_empty() {
            // That nobody is chosen shows before the run.
            continue;
        }
        let awaited = Awaited::anywhere(&event.name, meets.otherwise);
        if let Some((sign, from, until)) = meets.by {
            // What the end of a fault sets off is its doing; what the end of the script does is not.
            let until = if until < end { Time(until.0 + 1) } else { end };
            let window = Window { from, until, sign, met: awaited.met() };
            windows.add(window, &chosen, devices.len());
        }
        events.insert(event.name.clone(), awaited);
    }
    for Kind { key, sign, during, otherwise } in kinds(plan) {
        let awaited = Awaited::anywhere(key, otherwise);
        for (from, until) in during {
            let window = Window { from, until, sign, met: awaited.met() };
            windows.add(window, &all, devices.len());
        }
        events.insert(key.to_owned(), awaited);
    }
    for hook in plan.hooks.keys() {
        let key = format!("hooks.{}", hook.word());
        let awaited = Awaited::anywhere(&key, "it was never called");
        windows.hooks.push((*hook, awaited.met()));
        events.insert(key, awaited);
    }
    (events, windows)
}

/// A kind of fault that comes by itself.
struct Kind {
    key: &'static str,
    sign: Sign,
    /// When.
    during: Vec<(Time, Time)>,
    /// Why it met nobody, in words.
    otherwise: &'static str,
}

/// The kinds of faults that come by themselves, as `plan` has them.
fn kinds(plan: &Plan) -> Vec<Kind> {
    let always = || vec![(Time::ZERO, Time::FAR)];
    let (backend, mut kinds) = (&plan.backend, Vec::new());
    if plan.chaos.as_ref().is_some_and(|chaos| chaos.answer_loss.0 > 0) {
        let during = vec![(Time::ZERO, Time::ZERO + plan.duration)];
        let (sign, otherwise) = (Sign::LostResponse, "no response was lost");
        kinds.push(Kind { key: "chaos.answer_loss", sign, during, otherwise });
    }
    if !backend.down.is_empty() {
        let (sign, during) = (Sign::Backend, backend.down.clone());
        let otherwise = "nobody asked the backend for anything while it lasted";
        kinds.push(Kind { key: "backend.maintenance", sign, during, otherwise });
    }
    let shares = [
        ("backend.poison", backend.poison_ppm, Sign::Rejected, "no edit was refused for good"),
        ("backend.errors", backend.errors.0, Sign::Refused, "no request failed"),
        ("backend.partial", backend.partial.0, Sign::PutOff, "no edit was put off"),
    ];
    for (key, _, sign, otherwise) in shares.into_iter().filter(|(_, share, ..)| *share > 0) {
        kinds.push(Kind { key, sign, during: always(), otherwise });
    }
    kinds
}

/// How it shows that an event met somebody.
struct Meets {
    /// What shows it, and when; `None` where the code that makes it happen says so.
    by: Option<(Sign, Time, Time)>,
    /// Why it did not, in words.
    otherwise: &'static str,
}

/// How it shows that something that happens `at` a time met somebody; `None` if it always does, or
/// if that is told otherwise.
fn meets(at: Time, what: &Happening) -> Option<Meets> {
    let ago = |of: &Span| Time(at.0.saturating_sub(of.0));
    // What a return itself does is no sign that it had something to undo.
    let before = Time(at.0.saturating_sub(1));
    let (by, otherwise) = match what {
        Happening::Outage { length, .. }
        | Happening::Flap { length, .. }
        | Happening::CaptivePortal { length }
        | Happening::NetworkChange { length, .. } => {
            (Some((Sign::Network, at, at + *length)), "none of its devices used the network while it lasted")
        }
        Happening::AnswerLoss { length, .. } => {
            (Some((Sign::LostResponse, at, at + *length)), "no response was lost")
        }
        Happening::SessionLoss | Happening::HalfOpen => {
            (Some((Sign::Network, at, at + INSTANT)), "none of its devices had a connection at the time")
        }
        Happening::BackendDown { length } | Happening::LegOutage { length, .. } => {
            (Some((Sign::Backend, at, at + *length)), "nobody asked the backend for anything while it lasted")
        }
        Happening::GatewayKill { .. } => (None, "the gateway was down at the time"),
        Happening::DiskFull { length } | Happening::SlowDisk { length, .. } => {
            (Some((Sign::Storage, at, at + *length)), "none of its devices wrote anything while it lasted")
        }
        Happening::ClockStep { .. } | Happening::TimeZone { .. } => {
            (Some((Sign::App, at, Time::FAR)), "none of its devices did anything afterwards")
        }
        Happening::BackendClockStep { .. } => {
            (Some((Sign::Commit, at, Time::FAR)), "nothing was committed afterwards")
        }
        Happening::Restore { of, .. } => {
            (Some((Sign::Storage, ago(of), before)), "none of its devices wrote anything since the backup")
        }
        Happening::RestoreGateway { of, .. } => {
            (Some((Sign::Gateway, ago(of), before)), "the gateway did nothing since the backup")
        }
        Happening::RestoreBackend { of, .. } => {
            (Some((Sign::Commit, ago(of), before)), "nothing was committed since the backup")
        }
        Happening::TouchFlag { .. } => (None, "there was no row"),
        Happening::Trigger { .. } => (None, "the app of none of its devices ran at the time"),
        Happening::Edits { over, .. } => {
            (Some((Sign::Edit, at, at + *over + SAVED_WITHIN)), "none of its edits was made")
        }
        // Ends of processes are told by device, imports by the number of their rows.
        Happening::Kill { .. }
        | Happening::PowerLoss { .. }
        | Happening::Import { .. }
        | Happening::Clone { .. }
        | Happening::GatewayReplaced { .. } => return None,
    };
    Some(Meets { by, otherwise })
}

impl Windows {
    fn add(&mut self, window: Window, chosen: &[DeviceId], devices: usize) {
        if window.sign.is_of_servers() {
            self.anywhere.push(window);
            return;
        }
        self.by_device.resize(devices, Vec::new());
        for device in chosen {
            self.by_device[device.0 as usize].push(window.clone());
        }
    }

    /// Something happened. What met somebody is looked at no more.
    pub(super) fn on(&mut self, at: Time, node: Node, event: &Event<'_>) {
        if !self.anywhere.is_empty() {
            self.anywhere.retain(|window| !window.is_met(at, node, event));
        }
        if let Event::HookStarted { hook, .. } = event {
            self.hooks.iter().filter(|(own, _)| own == hook).for_each(|(_, met)| met.set());
        }
        let Node::Device(device) = node else { return };
        if let Some(windows) = self.by_device.get_mut(device.0 as usize).filter(|all| !all.is_empty()) {
            windows.retain(|window| !window.is_met(at, node, event));
        }
    }
}

impl Window {
    /// Whether it has met somebody by now.
    fn is_met(&self, at: Time, node: Node, event: &Event<'_>) -> bool {
        if self.met.get() {
            return true;
        }
        let shows = self.sign.shows(node, event);
        let meets = shows.is_some_and(|took| self.from <= at && at.0.saturating_sub(took.0) < self.until.0);
        if meets {
            self.met.set();
        }
        meets
    }
}

impl Sign {
    fn is_of_servers(self) -> bool {
        matches!(
            self,
            Sign::Backend | Sign::Gateway | Sign::Commit | Sign::Rejected | Sign::PutOff | Sign::Refused
        )
    }

    /// For how long what it is a sign of has gone on when this event is told; `None` if it is not
    /// one.
    fn shows(self, node: Node, event: &Event<'_>) -> Option<Span> {
        let at_once = |shows: bool| shows.then_some(Span::ZERO);
        match (self, event) {
            (
                Sign::Network | Sign::Backend,
                Event::ResponseReceived { took, .. }
                | Event::RequestFailed { took, .. }
                | Event::RequestRefused { took, .. },
            )
            | (Sign::Network, Event::ConnectionOpened { took })
            | (Sign::Storage, Event::ChunkApplied { took, .. }) => Some(*took),
            (Sign::Network, _) => at_once(matches!(
                event,
                Event::RequestSent { .. }
                    | Event::MessageDropped { .. }
                    | Event::UnitQueued { .. }
                    | Event::SyncStart { .. }
                    | Event::SyncError { .. }
            )),
            (Sign::LostResponse, Event::MessageDropped { reason, .. }) => {
                at_once(*reason == DropReason::AnswerLost)
            }
            (Sign::Storage, _) => at_once(matches!(
                event,
                Event::EditMade { .. }
                    | Event::EditRefused { .. }
                    | Event::EditMissed { .. }
                    | Event::EditAcknowledged { .. }
                    | Event::EditLogged { .. }
                    | Event::CursorSaved { .. }
                    | Event::SyncStart { .. }
                    | Event::SyncComplete { .. }
                    | Event::StorageFull
                    | Event::Restored { .. }
                    | Event::BecameCopy { .. }
            )),
            (Sign::App, _) => at_once(matches!(
                event,
                Event::ProcessStarted { .. }
                    | Event::SyncStart { .. }
                    | Event::RequestSent { .. }
                    | Event::EditMade { .. }
                    | Event::AppQueried { .. }
            )),
            (Sign::Backend, _) => at_once(matches!(
                event,
                Event::RefreshAsked { .. }
                    | Event::Refreshed { .. }
                    | Event::BackendServed { .. }
                    | Event::UploadQueued { .. }
                    | Event::UploadDecided { .. }
            )),
            (Sign::Gateway, _) => at_once(node == Node::Gateway),
            (Sign::Commit, _) => at_once(matches!(event, Event::Committed { .. })),
            (Sign::Rejected, _) => at_once(matches!(event, Event::MutationRefused { conflict: None, .. })),
            (Sign::PutOff, _) => at_once(matches!(event, Event::MutationPutOff { .. })),
            (Sign::Refused, _) => at_once(matches!(
                event,
                Event::RequestRefused { .. }
                    | Event::RequestFailed { .. }
                    | Event::RefreshAsked { failed: true, .. }
            )),
            (Sign::Edit, _) => at_once(matches!(event, Event::EditMade { .. })),
            (Sign::LostResponse, _) => None,
        }
    }
}
