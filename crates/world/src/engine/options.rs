//! Options of the built-in engine.

use super::attachment_options::AttachmentOptions;
use super::conflict::{BaseDate, CallbackOptions, Detect, Policy};
use super::control::{Controller, SteeringOptions};
use super::limits::{OnBigRow, OutboxLimits, RequestClock, RunPages};
use super::live::LiveOptions;
use super::path::Paths;
use crate::base::{Bytes, Ppm, Span, word_enums};
use crate::protocol::Codec;

/// All options of the engine.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineOptions {
    /// Options of the pull.
    pub pull: PullOptions,
    /// Options of the push.
    pub push: PushOptions,
    /// Options of retries.
    pub retry: RetryOptions,
    /// Options of conflicts.
    pub conflict: ConflictOptions,
    /// Options of attachments.
    pub attachments: AttachmentOptions,
    /// A request without a response fails after this time.
    pub request_timeout: Span,
    /// Least time from a unit's last start to one by a new network, the app's coming to the
    /// foreground, or a period. The first such trigger within it starts the unit at its end; others
    /// do nothing. A login, a save and a person are not held back.
    pub debounce: Span,
    /// Time limit of an app hook; `None`: no limit.
    pub hook_timeout: Option<Span>,
    /// What goes into one request.
    pub requests: RequestPer,
    /// The format and compression of messages.
    pub codec: Codec,
    /// Columns whose values the engine changes on their way.
    pub paths: Paths,
    /// How a response's JSON is read.
    pub decoder: Decoder,
    /// What an edit is dated by.
    pub dates: Dates,
    /// Whose time a request carries.
    pub clock: RequestClock,
    /// Where the device's name towards the server is kept.
    pub identity: Identity,
    /// What a failed unit does to those behind it.
    pub queue: AfterFailure,
    /// Where the queue of units is kept.
    pub queue_kept: QueueKept,
    /// How many units may run at a time, if they share no entity.
    pub sessions: u32,
    /// Period of polling the operating system for the network; `None`: events report it.
    pub network_poll: Option<Span>,
    /// The work of one poll, in time of the reference core. The default is an estimate: a
    /// millisecond on a phone of the class `mid`. An empty call from a web view through Cordova's
    /// bridge takes less on a Nexus 5 (ezAR, 2016); the query itself comes on top.
    pub network_poll_cpu: Span,
    /// True if the engine reports its status to the app.
    pub status: bool,
    /// What is done about a request that is refused for its token.
    pub on_unauthorized: OnUnauthorized,
    /// What the engine does if the server demands that it discards its copy.
    pub on_wipe: OnWipe,
    /// What becomes of waiting edits when their person logs out.
    pub on_logout: OnLogout,
    /// Whose the data on a shared phone is.
    pub database_per: DatabasePer,
    /// The engine's own work per row written and per edit sent, in time of the reference core.
    pub row_cpu: Span,
}

impl Decoder {
    /// Peak memory in bytes for a response of `bytes`. The factors are estimates for a mobile
    /// device.
    pub fn peak(self, bytes: u64) -> u64 {
        match self {
            Decoder::Streaming => bytes * 5 / 2,
            Decoder::Managed => bytes * 6,
        }
    }
}

/// How conflicts are found and decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConflictOptions {
    /// The policy that decides conflicts.
    pub policy: Policy,
    /// What counts as a conflict.
    pub detect: Detect,
    /// The date by which an edit names the version that it was made on.
    pub base: BaseDate,
    /// The app's own rule.
    pub callback: CallbackOptions,
    /// What happens while conflicts are open.
    pub while_open: WhileOpen,
    /// What happens to a further edit of a row in conflict.
    pub second_edit: SecondEdit,
}

