//! Drives a world: plays the script, the faults and the network changes at their times.

use std::cell::RefMut;
use std::rc::Rc;
use std::sync::Arc;

use super::build::World;
use super::hub::Hub;
use crate::backend::{Backend, CopiedRow, ForcedUpload, Importing};
use crate::base::{DeviceId, Key, Span, Stamp, Time};
use crate::contract::{AppEvent, Delivery, EditKind, Event, KillReason, Node};
use crate::disk::Disk;
use crate::faults::{Awaited, Learned, Reach, Reassignment, Restore, Strike, Struck, Whose};
use crate::gateway::Gateway;
use crate::net::Link;
use crate::setup::Happening;
use crate::sim::Handle;
use crate::workload::{Act, Actor, Batch, OfficeEdit, Step};
use crate::world::device::lists;
use crate::world::device::node::Device;
use crate::world::device::screen::Wish;
use crate::world::faults::drawing::choose;
use crate::world::faults::phone_events;
use crate::world::people::editing::{Aims, POLLS_PER_STEP, People};
use crate::world::people::logins::delay_logins_until_network;
use crate::world::server::half::Servers;
use crate::world::server::integration::Integration;

/// After this many rows of an import, the import pauses so that the caller may halt the world.
const IMPORTED_AT_ONCE: usize = 1_024;
/// How often the world asks an engine that syncs continuously (without single runs) whether it is
/// caught up.
const CAUGHT_UP_POLL_INTERVAL: Span = Span::secs(5);
/// The restart delay of a process that the executor killed for a sweep over all kill points.
pub(super) const RESTARTED_AFTER: Span = Span::secs(5);

