//! Where events come together: each is told to every listener, with its time and place.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::opened::Opened;
use super::requests::RequestLog;
use super::tried::Tried;
use super::windows::Windows;
use crate::base::words::thousands;
use crate::base::{DeviceId, Digest, UnitId};
use crate::contract::{Event, EventSink, Hook, Node, Occurrence, ServerError, TransportError};
use crate::metrics::{Collector, Timeline};
use crate::oracle::{Life, Oracle};
use crate::sim::Handle;

pub(super) struct Hub {
    handle: Handle,
    listeners: RefCell<Option<Listeners>>,
}

pub(super) struct Listeners {
    pub(super) collector: Collector,
    /// Nobody judges what is only timed without it.
    pub(super) oracle: Option<Oracle>,
    /// Recorders of lives, if any are to be told.
    pub(super) lives: Vec<Life>,
    /// The recorder of a timeline, if one is wanted.
    pub(super) timeline: Option<Timeline>,
    /// The log of requests, if one is kept.
    pub(super) requests: Option<RequestLog>,
    pub(super) digest: Digest,
    pub(super) events: u64,
    pub(super) tried: Tried,
    /// Conflicts that are put before people.
    pub(super) opened: Option<Opened>,
    /// When faults are still to meet somebody.
    pub(super) windows: Windows,
    /// What the drain has to wait for.
    pub(super) round: Round,
}

/// A round of the drain.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Its number, from 1; before the drain it is 0.
    pub(super) number: u32,
    /// By device: which units completed a run that began in this round. A run from before may have
    /// passed the rows that it has to bring.
    pub(super) completed: Vec<Vec<bool>>,
    /// By device: runs under way, with the round in which each began and its unit.
    pub(super) open: Vec<BTreeMap<u64, (u32, UnitId)>>,
    /// By device: hooks of runs that have not ended.
    pub(super) hooks: Vec<BTreeSet<(u64, Hook)>>,
    /// By device: units that waited in this round and were dropped for another, or with their
    /// process. Who asked for them has to ask again.
    dropped: Vec<BTreeSet<UnitId>>,
    /// Commits since it began.
    pub(super) commits: u64,
    /// By device: its requests that failed, from the start on.
    pub(super) failures: Vec<Failures>,
}

/// Requests of a device that failed one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Failures {
    in_a_row: u64,
    last: Option<Failure>,
}

#[derive(Clone, Debug)]
enum Failure {
    Lost(TransportError),
    Refused(ServerError),
}

impl Failures {
    /// In words, if the last request failed.
    pub(super) fn told(&self) -> Option<String> {
        let error = match self.last.as_ref()? {
            Failure::Lost(error) => error.to_string(),
            Failure::Refused(error) => error.to_string(),
        };
        Some(match self.in_a_row {
            1 => format!("its last request failed: {error}"),
            many => format!("its last {} requests failed (last error: {error})", thousands(many)),
        })
    }

    fn on(&mut self, event: &Event<'_>) {
        let failure = match event {
            Event::RequestFailed { error, .. } => Failure::Lost(*error),
            Event::RequestRefused { error, .. } => Failure::Refused((*error).clone()),
            Event::ResponseReceived { .. } => return *self = Failures::default(),
            _ => return,
        };
        *self = Failures { in_a_row: self.in_a_row + 1, last: Some(failure) };
    }
}

impl Hub {
    pub(super) fn new(handle: Handle, listeners: Listeners) -> Rc<Hub> {
        Rc::new(Hub { handle, listeners: RefCell::new(Some(listeners)) })
    }

    pub(super) fn emit(&self, node: Node, event: Event<'_>) {
        let occurrence = Occurrence { at: self.handle.now(), node, event };
        let mut listeners = self.listeners.borrow_mut();
        let Some(listeners) = listeners.as_mut() else { return };
        listeners.events += u64::from(!matches!(event, Event::Status(_)));
        super::digest::add(&mut listeners.digest, &occurrence);
        listeners.collector.on(&occurrence);
        if let Some(oracle) = &mut listeners.oracle {
            oracle.on(&occurrence);
        }
        for life in &mut listeners.lives {
            life.on(&occurrence);
        }
        if let Some(timeline) = &mut listeners.timeline {
            timeline.on(&occurrence);
        }
        if let Some(requests) = &mut listeners.requests {
            requests.on(&occurrence);
        }
        listeners.tried.on(&event);
        listeners.opened.iter().for_each(|opened| opened.on(node, &event));
        listeners.windows.on(occurrence.at, node, &event);
        listeners.round.on(node, &event);
    }

    /// A person asked a device for something.
    pub(super) fn asked(&self, device: DeviceId) {
        self.with(|listeners| _ = listeners.oracle.as_mut().map(|oracle| oracle.asked(device)));
    }

