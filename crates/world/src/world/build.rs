//! Builds a world (the whole simulation of one cell) from its plan, up to time 0. A cell is one
//! simulation: one variant of a scenario with one seed.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::{Rc, Weak};

use super::hub::{Hub, Listeners, NodeSink, Round};
use super::registry::{Halves, Promises};
use super::said::Said;
use super::truth::Initial;
use super::watch::{Wanted, Watch};
use crate::backend::{Backend, Loaded};
use crate::base::{DeviceId, Digest, Seed, Stamp, Time};
use crate::contract::{Attributes, DeviceSetup, EngineFactory, Node, Ports};
use crate::disk::{Disk, Flash};
use crate::engine::{Detect, Medium};
use crate::faults::Faults;
use crate::gateway::{BackendLink, Gateway, Mode, ServerHalf, Versions};
use crate::metrics;
use crate::net::{Link, LinkSchedule, Way};
use crate::oracle::{self, Clock, Labels, Oracle};
use crate::setup::{About, DevicePlan, Happening, Setup};
use crate::sim::{Handle, NodeId, Sim};
use crate::store::{Journal, OnMismatch, Synchronous};
use crate::workload::{
    Burst, DataError, Dataset, Import, Named, Person, Placed, Script, Setting, Target, write_script,
};
use crate::world::device::app::App;
use crate::world::device::browsing::Browser;
use crate::world::device::clock::{DeviceClock, Skew};
use crate::world::device::disk_template::DiskTemplates;
use crate::world::device::hardware::{BadRows, Books, Hardware};
use crate::world::device::hooks::AppHooks;
use crate::world::device::looks::Looks;
use crate::world::device::node::Device;
use crate::world::device::ports::OfDevice;
use crate::world::device::screen::Screen;
use crate::world::device::storage::Storage;
use crate::world::device::suspension::Suspension;
use crate::world::device::token::Wallet;
use crate::world::faults::crash::CrashBook;
use crate::world::faults::drawing::choose;
use crate::world::faults::tried::Tried;
use crate::world::faults::windows::Windows;
use crate::world::faults::{fired, phone_events, planned};
use crate::world::people::allowed::{Allowed, Leases};
use crate::world::people::attention::Attention;
use crate::world::people::news::News;
use crate::world::people::resolver::Resolver;
use crate::world::people::retrying::Retrying;
use crate::world::server::coding::GatewayCoding;
use crate::world::server::commits::Commits;
use crate::world::server::half::Servers;
use crate::world::server::integration::Integration;
use crate::world::server::live::{Announced, Live};
use crate::world::server::process::Process;
use crate::world::server::push_messages::Outbox;
use crate::world::server::push_service::PushService;
use crate::world::server::requests_in::Counter;
use crate::world::server::third_party::{Brought, OfServer, Open};

pub(super) struct World<'w> {
    pub(super) watch: &'w dyn Watch,
    pub(super) sim: Sim,
    pub(super) handle: Handle,
    pub(super) node: NodeId,
    pub(super) plan: Rc<Setup>,
    pub(super) hub: Rc<Hub>,
    pub(super) servers: Rc<Servers>,
    pub(super) devices: Vec<Rc<Device>>,
    pub(super) faults: Faults,
    pub(super) resolver: Option<Rc<Resolver>>,
    pub(super) retrying: Option<Rc<Retrying>>,
    pub(super) integration: Option<Rc<Integration>>,
    factory: Rc<dyn EngineFactory>,
    versions: Option<Rc<Versions>>,
    leases: Leases,
    pub(super) script: Script,
    /// The time of the last edit in the script.
    pub(super) last_edit: Time,
    /// True if building was interrupted: some rows and devices are missing.
    pub(super) is_partial: bool,
}