impl World<'_> {
    /// Starts the apps, except those that a person's login starts later. Then starts the tasks that
    /// drive the world. If interrupted, it returns early.
    pub(super) fn set_going(&mut self) {
        // Restores are set up first, so that a backup does not contain changes of its own instant.
        self.play_restores_of(|_| true);
        self.servers.start_gateway();
        let mut logs_in = vec![false; self.devices.len()];
        for step in &self.script.steps {
            if let (Actor::Device(device), Act::App(AppEvent::Login)) = (step.actor, &step.act) {
                logs_in[device.0 as usize] = true;
            }
        }
        for (device, logs_in) in self.devices.iter().zip(logs_in) {
            if self.watch.interrupted() {
                return;
            }
            if !logs_in {
                device.start();
            }
        }
        self.play_script();
        self.play_kills();
        self.play_networks();
        self.play_backend();
        self.play_triggers();
        self.play_cancels();
        let end = Time::ZERO + self.plan.duration;
        self.integration = Integration::new(&self.plan, &self.servers, end);
        if let Some(integration) = &self.integration {
            integration.start();
        }
        phone_events::play((&self.faults.deeds, end), (&self.handle, self.node), &self.devices);
        if let Some(resolver) = &self.resolver {
            self.handle.spawn(self.node, "resolver", resolver.clone().live());
        }
        if let Some(people) = &self.retrying {
            self.handle.spawn(self.node, "retrying", people.clone().live());
        }
        if self.plan.is_third_party {
            let heard = hear_who_is_caught_up(self.hub.clone(), self.devices.clone());
            self.handle.spawn(self.node, "caught up", heard);
        }
        for device in &self.devices {
            for list in &self.plan.queries {
                lists::show(&self.handle, self.node, device.clone(), list, end);
            }
        }
        self.play_strikes();
        self.play_days();
        self.follow_kills();
    }

    /// Starts everything except phones and their people: the servers, the office, and the faults of
    /// servers and links.
    pub(super) fn set_servers_going(&mut self) {
        self.script.steps.retain(|step| matches!(step.actor, Actor::Office));
        self.play_restores_of(|whose| matches!(whose, Whose::Gateway | Whose::Backend));
        self.servers.start_gateway();
        self.play_script();
        self.play_backend();
        self.tell_networks();
        self.play_strikes();
        self.play_days();
        self.follow_kills();
    }

    fn play_script(&mut self) {
        let aims = Aims::new(self.plan.first_schema().clone(), &self.script);
        let people = People::new(&self.handle, self.node, aims);
        let steps = std::mem::take(&mut self.script.steps);
        let handle = self.handle.clone();
        let servers = self.servers.clone();
        let devices = self.devices.clone();
        let seems_up_from =
            |of: DeviceId, at| devices[of.0 as usize].link.borrow().conditions().seems_up_from(at);
        let steps = delay_logins_until_network(steps, seems_up_from);
        self.open_for_logins(&steps);
        let edits = steps.iter().filter(|step| !matches!(step.act, Act::App(_) | Act::Open { .. }));
        self.last_edit = edits.map(|step| step.at).max().unwrap_or_default();
        self.handle.spawn(self.node, "script", async move {
            for step in steps {
                handle.sleep_until(step.at).await;
                handle.excuse(POLLS_PER_STEP);
                match (step.actor, step.act) {
                    (Actor::Device(id), Act::App(AppEvent::Login)) => {
                        // The login is the app's first event: it opens the app.
                        devices[id.0 as usize].app(AppEvent::Login);
                        devices[id.0 as usize].start();
                        // Many people may log in at one instant, so the caller can halt the world
                        // after each login.
                        handle.pause().await;
                    }
                    (Actor::Device(id), act) => person(&people, &devices[id.0 as usize], act),
                    (Actor::Office, act) => {
                        people.aims.borrow_mut().note_office(&act);
                        match act {
                            Act::Import(batch) => import(&handle, &servers, batch).await,
                            Act::Office(edit) => office(&servers, edit),
                            Act::Aimed(_, aimed) => {
                                let found = people.aims.borrow_mut().in_office(&servers, &aimed);
                                match found {
                                    Some(edit) => office(&servers, edit),
                                    None => servers.hub.with(|hub| hub.tried.by_office(aimed.action, false)),
                                }
                            }
                            Act::App(_) | Act::Edit(_) | Act::Open { .. } => {
                                unreachable!("the office has no device")
                            }
                        }
                    }
                }
            }
        });
    }

    /// People open the app some time before they log in, if the plan sets that time.
    fn open_for_logins(&self, steps: &[Step]) {
        let before = self.plan.workload.opened_before_login;
        if before == Span::ZERO {
            return;
        }
        let logins = steps.iter().filter(|step| matches!(step.act, Act::App(AppEvent::Login)));
        let opened = logins.filter_map(|step| match step.actor {
            Actor::Device(device) => Some((Time(step.at.0.saturating_sub(before.0)), self.device(device))),
            Actor::Office => None,
        });
        let (handle, opened) = (self.handle.clone(), opened.collect::<Vec<_>>());
        self.handle.spawn(self.node, "opened", async move {
            for (at, device) in opened {
                handle.sleep_until(at).await;
                handle.excuse(POLLS_PER_STEP);
                device.start();
            }
        });
    }

    /// If a kill waits for a crash point that the device does not pass, it fires at its latest
    /// time.
    fn play_kills(&self) {
        for kill in self.faults.kills.iter().cloned() {
            let device = self.device(kill.device);
            let armed = kill
                .point
                .as_ref()
                .map(|(point, nth)| device.crash.arm(point, *nth, kill.at, kill.restart_after, &kill.struck));
            let Some(at) = (if armed.is_some() { kill.latest } else { Some(kill.at) }) else { continue };
            self.at(at, "kill", move || {
                if armed.is_none_or(|armed| device.crash.disarm(armed)) {
                    device.strike(kill.reason, kill.restart_after, &kill.struck);
                }
            });
        }
        for loss in &self.faults.sync_losses {
            self.device(loss.device).hardware.books.sync_losses.0.borrow_mut().push(loss.clone());
        }
    }

    fn play_restores_of(&self, is_played: impl Fn(&Whose) -> bool) {
        let played = self.faults.restores.iter().filter(|restore| is_played(&restore.whose));
        for Restore { whose, backup, at, restart_after } in played.copied() {
            let handle = self.handle.clone();
            let servers = self.servers.clone();
            let devices = self.devices.clone();
            self.handle.spawn(self.node, "restore", async move {
                handle.sleep_until(backup).await;
                match whose {
                    Whose::Device(device) => {
                        let device = &devices[device.0 as usize];
                        let state = device.storage.save(device.now());
                        handle.sleep_until(at).await;
                        device.restore(&state, restart_after);
                    }
                    Whose::Copy { from, to } => {
                        let (from, to) = (&devices[from.0 as usize], &devices[to.0 as usize]);
                        to.become_copy(from, restart_after);
                    }
                    Whose::Gateway => {
                        let Some(gateway) = &servers.gateway else { return };
                        let state = gateway.borrow().backup();
                        handle.sleep_until(at).await;
                        servers.restore_gateway(gateway, state, backup, restart_after);
                    }
                    Whose::Backend => {
                        let state = servers.backend.borrow_mut().backup();
                        handle.sleep_until(at).await;
                        servers.restore_backend(state, backup);
                    }
                }
            });
        }
    }

    fn play_networks(&self) {
        for device in &self.devices {
            let toggles = device.link.borrow().conditions().toggles();
            if toggles.is_empty() {
                continue;
            }
            let (handle, device, hub) = (self.handle.clone(), device.clone(), self.hub.clone());
            self.handle.spawn(self.node, "network", async move {
                for (at, up) in toggles {
                    handle.sleep_until(at).await;
                    hub.emit(Node::Device(device.id), if up { Event::LinkUp } else { Event::LinkDown });
                    device.app(if up { AppEvent::Online } else { AppEvent::Offline });
                }
            });
        }
    }

    /// Reports network changes to the listeners. Apps do not get these events.
    fn tell_networks(&self) {
        for device in &self.devices {
            for (at, up) in device.link.borrow().conditions().toggles() {
                let (hub, node) = (self.hub.clone(), Node::Device(device.id));
                self.at(at, "network", move || {
                    hub.emit(node, if up { Event::LinkUp } else { Event::LinkDown })
                });
            }
        }
    }

    fn play_backend(&self) {
        // Planned faults end with the script, but maintenance windows continue in the drain (the
        // last phase of syncs).
        let mut down = self.plan.backend.down.clone();
        for (from, until) in &self.faults.down {
            self.servers.backend.borrow_mut().service.down.push((*from, *until));
            down.push((*from, *until));
        }
        let mut edges: Vec<(Time, i32)> =
            down.iter().filter(|(f, u)| f < u).flat_map(|(f, u)| [(*f, 1), (*u, -1)]).collect();
        edges.sort_by_key(|(at, step)| (*at, -step));
        let handle = self.handle.clone();
        let servers = self.servers.clone();
        self.handle.spawn(self.node, "backend", async move {
            let mut depth = 0;
            for (at, step) in edges {
                handle.sleep_until(at).await;
                let was_up = depth == 0;
                depth += step;
                if was_up != (depth == 0) {
                    servers.tell_one(Event::BackendAvailable(depth == 0));
                }
            }
        });
    }

    fn play_triggers(&self) {
        let devices = self.plan.devices();
        for planned in &self.plan.events {
            let Happening::Trigger(unit, how) = planned.what else { continue };
            let chosen = choose(&planned.who, &planned.name, self.plan.seed, &devices);
            let chosen: Vec<_> = chosen.into_iter().map(|device| self.device(device)).collect();
            let met = self.met(&planned.name);
            self.at(planned.at, "trigger", move || {
                chosen.iter().for_each(|device| met.set(device.trigger(unit, how) || met.get()));
            });
        }
    }
    fn play_cancels(&self) {
        for cancel in &self.faults.cancels {
            let (device, cancel) = (self.device(cancel.device), cancel.clone());
            self.at(cancel.at, "cancel", move || device.cancel(cancel));
        }
    }
    /// Moves the time windows of scopes (the rows that devices hold) at each local midnight, if
    /// some windows move.
    fn play_days(&self) {
        if self.plan.schema.moving_windows.is_empty() {
            return;
        }
        let day = Span::secs(86_400);
        let local = self.plan.start.0 + i64::from(self.plan.utc_offset) * 1_000_000;
        let since_midnight = Span::micros(local.rem_euclid(86_400_000_000).unsigned_abs());
        let end = Time::ZERO + self.plan.duration + self.plan.drain;
        let handle = self.handle.clone();
        let servers = self.servers.clone();
        self.handle.spawn(self.node, "days", async move {
            let mut number = 1;
            let mut at = Time::ZERO + day.saturating_sub(since_midnight);
            while at < end {
                handle.sleep_until(at).await;
                servers.backend.borrow_mut().begin_day(at, number);
                servers.hub.emit(Node::World, Event::DayBegan { day: number });
                number += 1;
                at += day;
            }
        });
    }
    /// Plays the faults that have code of their own for their effect.
    fn play_strikes(&self) {
        let hands = Rc::new(Hands { servers: self.servers.clone(), devices: self.devices.clone() });
        for Strike { event, at, until, act } in self.faults.strikes.iter().cloned() {
            let (hands, handle, met) = (hands.clone(), self.handle.clone(), self.met(&event));
            self.handle.spawn(self.node, "fault", async move {
                handle.sleep_until(at).await;
                met.set(act(&*hands, true) || met.get());
                if let Some(until) = until {
                    handle.sleep_until(until).await;
                    act(&*hands, false);
                }
            });
        }
    }
    /// The flag that is set when an event affects a device or server. The code of the event sets
    /// it.
    fn met(&self, event: &str) -> Struck {
        self.faults.fired.get(event).map(Awaited::met).unwrap_or_default()
    }
    /// If the executor kills a node, its app or gateway is killed and restarts later.
    fn follow_kills(&self) {
        let (handle, devices, servers) = (self.handle.clone(), self.devices.clone(), self.servers.clone());
        self.handle.spawn(self.node, "killed", async move {
            loop {
                let node = handle.next_kill().await;
                if node == servers.process.node {
                    servers.kill_gateway(RESTARTED_AFTER);
                }
                // Nodes and devices have the same order, so a binary search finds the device.
                if let Ok(at) = devices.binary_search_by_key(&node, |device| device.app.node) {
                    devices[at].kill(KillReason::Killed, Some(RESTARTED_AFTER));
                }
            }
        });
    }

    pub(super) fn at(&self, time: Time, name: &'static str, act: impl FnOnce() + 'static) {
        let handle = self.handle.clone();
        self.handle.spawn(self.node, name, async move {
            handle.sleep_until(time).await;
            act();
        });
    }
    pub(super) fn device(&self, id: DeviceId) -> Rc<Device> {
        self.devices[id.0 as usize].clone()
    }
}

