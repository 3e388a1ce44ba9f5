//! The initial disks of devices. Devices with the same start share one template, copy-on-write.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::{EntityId, Span, Stamp};
use crate::contract::{Attributes, Carried, DeviceSetup, EngineFactory, Provision};
use crate::disk::{self, Disk, Template};
use crate::gateway::ServerHalf;
use crate::setup::{DevicePlan, Setup};
use crate::workload::Dataset;
use crate::world::device::storage::database;

pub(crate) struct DiskTemplates<'a> {
    pub(crate) plan: &'a Setup,
    pub(crate) factory: Rc<dyn EngineFactory>,
    pub(crate) dataset: &'a Dataset,
    /// If this returns true, the template gets no more rows.
    pub(crate) stops: &'a dyn Fn() -> bool,
    pub(crate) made: BTreeMap<Start, Template>,
}

/// The age of a device's initial rows, if it has any, and the attributes of its scope. Without
/// attributes, the template has only the rows that all devices share.
pub(crate) type Start = (Option<Span>, Option<String>);

impl DiskTemplates<'_> {
    /// A disk for `device` in its initial state.
    pub(crate) fn disk(&mut self, device: &DevicePlan, setup: &DeviceSetup, server: &dyn ServerHalf) -> Disk {
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

    pub(crate) fn tell(&self, device: &DevicePlan, server: &mut dyn ServerHalf) {
        let Some(ago) = device.start.synced_ago else { return };
        let at = self.plan.start.minus(ago);
        server.begin_with(device.device, self.cursor_stamp(at), &mut |f| {
            for scoped in [false, true] {
                self.rows((&device.attributes, at), scoped, f);
            }
        });
    }
    /// The rows that a device has from its last sync: with `scoped` those that depend on its
    /// attributes, otherwise the others.
    fn rows(&self, (attributes, at): (&Attributes, Stamp), scoped: bool, f: &mut dyn FnMut(Carried<'_>)) {
        let precision = self.plan.backend.stamp_precision;
        self.dataset.synced((attributes, at), scoped, self.stops, &mut |row: Carried<'_>| {
            f(Carried { stamp: row.stamp.truncated(precision), ..row });
        });
    }
    /// The cursor of a device that synced at `at`. It lies just before the tick of `at` (a tick is
    /// one interval of the stamp precision). Rows with that tick's stamp may have changed after
    /// `at`, so the device must get them again.
    fn cursor_stamp(&self, at: Stamp) -> Stamp {
        at.truncated(self.plan.backend.stamp_precision).minus(Span::micros(1))
    }
}

struct State<'s> {
    templates: &'s DiskTemplates<'s>,
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
