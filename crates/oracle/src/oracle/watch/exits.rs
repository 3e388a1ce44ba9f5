//! Exits: events that end a device's activity, and may replace its database.
//!
//! Each record that the oracle keeps of a device is opened by one event and closed by another.
//! Every exit closes it, too: a kill, a power loss, a copy, a backup, a reinstall, an upgrade, a
//! logout. All records use this module, so that they agree.

use crate::contract::{Event, KillReason, PhoneEvent};

/// The loss that an exit causes, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StateLoss {
    /// The process ended; its database is unchanged.
    Process,
    /// Cursors, open conflicts and waiting edits may have been discarded.
    Part,
    /// The database may be another one.
    Database,
}

/// The state that is needed to tell what an exit loses.
#[derive(Debug, Default)]
pub(crate) struct StateLossTracker {
    logging_out: bool,
}

impl StateLossTracker {
    /// The loss if the event is an exit; `None` if it is none. `durable`: commits survive a power
    /// loss. `resets`: an upgrade empties the database.
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
