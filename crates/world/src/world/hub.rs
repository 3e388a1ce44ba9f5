//! The hub of events: passes each event to all listeners, with its time and node.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::requests::RequestLog;
use super::said::{AppWords, Said};
use crate::base::words::thousands;
use crate::base::{DeviceId, Digest, EntityId, Time, UnitId, Value};
use crate::contract::{
    DeviceView, EngineEvent, Event, Hook, LocalEdit, Node, Observer, Occurrence, UnitEvent,
};
use crate::metrics::{Collector, Timeline};
use crate::oracle::{Life, Oracle, Truth, failure};
use crate::sim::Handle;
use crate::world::device::looks::Looks;
use crate::world::faults::tried::Tried;
use crate::world::faults::windows::Windows;
use crate::world::people::news::{Conflict, News, RunEnded, opened};

/// A passive listener to all events of a world. The run does not depend on it.
pub trait Ear {
    /// The world begins. `_rows` are the backend's rows.
    fn begins(&mut self, _rows: &dyn Truth) {}
    /// An event occurred.
    fn on(&mut self, _occurrence: &Occurrence<'_>) {}
    /// The world has ended. `_view` shows the final state of a device.
    fn rests(&mut self, _device: DeviceId, _view: &dyn DeviceView) {}
    /// The world has ended. `_settled` is false if the run was interrupted or stalled.
    fn ends(&mut self, _at: Time, _settled: bool) {}
}

pub(super) struct Hub {
    pub(super) handle: Handle,
    listeners: RefCell<Option<Listeners>>,
}

pub(super) struct Listeners {
    pub(super) collector: Collector,
    pub(super) oracle: Option<Oracle>,
    pub(super) lives: Vec<Life>,
    pub(super) timeline: Option<Timeline>,
    pub(super) requests: Option<RequestLog>,
    pub(super) ear: Option<Rc<RefCell<dyn Ear>>>,
    pub(super) digest: Digest,
    pub(super) events: u64,
    pub(super) tried: Tried,
    /// Gets each new conflict, for the people who resolve conflicts.
    pub(super) opened: Option<News<Conflict>>,
    pub(super) runs_ended: Option<News<RunEnded>>,
    pub(super) windows: Windows,
    pub(super) round: Round,
    pub(super) looks: Looks,
    pub(super) said: Said,
}

#[derive(Debug, Default)]
pub(super) struct Round {
    /// The number of the round, from 1; 0 before the drain.
    pub(super) number: u32,
    pub(super) commits: u64,
    pub(super) all_asked: bool,
    pub(super) devices: Vec<InRound>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct InRound {
    /// For each unit: true if it completed a run that began in this round. An older run may have
    /// missed rows, so it does not count.
    pub(super) completed: Vec<bool>,
    /// Runs in progress: the round in which each began, and its unit.
    pub(super) open: BTreeMap<u64, (u32, UnitId)>,
    pub(super) hooks: BTreeSet<(u64, Hook)>,
    /// Units that waited for a run but were dropped, because another unit replaced them or their
    /// process ended. The world asks for them again.
    dropped: BTreeSet<UnitId>,
    /// Units whose present run leaves pages to the next run. The world asks for them again, too.
    leaves: BTreeSet<UnitId>,
    pub(super) failures: Failures,
}

/// The number of consecutive failed requests, and the error of the last one.
#[derive(Clone, Debug, Default)]
pub(super) struct Failures(u64, String);

impl Failures {
    pub(super) fn told(&self) -> Option<String> {
        match self {
            Failures(0, _) => None,
            Failures(1, error) => Some(format!("its last request failed: {error}")),
            Failures(many, error) => {
                Some(format!("its last {} requests failed (last error: {error})", thousands(*many)))
            }
        }
    }
    fn on(&mut self, event: &Event<'_>) {
        *self = match event {
            Event::Engine(EngineEvent::RequestFailed { error, took, .. }) => {
                Failures(self.0 + 1, failure(*error, *took))
            }
            Event::Engine(EngineEvent::RequestRefused { error, .. }) => {
                Failures(self.0 + 1, error.to_string())
            }
            Event::Engine(EngineEvent::ResponseReceived { .. }) if self.0 > 0 => Failures::default(),
            _ => return,
        };
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
        if let Event::Engine(EngineEvent::Said(said)) = event {
            return listeners.said.on(occurrence.at, node, said);
        }
        listeners.events += u64::from(!matches!(event, Event::Engine(EngineEvent::Status(_))));
        super::digest::add(&mut listeners.digest, &occurrence);
        listeners.collector.on(&occurrence);
        if let Some(oracle) = &mut listeners.oracle {
            oracle.on(&occurrence);
            if listeners.looks.on(occurrence.at, node, &event) {
                self.handle.halt();
            }
        }
        listeners.lives.iter_mut().for_each(|life| life.on(&occurrence));
        listeners.timeline.iter_mut().for_each(|timeline| timeline.on(&occurrence));
        listeners.requests.iter_mut().for_each(|requests| requests.on(&occurrence));
        listeners.ear.iter().for_each(|ear| ear.borrow_mut().on(&occurrence));
        listeners.tried.on(&event);
        if let Some((news, conflict)) = listeners.opened.as_ref().zip(opened(node, &event)) {
            news.add(conflict);
        }
        if let Some((news, ended)) = listeners.runs_ended.as_ref().zip(RunEnded::of(node, &event)) {
            news.add(ended);
        }
        listeners.windows.on(occurrence.at, node, &event);
        listeners.round.on(node, &event);
    }

