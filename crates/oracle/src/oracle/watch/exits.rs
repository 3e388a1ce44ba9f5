//! Exits: events that end the activity of a device, and may replace its database.
//!
//! Several checks note the start of an activity (a run, a request, a hook) at one event and its end
//! at another. An exit ends all of them: a kill, a power loss, a copy, a backup, a reinstall, an
//! upgrade, a logout. All checks use this module, so that they agree on the exits.

use crate::contract::{Event, KillReason, PhoneEvent};

/// What a device may lose by an exit. The order is from less to more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StateLoss {
    /// The process ended; its database is unchanged.
    Process,
    /// Cursors, open conflicts and waiting edits may have been discarded.
    Part,
    /// The database may be another database.
    Database,
}

/// The state that is needed to decide what an exit loses.
#[derive(Debug, Default)]
pub(crate) struct StateLossTracker {
    logging_out: bool,
}

impl StateLossTracker {
    /// Returns the loss if the event is an exit. `durable`: commits survive a power loss. `resets`:
    /// an upgrade empties the database.
    pub(crate) fn on(&mut self, event: &Event<'_>, durable: bool, resets: bool) -> Option<StateLoss> {
        match event {
            Event::Phone(PhoneEvent::LogoutAsked) => self.logging_out = true,
            Event::Phone(PhoneEvent::LogoutRefused { .. }) => self.logging_out = false,
            Event::ProcessKilled { reason } => {
                // During a logout, waiting edits may have been discarded without a report.
                let logging_out = std::mem::take(&mut self.logging_out);
                let forgets = *reason == KillReason::PowerLoss && !durable;
                return Some(match (forgets, logging_out) {
                    (true, _) => StateLoss::Database,
                    (false, true) => StateLoss::Part,
                    (false, false) => StateLoss::Process,
                });
            }
            Event::Phone(PhoneEvent::Upgraded) if resets => return Some(StateLoss::Database),
            Event::Phone(PhoneEvent::Upgraded | PhoneEvent::LoggedOut) => return Some(StateLoss::Part),
            Event::Restored { .. } | Event::BecameCopy { .. } => return Some(StateLoss::Database),
            _ => {}
        }
        None
    }
}
