//! What runs on a phone: an engine in one process of one device, and what it may ask of the world.
//!
//! An [`EngineFactory`] opens a [`SyncEngine`] on the device's [`Database`] whenever the app's
//! process starts, and fills the databases of devices that were synced before the scenario begins
//! ([`Provision`]). The engine gets [`Ports`] and nothing else: no clock, no thread, no file and no
//! random number of the host. The bench calls it for what happens to the app ([`AppEvent`]), for
//! what people do ([`LocalEdit`]) and for syncs that are asked for, and reads what the device shows
//! through [`DeviceView`].
//!
//! Invariants:
//! - All calls come from one thread, and no SQLite transaction is open across an await.
//! - After each transaction the engine calls [`Machine::take_on`] and tells nobody of it before the
//!   time that this gives: the process may die in between, and the disk then holds a part of it.
//! - An edit that was taken stays in [`DeviceView::pending`] until the server has said what became
//!   of it.
//! - A death is no call: the process is gone. What the next one finds is its database.

mod app;
mod engine;
mod files;
mod future;
mod hook;
mod mirror;
mod port;
mod queue;
mod slip;
mod standing;
mod status;
mod transport;
mod view;

pub use app::{AppEvent, EditError, EditKind, LocalEdit, Saving, SyncError};
pub use engine::{
    Carried, CarriedRows, Database, DeviceSetup, EngineError, EngineFactory, Opened, Provision, SyncEngine,
};
pub use files::{File, Files};
pub use future::LocalBoxFuture;
pub use hook::{Hook, HookEnd, HookError, Hooks, Occasion, Threw};
pub use mirror::{Mirror, ShownRows};
pub use port::{Call, Clock, CrashPoints, Machine, Ports, Spawn, Work};
pub use queue::{Added, Queue};
pub use slip::{EditSaid, RowEdits, RowVersion, Slip};
pub use standing::Standing;
pub use status::{Progress, Shown, Status};
pub use transport::{
    Cacheable, Connection, NetworkKind, PendingConnection, PendingResponse, PendingSlipped, Received,
    ReceivedWith, Response, TOO_LARGE_PAGE, Transport, TransportError,
};
pub use view::{
    DeviceView, EachExcerpt, Like, Listed, LocalQuery, LogEntry, LogKind, OpenConflict, PendingEdit, Pick,
    RowWait,
};
