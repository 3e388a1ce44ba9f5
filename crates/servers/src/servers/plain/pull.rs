//! The next rows after a cursor.

use serde_json::{Value as Json, json};

use super::super::kept::SETTLED;
use super::super::rows::{self, Version};
use super::super::web::{Address, response};
use super::Plain;
use crate::contract::http::Response;
use crate::contract::{DeviceId, EntityId, RowVersion, ServerError, Slip, Stamp, SystemOfRecord};

/// So many rows come at once, if nothing is said.
const LIMIT: usize = 500;

/// A place in the order of stamps and keys.
type Pair = (i64, String);

/// How far a table was read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Position {
    at: Pair,
    /// Its first load goes on: behind it the reader goes on here, as what changes meanwhile may
    /// have been passed already.
    load: Option<Pair>,
}

/// The positions of all tables, in their order; none of a table that was never read.
struct Cursor(Vec<Option<Position>>);

impl Cursor {
    /// # Errors
    /// It is none of this server's.
    fn of(text: Option<&str>, tables: usize) -> Result<Cursor, ServerError> {
        let Some(text) = text.filter(|text| !["", "null", "undefined"].contains(text)) else {
            return Ok(Cursor(vec![None; tables]));
        };
        let wrong = || ServerError::BadRequest("`since` is no cursor of this server".to_owned());
        let all: Vec<Option<(Pair, Option<Pair>)>> =
            unhexed(text).and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(wrong)?;
        if all.len() != tables {
            return Err(wrong());
        }
        Ok(Cursor(all.into_iter().map(|one| one.map(|(at, load)| Position { at, load })).collect()))
    }
    fn text(&self) -> String {
        let all = self.0.iter().map(|one| one.as_ref().map(|one| (&one.at, &one.load)));
        let json = json!(all.collect::<Vec<_>>()).to_string();
        json.bytes().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn unhexed(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).ok());
    pairs.map(|two| u8::from_str_radix(two.filter(|two| two.len() == 2)?, 16).ok()).collect()
}

impl Plain {
    pub(super) fn pull(
        &self,
        of: DeviceId,
        address: &Address,
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Response, ServerError> {
        let schema = &self.setup.schema;
        let tables: Vec<EntityId> =
            schema.ids().filter(|id| schema.entity(*id).delivery.comes_down()).collect();
        let mut cursor = Cursor::of(address.get("since"), tables.len())?;
        let limit = address.number("limit")?;
        let limit = limit.map_or(LIMIT, |limit| usize::try_from(limit).unwrap_or(0).max(1));
        let (mut told, mut more) = (Vec::new(), false);
        for (&id, position) in tables.iter().zip(&mut cursor.0) {
            let (rows, is_all) = self.after((of, id), position, limit - told.len(), record)?;
            told.extend(rows.iter().map(|row| self.row((id, row), slip)));
            if !is_all {
                more = true;
                break;
            }
        }
        Ok(response(200, &json!({ "rows": told, "cursor": cursor.text(), "more": more })))
    }

    /// The next rows of a table, and whether these are all; its position is behind them then.
    fn after(
        &self,
        (of, id): (DeviceId, EntityId),
        position: &mut Option<Position>,
        room: usize,
        record: &mut dyn SystemOfRecord,
    ) -> Result<(Vec<Version>, bool), ServerError> {
        let attributes = self.attributes(of);
        let day_before = (record.clock().minus(SETTLED).0, String::new());
        let pair = |row: &Version| (row.1.0, row.0.as_str().to_owned());
        let loads = position.as_ref().is_none_or(|position| position.load.is_some());
        // Rows of the position's own time may still be missing.
        let since = position.as_ref().filter(|_| !loads).map(|position| Stamp(position.at.0 - 1));
        let mut found = rows::changed(record, id, attributes, since)?;
        found.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        let newest = found.last().map(pair);
        let (at, load) = match position.take() {
            Some(Position { at, load }) => (Some(at), load),
            None => (None, newest.or_else(|| Some(day_before.clone()))),
        };
        if let Some(at) = &at {
            found.retain(|row| pair(row) > *at);
        }
        let is_all = found.len() <= room;
        found.truncate(room);
        let at = found.last().map(pair).or(at).unwrap_or_default();
        *position = Some(match load {
            Some(load) if is_all => Position { at: load, load: None },
            // Else a phone that hears of nothing would come with a time that is too old one day.
            None if is_all => Position { at: at.max(day_before), load: None },
            load => Position { at, load },
        });
        Ok((found, is_all))
    }

    fn row(&self, (id, (key, stamp, values)): (EntityId, &Version), slip: &mut Slip) -> Json {
        let entity = self.setup.schema.entity(id);
        let removed = values.is_none();
        slip.rows.push(RowVersion { entity: id, key: key.clone(), stamp: *stamp, removed });
        let mut row =
            json!({ "entity": entity.name, "key": key.as_str(), "stamp": stamp.0, "deleted": removed });
        if let Some(values) = values {
            row["values"] = Json::Object(rows::object(entity, values));
        }
        row
    }
}
