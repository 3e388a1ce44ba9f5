//! What drives a world: the script, the faults, the network's comings and goings.

use std::rc::Rc;

use super::build::World;
use super::device::Device;
use super::faults::{Kill, choose};
use super::server::Servers;
use crate::base::{DeviceId, Key, Span, Time, Value};
use crate::contract::{AppEvent, EditKind, Event, Node};
use crate::scenario::Happening;
use crate::workload::{Act, Actor, OfficeEdit, Step};

/// A process that the executor killed by a plan of a sweep is started again after this.
const RESTARTED_AFTER: Span = Span::secs(5);

impl World {
    /// Starts everything: each device's app, and the tasks that make things happen.
    pub(super) fn set_going(&mut self) {
        for device in &self.devices {
            device.start();
        }
        self.play_script();
        self.play_kills();
        self.play_networks();
        self.play_backend();
        self.play_triggers();
        self.follow_kills();
    }

    fn play_script(&mut self) {
        let steps = std::mem::take(&mut self.script.steps);
        let (handle, devices, servers) = (self.handle.clone(), self.devices.clone(), self.servers.clone());
        self.handle.spawn(self.node, "script", async move {
            for step in steps {
                handle.sleep_until(step.at).await;
                act(&devices, &servers, step);
            }
        });
    }

    fn play_kills(&self) {
        for kill in &self.faults.kills {
            let device = &self.devices[kill.device.0 as usize];
            match &kill.point {
                Some((point, nth)) => device.crash.arm(point, *nth, kill.at, kill.restart_after),
                None => self.play_kill(device.clone(), kill.clone()),
            }
        }
    }

    fn play_kill(&self, device: Rc<Device>, kill: Kill) {
        let handle = self.handle.clone();
        self.handle.spawn(self.node, "kill", async move {
            handle.sleep_until(kill.at).await;
            device.kill(kill.reason, Some(kill.restart_after));
        });
    }

    /// Tells apps when the operating system notices that the network goes or comes.
    fn play_networks(&self) {
        for (device, link) in self.devices.iter().zip(&self.links) {
            let toggles = link.borrow().toggles();
            if toggles.is_empty() {
                continue;
            }
            let (handle, device, hub) = (self.handle.clone(), device.clone(), self.hub.clone());
            self.handle.spawn(self.node, "network", async move {
                for (at, up) in toggles {
                    handle.sleep_until(at).await;
                    hub.emit(Node::Device(device.id()), if up { Event::LinkUp } else { Event::LinkDown });
                    device.app(if up { AppEvent::Online } else { AppEvent::Offline });
                }
            });
        }
    }

    fn play_backend(&self) {
        let end = Time::ZERO + self.plan.duration;
        let mut down: Vec<(Time, Time)> =
            self.plan.backend.down.iter().map(|(f, u)| (*f, (*u).min(end))).collect();
        for (from, until) in &self.faults.down {
            self.servers.backend.borrow_mut().set_down(*from, *until);
            down.push((*from, *until));
        }
        let mut edges: Vec<(Time, i32)> =
            down.iter().filter(|(f, u)| f < u).flat_map(|(f, u)| [(*f, 1), (*u, -1)]).collect();
        edges.sort_by_key(|(at, step)| (*at, -step));
        let (handle, servers) = (self.handle.clone(), self.servers.clone());
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
            let Happening::Trigger { unit } = planned.what else { continue };
            let chosen = choose(&planned.who, &planned.name, self.plan.seed, &devices);
            let chosen: Vec<Rc<Device>> = chosen.iter().map(|d| self.device(*d)).collect();
            let (handle, at) = (self.handle.clone(), planned.at);
            self.handle.spawn(self.node, "trigger", async move {
                handle.sleep_until(at).await;
                chosen.iter().for_each(|device| device.trigger(unit));
            });
        }
    }

    /// A node that the executor killed by itself is a killed app.
    fn follow_kills(&self) {
        let (mut kills, devices) = (self.handle.kills(), self.devices.clone());
        self.handle.spawn(self.node, "killed", async move {
            while let Some(node) = kills.recv().await {
                if let Some(device) = devices.iter().find(|device| device.node == node) {
                    device.node_was_killed(RESTARTED_AFTER);
                }
            }
        });
    }

    fn device(&self, id: DeviceId) -> Rc<Device> {
        self.devices[id.0 as usize].clone()
    }
}

/// Does one step of the script.
fn act(devices: &[Rc<Device>], servers: &Servers, step: Step) {
    match (step.actor, step.act) {
        (Actor::Device(id), act) => {
            let device = &devices[id.0 as usize];
            match act {
                Act::App(event) => device.app(event),
                Act::Edit(edit) => device.edit(&edit),
                Act::Open { entity, of } => device.open_record(entity, of),
                Act::Office(_) | Act::Import(_) => {
                    unreachable!("people with devices do not write to the backend")
                }
            }
        }
        (Actor::Office, Act::Office(edit)) => office(servers, &edit),
        (Actor::Office, Act::Import(batch)) => {
            let now = servers.handle.now();
            let rows: Vec<(Key, Vec<Value>)> = batch.rows;
            let commits = servers.backend.borrow_mut().import(now, batch.entity, rows);
            commits.iter().for_each(|commit| servers.tell_one(commit.event()));
        }
        (Actor::Office, _) => unreachable!("the office has no device"),
    }
}

/// The office writes straight to the backend; what it finds changed meanwhile it leaves alone.
fn office(servers: &Servers, edit: &OfficeEdit) {
    let now = servers.handle.now();
    let mut backend = servers.backend.borrow_mut();
    let done = match edit.kind {
        EditKind::Create => {
            let values = edit.values.iter().map(|(_, value)| value.clone()).collect();
            backend.office_create(now, edit.entity, edit.key.clone(), values)
        }
        EditKind::Update => backend.office_write(now, edit.entity, &edit.key, &edit.values),
        EditKind::Delete => backend.office_delete(now, edit.entity, &edit.key),
    };
    drop(backend);
    for commit in done.iter().flatten() {
        servers.tell_one(commit.event());
    }
}
