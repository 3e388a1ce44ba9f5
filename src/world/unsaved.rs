//! Edits of which the person does not see yet that they are saved.

use std::cell::RefCell;

use crate::base::{EditId, Span, Time};
use crate::contract::LocalEdit;

#[derive(Default)]
pub(super) struct Unsaved(RefCell<Vec<Waiting>>);

struct Waiting {
    edit: LocalEdit,
    since: Time,
    /// How long it waits for the lock.
    locked: Span,
}

impl Unsaved {
    pub(super) fn add(&self, edit: LocalEdit, since: Time, locked: Span) {
        self.0.borrow_mut().push(Waiting { edit, since, locked });
    }

    /// The person sees that this edit is saved.
    pub(super) fn saved(&self, edit: EditId) {
        self.0.borrow_mut().retain(|waiting| waiting.edit.id != edit);
    }

    pub(super) fn edits(&self) -> Vec<LocalEdit> {
        self.0.borrow().iter().map(|waiting| waiting.edit.clone()).collect()
    }

    /// Who still waits gives up at `now`: each edit, and how long it has waited for the lock.
    pub(super) fn give_up(&self, now: Time) -> Vec<(LocalEdit, Span)> {
        let left = self.0.take().into_iter();
        left.map(|Waiting { edit, since, locked }| (edit, locked.min(now - since))).collect()
    }
}
