//! What is watched on each device by itself.

use super::again::Given;
use super::findings::Heard;
use super::flow::DeviceFlow;
use super::owed::OwingDevice;
use super::status::DeviceStatus;
use super::strangers::DeviceCursors;
use super::thrift::Account;

#[derive(Debug, Default)]
pub(super) struct Watched {
    pub(super) flow: DeviceFlow,
    pub(super) status: DeviceStatus,
    pub(super) owing: OwingDevice,
    pub(super) thrift: Account,
    pub(super) again: Given,
    pub(super) cursors: DeviceCursors,
}

impl Watched {
    pub(super) fn new(units: usize) -> Watched {
        Watched { thrift: Account::new(units), ..Watched::default() }
    }

    pub(super) fn on(&mut self, heard: &mut Heard<'_>) {
        self.flow.on(heard);
        self.status.on(heard);
        self.owing.on(heard);
        self.thrift.on(heard.at, heard.event, heard.setup);
        self.again.on(heard);
        self.cursors.on(heard);
    }
}
