//! A single item: read, create, change, delete.

use serde_json::{Value as Json, json};

use super::super::call::Call;
use super::super::conditional::{Verb, Wrote, names};
use super::super::web::{self, bad, bytes, error, response};
use super::{Datasync, tag};
use crate::contract::http::{HeaderValue, Response, header};
use crate::contract::{EntityId, Key, Row, ServerError};

impl Datasync {
    pub(super) fn item(&self, id: EntityId, key: &Key, call: &mut Call<'_>) -> Response {
        match call.record.get(id, key) {
            Some(row) if row.values.is_some() => {
                if names(call.request, &header::IF_NONE_MATCH, Some(&tag(row.stamp))) == Some(true) {
                    return bytes(304, "application/json", Vec::new());
                }
                call.brings(id, key, &row);
                self.shown(200, (id, &row))
            }
            Some(_) => error(410, "the item was deleted"),
            None => error(404, "there is no such item"),
        }
    }

    fn shown(&self, status: u16, (id, row): (EntityId, &Row)) -> Response {
        let object = self.object(id, &row.key, (row.stamp, row.values.as_deref()));
        let mut answer = response(status, &Json::Object(object));
        let place = format!("/tables/{}/{}", self.0.schema_of(id).name, row.key);
        let headers = [(header::ETAG, tag(row.stamp)), (header::LOCATION, place)];
        for (name, value) in headers.into_iter().take(if status == 201 { 2 } else { 1 }) {
            // If a key is not valid in a header, the response has it only in the body.
            if let Ok(value) = HeaderValue::from_str(&value) {
                answer.headers_mut().insert(name, value);
            }
        }
        answer
    }

    /// Performs the write that a request asks for.
    pub(super) fn write(
        &self,
        (id, key): (EntityId, Option<Key>),
        call: &mut Call<'_>,
    ) -> Result<Response, ServerError> {
        let Some((verb, wanted)) = self.0.asked(call.request, (id, key))? else {
            return Ok(error(405, "this is not done with this method"));
        };
        let said = if verb == Verb::Change { web::body(call.request)? } else { Json::Null };
        if said.get("id").is_some_and(|said| *said != json!(wanted.key.as_str())) {
            return Err(bad("the item's id is not that of the address"));
        }
        let wrote = self.0.write((verb, &wanted), call)?;
        _ = self.0.ports.crash.reached("datasync.written");
        Ok(match wrote {
            Wrote::Done(Some(row)) if row.values.is_some() => {
                self.shown(if verb == Verb::Create { 201 } else { 200 }, (id, &row))
            }
            Wrote::Done(_) => bytes(204, "application/json", Vec::new()),
            Wrote::Missing => error(404, "there is no such item"),
            Wrote::Gone => error(410, "the item was deleted"),
            Wrote::Exists(row) => self.shown(409, (id, &row)),
            Wrote::Changed(row) => self.shown(412, (id, &row)),
            Wrote::Refused(status, why) => error(status, &why),
        })
    }
}
