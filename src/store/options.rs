//! What a device's database can be told to be.

/// How SQLite keeps its journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journal {
    /// A rollback journal whose file is cut to nothing after each transaction: what Android sets.
    Truncate,
    /// A rollback journal whose file is kept, as large as the largest transaction made it. Of simulated devices, that is
    /// often most of their memory.
    Persist,
    /// A write-ahead log.
    Wal,
    /// None in the file layer: for `:memory:` and benches.
    Memory,
}

/// A device database's options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes a page.
    pub page_size: u32,
    /// The journal.
    pub journal: Journal,
    /// `synchronous = FULL` rather than `NORMAL`.
    pub sync_full: bool,
    /// Pages of cache.
    pub cache_pages: u32,
}

impl Default for Options {
    fn default() -> Options {
        Options { page_size: 4096, journal: Journal::Truncate, sync_full: true, cache_pages: 64 }
    }
}
