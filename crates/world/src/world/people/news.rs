//! Events on phones that people see and react to.

use std::cell::RefCell;
use std::rc::Rc;

use crate::base::{DeviceId, EditId, UnitId};
use crate::contract::{Decision, EngineEvent, Event, Node, PageEvent, SyncError};
use crate::sim::{Handle, Notify};

pub(crate) struct News<T> {
    notify: Notify,
    new: Rc<RefCell<Vec<T>>>,
}

impl<T> Clone for News<T> {
    fn clone(&self) -> News<T> {
        News { notify: self.notify.clone(), new: self.new.clone() }
    }
}

impl<T> News<T> {
    pub(crate) fn new(handle: &Handle) -> News<T> {
        News { notify: handle.notify(), new: Rc::default() }
    }
    pub(crate) fn add(&self, one: T) {
        self.new.borrow_mut().push(one);
        self.notify.notify_all();
    }
    pub(crate) async fn next(&self) -> Vec<T> {
        loop {
            let new = std::mem::take(&mut *self.new.borrow_mut());
            if !new.is_empty() {
                return new;
            }
            self.notify.notified().await;
        }
    }
}

pub(crate) type Conflict = (DeviceId, EditId);

pub(crate) fn opened(node: Node, event: &Event<'_>) -> Option<Conflict> {
    let Node::Device(device) = node else { return None };
    match event {
        Event::Engine(
            EngineEvent::ConflictDecided { edit, decision: Decision::Parked, .. }
            | EngineEvent::Page(PageEvent::Open { edit, .. }),
        ) => Some((device, *edit)),
        _ => None,
    }
}

/// A run of a unit on a device has ended, with success (`well`) or without.
pub(crate) struct RunEnded {
    pub(crate) of: (DeviceId, UnitId),
    pub(crate) well: bool,
}

impl RunEnded {
    /// The end of a run that an event reports; `None` if a person would not see it as a success or
    /// a failure.
    pub(crate) fn of(node: Node, event: &Event<'_>) -> Option<RunEnded> {
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
