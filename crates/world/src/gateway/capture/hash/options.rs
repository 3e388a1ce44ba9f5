//! The options of a capture by comparison.

use crate::backend::FileDrop;
use crate::base::in_words;

/// What is compared, and the source of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashOptions {
    /// What is kept of each row.
    pub keep: Keep,
    /// True if rows are hashed in canonical form; false as the source writes them, always
    /// differently.
    pub canonical: bool,
    /// How the source is read.
    pub snapshot: Snapshot,
    /// Rows per read if the source is read in pages; at least 1.
    pub read_rows: u32,
    /// The source of the rows.
    pub source: Source,
}

/// What is kept of each row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// 128 bits. A changed row is sent whole.
    #[default]
    Hash,
    /// All values that the reader gets. A device is sent only the columns that differ.
    Copy,
}
in_words!(Keep { Hash: "hash", Copy: "copy" });

/// How the source is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Snapshot {
    /// In one transaction, isolated from all others.
    #[default]
    Isolated,
    /// In pages by offset while others write, one page per request of a pull. A deleted row shifts
    /// all later ones, so one row is skipped and taken for gone.
    Torn,
    /// Like `Torn`, repeated until a pass sees all rows of the previous pass: then that one skipped
    /// nothing. If rows vanish in several consecutive passes, possibly skipped rows are left for
    /// the next time.
    TwoPass,
}
in_words!(Snapshot { Isolated: "isolated", Torn: "torn", TwoPass: "two-pass" });

/// The source of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Requests to the backend.
    Api,
    /// Files that the backend writes.
    File {
        /// When it writes them.
        drop: FileDrop,
        /// True if a file is used only if its last line marks it as complete.
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
