//! The interface of checks that follow the events of one device.

use crate::base::{DeviceId, EntityId, Key, Time};
use crate::contract::{Event, PendingEdit};
use crate::oracle::model::Ledger;
use crate::oracle::{Findings, Heard, Matter, OracleSetup};

/// The data that a watcher gets at the end of the run, or when it reports a violation.
pub(crate) struct Ended<'a> {
    pub(crate) at: Time,
    pub(crate) device: DeviceId,
    pub(crate) setup: &'a OracleSetup,
    pub(crate) findings: &'a mut Findings,
}

/// Facts about a device that has come to rest.
pub(crate) struct Rest<'a> {
    /// The edits that have not been sent.
    pub(crate) unsent: &'a [PendingEdit],
    pub(crate) ledger: &'a Ledger,
    /// True if a run ever started.
    pub(crate) ran: bool,
}

pub(crate) type MakeWatcher = fn(&OracleSetup) -> Box<dyn Watcher>;

/// One or several checks of one device that share state. The list `WATCHERS` in `checks/mod.rs` has
/// all watchers.
pub(crate) trait Watcher {
    fn on(&mut self, heard: &mut Heard<'_>);

    /// Processes an event of the gateway or the backend for the device, or about one of its edits.
    fn on_server(&mut self, _: &Event<'_>) {}

    /// A person asked for a sync or opened a record. There is no event for this.
    fn asked(&mut self) {}

    /// An engine without runs reports whether it is caught up.
    fn says_caught_up(&mut self, _: bool) {}

    /// The gateway or the backend was restored to an earlier state.
    fn server_went_back(&mut self) {}

    /// These rows entered or left a scope, although nobody wrote them.
    fn rows_moved(&mut self, _: &[(EntityId, Key)]) {}

    /// Another device has become a copy of this one.
    fn was_copied(&mut self) {}

    /// The device has come to rest.
    fn at_rest(&mut self, _: &Rest<'_>, _: &mut Ended<'_>) {}

    /// The run is over. This is the last call, also for a device that did not come to rest.
    fn end(&mut self, _: &mut Ended<'_>) {}

    /// True if the device had something of this kind to check.
    fn saw(&self, _: Matter) -> bool {
        false
    }

    /// A metric and its value for this device. The metric is the sum over all devices.
    fn figure(&self) -> Option<(&'static str, u128)> {
        None
    }
}
