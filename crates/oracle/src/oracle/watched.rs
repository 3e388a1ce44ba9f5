//! The checks that follow each device separately.

use std::iter;

use super::check::Matter;
use super::checks::WATCHERS;
use super::findings::Heard;
use super::flow::DeviceFlow;
use super::owed::OwingDevice;
use super::sends::Sends;
use super::setup::OracleSetup;
use super::watcher::{Ended, Rest, Watcher};
use super::ways_out::WaysOut;
use crate::base::DeviceId;
use crate::contract::{Author, Event};

pub(super) struct Watched {
    /// Also queried by others: which runs are under way.
    pub(super) flow: DeviceFlow,
    /// Also queried: which conflicts a person has decided, and the edits that wait too long.
    pub(super) owing: OwingDevice,
    /// Also queried: how often an edit was sent.
    pub(super) sends: Sends,
    ways_out: WaysOut,
    others: Vec<Box<dyn Watcher>>,
}

impl Watched {
    pub(super) fn new(setup: &OracleSetup) -> Watched {
        Watched {
            flow: DeviceFlow::default(),
            owing: OwingDevice::default(),
            sends: Sends::default(),
            ways_out: WaysOut::default(),
            others: WATCHERS.iter().map(|make| make(setup)).collect(),
        }
    }

    pub(super) fn on(&mut self, heard: &mut Heard<'_>) {
        heard.out = self.ways_out.on(heard.event, heard.setup.durable, heard.setup.resets);
        self.flow.on(heard);
        self.owing.on(heard);
        self.sends.on(heard.event);
        self.others.iter_mut().for_each(|one| one.on(heard));
    }

    pub(super) fn on_server(&mut self, event: &Event<'_>) {
        self.others.iter_mut().for_each(|one| one.on_server(event));
    }

    pub(super) fn asked(&mut self) {
        self.flow.somebody_acted();
        self.others.iter_mut().for_each(|one| one.asked());
    }

    pub(super) fn says_caught_up(&mut self, is: bool) {
        self.others.iter_mut().for_each(|one| one.says_caught_up(is));
    }

    pub(super) fn server_went_back(&mut self) {
        self.others.iter_mut().for_each(|one| one.server_went_back());
    }

    pub(super) fn was_copied(&mut self) {
        self.others.iter_mut().for_each(|one| one.was_copied());
    }

    pub(super) fn at_rest(&mut self, rest: &Rest<'_>, ended: &mut Ended<'_>) {
        self.others.iter_mut().for_each(|one| one.at_rest(rest, ended));
    }

    pub(super) fn end(&mut self, ended: &mut Ended<'_>) {
        self.flow.finish(ended.at, ended.device, &ended.setup.patience, ended.findings);
        self.others.iter_mut().for_each(|one| one.end(ended));
    }

    pub(super) fn saw(&self, matter: Matter) -> bool {
        match matter {
            Matter::Runs => !self.flow.is_empty(),
            matter => self.others.iter().any(|one| one.saw(matter)),
        }
    }

    pub(super) fn figures(&self) -> impl Iterator<Item = (&'static str, u128)> {
        let idle = ("oracle.idle_with_work.ns", self.owing.idle_ns);
        iter::once(idle).chain(self.others.iter().filter_map(|one| one.figure()))
    }
}

/// The device for which a server works, or whose edit an event is about.
pub(super) fn served(event: &Event<'_>) -> Option<DeviceId> {
    match *event {
        Event::BackendServed { device, .. } => device,
        Event::ReplicaServed { device, .. } | Event::RowServed { device, .. } => Some(device),
        Event::Committed { author: Author::Device(edit), .. }
        | Event::MutationRefused { edit, .. }
        | Event::MutationIgnored { edit, .. }
        | Event::MutationReplayed { edit }
        | Event::MutationPutOff { edit }
        | Event::EditsCarried { edit, .. }
        | Event::EditRemade { edit, .. }
        | Event::GaveWayByColumn { edit }
        | Event::UploadQueued { edit }
        | Event::UploadWaits { edit }
        | Event::UploadDecided { edit, .. } => Some(edit.device),
        _ => None,
    }
}
