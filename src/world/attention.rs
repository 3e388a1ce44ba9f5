//! Whether a person looks at the app of a device, and since when they wait to be let in.

use std::cell::Cell;

use crate::base::{Span, Time};
use crate::contract::AppEvent;

/// What a person gives to the app, over all lives of its process.
#[derive(Default)]
pub(super) struct Attention {
    looks: Cell<bool>,
    /// When the person logged in whose blocking unit has not completed.
    logged_in: Cell<Option<Time>>,
}

impl Attention {
    pub(super) fn on(&self, event: AppEvent, now: Time) {
        match event {
            AppEvent::Login => {
                self.looks.set(true);
                // Another process of the app does not start the wait again.
                self.logged_in.set(self.logged_in.get().or(Some(now)));
            }
            AppEvent::Resume => self.looks.set(true),
            AppEvent::Pause => self.looks.set(false),
            AppEvent::Online | AppEvent::Offline => {}
        }
    }

    /// Whether somebody looks at the app.
    pub(super) fn looks(&self) -> bool {
        self.looks.get()
    }

    /// Whether somebody who logged in waits for the first blocking unit.
    pub(super) fn waits_for_login(&self) -> bool {
        self.logged_in.get().is_some()
    }

    /// The app can be used: how long the person who logged in has waited for it, over all lives of
    /// its process; `None` if nobody waits.
    pub(super) fn let_in(&self, now: Time) -> Option<Span> {
        self.logged_in.take().map(|since| now.since(since))
    }
}
