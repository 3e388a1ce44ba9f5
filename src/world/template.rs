//! The disks that devices start with: made once for all devices that start alike, shared
//! copy-on-write.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::server::ServerHalf;
use super::storage::database;
use crate::base::{EntityId, Span, Stamp};
use crate::contract::{Attributes, Carried, DeviceSetup, EngineFactory, Provision};
use crate::disk::{self, Disk, Template};
use crate::scenario::{DevicePlan, Plan};
use crate::workload::Dataset;

pub(super) struct Templates<'a> {
    plan: &'a Plan,
    factory: Rc<dyn EngineFactory>,
    dataset: &'a Dataset,
    stops: &'a dyn Fn() -> bool,
    empty: Option<Template>,
    /// Rows that all devices share, by the age of the state.
    shared: BTreeMap<Span, Template>,
    /// With the rows of one set of attributes besides.
    whole: BTreeMap<(Span, String), Template>,
}

impl<'a> Templates<'a> {
    /// Once it `stops` they are filled no further.
    pub(super) fn new(
        plan: &'a Plan,
        factory: Rc<dyn EngineFactory>,
        dataset: &'a Dataset,
        stops: &'a dyn Fn() -> bool,
    ) -> Templates<'a> {
        let (shared, whole) = (BTreeMap::new(), BTreeMap::new());
        Templates { plan, factory, dataset, stops, empty: None, shared, whole }
    }
    /// A disk for `device`, as its state at the start says.
    pub(super) fn disk(&mut self, device: &DevicePlan, setup: &DeviceSetup, server: &ServerHalf) -> Disk {
        let Some(ago) = device.start.synced_ago else {
            let factory = &self.factory;
            let template = self.empty.get_or_insert_with(|| {
                let disk = Disk::new(disk::DiskOptions::default());
                provision(factory, setup, &disk, None);
                disk.template()
            });
            return Disk::from_template(template);
        };
        let key = (ago, format!("{:?}", device.attributes));
        if !self.whole.contains_key(&key) {
            let disk = Disk::from_template(self.shared(ago, setup, server));
            let state = self.state(ago, setup, server, true);
            provision(&self.factory, setup, &disk, Some(&state));
            self.whole.insert(key.clone(), disk.template());
        }
        Disk::from_template(&self.whole[&key])
    }

    pub(super) fn tell(&self, device: &DevicePlan, server: &mut ServerHalf) {
        let Some(ago) = device.start.synced_ago else { return };
        let at = self.plan.start.minus(ago);
        server.begin_with(device.device, self.cursor_stamp(at), &mut |f| {
            for scoped in [false, true] {
                self.rows((&device.attributes, at), scoped, f);
            }
        });
    }
    fn shared(&mut self, ago: Span, setup: &DeviceSetup, server: &ServerHalf) -> &Template {
        if !self.shared.contains_key(&ago) {
            let disk = Disk::new(disk::DiskOptions::default());
            let state = self.state(ago, setup, server, false);
            provision(&self.factory, setup, &disk, Some(&state));
            self.shared.insert(ago, disk.template());
        }
        &self.shared[&ago]
    }
    fn state<'s>(
        &'s self,
        ago: Span,
        setup: &'s DeviceSetup,
        server: &'s ServerHalf,
        scoped: bool,
    ) -> State<'s> {
        State { templates: self, setup, server, at: self.plan.start.minus(ago), scoped }
    }
    /// The rows of a device as of its last sync: those that depend on attributes, or the others.
    fn rows(&self, (attributes, at): (&Attributes, Stamp), scoped: bool, f: &mut dyn FnMut(Carried<'_>)) {
        let synced = self.dataset.provision(attributes.clone(), at, |_| String::new());
        let precision = self.plan.backend.stamp_precision;
        synced.rows_of_group(scoped, self.stops, &mut |row: Carried<'_>| {
            f(Carried { stamp: row.stamp.truncated(precision), ..row });
        });
    }
    /// Up to where a device that was synced at `at` has seen everything: before the tick of that
    /// instant, as what is stamped with the tick may have been changed after it, and comes again.
    fn cursor_stamp(&self, at: Stamp) -> Stamp {
        at.truncated(self.plan.backend.stamp_precision).minus(Span::micros(1))
    }
}

fn provision(
    factory: &Rc<dyn EngineFactory>,
    setup: &DeviceSetup,
    disk: &Disk,
    state: Option<&dyn Provision>,
) {
    let done = factory.provision(setup, database(disk), state);
    done.unwrap_or_else(|error| panic!("a fresh disk with power takes a database: {error}"));
}

struct State<'s> {
    templates: &'s Templates<'s>,
    setup: &'s DeviceSetup,
    server: &'s ServerHalf,
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
