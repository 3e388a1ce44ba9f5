//! Edits of rows that have got other keys since they were shown.

use std::borrow::Cow;

use super::error::Result;
use super::session::Tx;
use crate::base::{EntityId, Key, Value};
use crate::contract::{ColumnKind, LocalEdit, Schema};

/// An edit by the keys that its rows have by now: a person may have opened them under others.
pub(super) fn followed<'e>(tx: &Tx<'_>, edit: &'e LocalEdit) -> Result<Cow<'e, LocalEdit>> {
    let schema = tx.store().schema();
    let mut followed = Cow::Borrowed(edit);
    if !schema.renames_any() {
        return Ok(followed);
    }
    if let Some(key) = renamed(tx, schema, edit.entity, edit.key.as_str())? {
        followed.to_mut().key = key;
    }
    let entity = tx.store().entity(edit.entity);
    for (at, (column, value)) in edit.values.iter().enumerate() {
        if let (ColumnKind::Ref(target), Value::Text(key)) = (&entity.columns[*column].kind, value)
            && let Some(to) = renamed(tx, schema, *target, key)?
        {
            followed.to_mut().values[at].1 = Value::Text(to.0);
        }
    }
    Ok(followed)
}

fn renamed(tx: &Tx<'_>, schema: &Schema, entity: EntityId, key: &str) -> Result<Option<Key>> {
    if !schema.renames(entity) {
        return Ok(None);
    }
    let sql = "SELECT \"to\" FROM renamed WHERE entity=?1 AND key=?2";
    tx.first(sql, (entity.0, key), |row| Ok(Key(row.get(0)?)))
}