/// Builds the world of `plan` with these halves of a stack (an engine and its server). If `watch`
/// interrupts the build, some rows and devices are missing.
pub(super) fn build<'w>(plan: &Setup, halves: Halves, watch: &'w dyn Watch) -> Result<World<'w>, DataError> {
    let plan = Rc::new(plan.clone());
    let devices = plan.devices();
    // After one interruption the build stays interrupted, without another call of `watch`.
    let stopped = Cell::new(false);
    let stops: &dyn Fn() -> bool = &|| {
        stopped.set(stopped.get() || watch.interrupted());
        stopped.get()
    };
    let dataset = dataset(&plan, stops)?;
    let mut script = written(&plan, &dataset, &devices, stops).unwrap_or_default();
    let (mut backend, initial) = loaded(&plan, &dataset, stops);
    let Halves { engine: factory, server, crash_points, promises, lacks: _ } = halves;
    let (faults, windows) = drawn(&plan, &devices, &crash_points);
    faults.rejection_windows.iter().for_each(|window| backend.add_rejection_window(*window));
    let sim = Sim::default();
    let handle = sim.handle().clone();
    let nodes = (handle.node("world"), handle.node("gateway"));
    let mut listeners = listeners(&plan, &devices, initial, &mut script, promises);
    listeners.windows = windows;
    let has_page = plan.is_third_party || plan.engine.conflict.policy.has_page();
    listeners.opened = has_page.then(|| News::new(&handle));
    let offers_retry = plan.workload.retrying.share.0 > 0;
    listeners.runs_ended = offers_retry.then(|| News::new(&handle));
    let (opened, runs_ended) = (listeners.opened.clone(), listeners.runs_ended.clone());
    let hub = Hub::new(handle.clone(), listeners);
    let new = |before| Rc::new(Versions::new(before, plan.schema.clone(), devices.len()));
    let versions = plan.before.clone().map(new);
    let half = match server {
        Some(brought) => Err(brought),
        None => Ok(gateway(&plan, &devices, &backend, stops).with_versions(versions.clone())),
    };
    let servers = servers(&plan, (&hub, nodes), half, backend, &faults);
    let mut world = World {
        watch,
        sim,
        handle,
        node: nodes.0,
        hub,
        servers,
        devices: Vec::with_capacity(devices.len()),
        faults,
        resolver: None,
        retrying: None,
        integration: None,
        factory,
        versions,
        leases: Leases::default(),
        script,
        last_edit: Time::ZERO,
        plan: plan.clone(),
        is_partial: false,
    };
    let mut templates = DiskTemplates {
        plan: &plan,
        factory: world.factory.clone(),
        dataset: &dataset,
        stops,
        made: BTreeMap::new(),
    };
    for device in devices.into_iter().take_while(|_| !stops()) {
        let device = fitted(&world, device, &mut templates);
        world.devices.push(device);
    }
    world.is_partial = stopped.get();
    let (handle, devices) = (&world.handle, &world.devices);
    world.resolver = opened.map(|opened| Resolver::new(handle, world.node, &plan, devices, opened));
    world.retrying = runs_ended.map(|ended| Retrying::new((handle, world.node), &plan, devices, ended));
    Ok(registered(world))
}

/// All faults, and the time windows in which each of them must affect some device or server.
fn drawn(plan: &Setup, devices: &[DevicePlan], crash_points: &[String]) -> (Faults, Windows) {
    let mut faults = planned::draw(plan, devices, crash_points);
    planned::add_permanent_faults(&mut faults, plan, devices);
    planned::draw_suspensions(&mut faults, plan, devices);
    phone_events::draw(&mut faults, plan, devices);
    faults.told.sort_by_key(|(at, _)| *at);
    let windows;
    (faults.fired, windows) = fired::planned(plan, devices);
    (faults, windows)
}

