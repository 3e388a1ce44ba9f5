//! The disks that devices start with: made once for all devices that start alike, shared
//! copy-on-write.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::storage::database;
use crate::base::{EntityId, Span, Stamp};
use crate::contract::{Attributes, Carried, DeviceSetup, EngineFactory, Provision};
use crate::disk::{self, Disk, Template};
use crate::gateway::ServerHalf;
use crate::setup::DevicePlan;
use crate::setup::Setup;
use crate::workload::Dataset;

pub(super) struct Templates<'a> {
    plan: &'a Setup,
    factory: Rc<dyn EngineFactory>,
    dataset: &'a Dataset,
    stops: &'a dyn Fn() -> bool,
    made: BTreeMap<Start, Template>,
}

/// How old the rows are that a device starts with, if it has any, and of which attributes those are
/// that its scope names; without, it has the rows alone that all devices share.
type Start = (Option<Span>, Option<String>);

impl<'a> Templates<'a> {
    /// Once it `stops` they are filled no further.
    pub(super) fn new(
        plan: &'a Setup,
        factory: Rc<dyn EngineFactory>,
        dataset: &'a Dataset,
        stops: &'a dyn Fn() -> bool,
    ) -> Templates<'a> {
        Templates { plan, factory, dataset, stops, made: BTreeMap::new() }
    }
    /// A disk for `device`, as its state at the start says.
    pub(super) fn disk(&mut self, device: &DevicePlan, setup: &DeviceSetup, server: &dyn ServerHalf) -> Disk {
        let ago = device.start.synced_ago;
        self.start((ago, ago.map(|_| format!("{:?}", device.attributes))), setup, server)
    }
    fn start(&mut self, start: Start, setup: &DeviceSetup, server: &dyn ServerHalf) -> Disk {
        if !self.made.contains_key(&start) {
            let scoped = start.1.is_some();
            let disk = match scoped {
                true => self.start((start.0, None), setup, server),
                false => Disk::new(disk::DiskOptions::default()),
            };
            let at = |ago| self.plan.start.minus(ago);
            let state = start.0.map(|ago| State { templates: self, setup, server, at: at(ago), scoped });
            let state = state.as_ref().map(|state| state as &dyn Provision);
            let done = self.factory.provision(setup, database(&disk), state);
            done.unwrap_or_else(|error| panic!("a fresh disk with power takes a database: {error}"));
            self.made.insert(start.clone(), disk.template());
        }
        Disk::from_template(&self.made[&start])
    }

    pub(super) fn tell(&self, device: &DevicePlan, server: &mut dyn ServerHalf) {
        let Some(ago) = device.start.synced_ago else { return };
        let at = self.plan.start.minus(ago);
        server.begin_with(device.device, self.cursor_stamp(at), &mut |f| {
            for scoped in [false, true] {
                self.rows((&device.attributes, at), scoped, f);
            }
        });
    }
    /// The rows of a device as of its last sync: those that depend on attributes, or the others.
    fn rows(&self, (attributes, at): (&Attributes, Stamp), scoped: bool, f: &mut dyn FnMut(Carried<'_>)) {
        let precision = self.plan.backend.stamp_precision;
        self.dataset.synced((attributes, at), scoped, self.stops, &mut |row: Carried<'_>| {
            f(Carried { stamp: row.stamp.truncated(precision), ..row });
        });
    }
    /// Up to where a device that was synced at `at` has seen everything: before the tick of that
    /// instant, as what is stamped with the tick may have been changed after it, and comes again.
    fn cursor_stamp(&self, at: Stamp) -> Stamp {
        at.truncated(self.plan.backend.stamp_precision).minus(Span::micros(1))
    }
}

struct State<'s> {
    templates: &'s Templates<'s>,
    setup: &'s DeviceSetup,
    server: &'s dyn ServerHalf,
    at: Stamp,
    scoped: bool,
}

impl Provision for State<'_> {
    fn synced_at(&self) -> Stamp {
        self.at
    }
    fn cursor(&self, entity: EntityId) -> String {
        self.server.cursor_at(entity, self.templates.cursor_stamp(self.at))
    }
    fn rows(&self, f: &mut dyn FnMut(Carried<'_>)) {
        self.templates.rows((&self.setup.attributes, self.at), self.scoped, f);
    }
}
