//! The replica's SQLite database: its tables and its transactions.
//!
//! A place is one combination of values in the columns that bind rows to devices. A superseded
//! version is an older version of a row.

use std::sync::Arc;

use rusqlite::{CachedStatement, Connection, OptionalExtension};
use rustc_hash::FxHashMap;

use crate::base::{EntityId, Span, Time};
use crate::contract::{Delivery, Schema};
use crate::disk::{self, Disk};

const NAME: &str = "replica.db";
/// Cached prepared statements: fourteen per entity, and twelve more.
const STATEMENTS: usize = 512;
/// A server has a write-ahead log and a large cache. Data that a killed process committed remains.
const PRAGMAS: &str = "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                       PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 1000";
const PAGE: u64 = 8_192;
const FIXED: &str = "
    CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE scope(
        id INTEGER PRIMARY KEY, entity INTEGER NOT NULL, name TEXT NOT NULL, purged INTEGER NOT NULL DEFAULT 0,
        UNIQUE(entity, name)
    );
    CREATE TABLE age(at INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
    CREATE TABLE progress(
        entity INTEGER PRIMARY KEY, cursor TEXT, loaded INTEGER NOT NULL, loading INTEGER NOT NULL,
        generation INTEGER NOT NULL, since INTEGER
    );
    CREATE TABLE upload(
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL, device INTEGER NOT NULL, request BLOB NOT NULL,
        queued INTEGER NOT NULL, settled INTEGER, verdict BLOB, UNIQUE(id, device)
    );
    CREATE INDEX upload_waits ON upload(seq) WHERE verdict IS NULL;
    CREATE INDEX upload_settled ON upload(settled) WHERE verdict IS NOT NULL;
";

/// The options for superseded versions in a replica.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoryOptions {
    /// The first refresh after each multiple of this time drops superseded versions; `None`: never.
    pub compacted_every: Option<Span>,
}

pub(crate) struct Replica {
    disk: Disk,
    pub(super) schema: Arc<Schema>,
    /// If superseded versions are kept, a first load reads them and all tombstones.
    pub(super) history: Option<HistoryOptions>,
    open: Option<Open>,
}

pub(super) struct Open {
    connection: Connection,
    /// Identifies this database.
    pub(super) epoch: i64,
    pub(super) head: i64,
    /// The time of the last restore, in nanoseconds. Negative: no restore, or a refresh has caught
    /// up.
    put_back: i64,
    /// The numbers of places, by entity and name.
    places: FxHashMap<(EntityId, Box<str>), i64>,
}

impl Replica {
    /// An empty replica on a new disk. No device may have a cursor of a database with the same
    /// `epoch`.
    pub(crate) fn new(schema: Arc<Schema>, epoch: i64) -> Replica {
        let disk = Disk::new(disk::DiskOptions::default());
        let mut replica = Replica { disk, schema, history: None, open: None };
        replica.reopen(epoch);
        replica
    }

