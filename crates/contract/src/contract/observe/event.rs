//! All events of a world.

use super::kind::{
    AppSaid, AppliedChange, Author, CommitKind, ConflictKind, Decision, DropReason, KillReason, Overtaken,
    RequestKind, Sides,
};
use crate::base::{
    DeviceId, Digest, Digestible, EditId, EntityId, Key, Span, Stamp, Time, UnitId, Value, digested,
};
use crate::contract::attachment::BlobId;
use crate::contract::device::{
    AppEvent, EditError, EditKind, Hook, HookEnd, LocalEdit, LogKind, Status, SyncError, TransportError,
};
use crate::contract::server::{Refusal, ServerError};

digested! {
/// What an engine reports about itself on one device; it need not report what it does not know.
///
/// Fields mean the same everywhere: `unit`, `run`, `request`, `entity`, `key` and `edit` name the
/// subject, `stamp` is the version's, `took` is a duration, of which `waited` was spent waiting for
/// the lock, the queue or the screen.
#[derive(Clone, Copy, Debug)]
pub enum EngineEvent<'a> {
    /// The device has no room for what the engine has to write; the user gets a message.
    74 StorageFull,
    /// A unit was added to the queue; once for each time that it waits. With the number of units in
    /// the queue, without the running one.
    8 UnitQueued { unit: UnitId, depth: u32 },
    /// A waiting unit was dropped for another.
    9 UnitDiscarded { unit: UnitId },
    /// A waiting unit, or one that is put back to the head, was requested again, and still waits
    /// once.
    10 UnitCoalesced { unit: UnitId },
    /// A unit starts (OnSyncStart) after it waited; runs are counted over all incarnations of the
    /// device.
    11 SyncStart { unit: UnitId, run: u64, waited: Span },
    /// A unit ended well: the app's OnSyncComplete. For a blocking unit the person was waiting.
    12 SyncComplete { unit: UnitId, run: u64, took: Span, blocking: bool },
    /// A unit failed: the app's OnSyncError, with the message for the user.
    13 SyncError { unit: UnitId, run: u64, error: &'a SyncError },
    /// A hook of the app was called; with the unit's run, if it is about one.
    76 HookStarted { hook: Hook, run: Option<(UnitId, u64)> },
    /// A hook of the app ended.
    77 HookEnded { hook: Hook, run: Option<(UnitId, u64)>, ended: HookEnd, took: Span },
    /// A hook of the app is about to trigger a sync of `unit`. The app reports it, not the engine.
    78 HookTriggered { hook: Hook, run: Option<(UnitId, u64)>, unit: UnitId },
    /// What the app shows its person from now on. It is in no digest.
    Status(status: Status),
    /// A message from the app to its developer. It is in no digest.
    Said(; AppSaid<'a>),
    /// The engine polled the operating system for the network.
    143 NetworkAsked,
    /// A cursor moved, together with the rows before it.
    15 CursorSaved { unit: UnitId, entity: EntityId },
    /// An event of a unit's own data.
    150 Unit(unit: UnitEvent<'a>),
    /// The server refused a cursor, or it was discarded with edits; the entity is loaded again.
    16 CursorReset { unit: UnitId, entity: EntityId },
    /// A request is sent, with the bytes of its body and the number of mutations. The process
    /// numbers its requests from 0 in each incarnation; a fetch belongs to no unit; `attempt` is 0
    /// for the first try.
    17 RequestSent {
        request: u64, kind: RequestKind, unit: Option<UnitId>, bytes: u64, rows: u32, attempt: u32
    },
    /// A useful response arrived, with the bytes of its body and the number of rows or results.
    18 ResponseReceived {
        request: u64, bytes: u64, rows: u32, took: Span;
        kind: RequestKind, unit: Option<UnitId>
    },
    /// No response arrived, or one that is not the server's. With the bytes that were wasted.
    19 RequestFailed {
        request: u64, error: TransportError, took: Span, wasted: u64;
        kind: RequestKind
    },
    /// A response arrived, and it is an error.
    20 RequestRefused { request: u64, error: &'a ServerError, took: Span; kind: RequestKind },
    /// An engine that adapts its chunks has chosen a size: at most this many rows.
    36 ChunkSized { kind: RequestKind, rows: u32 },
    /// The engine waits before a retry, after this many consecutive failures: in a run of a unit,
    /// for an opened record, or between runs.
    21 RetryScheduled { attempt: u32, wait: Span, in_run: bool },
    /// Changes of a pull or fetch are committed, in order, possibly with the device's own changes.
    22 ChunkApplied {
        unit: Option<UnitId>, changes: &'a [AppliedChange<'a>], echoed: u32, took: Span
    },
    /// An edit is in a push request.
    25 EditSent { edit: EditId, request: u64; entity: EntityId, key: &'a Key },
    /// Earlier unsent edits of a row are merged into this later one; or, if it deletes a row that
    /// nobody else knows, none is sent (`stays`).
    110 EditsSquashed {
        edit: EditId, with: &'a [EditId], stays: bool;
        entity: EntityId, key: &'a Key
    },
    /// An edit sets what the app shows of the row already, and will not be sent.
    163 EditUnchanged { edit: EditId; entity: EntityId, key: &'a Key },
    /// An edit is on the backend and leaves the outbox; its row has this stamp there.
    26 EditAcknowledged { edit: EditId, stamp: Stamp; entity: EntityId, key: &'a Key },
    /// A device deleted all rows of an entity to load them again; this many edits went with them.
    162 TableEmptied { entity: EntityId, edits: u64 },
    /// Changes of a pull were not committed, because a row would refer to one that is missing.
    141 ApplyAborted,
    /// After a transaction the number of rows with a missing reference changed, if it is counted.
    142 Dangling { rows: u64 },
    /// A row that was created here has another key from now on, everywhere.
    140 Renamed { entity: EntityId, from: &'a Key, to: &'a Key },
    /// A conflict rule decided.
    27 ConflictDecided {
        edit: EditId, kind: ConflictKind, decision: Decision<'a>, sides: Sides;
        entity: EntityId, key: &'a Key
    },
    /// The engine: something happened on its page of conflicts.
    181 Page(page: PageEvent<'a>),
    /// An attachment is being sent, or has arrived.
    180 Blob(blob: BlobEvent),
    /// A line was written into the log that the user can read.
    28 EditLogged { edit: EditId, kind: LogKind; entity: EntityId, key: &'a Key },
    /// The engine: rows of a pull could not be applied, and the cursor passes them. They are
    /// dropped, or kept on a durable list for a retry.
    46 RowsFailed { skipped: u32, listed: u32 },
    /// The engine: it retried the rows on its list, and this many are left.
    80 RowsRetried { left: u64 },
}
}

digested! {
/// Everything that can be observed; reported by the bench, except [`Event::Engine`].
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A report of a device's engine.
    Engine(engine: EngineEvent<'a>),
    /// The world: a process starts, after this many incarnations.
    1 ProcessStarted { incarnation: u32 },
    /// The world: a process died.
    2 ProcessKilled { reason: KillReason },
    /// The world: the process is about to die in a transaction that it may not have reported.
    70 CutShort,
    /// The world: a response is decoded with `peak` bytes of memory. It is `tight` from a quarter
    /// of the app's limit on.
    71 Decoded { peak: u64, tight: bool },
    /// The world: the app looked something up for the person, while it was in the foreground.
    72 AppQueried { took: Span, waited: Span },
    /// The world: a list for a screen is there; steps of SQLite, pages read from flash.
    151 Listed { rows: u64, steps: u64, pages: u64, took: Span, waited: Span },
    /// The world: the app saved something for the person, while it was in the foreground.
    73 AppWrote { took: Span, waited: Span },
    /// The world: a row that came cannot be read this time.
    95 RowUnreadable { entity: EntityId },
    /// The world: something happened to the app.
    3 App(app: AppEvent),
    /// The operating system suspends the app: its process stays and does not run.
    160 Suspended,
    /// The app resumes where it was, after this suspension.
    161 Continued { after: Span },
    /// The world: the device's link went down.
    4 LinkDown,
    /// The world: the device's link came back.
    5 LinkUp,
    /// The world: a device has a new connection. With the time since its request, including waking
    /// the radio.
    60 ConnectionOpened { took: Span },
    /// The world: packets crossed a device's link in either direction, some of them retransmitted;
    /// none if messages go without packets. Bytes with all headers. `held` if they belong to a held
    /// connection and to no request.
    61 PacketsSent { up: bool, packets: u64, retransmitted: u64, bytes: u64; held: bool },
    /// Something happened to a connection that a device holds.
    200 Held(event: HeldEvent),
    /// The world: a message was lost.
    6 MessageDropped { reason: DropReason, bytes: u64 },
    /// The world: a cache on the path responded; `stale` if the backend has changed since, `asked`
    /// if the server validated the copy before.
    96 CacheAnswered { bytes: u64, stale: bool, asked: bool },
    /// The world: the backend went down or came back.
    7 BackendAvailable(up: bool),
    /// The world: the data that a login waits for is there: its blocking units have ended, or all
    /// units. The login may be in an earlier incarnation of the process. `again` if a restart of
    /// the app brought it for a person who was already logged in: nobody waited.
    14 Usable { since_login: Span; again: bool },
    /// The world: a person made an edit and the app accepted it, at this time by the device's
    /// clock.
    23 EditMade { edit: &'a LocalEdit, made_at: Stamp },
    /// The world: a person wanted to make an edit and the app refused it.
    24 EditRefused { edit: &'a LocalEdit, error: &'a EditError },
    /// The world: a person did not see an edit saved: no app ran, it died, or the world ended.
    48 EditMissed { edit: &'a LocalEdit, waited: Span },
    /// The world: a person gave up an edit because a blocking unit had the screen for too long. The
    /// key is empty if the row would have been chosen at that time.
    79 EditPrevented { edit: &'a LocalEdit, waited: Span },
    /// An event in the life of a phone.
    170 Phone(phone: PhoneEvent),
    /// The backend: a row has a new version with these values (for a delete, the old ones). It
    /// replaces the version of another stamp, if there was one.
    29 Committed {
        entity: EntityId, key: &'a Key, stamp: Stamp, kind: CommitKind, values: &'a [Value],
        author: Author, replaced: Option<Stamp>
    },
    /// A node went back to its state at the start of instant `to`. The effects on rows follow as
    /// commits. A device's state had been replaced `life` times by then, by a backup or a copy.
    45 Restored { to: Time, life: u32 },
    /// A device's state became a copy of another's, edits included; its process starts again. The
    /// copy is the state when `then` began, in this incarnation of its storage. `unseen` are edits
    /// being saved in it, which its person has not seen saved yet.
    47 BecameCopy { of: DeviceId, unseen: &'a [LocalEdit]; then: Option<(Time, u32)> },
    /// The backend: a mutation of this kind was not committed, because of a conflict or
    /// permanently. The holder is the other row with the natural key, or a missing row that it
    /// refers to.
    30 MutationRefused {
        edit: EditId, conflict: Option<Refusal>;
        entity: EntityId, key: &'a Key, kind: EditKind, holder: Option<&'a Key>
    },
    /// The server: the next commit of this edit also contains other edits of its row.
    210 EditsCarried { edit: EditId, others: &'a [EditId] },
    /// The server: in these columns the next commit of this edit has values that a rule of the
    /// server derived.
    212 EditRemade { edit: EditId, columns: &'a [usize] },
    /// The server: it refused an edit because of a conflict, and knows the edit's columns but no
    /// versions.
    213 GaveWayByColumn { edit: EditId },
    /// The backend: it ignored a mutation outside the device's scope, and reported success.
    111 MutationIgnored { edit: EditId; entity: EntityId, key: &'a Key },
    /// The backend: a repeated mutation got its response from memory.
    31 MutationReplayed { edit: EditId },
    /// The backend: a mutation was deferred without a decision.
    34 MutationPutOff { edit: EditId },
    /// The backend: readers see the version just committed from `until` on.
    35 CommitDelayed { entity: EntityId, key: &'a Key, stamp: Stamp, until: Time },
    /// The gateway: a row or its tombstone is sent to a device; reported where lives are recorded.
    33 RowServed { device: DeviceId, entity: EntityId, key: &'a str, stamp: Stamp, removed: bool },
    /// The gateway: a device asked for changes of an entity after this cursor, or for all rows;
    /// reported where lives are recorded.
    211 ChangesAsked { device: DeviceId, entity: EntityId, since: Option<Stamp> },
    /// The backend: a request of a device or of the gateway was served. With the times in the
    /// queue, waiting for the source's write lock, and being served; rows read, and rows delivered
    /// or mutations handled.
    32 BackendServed {
        device: Option<DeviceId>, kind: RequestKind, queued: Span, locked: Span, service: Span,
        scanned: u64, rows: u64
    },
    /// The gateway: it looked for changes, for a device or for its replica. With the rows that it
    /// wrote in the backend (flags and claims) and their bytes, the rows that it read itself, the
    /// processor time by its model, and the bytes of state that it keeps. `kinds` are the rows
    /// delivered as created, as updated, and as gone (even if only for this reader).
    38 Captured { writes: u64, written: u64, handled: u64, cpu: Span, state: u64; kinds: [u64; 3] },
    /// The gateway: it requested a page of changes for its replica. The backend read rows or
    /// failed; rows got a new version in a database of this size, with this processor time, unless
    /// another node had moved past them.
    40 RefreshAsked {
        scanned: u64, changed: u64, bytes: u64, cpu: Span, failed: bool,
        overtaken: Option<Overtaken>
    },
    /// The gateway: its replica has all that the backend had when the refresh began.
    41 Refreshed { took: Span },
    /// The gateway: a device got a response from the replica, as fresh as a refresh that began
    /// `age` ago, with this processor time by its model.
    42 ReplicaServed { device: DeviceId, age: Span, cpu: Span },
    /// The gateway: an edit is durable there and waits for the backend.
    43 UploadQueued { edit: EditId },
    /// The gateway: a device asks about an edit that still waits for the backend, and gets that
    /// answer.
    75 UploadWaits { edit: EditId },
    /// The gateway: the backend's decision on a queued edit, with its time in the queue.
    44 UploadDecided { edit: EditId, waited: Span },
    /// The gateway: an attachment is complete, with a last range from this device.
    180 BlobStored(stored: StoredBlob),
    /// The app syncs outside its queue.
    150 Call(call: CallEvent),
    /// An event of the integration that copies rows to another system.
    190 Integration(event: IntegrationEvent<'a>),
}
}

digested! {
/// An event of a connection that a device holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldEvent {
    /// The device has it, this long after its request.
    0 Opened { took: Span },
    /// The server, or a proxy, refused it.
    1 Refused,
    /// A message of this many bytes has arrived.
    2 Arrived { up: bool, bytes: u64 },
    /// It has ended as far as the device knows, which held it for this long; `lost` if neither side
    /// has closed it.
    3 Ended { after: Span, lost: bool },
}
}

digested! {
/// An event of the integration that copies rows to another system.
#[derive(Clone, Copy, Debug)]
pub enum IntegrationEvent<'a> {
    /// A worker called the other system with this many records, some of them repeated after a
    /// rejection. It got a response, or the call failed.
    0 Called { worker: u32, records: u32, again: u32, took: Span, failed: bool },
    /// The other system has this version of a row, or knows that the row is deleted.
    1 Delivered { entity: EntityId, key: &'a Key, stamp: Stamp, removed: bool },
    /// The other system rejected a row.
    2 Rejected { entity: EntityId, key: &'a Key },
    /// A worker was killed.
    3 Killed { worker: u32 },
    /// A worker has read a version of a row; reported where lives are recorded.
    4 Read { worker: u32, entity: EntityId, key: &'a Key, stamp: Stamp },
    /// A worker has recorded that a page of an entity is done; reported there, too.
    5 Remembered { worker: u32, entity: EntityId },
}
}

impl Event<'_> {
    /// Whether the event does not affect the run, and therefore is in no digest.
    pub fn is_shown_alone(&self) -> bool {
        matches!(
            self,
            Event::Engine(EngineEvent::Status(_) | EngineEvent::Said(_))
                | Event::Phone(PhoneEvent::LogoutAsked)
        )
    }
}

impl<'a> From<EngineEvent<'a>> for Event<'a> {
    fn from(event: EngineEvent<'a>) -> Event<'a> {
        Event::Engine(event)
    }
}

digested! {
/// The app calls a unit directly, without the queue and without the engine's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEvent {
    /// The app called the unit.
    1 Called { unit: UnitId },
    /// Such a call has returned. A call whose process dies never does.
    2 CameBack { unit: UnitId },
}
}

digested! {
/// An event of a unit's partial rows and cursors.
#[derive(Clone, Copy, Debug)]
pub enum UnitEvent<'a> {
    /// Partial rows of a unit are committed on the device, beside the full rows. With the time for
    /// which the device was busy.
    Excerpt { unit: UnitId, rows: u32, took: Span },
    /// Pulled rows of a unit are committed on the device in separate tables, and wait for the rest
    /// of their run. With the time for which the device was busy.
    3 SetAside { unit: UnitId, rows: u32, took: Span },
    /// Such rows were discarded, and never shown.
    4 ThrownAway { unit: UnitId, rows: u32 },
    /// All cursors, if somebody watches them: before a run, after it, and when a process starts.
    /// `at` has the unit that owns the cursor, or none if all share it; the entity; and the
    /// cursor's value. `dates` say when units last completed.
    Cursors { ; at: &'a [(Option<UnitId>, EntityId, u64)], dates: &'a [(UnitId, Stamp)] },
}
}

digested! {
/// Something happened on the engine's page of conflicts.
#[derive(Clone, Copy, Debug)]
pub enum PageEvent<'a> {
    /// The app has started, and this conflict is open: about the row of the edit that met it.
    0 Open { edit: EditId; entity: EntityId, key: &'a Key },
    /// A person has decided, by what they saw, about the edit that met the conflict, or about one
    /// that was made `on_top` of it and met none itself.
    1 Resolved {
        edit: EditId, on_top: bool, kind: ConflictKind, decision: Decision<'a>, sides: Sides;
        entity: EntityId, key: &'a Key
    },
    /// A run of a unit was refused because conflicts are open, with edits that could have gone.
    2 Held { unit: UnitId, edits: &'a [EditId] },
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

digested! {
/// Something in the life of a phone that is not part of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneEvent {
    /// It has a new token for its requests from now on, this long after it asked.
    0 TokenRenewed { took: Span },
    /// It gets no new token, and its person has to log in again.
    6 LoginEnded,
    /// The world: its person saw that a sync failed, and tapped Retry.
    7 RetryTapped,
    /// A newer version of the app was installed, and its process begins again.
    1 Upgraded,
    /// Somebody wants to log out. It is in no digest.
    LogoutAsked,
    /// The app refuses it, because this many edits wait.
    2 LogoutRefused { edits: u64 },
    /// The app is closed then.
    3 LoggedOut,
    /// Somebody logs in: the number of the person among those who share the phone, from 0.
    4 LoggedIn { person: u32 },
    /// The app was installed again, and all its data is gone.
    5 Reinstalled,
}
}

/// A complete part of an attachment at the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredBlob {
    /// The attachment and its part.
    pub blob: BlobId,
    /// The device that sent the last stretch.
    pub device: DeviceId,
    /// The size of the part in bytes.
    pub bytes: u64,
    /// The hash of the part's bytes.
    pub hash: u64,
}

impl Digestible for StoredBlob {
    fn digest(&self, digest: &mut Digest) {
        digest.number(3);
        self.blob.digest(digest);
        self.device.digest(digest);
        digest.numbers([self.bytes, self.hash]);
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
    /// That request has ended; `served` if it got a useful response.
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
    /// The device no longer keeps it.
    LetGo {
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
        };
        digest.number(kind);
        blob.digest(digest);
        digest.numbers(numbers);
    }
}

/// The place where an event happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// A device.
    Device(DeviceId),
    /// The gateway.
    Gateway,
    /// The backend.
    Backend,
    /// The bench itself.
    World,
}

/// An event with its time and place.
#[derive(Clone, Copy, Debug)]
pub struct Occurrence<'a> {
    /// When it happened.
    pub at: Time,
    /// Where it happened.
    pub node: Node,
    /// What happened.
    pub event: Event<'a>,
}

/// Takes the events of an engine; the world's sink adds place and time.
pub trait EventSink {
    /// Reports an event.
    fn emit(&self, event: EngineEvent<'_>);
}

/// Takes the events that the world itself reports at one place, and adds the time.
pub trait Observer {
    /// Reports an event.
    fn observe(&self, event: Event<'_>);
}
