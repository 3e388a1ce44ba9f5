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
/// What an engine tells of itself on one device; what it cannot say is not for it to tell.
///
/// Fields mean the same everywhere: `unit`, `run`, `request`, `entity`, `key` and `edit` name what
/// it is about, `stamp` is the version's; something `took` so long, of which it `waited` for the
/// lock, the queue or the screen.
#[derive(Clone, Copy, Debug)]
pub enum EngineEvent<'a> {
    /// There is no room on the device for what the engine has to write; the user is told.
    74 StorageFull,
    /// A unit was put into the queue, in which it was not: once for each time that it waits. So
    /// many are in the queue now, the running one not counted.
    8 UnitQueued { unit: UnitId, depth: u32 },
    /// A waiting unit was dropped for another.
    9 UnitDiscarded { unit: UnitId },
    /// A unit that waits, or is put back to the head, was asked for again, and waits once.
    10 UnitCoalesced { unit: UnitId },
    /// A unit starts (OnSyncStart), after it waited; runs are counted over all lives of the device.
    11 SyncStart { unit: UnitId, run: u64, waited: Span },
    /// A unit ended well: the app's OnSyncComplete. For a blocking one the person was waiting.
    12 SyncComplete { unit: UnitId, run: u64, took: Span, blocking: bool },
    /// A unit ended badly: the app's OnSyncError, and what the user is told.
    13 SyncError { unit: UnitId, run: u64, error: &'a SyncError },
    /// A hook of the app was called, for a unit's run if it is about one.
    76 HookStarted { hook: Hook, run: Option<(UnitId, u64)> },
    /// A hook of the app ended.
    77 HookEnded { hook: Hook, run: Option<(UnitId, u64)>, ended: HookEnd, took: Span },
    /// A hook of the app is about to trigger a sync of `unit`: the app says so, no engine.
    78 HookTriggered { hook: Hook, run: Option<(UnitId, u64)>, unit: UnitId },
    /// The app shows its person this from now on. It is of no digest.
    Status(status: Status),
    /// The app says something to its developer. It is of no digest.
    Said(; AppSaid<'a>),
    /// The engine asked the operating system what network there is.
    143 NetworkAsked,
    /// A cursor moved, together with the rows before it.
    15 CursorSaved { unit: UnitId, entity: EntityId },
    /// What units have of their own.
    150 Unit(unit: UnitEvent<'a>),
    /// A cursor was refused by the server, or given up with edits; the entity is loaded again.
    16 CursorReset { unit: UnitId, entity: EntityId },
    /// A request leaves, with so many bytes of body and mutations in it. The number is the
    /// process's own, from 0 in each life; a fetch is for no unit; `attempt` is 0 for the first
    /// try.
    17 RequestSent {
        request: u64, kind: RequestKind, unit: Option<UnitId>, bytes: u64, rows: u32, attempt: u32
    },
    /// A useful answer came, with so many bytes of body and rows or results.
    18 ResponseReceived {
        request: u64, bytes: u64, rows: u32, took: Span;
        kind: RequestKind, unit: Option<UnitId>
    },
    /// No answer came, or one that is not the server's. So many bytes were sent for nothing.
    19 RequestFailed {
        request: u64, error: TransportError, took: Span, wasted: u64;
        kind: RequestKind
    },
    /// An answer came, and it says no.
    20 RequestRefused { request: u64, error: &'a ServerError, took: Span; kind: RequestKind },
    /// An engine that adapts its chunks has chosen a size: so many rows at most.
    36 ChunkSized { kind: RequestKind, rows: u32 },
    /// The engine waits before it tries again, after so many failures in a row: in a run of a unit,
    /// or for an opened record or between runs.
    21 RetryScheduled { attempt: u32, wait: Span, in_run: bool },
    /// Changes of a pull or fetch are committed, in order, and some that were its own coming back.
    22 ChunkApplied {
        unit: Option<UnitId>, changes: &'a [AppliedChange<'a>], echoed: u32, took: Span
    },
    /// An edit is in a push request.
    25 EditSent { edit: EditId, request: u64; entity: EntityId, key: &'a Key },
    /// Earlier edits of a row that were never sent go out with this later one; or, as it deletes a
    /// row that nobody else has heard of, none is sent (`stays`).
    110 EditsSquashed {
        edit: EditId, with: &'a [EditId], stays: bool;
        entity: EntityId, key: &'a Key
    },
    /// An edit says of a row what the app shows of it already, and will not be sent.
    163 EditUnchanged { edit: EditId; entity: EntityId, key: &'a Key },
    /// An edit is on the backend and leaves the outbox; its row has this stamp there.
    26 EditAcknowledged { edit: EditId, stamp: Stamp; entity: EntityId, key: &'a Key },
    /// A device deleted all rows of an entity, to have them again; so many edits went with them.
    162 TableEmptied { entity: EntityId, edits: u64 },
    /// Changes of a pull were not committed, since a row would refer to one that is not there.
    141 ApplyAborted,
    /// After a transaction another number of rows refer to one that is not there, if it is counted.
    142 Dangling { rows: u64 },
    /// A row that was made here has another key from now on, wherever it stands.
    140 Renamed { entity: EntityId, from: &'a Key, to: &'a Key },
    /// A conflict rule spoke.
    27 ConflictDecided {
        edit: EditId, kind: ConflictKind, decision: Decision<'a>, sides: Sides;
        entity: EntityId, key: &'a Key
    },
    /// The engine: something happened on its page of conflicts.
    181 Page(page: PageEvent<'a>),
    /// An attachment is on its way, or there.
    180 Blob(blob: BlobEvent),
    /// A line was written into the log that the user can read.
    28 EditLogged { edit: EditId, kind: LogKind; entity: EntityId, key: &'a Key },
    /// The engine: rows of a pull could not be applied, and the cursor passes them: they are
    /// dropped, or kept on a durable list, to be tried again.
    46 RowsFailed { skipped: u32, listed: u32 },
    /// The engine: it tried the rows on its list again, of which so many are left.
    80 RowsRetried { left: u64 },
}
}

digested! {
/// Everything that can be observed; by the bench but for [`Event::Engine`].
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The engine of a device tells of itself.
    Engine(engine: EngineEvent<'a>),
    /// The world: a process starts, after so many lives.
    1 ProcessStarted { incarnation: u32 },
    /// The world: a process died.
    2 ProcessKilled { reason: KillReason },
    /// The world: a process is about to die amid work on its database that it may not have told.
    70 CutShort,
    /// The world: an answer is decoded, which takes `peak` bytes of memory; that is `tight` from a
    /// quarter of what the app may have on.
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
    /// The operating system suspends the app: nothing of it goes on, and it is not dead.
    160 Suspended,
    /// The app goes on where it was, after it was suspended for so long.
    161 Continued { after: Span },
    /// The world: the device's link went down.
    4 LinkDown,
    /// The world: the device's link came back.
    5 LinkUp,
    /// The world: a device has a new connection, since the wish for it, waking the radio included.
    60 ConnectionOpened { took: Span },
    /// The world: packets went over a device's link, from it or towards it, some of them again;
    /// none where messages go without packets. Bytes with all headers. `held` if they belong to a
    /// connection that is held, and to no request.
    61 PacketsSent { up: bool, packets: u64, retransmitted: u64, bytes: u64; held: bool },
    /// Something happened to a connection that a device holds.
    200 Held(event: HeldEvent),
    /// The world: a message vanished.
    6 MessageDropped { reason: DropReason, bytes: u64 },
    /// The world: a cache on the way answered with what it had kept; `stale` if the backend has
    /// changed, `asked` if the server said before whether it holds.
    96 CacheAnswered { bytes: u64, stale: bool, asked: bool },
    /// The world: the backend went down or came back.
    7 BackendAvailable(up: bool),
    /// The world: what a login waits for is there: its blocking units have ended, or all. The login
    /// may lie in an earlier life of the process. `again` if a restart of the app brought it, of a
    /// person who was let in before: nobody waited.
    14 Usable { since_login: Span; again: bool },
    /// The world: a person made an edit and the app took it, at this time by the device's clock.
    23 EditMade { edit: &'a LocalEdit, made_at: Stamp },
    /// The world: a person wanted to make an edit and the app refused it.
    24 EditRefused { edit: &'a LocalEdit, error: &'a EditError },
    /// The world: a person did not see an edit saved: no app ran, it died, or the world ended.
    48 EditMissed { edit: &'a LocalEdit, waited: Span },
    /// The world: a person gave up an edit, as a run of a blocking unit had the screen too long. Of
    /// one whose row is found as it is made the key is empty.
    79 EditPrevented { edit: &'a LocalEdit, waited: Span },
    /// Something in the life of a phone.
    170 Phone(phone: PhoneEvent),
    /// The backend: a row has a new version, with these values (for a delete those before it), in
    /// the place of that of another stamp, if there was one.
    29 Committed {
        entity: EntityId, key: &'a Key, stamp: Stamp, kind: CommitKind, values: &'a [Value],
        author: Author, replaced: Option<Stamp>
    },
    /// A node: its state is that of an earlier instant, as it began. What that did to rows follows
    /// as commits. A device's state had been put in `life` times by then, by a backup or a copy.
    45 Restored { to: Time, life: u32 },
    /// A device: its state became a copy of another's, edits included; its process begins again.
    /// That was what it was as `then` began, in this life of its storage; `unseen` are edits that
    /// it is saving, in its storage, and which its person is yet to see saved.
    47 BecameCopy { of: DeviceId, unseen: &'a [LocalEdit]; then: Option<(Time, u32)> },
    /// The backend: a mutation that wanted to do this was not committed, for a conflict or for
    /// good. The holder is the other row that has the natural key, or one that it refers to and
    /// that is not there.
    30 MutationRefused {
        edit: EditId, conflict: Option<Refusal>;
        entity: EntityId, key: &'a Key, kind: EditKind, holder: Option<&'a Key>
    },
    /// The server: the next commit of this edit brings others of its row, too.
    210 EditsCarried { edit: EditId, others: &'a [EditId] },
    /// The server: the next commit of this edit says in these columns what a rule of the server's
    /// own made of it.
    212 EditRemade { edit: EditId, columns: &'a [usize] },
    /// The server: it heard of an edit that it refused for a conflict the columns which that sets,
    /// and nothing of versions.
    213 GaveWayByColumn { edit: EditId },
    /// The backend: it dropped a mutation of a row out of the device's reach, as if it was done.
    111 MutationIgnored { edit: EditId; entity: EntityId, key: &'a Key },
    /// The backend: a mutation came again and was answered from memory.
    31 MutationReplayed { edit: EditId },
    /// The backend: a mutation was put off, without a verdict.
    34 MutationPutOff { edit: EditId },
    /// The backend: readers see the version just committed from `until` on.
    35 CommitDelayed { entity: EntityId, key: &'a Key, stamp: Stamp, until: Time },
    /// The gateway: a row or its tombstone leaves for a device; told where lives are recorded.
    33 RowServed { device: DeviceId, entity: EntityId, key: &'a str, stamp: Stamp, removed: bool },
    /// The gateway: a device asked what changed of an entity after this cursor, or for all of it;
    /// told where lives are recorded.
    211 ChangesAsked { device: DeviceId, entity: EntityId, since: Option<Stamp> },
    /// The backend: a request of a device or of the gateway was served. It was in the queue, waited
    /// for the source's write lock and was at work; rows were looked at, and rows delivered or
    /// mutations handled.
    32 BackendServed {
        device: Option<DeviceId>, kind: RequestKind, queued: Span, locked: Span, service: Span,
        scanned: u64, rows: u64
    },
    /// The gateway: it looked for changes, for a device or for its replica. For that it wrote rows
    /// in the backend (flags and claims, with so many bytes), looked at rows itself, took processor
    /// time by its model, and keeps bytes of state. `kinds` are the rows that it delivers as
    /// created, as updated, and as gone, be it for the reader alone.
    38 Captured { writes: u64, written: u64, handled: u64, cpu: Span, state: u64; kinds: [u64; 3] },
    /// The gateway: it asked the backend for a page of changes for its replica. The backend looked
    /// at rows or failed; rows got a new version in a database of so many bytes, by so much
    /// processor time, unless another node had moved past them.
    40 RefreshAsked {
        scanned: u64, changed: u64, bytes: u64, cpu: Span, failed: bool,
        overtaken: Option<Overtaken>
    },
    /// The gateway: its replica has all that the backend had when the refresh began.
    41 Refreshed { took: Span },
    /// The gateway: a device was answered from the replica, as fresh as a refresh that began `age`
    /// ago, with so much processor time by its model.
    42 ReplicaServed { device: DeviceId, age: Span, cpu: Span },
    /// The gateway: an edit is durable there and waits for the backend.
    43 UploadQueued { edit: EditId },
    /// The gateway: a device asks for an edit that waits for the backend still, and is told so.
    75 UploadWaits { edit: EditId },
    /// The gateway: the backend's verdict on an edit that waited; it waited since it was queued.
    44 UploadDecided { edit: EditId, waited: Span },
    /// The gateway: all of an attachment is there, by a last stretch of this device.
    180 BlobStored(stored: StoredBlob),
    /// The app syncs beside its queue.
    150 Call(call: CallEvent),
    /// Something on the way of rows to another system.
    190 Integration(event: IntegrationEvent<'a>),
}
}

digested! {
/// Something happened to a connection that a device holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldEvent {
    /// The device has it, so long after it wished for it.
    0 Opened { took: Span },
    /// The server, or a proxy, did not take it.
    1 Refused,
    /// A message of so many bytes has arrived.
    2 Arrived { up: bool, bytes: u64 },
    /// It has ended as far as the device knows, which held it for so long; `lost` if neither side
    /// has closed it.
    3 Ended { after: Span, lost: bool },
}
}

digested! {
/// Something on the way of rows to another system.
#[derive(Clone, Copy, Debug)]
pub enum IntegrationEvent<'a> {
    /// A worker called the other system, with so many records to write, some of them again since
    /// they were rejected before. It has an answer, or the call failed.
    0 Called { worker: u32, records: u32, again: u32, took: Span, failed: bool },
    /// The other system has this version of a row, or knows that the row is deleted.
    1 Delivered { entity: EntityId, key: &'a Key, stamp: Stamp, removed: bool },
    /// The other system rejected a row.
    2 Rejected { entity: EntityId, key: &'a Key },
    /// A worker was killed.
    3 Killed { worker: u32 },
    /// A worker has read a version of a row; told where lives are recorded.
    4 Read { worker: u32, entity: EntityId, key: &'a Key, stamp: Stamp },
    /// A worker has remembered that a page of an entity is done; told there, too.
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
/// The app calls a unit at once, beside the queue and without the engine's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEvent {
    /// The app called the unit.
    1 Called { unit: UnitId },
    /// Such a call has come back. One whose process dies never does.
    2 CameBack { unit: UnitId },
}
}

digested! {
/// A unit's part of an entity, and where its cursors stand.
#[derive(Clone, Copy, Debug)]
pub enum UnitEvent<'a> {
    /// Rows of which a unit brings a part are committed on the device, beside those that it holds
    /// in full. The device was busy for so long.
    Excerpt { unit: UnitId, rows: u32, took: Span },
    /// Rows that a unit pulled are committed on the device beside what people see, and wait for the
    /// rest of their run. The device was busy for so long.
    3 SetAside { unit: UnitId, rows: u32, took: Span },
    /// Such rows went, and were never shown.
    4 ThrownAway { unit: UnitId, rows: u32 },
    /// Where all cursors stand, if somebody looks: before a run, after it, and as a process starts.
    /// `at` has the unit whose it is, or none of all together; the entity; and what tells it from
    /// others. `dates` say when units last completed.
    Cursors { ; at: &'a [(Option<UnitId>, EntityId, u64)], dates: &'a [(UnitId, Stamp)] },
}
}

digested! {
/// Something happened on the engine's page of conflicts.
#[derive(Clone, Copy, Debug)]
pub enum PageEvent<'a> {
    /// The app has started, and this conflict is open: about the row of the edit that met it.
    0 Open { edit: EditId; entity: EntityId, key: &'a Key },
    /// A person has decided, by what they saw: what becomes of the edit that met the conflict, or
    /// of one that was made `on_top` of it and has met none itself.
    1 Resolved {
        edit: EditId, on_top: bool, kind: ConflictKind, decision: Decision<'a>, sides: Sides;
        entity: EntityId, key: &'a Key
    },
    /// A run of a unit was refused since conflicts are open, with edits that could have gone.
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
    /// It has another token, which its requests have from now on, so long after it asked.
    0 TokenRenewed { took: Span },
    /// It is given no other token, and its person has to log in again.
    6 LoginEnded,
    /// The world: its person read that a sync failed, and tapped to try again.
    7 RetryTapped,
    /// A newer version of the app was installed, and its process begins again.
    1 Upgraded,
    /// Somebody wants to log out. It is of no digest.
    LogoutAsked,
    /// The app does not let them, as so many edits wait.
    2 LogoutRefused { edits: u64 },
    /// The app is closed then.
    3 LoggedOut,
    /// Somebody logs in, by the number of those who share the phone, from 0.
    4 LoggedIn { person: u32 },
    /// The app was installed again, and nothing is there of what it held.
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

/// An attachment on its way.
#[derive(Clone, Copy, Debug)]
pub enum BlobEvent {
    /// A request leaves with the bytes from `offset` on, or asks how many the server has. `in_run`
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
