//! What the built-in engine can be told to be.

use super::blob_options::AttachmentOptions;
use super::conflict::{BaseDate, CallbackOptions, Detect, Policy};
use super::control::{Controller, SteeringOptions};
use super::path::Paths;
use super::too_large::OnTooLarge;
use super::whole::{Atomic, Checkpoint, OnRefused};
use crate::base::{Bytes, Ppm, Span, in_words};
use crate::protocol::Codec;

/// The built-in engine's options.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineOptions {
    /// How it pulls.
    pub pull: PullOptions,
    /// How it pushes.
    pub push: PushOptions,
    /// How it tries again.
    pub retry: RetryOptions,
    /// What it does about conflicts.
    pub conflict: ConflictOptions,
    /// How it sends what is attached to rows.
    pub attachments: AttachmentOptions,
    /// A request without an answer is given up after this.
    pub request_timeout: Span,
    /// A network that comes, the app's coming to the foreground and a period start a unit no sooner
    /// than this after its last start: the first such trigger in that time starts it at its end,
    /// others in it do nothing. A login, a save and a person are not held back.
    pub debounce: Span,
    /// A hook of the app is given up after this, if there is a limit.
    pub hook_timeout: Option<Span>,
    /// What of a run goes into one request.
    pub requests: RequestPer,
    /// What it writes messages with.
    pub codec: Codec,
    /// What the way to the backend and back does to values.
    pub paths: Paths,
    /// How it reads an answer.
    pub decoder: Decoder,
    /// What an edit is dated by.
    pub dates: Dates,
    /// Where it keeps what it calls itself towards the server.
    pub identity: Identity,
    /// What a unit that failed does to those behind it.
    pub queue: AfterFailure,
    /// Where the queue is kept.
    pub queue_kept: QueueKept,
    /// So many units run at a time, those that share no entity.
    pub sessions: u32,
    /// How often it asks the operating system what network there is; `None`: it is told.
    pub network_poll: Option<Span>,
    /// Whether the app is told what to show of the sync.
    pub status: bool,
    /// What is done about a request that is refused for its token.
    pub on_unauthorized: OnUnauthorized,
    /// What becomes of edits that wait as their person logs out.
    pub on_logout: OnLogout,
    /// Whose the data on a phone is that several people share.
    pub database_per: DatabasePer,
    /// Its own work for each row that it writes and each edit that it sends, in time of the
    /// reference core.
    pub row_cpu: Span,
}

/// What becomes of edits that wait as their person logs out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnLogout {
    /// They stay where they are.
    Keep,
    /// They are sent first; who cannot send them stays logged in.
    #[default]
    SendFirst,
    /// Nobody logs out while any waits.
    Refuse,
    /// They are thrown away, each with a line that the person can read.
    Discard,
}
in_words!(OnLogout { Keep: "keep", SendFirst: "send-first", Refuse: "refuse", Discard: "discard" });

/// Whose the data on a phone is that several people share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DatabasePer {
    /// Each person's own, in a database of their own.
    #[default]
    Person,
    /// The phone's: who logs in goes on with what is there.
    Phone,
}
in_words!(DatabasePer { Person: "person", Phone: "phone" });

/// What of a run goes into one request, as far as it fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestPer {
    /// The edits of all entities in one, the pull of all in another.
    #[default]
    Direction,
    /// All of it: a sync with nothing to bring in chunks is one request.
    Branch,
    /// The edits of one entity, or the pull of one.
    Entity,
    /// One edit, or the pull of one entity.
    Call,
}
in_words!(RequestPer {
    Direction: "per-direction",
    Branch: "per-branch",
    Entity: "per-entity",
    Call: "per-call",
});

/// What a unit that failed does to those behind it in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterFailure {
    /// It makes way, and is queued again after a wait of its own.
    #[default]
    MakesWay,
    /// It stays at the head, and is tried again each 30 s; nothing behind it runs before it has
    /// ended well. So it is in OutSystems.
    Blocks,
}
in_words!(AfterFailure { MakesWay: "makes-way", Blocks: "blocks" });

