//! The parts of a device that outlive its process: its disk, and its identity at the server.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::{DeviceId, Seed, Time};
use crate::contract::{Attributes, Database, DeviceSetup, EditKind, KillReason, LocalEdit, Schema};
use crate::disk::{self, Backup, Disk, PowerLoss};
use crate::engine::Identity;
use crate::gateway::Versions;

const DATABASE: &str = "app.db";

pub(crate) fn database(disk: &Disk) -> Database {
    disk.location(DATABASE)
}

pub(crate) struct Storage {
    pub(crate) disk: Disk,
    setup: RefCell<Rc<DeviceSetup>>,
    /// The physical device. Its identity at the server may be another one.
    owner: DeviceId,
    versions: Option<Rc<Versions>>,
    identity: Identity,
    seed: Seed,
    persons: RefCell<Persons>,
    pub(crate) losses: Cell<u64>,
    /// How often another state has replaced the device's state: a backup, a copy, or another
    /// person's database.
    lives: Cell<u32>,
}

/// The state of a storage at one instant. It can be restored later.
pub(crate) struct Saved {
    pub(crate) at: Time,
    disk: Backup,
    setup: Rc<DeviceSetup>,
    persons: Persons,
    pub(crate) life: u32,
}

/// The person who is logged in on a shared phone, and the databases of the other persons.
#[derive(Clone, Debug, Default)]
struct Persons {
    now: u32,
    left: BTreeMap<u32, Left>,
}

/// The database of a person who has logged out. It is the state of device `of` at that time, in
/// that life of its storage. A new life begins when another state replaces the storage. After a
/// copy, `of` may be another device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    pub(crate) of: DeviceId,
    pub(crate) at: Time,
    pub(crate) life: u32,
}

impl Storage {
    pub(crate) fn new(
        disk: Disk,
        (setup, versions): (DeviceSetup, Option<Rc<Versions>>),
        identity: Identity,
        seed: Seed,
    ) -> Storage {
        let (losses, lives) = Default::default();
        let (owner, setup) = (setup.device, RefCell::new(Rc::new(setup)));
        let persons = RefCell::default();
        Storage { disk, setup, owner, versions, identity, seed, persons, losses, lives }
    }
    pub(crate) fn setup(&self) -> Rc<DeviceSetup> {
        let (setup, person) = (self.setup.borrow().clone(), self.person());
        let schema = self.versions.as_ref().map_or(&setup.schema, |versions| versions.schema(self.owner));
        if person == setup.person && self.versions.is_none() {
            return setup;
        }
        Rc::new(DeviceSetup { schema: schema.clone(), person, ..DeviceSetup::clone(&setup) })
    }
    /// Gives the device's person other attributes.
    pub(crate) fn reassign(&self, attributes: Attributes) {
        let setup = DeviceSetup::clone(&self.setup.borrow());
        self.setup.replace(Rc::new(DeviceSetup { attributes, ..setup }));
    }
    pub(crate) fn person(&self) -> u32 {
        self.persons.borrow().now
    }
    /// Another person logs in. If each person has their own database, returns the old database of
    /// this person.
    pub(crate) fn change_person(&self, to: u32, apart: bool, now: Time) -> Option<Left> {
        let mut persons = self.persons.borrow_mut();
        let from = std::mem::replace(&mut persons.now, to);
        if from == to || !apart {
            return None;
        }
        let life = self.lives.replace(self.lives.get() + 1);
        persons.left.insert(from, Left { of: self.owner, at: now, life });
        let none = Left { of: self.owner, at: Time::ZERO, life: 0 };
        Some(persons.left.get(&to).copied().unwrap_or(none))
    }
    pub(crate) fn left(&self) -> Vec<Left> {
        let persons = self.persons.borrow();
        persons.left.iter().filter(|(person, _)| **person != persons.now).map(|(_, left)| *left).collect()
    }
    pub(crate) fn wipe(&self) {
        self.persons.borrow_mut().left.clear();
        self.put_in(&Disk::new(disk::DiskOptions::default()).backup());
    }
    pub(crate) fn upgrade(&self) {
        self.versions.iter().for_each(|versions| versions.upgrade(self.owner));
    }
    pub(crate) fn narrower(&self) -> Option<&Schema> {
        let versions = self.versions.as_ref().filter(|versions| versions.is_newer(self.owner))?;
        Some(&versions.before)
    }
    /// The edit with only the columns that the running app version has; `None` if no column is
    /// left.
    pub(crate) fn makes(&self, edit: &LocalEdit) -> Option<LocalEdit> {
        let mut edit = edit.clone();
        if let Some(versions) = &self.versions {
            let known = &versions.schema(self.owner).entity(edit.entity).projection;
            edit.values.retain(|(column, _)| known.contains(column));
        }
        (edit.kind != EditKind::Update || !edit.values.is_empty()).then_some(edit)
    }
    /// Ends the process. `reason` decides what happens to data that was not synced to the flash.
    pub(crate) fn fail(&self, reason: KillReason, now: Time) {
        match reason {
            KillReason::Killed | KillReason::LowMemory | KillReason::BigRow => _ = self.disk.kill_at(now),
            KillReason::PowerLoss => {
                let loss = self.losses.replace(self.losses.get() + 1);
                let how = match self.seed.hash("world.power-loss", loss, 0) % 3 {
                    0 => PowerLoss::LoseAll,
                    _ => PowerLoss::LoseSome(self.seed.derive("world.power-loss", loss)),
                };
                _ = self.disk.power_loss_at(now, how);
            }
        }
    }

    /// Cancels the cost of unbilled disk work, and completes the work that is done by `now`.
    pub(crate) fn settle(&self, now: Time) {
        if self.disk.owes() {
            self.disk.forgive();
        }
        self.disk.settle(now);
    }
    /// A copy of the device's database. The returned disk must outlive it.
    pub(crate) fn copy(&self) -> (Disk, Database) {
        let disk = Disk::new(disk::DiskOptions::default());
        disk.restore(&self.disk.backup());
        let copy = database(&disk);
        (disk, copy)
    }
    pub(crate) fn save(&self, now: Time) -> Saved {
        let persons = self.persons.borrow().clone();
        Saved { at: now, disk: self.disk.backup(), setup: self.setup(), persons, life: self.lives.get() }
    }
    /// Restores a saved state and its identity. If the identity is not in the database, it has
    /// never changed.
    pub(crate) fn restore(&self, saved: &Saved) {
        *self.setup.borrow_mut() = saved.setup.clone();
        *self.persons.borrow_mut() = saved.persons.clone();
        self.put_in(&saved.disk);
    }
    /// Becomes a copy of another storage. If the identity is kept in the database, it is copied
    /// too.
    pub(crate) fn become_copy(&self, other: &Saved) {
        if other.setup.schema.version > 0 {
            // The copy includes the app version.
            self.upgrade();
        }
        if self.identity == Identity::Database {
            *self.setup.borrow_mut() = other.setup.clone();
        }
        *self.persons.borrow_mut() = other.persons.clone();
        self.put_in(&other.disk);
    }
    fn put_in(&self, backup: &Backup) {
        self.disk.restore(backup);
        self.lives.set(self.lives.get() + 1);
    }
}
