//! The promises of a stack, and the features that it does not support.

use crate::base::word_enums;

/// A stack's description of itself, for the chosen options.
///
/// The oracle (the judge of a run) reports these failures of every stack, whatever it promises:
/// - A saved edit is lost: it is not committed, does not wait, and did not lose a conflict.
/// - A phone at rest has other rows than the backend.
/// - Work does not end.
/// - The backend has two commits under one id.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Passport {
    /// The promises that the oracle may check.
    pub promises: Capabilities,
    /// Features that the stack does not support. A scenario that needs one is reported and not run.
    pub lacks: Vec<Need>,
}

impl Passport {
    /// The passport of a stack that supports every scenario.
    pub fn new(promises: Capabilities) -> Passport {
        Passport { promises, lacks: Vec::new() }
    }
}

/// The promises that the oracle may check. If a stack lacks the promise that a check needs, the
/// check is not applicable. It never counts as passed.
///
/// Every stack reports the start ([`SyncStart`](super::observe::EngineEvent::SyncStart)) and the
/// end of each run, because the bench waits for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// It reports each edit that it counts as done (`EngineEvent::EditAcknowledged`).
    pub acknowledges: bool,
    /// Its rows and changes carry the backend's stamps. So the oracle can recognise older versions.
    pub stamps: bool,
    /// Monotonic reads: a shown row never reverts unless the backend was restored. If not promised,
    /// reverts are counted but not judged.
    pub sessions: bool,
    /// A unit delivers each version of a row to a device once. Exceptions: the phone or the backend
    /// was restored, a cursor was dropped or has not passed the row yet, or a run was incomplete.
    /// If not promised, repeats are counted but not judged.
    pub once: bool,
    /// An online phone starts a run within its [`patience`](super::Stack::patience) after each
    /// trigger of a unit. It does the same after each run that failed or left edits unsent. An
    /// engine without runs that is not caught up sends or receives something within that time.
    pub prompt: bool,
    /// What the stack promises about an edit that meets another version of its row.
    pub merge: Merge,
    /// It keeps a log for the user (`DeviceView::log`) of edits that were changed or dropped.
    pub logs: bool,
    /// It reports the sync status that its app shows (`EngineEvent::Status`).
    pub status: bool,
    /// Which facts about the stack are known to the oracle. The stack does not choose this.
    pub sight: Sight,
}

/// Which facts about a stack are known, whatever it promises. In a world (a simulation) all facts
/// are known. Of a real app, only the facts in its recorded history are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// True if the rows that phones show at the end are known.
    pub rows: bool,
    /// True if the edits that wait on phones at the end are known.
    pub waits: bool,
    /// True if phones and backend are at rest at the end.
    pub rest: bool,
    /// True if each change of the backend is known, not only its final rows.
    pub commits: bool,
    /// True if the authors of the changes are known.
    pub authors: bool,
    /// True if internal events of engines are known: requests, queues, received rows, conflicts.
    pub inside: bool,
    /// True if the conflicts that the engine meets are known. A server that merges by its own rules
    /// reports none.
    pub conflicts: bool,
}

impl Sight {
    /// All facts are known, as in a simulation.
    pub const ALL: Sight = Sight {
        rows: true,
        waits: true,
        rest: true,
        commits: true,
        authors: true,
        inside: true,
        conflicts: true,
    };
}

impl Capabilities {
    /// The minimum for every stack. No saved edit is lost, unless the backend refused it or another
    /// version replaced it. No edit is committed twice. Devices at rest have the backend's rows.
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
    /// All promises that exist today. A promise that is added later is not in it.
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

/// What a stack promises about an edit that meets another version of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// The edit is kept. It, or some of its columns, reaches the backend; or it waits; or the log
    /// has it.
    Keeps,
    /// The edit, or some of its columns, can lose only to a concurrent version of the row. The
    /// stack reports each loss (`EngineEvent::ConflictDecided`). The user gets no message. A
    /// register of a CRDT works like this.
    Converges,
    /// Like `Converges`, except in columns for which the stack names a rule
    /// ([`Stack::combines`](super::Stack::combines)). In these columns no edit loses. A value that
    /// no person typed is correct if the rule derives it. The rule uses the previous value and the
    /// changes of the commit's edits.
    Combines,
    /// The whole edit may silently lose to another version of the row. Without another version, an
    /// edit that the backend accepted must be kept.
    Drops,
}

/// How a column combines concurrent changes. An edit's change is the difference between the value
/// that the person saw in the app and the value that the person saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    /// A whole number. The new value is the previous value plus all amounts that the edits add.
    /// Null counts as 0.
    Counter,
    /// A text of items separated by commas, in any order. The new value has the previous items and
    /// the added items, without the removed ones. An item stays if it was added again and the
    /// person who removed it had not seen that.
    Set,
    /// A text in which each edit replaces one range. The new value is the previous text with all
    /// insertions and without the deleted ranges. An edit's insertion stays in one piece, and no
    /// other text appears.
    Text,
}

word_enums! {
    derive (Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)
    /// A feature of a stack that a scenario may need. All stacks show rows on phones and update
    /// them.
    #[non_exhaustive]
    pub enum Need {
        /// Rows are created on phones.
        Creates: "creates",
        /// Rows are deleted, on phones or by the office (people who work on the backend itself).
        Deletes: "deletes",
        /// A phone holds only the rows that match its attributes, such as the rows of its clinic.
        Scopes: "scopes",
        /// Phones hold only the rows of a period of time.
        Windows: "windows",
        /// Phones hold only some of the columns.
        Projections: "projections",
        /// Rows refer to other rows.
        References: "references",
        /// Columns together identify a row.
        NaturalKeys: "natural keys",
        /// A row gets another key than the one it was created with.
        GivenKeys: "keys assigned by the server",
        /// Rows are fetched when a person opens a record.
        OpenedRecords: "records fetched when they are opened",
        /// Rows are uploaded and never come down.
        UploadOnly: "rows that are only uploaded",
        /// A unit brings only some columns of rows.
        Excerpts: "partial rows",
        /// Rows have attachments.
        Attachments: "attachments",
        /// There is more than one unit.
        Units: "several units",
        /// A unit blocks the screen while it runs, or is called outside the queue, or drops waiting
        /// units, or waits for a network.
        UnitRules: "rules of units",
        /// The app has hooks.
        Hooks: "hooks",
        /// Phones start with rows.
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
        /// Tokens expire.
        Tokens: "tokens that expire",
        /// Several people use a phone.
        SharedPhones: "shared phones",
        /// An app is installed again.
        Reinstalls: "reinstalls",
        /// A phone must load everything again.
        ForcedLoads: "forced loads",
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
