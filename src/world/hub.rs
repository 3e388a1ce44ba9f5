//! Where events come together: each is told to every listener, with its time and place.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::base::{DeviceId, Digest, UnitId};
use crate::contract::{Event, EventSink, Node, Occurrence};
use crate::disk::Disk;
use crate::metrics::Collector;
use crate::oracle::{Life, Oracle};
use crate::sim::Handle;

/// All listeners of a world.
pub(super) struct Hub {
    handle: Handle,
    listeners: RefCell<Option<Listeners>>,
}

pub(super) struct Listeners {
    pub(super) collector: Collector,
    pub(super) oracle: Oracle,
    /// Recorders of lives, if any are to be told.
    pub(super) lives: Vec<Life>,
    pub(super) digest: Digest,
    pub(super) events: u64,
    /// Runs of units that completed since the drain began, by device: which units.
    pub(super) completed: Vec<Vec<bool>>,
    /// Runs of units that have begun and not ended, by device.
    pub(super) open_runs: Vec<u32>,
    /// Commits since the drain's present round began.
    pub(super) commits: u64,
}

impl Hub {
    pub(super) fn new(handle: Handle, listeners: Listeners) -> Rc<Hub> {
        Rc::new(Hub { handle, listeners: RefCell::new(Some(listeners)) })
    }

    pub(super) fn emit(&self, node: Node, event: Event<'_>) {
        let occurrence = Occurrence { at: self.handle.now(), node, event };
        let mut listeners = self.listeners.borrow_mut();
        let Some(listeners) = listeners.as_mut() else { return };
        listeners.events += 1;
        super::digest::add(&mut listeners.digest, &occurrence);
        listeners.collector.on(&occurrence);
        listeners.oracle.on(&occurrence);
        for life in &mut listeners.lives {
            life.on(&occurrence);
        }
        match (node, event) {
            (Node::Device(device), Event::SyncStart { .. }) => listeners.open_runs[device.0 as usize] += 1,
            (Node::Device(device), Event::SyncComplete { unit, .. }) => {
                listeners.ended(device);
                listeners.complete(device, unit);
            }
            (Node::Device(device), Event::SyncError { .. }) => listeners.ended(device),
            (_, Event::Committed { .. }) => listeners.commits += 1,
            _ => {}
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

impl Listeners {
    fn ended(&mut self, device: DeviceId) {
        let open = &mut self.open_runs[device.0 as usize];
        // An engine that ends what it did not begin is told by the oracle.
        *open = open.saturating_sub(1);
    }

    fn complete(&mut self, device: DeviceId, unit: UnitId) {
        if let Some(done) = self.completed.get_mut(device.0 as usize) {
            done[usize::from(unit.0)] = true;
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

/// A device's line to the hub. A device without power says nothing.
pub(super) struct DeviceSink {
    pub(super) hub: Rc<Hub>,
    pub(super) device: DeviceId,
    pub(super) disk: Disk,
    /// A login whose blocking unit has not completed.
    pub(super) waits_for_login: Rc<Cell<bool>>,
}

impl EventSink for DeviceSink {
    fn emit(&self, event: Event<'_>) {
        if self.disk.power_is_lost() {
            return;
        }
        if matches!(event, Event::Usable { .. }) {
            self.waits_for_login.set(false);
        }
        self.hub.emit(Node::Device(self.device), event);
    }
}
