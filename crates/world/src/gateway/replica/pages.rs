//! Pages of the replica for devices.
//!
//! The replica gives a number to each change. A place is the rows that the same devices get. A
//! cursor is `epoch,seq`: its owner has read everything in its place up to number `seq`. During a
//! first load it is `epoch,since/seq`. `since` is the last number at the start of the load.

use std::ops::ControlFlow;

use super::database::{Replica, sound};
use super::rows::place_for;
use crate::base::{EntityId, Key, Stamp, Value};
use crate::contract::{Delivery, Entity, ServerError};

/// A row to send: its key, its stamp, and its encoded values. Empty values mean a tombstone.
pub(crate) type Sent<'r> = (&'r str, Stamp, &'r [u8]);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) delivered: u64,
    pub(crate) cursor: String,
    pub(crate) more: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    seq: i64,
    /// The last number at the start of the first load in progress. The load needs no tombstones up
    /// to it.
    since: Option<i64>,
}

/// Changes of a place after a number, up to a limit.
const CHANGES: &str =
    "SELECT seq, key, stamp, cells FROM rows WHERE scope = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
/// Like `CHANGES`, for a first load. Of the tombstones up to number ?4, only those of devices'
/// rows.
const LOAD: &str = "SELECT seq, key, stamp, cells FROM rows WHERE scope = ?1 AND seq > ?2
                    AND (gone = 0 OR ours = 1 OR seq > ?4) ORDER BY seq LIMIT ?3";
/// Changes, and the versions that were superseded since the last compaction.
const HISTORY: &str = "SELECT seq, key, stamp, cells FROM (
                       SELECT seq, key, stamp, cells FROM rows WHERE scope = ?1 AND seq > ?2 UNION ALL
                       SELECT seq, key, stamp, cells FROM past_rows WHERE scope = ?1 AND seq > ?2)
                       ORDER BY seq LIMIT ?3";

impl Replica {
    /// The cursor of a device that has seen everything of `entity` up to and including `stamp`. If
    /// devices cannot get the entity, the cursor is number 0.
    pub(crate) fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        let last = "SELECT ifnull(max(seq), 0) FROM rows WHERE stamp <= ?1";
        let last = || sound(self.on(entity, last).query_row([stamp.0], |row| row.get(0)));
        let seq = if self.entities().any(|held| held == entity) { last() } else { 0 };
        self.named(Position { seq, since: None })
    }

    /// Delivers the changes of `entity` after `cursor` to `take`, for a device with these
    /// attributes. They come in the order in which the replica got them. Ends at the last change,
    /// at `limit`, or when `take` breaks. The change at which `take` breaks counts as taken. A
    /// cursor has expired in three cases: another database made it, this one made it before a
    /// restore, or a later tombstone is forgotten.
    pub(crate) fn page(
        &self,
        entity: EntityId,
        attributes: &[Value],
        cursor: Option<&str>,
        limit: usize,
        mut take: impl FnMut(Sent<'_>) -> ControlFlow<()>,
    ) -> Result<Page, ServerError> {
        let is_pulled = |delivery| delivery == Delivery::Delta;
        let schema = self.served(entity, is_pulled, "pulled")?;
        let head = self.open().head;
        let mut at = match cursor {
            None => Position { seq: 0, since: Some(head) },
            Some(text) => self.position(text).ok_or(ServerError::CursorExpired(entity))?,
        };
        let (mut delivered, mut more) = (0, false);
        if let Some(place) = self.known_place(entity, &place_for(schema, attributes)) {
            if at.since.unwrap_or(at.seq) < self.purged(place) {
                return Err(ServerError::CursorExpired(entity));
            }
            let most = i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1;
            let tombstones_after = at.since.filter(|_| self.history.is_none());
            let changes = if self.history.is_some() { HISTORY } else { CHANGES };
            let mut statement = self.on(entity, if tombstones_after.is_some() { LOAD } else { changes });
            let mut rows = sound(match tombstones_after {
                Some(since) => statement.query((place, at.seq, most, since)),
                None => statement.query((place, at.seq, most)),
            });
            let mut full = false;
            while let Some(row) = sound(rows.next()) {
                if full {
                    more = true;
                    break;
                }
                at.seq = sound(row.get(0));
                let flow = take(sent(row));
                delivered += 1;
                full = delivered >= limit as u64 || flow.is_break();
            }
        }
        if !more && let Some(since) = at.since.take() {
            // Changes after the start of the load have higher numbers, and were delivered.
            at.seq = at.seq.max(since);
        }
        Ok(Page { delivered, cursor: self.named(at), more })
    }

    /// Delivers up to `limit` rows of the record `of` that belong to a device with these
    /// attributes. Returns their number, and true if there are more.
    pub(crate) fn fetch(
        &self,
        entity: EntityId,
        attributes: &[Value],
        of: &Key,
        limit: usize,
        mut take: impl FnMut(Sent<'_>),
    ) -> Result<(u64, bool), ServerError> {
        let is_fetched = |delivery| matches!(delivery, Delivery::OnOpen { .. });
        let schema = self.served(entity, is_fetched, "fetched on open")?;
        let Some(place) = self.known_place(entity, &place_for(schema, attributes)) else {
            return Ok((0, false));
        };
        let sql = "SELECT scope, key, stamp, cells FROM rows WHERE record = ?1 AND gone = 0 ORDER BY seq";
        let mut statement = self.on(entity, sql);
        let mut rows = sound(statement.query([of.as_str()]));
        let mut delivered = 0;
        while let Some(row) = sound(rows.next()) {
            if sound(row.get::<_, i64>(0)) != place {
                continue;
            }
            if delivered >= limit as u64 {
                return Ok((delivered, true));
            }
            delivered += 1;
            take(sent(row));
        }
        Ok((delivered, false))
    }

    /// The entity, if the replica can serve its rows now. It cannot before its first load is
    /// complete, or between a restore and the next refresh.
    fn served(
        &self,
        id: EntityId,
        is_so: impl Fn(Delivery) -> bool,
        so: &str,
    ) -> Result<&Entity, ServerError> {
        let entity = self.schema.entities.get(usize::from(id.0)).filter(|entity| is_so(entity.delivery));
        let entity = entity.ok_or_else(|| ServerError::BadRequest(format!("entity {} is not {so}", id.0)))?;
        if !self.progress(id).loaded || self.put_back().is_some() {
            return Err(ServerError::Unavailable);
        }
        Ok(entity)
    }

    fn named(&self, at: Position) -> String {
        let since = at.since.map_or(String::new(), |since| format!("{since}/"));
        format!("{},{since}{}", self.open().epoch, at.seq)
    }

    /// The position in a cursor of this database; `None` if the cursor is from another.
    fn position(&self, cursor: &str) -> Option<Position> {
        let (epoch, rest) = cursor.split_once(',')?;
        let (since, seq) = match rest.split_once('/') {
            Some((since, seq)) => (Some(since.parse().ok()?), seq),
            None => (None, rest),
        };
        let at = Position { seq: seq.parse().ok()?, since };
        let open = self.open();
        let ours = epoch.parse() == Ok(open.epoch);
        let known = 0..=open.head;
        (ours && known.contains(&at.seq) && at.since.is_none_or(|since| known.contains(&since))).then_some(at)
    }
}

fn sent<'r>(row: &'r rusqlite::Row<'_>) -> Sent<'r> {
    let cells = sound(row.get_ref(3)).as_blob_or_null().expect("cells are bytes").unwrap_or_default();
    (sound(row.get_ref(1)).as_str().expect("a key is a text"), Stamp(sound(row.get(2))), cells)
}
