//! Open conflicts, which wait for a person's decision. A conflict stores the backend's version; the
//! outbox has the edit.

use std::collections::BTreeSet;

use super::error::Stored;
use super::outbox::{Entry, references, word};
use super::session::Tx;
use super::shadow;
use crate::base::{EditId, EntityId, Key, Stamp, Word};
use crate::contract::{self, EditKind, PendingEdit, Refusal};

/// The backend's side of a conflict. The edit's outbox entry has the local side and the base
/// values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    pub why: Refusal,
    pub current: Option<contract::Row>,
    /// The time when the backend's version was edited, by its author's clock, if the backend
    /// reports it.
    pub edited_at: Option<Stamp>,
}

pub(crate) const TABLES: &[&str] =
    &["CREATE TABLE IF NOT EXISTS conflict(seq INTEGER PRIMARY KEY,why,edited,key,stamp,\"values\")"];

/// Stores an open conflict and parks its edit, so that the edit is not sent.
pub(crate) fn put(tx: &Tx<'_>, seq: i64, difference: &Difference) -> Stored<()> {
    let Difference { why, current, edited_at } = difference;
    let values = current.as_ref().and_then(|row| row.values.as_deref()).map(shadow::written);
    let row = current.as_ref().map(|row| (row.key.as_str(), row.stamp.0));
    tx.execute(
        "INSERT OR REPLACE INTO conflict VALUES(?1,?2,?3,?4,?5,?6)",
        (seq, why.word(), edited_at.map(|at| at.0), row.map(|r| r.0), row.map(|r| r.1), values),
    )?;
    tx.park(seq, true)
}

/// Closes a conflict. Its edit may be sent again.
pub(crate) fn take_off(tx: &Tx<'_>, seq: i64) -> Stored<()> {
    tx.execute("DELETE FROM conflict WHERE seq=?1", [seq])?;
    tx.park(seq, false)
}

/// The open conflicts, oldest first. If a newer version of the row was pulled since, it replaces
/// the stored version.
pub(crate) fn all(tx: &Tx<'_>) -> Stored<Vec<(Entry, Difference)>> {
    let sql = "SELECT seq,why,edited,key,stamp,\"values\" FROM conflict ORDER BY seq";
    let recorded = tx.query(sql, [], |row| {
        let values = shadow::values(row, 5)?;
        let key: Option<_> = row.get(3)?;
        let stamp: Option<_> = row.get(4)?;
        let current =
            key.zip(stamp).map(|(key, stamp)| contract::Row { key: Key(key), stamp: Stamp(stamp), values });
        let why = word(row, 1)?;
        let edited_at = row.get::<_, Option<i64>>(2)?.map(Stamp);
        Ok((row.get::<_, i64>(0)?, Difference { why, current, edited_at }))
    })?;
    let mut page = Vec::new();
    for (seq, difference) in recorded {
        // After a restart, the number of a dropped edit may belong to another edit.
        if let Some(entry) = tx.entry(seq)?.filter(|entry| entry.parked) {
            let newest = newest(tx, &entry, difference)?;
            page.push((entry, newest));
        }
    }
    Ok(page)
}

fn newest(tx: &Tx<'_>, entry: &Entry, recorded: Difference) -> Stored<Difference> {
    let stamp = recorded.current.as_ref().map_or(Stamp(i64::MIN), |row| row.stamp);
    let own = recorded.current.as_ref().is_none_or(|row| row.key == entry.key);
    // For a deletion, the stamp from the refusal may be more accurate than the pulled stamp.
    let is_gone = recorded.current.as_ref().is_some_and(|row| row.values.is_none());
    let is_new = |row: &contract::Row| row.stamp > stamp && !(is_gone && row.values.is_none());
    let pulled = tx.shadow(entry.entity, entry.key.as_str())?;
    Ok(match pulled.filter(|row| own && is_new(row)) {
        Some(row) => {
            let why = if row.values.is_some() { Refusal::Stale } else { Refusal::Gone };
            Difference { why, current: Some(row), edited_at: None }
        }
        None => recorded,
    })
}

/// The open conflict of this edit.
pub(crate) fn find(tx: &Tx<'_>, edit: EditId) -> Stored<Option<(Entry, Difference)>> {
    Ok(all(tx)?.into_iter().find(|(entry, _)| entry.edit == edit))
}

/// Whether the row has an open conflict.
pub(crate) fn is_open(tx: &Tx<'_>, entity: EntityId, key: &str) -> Stored<bool> {
    let sql = "SELECT 1 FROM outbox WHERE entity=?1 AND key=?2 AND parked LIMIT 1";
    tx.finds(sql, (entity.0, key))
}

/// Edits that wait to be sent, and edits that wait for a person's decision. Both are sorted, oldest
/// first.
pub(crate) fn by_wait(tx: &Tx<'_>) -> Stored<(Vec<PendingEdit>, Vec<PendingEdit>)> {
    let (mut free, mut held) = (Vec::new(), Vec::new());
    let mut rows: BTreeSet<(EntityId, Key)> = BTreeSet::new();
    // Rows to which edits in the second list refer. They cannot be deleted yet.
    let mut referred: BTreeSet<(EntityId, Key)> = BTreeSet::new();
    for entry in tx.entries()? {
        let row = (entry.entity, entry.key.clone());
        let schema = tx.store().entity(entry.entity);
        let refers: Vec<_> = references(schema, &entry.values).collect();
        let waits = entry.parked
            || rows.contains(&row)
            || refers.iter().any(|to| rows.contains(to))
            || entry.kind == EditKind::Delete && referred.contains(&row);
        let Entry { edit, entity, key, attempts, last_error, made_on, .. } = entry;
        let pending = PendingEdit { edit, entity, key, attempts, last_error };
        if !waits {
            free.push(pending);
            continue;
        }
        held.push(pending);
        rows.insert(row);
        referred.extend(refers);
        referred.extend(references(schema, &made_on.unwrap_or_default()));
    }
    Ok((free, held))
}