    /// Notes that the world has asked the last device of this round to sync.
    pub(super) fn all_asked(&self) {
        self.listeners.borrow_mut().iter_mut().for_each(|listeners| listeners.round.all_asked = true);
    }
    /// Calls `f` with the oracle; `None` if there is no oracle.
    fn oracle<R>(&self, f: impl FnOnce(&mut Oracle) -> R) -> Option<R> {
        self.listeners.borrow_mut().as_mut()?.oracle.as_mut().map(f)
    }
    pub(super) fn asked(&self, device: DeviceId) {
        self.oracle(|oracle| oracle.asked(device));
    }
    pub(super) fn says_caught_up(&self, device: DeviceId, is: bool, at_work: bool) {
        self.oracle(|oracle| oracle.says_caught_up(self.handle.now(), device, (is, at_work)));
    }
    /// True if the oracle needs the values that apps show when a person edits a row of this entity.
    pub(super) fn wants_shown(&self, entity: EntityId) -> bool {
        self.oracle(|oracle| oracle.wants_shown(entity)) == Some(true)
    }
    pub(super) fn saw(&self, edit: &LocalEdit, shown: &[Value]) {
        self.oracle(|oracle| oracle.saw(edit.id, edit.entity, shown));
    }
    pub(super) fn records_lives(&self) -> bool {
        self.listeners.borrow().as_ref().is_some_and(|l| !l.lives.is_empty())
    }
    /// Passes an event only to the recorders that follow single records. It changes no figure and
    /// no digest.
    pub(super) fn tell_lives(&self, node: Node, event: Event<'_>) {
        let occurrence = Occurrence { at: self.handle.now(), node, event };
        if let Some(listeners) = self.listeners.borrow_mut().as_mut() {
            listeners.lives.iter_mut().for_each(|life| life.on(&occurrence));
        }
    }
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut Listeners) -> R) -> R {
        f(self.listeners.borrow_mut().as_mut().expect("the listeners are there until the check"))
    }
    /// The lines that apps have printed so far. Empty while a listener handles an event.
    pub(super) fn said_so_far(&self) -> AppWords {
        let listeners = self.listeners.try_borrow().ok();
        listeners.and_then(|it| Some(it.as_ref()?.said.words.clone())).unwrap_or_default()
    }
    /// Takes the listeners. Events after this are lost.
    pub(super) fn take(&self) -> Listeners {
        self.listeners.borrow_mut().take().expect("the listeners are taken once")
    }
}

