//! The app's process on a device. It starts and ends several times in a run.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::base::Incarnation;
use crate::base::words::count;
use crate::contract::{Database, DeviceSetup, EngineFactory, KillReason, Ports, SyncEngine};
use crate::disk::Disk;
use crate::sim::{Handle, NodeId};
use crate::store::Journal;
use crate::world::device::storage::database;

pub(crate) struct App {
    handle: Handle,
    pub(crate) node: NodeId,
    pub(crate) factory: Rc<dyn EngineFactory>,
    journal: Journal,
    pub(crate) engine: RefCell<Option<Rc<dyn SyncEngine>>>,
    refused: RefCell<Option<String>>,
    /// How often the process has died because of low memory since it last stayed up.
    starved: Cell<u64>,
}

impl App {
    pub(crate) fn new(
        handle: &Handle,
        node: NodeId,
        factory: Rc<dyn EngineFactory>,
        journal: Journal,
    ) -> App {
        let (engine, refused, starved) = Default::default();
        App { handle: handle.clone(), node, factory, journal, engine, refused, starved }
    }
    pub(crate) fn runs(&self) -> bool {
        self.engine.borrow().is_some()
    }
    pub(crate) fn engine(&self) -> Option<Rc<dyn SyncEngine>> {
        self.engine.borrow().clone()
    }
    pub(crate) fn come_up(&self) -> Incarnation {
        if !self.handle.is_up(self.node) {
            self.handle.restart(self.node);
        }
        self.handle.incarnation(self.node)
    }
    /// Opens an engine on the database for a new process; `None` if the database or engine does not
    /// open.
    pub(crate) fn open(
        &self,
        incarnation: Incarnation,
        disk: &Disk,
        setup: Rc<DeviceSetup>,
        ports: Ports,
    ) -> Option<Rc<dyn SyncEngine>> {
        // Without a journal, the benchmark uses an in-memory database and no file.
        let database = match self.journal {
            Journal::Memory => Database::memory(),
            _ => database(disk),
        };
        let opened = self.factory.open(setup, incarnation, database, ports);
        *self.refused.borrow_mut() = opened.as_ref().err().map(ToString::to_string);
        opened.ok()
    }

    /// Ends the process and its tasks. The caller must drop the engine.
    pub(crate) fn end(&self, reason: KillReason) -> Option<Rc<dyn SyncEngine>> {
        self.starved.set(if reason == KillReason::LowMemory { self.starved.get() + 1 } else { 0 });
        self.handle.kill(self.node);
        self.engine.take()
    }
    pub(crate) fn why_down(&self) -> String {
        match (self.refused.borrow().as_deref(), self.starved.get()) {
            (Some(refused), _) => format!("its app does not start: {refused}"),
            (_, 0) => "its app does not run".to_owned(),
            (_, starved) => {
                let times = count(starved, "time");
                format!("its app was killed {times} in a row since memory ran out")
            }
        }
    }
}
