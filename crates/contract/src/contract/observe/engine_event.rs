//! What an engine reports about itself.

use super::kind::{AppMessage, AppliedChange, ConflictKind, Decision, RequestKind, Sides};
use super::live_event::ListenEvent;
use crate::base::{Digest, Digestible, EditId, EntityId, Key, Span, Stamp, UnitId, digested};
use crate::contract::attachment::BlobId;
use crate::contract::device::{Hook, HookEnd, LogKind, Status, SyncError, TransportError};
use crate::contract::server::ServerError;

digested! {
/// Reports of an engine about itself on one device; it need not report what it does not know.
///
/// Fields mean the same everywhere: `unit`, `run`, `request`, `entity`, `key` and `edit` name the
/// subject. `stamp` is the stamp of the row's version. `took` is a duration; `waited` is its part
/// spent waiting for the lock, the queue or the screen.
#[derive(Clone, Copy, Debug)]
pub enum EngineEvent<'a> {
    /// The device has no room for what the engine has to write; the user gets a message.
    74 StorageFull,
    /// A unit was added to the queue; reported once for each wait. `depth` is the number of waiting
    /// units, without the running one.
    8 UnitQueued {
        /// The sync unit.
        unit: UnitId,
        /// How many units wait now, without the running one.
        depth: u32,
    },
    /// A waiting unit was dropped for another.
    9 UnitDiscarded {
        /// The sync unit.
        unit: UnitId,
    },
    /// A waiting unit, or one that is put back to the head, was requested again, and still waits
    /// once.
    10 UnitCoalesced {
        /// The sync unit.
        unit: UnitId,
    },
    /// A unit starts (OnSyncStart) after it waited; runs are counted over all incarnations of the
    /// device.
    11 SyncStart {
        /// The sync unit.
        unit: UnitId,
        /// The number of the run, counted over all incarnations of the device.
        run: u64,
        /// How long it waited in the queue.
        waited: Span,
    },
    /// A unit ended well: the app's OnSyncComplete. For a blocking unit the person was waiting.
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
    /// A unit failed: the app's OnSyncError, with the message for the user.
    13 SyncError {
        /// The sync unit.
        unit: UnitId,
        /// The number of the run, counted over all incarnations of the device.
        run: u64,
        /// Why it failed.
        error: &'a SyncError,
    },
    /// A hook of the app was called; `run` is set if the call is about a run.
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
    /// The status that the app shows its person from now on. It is in no digest.
    Status(status: Status),
    /// A message from the app to its developer. It is in no digest.
    Said(; AppMessage<'a>),
    /// The engine polled the operating system for the network.
    143 NetworkAsked,
    /// A cursor moved, together with the rows before it.
    15 CursorSaved {
        /// The sync unit.
        unit: UnitId,
        /// The entity.
        entity: EntityId,
    },
    /// An event of a unit's own data.
    150 Unit(unit: UnitEvent<'a>),
    /// The server refused a cursor, or it was discarded with edits; the entity is loaded again.
    16 CursorReset {
        /// The sync unit.
        unit: UnitId,
        /// The entity.
        entity: EntityId,
    },
    /// A request is sent, with the bytes of its body and the number of mutations. The process
    /// numbers its requests from 0 in each incarnation; a fetch belongs to no unit; `attempt` is 0
    /// for the first try.
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
    /// A useful response arrived, with the bytes of its body and the number of rows or results.
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
    /// No response arrived, or one that is not the server's.
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
    /// A response arrived, and it is an error.
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
    /// An engine that adapts its chunks has chosen a size: at most this many rows.
    36 ChunkSized {
        /// The kind of the request.
        kind: RequestKind,
        /// The most rows.
        rows: u32,
    },
    /// The engine waits before a retry, after this many consecutive failures: in a run of a unit,
    /// for an opened record, or between runs.
    21 RetryScheduled {
        /// How often it was tried before.
        attempt: u32,
        /// How long the engine waits until the next try.
        wait: Span,
        /// True if it belongs to a run of a unit.
        in_run: bool,
    },
    /// Changes of a pull or fetch are committed, in order, possibly with the device's own changes.
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
    /// Earlier unsent edits of a row are merged into this later one; or, if it deletes a row that
    /// nobody else knows, none is sent (`stays`).
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
    /// An edit sets only values that the app already shows, and will not be sent.
    163 EditUnchanged {
        /// The edit.
        edit: EditId;
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
    },
    /// An edit is on the backend and leaves the outbox; its row has this stamp there.
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
    /// Edits were dropped from the outbox, because they were too many or waited too long.
    241 OutboxTrimmed {
        /// The edits.
        edits: &'a [EditId],
        /// True if a log line tells the person about each of them.
        said: bool,
    },
    /// A device deleted all rows of an entity to load them again; that also deleted edits.
    162 TableEmptied {
        /// The entity.
        entity: EntityId,
        /// The number of deleted edits.
        edits: u64,
    },
    /// Changes of a pull were not committed, because a row would refer to one that is missing.
    141 ApplyAborted,
    /// After a transaction the number of rows with a missing reference changed, if it is counted.
    142 Dangling {
        /// The number of rows.
        rows: u64,
    },
    /// A row that was created here has another key from now on, everywhere.
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
    /// The engine: something happened on its page of conflicts.
    181 Page(page: PageEvent<'a>),
    /// An attachment is being sent, or has arrived.
    180 Blob(blob: BlobEvent),
    /// The device listens for announcements of its server.
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
    /// The engine: rows of a pull could not be applied, and the cursor passes them. They are
    /// dropped, or kept on a durable list for a retry.
    46 RowsFailed {
        /// How many rows were dropped.
        skipped: u32,
        /// How many rows were kept on a list.
        listed: u32,
    },
    /// The engine: it retried the rows on its list, and this many are left.
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
    /// Partial rows of a unit are committed on the device, beside the full rows. With the time for
    /// which the device was busy.
    Excerpt {
        /// The sync unit.
        unit: UnitId,
        /// The number of rows.
        rows: u32,
        /// How long it took.
        took: Span,
    },
    /// Pulled rows of a unit are committed on the device in separate tables, and wait for the rest
    /// of their run. With the time for which the device was busy.
    3 SetAside {
        /// The sync unit.
        unit: UnitId,
        /// The number of rows.
        rows: u32,
        /// How long it took.
        took: Span,
    },
    /// Rows in separate tables were discarded, and never shown.
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
        /// True if the app says that it is ready all the same.
        ready: bool,
    },
    /// All cursors, if a listener wants them: before and after a run, and when a process starts.
    Cursors {
        ;
        /// The cursors: their unit, or `None` if all share it, their entity, and a hash.
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
    /// The app has started, and this conflict is open: about the row of the edit that met it.
    0 Open {
        /// The edit.
        edit: EditId;
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
    },
    /// A person has decided about the edit that met the conflict, or about a later edit of the same
    /// row that met none (`on_top`).
    1 Resolved {
        /// The edit.
        edit: EditId,
        /// True if the edit was made after the one that met the conflict, on the same row.
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
    /// A run of a unit was refused because conflicts are open, with edits that could have gone.
    2 Held {
        /// The sync unit.
        unit: UnitId,
        /// The edits that could have gone.
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
    /// The same event about another key.
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
    /// A request is sent with the bytes from `offset` on, or asks how many the server has. `in_run`
    /// if it belongs to a unit's run, whose rows wait for its end.
    Sent {
        /// The attachment and its part.
        blob: BlobId,
        /// The position of the first byte sent.
        offset: u64,
        /// The number of bytes sent; 0 if the request only asks.
        bytes: u64,
        /// True if a unit's run waits for it.
        in_run: bool,
    },
    /// The request has ended; `served` if it got a useful response.
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
    /// The server refused a range of the attachment, because it has all of it.
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
