//! The engine on a device: what the bench calls.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use super::app::{AppEvent, EditError, LocalEdit, Saving, SyncError};
use super::files::Files;
use super::future::LocalBoxFuture;
use super::port::Ports;
use super::view::{DeviceView, Pick};
use crate::base::{DeviceId, EditId, EntityId, Incarnation, Key, Span, Stamp, UnitId, Value};
use crate::contract::schema::{Attributes, Schema, SyncUnit, Trigger};

/// Where a device's database lies: open it with SQLite by this path and, if named, this VFS, or
/// keep what you keep in files beside it.
#[derive(Clone, Debug)]
pub struct Database {
    pub path: String,
    /// The VFS to open it with; SQLite's default if `None`.
    pub vfs: Option<&'static str>,
    /// The files of the same disk; none for one in memory.
    pub files: Option<Rc<dyn Files>>,
}

impl Database {
    /// One on the host's own disk.
    pub fn at(path: impl Into<String>) -> Database {
        Database { path: path.into(), vfs: None, files: None }
    }
    pub fn memory() -> Database {
        Database::at(":memory:")
    }
}

/// What an app knows about itself when it starts.
#[derive(Clone, Debug)]
pub struct DeviceSetup {
    pub device: DeviceId,
    pub schema: Arc<Schema>,
    pub units: Arc<[SyncUnit]>,
    pub attributes: Attributes,
    /// Which of those who share the phone is logged in, from 0.
    pub person: u32,
}

impl DeviceSetup {
    pub fn units_on(&self, trigger: Trigger) -> impl Iterator<Item = UnitId> + '_ {
        let units = self.units.iter().zip(0..).filter(move |(unit, _)| unit.on.contains(&trigger));
        units.map(|(_, index)| UnitId(index))
    }
    /// The units that a clock starts, and how often.
    pub fn periods(&self) -> impl Iterator<Item = (UnitId, Span)> + '_ {
        self.units.iter().zip(0..).flat_map(|(unit, index)| {
            let period =
                |trigger: &Trigger| if let Trigger::Every(span) = trigger { Some(*span) } else { None };
            unit.on.iter().filter_map(period).map(move |span| (UnitId(index), span))
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the engine did not open: {0}")]
pub struct EngineError(pub String);

impl EngineError {
    pub fn of(cause: impl fmt::Display) -> EngineError {
        EngineError(cause.to_string())
    }
}

/// A sync engine in one life of one device's process; every call is from its single thread.
pub trait SyncEngine {
    /// The life of the process: queue, sessions, timers. Never returns while the process lives.
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()>;
    /// Something happened to the app. An engine that heeds none of it does nothing.
    fn on(&self, event: AppEvent) {
        let _ = event;
    }
    /// A person edits a row: one transaction holds the row and what must be sent, or nothing.
    fn edit(&self, edit: &LocalEdit) -> Saving;
    /// Queues a unit; with `discard_pending` the units that wait are dropped first.
    fn trigger(&self, unit: UnitId, discard_pending: bool);
    /// Drops the units that wait in the queue, and nothing takes their place.
    fn discard(&self) {}
    /// Runs a unit directly, blocking the caller, without queue and without events. An engine whose
    /// units have no runs refuses.
    fn sync(self: Rc<Self>, unit: UnitId) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        let _ = unit;
        Box::pin(async { Err(SyncError::Rejected("units have no runs here".to_owned())) })
    }
    /// The same, and at once: beside whatever runs, the same unit too.
    fn sync_at_once(self: Rc<Self>, unit: UnitId) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        self.sync(unit)
    }
    /// Ends the run that is under way, as a person or the operating system asks: with its event, no
    /// edit lost, so that the next goes on where it was. False if none is, or if the engine cancels
    /// none.
    fn cancel(&self) -> bool {
        false
    }
    /// A person decides the open conflict that `edit` met; ends when that is durable.
    fn resolve(self: Rc<Self>, edit: EditId, pick: Pick) -> LocalBoxFuture<'static, Result<(), EditError>> {
        let _ = (edit, pick);
        Box::pin(async { Err(EditError::NoSuchRow) })
    }
    /// A person opens a record: fetches its rows of `entity`, if the stack delivers rows on open.
    fn fetch(self: Rc<Self>, entity: EntityId, of: Key) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        let _ = (entity, of);
        Box::pin(async { Err(SyncError::Rejected("rows are not delivered on open".to_owned())) })
    }
    /// The person logs out: ends when that may be, or says how many edits wait and stand in its
    /// way. The process ends then, and the next one may be another person's.
    fn log_out(self: Rc<Self>) -> LocalBoxFuture<'static, Result<(), u64>> {
        Box::pin(async { Ok(()) })
    }
    /// Of an engine that has no runs of units: whether it has sent all that it has, and has all
    /// that the server has for it as far as it knows. When it is asked for a sync
    /// ([`trigger`](SyncEngine::trigger)) it asks its server, and is not caught up until it knows.
    /// The bench asks that every few seconds, between two tasks: an engine that is not caught up
    /// must do something, and one that is may look for news now and then.
    /// `None`: the bench goes by the runs that it tells.
    fn is_caught_up(&self) -> Option<bool> {
        None
    }
    /// What it holds. Without it the bench looks into copies of the database, by
    /// [`EngineFactory::view_of`], which costs the phone nothing either.
    fn view(&self) -> Option<&dyn DeviceView> {
        None
    }
}

/// A row that a device starts with.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried<'a> {
    pub entity: EntityId,
    pub key: &'a str,
    pub stamp: Stamp,
    /// The backend's values; the engine projects them.
    pub values: &'a [Value],
}

/// Gives the rows that a device starts with to who wants them; called only if somebody does.
pub type CarriedRows<'r> = dyn FnMut(&mut dyn FnMut(Carried<'_>)) + 'r;

/// The state that a device starts with: as if every unit had completed at one instant.
pub trait Provision {
    fn synced_at(&self) -> Stamp;
    /// The cursor that the server would have given for `entity` then
    /// ([`SyncServer::cursor_at`](crate::contract::server::SyncServer::cursor_at)).
    fn cursor(&self, entity: EntityId) -> String;
    fn rows(&self, f: &mut dyn FnMut(Carried<'_>));
}

/// An engine that was started, or why it was not.
pub type Opened = Result<Rc<dyn SyncEngine>, EngineError>;

pub trait EngineFactory {
    /// Starts the engine in a new process on an existing or empty database.
    fn open(
        &self,
        setup: Rc<DeviceSetup>,
        incarnation: Incarnation,
        database: Database,
        ports: Ports,
    ) -> Opened;

    /// Writes into a database what an earlier life of the app would have left behind: into an empty
    /// one, or beside the rows that all phones share, which were written by a call before.
    /// `None`: a fresh install (schema only). Phones of one kind may get copies of one database, so
    /// what is a phone's alone (the actor of a CRDT, a random id) is for [`open`](Self::open).
    fn provision(
        &self,
        setup: &DeviceSetup,
        database: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError>;

    /// What a copy of a device's database holds, whose process goes on beside it: looking there
    /// leaves that process as it is. `None` if it cannot be seen so.
    fn view_of(&self, setup: &DeviceSetup, copy: Database) -> Option<Box<dyn DeviceView>> {
        let _ = (setup, copy);
        None
    }

    /// Whether each person who shares a phone has a database of their own there.
    fn keeps_persons_apart(&self) -> bool {
        false
    }
}
