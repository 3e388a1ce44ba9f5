//! Ways out: what ends at once what a device has under way, and what is sure of its database.
//!
//! Each record that the oracle keeps of a device is opened by an event and closed by another. It
//! closes on every way out besides: a kill, a loss of power, a copy, a backup, a reinstall, an
//! upgrade, a logout. All records learn of a way out from here, so that they agree.

use crate::contract::{Event, KillReason, PhoneEvent};

/// How a device was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum WayOut {
    /// The process ended, and its database is what it was.
    Process,
    /// Cursors, open conflicts and edits that waited may have been thrown away.
    Part,
    /// The database may be another one.
    Database,
}

/// What has to be known of a device to say how it is left.
#[derive(Debug, Default)]
pub(super) struct WaysOut {
    logging_out: bool,
}

impl WaysOut {
    /// The way out that an event is. `durable`: a commit outlives a loss of power; `resets`: an
    /// upgrade empties the database.
    pub(super) fn on(&mut self, event: &Event<'_>, durable: bool, resets: bool) -> Option<WayOut> {
        match event {
            Event::Phone(PhoneEvent::LogoutAsked) => self.logging_out = true,
            Event::Phone(PhoneEvent::LogoutRefused { .. }) => self.logging_out = false,
            Event::ProcessKilled { reason } => {
                // A logout may have thrown away what waits, and died before it said so.
                let logging_out = std::mem::take(&mut self.logging_out);
                let forgets = *reason == KillReason::PowerLoss && !durable;
                return Some(match (forgets, logging_out) {
                    (true, _) => WayOut::Database,
                    (false, true) => WayOut::Part,
                    (false, false) => WayOut::Process,
                });
            }
            Event::Phone(PhoneEvent::Upgraded) if resets => return Some(WayOut::Database),
            Event::Phone(PhoneEvent::Upgraded | PhoneEvent::LoggedOut) => return Some(WayOut::Part),
            Event::Restored { .. } | Event::BecameCopy { .. } => return Some(WayOut::Database),
            _ => {}
        }
        None
    }
}
