//! OData V4 with change tracking, and its JSON format:
//! <https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html> (11.3 is about
//! changes, 11.4 about writes) and
//! <https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html>.
//!
//! Requests:
//! - `GET /NAME` with `Prefer: odata.track-changes`: the entities in pages with `@odata.nextLink`;
//!   the last page has `@odata.deltaLink`.
//! - `GET` of a delta link: the changes since that link; a deleted entity has `@removed`.
//! - `GET /NAME('key')`: one entity, with its `ETag`; 304 for `If-None-Match`.
//! - `POST /NAME`: creates an entity: 201, or 409 if it exists.
//! - `PATCH`, `PUT /NAME('key')`: changes an entity: 204, or 200 with `Prefer:
//!   return=representation`.
//! - `DELETE /NAME('key')`: 204.
//! - `GET /`: the service document.
//!
//! With `If-Match`, a write succeeds only on that version; otherwise the response is 412. The
//! specification allows a service to require `If-Match`, but this server does not. **A client
//! without `If-Match` overwrites changes that it has not seen**. `/NAME/key` is the same as
//! `/NAME('key')`. `Prefer: odata.maxpagesize=N` limits pages. The response for an expired delta
//! link is 410. The key property is `id`.
//!
//! Options:
//! - `conflicts`: `detect`, or `overwrite`: `If-Match` is ignored.
//! - `idempotent`: `no`: if a response was lost, the retried write fails on its own `ETag`.
//!   `by-edit`: the retry is recognised.
//! - `page`: entities per page, 100.
//!
//! Not supported: `$batch` (501), `$metadata`, `$filter` and other query options, upserts, deep
//! inserts, navigation.

mod collection;
mod entity;

use serde_json::{Value as Json, json};

use super::call::Call;
use super::conditional::Addressed;
use super::half::{Half, LACKS};
use super::paging::Position;
use super::rows;
use super::served::{ProtocolServer, Served};
use super::web::{Address, bad, response};
use crate::contract::http::{HeaderValue, Method, Response, write_response};
use crate::contract::{Capabilities, EntityId, Key, Reply, ServerError, Stamp};

pub(super) fn half() -> Half {
    Half {
        name: "odata",
        about: "OData V4 with delta links and entity tags.",
        options: Addressed::options(),
        make: |chosen, setup, ports| Box::new(Served(OData(Addressed::open(chosen, setup, ports, tag)))),
        at_most: Capabilities::ALL,
        lacks: LACKS,
        crash_points: &["odata.written"],
    }
}

struct OData(Addressed);

/// The entity tag of a version. It is weak: the values are the same, but maybe not each byte.
fn tag(stamp: Stamp) -> String {
    format!("W/\"{}\"", stamp.0)
}

/// An error response in the form of the JSON format (21.1).
fn error(status: u16, code: &str, message: &str) -> Response {
    response(status, &json!({ "error": { "code": code, "message": message } }))
}

enum Place {
    Service,
    Collection(EntityId),
    Entity(EntityId, Key),
    Unsupported(&'static str),
}

impl OData {
    fn name(&self, id: EntityId) -> &str {
        &self.0.schema_of(id).name
    }
    fn place(&self, address: &Address) -> Result<Place, ServerError> {
        let find = |name: &str| {
            let found = rows::table(&self.0.setup.schema, name);
            found.ok_or_else(|| bad(format!("there is no entity set {name:?}")))
        };
        Ok(match address.parts().as_slice() {
            [] => Place::Service,
            ["$batch"] => Place::Unsupported("$batch is not supported: send each request by itself"),
            ["$metadata"] => Place::Unsupported("$metadata is not supported"),
            [one] => match one.split_once('(').and_then(|(name, rest)| Some((name, rest.strip_suffix(')')?)))
            {
                Some((name, key)) => Place::Entity(find(name)?, Key::new(&unquoted(key))),
                None => Place::Collection(find(one)?),
            },
            [name, key] => Place::Entity(find(name)?, Key::new(key)),
            _ => Place::Unsupported("navigation is not supported"),
        })
    }
    fn service(&self) -> Response {
        let set = |id| json!({ "name": self.name(id), "kind": "EntitySet", "url": self.name(id) });
        let sets: Vec<Json> = rows::pulled_tables(&self.0.setup.schema).map(set).collect();
        response(200, &json!({ "@odata.context": "$metadata", "value": sets }))
    }
}

/// Reads a key from brackets. It is a quoted text, and quotes inside it are doubled.
fn unquoted(key: &str) -> String {
    let inside = key.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    inside.map_or_else(
        || key.trim_start_matches("id=").trim_matches('\'').to_owned(),
        |key| key.replace("''", "'"),
    )
}

impl ProtocolServer for OData {
    fn answer(&mut self, call: &mut Call<'_>) -> Result<Reply, ServerError> {
        let address = Address::of(call.request.uri());
        let mut answer = match (call.request.method(), self.place(&address)?) {
            (_, Place::Unsupported(why)) => error(501, "not_implemented", why),
            (&Method::GET, Place::Service) => self.service(),
            (&Method::GET, Place::Collection(id)) => self.collection(id, &address, call)?,
            (&Method::GET, Place::Entity(id, key)) => self.entity(id, &key, call),
            (_, Place::Collection(id)) => self.write((id, None), call)?,
            (_, Place::Entity(id, key)) => self.write((id, Some(key)), call)?,
            (_, Place::Service) => error(405, "method_not_allowed", "this is not done with this method"),
        };
        answer.headers_mut().insert("odata-version", HeaderValue::from_static("4.01"));
        Ok(write_response(&answer).into())
    }
    fn refused(&self, word: &str, why: &str) -> Json {
        json!({ "error": { "code": word, "message": why } })
    }
    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        // The position is after all rows of that time, because this key is greater than any other.
        let at = Position { at: (stamp.0, "\u{10ffff}".to_owned()), load: None };
        format!("{}?$deltatoken={}", self.name(entity), at.text())
    }
}