/// What is done about a request that is refused for its token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnauthorized {
    /// Another is asked for, and the request goes again.
    #[default]
    Refresh,
    /// Another is asked for before the next request; the run has failed.
    Later,
    /// The same, and the edits that the request brought count as refused for good: they are gone.
    Drop,
}
in_words!(OnUnauthorized { Refresh: "refresh", Later: "later", Drop: "drop" });
/// Where the queue of units is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueueKept {
    /// In memory: it goes with the process, and what the next start triggers is queued again. So it
    /// is in OutSystems.
    #[default]
    Memory,
    /// In the database: what was asked for and has not ended well is queued again as the app
    /// starts.
    Disk,
}
in_words!(QueueKept { Memory: "memory", Disk: "disk" });

/// Where an app keeps what it calls itself towards the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// With the phone, where no copy reaches it.
    #[default]
    Device,
    /// In the database: who gets a copy of that goes by the same name.
    Database,
}
in_words!(Identity { Device: "device", Database: "database" });

/// What an edit is dated by; conflicts are found by the backend's stamps, but who wins is decided
/// by dates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dates {
    /// The device's wall clock in UTC.
    #[default]
    Utc,
    /// What the person's clock shows: it jumps with time zones and daylight saving.
    Local,
}
in_words!(Dates { Utc: "utc", Local: "local" });

/// How an engine reads an answer's JSON; decides what that costs the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decoder {
    /// Native code that reads row by row: the class's native rate, memory of 2.5 times the answer.
    #[default]
    Streaming,
    /// A tree of the whole answer in a managed language: the class's managed rate, memory of 6
    /// times the answer.
    Managed,
}
in_words!(Decoder { Streaming: "streaming", Managed: "managed" });

impl Decoder {
    /// Memory at its peak for an answer of `bytes`. Factors: models of a mobile device, estimates.
    pub fn peak(self, bytes: u64) -> u64 {
        match self {
            Decoder::Streaming => bytes * 5 / 2,
            Decoder::Managed => bytes * 6,
        }
    }
}

/// What the built-in engine does about conflicts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConflictOptions {
    /// What becomes of an edit in conflict.
    pub policy: Policy,
    /// What makes a conflict.
    pub detect: Detect,
    /// The date by which an edit names the version that it was made on.
    pub base: BaseDate,
    /// What the rule of the app does, where that decides.
    pub callback: CallbackOptions,
    /// What happens while a conflict waits for a person.
    pub while_open: WhileOpen,
    /// What becomes of another edit of a row whose conflict waits for a person.
    pub second_edit: SecondEdit,
}

impl ConflictOptions {
    /// Whether there is a page of conflicts, on which a person decides.
    pub fn has_page(&self) -> bool {
        self.policy.has_page()
    }
}

/// What happens while a conflict waits for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhileOpen {
    /// Everything else is synced.
    #[default]
    CarryOn,
    /// The run under way goes on to its end, and no other begins.
    Hold,
}
in_words!(WhileOpen { CarryOn: "carry-on", Hold: "hold" });

/// What becomes of another edit of a row whose conflict waits for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondEdit {
    /// It joins what the device has: the person decides about both.
    #[default]
    Joins,
    /// The app refuses it: the conflict is to be decided first.
    Refused,
}
in_words!(SecondEdit { Joins: "joins", Refused: "refused" });

/// How the built-in engine pulls.
#[derive(Clone, Debug, PartialEq)]
pub struct PullOptions {
    /// The network chunk: rows asked for in one request; where a controller adapts, in the first.
    pub chunk_rows: u32,
    /// The network chunk in bytes: the answer ends after about this much.
    pub chunk_bytes: Bytes,
    /// The apply chunk: rows written in one transaction.
    pub apply_rows: u32,
    /// What a cursor belongs to.
    pub cursor: CursorBook,
    /// Which rows cannot be applied when they come, and what is done about them.
    pub bad_rows: BadRowOptions,
    /// What the network chunk is steered by.
    pub steering: SteeringOptions,
    /// Pages asked for ahead while one is applied.
    pub prefetch: u32,
    /// Entities of a unit pulled at the same time, at least 1.
    pub streams: u32,
    /// What is done about a row that refers to one that has not come.
    pub missing_parent: MissingParent,
    /// What its requests are to caches on the way.
    pub requests: Requests,
    /// What it takes the place of.
    pub replace: Replace,
    /// What is done where an answer was too large to be sent.
    pub on_too_large: OnTooLarge,
    /// How much of a run is shown at once.
    pub atomic: Atomic,
    /// Where a run goes on after one that was cut.
    pub checkpoint: Checkpoint,
}

