//! Keys for new rows, which the backend gives to each device in blocks. A copy of the database on
//! another device does not use these keys. The first device still uses them.

use super::error::{StoreError, Stored};
use super::session::Tx;
use crate::base::{EntityId, Key};
use crate::contract::given_key;

/// The number of unused keys in this device's pool.
pub(crate) fn keys_left(tx: &Tx<'_>, entity: EntityId) -> Stored<u32> {
    let sql = "SELECT ifnull(sum(until-next),0) FROM pool WHERE entity=?1 AND owner=?2";
    let left: i64 = tx.value(sql, [u32::from(entity.0), tx.store().owner.get().0])?;
    Ok(u32::try_from(left).unwrap_or(u32::MAX))
}

/// Adds a block of `count` keys, and drops blocks that belong to another device.
pub(crate) fn add_keys(tx: &Tx<'_>, entity: EntityId, first: u64, count: u32) -> Stored<()> {
    let first = i64::try_from(first).map_err(|_| StoreError::Damaged(format!("key number {first}")))?;
    let owner = tx.store().owner.get().0;
    tx.execute("DELETE FROM pool WHERE entity=?1 AND owner<>?2", (entity.0, owner))?;
    let sql = "INSERT INTO pool VALUES(?1,?2,?2,?3,?4)";
    tx.execute(sql, (entity.0, first, first + i64::from(count), owner))
}

/// Takes the next key of the pool that no local row has. After a restore from a backup, the pool
/// has keys again that were used since the backup.
pub(crate) fn take_key(tx: &Tx<'_>, entity: EntityId) -> Stored<Option<Key>> {
    loop {
        let key = take(tx, entity, block(tx, entity)?)?;
        if key.as_ref().map(|key| tx.row(entity, key.as_str())).transpose()?.flatten().is_none() {
            return Ok(key);
        }
    }
}

/// Takes the next key of any block, even of another device. Only a planted bug calls this.
pub(crate) fn take_any_key(tx: &Tx<'_>, entity: EntityId) -> Stored<Option<Key>> {
    let sql = "SELECT first,next FROM pool WHERE entity=?1 AND next<until ORDER BY first LIMIT 1";
    take(tx, entity, tx.first(sql, [entity.0], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

fn take(tx: &Tx<'_>, entity: EntityId, block: Option<(i64, i64)>) -> Stored<Option<Key>> {
    let Some((first, next)) = block else { return Ok(None) };
    tx.execute("UPDATE pool SET next=next+1 WHERE entity=?1 AND first=?2", (entity.0, first))?;
    Ok(Some(given_key(tx.store().entity(entity), next.unsigned_abs())))
}

/// The first key of this device's current block, even if it was used before. Only a planted bug
/// calls this.
pub(crate) fn first_key(tx: &Tx<'_>, entity: EntityId) -> Stored<Option<Key>> {
    let first = block(tx, entity)?.map(|(first, _)| first);
    Ok(first.map(|first| given_key(tx.store().entity(entity), first.unsigned_abs())))
}

/// The first and the next key number of this device's current block.
fn block(tx: &Tx<'_>, entity: EntityId) -> Stored<Option<(i64, i64)>> {
    let sql =
        "SELECT first,next FROM pool WHERE entity=?1 AND owner=?2 AND next<until ORDER BY first LIMIT 1";
    let of = [u32::from(entity.0), tx.store().owner.get().0];
    tx.first(sql, of, |row| Ok((row.get(0)?, row.get(1)?)))
}
