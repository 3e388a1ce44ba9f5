//! Options of a device's database.

use crate::base::{EntityId, Span, in_words, word_enums};

/// SQLite's journal mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Journal {
    /// A rollback journal that is truncated after each transaction, as Android sets it.
    #[default]
    Truncate,
    /// A rollback journal whose file is kept, as large as the largest transaction. It is often most
    /// of the memory of simulated devices.
    Persist,
    /// A write-ahead log.
    Wal,
    /// No journal in the file layer: for `:memory:` and benches.
    Memory,
}
in_words!(Journal { Truncate: "truncate", Persist: "persist", Wal: "wal" } but Memory);

word_enums! {
    /// SQLite's `synchronous` setting.
    pub enum Synchronous {
        /// A sync per commit: it survives a loss of power.
        #[default]
        Full: "full",
        /// Fewer syncs: a loss of power may take the last commits.
        Normal: "normal",
    }

    /// What SQLite does about rows that refer to a missing row.
    pub enum ForeignKeys {
        /// Nothing: SQLite does not know which columns refer to rows.
        #[default]
        Off: "off",
        /// It refuses to commit.
        Deferred: "deferred",
        /// It refuses the statement.
        Immediate: "immediate",
    }

    /// How the engine finds the row that it wrote beside an earlier version of a row.
    pub enum FoundBy {
        /// By an index.
        #[default]
        Index: "index",
        /// It reads all of them.
        Scan: "scan",
    }

    /// What a new version of the app does with a database of an older one.
    pub enum OnMismatch {
        /// Missing columns are added, empty until their rows come again.
        #[default]
        Migrate: "migrate",
        /// The same, and all rows of their entities are loaded again.
        Backfill: "backfill",
        /// Everything is thrown away, waiting edits included, and loaded again.
        Reset: "reset",
    }
}

/// An index of the app's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// The entity whose table is indexed.
    pub entity: EntityId,
    /// Positions in the backend's columns, of columns that devices hold.
    pub columns: Vec<usize>,
}

/// All options of a device's database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// The size of a database page in bytes; a power of two.
    pub page_size: u32,
    /// How transactions are kept atomic.
    pub journal: Journal,
    /// When SQLite waits for the flash.
    pub synchronous: Synchronous,
    /// The size of SQLite's page cache, in pages.
    pub cache_pages: u32,
    /// Whether SQLite checks references.
    pub foreign_keys: ForeignKeys,
    /// Whether to count, after each transaction, the rows that refer to a missing row.
    pub watch_references: bool,
    /// How long settled edits stay in the database; zero: not at all.
    pub keep_settled: Span,
    /// Whether to report the positions of all cursors before and after each run.
    pub watch_cursors: bool,
    /// What happens to a database of another schema.
    pub on_mismatch: OnMismatch,
    /// The indexes besides those of the keys.
    pub indexes: Vec<Index>,
    /// How many rows of the engine's own are written per pulled row; `extra` says what they hold.
    pub extra_rows: u32,
    /// How the one of an earlier version is found.
    pub extra_found_by: FoundBy,
    /// Whether a cipher encrypts each page.
    pub encrypted: bool,
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
            extra_found_by: FoundBy::default(),
            encrypted: false,
        }
    }
}

impl StoreOptions {
    /// Whether SQLite refuses rows that refer to a missing row.
    pub(crate) fn checks_references(&self) -> bool {
        self.foreign_keys != ForeignKeys::Off
    }
}
