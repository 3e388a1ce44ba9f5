//! Merges several waiting edits of a row into one. An edit is sealed before it is sent. From then
//! on the backend may have it, so its idempotency key and its content must not change.

use super::error::Stored;
use super::outbox::{Entry, json, references};
use super::session::Tx;
use crate::base::{EditId, EntityId, Key, Value, Word};

/// The suffix of the idempotency key of a sealed edit.
const SEAL: char = '=';

/// Rows of these entities with several waiting edits, in the order of their first edits.
pub(crate) fn edited_again(tx: &Tx<'_>, entities: &[EntityId]) -> Stored<Vec<(EntityId, Key)>> {
    let sql = "SELECT entity,key FROM outbox GROUP BY entity,key HAVING count(*)>1 ORDER BY min(seq)";
    let mut rows = tx.query(sql, [], |row| Ok((EntityId(row.get(0)?), Key(row.get(1)?))))?;
    rows.retain(|(entity, _)| entities.contains(entity));
    Ok(rows)
}

/// Replaces the edits with these numbers by `into`, which has one of the numbers. With `None`,
/// drops all of them.
pub(crate) fn fold(tx: &Tx<'_>, places: &[i64], into: Option<&Entry>) -> Stored<()> {
    let own = into.map(|entry| entry.seq);
    places.iter().filter(|&&seq| own != Some(seq)).try_for_each(|&seq| tx.drop_entry(seq))?;
    let Some(entry) = into else { return Ok(()) };
    let Entry { seq, id, edit: EditId { device, number }, kind, values, base, made_on, made_at, .. } = entry;
    let base = base.map(|stamp| stamp.0);
    let made_on = made_on.as_deref().map(json);
    tx.execute(
        "UPDATE outbox SET id=?2,device=?3,number=?4,kind=?5,\"values\"=?6,base=?7,made_on=?8,made_at=?9 \
         WHERE seq=?1",
        (seq, id, device.0, number, kind.word(), json(values), base, made_on, made_at.0),
    )
}

/// Seals an edit that is about to be sent. Returns false if it was already sealed.
pub(crate) fn seal(tx: &Tx<'_>, entry: &mut Entry) -> Stored<bool> {
    if entry.is_sealed() {
        return Ok(false);
    }
    entry.id.push(SEAL);
    tx.execute("UPDATE outbox SET id=?2 WHERE seq=?1", (entry.seq, &entry.id))?;
    Ok(true)
}

/// Unseals an edit that was about to be sent but did not leave the device.
pub(crate) fn unseal(tx: &Tx<'_>, entry: &Entry) -> Stored<()> {
    let id = entry.id.strip_suffix(SEAL).unwrap_or(&entry.id);
    tx.execute("UPDATE outbox SET id=?2 WHERE seq=?1", (entry.seq, id))
}

/// Whether these values refer to a row that an edit after `seq` creates.
pub(crate) fn names_behind(
    tx: &Tx<'_>,
    entity: EntityId,
    values: &[(usize, Value)],
    seq: i64,
) -> Stored<bool> {
    let sql = "SELECT 1 FROM outbox WHERE entity=?1 AND key=?2 AND kind='create' AND seq>?3 LIMIT 1";
    for (target, key) in references(tx.store().entity(entity), values) {
        if tx.finds(sql, (target.0, key.as_str(), seq))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a waiting edit refers to this row.
pub(crate) fn is_waited_for(tx: &Tx<'_>, entity: EntityId, key: &Key) -> Stored<bool> {
    Ok(tx.referred(entity)?.contains_key(key))
}

/// Whether edits of other rows of the entity wait between these two outbox positions.
pub(crate) fn others_between(tx: &Tx<'_>, entity: EntityId, key: &Key, places: (i64, i64)) -> Stored<bool> {
    let sql = "SELECT 1 FROM outbox WHERE entity=?1 AND key<>?2 AND seq>?3 AND seq<?4 LIMIT 1";
    tx.finds(sql, (entity.0, key.as_str(), places.0, places.1))
}

pub(crate) fn has_shadow(tx: &Tx<'_>, entity: EntityId, key: &Key) -> Stored<bool> {
    let sql = "SELECT 1 FROM shadow WHERE entity=?1 AND key=?2";
    tx.finds(sql, (entity.0, key.as_str()))
}