/// How rows are pulled and applied.
#[derive(Clone, Debug, PartialEq)]
pub struct PullOptions {
    /// The network chunk: rows per request; with an adaptive controller, in the first request.
    pub chunk_rows: u32,
    /// The network chunk in bytes: a response ends after about this many.
    pub chunk_bytes: Bytes,
    /// The apply chunk: rows written per transaction.
    pub apply_rows: u32,
    /// What a cursor belongs to.
    pub cursor: CursorBook,
    /// Rows that cannot be read.
    pub bad_rows: BadRowOptions,
    /// How the size of the network chunk adapts.
    pub steering: SteeringOptions,
    /// Pages requested ahead while one is applied.
    pub prefetch: u32,
    /// Entities of a unit that are pulled concurrently, at least 1.
    pub streams: u32,
    /// What happens to a row that refers to a row that is not there.
    pub missing_parent: MissingParent,
    /// Whether caches on the path may respond to requests for pages.
    pub requests: Requests,
    /// What pulled rows replace.
    pub replace: Replace,
    /// What happens to a response that is too large.
    pub on_too_large: OnTooLarge,
    /// How much of a run is shown at once.
    pub atomic: Atomic,
    /// Where a run goes on after one that was interrupted.
    pub checkpoint: Checkpoint,
    /// What happens to rows that the phone's reader cannot hold.
    pub on_big_row: OnBigRow,
    /// How many pages a run requests.
    pub pages: RunPages,
    /// How the server announces changes.
    pub live: LiveOptions,
}

/// Which rows cannot be applied, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRowOptions {
    /// Share of the keys whose rows fail.
    pub share: Ppm,
    /// How often each of them fails per process incarnation.
    pub tries: u32,
    /// What happens to a row that still fails.
    pub then: OnBadRow,
}

impl Default for BadRowOptions {
    fn default() -> BadRowOptions {
        BadRowOptions { share: Ppm(0), tries: 3, then: OnBadRow::default() }
    }
}

/// Which edits are sent, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct PushOptions {
    /// Mutations per request; with an adaptive controller, in the first request.
    pub chunk_rows: u32,
    /// Bytes of mutations per request: an approximate upper bound; one mutation is always sent.
    pub chunk_bytes: Bytes,
    /// How the number of mutations per request adapts.
    pub steering: SteeringOptions,
    /// Which columns an update sends.
    pub sends: Sends,
    /// How the engine finds the edits to send.
    pub capture: LocalCapture,
    /// Which moment of a run is the date of the last sync, if edits are captured by that date.
    pub sync_date: SyncDate,
    /// Whether waiting edits of a row go out as one.
    pub squash: bool,
    /// The order in which edits are sent.
    pub order: PushOrder,
    /// What a run does after the backend refused an edit.
    pub on_refused: OnRefused,
    /// What happens to a request that is too large.
    pub on_too_large: OnTooLarge,
    /// What happens to a request that fails each time.
    pub on_failed: OnFailed,
    /// Which edits are never split between requests.
    pub unit: PushUnit,
    /// How many edits may wait, and for how long.
    pub outbox: OutboxLimits,
}

/// When a failed request is retried.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryOptions {
    /// Upper bound of the first wait.
    pub base: Span,
    /// Upper bound of every wait.
    pub cap: Span,
    /// What is random in a wait.
    pub jitter: Jitter,
    /// Failures in a row that end a run of a unit with an error; some failures end it at once.
    pub attempts: u32,
    /// Whether nothing is sent before the server's "try again after" has passed.
    pub heeds_after: bool,
}

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
                on_big_row: OnBigRow::default(),
                pages: RunPages::default(),
                live: LiveOptions::default(),
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
                on_failed: OnFailed::default(),
                unit: PushUnit::default(),
                outbox: OutboxLimits::default(),
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
            clock: RequestClock::default(),
            identity: Identity::default(),
            queue: AfterFailure::default(),
            queue_kept: QueueKept::default(),
            sessions: 1,
            network_poll: None,
            network_poll_cpu: Span::micros(150),
            status: true,
            on_unauthorized: OnUnauthorized::default(),
            on_wipe: OnWipe::default(),
            on_logout: OnLogout::default(),
            database_per: DatabasePer::default(),
            row_cpu: Span::ZERO,
        }
    }
}

