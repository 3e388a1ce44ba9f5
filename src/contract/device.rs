//! The engine's side of the seam: what the bench calls.

use std::rc::Rc;
use std::sync::Arc;

use super::port::{LocalBoxFuture, Ports};
use super::schema::{Attributes, Schema, SyncUnit};
use crate::base::{DeviceId, EditId, EntityId, Incarnation, Key, Stamp, UnitId, Value, ValueRef, in_words};

/// Where a device's database lies: open it with SQLite by this path and, if named, this VFS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// The path to give to SQLite.
    pub path: String,
    /// The VFS to open it with; SQLite's default if `None`.
    pub vfs: Option<&'static str>,
}

/// What an app knows about itself when it starts.
#[derive(Clone, Debug)]
pub struct DeviceSetup {
    /// Its number.
    pub device: DeviceId,
    /// The entities.
    pub schema: Arc<Schema>,
    /// The sync units.
    pub units: Arc<[SyncUnit]>,
    /// What sets it apart.
    pub attributes: Attributes,
}

/// Something that happens to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppEvent {
    /// Somebody logged in.
    Login,
    /// The network came back.
    Online,
    /// The network went away.
    Offline,
    /// The app came to the foreground.
    Resume,
    /// The app went to the background.
    Pause,
}

/// What an edit does to its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EditKind {
    /// A new row.
    Create,
    /// New values in some columns.
    Update,
    /// The row goes.
    Delete,
}
in_words!(EditKind { Create: "create", Update: "update", Delete: "delete" });

/// An edit that a person makes in the app.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalEdit {
    /// Its number.
    pub id: EditId,
    /// The entity.
    pub entity: EntityId,
    /// The row; for a create a fresh key.
    pub key: Key,
    /// What it does.
    pub kind: EditKind,
    /// New values by position in the backend's columns; only columns that devices hold. All of them for a create.
    pub values: Vec<(usize, Value)>,
}

/// Why an edit could not be made in the app; the person sees it at once, so nothing is lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The device does not have the row.
    #[error("the row is not on this device")]
    NoSuchRow,
    /// The device already has a row of this key.
    #[error("the row is already on this device")]
    Exists,
    /// There is no room on the device.
    #[error("the device's storage is full")]
    StorageFull,
    /// The disk failed: the process is about to die.
    #[error("the database failed: {0}")]
    Storage(String),
}

impl EditError {
    /// The number that says so in a digest, where its words may change.
    pub fn code(&self) -> u64 {
        match self {
            EditError::NoSuchRow => 1,
            EditError::Exists => 2,
            EditError::StorageFull => 3,
            EditError::Storage(_) => 4,
        }
    }
}

/// Why a sync unit failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// No network, or it broke and retrying was given up.
    #[error("offline: {0}")]
    Offline(String),
    /// The server asks to wait.
    #[error("throttled: {0}")]
    Throttled(String),
    /// The server does not accept the request.
    #[error("rejected: {0}")]
    Rejected(String),
    /// The process died in the middle; told by the next incarnation.
    #[error("interrupted")]
    Interrupted,
    /// There is no room on the device.
    #[error("the device's storage is full")]
    StorageFull,
    /// The local database or an answer is damaged.
    #[error("corrupt: {0}")]
    Corrupt(String),
}

impl SyncError {
    /// The number that says so in a digest, where its words may change.
    pub fn code(&self) -> u64 {
        match self {
            SyncError::Offline(_) => 1,
            SyncError::Throttled(_) => 2,
            SyncError::Rejected(_) => 3,
            SyncError::Interrupted => 4,
            SyncError::StorageFull => 5,
            SyncError::Corrupt(_) => 6,
        }
    }
}

/// An engine could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the engine did not open: {0}")]
pub struct EngineError(pub String);

