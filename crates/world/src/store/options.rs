//! Options of a device's database.

use crate::base::{EntityId, Span, in_words, word_enums};

/// SQLite's journal mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Journal {
    /// A rollback journal that is truncated after each transaction, as Android sets it.
    #[default]
    Truncate,
    /// A rollback journal whose file stays as large as the largest transaction. This file is often
    /// the largest part of a simulated device's memory.
    Persist,
    /// A write-ahead log.
    Wal,
    /// A journal in memory, for `:memory:` databases and benchmarks.
    Memory,
}
in_words!(Journal { Truncate: "truncate", Persist: "persist", Wal: "wal" } but Memory);

word_enums! {
    /// SQLite's `synchronous` setting.
    pub enum Synchronous {
        /// One sync per commit: commits survive a loss of power.
        #[default]
        Full: "full",
        /// Fewer syncs: a loss of power may lose the last commits.
        Normal: "normal",
    }

    /// What SQLite does with rows that refer to a missing row.
    pub enum ForeignKeys {
        /// SQLite does not know the references between rows, and accepts such rows.
        #[default]
        Off: "off",
        /// SQLite refuses the commit.
        Deferred: "deferred",
        /// SQLite refuses the statement.
        Immediate: "immediate",
    }

    /// How the engine finds its extra row beside an earlier version of a row.
    pub enum FoundBy {
        /// By an index.
        #[default]
        Index: "index",
        /// By reading all extra rows.
        Scan: "scan",
    }

    /// When the app's own indexes of an entity are created.
    pub enum IndexesMade {
        /// With the tables. Each stored row then also updates the indexes.
        #[default]
        AtOnce: "at-once",
        /// At the end of the entity's first full load. Until then, lists read the whole table.
        AfterLoad: "after-load",
    }

    /// What a new version of the app does with a database of an older one.
    pub enum OnMismatch {
        /// Missing columns are added. They are empty until their rows are pulled again.
        #[default]
        Migrate: "migrate",
        /// As `Migrate`, and all rows of the changed entities are loaded again.
        Backfill: "backfill",
        /// All data is deleted, even waiting edits, and loaded again.
        Reset: "reset",
    }
}

/// An index that the app defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// The entity whose table is indexed.
    pub entity: EntityId,
    /// Columns that devices hold, by position in the backend's columns.
    pub columns: Vec<usize>,
}

/// All options of a device's database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// The size of a database page in bytes; a power of two.
    pub page_size: u32,
    /// How transactions are kept atomic.
    pub journal: Journal,
    /// When SQLite waits for the flash memory to store its writes.
    pub synchronous: Synchronous,
    /// The size of SQLite's page cache, in pages.
    pub cache_pages: u32,
    /// Whether SQLite checks references.
    pub foreign_keys: ForeignKeys,
    /// Whether to count, after each transaction, the rows that refer to a missing row.
    pub watch_references: bool,
    /// How long settled edits stay in the database; zero: no settled edits are kept.
    pub keep_settled: Span,
    /// Whether to report the positions of all cursors before and after each run.
    pub watch_cursors: bool,
    /// What happens to a database of an older version of the app.
    pub on_mismatch: OnMismatch,
    /// The app's own indexes, besides the primary keys.
    pub indexes: Vec<Index>,
    /// When these indexes are created.
    pub indexes_made: IndexesMade,
    /// The number of extra rows that the engine writes per pulled row, such as a log. Each repeats
    /// the row's content.
    pub extra_rows: u32,
    /// How the engine finds the extra row of the row's earlier version.
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
            indexes_made: IndexesMade::default(),
            extra_rows: 0,
            extra_found_by: FoundBy::default(),
            encrypted: false,
        }
    }
}

impl StoreOptions {
    /// The app's own indexes that are created with the tables.
    pub(crate) fn first_indexes(&self) -> &[Index] {
        match self.indexes_made {
            IndexesMade::AtOnce => &self.indexes,
            IndexesMade::AfterLoad => &[],
        }
    }
    /// Whether SQLite refuses rows that refer to a missing row.
    pub(crate) fn checks_references(&self) -> bool {
        self.foreign_keys != ForeignKeys::Off
    }
}