/// What pulled rows take the place of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replace {
    /// Their older versions.
    #[default]
    Versions,
    /// All rows of their entity, which are deleted first, with what was edited in them.
    All,
}
in_words!(Replace { Versions: "versions", All: "all" });

/// What is done about a pulled row that refers to one that has not come, and about the end of one
/// that others refer to still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingParent {
    /// Nothing.
    #[default]
    Ignore,
    /// It waits on a durable list until the other has come, or the others have gone.
    Wait,
}
in_words!(MissingParent { Ignore: "ignore", Wait: "wait" });

/// What requests for pages are to caches on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Requests {
    /// Each is one of its own, as a POST or by an address that comes once: no cache may answer it.
    #[default]
    Unique,
    /// An address says all of what is asked, and a cache may give what it keeps.
    Plain,
    /// The same, but a cache asks the server first whether what it keeps still holds.
    Validated,
}
in_words!(Requests { Unique: "unique", Plain: "plain", Validated: "validated" });

/// What a cursor belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CursorBook {
    /// The entity: units that pull the same entity go on where the other stopped.
    #[default]
    Entity,
    /// The unit and the entity: units that overlap fetch the same rows twice.
    Unit,
    /// The unit, and it is no cursor: each run asks for what changed after the date of the unit's
    /// last good one, by the device's clock (`push.sync_date` says of which moment), and a run that
    /// was interrupted begins again.
    LastSyncOn,
}
in_words!(CursorBook { Entity: "entity", Unit: "unit", LastSyncOn: "last-sync-on" });

/// Which rows fail, and what then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRowOptions {
    /// Share of the keys whose rows fail.
    pub share: Ppm,
    /// So often each of them fails in one life of the process.
    pub tries: u32,
    /// What is done about it.
    pub then: OnBadRow,
}

/// What is done about a row that cannot be applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnBadRow {
    /// The run ends, the cursor stays before the row.
    #[default]
    Stop,
    /// Nothing: the cursor passes it.
    Skip,
    /// It is kept on a durable list and tried again with the next pull; the cursor passes it.
    RetryList,
}
in_words!(OnBadRow { Stop: "stop", Skip: "skip", RetryList: "retry-list" });

impl Default for BadRowOptions {
    fn default() -> BadRowOptions {
        BadRowOptions { share: Ppm(0), tries: 3, then: OnBadRow::default() }
    }
}

/// How the built-in engine pushes.
#[derive(Clone, Debug, PartialEq)]
pub struct PushOptions {
    /// Mutations in one request; where a controller adapts, in the first.
    pub chunk_rows: u32,
    /// The mutations of one request come to about this much at most; one is always sent.
    pub chunk_bytes: Bytes,
    /// What the chunk is steered by.
    pub steering: SteeringOptions,
    /// What of a row an update brings.
    pub sends: Sends,
    /// How it knows what to send.
    pub capture: LocalCapture,
    /// Which moment of a run is the date of the last sync, where what to send is told by that.
    pub sync_date: SyncDate,
    /// Whether edits of a row that wait go out as one.
    pub squash: bool,
    /// Which of the edits that wait go first.
    pub order: PushOrder,
    /// What a run does one of whose edits was not committed.
    pub on_refused: OnRefused,
    /// What is done where a request was too large to be taken.
    pub on_too_large: OnTooLarge,
    /// What of them stays together.
    pub unit: PushUnit,
}

/// What of the edits that wait is never parted by the end of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PushUnit {
    /// An edit.
    #[default]
    Record,
    /// The edits of a row and of the rows that are part of it.
    Family,
}
in_words!(PushUnit { Record: "record", Family: "family" });

/// Which of the edits that wait go first, where rows refer to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PushOrder {
    /// The oldest; a row that others refer to is made before them and deleted after them, also
    /// where one of them has to wait.
    #[default]
    TopDown,
    /// The oldest, and nobody asks what refers to what.
    AsMade,
    /// The newest.
    BottomUp,
}
in_words!(PushOrder { TopDown: "top-down", AsMade: "as-made", BottomUp: "bottom-up" });

