//! What a capture by comparing can be told to be.

use crate::backend::FileDrop;
use crate::base::in_words;

/// What is compared, and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashOptions {
    /// What is kept of each row.
    pub keep: Keep,
    /// Whether rows are hashed in a canonical form, or as the source writes them, which is never
    /// twice the same.
    pub canonical: bool,
    /// How the source is read.
    pub snapshot: Snapshot,
    /// Rows that the source gives at once where it is read in pages; at least 1.
    pub read_rows: u32,
    /// Where rows come from.
    pub source: Source,
}

/// What is kept of each row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// 128 bits: what differs is sent as a whole.
    #[default]
    Hash,
    /// All that the reader gets: a device is sent the columns that differ.
    Copy,
}
in_words!(Keep { Hash: "hash", Copy: "copy" });

/// How the source is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Snapshot {
    /// In one transaction, isolated from all others.
    #[default]
    Isolated,
    /// In pages by offset while others write, a page with each request of a pull. A row that is
    /// deleted moves all that follow it: one is skipped, and taken for gone.
    Torn,
    /// In the same way until a pass sees all that the one before saw: so that one skipped nothing.
    /// If rows vanish in several passes on end, what might have been skipped is left for the next
    /// time.
    TwoPass,
}
in_words!(Snapshot { Isolated: "isolated", Torn: "torn", TwoPass: "two-pass" });

/// Where rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The backend is asked.
    Api,
    /// It writes files.
    File {
        /// When.
        drop: FileDrop,
        /// Whether a file is used only if its last line says that it is complete.
        trailer: bool,
    },
}

impl Default for HashOptions {
    fn default() -> HashOptions {
        HashOptions {
            keep: Keep::default(),
            canonical: true,
            snapshot: Snapshot::default(),
            read_rows: 500,
            source: Source::Api,
        }
    }
}
