//! Changes the key of a row that the device created.

use super::error::Stored;
use super::outbox::{ENTRY, entry, json};
use super::references::{defer_foreign_keys, references_to};
use super::session::Tx;
use crate::base::{EntityId, Key, Value};
use crate::contract::{ColumnKind, Row};

/// The other places that get a row's new key, besides the row and its own edits.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// References to the row in other rows.
    pub rows: bool,
    /// References in waiting edits, both in new values and in values before the edit.
    pub edits: bool,
    /// A version that was pulled under the new key before the rename. It may be newer.
    pub newer: bool,
}

impl Reach {
    pub const ALL: Reach = Reach { rows: true, edits: true, newer: true };
}

/// Changes the key of a row in all places of `reach`. A row that was already pulled under the new
/// key moves to the row's shadow, a second copy of the row. Without `reach.newer` it is dropped.
pub(crate) fn rename(tx: &Tx<'_>, entity: EntityId, from: &Key, to: &Key, reach: Reach) -> Stored<()> {
    call(tx, entity, from, to)?;
    // References to the row change later in this transaction.
    defer_foreign_keys(tx)?;
    if let Some(row) = tx.row(entity, to.as_str())? {
        if reach.newer {
            let version = Row { key: to.clone(), stamp: row.stamp, values: Some(row.values) };
            tx.keep_shadow(entity, &version)?;
        }
        tx.remove(entity, to.as_str())?;
    }
    let (table, _) = tx.store().names(entity);
    tx.execute(&format!("UPDATE {table} SET key=?2 WHERE key=?1"), (from.as_str(), to.as_str()))?;
    for table in ["outbox", "log"] {
        let sql = format!("UPDATE {table} SET key=?3 WHERE entity=?1 AND key=?2");
        tx.execute(&sql, (entity.0, from.as_str(), to.as_str()))?;
    }
    for (of, place) in references_to(tx.store(), entity).into_iter().filter(|_| reach.rows) {
        let (table, columns) = tx.store().names(of);
        let sql = format!("UPDATE {table} SET {0}=?2 WHERE {0}=?1", columns[place]);
        tx.execute(&sql, (from.as_str(), to.as_str()))?;
    }
    for id in tx.store().schema().ids().filter(|_| reach.edits) {
        repoint_edits(tx, id, entity, (from, to))?;
    }
    Ok(())
}

/// Records the new key of a row, because app screens may still use the old key.
pub(crate) fn call(tx: &Tx<'_>, entity: EntityId, from: &Key, to: &Key) -> Stored<()> {
    let renamed = (entity.0, from.as_str(), to.as_str());
    tx.execute("REPLACE INTO renamed VALUES(?1,?2,?3)", renamed)
}

fn repoint_edits(tx: &Tx<'_>, id: EntityId, target: EntityId, (from, to): (&Key, &Key)) -> Stored<()> {
    let of = tx.store().entity(id);
    if of.columns.iter().all(|column| column.kind != ColumnKind::Ref(target)) {
        return Ok(());
    }
    let refers = |column: usize, value: &Value| {
        of.columns[column].kind == ColumnKind::Ref(target)
            && matches!(value, Value::Text(text) if *text == from.0)
    };
    let repoint = |values: &mut Vec<(usize, Value)>| {
        let mut any = false;
        for (_, value) in values.iter_mut().filter(|(column, value)| refers(*column, value)) {
            *value = Value::Text(to.0.clone());
            any = true;
        }
        any
    };
    for mut waits in tx.query(&format!("{ENTRY} WHERE entity=?1"), [id.0], entry)? {
        let set = repoint(&mut waits.values);
        let under = waits.made_on.as_mut().is_some_and(repoint);
        if set || under {
            let made_on = waits.made_on.as_deref().map(json);
            let sql = "UPDATE outbox SET \"values\"=?2,made_on=?3 WHERE seq=?1";
            tx.execute(sql, (waits.seq, json(&waits.values), made_on))?;
        }
    }
    Ok(())
}
