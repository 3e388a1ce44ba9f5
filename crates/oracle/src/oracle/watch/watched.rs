//! The checks of one device's events, and the state that they share.

use std::iter;

use crate::base::DeviceId;
use crate::contract::{Author, Event};
use crate::oracle::checks::WATCHERS;
use crate::oracle::watch::{DeviceFlow, DueRuns, Ended, Sends, StateLossTracker, Watcher};
use crate::oracle::{Heard, Matter, OracleSetup};

pub(crate) struct Watched {
    /// The runs. Other checks ask which runs are under way.
    pub(crate) flow: DeviceFlow,
    /// The runs that must start. Other checks use it to find decided conflicts and overdue edits.
    pub(crate) owing: DueRuns,
    /// The sends. Other checks ask how often an edit was sent.
    pub(crate) sends: Sends,
    ways_out: StateLossTracker,
    others: Vec<Box<dyn Watcher>>,
}

impl Watched {
    pub(crate) fn new(setup: &OracleSetup) -> Watched {
        Watched {
            flow: DeviceFlow::default(),
            owing: DueRuns::default(),
            sends: Sends::default(),
            ways_out: StateLossTracker::default(),
            others: WATCHERS.iter().map(|make| make(setup)).collect(),
        }
    }

    pub(crate) fn on(&mut self, heard: &mut Heard<'_>) {
        heard.out = self.ways_out.on(heard.event, heard.setup.durable, heard.setup.resets);
        self.flow.on(heard);
        self.owing.on(heard);
        self.sends.on(heard.event);
        self.each(|one| one.on(heard));
    }

    pub(crate) fn each(&mut self, call: impl FnMut(&mut Box<dyn Watcher>)) {
        self.others.iter_mut().for_each(call);
    }
    pub(crate) fn asked(&mut self) {
        self.flow.somebody_acted();
        self.each(|one| one.asked());
    }

    pub(crate) fn end(&mut self, ended: &mut Ended<'_>) {
        self.flow.finish(ended.at, ended.device, &ended.setup.patience, ended.findings);
        self.each(|one| one.end(ended));
    }

    pub(crate) fn saw(&self, matter: Matter) -> bool {
        match matter {
            Matter::Runs => self.flow.runs > 0,
            matter => self.others.iter().any(|one| one.saw(matter)),
        }
    }

    pub(crate) fn figures(&self) -> impl Iterator<Item = (&'static str, u128)> {
        let idle = ("oracle.idle_with_work.ns", self.owing.idle_ns);
        iter::once(idle).chain(self.others.iter().filter_map(|one| one.figure()))
    }
}

/// The device that a server works for, or whose edit the event is about.
pub(crate) fn served(event: &Event<'_>) -> Option<DeviceId> {
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
