//! The engine on a device: the calls that the bench makes.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use super::app::{AppEvent, EditError, LocalEdit, Saving, SyncError, WaitingEdits};
use super::files::Files;
use super::future::LocalBoxFuture;
use super::port::Ports;
use super::view::{DeviceView, Pick};
use crate::base::{DeviceId, EditId, EntityId, Incarnation, Key, Span, Stamp, UnitId, Value};
use crate::contract::schema::{Attributes, Schema, SyncUnit, Trigger};

/// Where a device's database is. Open it with SQLite by this path and, if given, this VFS, or keep
/// your own files beside it.
#[derive(Clone, Debug)]
pub struct Database {
    /// The path of the database file.
    pub path: String,
    /// The VFS to open it with; SQLite's default if `None`.
    pub vfs: Option<&'static str>,
    /// The files on the same disk; `None` for a database in memory.
    pub files: Option<Rc<dyn Files>>,
}

impl Database {
    /// A database on the host's own disk.
    pub fn at(path: impl Into<String>) -> Database {
        Database { path: path.into(), vfs: None, files: None }
    }
    /// A database in memory, which ends with its connection.
    pub fn memory() -> Database {
        Database::at(":memory:")
    }
}

/// The facts that an app knows about itself when it starts.
#[derive(Clone, Debug)]
pub struct DeviceSetup {
    /// The device.
    pub device: DeviceId,
    /// The entities that the app syncs.
    pub schema: Arc<Schema>,
    /// The app's sync units.
    pub units: Arc<[SyncUnit]>,
    /// The device's attributes, which decide which rows are in its scope.
    pub attributes: Attributes,
    /// Which of the people who share the phone is logged in, from 0.
    pub person: u32,
}

impl DeviceSetup {
    /// The units that this trigger starts.
    pub fn units_on(&self, trigger: Trigger) -> impl Iterator<Item = UnitId> + '_ {
        let units = self.units.iter().zip(0..).filter(move |(unit, _)| unit.on.contains(&trigger));
        units.map(|(_, index)| UnitId(index))
    }
    /// The units that run periodically, each with its period.
    pub fn periods(&self) -> impl Iterator<Item = (UnitId, Span)> + '_ {
        self.units.iter().zip(0..).flat_map(|(unit, index)| {
            unit.on.iter().filter_map(move |trigger| match trigger {
                Trigger::Every(span) => Some((UnitId(index), *span)),
                _ => None,
            })
        })
    }
}

/// Why an engine or its database failed, as text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the engine did not open: {0}")]
pub struct EngineError(pub String);

impl EngineError {
    /// An error with this text.
    pub fn of(cause: impl fmt::Display) -> EngineError {
        EngineError(cause.to_string())
    }
}