impl Round {
    pub(super) fn new(devices: usize) -> Round {
        Round { devices: vec![InRound::default(); devices], ..Round::default() }
    }
    pub(super) fn begin(&mut self, units: usize) {
        self.number += 1;
        (self.commits, self.all_asked) = (0, false);
        for device in &mut self.devices {
            device.completed = vec![false; units];
            device.dropped.clear();
        }
    }
    /// Takes the units that the world must ask for again. They were dropped, have not completed and
    /// are not running.
    pub(super) fn take_dropped(&mut self) -> Vec<(usize, UnitId)> {
        let mut again = Vec::new();
        for (number, InRound { completed, open, dropped, .. }) in self.devices.iter_mut().enumerate() {
            let runs = |unit: &UnitId| open.values().any(|run| *run == (self.number, *unit));
            // A run in progress may still fail, and its retry may be dropped.
            dropped.retain(|unit| !completed[usize::from(unit.0)]);
            again.extend(dropped.iter().filter(|unit| !runs(unit)).map(|unit| (number, *unit)));
            dropped.retain(runs);
        }
        again
    }
    /// True if every device has completed these units, and no run and no hook of the app is in
    /// progress.
    pub(super) fn is_done(&self, units: &[UnitId]) -> bool {
        self.devices.iter().all(|of| of.open.is_empty() && of.hooks.is_empty()) && self.is_complete(units)
    }
    /// True if every device has completed these units. Later runs may be in progress.
    pub(super) fn is_complete(&self, units: &[UnitId]) -> bool {
        self.devices.iter().all(|of| units.iter().all(|unit| of.completed[usize::from(unit.0)]))
    }
    fn on(&mut self, node: Node, event: &Event<'_>) {
        if let Event::Committed { .. } = event {
            self.commits += 1;
        }
        let Node::Device(device) = node else { return };
        let of = &mut self.devices[device.0 as usize];
        of.failures.on(event);
        match *event {
            Event::ProcessStarted { .. } => {
                of.open.clear();
                of.hooks.clear();
                of.leaves.clear();
                of.dropped.extend((0..of.completed.len() as u16).map(UnitId));
            }
            Event::Engine(EngineEvent::UnitDiscarded { unit }) if self.number > 0 => {
                _ = of.dropped.insert(unit)
            }
            Event::Engine(EngineEvent::SyncStart { unit, run, .. }) => {
                _ = of.open.insert(run, (self.number, unit))
            }
            Event::Engine(EngineEvent::SyncError { run, .. }) => _ = of.open.remove(&run),
            Event::Engine(EngineEvent::Unit(UnitEvent::PagesLeft { unit, .. })) => _ = of.leaves.insert(unit),
            Event::Engine(EngineEvent::SyncComplete { unit, run, .. }) => {
                let began = of.open.remove(&run);
                if of.leaves.remove(&unit) {
                    _ = of.dropped.insert(unit);
                } else if began.is_some_and(|(round, _)| round == self.number) && self.number > 0 {
                    of.completed[usize::from(unit.0)] = true;
                }
            }
            Event::Engine(EngineEvent::HookStarted { hook, run: Some((_, run)) }) => {
                _ = of.hooks.insert((run, hook))
            }
            Event::Engine(EngineEvent::HookEnded { hook, run: Some((_, run)), .. }) => {
                _ = of.hooks.remove(&(run, hook))
            }
            _ => {}
        }
    }
}

pub(super) struct NodeSink {
    pub(super) hub: Rc<Hub>,
    pub(super) node: Node,
}

impl Observer for NodeSink {
    fn observe(&self, event: Event<'_>) {
        self.hub.emit(self.node, event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    #[test]
    fn a_unit_that_leaves_pages_is_asked_again() {
        let unit = UnitId(0);
        let mut round = Round::new(1);
        round.begin(1);
        let mut run = |run: u64, leaves: bool| {
            let left = EngineEvent::Unit(UnitEvent::PagesLeft { unit, ready: false });
            let (waited, took) = (Span::ZERO, Span::ZERO);
            let ended = EngineEvent::SyncComplete { unit, run, took, blocking: false };
            let began = EngineEvent::SyncStart { unit, run, waited };
            let events = [Some(began), leaves.then_some(left), Some(ended)];
            let device = Node::Device(DeviceId(0));
            events.into_iter().flatten().for_each(|event| round.on(device, &Event::Engine(event)));
            (round.is_complete(&[unit]), round.take_dropped())
        };
        assert_eq!(run(1, true), (false, vec![(0, unit)]));
        assert_eq!(run(2, false), (true, Vec::new()));
    }
}
