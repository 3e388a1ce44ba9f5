//! Handles foreign keys that SQLite checks on the phone. SQLite then deletes no row to which others
//! refer, and stores no row that refers to a missing row. If the backend's verdict on an edit would
//! break a reference, the row stays unchanged. The row's version in the verdict is deferred.

use std::collections::BTreeSet;

use crate::base::{Cell, EntityId, Key, Stamp, Value};
use crate::engine::apply::deferred::lacks_any;
use crate::engine::apply::seen_versions::Passed;
use crate::engine::push::edits::{beneath, set};
use crate::store::{self, Stored, StoredRow, Tx};

struct Before {
    entity: EntityId,
    key: Key,
    row: Option<StoredRow>,
    /// The row's values without the waiting edits.
    beneath: Option<Vec<Value>>,
}

/// The state of some rows before a transaction changes them.
pub(crate) struct Referred(Vec<Before>);

pub(crate) type Kept = BTreeSet<(EntityId, Key)>;

impl Referred {
    /// Remembers the state of these rows, if SQLite checks references. Moves the checks to the end
    /// of the transaction.
    pub(crate) fn of<'r>(tx: &Tx<'_>, rows: impl Iterator<Item = (EntityId, &'r Key)>) -> Stored<Referred> {
        if !tx.checks_references() {
            return Ok(Referred(Vec::new()));
        }
        store::defer_foreign_keys(tx)?;
        let rows: BTreeSet<(EntityId, Key)> = rows.map(|(entity, key)| (entity, key.clone())).collect();
        let before = |(entity, key): (EntityId, Key)| {
            let (row, edits) = (tx.row(entity, &key)?, tx.entries_for(entity, &key)?);
            let shown = row.as_ref().map(|row| row.values.clone());
            let beneath = beneath(tx.schema().entity(entity), shown, &edits);
            Ok(Before { entity, key, row, beneath })
        };
        rows.into_iter().map(before).collect::<Result<_, _>>().map(Referred)
    }

    pub(crate) fn renamed(&mut self, entity: EntityId, from: &Key, to: &Key) {
        for before in self.0.iter_mut().filter(|before| before.entity == entity && before.key == *from) {
            before.key = to.clone();
        }
    }

    /// Restores rows whose change would break a reference, and defers the versions from the
    /// verdicts. Returns these rows.
    pub(crate) fn keep(self, tx: &Tx<'_>, passed: &Passed) -> Stored<Kept> {
        let mut kept = Kept::new();
        loop {
            let known = kept.len();
            for before in &self.0 {
                let row = (before.entity, before.key.clone());
                if !kept.contains(&row) && before.waits(tx, passed)? {
                    kept.insert(row);
                }
            }
            if kept.len() == known {
                return Ok(kept);
            }
        }
    }
}

impl Before {
    /// Restores the row if its new version would break a reference. Returns true if it restored the
    /// row.
    fn waits(&self, tx: &Tx<'_>, passed: &Passed) -> Stored<bool> {
        let (id, key) = (self.entity, self.key.as_str());
        let entity = tx.schema().entity(id);
        let edits = tx.entries_for(id, key)?;
        let Some(now) = tx.row(id, key)? else {
            let Some(row) = &self.row else { return Ok(false) };
            if store::first_referring(tx, id, key)?.is_none() {
                return Ok(false);
            }
            // A deferred deletion needs at least the stamp of the recorded deletion. With a lower
            // stamp it would be ignored as old.
            let end = passed.end_of(tx, id, key)?.unwrap_or(row.stamp);
            list(tx, id, key, end.max(row.stamp), None)?;
            self.put_back(tx, row)?;
            return Ok(true);
        };
        if is_whole(tx, (id, key), &now.values)? {
            return Ok(false);
        }
        if let Some(version) = beneath(entity, Some(now.values), &edits) {
            let cells: Vec<Cell<'_>> = version.iter().map(Cell::of).collect();
            list(tx, id, key, now.stamp, Some(&cells))?;
        }
        match &self.row {
            Some(row) => self.put_back(tx, row)?,
            None => _ = tx.remove(id, key)?,
        }
        Ok(true)
    }

