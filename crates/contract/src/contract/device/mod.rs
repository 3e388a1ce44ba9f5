//! The phone's side: an engine in one process of one device, and its ports to the world.
//!
//! An [`EngineFactory`] opens a [`SyncEngine`] on the device's [`Database`] whenever the app's
//! process starts. It also fills the databases of devices that were synced before the scenario
//! begins ([`Provision`]). The engine gets [`Ports`] and nothing else: no clock, thread, file or
//! random number of the host. The bench calls the engine for events of the app ([`AppEvent`]), for
//! people's edits ([`LocalEdit`]) and for requested syncs. It reads the device's state through
//! [`DeviceView`].
//!
//! Invariants:
//! - All calls come from one thread, and no SQLite transaction is open across an await.
//! - After each transaction the engine calls [`Machine::take_on`]. It reports nothing about the
//!   transaction before the returned time. If the process dies earlier, the disk may have only a
//!   part of the transaction's effects.
//! - An accepted edit stays in [`DeviceView::pending`] until the server has decided it.
//! - The engine gets no call when its process dies. The next process finds only the database.

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

pub use app::{AppEvent, EditError, EditKind, LocalEdit, Saving, SyncError, WaitingEdits};
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
    Cacheable, Connection, NetworkKind, PendingConnection, PendingEnd, PendingResponse, PendingSlipped,
    Pieces, Received, ReceivedWith, Response, TOO_LARGE_PAGE, Transport, TransportError,
};
pub use view::{
    DeviceView, EachExcerpt, Like, Listed, LocalQuery, LogEntry, LogKind, OpenConflict, PendingEdit, Pick,
    RowWait,
};
