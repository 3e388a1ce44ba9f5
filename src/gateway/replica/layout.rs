//! The tables.

use std::fmt::Write as _;

use crate::base::EntityId;
use crate::contract::{Delivery, Schema};

/// The statements on the table of an entity, by [`Statement`].
pub(super) type Sql = [String; 17];

#[derive(Clone, Copy, Debug)]
pub(super) enum Statement {
    /// Where a row is and was: the key.
    Find,
    /// Adds a row or a tombstone.
    Insert,
    /// Takes one away: scope, seq.
    Delete,
    /// Says that one is as it was in this load: scope, seq, generation.
    Confirm,
    /// Says that a device has written a row: its key.
    Ours,
    /// Says that a device was told something else of a row: its key.
    Doubt,
    /// Tombstones of rows of which a device was told something else.
    Doubted,
    /// Gives one a new number: scope, seq, the number.
    Renew,
    /// Says of all from a stamp up to another that the backend has told of them, or will: the two.
    NoneAhead,
    /// Says that a load has met a row, whatever a device was told of it: its key, the generation.
    Met,
    /// Rows that a load has not met: its generation.
    Unmet,
    /// Changes after a number: scope, seq, limit.
    Changes,
    /// The same while a first load is under way: scope, seq, limit, and the number after which
    /// tombstones count.
    Load,
    /// Rows of a record: record, limit.
    OfRecord,
    /// The last number of what changed by a stamp.
    LastBy,
    /// The last tombstone of each place up to a number.
    Gone,
    /// Takes away the tombstones up to a number.
    Purge,
}

/// Everything but the entities.
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

/// What makes an empty database one of these entities.
pub(super) fn ddl(schema: &Schema) -> String {
    let mut ddl = FIXED.to_owned();
    for id in held(schema) {
        let n = id.0;
        write_all(
            &mut ddl,
            format_args!(
                "CREATE TABLE row{n}(
                    scope INTEGER NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL, stamp INTEGER NOT NULL,
                    gone INTEGER NOT NULL, ours INTEGER NOT NULL, ahead INTEGER NOT NULL,
                    generation INTEGER NOT NULL, record TEXT, cells BLOB, PRIMARY KEY(scope, seq)
                ) WITHOUT ROWID;
                CREATE INDEX row{n}_key ON row{n}(key);
                CREATE INDEX row{n}_gone ON row{n}(seq) WHERE gone = 1;
                INSERT INTO progress VALUES({n}, NULL, 0, 1, 1, NULL);"
            ),
        );
        if matches!(schema.entity(id).delivery, Delivery::OnOpen { .. }) {
            write_all(
                &mut ddl,
                format_args!("CREATE INDEX row{n}_record ON row{n}(record, seq) WHERE gone = 0;"),
            );
        }
    }
    ddl
}

/// The entities that devices can get.
pub(super) fn held(schema: &Schema) -> impl Iterator<Item = EntityId> {
    schema.ids().filter(|id| schema.entity(*id).delivery.comes_down())
}

/// The statements of an entity, in the order of [`Statement`].
pub(super) fn sql(entity: EntityId) -> Sql {
    let table = format!("row{}", entity.0);
    let page = "SELECT seq, key, stamp, cells FROM";
    [
        format!(
            "SELECT scope, seq, stamp, gone, ours, ahead, generation, record, cells FROM {table} WHERE key = ?1"
        ),
        format!("INSERT INTO {table} VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"),
        format!("DELETE FROM {table} WHERE scope = ?1 AND seq = ?2"),
        format!("UPDATE {table} SET generation = ?3, ahead = 0 WHERE scope = ?1 AND seq = ?2"),
        format!("UPDATE {table} SET ours = 1 WHERE key = ?1"),
        format!("UPDATE {table} SET generation = -abs(generation) WHERE key = ?1"),
        format!("SELECT scope, seq FROM {table} WHERE gone = 1 AND generation < 0 ORDER BY seq"),
        format!("UPDATE {table} SET seq = ?3, generation = abs(generation) WHERE scope = ?1 AND seq = ?2"),
        format!("UPDATE {table} SET ahead = 0 WHERE ahead = 1 AND stamp BETWEEN ?1 AND ?2"),
        format!("UPDATE {table} SET generation = iif(generation < 0, -?2, ?2) WHERE key = ?1 AND gone = 0"),
        format!(
            "SELECT key, stamp FROM {table} WHERE gone = 0 AND ahead = 0 AND abs(generation) < ?1 ORDER BY seq"
        ),
        format!("{page} {table} WHERE scope = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"),
        format!(
            "{page} {table} WHERE scope = ?1 AND seq > ?2 AND (gone = 0 OR ours = 1 OR seq > ?4)
             ORDER BY seq LIMIT ?3"
        ),
        format!("SELECT scope, key, stamp, cells FROM {table} WHERE record = ?1 AND gone = 0 ORDER BY seq"),
        format!("SELECT ifnull(max(seq), 0) FROM {table} WHERE stamp <= ?1"),
        format!("SELECT scope, max(seq) FROM {table} WHERE gone = 1 AND seq <= ?1 GROUP BY scope"),
        format!("DELETE FROM {table} WHERE gone = 1 AND seq <= ?1"),
    ]
}

fn write_all(ddl: &mut String, text: std::fmt::Arguments<'_>) {
    ddl.write_fmt(text).expect("memory takes what is written");
}
