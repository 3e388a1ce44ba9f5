//! Superseded versions of rows. A replica keeps them until it is compacted.

use super::database::{HistoryOptions, Replica, sound};
use crate::base::{EntityId, Time};

/// Keeps a version before its removal, if the replica has a history.
pub(super) fn keep(replica: &Replica, entity: EntityId, place: i64, seq: i64) {
    if replica.history.is_some() {
        let sql = "INSERT INTO past_rows SELECT scope, seq, key, stamp, cells FROM rows
                   WHERE scope = ?1 AND seq = ?2";
        sound(replica.on(entity, sql).execute((place, seq)));
    }
}

/// Drops all superseded versions if a compaction was due since the last one.
pub(super) fn compact(replica: &Replica, now: Time) {
    let Some(HistoryOptions { compacted_every: Some(every) }) = replica.history else { return };
    let due = (now.0 - now.0 % every.0.max(1)) as i64;
    if replica.open().meta("compacted") < due {
        purge(replica, i64::MAX);
        replica.open().set_meta("compacted", due);
    }
}

/// Drops superseded versions up to number `last`, including superseded tombstones.
pub(super) fn purge(replica: &Replica, last: i64) {
    if replica.history.is_some() {
        for entity in replica.entities() {
            sound(replica.on(entity, "DELETE FROM past_rows WHERE seq <= ?1").execute([last]));
        }
    }
}