/// A sync engine in one life of one device's process.
///
/// Every call is made from the device's single thread. No SQLite transaction may be open across an await.
pub trait SyncEngine {
    /// The life of the process: queue, sessions, timers. Never returns while the process lives.
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()>;
    /// Something happened to the app.
    fn on(&self, event: AppEvent);
    /// A person edits a row: one transaction holds the row and what must be sent.
    ///
    /// # Errors
    /// When the edit makes no sense on this device; nothing is changed then.
    fn edit(&self, edit: &LocalEdit) -> Result<(), EditError>;
    /// Queues a unit; with `discard_pending` the units that wait are dropped first.
    fn trigger(&self, unit: UnitId, discard_pending: bool);
    /// Runs a unit directly, blocking the caller, without queue and without events.
    fn sync(self: Rc<Self>, unit: UnitId) -> LocalBoxFuture<'static, Result<(), SyncError>>;
    /// A person opens a record: fetches the rows of `entity` that belong to it.
    fn fetch(self: Rc<Self>, entity: EntityId, of: Key) -> LocalBoxFuture<'static, Result<(), SyncError>>;
    /// What the device holds, for the oracle.
    fn view(&self) -> &dyn DeviceView;
}

/// What a device holds, as the oracle may see it.
pub trait DeviceView {
    /// Calls `f` with each row of `entity` in the order of keys: key, the backend's stamp of the version last received
    /// (0 if never), the device's columns.
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>]));
    /// The edits that wait to be sent, oldest first.
    fn pending(&self) -> Vec<PendingEdit>;
    /// How many rows came that could not be applied yet and are kept for another try.
    fn held_back(&self) -> u64;
    /// What the user can read about edits that did not go as made.
    fn log(&self) -> Vec<LogEntry>;
    /// In a few words, what the engine is doing or waiting for.
    fn doing(&self) -> String;
    /// What is wrong with the storage, if anything that was asked for could not be read: what came then in its place says nothing.
    /// `all`: after a look through the whole of it.
    fn damage(&self, all: bool) -> Option<String> {
        _ = all;
        None
    }
}

/// An edit that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingEdit {
    /// The edit.
    pub edit: EditId,
    /// Its entity.
    pub entity: EntityId,
    /// Its row.
    pub key: Key,
    /// How often it was tried.
    pub attempts: u32,
    /// The last error, if any.
    pub last_error: Option<String>,
}

/// A line of the log that the user can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The local edit it speaks of; `None` for somebody else's edit that a local one overwrote.
    pub edit: Option<EditId>,
    /// The entity.
    pub entity: EntityId,
    /// The row.
    pub key: Key,
    /// What happened.
    pub kind: LogKind,
    /// The backend's version that was met, if any.
    pub met: Option<Stamp>,
}

/// What happened to an edit that did not go as made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogKind {
    /// A conflict rule let the backend's version win: this edit is superseded.
    Superseded,
    /// A conflict rule let this edit win over the backend's version `met`.
    Overwrote,
    /// The backend refused it for good.
    Rejected,
}

/// A row that a device starts with.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried<'a> {
    /// Its entity.
    pub entity: EntityId,
    /// Its key.
    pub key: &'a str,
    /// Its stamp.
    pub stamp: Stamp,
    /// The backend's values; the engine projects them.
    pub values: &'a [Value],
}

/// The state that a device starts with: as if every unit had completed at one instant.
pub trait Provision {
    /// When that was.
    fn synced_at(&self) -> Stamp;
    /// The cursor that the gateway would have given for `entity` then.
    fn cursor(&self, entity: EntityId) -> String;
    /// Calls `f` with each row the device held then.
    fn rows(&self, f: &mut dyn FnMut(Carried<'_>));
}

/// Makes engines.
pub trait EngineFactory {
    /// Starts the engine in a new process on an existing or empty database.
    ///
    /// # Errors
    /// When the database cannot be opened.
    fn open(
        &self,
        setup: Rc<DeviceSetup>,
        incarnation: Incarnation,
        database: Database,
        ports: Ports,
    ) -> Result<Rc<dyn SyncEngine>, EngineError>;

    /// Writes into an empty database what an earlier life of the app would have left behind. `None`: a fresh install
    /// (schema only).
    ///
    /// # Errors
    /// When the database cannot be written.
    fn provision(
        &self,
        setup: &DeviceSetup,
        database: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError>;
}
