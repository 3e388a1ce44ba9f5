//! The times in which faults are to meet somebody, and what shows that they do.

use std::ops::Range;

use super::missed::Struck;
use crate::base::{DeviceId, EntityId, Key, Span, Time, UnitId};
use crate::contract::{AppEvent, DropReason, EditKind, Event, Hook, Node, UnitEvent};

#[derive(Clone, Debug)]
pub(super) enum Sign {
    /// The device asked for something, or wanted to sync.
    Network,
    LostResponse,
    /// An answer to the device was not its request's.
    Foreign,
    BadRow,
    DeleteRefused,
    /// The device wrote something.
    Storage,
    /// The app of the device did something.
    App,
    /// Somebody asked the backend for something.
    Backend,
    Gateway,
    Commit,
    Rejected,
    PutOff,
    /// A server said no.
    Refused,
    Edit,
    Hook(Hook),
    /// It runs, or is called at once.
    Unit(UnitId),
    /// The operating system gives an app a window.
    Background,
    /// A row of it comes or is edited, or a run of a unit that is to bring it ends well.
    Entity(EntityId, Vec<UnitId>),
    /// Somebody logs in on one of these devices.
    Fleet(Range<u32>),
}

#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) from: Time,
    pub(super) until: Time,
    pub(super) sign: Sign,
    /// Of edits only those of this row count.
    pub(super) row: Option<(EntityId, Key)>,
    pub(super) met: Struck,
}

#[derive(Debug, Default)]
pub(super) struct Windows {
    /// By device; empty if there are none.
    by_device: Vec<Vec<Window>>,
    anywhere: Vec<Window>,
}

impl Windows {
    pub(super) fn add(&mut self, window: Window, chosen: &[DeviceId], devices: usize) {
        if window.sign.is_of_servers() {
            return self.add_anywhere(window);
        }
        self.by_device.resize(devices, Vec::new());
        for device in chosen {
            self.by_device[device.0 as usize].push(window.clone());
        }
    }
    pub(super) fn add_anywhere(&mut self, window: Window) {
        self.anywhere.push(window);
    }
    pub(super) fn on(&mut self, at: Time, node: Node, event: &Event<'_>) {
        if !self.anywhere.is_empty() {
            self.anywhere.retain(|window| !window.is_met(at, node, event));
        }
        let Node::Device(device) = node else { return };
        if let Some(windows) = self.by_device.get_mut(device.0 as usize).filter(|all| !all.is_empty()) {
            windows.retain(|window| !window.is_met(at, node, event));
        }
    }
}

impl Window {
    fn is_met(&self, at: Time, node: Node, event: &Event<'_>) -> bool {
        if self.met.get() {
            return true;
        }
        let is_another = |(entity, key): &(EntityId, Key)| match event {
            Event::EditMade { edit, .. } => (edit.entity, &edit.key) != (*entity, key),
            _ => false,
        };
        if self.row.as_ref().is_some_and(is_another) {
            return false;
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
    fn is_of_servers(&self) -> bool {
        matches!(
            self,
            Sign::Backend
                | Sign::Gateway
                | Sign::Commit
                | Sign::Rejected
                | Sign::DeleteRefused
                | Sign::PutOff
                | Sign::Refused
        )
    }
    /// How long what it is a sign of has lasted when this event is told, if it is one.
    fn shows(&self, node: Node, event: &Event<'_>) -> Option<Span> {
        let at_once = |shows: bool| shows.then_some(Span::ZERO);
        match (self, event) {
            (
                Sign::Network | Sign::Backend,
                Event::ResponseReceived { took, .. }
                | Event::RequestFailed { took, .. }
                | Event::RequestRefused { took, .. },
            )
            | (Sign::Network, Event::ConnectionOpened { took })
            | (
                Sign::Storage,
                Event::ChunkApplied { took, .. }
                | Event::Unit(UnitEvent::Excerpt { took, .. } | UnitEvent::SetAside { took, .. }),
            ) => Some(*took),
            (Sign::Network, _) => at_once(matches!(
                event,
                Event::RequestSent { .. }
                    | Event::MessageDropped { .. }
                    | Event::UnitQueued { .. }
                    | Event::SyncStart { .. }
                    | Event::SyncError { .. }
            )),
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
            (Sign::Refused, _) => at_once(matches!(
                event,
                Event::RequestRefused { .. }
                    | Event::RequestFailed { .. }
                    | Event::RefreshAsked { failed: true, .. }
            )),
            _ => at_once(self.is_shown_by(node, event)),
        }
    }

    /// Whether this event alone shows it.
    fn is_shown_by(&self, node: Node, event: &Event<'_>) -> bool {
        match (self, event) {
            (Sign::LostResponse, Event::MessageDropped { reason, .. }) => *reason == DropReason::AnswerLost,
            (Sign::Foreign, Event::MessageDropped { reason, .. }) => *reason == DropReason::ForeignAnswer,
            (Sign::DeleteRefused, Event::MutationRefused { kind, conflict: None, .. }) => {
                *kind == EditKind::Delete
            }
            (Sign::Hook(own), Event::HookStarted { hook, .. }) => own == hook,
            (Sign::Unit(own), Event::SyncStart { unit, .. } | Event::Unit(UnitEvent::Called { unit })) => {
                own == unit
            }
            (Sign::Entity(own, _), Event::EditMade { edit, .. }) => edit.entity == *own,
            (Sign::Entity(own, _), Event::ChunkApplied { changes, .. }) => {
                changes.iter().any(|change| change.entity == *own)
            }
            (
                Sign::Entity(_, pulls),
                Event::SyncComplete { unit, .. } | Event::Unit(UnitEvent::CameBack { unit }),
            ) => pulls.contains(unit),
            (Sign::Fleet(own), Event::App(AppEvent::Login)) => {
                matches!(node, Node::Device(device) if own.contains(&device.0))
            }
            (sign, event) => matches!(
                (sign, event),
                (Sign::BadRow, Event::RowUnreadable { .. })
                    | (Sign::Commit, Event::Committed { .. })
                    | (Sign::Rejected, Event::MutationRefused { conflict: None, .. })
                    | (Sign::PutOff, Event::MutationPutOff { .. })
                    | (Sign::Edit, Event::EditMade { .. })
                    | (Sign::Background, Event::App(AppEvent::Background))
            ),
        }
    }
}
