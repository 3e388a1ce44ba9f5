//! What a device's database can be told to be.

use crate::base::in_words;

/// How SQLite keeps its journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Journal {
    /// A rollback journal whose file is cut to nothing after each transaction: what Android sets.
    #[default]
    Truncate,
    /// A rollback journal whose file is kept, as large as the largest transaction made it. Of
    /// simulated devices, that is often most of their memory.
    Persist,
    /// A write-ahead log.
    Wal,
    /// None in the file layer: for `:memory:` and benches.
    Memory,
}
in_words!(Journal { Truncate: "truncate", Persist: "persist", Wal: "wal" } but Memory);

/// How often SQLite waits for the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// For every commit: it outlasts a loss of power.
    #[default]
    Full,
    /// Less often: a loss of power may take what was committed last.
    Normal,
}
in_words!(Synchronous { Full: "full", Normal: "normal" });

/// A device database's options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes a page.
    pub page_size: u32,
    /// The journal.
    pub journal: Journal,
    /// How often SQLite waits for the disk.
    pub synchronous: Synchronous,
    /// Pages of cache.
    pub cache_pages: u32,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            page_size: 4096,
            journal: Journal::default(),
            synchronous: Synchronous::default(),
            cache_pages: 64,
        }
    }
}
