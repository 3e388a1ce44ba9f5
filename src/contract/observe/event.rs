//! Everything that can be observed of a world.

use super::blob::BlobEvent;
use super::conflict::{ConflictKind, Decision, Sides};
use super::kind::{AppliedChange, Author, CommitKind, DropReason, KillReason, Overtaken, RequestKind};
use super::page::PageEvent;
use super::phone::PhoneEvent;
use super::unit::UnitEvent;
use crate::base::{DeviceId, EditId, EntityId, Key, Span, Stamp, Time, UnitId, Value};
use crate::contract::device::{
    AppEvent, EditError, EditKind, Hook, HookEnd, LocalEdit, LogKind, Status, SyncError, TransportError,
};
use crate::contract::server::{Refusal, ServerError};

/// Everything that can be observed; of devices by the engine unless it says "the world".
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The world: a process starts; `start` names the state it began the scenario with.
    ProcessStarted {
        /// How many lives before.
        incarnation: u32,
    },
    /// The world: a process died.
    ProcessKilled {
        /// Why.
        reason: KillReason,
    },
    /// The world: a process is about to die amid work on its database that it may not have told.
    CutShort,
    /// The world: an answer is decoded.
    Decoded {
        /// The memory that it takes at its peak, in bytes.
        peak: u64,
        /// That is more than a quarter of what the app may have.
        tight: bool,
    },
    /// The world: the app looked something up for the person, while it was in the foreground.
    AppQueried {
        /// How long it took.
        took: Span,
        /// How much of that it waited for the lock.
        waited: Span,
    },
    /// The world: a list that a screen asked for is there.
    Listed {
        /// Rows in it.
        rows: u64,
        /// Steps of SQLite's machine.
        steps: u64,
        /// Pages that were read from flash.
        pages: u64,
        /// How long it took.
        took: Span,
        /// How much of that it waited for other work on the database.
        waited: Span,
    },
    /// The world: the app saved something for the person, while it was in the foreground.
    AppWrote {
        /// How long it took.
        took: Span,
        /// How much of that it waited for the lock.
        waited: Span,
    },
    /// The world: a row that came cannot be read this time.
    RowUnreadable {
        /// Its entity.
        entity: EntityId,
    },
    /// There is no room on the device for what the engine has to write; the user is told.
    StorageFull,
    /// The world: something happened to the app.
    App(AppEvent),
    /// The operating system suspends the app: nothing of it goes on, and it is not dead.
    Suspended,
    /// The app goes on where it was.
    Continued {
        /// How long it was suspended.
        after: Span,
    },
    /// The world: the device's link went down.
    LinkDown,
    /// The world: the device's link came back.
    LinkUp,
    /// The world: a device has a new connection to the gateway.
    ConnectionOpened {
        /// From the wish for it, the radio's waking up included.
        took: Span,
    },
    /// The world: packets went over a device's link.
    PacketsSent {
        /// From the device; otherwise towards it.
        up: bool,
        /// How many; none where messages go without packets.
        packets: u64,
        /// How many of them again.
        retransmitted: u64,
        /// Their bytes, all headers included.
        bytes: u64,
    },
    /// The world: a message vanished.
    MessageDropped {
        /// Why.
        reason: DropReason,
        /// Its size.
        bytes: u64,
    },
    /// The world: a cache on the way answered a request with what it had kept.
    CacheAnswered {
        /// The size of that.
        bytes: u64,
        /// Something has changed on the backend since it was kept.
        stale: bool,
        /// The server was asked before whether it still holds.
        asked: bool,
    },
    /// The world: the backend went down or came back.
    BackendAvailable(bool),

    /// A unit was put into the queue, in which it was not: once for each time that it waits.
    UnitQueued {
        /// Which.
        unit: UnitId,
        /// Units in the queue now, the running one not counted.
        depth: u32,
    },
    /// A waiting unit was dropped for another.
    UnitDiscarded {
        /// Which.
        unit: UnitId,
    },
    /// A unit that waits, or is put back to the head, was asked for again, and waits once.
    UnitCoalesced {
        /// Which.
        unit: UnitId,
    },
    /// A unit starts: the app's OnSyncStart.
    SyncStart {
        /// Which.
        unit: UnitId,
        /// The device's runs, counted over all its lives.
        run: u64,
        /// How long it waited in the queue.
        waited: Span,
    },
    /// A unit ended well: the app's OnSyncComplete.
    SyncComplete {
        /// Which.
        unit: UnitId,
        /// The run.
        run: u64,
        /// From start to end.
        took: Span,
        /// The person was waiting for it.
        blocking: bool,
    },
    /// A unit ended badly: the app's OnSyncError.
    SyncError {
        /// Which.
        unit: UnitId,
        /// The run.
        run: u64,
        /// What the user is told.
        error: &'a SyncError,
    },
    /// The world: what a login waits for is there: its blocking units have ended, or all.
    Usable {
        /// Since the login, over all lives of the process.
        since_login: Span,
    },
    /// A hook of the app was called.
    HookStarted {
        /// Which.
        hook: Hook,
        /// For which unit and run, if it is about one.
        run: Option<(UnitId, u64)>,
    },
    /// A hook of the app ended.
    HookEnded {
        /// Which.
        hook: Hook,
        /// For which unit and run, if it is about one.
        run: Option<(UnitId, u64)>,
        /// How.
        ended: HookEnd,
        /// Since it was called.
        took: Span,
    },
    /// The world: a hook of the app is about to trigger a sync.
    HookTriggered {
        /// Which.
        hook: Hook,
        /// For which unit and run it was called, if it is about one.
        run: Option<(UnitId, u64)>,
        /// The unit that it triggers.
        unit: UnitId,
    },
    /// The app shows its person this from now on. It is of no digest.
    Status(Status),
    /// The engine asked the operating system what network there is.
    NetworkAsked,
    /// A cursor moved, together with the rows before it.
    CursorSaved {
        /// Whose.
        unit: UnitId,
        /// Which entity.
        entity: EntityId,
    },
    /// What units have of their own.
    Unit(UnitEvent<'a>),
    /// A cursor was refused by the server, or given up with edits; the entity is loaded again.
    CursorReset {
        /// Whose.
        unit: UnitId,
        /// Which entity.
        entity: EntityId,
    },

    /// A request leaves.
    RequestSent {
        /// Its number on this device.
        request: u64,
        /// Its kind.
        kind: RequestKind,
        /// For which unit; `None` for a fetch.
        unit: Option<UnitId>,
        /// Size of the body.
        bytes: u64,
        /// Mutations in it.
        rows: u32,
        /// 0 for the first try.
        attempt: u32,
    },
    /// A useful answer came.
    ResponseReceived {
        /// The request.
        request: u64,
        /// Its kind.
        kind: RequestKind,
        /// For which unit; `None` for a fetch.
        unit: Option<UnitId>,
        /// Size of the body.
        bytes: u64,
        /// Rows or results in it.
        rows: u32,
        /// Since it was sent.
        took: Span,
    },
    /// No answer came, or one that is not the server's.
    RequestFailed {
        /// The request.
        request: u64,
        /// Its kind.
        kind: RequestKind,
        /// Why.
        error: TransportError,
        /// Since it was sent.
        took: Span,
        /// Bytes sent for nothing.
        wasted: u64,
    },
    /// An answer came, and it says no.
    RequestRefused {
        /// The request.
        request: u64,
        /// Its kind.
        kind: RequestKind,
        /// Why.
        error: &'a ServerError,
        /// Since it was sent.
        took: Span,
    },
    /// An engine that adapts its chunks has chosen a size, the first or another than before.
    ChunkSized {
        /// Of which requests.
        kind: RequestKind,
        /// Rows, at most.
        rows: u32,
    },
    /// The engine waits before it tries again.
    RetryScheduled {
        /// Failures in a row.
        attempt: u32,
        /// How long it waits.
        wait: Span,
        /// Whether a run of a unit waits, and not an opened record or the queue between runs.
        in_run: bool,
    },
    /// Changes of a pull or fetch are committed on the device.
    ChunkApplied {
        /// For which unit; `None` for a fetch.
        unit: Option<UnitId>,
        /// The changes in order.
        changes: &'a [AppliedChange<'a>],
        /// Changes that were the device's own coming back.
        echoed: u32,
        /// Time it kept the device busy.
        took: Span,
    },

    /// The world: a person made an edit and the app took it.
    EditMade {
        /// The edit.
        edit: &'a LocalEdit,
        /// When, by the device's clock.
        made_at: Stamp,
    },
    /// The world: a person wanted to make an edit and the app refused it.
    EditRefused {
        /// The edit.
        edit: &'a LocalEdit,
        /// Why.
        error: &'a EditError,
    },
    /// The world: a person did not see an edit saved: no app ran, it died, or the world ended.
    EditMissed {
        /// The edit.
        edit: &'a LocalEdit,
        /// For how long the person had waited for the lock.
        waited: Span,
    },
    /// The world: a person gave up an edit, as a run of a blocking unit had the screen too long.
    EditPrevented {
        /// The edit; of one whose row is found as it is made the key is empty.
        edit: &'a LocalEdit,
        /// For how long the person had waited for the screen.
        waited: Span,
    },
    /// An edit is in a push request.
    EditSent {
        /// The edit.
        edit: EditId,
        /// Its entity.
        entity: EntityId,
        /// Its row.
        key: &'a Key,
        /// The request.
        request: u64,
    },
    /// Edits of a row that were never sent go out as one with a later edit, or none of them does.
    EditsSquashed {
        /// The last of them.
        edit: EditId,
        /// Its entity.
        entity: EntityId,
        /// Its row.
        key: &'a Key,
        /// The earlier ones.
        with: &'a [EditId],
        /// It deletes a row that nobody else has heard of: nothing is sent.
        stays: bool,
    },
    /// An edit is on the backend and leaves the outbox.
    EditAcknowledged {
        /// The edit.
        edit: EditId,
        /// Its entity.
        entity: EntityId,
        /// Its row.
        key: &'a Key,
        /// The backend's stamp of the row.
        stamp: Stamp,
    },
    /// A device deleted all rows of an entity, to have them again.
    TableEmptied {
        /// The entity.
        entity: EntityId,
        /// Edits that went with them.
        edits: u64,
    },
    /// Changes of a pull were not committed, since a row would refer to one that is not there.
    ApplyAborted,
    /// After a transaction another number of rows refer to one that is not there, if it is counted.
    Dangling {
        /// How many.
        rows: u64,
    },
    /// A row that was made here has another key from now on, wherever it stands.
    Renamed {
        /// Its entity.
        entity: EntityId,
        /// The key that it was made with.
        from: &'a Key,
        /// Its key now.
        to: &'a Key,
    },
    /// A conflict rule spoke.
    ConflictDecided {
        /// The local edit.
        edit: EditId,
        /// Its entity.
        entity: EntityId,
        /// Its row.
        key: &'a Key,
        /// What kind.
        kind: ConflictKind,
        /// What becomes of the edit.
        decision: Decision<'a>,
        /// The dates compared.
        sides: Sides,
    },
    /// The engine: something happened on its page of conflicts.
    Page(PageEvent<'a>),
    /// Something in the life of a phone.
    Phone(PhoneEvent),
    /// An attachment is on its way, or there.
    Blob(BlobEvent),
    /// A line was written into the log that the user can read.
    EditLogged {
        /// The edit.
        edit: EditId,
        /// Its entity.
        entity: EntityId,
        /// Its row.
        key: &'a Key,
        /// What it says.
        kind: LogKind,
    },

    /// The backend: a row has a new version.
    Committed {
        /// The entity.
        entity: EntityId,
        /// The row.
        key: &'a Key,
        /// The new version's stamp.
        stamp: Stamp,
        /// What was done.
        kind: CommitKind,
        /// The backend's values after it (before it, for a delete).
        values: &'a [Value],
        /// By whom.
        author: Author,
        /// The stamp of the version that was replaced; `None` for an insert.
        replaced: Option<Stamp>,
    },
    /// The engine: rows of a pull could not be applied, and the cursor passes them.
    RowsFailed {
        /// Dropped.
        skipped: u32,
        /// Kept on a durable list, to be tried again.
        listed: u32,
    },
    /// The engine: in a run that pulls it tried again the rows on its list; told by who has one.
    RowsRetried {
        /// Rows that are on it still.
        left: u64,
    },
    /// A node: its state is that of an earlier instant. What that did to rows follows as commits.
    Restored {
        /// The instant, as it began.
        to: Time,
        /// How often a device's state had been put in by then, by a backup or a copy; else 0.
        life: u32,
    },
    /// A device: its state became a copy of another's, edits included; its process begins again.
    BecameCopy {
        /// The other.
        of: DeviceId,
        /// What that was before: as this instant began, in this life of its storage.
        then: Option<(Time, u32)>,
        /// Edits that the other is saving: in its storage, and its person is yet to see that.
        unseen: &'a [LocalEdit],
    },
    /// The backend: a mutation was not committed.
    MutationRefused {
        /// The edit.
        edit: EditId,
        /// The entity.
        entity: EntityId,
        /// The row.
        key: &'a Key,
        /// What it wanted to do.
        kind: EditKind,
        /// `Some` for a conflict, `None` for a rejection for good.
        conflict: Option<Refusal>,
        /// The other row that has the natural key, or one that it refers to and that is not there.
        holder: Option<&'a Key>,
    },
    /// The backend: it dropped a mutation of a row out of the device's reach, as if it was done.
    MutationIgnored {
        /// The edit.
        edit: EditId,
        /// The entity.
        entity: EntityId,
        /// The row.
        key: &'a Key,
    },
    /// The backend: a mutation came again and was answered from memory.
    MutationReplayed {
        /// The edit.
        edit: EditId,
    },
    /// The backend: a mutation was put off, without a verdict.
    MutationPutOff {
        /// The edit.
        edit: EditId,
    },
    /// The backend: readers see the version that was just committed only from `until` on.
    CommitDelayed {
        /// The entity.
        entity: EntityId,
        /// The row.
        key: &'a Key,
        /// The version's stamp.
        stamp: Stamp,
        /// When its transaction commits.
        until: Time,
    },
    /// The gateway: a row leaves for a device. Told only where lives are recorded, as it costs.
    RowServed {
        /// To whom.
        device: DeviceId,
        /// The entity.
        entity: EntityId,
        /// The row.
        key: &'a str,
        /// The version's stamp.
        stamp: Stamp,
        /// It is a tombstone.
        removed: bool,
    },
    /// The backend: a request was served.
    BackendServed {
        /// Of which device, if not of the gateway.
        device: Option<DeviceId>,
        /// The kind.
        kind: RequestKind,
        /// Time in the queue.
        queued: Span,
        /// Time in which it waited for the source's write lock.
        locked: Span,
        /// Time at work.
        service: Span,
        /// Rows looked at.
        scanned: u64,
        /// Rows delivered or mutations handled.
        rows: u64,
    },
    /// The gateway: it looked for changes, for a device or for its replica.
    Captured {
        /// Rows written in the backend to find them: flags and claims.
        writes: u64,
        /// Bytes of those.
        written: u64,
        /// Rows that the gateway looked at itself.
        handled: u64,
        /// Processor time of the gateway, by its model.
        cpu: Span,
        /// Bytes that the gateway keeps for finding changes.
        state: u64,
        /// Rows that it delivers as created, as updated, and as gone, be it for the reader alone.
        kinds: [u64; 3],
    },
    /// The gateway: it asked the backend for a page of changes for its replica.
    RefreshAsked {
        /// Rows that the backend looked at.
        scanned: u64,
        /// Rows of the replica that got a new version.
        changed: u64,
        /// Size of the replica's database, in bytes.
        bytes: u64,
        /// Processor time of the gateway for writing them, by its model.
        cpu: Span,
        /// The backend did not answer, or said no.
        failed: bool,
        /// What became of rows that another node had moved past meanwhile.
        overtaken: Option<Overtaken>,
    },
    /// The gateway: its replica has everything that the backend had when the refresh began.
    Refreshed {
        /// How long that took.
        took: Span,
    },
    /// The gateway: a device was answered from the replica.
    ReplicaServed {
        /// Which.
        device: DeviceId,
        /// How long ago the refresh began that the replica is as fresh as.
        age: Span,
        /// Processor time of the gateway for it, by its model.
        cpu: Span,
    },
    /// The gateway: an edit is durable there and waits for the backend.
    UploadQueued {
        /// The edit.
        edit: EditId,
    },
    /// The gateway: a device asks for an edit that waits for the backend still, and is told so.
    UploadWaits {
        /// The edit.
        edit: EditId,
    },
    /// The gateway: the backend's verdict on an edit that waited.
    UploadDecided {
        /// The edit.
        edit: EditId,
        /// Since it was queued.
        waited: Span,
    },
}
