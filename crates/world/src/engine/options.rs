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
    /// The least time from a sync unit's last start to a start by one of 3 triggers. These triggers
    /// are a new network, a period, and the app's return to the foreground. An earlier trigger
    /// starts the unit at the end of this time. Logins, saves and requests by a person do not wait.
    pub debounce: Span,
    /// Time limit of an app hook; `None`: no limit.
    pub hook_timeout: Option<Span>,
    /// Which parts of a run share a request.
    pub requests: RequestPer,
    /// The format and compression of messages.
    pub codec: Codec,
    /// The columns whose values change on the path between device and backend.
    pub paths: Paths,
    /// How a response's JSON is read.
    pub decoder: Decoder,
    /// The clock that dates an edit.
    pub dates: Dates,
    /// The clock that dates each request.
    pub clock: RequestClock,
    /// Where the app stores the identity that it sends to the server.
    pub identity: Identity,
    /// How a failed unit affects the units behind it in the queue.
    pub queue: AfterFailure,
    /// Where the queue of units is kept.
    pub queue_kept: QueueKept,
    /// How many units may run at a time, if they share no entity.
    pub sessions: u32,
    /// The interval at which the engine asks the operating system for the network. `None`: the
    /// operating system reports changes.
    pub network_poll: Option<Span>,
    /// The CPU time of one poll on the reference core; a device's class scales this time. The
    /// default is an estimate: 1 ms on a phone of the class `mid`. It covers a call from a web view
    /// through Cordova's bridge, and the query. An empty call takes less on a Nexus 5 (ezAR, 2016).
    pub network_poll_cpu: Span,
    /// True if the engine reports its status to the app.
    pub status: bool,
    /// What the engine does with a request that is refused because of its token.
    pub on_unauthorized: OnUnauthorized,
    /// What the engine does if the server demands that the device discards its database.
    pub on_wipe: OnWipe,
    /// What happens to waiting edits when their person logs out.
    pub on_logout: OnLogout,
    /// Who owns the data on a shared phone.
    pub database_per: DatabasePer,
    /// The CPU time of the engine's own work per row written and per edit sent, on the reference
    /// core.
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
    /// The date that an edit sends to name the version that it was made on.
    pub base: BaseDate,
    /// The app's own conflict rule.
    pub callback: CallbackOptions,
    /// What the engine does while conflicts are open.
    pub while_open: WhileOpen,
    /// What happens to a further edit of a row in conflict.
    pub second_edit: SecondEdit,
}

/// How rows are pulled and applied.
#[derive(Clone, Debug, PartialEq)]
pub struct PullOptions {
    /// Rows per request (the network chunk). With an adaptive controller, this is the first size.
    pub chunk_rows: u32,
    /// Bytes per response, approximately.
    pub chunk_bytes: Bytes,
    /// Rows written per transaction (the apply chunk).
    pub apply_rows: u32,
    /// Whether a cursor belongs to an entity or to a unit.
    pub cursor: CursorBook,
    /// Which rows cannot be applied, and what happens to them.
    pub bad_rows: BadRowOptions,
    /// How the number of rows per request adapts.
    pub steering: SteeringOptions,
    /// The number of pages that are requested ahead while one page is applied.
    pub prefetch: u32,
    /// Entities of a unit that are pulled concurrently, at least 1.
    pub streams: u32,
    /// What happens to a row that refers to a missing row.
    pub missing_parent: MissingParent,
    /// Whether caches on the path may respond to requests for pages.
    pub requests: Requests,
    /// Which rows pulled rows replace.
    pub replace: Replace,
    /// What happens to a response that is too large.
    pub on_too_large: OnTooLarge,
    /// How much of a run becomes visible at once.
    pub atomic: Atomic,
    /// Where a run begins after an interrupted run.
    pub checkpoint: Checkpoint,
    /// What happens to rows that are too large for the phone's reader.
    pub on_big_row: OnBigRow,
    /// How many pages a run requests.
    pub pages: RunPages,
    /// How the server announces changes.
    pub live: LiveOptions,
}

