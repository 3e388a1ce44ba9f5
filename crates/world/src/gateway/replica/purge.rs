//! How the replica forgets old tombstones and verdicts. Some devices must then load again.
//!
//! The replica gives a number to each change. A tombstone's age is the age of its number, not of
//! the backend's stamp: the replica may learn of a deletion much later. The database records when a
//! few of the numbers were given. Each place (the rows that the same devices get) records the last
//! tombstone that it forgot. A device with an earlier cursor has missed that tombstone.

use rusqlite::OptionalExtension;

use super::database::{Replica, sound};
use super::history;
use crate::base::{Span, Time};

/// How many ages are recorded within the retention time.
const AGES: u64 = 16;

impl Replica {
    /// Ends a refresh that began at `begun`. Forgets tombstones and settled verdicts older than
    /// `kept`.
    pub(crate) fn refreshed(&mut self, begun: Time, now: Time, kept: Span) {
        self.transact(|replica| {
            // Another node may have begun later and ended earlier.
            replica.set_fresh(replica.fresh().map_or(begun, |fresh| fresh.max(begun)));
            history::compact(replica, now);
            replica.record_age(now, Span(kept.0 / AGES));
            let Some(before) = now.0.checked_sub(kept.0) else { return };
            let sql = "DELETE FROM upload WHERE verdict IS NOT NULL AND settled <= ?1";
            sound(replica.open().prepare(sql).execute([before as i64]));
            if let Some(last) = replica.number_of(Time(before)) {
                replica.purge(last);
            }
        });
    }

    /// Records the present number for `now`, unless the last record is younger than `apart`.
    fn record_age(&self, now: Time, apart: Span) {
        let sql = "INSERT INTO age SELECT ?1, ?2 WHERE ifnull((SELECT max(at) FROM age), -1) <= ?3";
        let long_ago = now.0 as i64 - apart.0.max(1) as i64;
        sound(self.open().prepare(sql).execute((now.0 as i64, self.open().head, long_ago)));
    }

    /// The last recorded number that was given at or before `time`.
    fn number_of(&self, time: Time) -> Option<i64> {
        let sql = "SELECT at, seq FROM age WHERE at <= ?1 ORDER BY at DESC LIMIT 1";
        let mut find = self.open().prepare(sql);
        let found = find.query_row([time.0 as i64], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)));
        let (at, seq) = sound(found.optional())?;
        sound(self.open().prepare("DELETE FROM age WHERE at < ?1").execute([at]));
        Some(seq)
    }

    fn purge(&self, last: i64) {
        history::purge(self, last);
        for entity in self.entities() {
            let sql = "UPDATE scope SET purged = newest FROM
                       (SELECT scope AS place, max(seq) AS newest FROM rows WHERE gone = 1 AND seq <= ?1 GROUP BY scope)
                       WHERE id = place";
            sound(self.on(entity, sql).execute([last]));
            sound(self.on(entity, "DELETE FROM rows WHERE gone = 1 AND seq <= ?1").execute([last]));
        }
    }

    pub(super) fn purged(&self, place: i64) -> i64 {
        let mut find = self.open().prepare("SELECT purged FROM scope WHERE id = ?1");
        sound(find.query_row([place], |row| row.get(0)))
    }
}
