//! A single entity: read, create, change, delete.

use serde_json::{Value as Json, json};

use super::super::call::Call;
use super::super::conditional::{Verb, Wrote, names, prefers};
use super::super::web::{bytes, response};
use super::{OData, error, tag};
use crate::contract::http::{HeaderValue, Response, header};
use crate::contract::{EntityId, Key, Row, ServerError};

impl OData {
    pub(super) fn entity(&self, id: EntityId, key: &Key, call: &mut Call<'_>) -> Response {
        match call.record.get(id, key) {
            Some(row) if row.values.is_some() => {
                if names(call.request, &header::IF_NONE_MATCH, Some(&tag(row.stamp))) == Some(true) {
                    return self.tagged(bytes(304, "application/json", Vec::new()), (id, &row));
                }
                call.brings(id, key, &row);
                self.shown(200, (id, &row))
            }
            Some(_) => error(410, "gone", "the entity was deleted"),
            None => error(404, "not_found", "there is no such entity"),
        }
    }

    fn shown(&self, status: u16, (id, row): (EntityId, &Row)) -> Response {
        let mut object = self.object(id, row);
        object.insert("@odata.context".to_owned(), json!(format!("$metadata#{}/$entity", self.name(id))));
        self.tagged(response(status, &Json::Object(object)), (id, row))
    }
    fn tagged(&self, mut answer: Response, (id, row): (EntityId, &Row)) -> Response {
        let place = self.address_of(id, &row.key);
        for (name, value) in [(header::ETAG, tag(row.stamp)), (header::LOCATION, place)] {
            let is_new = answer.status().as_u16() == 201 || name == header::ETAG;
            // If a key is not valid in a header, the response has it only in the body.
            if let Some(value) = HeaderValue::from_str(&value).ok().filter(|_| is_new) {
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
            return Ok(error(405, "method_not_allowed", "this is not done with this method"));
        };
        let wrote = self.0.write((verb, &wanted), call)?;
        _ = self.0.ports.crash.reached("odata.written");
        Ok(match wrote {
            Wrote::Done(Some(row)) if row.values.is_some() => match (verb, prefers(call.request, "return")) {
                (Verb::Create, whole) if whole != Some("minimal") => self.shown(201, (id, &row)),
                (_, Some("representation")) => self.shown(200, (id, &row)),
                _ => self.tagged(bytes(204, "application/json", Vec::new()), (id, &row)),
            },
            Wrote::Done(_) => bytes(204, "application/json", Vec::new()),
            Wrote::Missing => error(404, "not_found", "there is no such entity"),
            Wrote::Gone => error(410, "gone", "the entity was deleted"),
            Wrote::Exists(_) => error(409, "conflict", "there is such an entity"),
            Wrote::Changed(row) => {
                let changed = error(412, "precondition_failed", "somebody has changed the entity since");
                self.tagged(changed, (id, &row))
            }
            Wrote::Refused(status, why) => error(status, "refused", &why),
        })
    }
}
