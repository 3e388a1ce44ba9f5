//! Opens connections to databases.

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::error::{StoreError, Stored};
use super::layout::{PAST, VERSION, ddl, extra};
use super::options::{Journal, StoreOptions};
use super::upgrade::{mark, upgrade};
use crate::base::{Span, Word};
use crate::contract::{Database, Schema};
use crate::disk;

/// The number of prepared statements that a connection keeps. A run with many entities needs some
/// dozens.
const STATEMENTS: usize = 128;

pub(super) fn reopen(database: &Database, options: &StoreOptions) -> Stored<Connection> {
    let connection = disk::open(database)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Without this setting SQLite plans a statement again for each new value. It does so to use
    // statistics, which these tables do not have.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(&pragmas(options))?;
    Ok(connection)
}

/// Opens a database. Creates all tables in an empty database.
pub(super) fn open(database: &Database, schema: &Schema, options: &StoreOptions) -> Stored<Connection> {
    let connection = reopen(database, options)?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match version {
        VERSION => {}
        0 => connection.execute_batch(&format!(
            "BEGIN IMMEDIATE;{}{}COMMIT",
            ddl(schema, options.foreign_keys, options.first_indexes()),
            mark(schema)
        ))?,
        other => return Err(StoreError::Damaged(format!("a database of layout {other}"))),
    }
    upgrade(&connection, schema, options)?;
    if options.keep_settled > Span::ZERO {
        connection.execute_batch(PAST)?;
    }
    if options.extra_rows > 0 {
        connection.execute_batch(extra(options.extra_found_by))?;
    }
    Ok(connection)
}

/// The settings of a connection. The page size has an effect only on an empty file.
fn pragmas(options: &StoreOptions) -> String {
    let journal = match options.journal {
        Journal::Truncate => "TRUNCATE",
        Journal::Persist => "PERSIST",
        // Android's checkpoint interval in pages (`db_wal_autocheckpoint`). SQLite's default of
        // 1000 pages is larger than most of these databases.
        Journal::Wal => "WAL;PRAGMA wal_autocheckpoint=100",
        Journal::Memory => "MEMORY",
    };
    let synchronous = options.synchronous.word();
    let foreign_keys = if options.checks_references() { ";PRAGMA foreign_keys=ON" } else { "" };
    format!(
        "PRAGMA page_size={};PRAGMA journal_mode={journal};PRAGMA synchronous={synchronous};PRAGMA cache_size={}{foreign_keys}",
        options.page_size, options.cache_pages
    )
}
