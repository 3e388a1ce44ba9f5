//! Conflicts that open, for the people who decide them.

use std::cell::RefCell;
use std::rc::Rc;

use crate::base::{DeviceId, EditId};
use crate::contract::{Decision, Event, Node, PageEvent};
use crate::sim::{Handle, Notify};

pub(super) type Conflict = (DeviceId, EditId);

#[derive(Clone)]
pub(super) struct Opened {
    notify: Notify,
    new: Rc<RefCell<Vec<Conflict>>>,
}

impl Opened {
    pub(super) fn new(handle: &Handle) -> Opened {
        Opened { notify: handle.notify(), new: Rc::default() }
    }
    pub(super) fn on(&self, node: Node, event: &Event<'_>) {
        let (Node::Device(device), edit) = (node, event) else { return };
        let edit = match edit {
            Event::ConflictDecided { edit, decision: Decision::Parked, .. }
            | Event::Page(PageEvent::Open { edit, .. }) => *edit,
            _ => return,
        };
        self.add((device, edit));
    }
    pub(super) fn add(&self, conflict: Conflict) {
        self.new.borrow_mut().push(conflict);
        self.notify.notify_all();
    }
    pub(super) async fn next(&self) -> Vec<Conflict> {
        loop {
            let new = std::mem::take(&mut *self.new.borrow_mut());
            if !new.is_empty() {
                return new;
            }
            self.notify.notified().await;
        }
    }
}