fn person(people: &Rc<People>, device: &Rc<Device>, act: Act) {
    match act {
        Act::App(event) => device.app(event),
        Act::Edit(edit) => people.want(device, Wish::Edit(edit)),
        Act::Aimed(Some(id), aimed) => people.want(device, Wish::Aimed(id, aimed)),
        Act::Open { entity, of } => device.open_record(entity, of),
        Act::Aimed(None, _) | Act::Office(_) | Act::Import(_) => {
            unreachable!("people with devices do not write to the backend")
        }
    }
}

/// Writes an edit of the office (employees who work directly on the backend). The backend refuses
/// an edit that no longer fits, for example the edit of a deleted row.
fn office(servers: &Servers, edit: OfficeEdit) {
    let now = servers.handle.now();
    let OfficeEdit { action, entity, key, kind, values } = edit;
    let mut backend = servers.backend.borrow_mut();
    let done = match kind {
        EditKind::Create => {
            let values = values.into_iter().map(|(_, value)| value).collect();
            backend.office().create(now, entity, key, values)
        }
        EditKind::Update => backend.office().write(now, entity, &key, &values),
        EditKind::Delete => backend.office().delete(now, entity, &key),
    };
    drop(backend);
    servers.hub.with(|listeners| listeners.tried.by_office(action, done.is_ok()));
    for commit in done.iter().flatten() {
        servers.tell_commit(commit);
    }
}

