//! Events on phones, for people who see them there and act.

use std::cell::RefCell;
use std::rc::Rc;

use crate::base::{DeviceId, EditId, UnitId};
use crate::contract::{Decision, EngineEvent, Event, Node, PageEvent, SyncError};
use crate::sim::{Handle, Notify};

pub(in crate::world) struct News<T> {
    notify: Notify,
    new: Rc<RefCell<Vec<T>>>,
}

impl<T> Clone for News<T> {
    fn clone(&self) -> News<T> {
        News { notify: self.notify.clone(), new: self.new.clone() }
    }
}

impl<T> News<T> {
    pub(in crate::world) fn new(handle: &Handle) -> News<T> {
        News { notify: handle.notify(), new: Rc::default() }
    }
    pub(in crate::world) fn add(&self, one: T) {
        self.new.borrow_mut().push(one);
        self.notify.notify_all();
    }
    pub(in crate::world) async fn next(&self) -> Vec<T> {
        loop {
            let new = std::mem::take(&mut *self.new.borrow_mut());
            if !new.is_empty() {
                return new;
            }
            self.notify.notified().await;
        }
    }
}

pub(in crate::world) type Conflict = (DeviceId, EditId);

/// The conflict that an event presents to a person.
pub(in crate::world) fn opened(node: Node, event: &Event<'_>) -> Option<Conflict> {
    let Node::Device(device) = node else { return None };
    match event {
        Event::Engine(
            EngineEvent::ConflictDecided { edit, decision: Decision::Parked, .. }
            | EngineEvent::Page(PageEvent::Open { edit, .. }),
        ) => Some((device, *edit)),
        _ => None,
    }
}

/// A unit's run on a device ended, successfully or not.
pub(in crate::world) struct RunEnded {
    pub(in crate::world) of: (DeviceId, UnitId),
    pub(in crate::world) well: bool,
}

impl RunEnded {
    /// The end of a run in an event; `None` for ends that a person does not see as a failure.
    pub(in crate::world) fn of(node: Node, event: &Event<'_>) -> Option<RunEnded> {
        let Node::Device(device) = node else { return None };
        match event {
            Event::Engine(EngineEvent::SyncComplete { unit, .. }) => {
                Some(RunEnded { of: (device, *unit), well: true })
            }
            Event::Engine(EngineEvent::SyncError {
                error: SyncError::Interrupted | SyncError::Cancelled | SyncError::Held(_),
                ..
            }) => None,
            Event::Engine(EngineEvent::SyncError { unit, .. }) => {
                Some(RunEnded { of: (device, *unit), well: false })
            }
            _ => None,
        }
    }
}
