//! The promises of a stack, and the features that it does not support.

use crate::base::word_enums;

/// A stack's description of itself, for the chosen options.
///
/// Some things are wrong whatever it promises: a saved edit that is not committed, does not wait
/// and did not give way; a phone at rest that differs from the backend; work that does not end; two
/// commits under one id.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Passport {
    /// What the oracle may check.
    pub promises: Capabilities,
    /// Features it does not support; a scenario that needs one is reported and not run.
    pub lacks: Vec<Need>,
}

impl Passport {
    /// A passport of a stack that supports every scenario.
    pub fn new(promises: Capabilities) -> Passport {
        Passport { promises, lacks: Vec::new() }
    }
}

/// The promises that the oracle may check. If a check needs a promise that is missing, it is not
/// applicable, and never counts as passed.
///
/// Every stack reports its runs ([`SyncStart`](super::observe::EngineEvent::SyncStart) and how they
/// end), because the bench waits for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// It reports each edit that it counts as done (`EngineEvent::EditAcknowledged`).
    pub acknowledges: bool,
    /// Its rows and changes carry the backend's stamps, so that older versions can be recognised.
    pub stamps: bool,
    /// Monotonic reads: a shown row never reverts unless the backend was restored. If not promised,
    /// reverts are counted but not judged.
    pub sessions: bool,
    /// A unit delivers each version of a row to a device once. Exceptions: a side was restored, a
    /// cursor was given up or has not passed the row yet, or a run was incomplete. If not promised,
    /// repeats are counted but not judged.
    pub once: bool,
    /// An online phone starts a run within its [`patience`](super::Stack::patience) after each
    /// trigger of a unit, and after each run that failed or left edits. For an engine without runs:
    /// while it is not caught up, it sends or receives something within that time.
    pub prompt: bool,
    /// What it promises about an edit that meets another version.
    pub merge: Merge,
    /// It keeps a log for the user of edits that did not go as made (`DeviceView::log`).
    pub logs: bool,
    /// It reports the sync status that its app shows (`EngineEvent::Status`).
    pub status: bool,
    /// What can be observed of the stack; the stack does not choose this.
    pub sight: Sight,
}

/// What can be observed of a stack, whatever it promises. A world shows everything; a real app
/// shows what its recorded history contains.
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
    /// True if the conflicts are known that its engine meets. A server that merges by its own rules
    /// reports none.
    pub conflicts: bool,
}

impl Sight {
    /// What a world sees.
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
    /// The minimum for every stack: no saved edit is lost unless the backend refused it, nothing is
    /// there twice, and devices come to rest with the backend's rows.
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
    /// Everything that can be promised today. Capabilities added later are not promised by it.
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
    /// It reaches the backend, in whole or in some columns, waits, or is in the log.
    Keeps,
    /// It gives way, in whole or in some columns, only to a concurrent version. The stack reports
    /// that (`EngineEvent::ConflictDecided`), and nobody gets a message. A register of a CRDT does
    /// this.
    Converges,
    /// The same, except in columns for which the stack names a rule
    /// ([`Stack::combines`](super::Stack::combines)): there no edit gives way. A value that nobody
    /// typed is right if the rule derives it from the value before and the changes of the commit's
    /// edits.
    Combines,
    /// The whole edit may silently give way to the other version. Without such a version, an edit
    /// that the backend accepted must be kept.
    Drops,
}

/// How a column combines concurrent changes. An edit's change is the difference between what its
/// person saw in the app and what they saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    /// A whole number: the value before plus the sum of what the edits add. Null counts as 0.
    Counter,
    /// A text of items separated by commas, in any order: the items before, with those added and
    /// without those removed. An item stays if it was added again and the remover had not seen
    /// that.
    Set,
    /// A text in which each edit replaces one range: the text before, with what was typed and
    /// without what was deleted. An edit's insertion stays in one piece, and nothing else appears.
    Text,
}

word_enums! {
    derive (Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)
    /// What a scenario may need of a stack, besides phones that show rows and update them.
    #[non_exhaustive]
    pub enum Need {
        /// Rows are created on phones.
        Creates: "creates",
        /// Rows are deleted, on phones or by the office.
        Deletes: "deletes",
        /// Phones hold only rows with one of their attributes, such as those of their clinic.
        Scopes: "scopes",
        /// Phones hold only the rows of a range of time.
        Windows: "windows",
        /// Phones hold only some of the columns.
        Projections: "projections",
        /// Rows refer to others.
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
        /// A unit has the screen while it runs, or is called outside the queue, or drops waiting
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
        /// A phone is made to load everything again.
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
