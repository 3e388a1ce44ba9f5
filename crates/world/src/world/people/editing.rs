//! People who want to edit: the time of each edit, and its row.
//!
//! A person who waits for the screen continues to wait if the app restarts. If the app does not
//! run, a person makes no edit. Edits are made in the order in which people wanted to make them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::base::{DeviceId, EntityId, Key, Span};
use crate::contract::{EditKind, LocalEdit, Schema};
use crate::sim::{Handle, NodeId};
use crate::workload::{Act, Actor, Aimed, Cells, Found, Keys, Known, OfficeEdit, Script, Sight};
use crate::world::device::node::Device;
use crate::world::device::screen::{Turn, Wish};
use crate::world::server::half::Servers;

/// The number of polls that each script step adds to the limit of the loop detector: its own polls
/// and the app's. Without it, a million edits at one instant would look like a loop.
pub(crate) const POLLS_PER_STEP: u64 = 8;
const SCREEN_POLL_INTERVAL: Span = Span::secs(1);

pub(crate) struct People {
    handle: Handle,
    node: NodeId,
    pub(crate) aims: RefCell<Aims>,
}

impl People {
    pub(crate) fn new(handle: &Handle, node: NodeId, aims: Aims) -> Rc<People> {
        Rc::new(People { handle: handle.clone(), node, aims: RefCell::new(aims) })
    }
    pub(crate) fn want(self: &Rc<Self>, device: &Rc<Device>, wish: Wish) {
        if device.screen.is_free() {
            return self.make(device, wish);
        }
        let looks_already = device.screen.has_waiting();
        device.screen.wait(self.handle.now(), wish);
        if !looks_already {
            self.handle.spawn(self.node, "screen", self.clone().wait_for_screen(device.clone()));
        }
    }
    async fn wait_for_screen(self: Rc<Self>, device: Rc<Device>) {
        while device.screen.has_waiting() {
            self.handle.sleep(SCREEN_POLL_INTERVAL).await;
            // Devices that began to wait at one instant all poll at one instant, which is not a
            // loop.
            self.handle.excuse(POLLS_PER_STEP);
            while let Some(turn) = device.screen.next(self.handle.now(), device.is_running()) {
                match turn {
                    Turn::Make(wish) => self.make(&device, wish),
                    Turn::GiveUp(wish, waited) => device.prevented(&wish, waited),
                }
            }
        }
    }

    fn make(&self, device: &Rc<Device>, wish: Wish) {
        self.handle.excuse(POLLS_PER_STEP);
        self.aims.borrow_mut().on_device(device, wish);
    }
}

pub(crate) struct Aims {
    schema: Arc<Schema>,
    /// True if the script has aimed edits (edits whose row is chosen later). Otherwise nothing is
    /// noted.
    wanted: bool,
    by_device: BTreeMap<DeviceId, Keys>,
    by_all: Keys,
    groups: BTreeMap<u64, Vec<Known>>,
}

impl Aims {
    pub(crate) fn new(schema: Arc<Schema>, script: &Script) -> Aims {
        let wanted = script.steps.iter().any(|step| matches!(step.act, Act::Aimed(..)));
        let (by_device, by_all, groups) = Default::default();
        Aims { schema, wanted, by_device, by_all, groups }
    }
    pub(crate) fn note_office(&mut self, act: &Act) {
        match act {
            Act::Office(OfficeEdit { kind: EditKind::Create, entity, key, .. }) => {
                self.made(Actor::Office, *entity, key);
            }
            Act::Import(batch) => {
                batch.rows.iter().for_each(|(key, _)| self.made(Actor::Office, batch.entity, key));
            }
            _ => {}
        }
    }
    fn made(&mut self, actor: Actor, entity: EntityId, key: &Key) {
        if !self.wanted {
            return;
        }
        if let Actor::Device(device) = actor {
            let own = self.by_device.entry(device).or_default();
            own.entry(entity).or_default().insert(key.clone());
        }
        self.by_all.entry(entity).or_default().insert(key.clone());
    }
    fn found(&mut self, actor: Actor, aimed: &Aimed, found: &Found) {
        if aimed.kind == EditKind::Create {
            self.made(actor, aimed.entity, &found.key);
        }
        if let Some(group) = aimed.group {
            let known = self.groups.entry(group).or_default();
            if known.is_empty() || aimed.kind == EditKind::Create {
                let Found { key, values } = found.clone();
                known.push(Known { entity: aimed.entity, key, values });
            }
        }
    }
    /// A person edits a row that the app shows. If there is no suitable row, no edit is made.
    pub(crate) fn on_device(&mut self, device: &Device, wish: Wish) {
        let person = Actor::Device(device.id);
        let (id, aimed) = match wish {
            Wish::Edit(edit) => {
                if edit.kind == EditKind::Create {
                    self.made(person, edit.entity, &edit.key);
                }
                return device.edit(&edit);
            }
            Wish::Aimed(id, ref aimed) => (id, aimed),
        };
        let (made, groups) = (self.by_device.get(&device.id), &self.groups);
        let found = device.with_view(|view| {
            let rows = |entity: EntityId, f: &mut dyn FnMut(&str, &Cells<'_>)| {
                let projection = &self.schema.entity(entity).projection;
                let place = |column: usize| projection.binary_search(&column).ok();
                view.rows(entity, &mut |key, _, values| {
                    f(key, &|column| place(column).map(|place| values[place].to_value()));
                });
            };
            aimed.find(&Sight { rows: &rows, made, groups })
        });
        let found = found.flatten();
        let Some(found) = found else { return device.miss(&wish.edit()) };
        self.found(person, aimed, &found);
        let (Aimed { entity, kind, .. }, Found { key, values }) = (&**aimed, found);
        device.edit(&LocalEdit { id, entity: *entity, key, kind: *kind, values });
    }

    pub(crate) fn in_office(&mut self, servers: &Servers, aimed: &Aimed) -> Option<OfficeEdit> {
        let rows = |entity: EntityId, f: &mut dyn FnMut(&str, &Cells<'_>)| {
            for row in servers.backend.borrow().rows(entity).filter(|row| !row.deleted) {
                f(row.key.as_str(), &|column| row.values.get(column).cloned());
            }
        };
        let found = aimed.find(&Sight { rows: &rows, made: Some(&self.by_all), groups: &self.groups })?;
        self.found(Actor::Office, aimed, &found);
        let Found { key, values } = found;
        Some(OfficeEdit { action: aimed.action, entity: aimed.entity, key, kind: aimed.kind, values })
    }
}
