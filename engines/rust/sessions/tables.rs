//! The tables of rows in both halves: one table per entity. The stamp of a row's version is a
//! column beside the app's own, so a changeset contains the stamp too.

use std::fmt::Write;
use std::sync::Arc;

use syncdyno::contract::{EntityId, Key, Schema, Stamp, Value, ValueRef};
use syncdyno::rusqlite::types::{self, ValueRef as Held};
use syncdyno::rusqlite::{Connection, OptionalExtension, Result, Row, params_from_iter};

/// A row of a table: its stamp and the columns that phones hold, in order.
pub(super) type Version = (Stamp, Vec<Value>);

pub(super) struct Tables {
    pub(super) schema: Arc<Schema>,
    /// The table names, by entity.
    names: Vec<String>,
}

fn sql(value: &Value) -> types::Value {
    value.with_ref(|value| match value {
        ValueRef::Null => types::Value::Null,
        ValueRef::Int(n) => types::Value::Integer(n),
        ValueRef::Real(x) => types::Value::Real(x),
        ValueRef::Text(text) => types::Value::Text(text.to_owned()),
    })
}

fn value(held: Held<'_>) -> Value {
    match held {
        Held::Null | Held::Blob(_) => Value::Null,
        Held::Integer(n) => Value::Int(n),
        Held::Real(x) => Value::Real(x),
        Held::Text(text) => Value::text(&String::from_utf8_lossy(text)),
    }
}

impl Tables {
    pub(super) fn new(schema: &Arc<Schema>) -> Tables {
        let names = schema.entities.iter().map(|entity| format!("row_{}", entity.name)).collect();
        Tables { schema: schema.clone(), names }
    }
    pub(super) fn layout(&self) -> String {
        let mut text = String::new();
        for (name, entity) in self.names.iter().zip(&self.schema.entities) {
            let columns: String = (0..entity.projection.len()).fold(String::new(), |mut text, place| {
                _ = write!(text, ", c{place}");
                text
            });
            _ = write!(
                text,
                "CREATE TABLE IF NOT EXISTS \"{name}\"(key TEXT PRIMARY KEY NOT NULL, stamp INTEGER{columns})
                    WITHOUT ROWID;"
            );
        }
        text
    }
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
    pub(super) fn entity(&self, name: &str) -> Option<EntityId> {
        self.names.iter().position(|it| it == name).map(|place| EntityId(place as u16))
    }
    fn name(&self, entity: EntityId) -> &str {
        &self.names[usize::from(entity.0)]
    }
    fn version(&self, entity: EntityId, row: &Row<'_>) -> Result<Version> {
        let columns = 0..self.schema.entity(entity).projection.len();
        let values = columns.map(|place| row.get_ref(place + 2).map(value)).collect::<Result<_>>()?;
        Ok((Stamp(row.get(1)?), values))
    }

    pub(super) fn get(&self, at: &Connection, entity: EntityId, key: &Key) -> Result<Option<Version>> {
        let asked = format!("SELECT * FROM \"{}\" WHERE key = ?1", self.name(entity));
        let mut asked = at.prepare_cached(&asked)?;
        asked.query_row([key.as_str()], |row| self.version(entity, row)).optional()
    }
    /// All rows of an entity, in the order of their keys.
    pub(super) fn all(&self, at: &Connection, entity: EntityId) -> Result<Vec<(Key, Version)>> {
        let mut asked =
            at.prepare_cached(&format!("SELECT * FROM \"{}\" ORDER BY key", self.name(entity)))?;
        let row = |row: &Row<'_>| {
            let key: String = row.get(0)?;
            Ok((Key::new(&key), self.version(entity, row)?))
        };
        asked.query_map([], row)?.collect()
    }
    pub(super) fn insert(
        &self,
        at: &Connection,
        (entity, key): (EntityId, &Key),
        stamp: Stamp,
        values: &[Value],
    ) -> Result<()> {
        let places: String = values.iter().map(|_| ", ?").collect();
        let put = format!("INSERT INTO \"{}\" VALUES(?, ?{places})", self.name(entity));
        let first = [types::Value::Text(key.as_str().to_owned()), types::Value::Integer(stamp.0)];
        at.prepare_cached(&put)?
            .execute(params_from_iter(first.into_iter().chain(values.iter().map(sql))))?;
        Ok(())
    }
    /// Sets these values of an existing row. A position counts only the columns that phones hold.
    pub(super) fn update<'v>(
        &self,
        at: &Connection,
        (entity, key): (EntityId, &Key),
        values: impl Iterator<Item = (usize, &'v Value)>,
    ) -> Result<()> {
        for (place, value) in values {
            let put = format!("UPDATE \"{}\" SET c{place} = ?2 WHERE key = ?1", self.name(entity));
            at.prepare_cached(&put)?.execute((key.as_str(), sql(value)))?;
        }
        Ok(())
    }
    pub(super) fn stamp(&self, at: &Connection, (entity, key): (EntityId, &Key), stamp: Stamp) -> Result<()> {
        let put = format!("UPDATE \"{}\" SET stamp = ?2 WHERE key = ?1", self.name(entity));
        at.prepare_cached(&put)?.execute((key.as_str(), stamp.0))?;
        Ok(())
    }
    pub(super) fn delete(&self, at: &Connection, entity: EntityId, key: &Key) -> Result<()> {
        let delete = format!("DELETE FROM \"{}\" WHERE key = ?1", self.name(entity));
        at.prepare_cached(&delete)?.execute([key.as_str()])?;
        Ok(())
    }
}