    /// Restores the row and applies its waiting edits. If the result would break a reference,
    /// restores the row as the app showed it.
    fn put_back(&self, tx: &Tx<'_>, row: &StoredRow) -> Stored<()> {
        let (id, key) = (self.entity, self.key.as_str());
        let mut values = self.beneath.clone().unwrap_or_else(|| row.values.clone());
        for entry in tx.entries_for(id, key)? {
            set(tx.schema().entity(id), &mut values, entry.own_values());
        }
        if !is_whole(tx, (id, key), &values)? {
            values.clone_from(&row.values);
        }
        tx.put_values(id, key, row.stamp, row.generation, &values)
    }
}

/// Defers a version, unless a later one is already deferred.
fn list(tx: &Tx<'_>, entity: EntityId, key: &str, stamp: Stamp, values: Option<&[Cell<'_>]>) -> Stored<()> {
    tx.create_deferred_table()?;
    if tx.deferred_stamp(entity, key)?.is_some_and(|listed| listed > stamp) {
        return Ok(());
    }
    tx.defer_row(entity, key, stamp, values)
}

fn is_whole(tx: &Tx<'_>, row: (EntityId, &str), values: &[Value]) -> Stored<bool> {
    let cells: Vec<Cell<'_>> = values.iter().map(Cell::of).collect();
    lacks_any(tx, row, &cells).map(|lacks| !lacks)
}

/// Defers deletions at the end of a full load, for rows that others still refer to.
pub(crate) fn defer_swept_parents(tx: &Tx<'_>, entity: EntityId, generation: u32) -> Stored<()> {
    if !tx.checks_references() {
        return Ok(());
    }
    for (key, stamp) in store::swept_parents(tx, entity, generation)? {
        list(tx, entity, &key, stamp, None)?;
        tx.seen(entity, &key, generation)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Column, ColumnKind, Database, Entity, Schema};
    use crate::store::{ForeignKeys, Journal, Store, StoreOptions};

    const ORDER: EntityId = EntityId(0);
    const LINE: EntityId = EntityId(1);

    /// A store with order o at stamp 5, and with line l, which refers to o.
    fn ordered() -> Store {
        let entity =
            |name: &str, kind: ColumnKind| Entity::new(name, vec![Column { name: "what".to_owned(), kind }]);
        let entities = vec![entity("order", ColumnKind::Text), entity("line", ColumnKind::Ref(ORDER))];
        let options = StoreOptions {
            journal: Journal::Memory,
            foreign_keys: ForeignKeys::Deferred,
            ..StoreOptions::default()
        };
        let schema = Schema { entities, ..Schema::default() };
        let store = Store::open(&Database::memory(), schema.into(), &options).unwrap();
        let fill = |tx: &Tx<'_>| {
            tx.put_values(ORDER, "o", Stamp(5), 0, &[Value::text("o")])?;
            tx.put_values(LINE, "l", Stamp(5), 0, &[Value::text("o")])
        };
        store.transaction(fill).unwrap();
        store
    }

    #[test]
    fn an_end_waits_with_the_latest_stamp_that_was_heard_of() {
        for (listed, noted, expected) in [(None, Some(9), 9), (Some(9), None, 9), (Some(7), Some(9), 9)] {
            let (store, passed) = (ordered(), Passed::default());
            let key = Key::new("o");
            let ended = |tx: &Tx<'_>| {
                if let Some(stamp) = listed {
                    list(tx, ORDER, "o", Stamp(stamp), None)?;
                }
                let referred = Referred::of(tx, [(ORDER, &key)].into_iter())?;
                tx.remove(ORDER, "o")?;
                if let Some(stamp) = noted {
                    passed.ended(tx, ORDER, &key, Stamp(stamp))?;
                }
                let kept = referred.keep(tx, &passed)?;
                assert!(kept.contains(&(ORDER, key.clone())));
                Ok((tx.row(ORDER, "o")?.map(|row| row.stamp), tx.deferred_stamp(ORDER, "o")?))
            };
            let found = store.transaction(ended).unwrap();
            assert_eq!(found, (Some(Stamp(5)), Some(Stamp(expected))), "{listed:?} {noted:?}");
        }
    }
}
