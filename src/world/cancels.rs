//! Runs that are cancelled: at once, or the next while a request is under way.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::missed::Struck;
use crate::base::{DeviceId, Span, Time};

#[derive(Clone, Debug)]
pub(super) struct Cancel {
    /// When somebody begins to want that.
    pub(super) at: Time,
    /// When nobody does any more.
    pub(super) until: Time,
    pub(super) device: DeviceId,
    /// If no run is under way then: so long after the next has sent a request.
    pub(super) after: Span,
    /// Whether a run was.
    pub(super) struck: Struck,
}

/// Who waits for a run of one device, to cancel it.
#[derive(Default)]
pub(super) struct Cancels(RefCell<VecDeque<Cancel>>);

impl Cancels {
    pub(super) fn wait(&self, cancel: Cancel) {
        self.0.borrow_mut().push_back(cancel);
    }

    pub(super) fn next(&self) -> Option<Cancel> {
        self.0.borrow_mut().pop_front()
    }
}
