//! Rows of entities.

use rusqlite::{CachedStatement, Params, Row};

use super::error::{StoreError, Stored};
use super::extra;
use super::layout::{RowStatement, define_index, held};
use super::options::IndexesMade;
use super::session::{Store, Tx};
use crate::base::{Cell, EntityId, Key, Stamp, Value, ValueRef, escape_control};

/// A row in the device's database.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRow {
    /// The backend's stamp of the version last received; 0 if none was received.
    pub stamp: Stamp,
    pub generation: u32,
    pub values: Vec<Value>,
}

impl Store {
    /// Checks the file's integrity and reads all rows.
    pub fn check(&self) -> Stored<()> {
        let said: String = self.connection()?.query_row("PRAGMA integrity_check(1)", (), |row| row.get(0))?;
        if said != "ok" {
            return Err(StoreError::Damaged(escape_control(&said).into_owned()));
        }
        // Even an intact file may have values that are not valid text.
        held(self.schema()).try_for_each(|id| self.rows(id, &mut |_, _, _| ()))
    }

    /// Calls `f` with the key, stamp and values of each row, in key order.
    pub fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) -> Stored<()> {
        let columns = self.entity(entity).projection.len();
        let connection = self.connection()?;
        let mut statement = connection.prepare_cached(self.sql(entity, RowStatement::All))?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let values = (0..columns).map(|c| value_at(row, c + 2)).collect::<Stored<Vec<_>>>()?;
            f(text_at(row, 0)?, Stamp(row.get(1)?), &values);
        }
        Ok(())
    }
}