fn servers(
    plan: &Setup,
    (hub, (node, own)): (&Rc<Hub>, (NodeId, NodeId)),
    half: Result<Gateway, Open>,
    backend: Backend,
    faults: &Faults,
) -> Rc<Servers> {
    let link = plan.gateway.backend_link.clone();
    let backend_link = link.map(|link| RefCell::new(BackendLink::new(link, faults.backend_link.clone())));
    let handle = hub.handle.clone();
    let process = Process::new(&handle, node);
    let phones = Outbox::new(handle.clone(), plan.transport.held);
    let commits = Rc::new(Commits::new(&handle));
    let live = half.is_ok().then(|| announcements(plan, hub, node, phones.clone())).flatten();
    Rc::new_cyclic(|me: &Weak<Servers>| {
        let (server, gateway): (Rc<RefCell<dyn ServerHalf>>, _) = match half {
            Err(open) => {
                let ports = OfServer {
                    servers: me.clone(),
                    handle: handle.clone(),
                    node: process.node,
                    phones: phones.clone(),
                    commits: commits.clone(),
                    itself: DeviceId(plan.devices().len() as u32),
                    start: plan.start,
                };
                let brought = Brought::new(open, ports, plan.seed.derive("world.server", 0));
                (Rc::new(RefCell::new(brought)), None)
            }
            Ok(gateway) => {
                let gateway = Rc::new(RefCell::new(gateway));
                (gateway.clone(), Some(gateway))
            }
        };
        Servers {
            process,
            phones,
            handle,
            hub: hub.clone(),
            server,
            gateway,
            backend: RefCell::new(backend),
            backend_link,
            node: own,
            commits: commits.clone(),
            live: live.clone(),
            coding: GatewayCoding { rate: plan.gateway.coding_rate, spent: Cell::default() },
        }
    })
}

/// The messages with which the built-in stack's server announces changes to phones. `None` if no
/// phone listens for them.
fn announcements(plan: &Setup, hub: &Rc<Hub>, node: NodeId, phones: Rc<Outbox>) -> Option<Rc<Live>> {
    let live = &plan.engine.pull.live;
    let seed = plan.seed.derive("world.push_service", 0);
    let push = || PushService::new(hub, node, plan.push_messages.clone(), seed);
    let of = Announced {
        channels: live.channels.clone(),
        devices: plan.devices().len() as u32,
        by_replica: plan.gateway.mode == Mode::Persistent,
        reads_behind: plan.gateway.capture().reads_behind,
        push: (live.medium == Medium::PushMessage).then(push),
    };
    (live.medium != Medium::None).then(|| Live::new(hub, phones, of))
}

