//! The database of a server half.

use rusqlite::{Connection, OpenFlags};

use crate::contract::{Database, ServerError, Span};

/// The longest time that a transaction on the system of record takes. Every reader sees a commit
/// that is older than this.
pub(super) const SETTLED: Span = Span::secs(86_400);

/// Opens the database of a server half and creates its tables.
///
/// # Panics
/// If the server's disk fails. The bench never causes this.
pub(super) fn open(at: &Database, tables: &str) -> Connection {
    let opened = || -> rusqlite::Result<Connection> {
        let database = match at.vfs {
            Some(vfs) => Connection::open_with_flags_and_vfs(&at.path, OpenFlags::default(), vfs)?,
            None => Connection::open(&at.path)?,
        };
        database.pragma_update(None, "journal_mode", "TRUNCATE")?;
        database.execute_batch(tables)?;
        Ok(database)
    };
    opened().expect("the server's disk is sound")
}

/// Maps a database error to a server error after which the phone retries.
pub(super) fn failed(_: rusqlite::Error) -> ServerError {
    ServerError::Failed
}
