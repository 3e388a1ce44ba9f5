//! The request `GET /pull`: the next rows after a cursor.

use serde_json::{Value as Json, json};

use super::super::call::Call;
use super::super::paging::{self, Pair, Position, hexed, unhexed};
use super::super::rows::{self, Version};
use super::super::web::{Address, bad, response};
use super::Plain;
use crate::contract::http::Response;
use crate::contract::{EntityId, ServerError};

const LIMIT: usize = 500;

/// The positions of all tables, in order; `None` for a table that the phone never read.
struct Cursor(Vec<Option<Position>>);

impl Cursor {
    /// Decodes a cursor.
    ///
    /// # Errors
    /// The text is not a cursor of this server.
    fn of(text: Option<&str>, tables: usize) -> Result<Cursor, ServerError> {
        let Some(text) = text.filter(|text| !["", "null", "undefined"].contains(text)) else {
            return Ok(Cursor(vec![None; tables]));
        };
        let wrong = || bad("`since` is no cursor of this server");
        let all: Vec<Option<(Pair, Option<Pair>)>> =
            unhexed(text).and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(wrong)?;
        if all.len() != tables {
            return Err(wrong());
        }
        Ok(Cursor(all.into_iter().map(|one| one.map(|(at, load)| Position { at, load })).collect()))
    }
    fn text(&self) -> String {
        let all = self.0.iter().map(|one| one.as_ref().map(|one| (&one.at, &one.load)));
        hexed(&json!(all.collect::<Vec<_>>()).to_string())
    }
}

impl Plain {
    pub(super) fn pull(&self, address: &Address, call: &mut Call<'_>) -> Result<Response, ServerError> {
        let tables: Vec<EntityId> = rows::pulled_tables(&self.setup.schema).collect();
        let mut cursor = Cursor::of(address.get("since"), tables.len())?;
        let limit = address.number("limit")?;
        let limit = limit.map_or(LIMIT, |limit| usize::try_from(limit).unwrap_or(0).max(1));
        let (mut told, mut more) = (Vec::new(), false);
        for (&id, position) in tables.iter().zip(&mut cursor.0) {
            let (rows, is_all) = paging::after((&self.setup, id), position, limit - told.len(), call)?;
            for (key, stamp, values) in rows {
                call.brings_version(id, &key, stamp, values.is_none());
                told.push(self.row(id, (key, stamp, values)));
            }
            if !is_all {
                more = true;
                break;
            }
        }
        Ok(response(200, &json!({ "rows": told, "cursor": cursor.text(), "more": more })))
    }

    pub(super) fn row(&self, id: EntityId, (key, stamp, values): Version) -> Json {
        let entity = self.setup.schema.entity(id);
        let mut row = json!({ "entity": entity.name, "key": key.as_str(), "stamp": stamp.0 });
        row["deleted"] = json!(values.is_none());
        if let Some(values) = values {
            row["values"] = Json::Object(rows::object(entity, &values));
        }
        row
    }
}
