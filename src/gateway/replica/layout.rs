//! The tables.

use std::fmt::Write as _;

use crate::base::EntityId;
use crate::contract::{Delivery, Schema};

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

pub(super) fn held(schema: &Schema) -> impl Iterator<Item = EntityId> {
    schema.ids().filter(|id| schema.entity(*id).delivery.comes_down())
}

fn write_all(ddl: &mut String, text: std::fmt::Arguments<'_>) {
    ddl.write_fmt(text).expect("memory takes what is written");
}