/// A sync engine in one process of one device. All calls come from one thread.
#[expect(unused_variables, reason = "a default ignores its arguments")]
pub trait SyncEngine {
    /// The main task: queue, sessions, timers. Never returns while the process lives.
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()>;
    /// Reports an event of the app. The default ignores it.
    fn on(&self, event: AppEvent) {}
    /// Receives a message that the platform's push service delivers. The default ignores it.
    fn push_message(&self, message: &[u8]) {}
    /// Saves a person's edit. The row and the data to send must be in one transaction.
    fn edit(&self, edit: &LocalEdit) -> Saving;
    /// Queues a unit. With `discard_pending`, the engine first drops the waiting units.
    fn trigger(&self, unit: UnitId, discard_pending: bool);
    /// Drops the waiting units; nothing replaces them.
    fn discard(&self) {}
    /// Runs a unit directly while the caller waits, without the queue and its events. An engine
    /// that does not run units refuses.
    fn sync(self: Rc<Self>, unit: UnitId) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        Box::pin(async { Err(SyncError::Rejected("units have no runs here".to_owned())) })
    }
    /// Like [`sync`](SyncEngine::sync), but at once, in parallel with any other run, even of the
    /// same unit.
    fn sync_at_once(self: Rc<Self>, unit: UnitId) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        self.sync(unit)
    }
    /// Cancels the current run, for a person or the operating system. The run reports its end and
    /// loses no edit. The next run resumes where this one stopped. Returns false if nothing runs or
    /// the engine cannot cancel.
    fn cancel(&self) -> bool {
        false
    }
    /// Takes a person's decision about the open conflict of `edit`. Returns when the decision is
    /// durable.
    fn resolve(self: Rc<Self>, edit: EditId, pick: Pick) -> LocalBoxFuture<'static, Result<(), EditError>> {
        Box::pin(async { Err(EditError::NoSuchRow) })
    }
    /// Fetches the rows of `entity` for a record that a person opens, if the stack supports this.
    fn fetch(self: Rc<Self>, entity: EntityId, of: Key) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        Box::pin(async { Err(SyncError::Rejected("rows are not delivered on open".to_owned())) })
    }
    /// Logs the person out. Returns `Ok` when the logout is allowed, and else the number of waiting
    /// edits that prevent it. After `Ok` the process ends, and another person may use the next
    /// process.
    fn log_out(self: Rc<Self>) -> LocalBoxFuture<'static, Result<(), u64>> {
        Box::pin(async { Ok(()) })
    }
    /// Loads everything again: drops all cursors, and runs each unit that pulls.
    fn load_again(self: Rc<Self>, waiting: WaitingEdits) -> LocalBoxFuture<'static, ()> {
        Box::pin(async {})
    }
    /// For an engine that does not run units: true if it is caught up. It then has sent everything,
    /// and has received all that the server has for it, as far as it knows. After a
    /// [`trigger`](SyncEngine::trigger) it must ask its server. Until the response arrives, it is
    /// not caught up. The bench calls this every few seconds, between two tasks. An engine that is
    /// not caught up must send or receive something; a caught-up engine may still poll.
    ///
    /// `None`: the engine runs units, and the bench uses its reports of runs.
    fn is_caught_up(&self) -> Option<bool> {
        None
    }
    /// The device's state. `None`: the bench reads copies of the database with
    /// [`EngineFactory::view_of`]. Neither costs the phone any time.
    fn view(&self) -> Option<&dyn DeviceView> {
        None
    }
}

/// A row that a device starts with.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried<'a> {
    /// The entity of the row.
    pub entity: EntityId,
    /// The key of the row.
    pub key: &'a str,
    /// The stamp of the row's version.
    pub stamp: Stamp,
    /// The backend's values; the engine projects them.
    pub values: &'a [Value],
}

/// Passes each row that a device starts with to a callback. It is called only if rows are needed.
pub type CarriedRows<'r> = dyn FnMut(&mut dyn FnMut(Carried<'_>)) + 'r;

/// The initial state of a device, as if every unit had completed at one moment.
pub trait Provision {
    /// The backend's time at which the provided state was taken.
    fn synced_at(&self) -> Stamp;
    /// The cursor that the server would have returned for `entity` at that moment
    /// ([`SyncServer::cursor_at`](crate::contract::server::SyncServer::cursor_at)).
    fn cursor(&self, entity: EntityId) -> String;
    /// Calls the function with each row.
    fn rows(&self, f: &mut dyn FnMut(Carried<'_>));
}

/// The started engine, or why it did not start.
pub type Opened = Result<Rc<dyn SyncEngine>, EngineError>;

/// Starts engines on devices, and prepares and reads their databases.
pub trait EngineFactory {
    /// Starts the engine in a new process, on an existing or an empty database.
    fn open(
        &self,
        setup: Rc<DeviceSetup>,
        incarnation: Incarnation,
        database: Database,
        ports: Ports,
    ) -> Opened;

    /// Writes the state that an earlier installation of the app would have left in a database. The
    /// database is empty, or an earlier call has written the rows that all phones share. `state` is
    /// `None` for a fresh install: then only the schema is written.
    ///
    /// Phones of one kind may get copies of one database. So [`open`](Self::open) must create the
    /// values that belong to one phone, such as the actor of a CRDT or a random id.
    fn provision(
        &self,
        setup: &DeviceSetup,
        database: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError>;

    /// The state in a copy of a device's database, while the device's process continues. `None` if
    /// the engine cannot read a copy.
    fn view_of(&self, setup: &DeviceSetup, copy: Database) -> Option<Box<dyn DeviceView>> {
        let _ = (setup, copy);
        None
    }

    /// True if each person who shares a phone has a separate database.
    fn keeps_persons_apart(&self) -> bool {
        false
    }
}