/// Which rows cannot be applied, and what happens to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRowOptions {
    /// Share of the keys whose rows fail.
    pub share: Ppm,
    /// How often each of these rows fails per process incarnation (from a process's start to its
    /// end).
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
    /// Edits (mutations) per request. With an adaptive controller, this is the first size.
    pub chunk_rows: u32,
    /// The approximate maximum of mutation bytes per request. At least one mutation is sent.
    pub chunk_bytes: Bytes,
    /// How the number of mutations per request adapts.
    pub steering: SteeringOptions,
    /// Which columns an update sends.
    pub sends: Sends,
    /// How the engine finds the edits to send.
    pub capture: LocalCapture,
    /// The moment of a run that becomes the date of the last sync. Only for apps that find edits by
    /// that date.
    pub sync_date: SyncDate,
    /// Whether waiting edits of a row are merged into one.
    pub squash: bool,
    /// The order in which edits are sent.
    pub order: PushOrder,
    /// What a run does after an edit was not committed.
    pub on_refused: OnRefused,
    /// What happens to a request that is too large.
    pub on_too_large: OnTooLarge,
    /// What happens to a request that fails on each try.
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
    /// Which part of a wait is random.
    pub jitter: Jitter,
    /// The number of failed tries in a row after which a run ends with an error. Some failures end
    /// it at once.
    pub attempts: u32,
    /// Whether the engine sends nothing until the server's "try again after" time has passed.
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
        /// They are sent first. A person whose edits cannot be sent stays logged in.
        #[default]
        SendFirst: "send-first",
        /// A person cannot log out while any edit waits.
        Refuse: "refuse",
        /// They are discarded. The person gets a message for each.
        Discard: "discard",
    }

    /// What an engine does if the server demands that the device discards its database.
    pub enum OnWipe {
        /// It discards all data at once, even edits that were never sent, without a message.
        #[default]
        Reset: "reset",
        /// It sends waiting edits, then loads all rows again. Rows with edits stay until the edits
        /// have verdicts.
        UploadFirst: "upload-first",
    }

    /// Who owns the data on a phone that several people share.
    pub enum DatabasePer {
        /// The person: each person has a database.
        #[default]
        Person: "person",
        /// The phone: the next person continues with the data of the previous one.
        Phone: "phone",
    }

    /// Which parts of a run share one request, as far as they fit.
    pub enum RequestPer {
        /// The edits of all entities share one request, their pulls another.
        #[default]
        Direction: "per-direction",
        /// The edits and pulls of a run share one request, if they fit into one.
        Branch: "per-branch",
        /// The edits of one entity share one request; its pull is another.
        Entity: "per-entity",
        /// A request has one edit, or the pull of one entity.
        Call: "per-call",
    }

    /// How a failed unit affects the units behind it in the queue.
    pub enum AfterFailure {
        /// It leaves the queue, so other units can run. It is queued again after its own wait.
        #[default]
        MakesWay: "makes-way",
        /// It stays at the head and is retried every 30 s. The units behind it wait until it
        /// succeeds. OutSystems does this.
        Blocks: "blocks",
    }

    /// What the engine does with a request that is refused because of its token.
    pub enum OnUnauthorized {
        /// The engine gets a new token and repeats the request.
        #[default]
        Refresh: "refresh",
        /// The run fails; the engine gets a new token before the next request.
        Later: "later",
        /// As `Later`, but the edits in the request count as permanently refused: they are lost.
        Drop: "drop",
    }

    /// Where the queue of units is kept.
    pub enum QueueKept {
        /// In memory: the queue is lost with the process. At the next start of the app, triggers
        /// queue units again. OutSystems does this.
        #[default]
        Memory: "memory",
        /// In the database: when the app starts, units that have not succeeded are queued again.
        Disk: "disk",
    }

    /// Where an app stores the identity that it sends to the server.
    pub enum Identity {
        /// On the phone, outside the database: a copy of the database does not copy the identity.
        #[default]
        Device: "device",
        /// In the database: a phone with a copy of the database has the same identity.
        Database: "database",
    }

    /// The clock that dates an edit. The backend's stamps detect a conflict, but these dates decide
    /// which side wins.
    pub enum Dates {
        /// The device's wall clock in UTC.
        #[default]
        Utc: "utc",
        /// The local time that the person sees. It jumps when the time zone or daylight saving time
        /// changes.
        Local: "local",
    }

    /// How the engine decodes JSON responses. This decides the time and memory of decoding.
    pub enum Decoder {
        /// Native code that reads row by row: the native rate of the device's class, and memory of
        /// 2.5 times the response.
        #[default]
        Streaming: "streaming",
        /// A tree of the whole response in a managed language: the managed rate of the device's
        /// class, and memory of 6 times the response.
        Managed: "managed",
    }

    /// What the engine does while a conflict waits for a person.
    pub enum WhileOpen {
        /// All other edits and rows are synced.
        #[default]
        CarryOn: "carry-on",
        /// The current run ends, and no other run begins.
        Hold: "hold",
    }

    /// What happens to another edit of a row whose conflict waits for a person.
    pub enum SecondEdit {
        /// It is added to the device's version: the person decides about both edits.
        #[default]
        Joins: "joins",
        /// The app refuses it: the conflict must be decided first.
        Refused: "refused",
    }

    /// Which rows pulled rows replace.
    pub enum Replace {
        /// Older versions of the same rows.
        #[default]
        Versions: "versions",
        /// All rows of their entity. The engine first deletes these rows and their waiting edits.
        All: "all",
    }

    /// What happens to a pulled row whose parent is missing, and to a delete if other rows refer to
    /// the row.
    pub enum MissingParent {
        /// It is applied, and a reference to a missing row remains.
        #[default]
        Ignore: "ignore",
        /// It waits on a durable list until the parent arrives, or until no row refers to the
        /// deleted row.
        Wait: "wait",
    }

    /// Whether HTTP caches on the path may respond to requests for pages.
    pub enum Requests {
        /// Each request is unique, as a POST or by a URL used only once: no cache may respond.
        #[default]
        Unique: "unique",
        /// The URL contains the whole request, and a cache may serve its copy.
        Plain: "plain",
        /// As `Plain`, but a cache must first ask the server whether its copy is still valid.
        Validated: "validated",
    }

    /// Whether a cursor belongs to an entity or to a unit.
    pub enum CursorBook {
        /// The entity: a unit continues where another unit with this entity stopped.
        #[default]
        Entity: "entity",
        /// The unit and the entity: overlapping units fetch the same rows twice.
        Unit: "unit",
        /// The unit, and the cursor is a date. Each run requests changes since the unit's last
        /// successful run, by the device's clock. `push.sync_date` says which moment of that run
        /// counts. After an interrupted run, the next run starts from the same date.
        LastSyncOn: "last-sync-on",
    }

    /// What happens to a row that cannot be applied.
    pub enum OnBadRow {
        /// The run ends, and the cursor stays before the row.
        #[default]
        Stop: "stop",
        /// It is skipped, and the cursor moves past it.
        Skip: "skip",
        /// It is kept on a durable list and retried with the next pull. The cursor moves past it.
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

    /// Which waiting edits are sent first, if rows refer to each other.
    pub enum PushOrder {
        /// The oldest edits. The create of a row is sent before edits that refer to the row, and
        /// its delete after them. This holds even if one of these edits must wait.
        #[default]
        TopDown: "top-down",
        /// The oldest edits, without regard to references.
        AsMade: "as-made",
        /// The edits of rows that refer to a row, before the edits of that row.
        BottomUp: "bottom-up",
    }

    /// How a device knows which rows were edited on it.
    pub enum LocalCapture {
        /// Each edit is kept, in the order of editing, until the backend has decided about it.
        #[default]
        Outbox: "outbox",
        /// A flag on the row. The row's current values are sent. The response clears the flag, even
        /// if the row was edited since.
        DirtyFlags: "dirty-flags",
        /// A date on the row. The row's current values are sent if this date is after the last
        /// sync.
        UpdatedAfterLastSync: "updated-after-last-sync",
    }

    /// Which moment of a run is the date of the last sync.
    pub enum SyncDate {
        /// Its end: edits made during the run count as sent.
        #[default]
        End: "end",
        /// Its start.
        Start: "start",
    }

    /// Which columns an update sends.
    pub enum Sends {
        /// The columns that its person set.
        #[default]
        Changed: "changed",
        /// The whole row as the device holds it.
        Row: "row",
    }

    /// Which part of a wait is random (Brooker 2015, "Exponential backoff and jitter"). n is the
    /// number of earlier failures in a row. U(a, b) is a random value from a to b.
    pub enum Jitter {
        /// Nothing: min(cap, base·2ⁿ).
        None: "none",
        /// The whole wait: U(0, min(cap, base·2ⁿ)).
        #[default]
        Full: "full",
        /// Half of the wait; the other half is fixed.
        Equal: "equal",
        /// The whole wait, which grows with the previous wait: min(cap, U(base, 3·previous)).
        Decorrelated: "decorrelated",
    }

    /// What the engine does if a message was too large for the server or for a proxy.
    pub enum OnTooLarge {
        /// It sends half at once, down to one row. No later chunk of this process is larger.
        #[default]
        Halve: "halve",
        /// It sends half at once, down to one row. Later chunks are as large as before.
        Split: "split",
        /// The run ends, and the next run sends the same message.
        GiveUp: "give-up",
    }

    /// How much of a pull becomes visible at once.
    pub enum Atomic {
        /// One transaction (an apply chunk): people see rows as soon as their transaction ends.
        #[default]
        Chunk: "chunk",
        /// The whole pull: rows wait in separate tables until the last row arrives.
        Session: "session",
    }

    /// Where a run begins after an interrupted run.
    pub enum Checkpoint {
        /// After the last durable page.
        #[default]
        Page: "page",
        /// Where the last complete run ended.
        Session: "session",
    }

    /// What the engine does if a request fails on each try with status 500, without the id of an
    /// edit.
    pub enum OnFailed {
        /// The run ends after its tries, and the next run sends the same request.
        #[default]
        Repeat: "repeat",
        /// It halves the request until only the edit that fails is left. It drops that edit with a
        /// message once the server has accepted another request.
        Bisect: "bisect",
    }

    /// What a run does if one of its edits was refused, deferred or in conflict.
    pub enum OnRefused {
        /// It continues with the other edits.
        #[default]
        GoOn: "go-on",
        /// It ends with an error. Nothing is pulled, and the date of the last sync does not move.
        EndRun: "end-run",
        /// It continues. If an edit is finally refused, all uncommitted edits of its request also
        /// count as refused.
        RefuseAll: "refuse-all",
    }
}