word_enums! {
    /// What happens to waiting edits when their person logs out.
    pub enum OnLogout {
        /// They stay on the device.
        Keep: "keep",
        /// They are sent first; a person who cannot send them stays logged in.
        #[default]
        SendFirst: "send-first",
        /// Nobody logs out while any edit waits.
        Refuse: "refuse",
        /// They are discarded, each with a line that the person can read.
        Discard: "discard",
    }

    /// What an engine does if the server demands that it discards its copy and loads again.
    pub enum OnWipe {
        /// It discards everything at once, also edits that were never sent. Nobody is told.
        #[default]
        Reset: "reset",
        /// It sends what waits, and then loads again; rows with edits stay until they are settled.
        UploadFirst: "upload-first",
    }

    /// Who owns the data on a phone that several people share.
    pub enum DatabasePer {
        /// Each person has a database.
        #[default]
        Person: "person",
        /// The phone: the next person continues with the data that is there.
        Phone: "phone",
    }

    /// Which parts of a run share one request, as far as they fit.
    pub enum RequestPer {
        /// The edits of all entities in one, the pull of all in another.
        #[default]
        Direction: "per-direction",
        /// Everything: a sync that needs no chunks is one request.
        Branch: "per-branch",
        /// The edits of one entity, or the pull of one.
        Entity: "per-entity",
        /// One edit, or the pull of one entity.
        Call: "per-call",
    }

    /// What a failed unit does to the units behind it in the queue.
    pub enum AfterFailure {
        /// It makes way, and is queued again after a wait of its own.
        #[default]
        MakesWay: "makes-way",
        /// It stays at the head and is retried every 30 s; the units behind it wait until it has
        /// ended well. OutSystems does this.
        Blocks: "blocks",
    }

    /// What happens to a request that is refused because of its token.
    pub enum OnUnauthorized {
        /// The engine gets a new token and repeats the request.
        #[default]
        Refresh: "refresh",
        /// The engine gets a new token before the next request; the run has failed.
        Later: "later",
        /// The same, and the edits in the request count as refused permanently: they are gone.
        Drop: "drop",
    }

    /// Where the queue of units is kept.
    pub enum QueueKept {
        /// In memory: it is lost with the process, and the triggers of the next start queue units
        /// again. OutSystems does this.
        #[default]
        Memory: "memory",
        /// In the database: units that have not ended well are queued again when the app starts.
        Disk: "disk",
    }

    /// Where an app keeps its identity towards the server.
    pub enum Identity {
        /// With the phone, where no copy reaches it.
        #[default]
        Device: "device",
        /// In the database: a phone that gets a copy of it has the same identity.
        Database: "database",
    }

    /// Which clock dates an edit. Conflicts are detected by the backend's stamps, but dates decide
    /// who wins.
    pub enum Dates {
        /// The device's wall clock in UTC.
        #[default]
        Utc: "utc",
        /// What the person's clock shows: it jumps with time zones and daylight saving.
        Local: "local",
    }

    /// How an engine decodes a response in JSON; determines what that costs the device.
    pub enum Decoder {
        /// Native code that reads row by row: the class's native rate, and memory of 2.5 times the
        /// response.
        #[default]
        Streaming: "streaming",
        /// A tree of the whole response in a managed language: the class's managed rate, and memory
        /// of 6 times the response.
        Managed: "managed",
    }

    /// What happens while a conflict waits for a person.
    pub enum WhileOpen {
        /// Everything else is synced.
        #[default]
        CarryOn: "carry-on",
        /// The run in progress completes, and no other begins.
        Hold: "hold",
    }

    /// What happens to another edit of a row whose conflict waits for a person.
    pub enum SecondEdit {
        /// It is added to the device's version: the person decides about both.
        #[default]
        Joins: "joins",
        /// The app refuses it: the conflict must be decided first.
        Refused: "refused",
    }

    /// What pulled rows replace.
    pub enum Replace {
        /// Older versions of the same rows.
        #[default]
        Versions: "versions",
        /// All rows of their entity, which are deleted first, including the edits in them.
        All: "all",
    }

    /// What happens to a pulled row whose parent has not come, and to the delete of a row that
    /// others still refer to.
    pub enum MissingParent {
        /// Nothing: the reference dangles.
        #[default]
        Ignore: "ignore",
        /// It waits on a durable list until the parent has come, or the others have gone.
        Wait: "wait",
    }

    /// How HTTP caches on the path see requests for pages.
    pub enum Requests {
        /// Each is unique, as a POST or by a URL that is used once: no cache may answer it.
        #[default]
        Unique: "unique",
        /// The URL contains the whole request, and a cache may serve its copy.
        Plain: "plain",
        /// The same, but a cache must first ask the server whether its copy is still valid.
        Validated: "validated",
    }

    /// What a cursor belongs to.
    pub enum CursorBook {
        /// The entity: units that pull the same entity continue where the other stopped.
        #[default]
        Entity: "entity",
        /// The unit and the entity: overlapping units fetch the same rows twice.
        Unit: "unit",
        /// The unit, without a cursor: each run asks for changes after the date of the unit's last
        /// good run, by the device's clock (`push.sync_date` says which moment), and an interrupted
        /// run begins again.
        LastSyncOn: "last-sync-on",
    }

    /// What happens to a row that cannot be applied.
    pub enum OnBadRow {
        /// The run ends, the cursor stays before the row.
        #[default]
        Stop: "stop",
        /// Nothing: the cursor passes it.
        Skip: "skip",
        /// It is kept on a durable list and retried with the next pull; the cursor passes it.
        RetryList: "retry-list",
    }

    /// Which waiting edits are never split between requests.
    pub enum PushUnit {
        /// The edits of a row.
        #[default]
        Record: "record",
        /// The edits of a row and of the rows that are part of it.
        Family: "family",
    }

    /// Which of the waiting edits go first, where rows refer to each other.
    pub enum PushOrder {
        /// The oldest; a row that others refer to is created before them and deleted after them,
        /// also if one of them has to wait.
        #[default]
        TopDown: "top-down",
        /// The oldest, without regard to references.
        AsMade: "as-made",
        /// A row goes after the rows that refer to it.
        BottomUp: "bottom-up",
    }

    /// How a device knows what was edited on it.
    pub enum LocalCapture {
        /// Each edit is kept in the order in which it was made, until the backend has decided it.
        #[default]
        Outbox: "outbox",
        /// A flag on the row: the row goes out as it is, and the response clears the flag, even if
        /// the row was edited since.
        DirtyFlags: "dirty-flags",
        /// A date on the row: the row goes out as it is if it was edited after the date of the last
        /// sync.
        UpdatedAfterLastSync: "updated-after-last-sync",
    }

    /// Which moment of a run is the date of the last sync.
    pub enum SyncDate {
        /// Its end: edits made while it ran count as sent.
        #[default]
        End: "end",
        /// Its start.
        Start: "start",
    }

    /// What an update contains.
    pub enum Sends {
        /// The columns that its person set.
        #[default]
        Changed: "changed",
        /// The whole row as the device holds it.
        Row: "row",
    }

    /// Which part of a wait is random (Brooker 2015, "Exponential backoff and jitter").
    pub enum Jitter {
        /// None: min(cap, base·2ⁿ).
        None: "none",
        /// All of it: U(0, min(cap, base·2ⁿ)).
        #[default]
        Full: "full",
        /// Half of it: half is fixed, half is drawn.
        Equal: "equal",
        /// All of it, and it grows with the previous draw: min(cap, U(base, 3·previous)).
        Decorrelated: "decorrelated",
    }

    /// What to do if a message was larger than the server takes or sends, or than a proxy lets
    /// through.
    pub enum OnTooLarge {
        /// Half of it goes at once, down to one row; no chunk is larger while the process lives.
        #[default]
        Halve: "halve",
        /// Half of it goes at once, down to one row; later chunks are as large as before.
        Split: "split",
        /// The run ends, and the next one sends the same.
        GiveUp: "give-up",
    }

    /// How much of a pull becomes visible at once.
    pub enum Atomic {
        /// The apply chunk: people see the rows that have come.
        #[default]
        Chunk: "chunk",
        /// All of it: rows wait in separate tables until the last has come.
        Session: "session",
    }

    /// Where a run resumes after an interrupted one.
    pub enum Checkpoint {
        /// Behind the last durable page.
        #[default]
        Page: "page",
        /// Where the last complete run ended.
        Session: "session",
    }

    /// What to do if a request with edits fails each time, with a 500 that names no edit.
    pub enum OnFailed {
        /// The run ends after its tries, and the next one sends the same request.
        #[default]
        Repeat: "repeat",
        /// Half of it goes next, until the edit on which the server fails is alone; that is set
        /// aside with a message once the server has taken others.
        Bisect: "bisect",
    }

    /// What a run does if one of its edits was not committed: refused, deferred, or in conflict.
    pub enum OnRefused {
        /// It goes on with the others.
        #[default]
        GoOn: "go-on",
        /// It ends with an error: nothing is pulled, and no date moves.
        EndRun: "end-run",
        /// It goes on; if an edit is refused for good, so are all others of its request that were
        /// not committed.
        RefuseAll: "refuse-all",
    }
}
