//! The events that an engine reports about itself.
//!
//! A *stamp* is the time that identifies a version of a row. A *run* is one sync of a sync unit,
//! which is a named part of the data. The *incarnations* of a device are the starts of its app,
//! numbered from 0.

use super::kind::{AppMessage, AppliedChange, ConflictKind, Decision, RequestKind, Sides};
use super::live_event::ListenEvent;
use crate::base::{Digest, Digestible, EditId, EntityId, Key, Span, Stamp, UnitId, digested};
use crate::contract::attachment::BlobId;
use crate::contract::device::{Hook, HookEnd, LogKind, Status, SyncError, TransportError};
use crate::contract::server::ServerError;

digested! {
/// The reports of a device's engine about itself. It leaves out events that it does not know.
///
/// Fields mean the same in all events. `unit`, `run`, `request`, `entity`, `key` and `edit` name
/// the subject. `stamp` is the stamp of the row's version. `took` is a duration. `waited` is the
/// part of `took` that was spent waiting for the lock, the queue or the screen.
#[derive(Clone, Copy, Debug)]
pub enum EngineEvent<'a> {
    /// The device's storage has no room for the engine's data. The user gets a message.
    74 StorageFull,
    /// A unit was added to the queue. Reported once for each wait.
    8 UnitQueued {
        /// The sync unit.
        unit: UnitId,
        /// How many units wait now, without the running one.
        depth: u32,
    },
    /// A waiting unit was dropped in favour of another unit.
    9 UnitDiscarded {
        /// The sync unit.
        unit: UnitId,
    },
    /// A unit that waits already, or was put back to the head, was requested again. It waits once.
    10 UnitCoalesced {
        /// The sync unit.
        unit: UnitId,
    },
    /// A run of a unit starts after its wait (OnSyncStart).
    11 SyncStart {
        /// The sync unit.
        unit: UnitId,
        /// The number of the run, counted over all incarnations of the device.
        run: u64,
        /// How long it waited in the queue.
        waited: Span,
    },
    /// A run of a unit ended well (OnSyncComplete). If the unit is blocking, the person waited for
    /// it.
    12 SyncComplete {
        /// The sync unit.
        unit: UnitId,
        /// The number of the run, counted over all incarnations of the device.
        run: u64,
        /// How long it took.
        took: Span,
        /// True if the person waited for it.
        blocking: bool,
    },
    /// A run of a unit failed (OnSyncError). The error contains the message for the user.
    13 SyncError {
        /// The sync unit.
        unit: UnitId,
        /// The number of the run, counted over all incarnations of the device.
        run: u64,
        /// Why it failed.
        error: &'a SyncError,
    },
    /// A hook of the app was called.
    76 HookStarted {
        /// The hook.
        hook: Hook,
        /// The unit and the number of its run, if the call is about one.
        run: Option<(UnitId, u64)>,
    },
    /// A hook of the app ended.
    77 HookEnded {
        /// The hook.
        hook: Hook,
        /// The unit and the number of its run, if the call is about one.
        run: Option<(UnitId, u64)>,
        /// How the hook ended.
        ended: HookEnd,
        /// How long it took.
        took: Span,
    },
    /// A hook of the app is about to trigger a sync of `unit`. The app reports it, not the engine.
    78 HookTriggered {
        /// The hook.
        hook: Hook,
        /// The unit and the number of its run, if the call is about one.
        run: Option<(UnitId, u64)>,
        /// The sync unit.
        unit: UnitId,
    },
    /// The status that the app shows to its person from now on. No digest contains it.
    Status(status: Status),
    /// A message from the app to its developer. No digest contains it.
    Said(; AppMessage<'a>),
    /// The engine polled the operating system for the network.
    143 NetworkAsked,
    /// A cursor was saved together with the rows that it covers.
    15 CursorSaved {
        /// The sync unit.
        unit: UnitId,
        /// The entity.
        entity: EntityId,
    },
    /// An event of a unit's own data: its partial rows and cursors.
    150 Unit(unit: UnitEvent<'a>),
    /// The server refused a cursor, or the cursor was discarded with edits. The entity is loaded
    /// again.
    16 CursorReset {
        /// The sync unit.
        unit: UnitId,
        /// The entity.
        entity: EntityId,
    },
    /// A request is sent. Each process numbers its requests from 0. A fetch belongs to no unit.
    /// `attempt` is 0 for the first try.
    17 RequestSent {
        /// The number of the request in its process, from 0.
        request: u64,
        /// The kind of the request.
        kind: RequestKind,
        /// The sync unit; `None` for a fetch.
        unit: Option<UnitId>,
        /// The number of bytes.
        bytes: u64,
        /// The number of mutations.
        rows: u32,
        /// How often it was tried before.
        attempt: u32,
    },
    /// A useful response arrived.
    18 ResponseReceived {
        /// The number of the request in its process, from 0.
        request: u64,
        /// The number of bytes.
        bytes: u64,
        /// The number of rows or results.
        rows: u32,
        /// How long it took.
        took: Span;
        /// The kind of the request.
        kind: RequestKind,
        /// The sync unit; `None` for a fetch.
        unit: Option<UnitId>,
    },
    /// No response arrived, or a response that is not from the server.
    19 RequestFailed {
        /// The number of the request in its process, from 0.
        request: u64,
        /// Why it failed.
        error: TransportError,
        /// How long it took.
        took: Span,
        /// The number of wasted bytes.
        wasted: u64;
        /// The kind of the request.
        kind: RequestKind,
    },
    /// A response arrived that is an error.
    20 RequestRefused {
        /// The number of the request in its process, from 0.
        request: u64,
        /// Why it failed.
        error: &'a ServerError,
        /// How long it took.
        took: Span;
        /// The kind of the request.
        kind: RequestKind,
    },
    /// An engine with an adaptive chunk size has chosen a new size.
    36 ChunkSized {
        /// The kind of the request.
        kind: RequestKind,
        /// The maximum number of rows.
        rows: u32,
    },
    /// The engine waits before a retry: in a run of a unit, for an opened record, or between runs.
    21 RetryScheduled {
        /// The number of consecutive failures so far.
        attempt: u32,
        /// How long the engine waits until the next try.
        wait: Span,
        /// True if it belongs to a run of a unit.
        in_run: bool,
    },
    /// Changes from a pull or fetch are committed, in order. They may include the device's own
    /// changes.
    22 ChunkApplied {
        /// The sync unit; `None` for a fetch.
        unit: Option<UnitId>,
        /// The changes, in the order in which they were applied.
        changes: &'a [AppliedChange<'a>],
        /// How many of the device's own changes came back.
        echoed: u32,
        /// How long it took.
        took: Span,
    },
    /// An edit is in a push request.
    25 EditSent {
        /// The edit.
        edit: EditId,
        /// The number of the request in its process, from 0.
        request: u64;
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
    },
    /// Earlier unsent edits of a row are merged into this later edit. With `stays`, none is sent,
    /// because the edits create and delete a row that nobody else knows.
    110 EditsSquashed {
        /// The edit.
        edit: EditId,
        /// The earlier edits.
        with: &'a [EditId],
        /// True if none of the edits is sent.
        stays: bool;
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
    },
    /// An edit sets only values that the app already shows. It will not be sent.
    163 EditUnchanged {
        /// The edit.
        edit: EditId;
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
    },
    /// The backend has committed an edit, and the edit leaves the outbox.
    26 EditAcknowledged {
        /// The edit.
        edit: EditId,
        /// The stamp of the row's version.
        stamp: Stamp;
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
    },
    /// Edits were dropped from the outbox, because there were too many or they waited too long.
    241 OutboxTrimmed {
        /// The edits.
        edits: &'a [EditId],
        /// True if a log line tells the person about each of them.
        said: bool,
    },
    /// A device deleted all rows of an entity to load them again. That also deleted waiting edits.
    162 TableEmptied {
        /// The entity.
        entity: EntityId,
        /// The number of deleted edits.
        edits: u64,
    },
    /// Changes from a pull were not committed, because a row would refer to a missing row.
    141 ApplyAborted,
    /// A transaction changed the number of rows with a missing reference, if the engine counts
    /// them.
    142 Dangling {
        /// The number of rows.
        rows: u64,
    },
    /// A row that was created here gets another key, in all tables.
    140 Renamed {
        /// The entity.
        entity: EntityId,
        /// The key until now.
        from: &'a Key,
        /// The key from now on.
        to: &'a Key,
    },
    /// A conflict rule decided.
    27 ConflictDecided {
        /// The edit.
        edit: EditId,
        /// The kind of the conflict.
        kind: ConflictKind,
        /// What was decided.
        decision: Decision<'a>,
        /// When both sides were made.
        sides: Sides;
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
    },
    /// Something happened on the engine's page of conflicts.
    181 Page(page: PageEvent<'a>),
    /// An attachment is being sent, or has arrived.
    180 Blob(blob: BlobEvent),
    /// An event about the server's announcements, for which the device listens.
    230 Listening(listening: ListenEvent),
    /// A line was written into the log that the user can read.
    28 EditLogged {
        /// The edit.
        edit: EditId,
        /// The kind of the line.
        kind: LogKind;
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
    },
    /// Rows of a pull could not be applied, but the cursor passes them. They are dropped, or kept
    /// on a durable list for a retry.
    46 RowsFailed {
        /// How many rows were dropped.
        skipped: u32,
        /// How many rows were kept on a list.
        listed: u32,
    },
    /// The engine retried the rows on that list.
    80 RowsRetried {
        /// How many rows are left on the list.
        left: u64,
    },
}
}

digested! {
/// An event of a unit's partial rows and cursors.
#[derive(Clone, Copy, Debug)]
pub enum UnitEvent<'a> {
    /// Partial rows of a unit are committed on the device, beside the full rows.
    Excerpt {
        /// The sync unit.
        unit: UnitId,
        /// The number of rows.
        rows: u32,
        /// How long the device was busy.
        took: Span,
    },
    /// Pulled rows of a unit are committed on the device in separate tables. They wait for the rest
    /// of their run.
    3 SetAside {
        /// The sync unit.
        unit: UnitId,
        /// The number of rows.
        rows: u32,
        /// How long the device was busy.
        took: Span,
    },
    /// Rows in those separate tables were discarded. The app never showed them.
    4 ThrownAway {
        /// The sync unit.
        unit: UnitId,
        /// The number of rows.
        rows: u32,
    },
    /// A run is about to end well although pages are left, because the pages per run are limited.
    15 PagesLeft {
        /// The sync unit.
        unit: UnitId,
        /// True if the app nevertheless says that it is ready.
        ready: bool,
    },
    /// All cursors: before and after a run, and when a process starts. Only if a listener wants
    /// them.
    Cursors {
        ;
        /// Each cursor: its unit (`None` if all units share it), its entity, and a hash of the
        /// cursor.
        at: &'a [(Option<UnitId>, EntityId, u64)],
        /// When each unit last completed.
        dates: &'a [(UnitId, Stamp)],
    },
}
}

