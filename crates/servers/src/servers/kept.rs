//! What a half keeps: its database.

use rusqlite::{Connection, OpenFlags};

use crate::contract::{Database, ServerError, Span};

/// No transaction of the record is longer under way than this: what was committed before is seen.
pub(super) const SETTLED: Span = Span::secs(86_400);

/// Opens the database of a half and makes its tables.
///
/// # Panics
/// When the disk of the server is broken: the bench breaks none.
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

/// An error of the database on its way to a phone: it tries again.
pub(super) fn failed(_: rusqlite::Error) -> ServerError {
    ServerError::Failed
}
