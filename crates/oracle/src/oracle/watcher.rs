//! What hears the events of one device, and checks something by them.

use super::check::Matter;
use super::findings::{Findings, Heard};
use super::ledger::Ledger;
use super::setup::OracleSetup;
use crate::base::{DeviceId, Time};
use crate::contract::{Event, PendingEdit};

/// The end of a world, for one device.
pub(super) struct Ended<'a> {
    pub(super) at: Time,
    pub(super) device: DeviceId,
    pub(super) setup: &'a OracleSetup,
    pub(super) findings: &'a mut Findings,
}

/// What is known of a device that has come to rest.
pub(super) struct Rest<'a> {
    /// The edits that have not been sent.
    pub(super) unsent: &'a [PendingEdit],
    pub(super) ledger: &'a Ledger,
    /// Whether a unit ever ran.
    pub(super) ran: bool,
}

/// Makes one for a device that nothing has happened to.
pub(super) type MakeWatcher = fn(&OracleSetup) -> Box<dyn Watcher>;

/// A check, or several that need the same, of one device; `WATCHERS` in `checks` lists them.
pub(super) trait Watcher {
    /// Something happens on the device.
    fn on(&mut self, heard: &mut Heard<'_>);

    /// The gateway or the backend does something for the device, or with an edit of it.
    fn on_server(&mut self, _: &Event<'_>) {}

    /// Somebody asks for a sync, or opens a record: no event says so.
    fn asked(&mut self) {}

    /// An engine without runs says of itself whether it is caught up.
    fn says_caught_up(&mut self, _: bool) {}

    /// The gateway or the backend goes on from an earlier state.
    fn server_went_back(&mut self) {}

    /// Another device has become a copy of this one.
    fn was_copied(&mut self) {}

    /// The device has come to rest.
    fn at_rest(&mut self, _: &Rest<'_>, _: &mut Ended<'_>) {}

    /// The last call, whether or not the device came to rest.
    fn end(&mut self, _: &mut Ended<'_>) {}

    /// Whether there was any of what a check looks at.
    fn saw(&self, _: Matter) -> bool {
        false
    }

    /// A metric that is the sum over all devices.
    fn figure(&self) -> Option<(&'static str, u128)> {
        None
    }
}
