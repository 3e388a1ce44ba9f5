//! What a stack is held to, and what it does not support.

use crate::base::word_enums;

/// A stack's word on itself, with the options that were chosen.
///
/// Whatever it promises or lacks, a few things are wrong: a saved edit that is neither committed,
/// nor waits, nor gave way to anything; a phone at rest that differs from the backend; work that
/// does not end; what is committed twice under one id.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Passport {
    /// What the oracle may ask of it.
    pub promises: Capabilities,
    /// What it does not support: a scenario that needs it is reported and not run.
    pub lacks: Vec<Need>,
}

impl Passport {
    /// One of a stack that supports whatever a scenario may bring.
    pub fn new(promises: Capabilities) -> Passport {
        Passport { promises, lacks: Vec::new() }
    }
}

/// What the oracle may ask of a stack; a check that needs what a stack does not have is not
/// applicable, and never passed.
///
/// Every stack tells of its runs ([`SyncStart`](super::observe::EngineEvent::SyncStart) and its
/// ends), as the bench waits for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// It tells of each edit that it counts as done (`EngineEvent::EditAcknowledged`).
    pub acknowledges: bool,
    /// Its rows and changes carry the backend's stamps, by which an older version is known.
    pub stamps: bool,
    /// A row that it shows never goes back to a version that its device had moved past, unless the
    /// backend did; if not promised that is counted and not judged.
    pub sessions: bool,
    /// A unit brings each version of a row to a device once, unless a side went back, a cursor was
    /// given up or has not passed the row yet, or a run did not come to its end; if not promised
    /// that is counted and not judged.
    pub once: bool,
    /// A phone that is online begins a run within its [`patience`](super::Stack::patience) of each
    /// trigger of a unit, and of each run that failed or left edits. Of an engine without runs:
    /// while it is not caught up it sends or hears something within that time.
    pub prompt: bool,
    /// What it promises of an edit that met another version.
    pub merge: Merge,
    /// It keeps a log of edits that did not go as made, for the user (`DeviceView::log`).
    pub logs: bool,
    /// It tells what its app shows of the sync (`EngineEvent::Status`).
    pub status: bool,
    /// What can be seen of it; no stack chooses that.
    pub sight: Sight,
}

/// What can be seen of a stack, whatever it promises: all of one that runs in a world; of a real
/// app what its recorded history has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The rows that phones show at the end.
    pub rows: bool,
    /// The edits that wait on phones at the end.
    pub waits: bool,
    /// Phones and backend are at rest at the end.
    pub rest: bool,
    /// Each change of the backend, not only the rows that it has at the end.
    pub commits: bool,
    /// Whose the changes are.
    pub authors: bool,
    /// What engines tell of their inside: requests, queues, rows that come, conflicts.
    pub inside: bool,
}

impl Sight {
    /// What a world sees.
    pub const ALL: Sight =
        Sight { rows: true, waits: true, rest: true, commits: true, authors: true, inside: true };
}

impl Capabilities {
    /// What every stack is held to: no saved edit is lost that the backend did not refuse, nothing
    /// is there twice, and devices come to rest with what the backend has.
    pub const NONE: Capabilities = Capabilities {
        acknowledges: false,
        stamps: false,
        sessions: false,
        once: false,
        prompt: false,
        merge: Merge::Drops,
        logs: false,
        status: false,
        sight: Sight::ALL,
    };
    /// Everything there is to ask today: what comes to it later your stack has not promised.
    pub const ALL: Capabilities = Capabilities {
        acknowledges: true,
        stamps: true,
        sessions: true,
        once: true,
        prompt: true,
        merge: Merge::Keeps,
        logs: true,
        status: true,
        sight: Sight::ALL,
    };
}

/// What a stack promises of an edit that met another version of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// It ends on the backend, in whole or in some columns, waits, or stands in the log.
    Keeps,
    /// It gives way, in whole or in some columns, only to a version that was made beside it, and
    /// the stack says so (`EngineEvent::ConflictDecided`); nobody else is told. What a register of
    /// a CRDT does.
    Converges,
    /// The same, but in columns for which the stack names a rule
    /// ([`Stack::combines`](super::Stack::combines)): there no edit gives way. A value that nobody
    /// typed is right if the rule gives it from what was there and from what the edits in the
    /// commit changed.
    Combines,
    /// The whole edit may be gone without a word: the other version stays. An edit that the backend
    /// did not refuse is kept all the same.
    Drops,
}

/// How a column takes what several people change in it at once. What an edit changes is the
/// difference between what its person saw in the app and what they made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    /// A whole number: what was there, and the sum of what the edits add. Nothing is 0.
    Counter,
    /// A text of items between commas, in any order: what was there and what is added, without what
    /// is removed. An item that is added again, unseen by who removes it, stays.
    Set,
    /// A text in which each edit replaces one stretch: what was there and what is typed, without
    /// what is deleted. What an edit types stays in one piece, and nothing else comes in.
    Text,
}

word_enums! {
    derive (Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)
    /// What a scenario may need of a stack, besides phones that show rows and update them.
    #[non_exhaustive]
    pub enum Need {
        /// Rows are made on phones.
        Creates: "creates",
        /// Rows are deleted, on phones or by the office.
        Deletes: "deletes",
        /// Phones hold the rows of which a column is theirs: of their clinic.
        Scopes: "scopes",
        /// Phones hold the rows of a stretch of time.
        Windows: "windows",
        /// Phones hold some of the columns.
        Projections: "projections",
        /// Rows refer to others.
        References: "references",
        /// Columns name a row once.
        NaturalKeys: "natural keys",
        /// A row gets another key than it was made with.
        GivenKeys: "keys given by the server",
        /// Rows are fetched as a person opens a record.
        OpenedRecords: "records fetched as they are opened",
        /// Rows go up and never come down.
        UploadOnly: "rows that only go up",
        /// A unit brings a part of rows.
        Excerpts: "parts of rows",
        /// Something is attached to rows.
        Attachments: "attachments",
        /// There is more than one unit.
        Units: "several units",
        /// A unit has the screen while it runs, or is asked for beside the queue, or drops what
        /// waits, or waits for a network.
        UnitRules: "rules of units",
        /// The app has hooks.
        Hooks: "hooks",
        /// Phones begin with rows.
        SyncedStarts: "phones that start synced",
        /// Apps are killed.
        Kills: "kills of apps",
        /// Phones lose power.
        PowerLosses: "power losses",
        /// The server is killed.
        ServerKills: "kills of the server",
        /// The storage of a phone is full, or slow.
        Storage: "full or slow storage",
        /// Apps are suspended.
        Suspensions: "suspensions",
        /// Runs are cancelled.
        Cancels: "cancelled runs",
        /// Tokens end.
        Tokens: "tokens that end",
        /// Several people use a phone.
        SharedPhones: "shared phones",
        /// An app is installed again.
        Reinstalls: "reinstalls",
        /// A newer version of the app, or of the schema, is installed.
        Upgrades: "upgrades",
        /// A phone goes back to a backup.
        Backups: "backups of phones",
        /// A phone becomes a copy of another.
        Copies: "copies of phones",
        /// The backend goes back to a backup.
        BackendBackups: "backups of the backend",
    }
}