/// How a device knows what was edited on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LocalCapture {
    /// Each edit is kept in the order in which it was made, until the backend's verdict on it.
    #[default]
    Outbox,
    /// A flag on the row: it goes out as it is, and a verdict clears the flag, be it edited since.
    DirtyFlags,
    /// A date on the row: it goes out as it is if it was edited after the date of the last sync.
    UpdatedAfterLastSync,
}
in_words!(LocalCapture {
    Outbox: "outbox",
    DirtyFlags: "dirty-flags",
    UpdatedAfterLastSync: "updated-after-last-sync",
});

/// Which moment of a run is the date of the last sync.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncDate {
    /// Its end: what was edited while it ran counts as sent.
    #[default]
    End,
    /// Its start.
    Start,
}
in_words!(SyncDate { End: "end", Start: "start" });
/// What of a row an update brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sends {
    /// The columns that its person set.
    #[default]
    Changed,
    /// The whole row as the device holds it.
    Row,
}
in_words!(Sends { Changed: "changed", Row: "row" });

/// How the built-in engine tries again.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryOptions {
    /// The first wait is at most this.
    pub base: Span,
    /// No wait is longer.
    pub cap: Span,
    /// What is random in it.
    pub jitter: Jitter,
    /// Failures in a row after which a run of a unit ends with an error; some end it at once.
    pub attempts: u32,
    /// Whether nothing is sent before the server's "try again after" has passed.
    pub heeds_after: bool,
}

/// What is random in a wait (Brooker 2015, "Exponential backoff and jitter").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Jitter {
    /// Nothing: min(cap, base·2ⁿ).
    None,
    /// Everything: U(0, min(cap, base·2ⁿ)).
    #[default]
    Full,
    /// Half of it: half is waited, half is drawn.
    Equal,
    /// All of it, and it grows by what was drawn before: min(cap, U(base, 3·previous)).
    Decorrelated,
}
in_words!(Jitter { None: "none", Full: "full", Equal: "equal", Decorrelated: "decorrelated" });

impl Default for EngineOptions {
    fn default() -> EngineOptions {
        let steering = SteeringOptions { controller: Controller::Fixed, min_rows: 10, max_rows: 10_000 };
        EngineOptions {
            pull: PullOptions {
                chunk_rows: 500,
                chunk_bytes: Bytes(1 << 20),
                apply_rows: 500,
                cursor: CursorBook::default(),
                bad_rows: BadRowOptions::default(),
                steering: steering.clone(),
                prefetch: 0,
                streams: 1,
                missing_parent: MissingParent::default(),
                requests: Requests::default(),
                replace: Replace::default(),
                on_too_large: OnTooLarge::default(),
                atomic: Atomic::default(),
                checkpoint: Checkpoint::default(),
            },
            push: PushOptions {
                chunk_rows: 50,
                chunk_bytes: Bytes(1 << 20),
                steering,
                capture: LocalCapture::default(),
                sync_date: SyncDate::default(),
                squash: false,
                sends: Sends::default(),
                order: PushOrder::default(),
                on_refused: OnRefused::default(),
                on_too_large: OnTooLarge::default(),
                unit: PushUnit::default(),
            },
            retry: RetryOptions {
                base: Span::secs(1),
                cap: Span::secs(300),
                jitter: Jitter::default(),
                attempts: 5,
                heeds_after: true,
            },
            conflict: ConflictOptions::default(),
            attachments: AttachmentOptions::default(),
            request_timeout: Span::secs(30),
            debounce: Span::secs(60),
            hook_timeout: None,
            requests: RequestPer::default(),
            codec: Default::default(),
            paths: Paths::default(),
            decoder: Decoder::default(),
            dates: Dates::default(),
            identity: Identity::default(),
            queue: AfterFailure::default(),
            queue_kept: QueueKept::default(),
            sessions: 1,
            network_poll: None,
            status: true,
            on_unauthorized: OnUnauthorized::default(),
            on_logout: OnLogout::default(),
            database_per: DatabasePer::default(),
            row_cpu: Span::ZERO,
        }
    }
}
