//! All events of a world (the simulation of one scenario with one seed).
//!
//! A *stamp* is the time that identifies a version of a row. The *incarnations* of a process are
//! its starts, numbered from 0.

use super::engine_event::EngineEvent;
use super::event_parts::{CallEvent, HeldEvent, IntegrationEvent, JobEvent, PhoneEvent, StoredBlob};
use super::kind::{Author, CommitKind, DropReason, KillReason, Overtaken, RequestKind};
use super::live_event::AnnouncementEvent;
use crate::base::{DeviceId, EditId, EntityId, Key, Span, Stamp, Time, Value, digested};
use crate::contract::device::{AppEvent, EditError, EditKind, LocalEdit};
use crate::contract::server::Refusal;

digested! {
/// Every event that can be observed. The bench reports all of them except [`Event::Engine`].
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A report of a device's engine.
    Engine(engine: EngineEvent<'a>),
    /// The world: a process starts.
    1 ProcessStarted {
        /// How many incarnations (earlier starts) of the process there were.
        incarnation: u32,
    },
    /// The world: a process died.
    2 ProcessKilled {
        /// Why it happened.
        reason: KillReason,
    },
    /// The world: the process is about to die in a transaction. It may not have reported it.
    70 CutShort,
    /// The world: a response is decoded.
    71 Decoded {
        /// The largest amount of memory that decoding needs, in bytes.
        peak: u64,
        /// True if that is at least a quarter of the memory limit of the app.
        tight: bool,
    },
    /// The world: the app read data for the person, while it was in the foreground.
    72 AppQueried {
        /// How long it took.
        took: Span,
        /// How long it waited for the lock.
        waited: Span,
    },
    /// The world: the app has computed a list for a screen.
    151 Listed {
        /// The number of rows.
        rows: u64,
        /// Steps of SQLite's virtual machine.
        steps: u64,
        /// How many pages SQLite read from flash.
        pages: u64,
        /// How long it took.
        took: Span,
        /// How long it waited for the lock.
        waited: Span,
    },
    /// The world: the app saved data for the person, while it was in the foreground.
    73 AppWrote {
        /// How long it took.
        took: Span,
        /// How long it waited for the lock.
        waited: Span,
    },
    /// The world: a received row cannot be read this time.
    95 RowUnreadable {
        /// The entity.
        entity: EntityId,
    },
    /// The world: something happened to the app.
    3 App(app: AppEvent),
    /// The operating system suspends the app. Its process stays in memory and does not run.
    160 Suspended,
    /// The app continues where the suspension stopped it.
    161 Continued {
        /// How long the app was suspended.
        after: Span,
    },
    /// The world: the device's link went down.
    4 LinkDown,
    /// The world: the device's link came back.
    5 LinkUp,
    /// The world: a device has a new connection.
    60 ConnectionOpened {
        /// The time since the device requested it, including the time to wake the radio.
        took: Span,
    },
    /// The world: packets crossed a device's link in one direction. Not reported if the link's
    /// model has no packets. Bytes include all headers.
    61 PacketsSent {
        /// True from the device to the server, false in the other direction.
        up: bool,
        /// The number of packets.
        packets: u64,
        /// How many of the packets were sent again.
        retransmitted: u64,
        /// The number of bytes.
        bytes: u64;
        /// True if the packets belong to a held connection, and to no request.
        held: bool,
    },
    /// Something happened to a connection that a device holds.
    200 Held(event: HeldEvent),
    /// The world: a message was lost.
    6 MessageDropped {
        /// Why it happened.
        reason: DropReason,
        /// The number of bytes.
        bytes: u64,
    },
    /// The world: a cache on the path responded instead of the server.
    96 CacheAnswered {
        /// The number of bytes.
        bytes: u64,
        /// True if the backend has changed since the cache stored the response.
        stale: bool,
        /// True if the cache asked the server first.
        asked: bool,
    },
    /// The world: the backend went down or came back.
    7 BackendAvailable(up: bool),
    /// The world: the data that a login waits for has arrived. All blocking units have ended, or
    /// all units if none blocks. The login may belong to an earlier incarnation of the process.
    14 Usable {
        /// The time since the login.
        since_login: Span;
        /// True if a restart of the app caused this, and nobody waited.
        again: bool,
    },
    /// The world: a person made an edit, and the app accepted it.
    23 EditMade {
        /// The edit.
        edit: &'a LocalEdit,
        /// When it was made, by the device's clock.
        made_at: Stamp,
    },
    /// The world: a person wanted to make an edit, and the app refused it.
    24 EditRefused {
        /// The edit.
        edit: &'a LocalEdit,
        /// Why the app refused it.
        error: &'a EditError,
    },
    /// The world: a person did not see an edit saved. No app ran, the app died, or the world ended.
    48 EditMissed {
        /// The edit.
        edit: &'a LocalEdit,
        /// How long the person waited.
        waited: Span,
    },
    /// The world: a person gave up an edit because a blocking unit had the screen for too long. The
    /// key is empty if the row would have been chosen only at the time of the edit.
    79 EditPrevented {
        /// The edit.
        edit: &'a LocalEdit,
        /// How long the person waited for the screen.
        waited: Span,
    },
    /// An event in the life of a phone.
    170 Phone(phone: PhoneEvent),
    /// The world: a local day begins. Windows of scopes that move with the day now move.
    231 DayBegan {
        /// The number of the day; the day of the start is 0.
        day: u32,
    },
    /// The world: the person of a device gets other attributes. From now on the device should hold
    /// the rows of these attributes, whatever its server does.
    230 Reassigned {
        /// All attributes of the person.
        attributes: &'a [Value],
    },
    /// The backend: a row has a new version with these values. A delete has the old values.
    29 Committed {
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
        /// The stamp of the row's version.
        stamp: Stamp,
        /// The kind of the commit.
        kind: CommitKind,
        /// The backend's values of the row.
        values: &'a [Value],
        /// Who made the commit.
        author: Author,
        /// The stamp of the version that it replaces; `None` if there was none.
        replaced: Option<Stamp>,
    },
    /// A node went back to its state at the start of instant `to`. Its commits follow as events.
    45 Restored {
        /// The instant whose state the node has again.
        to: Time,
        /// How often a backup or a copy had replaced the device's state by then.
        life: u32,
    },
    /// A device's state became a copy of another device's state, with the edits. Its process starts
    /// again.
    47 BecameCopy {
        /// The device whose state was copied.
        of: DeviceId,
        /// Edits that the copied device was still saving. The person has not seen them saved.
        unseen: &'a [LocalEdit];
        /// The incarnation of the storage that was copied: when it began, and its number. The copy
        /// is its state at that time.
        then: Option<(Time, u32)>,
    },
    /// The backend: a mutation was not committed, because of a conflict or forever.
    30 MutationRefused {
        /// The edit.
        edit: EditId,
        /// Why it conflicts; `None` if the mutation was refused forever.
        conflict: Option<Refusal>;
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
        /// The kind of the edit.
        kind: EditKind,
        /// The other row with the natural key, or a missing row that the mutation refers to.
        holder: Option<&'a Key>,
    },
    /// The server: the next commit of this edit also contains other edits of its row.
    210 EditsCarried {
        /// The edit.
        edit: EditId,
        /// The other edits.
        others: &'a [EditId],
    },
    /// The server: the next commit of this edit has values in these columns that a rule of the
    /// server derived.
    212 EditRemade {
        /// The edit.
        edit: EditId,
        /// The positions of the columns among the backend's.
        columns: &'a [usize],
    },
    /// The server: it refused an edit because of a conflict. It knows the edit's columns, but no
    /// row versions.
    213 GaveWayByColumn {
        /// The edit.
        edit: EditId,
    },
    /// The backend: it ignored a mutation outside the device's scope, and reported success.
    111 MutationIgnored {
        /// The edit.
        edit: EditId;
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
    },
    /// The backend: a repeated mutation got its first response again.
    31 MutationReplayed {
        /// The edit.
        edit: EditId,
    },
    /// The backend: it deferred a mutation without a decision.
    34 MutationPutOff {
        /// The edit.
        edit: EditId,
    },
    /// The backend: readers see the committed version only from `until` on.
    35 CommitDelayed {
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
        /// The stamp of the row's version.
        stamp: Stamp,
        /// The time from which readers see it.
        until: Time,
    },
    /// The gateway: a row or its tombstone is sent to a device. Reported only if the life of
    /// records is recorded.
    33 RowServed {
        /// The device.
        device: DeviceId,
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a str,
        /// The stamp of the row's version.
        stamp: Stamp,
        /// True if the row is deleted or out of scope.
        removed: bool,
    },
    /// The gateway: a device asked for changes of an entity. Reported only if the life of records
    /// is recorded.
    211 ChangesAsked {
        /// The device.
        device: DeviceId,
        /// The entity.
        entity: EntityId,
        /// The device wants the changes after this stamp; `None` if it wants all rows.
        since: Option<Stamp>,
    },
    /// The backend: it served a request of a device or of the gateway.
    32 BackendServed {
        /// The device; `None` for the gateway.
        device: Option<DeviceId>,
        /// The kind of the request.
        kind: RequestKind,
        /// How long it was in the queue.
        queued: Span,
        /// How long it waited for the write lock.
        locked: Span,
        /// How long a worker was busy with it.
        service: Span,
        /// How many rows the backend examined.
        scanned: u64,
        /// The number of delivered rows or handled mutations.
        rows: u64,
    },
    /// The gateway: it looked for changes, for a device or for its replica.
    38 Captured {
        /// How many rows were written in the backend.
        writes: u64,
        /// The number of bytes written in the backend.
        written: u64,
        /// How many rows the gateway itself examined.
        handled: u64,
        /// The processor time, by the gateway's model.
        cpu: Span,
        /// The bytes of state that the gateway keeps.
        state: u64;
        /// The number of rows delivered as created, as updated and as deleted. A row that left this
        /// reader's scope counts as deleted.
        kinds: [u64; 3],
    },
    /// The gateway: it requested a page of changes for its replica.
    40 RefreshAsked {
        /// How many rows the gateway examined.
        scanned: u64,
        /// How many rows got a new version.
        changed: u64,
        /// The size of the replica's database in bytes.
        bytes: u64,
        /// The processor time, by the gateway's model.
        cpu: Span,
        /// True if the call failed.
        failed: bool,
        /// What happened to the page if another node was already past it.
        overtaken: Option<Overtaken>,
    },
    /// The gateway: its replica has everything that the backend had when the refresh began.
    41 Refreshed {
        /// How long it took.
        took: Span,
    },
    /// The gateway: a device got a response from the replica.
    42 ReplicaServed {
        /// The device.
        device: DeviceId,
        /// The age of the data: the time since the last refresh began.
        age: Span,
        /// The processor time, by the gateway's model.
        cpu: Span,
    },
    /// The gateway: something happened to a pull that it handles in the background.
    240 Job(job: JobEvent),
    /// The gateway: an edit is durable in its queue and waits for the backend.
    43 UploadQueued {
        /// The edit.
        edit: EditId,
    },
    /// The gateway: a device asks about an edit, and the response says that it still waits for the
    /// backend.
    75 UploadWaits {
        /// The edit.
        edit: EditId,
    },
    /// The gateway: the backend has decided about a queued edit.
    44 UploadDecided {
        /// The edit.
        edit: EditId,
        /// How long it waited in the queue.
        waited: Span,
    },
    /// The gateway: an attachment is complete. This device sent the last range.
    180 BlobStored(stored: StoredBlob),
    /// The app syncs outside its queue.
    150 Call(call: CallEvent),
    /// An event of the integration that copies rows to another system.
    190 Integration(event: IntegrationEvent<'a>),
    /// The server announces changes to a device.
    232 Announcement(announcement: AnnouncementEvent),
}
}

impl Event<'_> {
    /// True if the event does not affect the run. Then no digest contains it.
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

/// Takes the events of an engine. The world's sink adds place and time.
pub trait EventSink {
    /// Reports an event.
    fn emit(&self, event: EngineEvent<'_>);
}

/// Takes the events that the world itself reports at one node, and adds the time.
pub trait Observer {
    /// Reports an event.
    fn observe(&self, event: Event<'_>);
}
