//! The options of a capture by comparison.

use crate::backend::FileDrop;
use crate::base::in_words;

/// The data to compare, and the source of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashOptions {
    /// The data to keep of each row.
    pub keep: Keep,
    /// True: hashes rows in canonical form. False: as the source writes them, which differs from
    /// read to read.
    pub canonical: bool,
    /// The way to read the source.
    pub snapshot: Snapshot,
    /// Rows per read if the source is read in pages; at least 1.
    pub read_rows: u32,
    /// The source of the rows.
    pub source: Source,
}

/// The data to keep of each row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// A hash of 128 bits. A changed row is sent whole.
    #[default]
    Hash,
    /// All values that the reader gets. A device then gets only the columns that differ.
    Copy,
}
in_words!(Keep { Hash: "hash", Copy: "copy" });

/// The way to read the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Snapshot {
    /// In one transaction, isolated from all others.
    #[default]
    Isolated,
    /// In pages by offset while others write, one page per request of a pull. A deleted row shifts
    /// all later rows. Then the read skips a row, and the skipped row counts as gone.
    Torn,
    /// Like `Torn`, repeated until a pass sees all rows of the previous pass: then the previous
    /// pass skipped nothing. If rows vanish in several consecutive passes, rows that may have been
    /// skipped wait for the next reading.
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
        /// The schedule of the files.
        drop: FileDrop,
        /// True: uses a file only if its last line marks the file as complete.
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
