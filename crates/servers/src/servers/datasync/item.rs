//! A single item: read, create, change, delete.

use serde_json::{Value as Json, json};

use super::super::conditional::{Verb, Wrote, brings, names};
use super::super::web::{self, Answer, bytes, response};
use super::{Datasync, failed, tag};
use crate::contract::http::{HeaderValue, Request, header};
use crate::contract::{DeviceId, EntityId, Key, Row, ServerError, Slip, SystemOfRecord};

impl Datasync {
    pub(super) fn item(
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
                    return bytes(304, "application/json", Vec::new());
                }
                brings(slip, (id, key), &row);
                self.shown(200, (id, &row))
            }
            Some(_) => failed(410, "the item was deleted"),
            None => failed(404, "there is no such item"),
        }
    }

    fn shown(&self, status: u16, (id, row): (EntityId, &Row)) -> Answer {
        let object = self.object(id, &row.key, (row.stamp, row.values.as_deref()));
        let mut answer = response(status, &Json::Object(object));
        let place = format!("/tables/{}/{}", self.0.schema_of(id).name, row.key);
        let headers = [(header::ETAG, tag(row.stamp)), (header::LOCATION, place)];
        for (name, value) in headers.into_iter().take(if status == 201 { 2 } else { 1 }) {
            // A key that cannot be a header value is only in the body.
            HeaderValue::from_str(&value)
                .into_iter()
                .for_each(|value| _ = answer.headers_mut().insert(&name, value));
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
            return Ok(failed(405, "this is not done with this method"));
        };
        let said = if verb == Verb::Change { web::body(request)? } else { Json::Null };
        if said.get("id").is_some_and(|said| *said != json!(wanted.key.as_str())) {
            return Err(ServerError::BadRequest("the item's id is not that of the address".to_owned()));
        }
        let wrote = self.0.write((of, request), (verb, &wanted), slip, record)?;
        _ = self.0.ports.crash.reached("datasync.written");
        Ok(match wrote {
            Wrote::Done(Some(row)) if row.values.is_some() => {
                self.shown(if verb == Verb::Create { 201 } else { 200 }, (id, &row))
            }
            Wrote::Done(_) => bytes(204, "application/json", Vec::new()),
            Wrote::Missing => failed(404, "there is no such item"),
            Wrote::Gone => failed(410, "the item was deleted"),
            Wrote::Exists(row) => self.shown(409, (id, &row)),
            Wrote::Changed(row) => self.shown(412, (id, &row)),
            Wrote::Refused(status, why) => failed(status, &why),
        })
    }
}
