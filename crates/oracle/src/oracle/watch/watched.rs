//! The checks that follow each device separately.

use std::iter;

use crate::base::DeviceId;
use crate::contract::{Author, Event};
use crate::oracle::check::Matter;
use crate::oracle::checks::WATCHERS;
use crate::oracle::findings::Heard;
use crate::oracle::setup::OracleSetup;
use crate::oracle::watch::exits::WaysOut;
use crate::oracle::watch::flow::DeviceFlow;
use crate::oracle::watch::owed::OwingDevice;
use crate::oracle::watch::sends::Sends;
use crate::oracle::watch::watcher::{Ended, Rest, Watcher};

pub(in crate::oracle) struct Watched {
    /// Also queried by others: which runs are under way.
    pub(in crate::oracle) flow: DeviceFlow,
    /// Also queried: which conflicts a person has decided, and the edits that wait too long.
    pub(in crate::oracle) owing: OwingDevice,
    /// Also queried: how often an edit was sent.
    pub(in crate::oracle) sends: Sends,
    ways_out: WaysOut,
    others: Vec<Box<dyn Watcher>>,
}

impl Watched {
    pub(in crate::oracle) fn new(setup: &OracleSetup) -> Watched {
        Watched {
            flow: DeviceFlow::default(),
            owing: OwingDevice::default(),
            sends: Sends::default(),
            ways_out: WaysOut::default(),
            others: WATCHERS.iter().map(|make| make(setup)).collect(),
        }
    }

    pub(in crate::oracle) fn on(&mut self, heard: &mut Heard<'_>) {
        heard.out = self.ways_out.on(heard.event, heard.setup.durable, heard.setup.resets);
        self.flow.on(heard);
        self.owing.on(heard);
        self.sends.on(heard.event);
        self.others.iter_mut().for_each(|one| one.on(heard));
    }

    pub(in crate::oracle) fn on_server(&mut self, event: &Event<'_>) {
        self.others.iter_mut().for_each(|one| one.on_server(event));
    }

    pub(in crate::oracle) fn asked(&mut self) {
        self.flow.somebody_acted();
        self.others.iter_mut().for_each(|one| one.asked());
    }

    pub(in crate::oracle) fn says_caught_up(&mut self, is: bool) {
        self.others.iter_mut().for_each(|one| one.says_caught_up(is));
    }

    pub(in crate::oracle) fn server_went_back(&mut self) {
        self.others.iter_mut().for_each(|one| one.server_went_back());
    }

    pub(in crate::oracle) fn was_copied(&mut self) {
        self.others.iter_mut().for_each(|one| one.was_copied());
    }

    pub(in crate::oracle) fn at_rest(&mut self, rest: &Rest<'_>, ended: &mut Ended<'_>) {
        self.others.iter_mut().for_each(|one| one.at_rest(rest, ended));
    }

    pub(in crate::oracle) fn end(&mut self, ended: &mut Ended<'_>) {
        self.flow.finish(ended.at, ended.device, &ended.setup.patience, ended.findings);
        self.others.iter_mut().for_each(|one| one.end(ended));
    }

    pub(in crate::oracle) fn saw(&self, matter: Matter) -> bool {
        match matter {
            Matter::Runs => !self.flow.is_empty(),
            matter => self.others.iter().any(|one| one.saw(matter)),
        }
    }

    pub(in crate::oracle) fn figures(&self) -> impl Iterator<Item = (&'static str, u128)> {
        let idle = ("oracle.idle_with_work.ns", self.owing.idle_ns);
        iter::once(idle).chain(self.others.iter().filter_map(|one| one.figure()))
    }
}

/// The device for which a server works, or whose edit an event is about.
pub(in crate::oracle) fn served(event: &Event<'_>) -> Option<DeviceId> {
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