    pub(super) fn records_lives(&self) -> bool {
        self.listeners.borrow().as_ref().is_some_and(|l| !l.lives.is_empty())
    }

    /// Tells the recorders of lives alone: no figure and no digest depends on it.
    pub(super) fn tell_lives(&self, node: Node, event: Event<'_>) {
        let occurrence = Occurrence { at: self.handle.now(), node, event };
        if let Some(listeners) = self.listeners.borrow_mut().as_mut() {
            listeners.lives.iter_mut().for_each(|life| life.on(&occurrence));
        }
    }

    pub(super) fn with<R>(&self, f: impl FnOnce(&mut Listeners) -> R) -> R {
        f(self.listeners.borrow_mut().as_mut().expect("the listeners are there until the check"))
    }

    /// The listeners, when nobody is to hear any more: what is emitted after this is lost.
    pub(super) fn take(&self) -> Listeners {
        self.listeners.borrow_mut().take().expect("the listeners are taken once")
    }
}

impl Round {
    pub(super) fn new(devices: usize) -> Round {
        let (open, dropped) = (vec![BTreeMap::new(); devices], vec![BTreeSet::new(); devices]);
        let (hooks, failures) = (vec![BTreeSet::new(); devices], vec![Failures::default(); devices]);
        Round { open, hooks, dropped, failures, ..Round::default() }
    }

    pub(super) fn begin(&mut self, units: usize) {
        self.number += 1;
        self.completed = vec![vec![false; units]; self.open.len()];
        self.dropped.iter_mut().for_each(BTreeSet::clear);
        self.commits = 0;
    }

    /// Takes what has to be asked for again: what was dropped, has not completed and is not under
    /// way.
    pub(super) fn take_dropped(&mut self) -> Vec<(usize, UnitId)> {
        let mut again = Vec::new();
        for (device, dropped) in self.dropped.iter_mut().enumerate() {
            let runs = |unit: UnitId| self.open[device].values().any(|run| *run == (self.number, unit));
            let done = |unit: UnitId| self.completed[device][usize::from(unit.0)];
            // A run that is under way may yet fail, and its next try be dropped too.
            dropped.retain(|unit| !done(*unit));
            again.extend(dropped.iter().filter(|unit| !runs(**unit)).map(|unit| (device, *unit)));
            dropped.retain(|unit| runs(*unit));
        }
        again
    }

    /// Whether every device has completed these units, and no run is under way, nor a hook of one.
    pub(super) fn is_done(&self, units: &[UnitId]) -> bool {
        self.open.iter().all(BTreeMap::is_empty)
            && self.hooks.iter().all(BTreeSet::is_empty)
            && self.is_complete(units)
    }

    /// Whether every device has completed these units; later runs may be under way.
    pub(super) fn is_complete(&self, units: &[UnitId]) -> bool {
        self.completed.iter().all(|done| units.iter().all(|unit| done[usize::from(unit.0)]))
    }

    fn on(&mut self, node: Node, event: &Event<'_>) {
        if let Node::Device(device) = node {
            self.failures[device.0 as usize].on(event);
        }
        match (node, event) {
            (Node::Device(device), Event::ProcessStarted { .. }) => {
                let device = device.0 as usize;
                self.open[device].clear();
                self.hooks[device].clear();
                if let Some(completed) = self.completed.get(device) {
                    self.dropped[device].extend((0..completed.len()).map(|unit| UnitId(unit as u16)));
                }
            }
            (Node::Device(device), Event::UnitDiscarded { unit }) if self.number > 0 => {
                self.dropped[device.0 as usize].insert(*unit);
            }
            (Node::Device(device), Event::SyncStart { unit, run, .. }) => {
                self.open[device.0 as usize].insert(*run, (self.number, *unit));
            }
            (Node::Device(device), Event::SyncError { run, .. }) => {
                self.open[device.0 as usize].remove(run);
            }
            (Node::Device(device), Event::SyncComplete { unit, run, .. }) => {
                let began = self.open[device.0 as usize].remove(run);
                if began.is_some_and(|(round, _)| round == self.number) && self.number > 0 {
                    self.completed[device.0 as usize][usize::from(unit.0)] = true;
                }
            }
            (Node::Device(device), Event::HookStarted { hook, run: Some((_, run)) }) => {
                self.hooks[device.0 as usize].insert((*run, *hook));
            }
            (Node::Device(device), Event::HookEnded { hook, run: Some((_, run)), .. }) => {
                self.hooks[device.0 as usize].remove(&(*run, *hook));
            }
            (_, Event::Committed { .. }) => self.commits += 1,
            _ => {}
        }
    }
}

/// A plain line to the hub.
pub(super) struct NodeSink {
    pub(super) hub: Rc<Hub>,
    pub(super) node: Node,
}

impl EventSink for NodeSink {
    fn emit(&self, event: Event<'_>) {
        self.hub.emit(self.node, event);
    }
}