/// Asks each engine that syncs continuously (without single runs) at intervals whether it is caught
/// up. The question comes between two tasks, when no call of the engine is in progress.
async fn hear_who_is_caught_up(hub: Rc<Hub>, devices: Vec<Rc<Device>>) {
    loop {
        hub.handle.sleep_until(hub.handle.now() + CAUGHT_UP_POLL_INTERVAL).await;
        for device in &devices {
            if let Some(is) = device.is_caught_up() {
                hub.says_caught_up(device.id, is, device.way.is_at_work());
            }
        }
    }
}

/// Imports rows for the office: one transaction at one instant. The caller may halt the world
/// during the import.
async fn import(handle: &Handle, servers: &Servers, batch: Batch) {
    let mut import = Importing::new(batch.entity);
    let mut rows = batch.rows.into_iter();
    while rows.len() > 0 {
        servers.backend.borrow_mut().office().take_in(&mut import, rows.by_ref().take(IMPORTED_AT_ONCE));
        handle.pause().await;
    }
    let mut committing = servers.backend.borrow_mut().office().begin_import(handle.now(), import);
    loop {
        let done = servers.backend.borrow_mut().office().go_on(&mut committing, IMPORTED_AT_ONCE);
        if done.is_empty() {
            return;
        }
        done.iter().for_each(|commit| servers.tell_commit(commit));
        handle.pause().await;
    }
}

