//! The database of a server half.

use rusqlite::{Connection, OpenFlags};

use crate::contract::{Database, ServerError, Span};

/// How long a transaction on the system of record may take. Every reader sees a commit that is
/// older than this.
pub(super) const SETTLED: Span = Span::secs(86_400);

/// Opens the database of a server half and creates its tables.
///
/// # Panics
/// If the server's disk fails, which the bench never causes.
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

/// Maps a database error to one after which the phone retries.
pub(super) fn failed(_: rusqlite::Error) -> ServerError {
    ServerError::Failed
}