    /// The same replica, but empty. It keeps a history if `history` has options.
    #[must_use]
    pub(crate) fn with_history(self, history: Option<HistoryOptions>) -> Replica {
        if history.is_some() {
            let sql =
                "CREATE TABLE past_rows(scope INTEGER NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL,
                       stamp INTEGER NOT NULL, cells BLOB, PRIMARY KEY(scope, seq)) WITHOUT ROWID";
            self.entities().for_each(|entity| _ = sound(self.on(entity, sql).execute([])));
            sound(self.open().prepare("INSERT INTO meta VALUES('compacted', 0)").execute([]));
            self.disk.forgive();
        }
        Replica { history, ..self }
    }

    pub(crate) fn kill(&mut self) {
        self.disk.kill();
        self.open = None;
    }

    /// Opens the database in the next process. An empty disk gets tables with this epoch.
    pub(crate) fn reopen(&mut self, epoch: i64) {
        let connection = sound(self.disk.open(NAME));
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        sound(connection.execute_batch(PRAGMAS));
        let version: i64 = sound(connection.query_row("PRAGMA user_version", [], |row| row.get(0)));
        if version == 0 {
            let tables = self.entities().map(|entity| tables_of(&self.schema, entity));
            let tables = tables.collect::<Vec<_>>().concat();
            sound(connection.execute_batch(&format!(
                "BEGIN; {FIXED} {tables} INSERT INTO meta VALUES('epoch', {epoch}), ('head', 0), ('fresh', -1), ('put_back', -1); \
                 PRAGMA user_version = 1; COMMIT"
            )));
        }
        let places = FxHashMap::default();
        let mut open = Open { connection, epoch: 0, head: 0, put_back: -1, places };
        (open.epoch, open.head) = (open.meta("epoch"), open.meta("head"));
        open.put_back = open.meta("put_back");
        self.open = Some(open);
        self.disk.forgive();
    }

    pub(crate) fn backup(&self) -> disk::Backup {
        self.disk.backup()
    }

    /// Restores the files from a backup. Call it while the database is closed. With `noticed`, the
    /// database gets a new epoch.
    pub(crate) fn restore(&mut self, files: &disk::Backup, noticed: Option<(i64, Time)>) {
        self.disk.restore(files);
        if let Some((epoch, now)) = noticed {
            self.reopen(epoch);
            self.transact(|replica| {
                replica.open().set_meta("epoch", epoch);
                replica.open().set_meta("put_back", now.0 as i64);
            });
            self.kill();
        }
    }

    /// The time of the restore, if no refresh has caught up with it. Until then devices may hold
    /// newer rows.
    pub(crate) fn put_back(&self) -> Option<Time> {
        u64::try_from(self.open().put_back).ok().map(Time)
    }

    /// Notes that a refresh has reached at least the state before the restore.
    pub(crate) fn caught_up(&mut self) {
        self.transact(|replica| replica.open().set_meta("put_back", -1));
        self.open.as_mut().expect("a gateway that is down does nothing").put_back = -1;
    }

    pub(crate) fn entities(&self) -> impl Iterator<Item = EntityId> {
        self.schema.ids().filter(|id| self.schema.entity(*id).delivery.comes_down())
    }

    pub(crate) fn bytes(&self) -> u64 {
        let pages = self.open().prepare("PRAGMA page_count").query_row([], |row| row.get::<_, i64>(0));
        sound(pages) as u64 * PAGE
    }

    /// The start of the last complete refresh; `None` before the first.
    pub(crate) fn fresh(&self) -> Option<Time> {
        u64::try_from(self.open().meta("fresh")).ok().map(Time)
    }

    /// Notes that the replica is as fresh as a refresh that began at `at`.
    pub(super) fn set_fresh(&self, at: Time) {
        self.open().set_meta("fresh", at.0 as i64);
    }

    pub(super) fn transact<R>(&mut self, f: impl FnOnce(&mut Replica) -> R) -> R {
        sound(self.open().connection.execute_batch("BEGIN IMMEDIATE"));
        let before = self.open().head;
        let result = f(self);
        let open = self.open();
        if open.head != before {
            open.set_meta("head", open.head);
        }
        sound(open.connection.execute_batch("COMMIT"));
        // The gateway's work has its own time model, so its disk charges no time.
        self.disk.forgive();
        result
    }

    pub(super) fn open(&self) -> &Open {
        self.open.as_ref().expect("a gateway that is down does nothing")
    }

    pub(super) fn next(&mut self) -> i64 {
        let open = self.open.as_mut().expect("a gateway that is down does nothing");
        open.head += 1;
        open.head
    }

    /// Prepares a statement for an entity's table, which `sql` calls `rows`.
    pub(super) fn on(&self, entity: EntityId, sql: &str) -> CachedStatement<'_> {
        self.open().prepare(&sql.replace("rows", &format!("row{}", entity.0)))
    }

    /// The number of a place. A new place gets a number.
    pub(super) fn place(&mut self, entity: EntityId, name: &str) -> i64 {
        if let Some(number) = self.known_place(entity, name) {
            return number;
        }
        let open = self.open.as_mut().expect("a gateway that is down does nothing");
        sound(open.prepare("INSERT INTO scope(entity, name) VALUES(?1, ?2)").execute((entity.0, name)));
        let number = open.connection.last_insert_rowid();
        open.places.insert((entity, name.into()), number);
        number
    }

    /// The number of a place; `None` if it never had a row.
    pub(super) fn known_place(&self, entity: EntityId, name: &str) -> Option<i64> {
        let open = self.open();
        if let Some(number) = open.places.get(&(entity, name.into())) {
            return Some(*number);
        }
        let mut find = open.prepare("SELECT id FROM scope WHERE entity = ?1 AND name = ?2");
        sound(find.query_row((entity.0, name), |row| row.get(0)).optional())
    }
}

impl Open {
    pub(super) fn prepare(&self, sql: &str) -> CachedStatement<'_> {
        sound(self.connection.prepare_cached(sql))
    }

    pub(super) fn meta(&self, name: &str) -> i64 {
        sound(self.prepare("SELECT value FROM meta WHERE name = ?1").query_row([name], |row| row.get(0)))
    }

    pub(super) fn set_meta(&self, name: &str, value: i64) {
        sound(self.prepare("UPDATE meta SET value = ?2 WHERE name = ?1").execute((name, value)));
    }
}

fn tables_of(schema: &Schema, entity: EntityId) -> String {
    let n = entity.0;
    let by_record = match schema.entity(entity).delivery {
        Delivery::OnOpen { .. } => {
            format!("CREATE INDEX row{n}_record ON row{n}(record, seq) WHERE gone = 0;")
        }
        Delivery::Delta | Delivery::UploadOnly | Delivery::BackendOnly => String::new(),
    };
    format!(
        "CREATE TABLE row{n}(
            scope INTEGER NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL, stamp INTEGER NOT NULL,
            gone INTEGER NOT NULL, ours INTEGER NOT NULL, ahead INTEGER NOT NULL,
            generation INTEGER NOT NULL, record TEXT, cells BLOB, PRIMARY KEY(scope, seq)
        ) WITHOUT ROWID;
        CREATE INDEX row{n}_key ON row{n}(key);
        CREATE INDEX row{n}_gone ON row{n}(seq) WHERE gone = 1;
        INSERT INTO progress VALUES({n}, NULL, 0, 1, 1, NULL);
        {by_record}"
    )
}

/// Unwraps a result. The gateway's disk has power and space and no other writer, so an SQLite error
/// is a bug.
pub(super) fn sound<T>(result: rusqlite::Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("the replica's database failed: {error}"))
}
