//! The time windows in which faults must have an effect. A sign is the kind of event that shows the
//! effect.

use crate::base::{DeviceId, EntityId, Key, Span, Time};
use crate::contract::{AppEvent, CallEvent, DropReason, EditKind, EngineEvent, Event, Node, UnitEvent};
use crate::faults::{Sign, Struck};

#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) from: Time,
    pub(crate) until: Time,
    pub(crate) sign: Sign,
    /// Only edits of this row count; `None`: edits of all rows count.
    pub(crate) row: Option<(EntityId, Key)>,
    pub(crate) met: Struck,
}

#[derive(Debug, Default)]
pub(crate) struct Windows {
    /// The windows of each device. Empty if no device has a window.
    by_device: Vec<Vec<Window>>,
    anywhere: Vec<Window>,
}

impl Windows {
    pub(crate) fn add(&mut self, window: Window, chosen: &[DeviceId], devices: usize) {
        if window.sign.is_of_servers() {
            return self.add_anywhere(window);
        }
        self.by_device.resize(devices, Vec::new());
        for device in chosen {
            self.by_device[device.0 as usize].push(window.clone());
        }
    }
    pub(crate) fn add_anywhere(&mut self, window: Window) {
        self.anywhere.push(window);
    }
    pub(crate) fn on(&mut self, at: Time, node: Node, event: &Event<'_>) {
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
            self.met.set(true);
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
    /// The duration of the activity that ended with this event, if the event shows the sign.
    fn shows(&self, node: Node, event: &Event<'_>) -> Option<Span> {
        let took = match (self, event) {
            (
                Sign::Network | Sign::Backend | Sign::Storage,
                Event::ConnectionOpened { took }
                | Event::Engine(
                    EngineEvent::ResponseReceived { took, .. }
                    | EngineEvent::RequestFailed { took, .. }
                    | EngineEvent::RequestRefused { took, .. }
                    | EngineEvent::ChunkApplied { took, .. }
                    | EngineEvent::Unit(UnitEvent::Excerpt { took, .. } | UnitEvent::SetAside { took, .. }),
                ),
            ) => *took,
            _ => Span::ZERO,
        };
        self.is_shown_by(node, event).then_some(took)
    }

    fn is_shown_by(&self, node: Node, event: &Event<'_>) -> bool {
        use Event as E;
        match self {
            Sign::Gateway => node == Node::Gateway,
            Sign::LostResponse => matches!(event, E::MessageDropped { reason: DropReason::ResponseLost, .. }),
            Sign::Foreign => matches!(event, E::MessageDropped { reason: DropReason::ForeignResponse, .. }),
            Sign::BadRow => matches!(event, E::RowUnreadable { .. }),
            Sign::DeleteRefused => {
                matches!(event, E::MutationRefused { kind: EditKind::Delete, conflict: None, .. })
            }
            Sign::Rejected => matches!(event, E::MutationRefused { conflict: None, .. }),
            Sign::PutOff => matches!(event, E::MutationPutOff { .. }),
            Sign::Commit => matches!(event, E::Committed { .. }),
            Sign::Edit => matches!(event, E::EditMade { .. }),
            Sign::Background => matches!(event, E::App(AppEvent::Background)),
            Sign::Hook(own) => {
                matches!(event, E::Engine(EngineEvent::HookStarted { hook, .. }) if hook == own)
            }
            Sign::Unit(own) => match event {
                E::Engine(EngineEvent::SyncStart { unit, .. }) | E::Call(CallEvent::Called { unit }) => {
                    unit == own
                }
                _ => false,
            },
            Sign::Entity(own, pulls) => match event {
                E::EditMade { edit, .. } => edit.entity == *own,
                E::Engine(EngineEvent::ChunkApplied { changes, .. }) => {
                    changes.iter().any(|change| change.entity == *own)
                }
                E::Engine(EngineEvent::SyncComplete { unit, .. }) | E::Call(CallEvent::CameBack { unit }) => {
                    pulls.contains(unit)
                }
                _ => false,
            },
            Sign::Fleet(own) => {
                let is_own = matches!(node, Node::Device(device) if own.contains(&device.0));
                is_own && matches!(event, E::App(AppEvent::Login))
            }
            Sign::Network | Sign::Storage | Sign::App | Sign::Backend | Sign::Refused => {
                self.is_shown_by_many(event)
            }
        }
    }

    fn is_shown_by_many(&self, event: &Event<'_>) -> bool {
        use Event as E;
        match self {
            Sign::Network => matches!(
                event,
                E::Engine(
                    EngineEvent::RequestSent { .. }
                        | EngineEvent::ResponseReceived { .. }
                        | EngineEvent::RequestFailed { .. }
                        | EngineEvent::RequestRefused { .. }
                        | EngineEvent::UnitQueued { .. }
                        | EngineEvent::SyncStart { .. }
                        | EngineEvent::SyncError { .. }
                ) | E::ConnectionOpened { .. }
                    | E::Held(_)
                    | E::MessageDropped { .. }
            ),
            Sign::Storage => matches!(
                event,
                E::Engine(
                    EngineEvent::ChunkApplied { .. }
                        | EngineEvent::Unit(UnitEvent::Excerpt { .. } | UnitEvent::SetAside { .. })
                        | EngineEvent::EditAcknowledged { .. }
                        | EngineEvent::EditLogged { .. }
                        | EngineEvent::CursorSaved { .. }
                        | EngineEvent::SyncStart { .. }
                        | EngineEvent::SyncComplete { .. }
                        | EngineEvent::StorageFull
                ) | E::EditMade { .. }
                    | E::EditRefused { .. }
                    | E::EditMissed { .. }
                    | E::Restored { .. }
                    | E::BecameCopy { .. }
            ),
            Sign::App => matches!(
                event,
                E::ProcessStarted { .. }
                    | E::Engine(EngineEvent::SyncStart { .. } | EngineEvent::RequestSent { .. })
                    | E::EditMade { .. }
                    | E::AppQueried { .. }
            ),
            Sign::Backend => matches!(
                event,
                E::Engine(
                    EngineEvent::ResponseReceived { .. }
                        | EngineEvent::RequestFailed { .. }
                        | EngineEvent::RequestRefused { .. }
                ) | E::RefreshAsked { .. }
                    | E::Refreshed { .. }
                    | E::BackendServed { .. }
                    | E::UploadQueued { .. }
                    | E::UploadDecided { .. }
            ),
            Sign::Refused => matches!(
                event,
                E::Engine(EngineEvent::RequestRefused { .. } | EngineEvent::RequestFailed { .. })
                    | E::RefreshAsked { failed: true, .. }
            ),
            _ => false,
        }
    }
}