/// Gives faults access to a running world.
struct Hands {
    servers: Rc<Servers>,
    devices: Vec<Rc<Device>>,
}

impl Hands {
    fn device(&self, of: DeviceId) -> &Rc<Device> {
        &self.devices[of.0 as usize]
    }
}

impl Reach for Hands {
    fn now(&self) -> Time {
        self.servers.handle.now()
    }
    fn backend(&self) -> RefMut<'_, Backend> {
        self.servers.backend.borrow_mut()
    }
    fn gateway(&self) -> Option<RefMut<'_, Gateway>> {
        self.servers.gateway.as_ref().map(|gateway| gateway.borrow_mut())
    }
    fn disk(&self, of: DeviceId) -> Disk {
        self.device(of).storage.disk.clone()
    }
    fn link(&self, of: DeviceId) -> RefMut<'_, Link> {
        self.device(of).link.borrow_mut()
    }
    fn has_connections(&self, of: DeviceId) -> bool {
        self.device(of).way.has_connections()
    }
    fn reassign(&self, of: DeviceId, reassignment: &Reassignment) -> bool {
        let device = self.device(of);
        let before = device.storage.setup();
        let mut attributes = before.attributes.clone();
        for (at, value) in &reassignment.set {
            attributes[*at].clone_from(value);
        }
        if attributes == before.attributes {
            return false;
        }
        let gateway = self.servers.gateway.as_ref().filter(|_| reassignment.learned != Learned::Never);
        if let Some(gateway) = gateway {
            let at_login = reassignment.learned == Learned::Login;
            gateway.borrow_mut().reassign(of, attributes.clone(), at_login);
        }
        device.allowed.attributes.replace(attributes.clone());
        device.storage.reassign(attributes.clone());
        device.tell(Event::Reassigned { attributes: &attributes });
        true
    }
    fn force_upload(&self, of: DeviceId, how: ForcedUpload) -> bool {
        let schema = Arc::clone(self.servers.backend.borrow().schema());
        let mut any = false;
        for id in schema.ids().filter(|id| schema.entity(*id).delivery == Delivery::Delta) {
            let columns = &schema.entity(id).projection;
            let mut rows = Vec::new();
            self.device(of).with_view(|view| {
                view.rows(id, &mut |key, stamp, values| {
                    // If the backend has never acknowledged a row, the row goes through the outbox
                    // instead.
                    if stamp > Stamp(0) {
                        let values =
                            columns.iter().zip(values).map(|(column, value)| (*column, value.to_value()));
                        rows.push(CopiedRow { key: Key::new(key), values: values.collect() });
                    }
                });
            });
            let now = self.servers.handle.now();
            let commits = self.servers.backend.borrow_mut().office().upload(now, (id, of), rows, how);
            commits.iter().for_each(|commit| self.servers.tell_commit(commit));
            any |= !commits.is_empty();
        }
        any
    }
    fn kill_server(&self, restart_after: Span) -> bool {
        self.servers.kill_gateway(restart_after)
    }
    fn suspend(&self, of: DeviceId, length: Span, sockets: Span) -> bool {
        self.device(of).suspend_for(length, sockets)
    }
}
