//! What a device's database can be told to be.

use crate::base::{EntityId, Span, in_words};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Journal {
    /// A rollback journal whose file is cut to nothing after each transaction: what Android sets.
    #[default]
    Truncate,
    /// A rollback journal whose file is kept, as large as the largest transaction made it. Of
    /// simulated devices, that is often most of their memory.
    Persist,
    Wal,
    /// None in the file layer: for `:memory:` and benches.
    Memory,
}
in_words!(Journal { Truncate: "truncate", Persist: "persist", Wal: "wal" } but Memory);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// For every commit: it outlasts a loss of power.
    #[default]
    Full,
    /// Less often: a loss of power may take what was committed last.
    Normal,
}
in_words!(Synchronous { Full: "full", Normal: "normal" });

/// What SQLite does about rows that refer to one that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForeignKeys {
    /// Nothing: it is not told which columns refer to rows.
    #[default]
    Off,
    /// It refuses to commit.
    Deferred,
    /// It refuses the statement.
    Immediate,
}
in_words!(ForeignKeys { Off: "off", Deferred: "deferred", Immediate: "immediate" });

/// What a new version of the app makes of a database that an older one left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMismatch {
    /// Columns that it lacks are added, empty until their rows come again.
    #[default]
    Migrate,
    /// The same, and all rows of their entities come again.
    Backfill,
    /// All is thrown away, edits that wait included, and loaded again.
    Reset,
}
in_words!(OnMismatch { Migrate: "migrate", Backfill: "backfill", Reset: "reset" });
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    pub entity: EntityId,
    /// Positions in the backend's columns, of columns that devices hold.
    pub columns: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    pub page_size: u32,
    pub journal: Journal,
    pub synchronous: Synchronous,
    pub cache_pages: u32,
    pub foreign_keys: ForeignKeys,
    /// After each transaction it is counted how many rows refer to one that is not there.
    pub watch_references: bool,
    /// How long edits that are settled stay in the database; not at all if zero.
    pub keep_settled: Span,
    /// Before and after each run it is told where all cursors stand.
    pub watch_cursors: bool,
    pub on_mismatch: OnMismatch,
    pub indexes: Vec<Index>,
    /// So many rows of the engine's own are written for each that comes: `extra` says of what.
    pub extra_rows: u32,
}

impl Default for StoreOptions {
    fn default() -> StoreOptions {
        StoreOptions {
            page_size: 4096,
            journal: Journal::default(),
            synchronous: Synchronous::default(),
            cache_pages: 64,
            foreign_keys: ForeignKeys::default(),
            watch_references: false,
            keep_settled: Span::ZERO,
            watch_cursors: false,
            on_mismatch: OnMismatch::default(),
            indexes: Vec::new(),
            extra_rows: 0,
        }
    }
}

impl StoreOptions {
    /// Whether SQLite refuses rows that refer to one that is not there.
    pub fn checks_references(&self) -> bool {
        self.foreign_keys != ForeignKeys::Off
    }
}
