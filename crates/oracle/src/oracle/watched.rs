//! What is watched on each device by itself.

use super::again::Given;
use super::edit::Edit;
use super::findings::Findings;
use super::flow::DeviceFlow;
use super::ledger::Ledger;
use super::owed::OwingDevice;
use super::reports::Telling;
use super::sends::Sends;
use super::setup::OracleSetup;
use super::status::DeviceStatus;
use super::strangers::DeviceCursors;
use super::thrift::Account;
use super::ways_out::WaysOut;
use crate::base::{DeviceId, EditId};
use crate::contract::PendingEdit;

/// An engine that tells of none of so many edits that they are done tells of none.
const SEVERAL: usize = 3;

#[derive(Debug, Default)]
pub(super) struct Watched {
    pub(super) flow: DeviceFlow,
    pub(super) status: DeviceStatus,
    pub(super) owing: OwingDevice,
    pub(super) thrift: Account,
    pub(super) again: Given,
    pub(super) cursors: DeviceCursors,
    pub(super) sends: Sends,
    pub(super) telling: Telling,
    pub(super) ways_out: WaysOut,
}

impl Watched {
    pub(super) fn looked_at(&mut self, rows: u64) {
        self.thrift.looked(rows);
        self.telling.was_served();
    }

    /// The device is at rest with these edits unsent: has it told what its stack promised to tell?
    pub(super) fn check_telling(
        &self,
        device: DeviceId,
        (ledger, unsent): (&Ledger, &[PendingEdit]),
        setup: &OracleSetup,
        findings: &mut Findings,
    ) {
        let own = |edit: &Edit| edit.asked_by == device && edit.won.is_none() && !edit.equal && !edit.emptied;
        let waits = |id: EditId| unsent.iter().any(|waits| waits.edit == id);
        let mut done = ledger.of(device).filter(|(id, edit)| edit.commits > 0 && own(edit) && !waits(*id));
        // A single edit may have come there in a way of its own.
        let done = done.nth(SEVERAL - 1);
        self.telling.finish(device, (done, !self.flow.is_empty()), setup, findings);
    }
}