digested! {
/// Something happened on the engine's page of conflicts.
#[derive(Clone, Copy, Debug)]
pub enum PageEvent<'a> {
    /// The app has started, and the conflict of this edit is open.
    0 Open {
        /// The edit.
        edit: EditId;
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
    },
    /// A person has decided about the edit that met the conflict. With `on_top`, it is a later edit
    /// of the same row that met no conflict.
    1 Resolved {
        /// The edit.
        edit: EditId,
        /// True if the edit is a later edit of the same row, which met no conflict.
        on_top: bool,
        /// The kind of the conflict.
        kind: ConflictKind,
        /// What was decided.
        decision: Decision<'a>,
        /// When both sides were made.
        sides: Sides;
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
    },
    /// A run of a unit was refused because conflicts are open.
    2 Held {
        /// The sync unit.
        unit: UnitId,
        /// The edits that could have been sent.
        edits: &'a [EditId],
    },
}
}

impl<'a> PageEvent<'a> {
    /// The row of the conflict; `None` if the event is about a unit.
    pub fn row(&self) -> Option<(EntityId, &'a Key)> {
        match *self {
            PageEvent::Open { entity, key, .. } | PageEvent::Resolved { entity, key, .. } => {
                Some((entity, key))
            }
            PageEvent::Held { .. } => None,
        }
    }
    /// The same event with another key.
    pub fn of(self, key: &'a Key) -> PageEvent<'a> {
        match self {
            PageEvent::Open { edit, entity, .. } => PageEvent::Open { edit, entity, key },
            PageEvent::Resolved { edit, on_top, entity, kind, decision, sides, .. } => {
                PageEvent::Resolved { edit, on_top, entity, key, kind, decision, sides }
            }
            held @ PageEvent::Held { .. } => held,
        }
    }
}

/// An attachment that is being sent.
#[derive(Clone, Copy, Debug)]
pub enum BlobEvent {
    /// A request is sent. It contains the bytes from `offset` on, or only asks how many bytes the
    /// server has.
    Sent {
        /// The attachment and its part.
        blob: BlobId,
        /// The position of the first byte sent.
        offset: u64,
        /// The number of bytes sent; 0 if the request only asks.
        bytes: u64,
        /// True if a unit's run waits for the end of the request before it sends its rows.
        in_run: bool,
    },
    /// The request has ended.
    Ended {
        /// The attachment and its part.
        blob: BlobId,
        /// How long the request took.
        took: Span,
        /// True if a unit's run waited for it.
        in_run: bool,
        /// True if a useful response came.
        served: bool,
    },
    /// The device no longer keeps the attachment.
    LetGo {
        /// The attachment and its part.
        blob: BlobId,
    },
    /// The server refused a range of the attachment, because it has the whole attachment.
    There {
        /// The attachment and its part.
        blob: BlobId,
    },
}

impl Digestible for BlobEvent {
    fn digest(&self, digest: &mut Digest) {
        let (kind, blob, numbers) = match *self {
            BlobEvent::Sent { blob, offset, bytes, in_run } => (0, blob, [offset, bytes, u64::from(in_run)]),
            BlobEvent::Ended { blob, took, in_run, served } => {
                (1, blob, [took.0, u64::from(in_run), u64::from(served)])
            }
            BlobEvent::LetGo { blob } => (2, blob, [0; 3]),
            BlobEvent::There { blob } => (3, blob, [0; 3]),
        };
        digest.number(kind);
        blob.digest(digest);
        digest.numbers(numbers);
    }
}