impl Tx<'_> {
    /// Stores a pulled row, unless the local version is newer. A local version with a stamp of at
    /// most `over` is always replaced. Returns false if the local version stays.
    #[inline]
    pub fn put(
        &self,
        entity: EntityId,
        key: &str,
        stamp: Stamp,
        generation: u32,
        over: Stamp,
        values: &[Cell<'_>],
    ) -> Stored<bool> {
        let put = (entity, RowStatement::PutNewer);
        let is_put = self.put_all(put, key, stamp, generation, values.len(), |statement| {
            for (place, cell) in values.iter().enumerate() {
                bind(statement, place + 4, cell.as_ref())?;
            }
            statement.raw_bind_parameter(values.len() + 4, over.0)
        })?;
        let extra = self.store().options().extra_rows;
        if extra > 0 && is_put {
            extra::put(self, extra, (entity, key), stamp, values)?;
        }
        Ok(is_put)
    }

    /// Stores a row with these values of the device's columns. Replaces any local version.
    pub fn put_values<'v>(
        &self,
        entity: EntityId,
        key: &str,
        stamp: Stamp,
        generation: u32,
        values: impl IntoIterator<Item = &'v Value, IntoIter: ExactSizeIterator>,
    ) -> Stored<()> {
        let values = values.into_iter();
        self.put_all((entity, RowStatement::Put), key, stamp, generation, values.len(), |statement| {
            values
                .enumerate()
                .try_for_each(|(place, value)| value.with_ref(|value| bind(statement, place + 4, value)))
        })
        .map(drop)
    }

    #[inline]
    fn put_all(
        &self,
        (entity, which): (EntityId, RowStatement),
        key: &str,
        stamp: Stamp,
        generation: u32,
        columns: usize,
        bind_values: impl FnOnce(&mut CachedStatement<'_>) -> rusqlite::Result<()>,
    ) -> Stored<bool> {
        // A missing value would leave the previous row's value bound to the statement.
        let expected = self.store().entity(entity).projection.len();
        if columns != expected {
            return Err(StoreError::Damaged(format!("a row of {columns} values for {expected} columns")));
        }
        self.writes();
        self.with(entity, which, |statement| {
            statement.raw_bind_parameter(1, key)?;
            statement.raw_bind_parameter(2, stamp.0)?;
            statement.raw_bind_parameter(3, generation)?;
            bind_values(statement)?;
            Ok(statement.raw_execute()? > 0)
        })
    }

    fn say(&self, entity: EntityId, which: RowStatement, params: impl Params) -> Stored<usize> {
        self.writes();
        self.with(entity, which, |statement| Ok(statement.execute(params)?))
    }

    /// Deletes a row. Returns false if there was no such row.
    pub fn remove(&self, entity: EntityId, key: &str) -> Stored<bool> {
        Ok(self.say(entity, RowStatement::Remove, [key])? > 0)
    }

    /// Deletes a row if its stamp is at most `stamp`. Returns false if nothing was deleted.
    pub fn remove_by(&self, entity: EntityId, key: &str, stamp: Stamp) -> Stored<bool> {
        Ok(self.say(entity, RowStatement::RemoveBy, (key, stamp.0))? > 0)
    }

    /// The row with this key; `None` if the device does not have it.
    pub fn row(&self, entity: EntityId, key: &str) -> Stored<Option<StoredRow>> {
        let columns = self.store().entity(entity).projection.len();
        self.with(entity, RowStatement::Get, |statement| {
            statement.raw_bind_parameter(1, key)?;
            let mut rows = statement.raw_query();
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            let values =
                (0..columns).map(|c| Ok(value_at(row, c + 2)?.to_value())).collect::<Stored<Vec<_>>>()?;
            Ok(Some(StoredRow { stamp: Stamp(row.get(0)?), generation: row.get(1)?, values }))
        })
    }

    /// Sets the stamp of a row, if the device has it.
    pub fn restamp(&self, entity: EntityId, key: &str, stamp: Stamp) -> Stored<()> {
        self.say(entity, RowStatement::Restamp, (key, stamp.0)).map(drop)
    }

    /// Records that the full load with this number contained a row, if the device has the row.
    pub fn seen(&self, entity: EntityId, key: &str, generation: u32) -> Stored<()> {
        self.say(entity, RowStatement::Seen, (key, generation)).map(drop)
    }

    /// Removes rows that were last seen by an older full load and have no outbox entry. Returns
    /// their keys in order.
    pub fn sweep(&self, entity: EntityId, generation: u32) -> Stored<Vec<Key>> {
        self.writes();
        let mut swept = self.with(entity, RowStatement::Sweep, |statement| {
            statement.raw_bind_parameter(1, generation)?;
            statement.raw_bind_parameter(2, entity.0)?;
            let mut rows = statement.raw_query();
            let mut keys = Vec::new();
            while let Some(row) = rows.next()? {
                keys.push(Key::new(text_at(row, 0)?));
            }
            Ok(keys)
        })?;
        swept.sort();
        Ok(swept)
    }

    /// Creates the app's own indexes of an entity that do not exist yet.
    pub(crate) fn make_indexes(&self, entity: EntityId) -> Stored<()> {
        let options = self.store().options();
        if options.indexes_made == IndexesMade::AtOnce {
            return Ok(());
        }
        for (at, index) in options.indexes.iter().enumerate().filter(|(_, index)| index.entity == entity) {
            let mut sql = String::new();
            define_index(&mut sql, self.schema(), at, index);
            if !sql.is_empty() {
                self.execute(&sql.replacen("CREATE INDEX", "CREATE INDEX IF NOT EXISTS", 1), [])?;
            }
        }
        Ok(())
    }

    /// Marks rows with stamps in this range as seen by the full load with this number.
    pub fn spare(&self, entity: EntityId, generation: u32, (from, until): (Stamp, Stamp)) -> Stored<()> {
        self.say(entity, RowStatement::Spare, (generation, from.0, until.0)).map(drop)
    }
}

#[inline]
fn bind(statement: &mut CachedStatement<'_>, place: usize, value: ValueRef<'_>) -> rusqlite::Result<()> {
    match value {
        ValueRef::Null => statement.raw_bind_parameter(place, rusqlite::types::Null),
        ValueRef::Int(n) => statement.raw_bind_parameter(place, n),
        ValueRef::Real(x) => statement.raw_bind_parameter(place, x),
        ValueRef::Text(t) => statement.raw_bind_parameter(place, t),
    }
}

fn value_at<'r>(row: &'r Row<'_>, column: usize) -> Stored<ValueRef<'r>> {
    use rusqlite::types;
    Ok(match row.get_ref(column)? {
        types::ValueRef::Null => ValueRef::Null,
        types::ValueRef::Integer(n) => ValueRef::Int(n),
        types::ValueRef::Real(x) => ValueRef::Real(x),
        types::ValueRef::Text(bytes) => {
            let text = std::str::from_utf8(bytes).map_err(|error| StoreError::Damaged(error.to_string()));
            ValueRef::Text(text?)
        }
        types::ValueRef::Blob(_) => {
            return Err(StoreError::Damaged("a blob where none is stored".to_owned()));
        }
    })
}

fn text_at<'r>(row: &'r Row<'_>, column: usize) -> Stored<&'r str> {
    match value_at(row, column)? {
        ValueRef::Text(text) => Ok(text),
        other => Err(StoreError::Damaged(format!("{other:?} where a text is stored"))),
    }
}
