//! What devices read.
//!
//! A cursor is `epoch,seq`: everything of its place up to that number is read. While a first load
//! is under way the number at which it began comes before: `epoch,since/seq`.

use std::ops::ControlFlow;

use super::database::{Replica, sound};
use super::rows::place_for;
use crate::base::{EntityId, Key, Stamp, Value};
use crate::contract::{Delivery, Entity, ServerError};

/// A row as it is sent: its key, its stamp, its encoded values; no values are a tombstone.
pub(in super::super) type Sent<'r> = (&'r str, Stamp, &'r [u8]);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Page {
    pub(in super::super) delivered: u64,
    pub(in super::super) cursor: String,
    pub(in super::super) more: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    seq: i64,
    /// While a first load is under way: it needs no tombstone from before.
    since: Option<i64>,
}

/// Changes of a place after a number, at most so many.
const CHANGES: &str =
    "SELECT seq, key, stamp, cells FROM rows WHERE scope = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
/// The same while a first load is under way, with the number after which tombstones count.
const LOAD: &str = "SELECT seq, key, stamp, cells FROM rows WHERE scope = ?1 AND seq > ?2
                    AND (gone = 0 OR ours = 1 OR seq > ?4) ORDER BY seq LIMIT ?3";

impl Replica {
    /// The cursor of a device that has seen everything of `entity` up to and including `stamp`; of
    /// what devices cannot get there is nothing to be seen.
    pub(in super::super) fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        let last = "SELECT ifnull(max(seq), 0) FROM rows WHERE stamp <= ?1";
        let last = || sound(self.on(entity, last).query_row([stamp.0], |row| row.get(0)));
        let seq = if self.entities().any(|held| held == entity) { last() } else { 0 };
        self.named(Position { seq, since: None })
    }

    /// Delivers the changes of `entity` after `cursor` for a device with these attributes to
    /// `take`, in the order in which the replica heard of them, until there are no more, `limit` is
    /// reached, or `take` breaks (the change that it broke at counts as taken). A cursor that
    /// another database made, or this one before it was put back, or that is so old that a
    /// tombstone after it is forgotten, has expired.
    pub(in super::super) fn page(
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
            let mut statement = self.on(entity, if at.since.is_some() { LOAD } else { CHANGES });
            let mut rows = sound(match at.since {
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
            // What has changed since the load began has a higher number, and was delivered.
            at.seq = at.seq.max(since);
        }
        Ok(Page { delivered, cursor: self.named(at), more })
    }

    /// Delivers the rows that belong to the record `of` and to a device with these attributes, at
    /// most `limit`; gives how many those are, and whether there are more.
    pub(in super::super) fn fetch(
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

    /// The entity, if its rows can be asked for in this way, and now: not before the replica's own
    /// first load has come to its end, nor after a return to a backup before the next refresh.
    fn served(
        &self,
        id: EntityId,
        is_so: impl Fn(Delivery) -> bool,
        so: &str,
    ) -> Result<&Entity, ServerError> {
        let entity = self.schema().entities.get(usize::from(id.0)).filter(|entity| is_so(entity.delivery));
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

    /// The position that this database named so, or `None`.
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