/// Makes the phones known to the platform's push service.
fn registered(world: World<'_>) -> World<'_> {
    if let Some(push) = world.servers.live.as_ref().and_then(|live| live.push.as_ref()) {
        world.devices.iter().for_each(|device| push.registers(device.id, device.me.clone()));
    }
    world
}

fn fitted(world: &World<'_>, device: DevicePlan, templates: &mut DiskTemplates<'_>) -> Rc<Device> {
    let (id, plan, handle) = (device.device, &world.plan, &world.handle);
    let seed = plan.seed.derive("world.device", u64::from(id.0));
    let link = Rc::new(RefCell::new(link(world, &device, seed.derive("net", 0))));
    let (way, counter) = way(world, &device, &link);
    let (holds, resets) = (device.start.synced_ago.is_some(), plan.store.on_mismatch == OnMismatch::Reset);
    let setup = DeviceSetup {
        device: id,
        schema: plan.first_schema().clone(),
        units: plan.units.clone(),
        attributes: device.attributes.clone(),
        person: 0,
    };
    let disk = templates.disk(&device, &setup, &*world.servers.server.borrow());
    templates.tell(&device, &mut *world.servers.server.borrow_mut());
    disk.remember();
    let clock = DeviceClock {
        handle: handle.clone(),
        start: plan.start,
        utc_offset: plan.utc_offset,
        skew: skew(world, &device, &link.borrow(), seed),
    };
    let hardware = hardware(world, &device, &disk, seed);
    let allowed = Allowed {
        plan: plan.clone(),
        servers: world.servers.clone(),
        leases: world.leases.clone(),
        attributes: RefCell::new(device.attributes.clone()),
    };
    let node = handle.node(&id.to_string());
    Rc::new_cyclic(|me| {
        let own = Rc::new(OfDevice(me.clone()));
        let ports = Ports {
            clock: Rc::new(clock),
            spawn: own.clone(),
            transport: own.clone(),
            crash: own.clone(),
            events: own.clone(),
            hooks: Rc::new(AppHooks::new(plan.hooks.clone(), seed, me.clone())),
            machine: own,
            seed,
        };
        Device {
            me: me.clone(),
            id,
            handle: handle.clone(),
            world: world.node,
            hub: world.hub.clone(),
            link,
            way,
            ports,
            app: App::new(handle, node, world.factory.clone(), plan.store.journal),
            attention: Attention::new(&setup.units, plan.hooks.clone(), holds, resets),
            screen: Screen::new(&setup.units),
            storage: Storage::new(disk, (setup, world.versions.clone()), plan.engine.identity, seed),
            crash: CrashBook::default(),
            cancels: RefCell::default(),
            suspension: Suspension { budget: device.background, ..Suspension::default() },
            hardware,
            unsaved: RefCell::default(),
            allowed,
            counter,
        }
    })
}

fn way(world: &World<'_>, device: &DevicePlan, link: &Rc<RefCell<Link>>) -> (Rc<Way>, Rc<Counter>) {
    let id = device.device;
    let sink = Rc::new(NodeSink { hub: world.hub.clone(), node: Node::Device(id) });
    let lives = (world.plan.gateway.token_life, world.plan.gateway.refresh_life);
    let wallet =
        Wallet::new(lives, world.faults.devices[id.0 as usize].revoked.clone(), world.handle.notify());
    let counter = Rc::new(Counter { servers: world.servers.clone(), device: id, wallet });
    let (node, options) = (world.servers.node, world.plan.transport.clone());
    let way = Way::new(world.handle.clone(), node, link.clone(), counter.clone(), sink, options);
    world.servers.process.ways.borrow_mut().push(Rc::downgrade(&way));
    (way, counter)
}

fn link(world: &World<'_>, device: &DevicePlan, seed: Seed) -> Link {
    let end = Time::ZERO + world.plan.duration;
    let faults = &world.faults.devices[device.device.0 as usize];
    let mut schedule = match &device.moves {
        Some(moves) => moves.schedule(&device.link, seed, end),
        None => LinkSchedule::settled(device.link.clone()),
    };
    for detour in &faults.detours {
        schedule.detour(detour.from, detour.until, &detour.link);
    }
    let mut link = Link::new(&schedule, seed, end);
    link.conditions_mut().add_outages(faults.outages.iter().copied());
    link.conditions_mut().lose_sessions(faults.half_open.iter().copied());
    link.troubles = faults.net.clone();
    link
}

fn hardware(world: &World<'_>, device: &DevicePlan, disk: &Disk, seed: Seed) -> Hardware {
    let (plan, faults) = (&world.plan, &world.faults.devices[device.device.0 as usize]);
    let browser = plan.workload.browsing.map(|browsing| {
        let (every, cost) = (browsing.every(), browsing.cost(device.class.step_picos));
        Browser::new(every, cost, plan.store.journal != Journal::Wal, seed.stream("browsing", 0, 0))
    });
    Hardware {
        handle: world.handle.clone(),
        hub: world.hub.clone(),
        device: device.device,
        class: device.class.clone(),
        decoder: plan.engine.decoder,
        slow: faults.slow.clone(),
        disk: disk.clone(),
        flash: Flash { seed: seed.derive("flash", 0), ..device.class.flash },
        cipher: plan.store.encrypted.then_some(device.class.cipher_rate),
        bad_rows: BadRows::new(faults.unreadable.clone(), seed),
        browser: RefCell::new(browser),
        books: Books::default(),
    }
}

fn skew(world: &World<'_>, device: &DevicePlan, link: &Link, seed: Seed) -> Skew {
    let end = Time::ZERO + world.plan.duration + world.plan.drain;
    let mut skew = Skew::new(device.clock, seed, end, link.conditions().offline());
    let faults = &world.faults.devices[device.device.0 as usize];
    skew.steps.clone_from(&faults.steps);
    skew.zones.clone_from(&faults.zones);
    skew
}

/// Writes the script of a plan without a run. Returns which edits and imports found a place in it.
pub(super) fn placed(plan: &Setup) -> Result<Placed, DataError> {
    let dataset = dataset(plan, &|| false)?;
    let script = written(plan, &dataset, &plan.devices(), &|| false);
    Ok(script.unwrap_or_default().placed)
}

/// The script of a plan (the acts of people and of the office, each with its time); `None` if it
/// was interrupted.
fn written(
    plan: &Setup,
    dataset: &Dataset,
    devices: &[DevicePlan],
    stops: &dyn Fn() -> bool,
) -> Option<Script> {
    let people: Vec<Person> = devices
        .iter()
        .map(|device| Person {
            device: device.device,
            attributes: device.attributes.clone(),
            later: reassigned(plan, device, devices),
            role: device.role.clone(),
            synced_at: device.start.synced_ago.map(|ago| plan.start.minus(ago)),
        })
        .collect();
    let groups = Groups::of(plan);
    let mut bursts = Vec::new();
    let mut imports = Vec::new();
    for planned in &plan.events {
        match &planned.what {
            Happening::Edits { action, count, about } => {
                let target = groups.target(&planned.name, about);
                for device in choose(&planned.who, &planned.name, plan.seed, devices) {
                    bursts.push(Burst {
                        action: *action,
                        device,
                        count: *count,
                        at: planned.at,
                        over: planned.length,
                        target: target.clone(),
                    });
                }
            }
            Happening::Import { entity, rows, of_one } => {
                imports.push(Import { at: planned.at, entity: *entity, rows: *rows, of_one: *of_one });
            }
            _ => {}
        }
    }
    let setting = Setting {
        seed: plan.seed.derive("world.script", 0),
        options: &plan.workload,
        people: &people,
        dataset,
        duration: plan.duration,
        stops,
    };
    write_script(&setting, &bursts, &imports)
}

/// The attributes that the device's person gets by reassignments during the run.
fn reassigned(plan: &Setup, device: &DevicePlan, devices: &[DevicePlan]) -> Vec<(Time, Attributes)> {
    let mut attributes = device.attributes.clone();
    let mut later = Vec::new();
    for planned in &plan.events {
        let Some(change) = planned.what.fault().and_then(|fault| fault.reassigns.as_ref()) else { continue };
        if !choose(&planned.who, &planned.name, plan.seed, devices).contains(&device.device) {
            continue;
        }
        for (at, value) in &change.set {
            attributes[*at].clone_from(value);
        }
        later.push((planned.at, attributes.clone()));
    }
    later
}

/// Finds the events of a plan by name, and notes to which rows of events others refer. A group is
/// an event's position in the plan.
struct Groups<'p> {
    places: BTreeMap<&'p str, u64>,
    asked_for: BTreeSet<&'p str>,
}

