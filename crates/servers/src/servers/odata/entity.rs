//! A single entity: read, create, change, delete.

use serde_json::{Value as Json, json};

use super::super::conditional::{Verb, Wrote, brings, names, prefers};
use super::super::web::{Answer, bytes, response};
use super::{OData, error, tag};
use crate::contract::http::{HeaderValue, Request, header};
use crate::contract::{DeviceId, EntityId, Key, Row, ServerError, Slip, SystemOfRecord};

impl OData {
    pub(super) fn entity(
        &self,
        id: EntityId,
        key: &Key,
        request: &Request,
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Answer {
        match record.get(id, key) {
            Some(row) if row.values.is_some() => {
                if names(request, &header::IF_NONE_MATCH, Some(&tag(row.stamp))) == Some(true) {
                    return self.tagged(bytes(304, "application/json", Vec::new()), (id, &row));
                }
                brings(slip, (id, key), &row);
                self.shown(200, (id, &row))
            }
            Some(_) => error(410, "gone", "the entity was deleted"),
            None => error(404, "not_found", "there is no such entity"),
        }
    }

    fn shown(&self, status: u16, (id, row): (EntityId, &Row)) -> Answer {
        let mut object = self.object(id, row);
        object.insert("@odata.context".to_owned(), json!(format!("$metadata#{}/$entity", self.name(id))));
        self.tagged(response(status, &Json::Object(object)), (id, row))
    }
    fn tagged(&self, mut answer: Answer, (id, row): (EntityId, &Row)) -> Answer {
        let place = format!("{}('{}')", self.name(id), row.key.as_str().replace('\'', "''"));
        for (name, value) in [(header::ETAG, tag(row.stamp)), (header::LOCATION, place)] {
            let is_new = answer.status().as_u16() == 201 || name == header::ETAG;
            // A key that cannot be a header value is only in the body.
            if let Some(value) = HeaderValue::from_str(&value).ok().filter(|_| is_new) {
                answer.headers_mut().insert(name, value);
            }
        }
        answer
    }

    /// Performs the write that a request asks for, and responds with its result.
    pub(super) fn write(
        &self,
        (of, request): (DeviceId, &Request),
        at: (EntityId, Option<Key>),
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Answer, ServerError> {
        let id = at.0;
        let Some((verb, wanted)) = self.0.asked(request, at)? else {
            return Ok(error(405, "method_not_allowed", "this is not done with this method"));
        };
        let wrote = self.0.write((of, request), (verb, &wanted), slip, record)?;
        _ = self.0.ports.crash.reached("odata.written");
        Ok(match wrote {
            Wrote::Done(Some(row)) if row.values.is_some() => {
                let whole = prefers(request, "return");
                match (verb, whole) {
                    (Verb::Create, whole) if whole != Some("minimal") => self.shown(201, (id, &row)),
                    (_, Some("representation")) => self.shown(200, (id, &row)),
                    _ => self.tagged(bytes(204, "application/json", Vec::new()), (id, &row)),
                }
            }
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
