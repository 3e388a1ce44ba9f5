//! Stores one value in a database, for small sync engines.

use std::cell::{Ref, RefCell};

use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::vfs::open;
use crate::contract::Database;

/// The state of a small engine: one value, stored as JSON. It survives a kill and a power loss.
pub struct Document<T> {
    database: Connection,
    value: RefCell<T>,
}

impl<T: Clone + Default + Serialize + DeserializeOwned> Document<T> {
    /// Opens the stored value, or the default if none is stored.
    ///
    /// # Errors
    /// An error of SQLite, or a stored text that does not parse.
    pub fn open(at: &Database) -> Result<Document<T>> {
        let database = open(at)?;
        // In SQLite's default journal mode, a power loss may undo the last change.
        database.pragma_update(None, "journal_mode", "TRUNCATE")?;
        database.execute("CREATE TABLE IF NOT EXISTS document(id INTEGER PRIMARY KEY, text)", [])?;
        let text: Option<String> =
            database.query_row("SELECT text FROM document", [], |row| row.get(0)).optional()?;
        let value = match text {
            Some(text) => serde_json::from_str(&text)
                .map_err(|error| Error::FromSqlConversionFailure(0, Type::Text, error.into()))?,
            None => T::default(),
        };
        Ok(Document { database, value: RefCell::new(value) })
    }
    /// The current value. Drop the reference before the next change.
    pub fn get(&self) -> Ref<'_, T> {
        self.value.borrow()
    }
    /// Changes the value in one transaction. Returns the result of `change`. If SQLite fails, the
    /// value stays as it was.
    ///
    /// # Errors
    /// An error of SQLite, or a value that cannot be written as JSON.
    pub fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> Result<R> {
        let mut value = self.value.borrow().clone();
        let given = change(&mut value);
        let text =
            serde_json::to_string(&value).map_err(|error| Error::ToSqlConversionFailure(error.into()))?;
        self.database.execute("REPLACE INTO document VALUES(1, ?1)", [text])?;
        self.value.replace(value);
        Ok(given)
    }
    /// Closes the database and returns the value.
    pub fn into_value(self) -> T {
        self.value.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{Disk, DiskOptions};

    #[test]
    fn a_change_is_there_after_a_kill_and_one_that_fails_is_not() {
        let disk = Disk::new(DiskOptions::default());
        let at = || disk.location("app.db");
        let document: Document<Vec<f64>> = Document::open(&at()).expect("it opens");
        assert_eq!(document.change(|list| list.push(1.0)), Ok(()));
        disk.kill();
        assert!(document.change(|list| list.push(2.0)).is_err(), "its process is dead");
        assert_eq!(*document.get(), [1.0]);
        drop(document);
        assert_eq!(Document::<Vec<f64>>::open(&at()).expect("it opens").into_value(), [1.0]);
        assert!(Document::<String>::open(&at()).is_err(), "it is a list");
    }
}