impl<'p> Groups<'p> {
    fn of(plan: &'p Setup) -> Groups<'p> {
        let asked_for = plan.events.iter().filter_map(|event| match &event.what {
            Happening::Edits { about, .. } => about.row_of.as_deref(),
            _ => None,
        });
        // If a name occurs twice, its first event counts.
        let places = plan.events.iter().enumerate().rev().map(|(at, event)| (&*event.name, at as u64));
        Groups { places: places.collect(), asked_for: asked_for.collect() }
    }

    /// The target row of an event's planned edits.
    fn target(&self, event: &str, about: &About) -> Target {
        let group = |name: &str| self.places.get(name).copied();
        let own = group(event).filter(|_| about.same_row || self.asked_for.contains(event));
        let other = about.row_of.as_deref().and_then(group);
        let named = about.row.clone().map(Named::Key).or(other.map(Named::OfGroup));
        let row = named.or(own.filter(|_| about.same_row).map(Named::OfGroup));
        Target { row, group: own, set: about.set.clone() }
    }
}

/// Makes all rows of a plan with their history. If `stops` returns true, some rows are not indexed
/// by attributes.
pub(super) fn dataset(plan: &Setup, stops: &dyn Fn() -> bool) -> Result<Dataset, DataError> {
    Dataset::new(
        plan.seed.derive("world.data", 0),
        plan.schema.clone(),
        &plan.data,
        plan.start,
        plan.utc_offset,
        &plan.attribute_values(),
        stops,
    )
    .map(Dataset::cut)
}

/// The backend with its rows, and the same rows for the oracle (the judge that knows all true
/// values). Both are incomplete if `stops` returns true.
fn loaded(plan: &Setup, dataset: &Dataset, stops: &dyn Fn() -> bool) -> (Backend, Initial) {
    let seed = plan.seed.derive("world.backend", 0);
    let mut backend = Backend::new(dataset.schema.clone(), plan.backend.clone(), plan.start, seed);
    let mut initial = Initial(vec![Vec::new(); plan.schema.entities.len()]);
    let precision = |stamp: Stamp| stamp.truncated(plan.backend.stamp_precision);
    for entity in plan.schema.ids() {
        let rows = dataset.rows(entity).map(|row| Loaded {
            key: row.key,
            values: row.values.into(),
            created: row.created,
            updated: row.updated,
            deleted: row.deleted,
        });
        let rows = Wanted { rows, given: 0, stops };
        backend.load(entity, rows.inspect(|row| initial.add(entity, row, precision)));
    }
    (backend, initial.sorted())
}

/// The gateway. If some devices were synced before the start, its replica has rows too.
fn gateway(plan: &Setup, devices: &[DevicePlan], backend: &Backend, stops: &dyn Fn() -> bool) -> Gateway {
    let attributes = devices.iter().map(|device| device.attributes.clone()).collect();
    let mut gateway = Gateway::new(&plan.gateway, &plan.schema, attributes, plan.start);
    gateway.units = plan.units.clone();
    if devices.iter().any(|device| device.start.synced_ago.is_some()) {
        gateway.fill(backend, plan.start, stops);
    }
    gateway
}

fn listeners(
    plan: &Setup,
    devices: &[DevicePlan],
    initial: Initial,
    script: &mut Script,
    promises: Promises,
) -> Listeners {
    let collector = metrics::Collector::new(metrics::CollectorSetup {
        starts: devices.iter().map(|d| d.start.name.clone()).collect(),
        units: plan.units.iter().map(|unit| unit.name.clone()).collect(),
        pulls: plan.units.iter().map(|unit| !unit.pull.is_empty()).collect(),
        script: plan.duration,
        freshness: plan.workload.freshness,
        schema: plan.schema.clone(),
        integrated: plan.integration.as_ref().map_or_else(Vec::new, |of| of.entities.clone()),
    });
    let oracle = Oracle::new(oracle::OracleSetup {
        labels: Labels {
            schema: plan.first_schema().clone(),
            units: plan.units.clone(),
            clock: clock(plan),
            is_third_party: plan.is_third_party,
        },
        attributes: devices.iter().map(|d| d.attributes.clone()).collect(),
        durable: plan.store.synchronous == Synchronous::Full,
        resets: plan.store.on_mismatch == OnMismatch::Reset,
        patience: promises.patience,
        capabilities: promises.capabilities,
        combined: promises.combined,
        definition: definition(plan),
        initial: Rc::new(initial),
    });
    Listeners {
        collector,
        oracle: Some(oracle),
        lives: Vec::new(),
        timeline: None,
        requests: None,
        ear: None,
        digest: Digest::new(),
        events: 0,
        tried: Tried::new(script, plan.workload.actions.len()),
        opened: None,
        runs_ended: None,
        windows: Windows::default(),
        round: Round::new(devices.len()),
        looks: Looks::new(plan.duration, devices.len()),
        said: Said::new(clock(plan)),
    }
}

pub(super) fn clock(plan: &Setup) -> Clock {
    Clock { start: plan.start, utc_offset: plan.utc_offset }
}

fn definition(plan: &Setup) -> oracle::Definition {
    match plan.engine.conflict.detect {
        Detect::DatesThenValues => oracle::Definition::Values,
        Detect::ThreeWay => oracle::Definition::Columns,
        Detect::Dates | Detect::Version | Detect::ReadBefore => oracle::Definition::Refusal,
    }
}
