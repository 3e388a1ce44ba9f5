//! Where events come together: each is told to every listener, with its time and place.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::base::{DeviceId, Digest, UnitId};
use crate::contract::{Event, EventSink, Node, Occurrence};
use crate::disk::Disk;
use crate::metrics::Collector;
use crate::oracle::{Oracle, Recorder};
use crate::sim::Handle;

/// All listeners of a world.
pub(super) struct Hub {
    handle: Handle,
    listeners: RefCell<Listeners>,
}

pub(super) struct Listeners {
    pub(super) collector: Collector,
    pub(super) oracle: Oracle,
    pub(super) recorder: Option<Recorder>,
    pub(super) digest: Digest,
    pub(super) events: u64,
    /// Runs of units that completed since the drain began, by device: which units.
    pub(super) completed: Vec<Vec<bool>>,
    /// Commits since the drain's present round began.
    pub(super) commits: u64,
}

impl Hub {
    pub(super) fn new(handle: Handle, listeners: Listeners) -> Rc<Hub> {
        Rc::new(Hub { handle, listeners: RefCell::new(listeners) })
    }

    pub(super) fn emit(&self, node: Node, event: Event<'_>) {
        let occurrence = Occurrence { at: self.handle.now(), node, event };
        let mut listeners = self.listeners.borrow_mut();
        listeners.events += 1;
        super::digest::add(&mut listeners.digest, &occurrence);
        listeners.collector.on(&occurrence);
        listeners.oracle.on(&occurrence);
        if let Some(recorder) = &mut listeners.recorder {
            recorder.on(&occurrence);
        }
        match (node, event) {
            (Node::Device(device), Event::SyncComplete { unit, .. }) => listeners.complete(device, unit),
            (_, Event::Committed { .. }) => listeners.commits += 1,
            _ => {}
        }
    }

    pub(super) fn with<R>(&self, f: impl FnOnce(&mut Listeners) -> R) -> R {
        f(&mut self.listeners.borrow_mut())
    }

    /// The listeners, when nobody emits any more.
    pub(super) fn into_listeners(self) -> Listeners {
        self.listeners.into_inner()
    }
}

impl Listeners {
    fn complete(&mut self, device: DeviceId, unit: UnitId) {
        if let Some(done) = self.completed.get_mut(device.0 as usize) {
            done[usize::from(unit.0)] = true;
        }
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
