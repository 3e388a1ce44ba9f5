//! One item: read, made, changed, deleted.

use serde_json::{Value as Json, json};

use super::super::conditional::{self, Verb, Wrote, brings, names};
use super::super::rows;
use super::super::web::{Answer, bytes, response};
use super::super::writing::Wanted;
use super::{Datasync, failed, tag};
use crate::contract::http::{HeaderValue, Request, header};
use crate::contract::{DeviceId, EntityId, Key, Row, ServerError, Slip, SystemOfRecord};

fn bad(why: &str) -> ServerError {
    ServerError::BadRequest(why.to_owned())
}

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
                brings(slip, &Wanted { entity: id, key: key.clone(), values: None }, &row);
                self.shown(200, (id, &row))
            }
            Some(_) => failed(410, "the item was deleted"),
            None => failed(404, "there is no such item"),
        }
    }

    fn shown(&self, status: u16, (id, row): (EntityId, &Row)) -> Answer {
        let object = self.object(id, &row.key, (row.stamp, row.values.as_deref()));
        let mut answer = response(status, &Json::Object(object));
        let place = format!("/tables/{}/{}", self.setup.schema.entity(id).name, row.key);
        let headers = [(header::ETAG, tag(row.stamp)), (header::LOCATION, place)];
        for (name, value) in headers.into_iter().take(if status == 201 { 2 } else { 1 }) {
            // A key that no header can have is told in the body alone.
            HeaderValue::from_str(&value)
                .into_iter()
                .for_each(|value| _ = answer.headers_mut().insert(&name, value));
        }
        answer
    }

    pub(super) fn create(
        &self,
        (of, id): (DeviceId, EntityId),
        (request, body): (&Request, &Json),
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Answer, ServerError> {
        let object = body.as_object().ok_or_else(|| bad("the body must be an item"))?;
        let key = object.get("id").and_then(Json::as_str).filter(|key| !key.is_empty());
        let key = Key::new(key.ok_or_else(|| bad("an item has an `id`, which is a text"))?);
        let values = Some(rows::all_values(self.setup.schema.entity(id), object));
        self.write(of, (request, Verb::Create), &Wanted { entity: id, key, values }, slip, record)
    }

    pub(super) fn change(
        &self,
        (of, id, key): (DeviceId, EntityId, Key),
        (request, body, whole): (&Request, &Json, bool),
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Answer, ServerError> {
        let object = body.as_object().ok_or_else(|| bad("the body must be an item"))?;
        if object.get("id").is_some_and(|said| *said != json!(key.as_str())) {
            return Err(bad("the item's id is not that of the address"));
        }
        let entity = self.setup.schema.entity(id);
        let values = if whole { rows::all_values(entity, object) } else { rows::values(entity, object) };
        let wanted = Wanted { entity: id, key, values: Some(values) };
        self.write(of, (request, Verb::Change), &wanted, slip, record)
    }

    pub(super) fn delete(
        &self,
        (of, id, key): (DeviceId, EntityId, Key),
        request: &Request,
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Answer, ServerError> {
        let wanted = Wanted { entity: id, key, values: None };
        self.write(of, (request, Verb::Delete), &wanted, slip, record)
    }

    fn write(
        &self,
        of: DeviceId,
        (request, verb): (&Request, Verb),
        wanted: &Wanted,
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Answer, ServerError> {
        let (id, name) = (wanted.entity, &self.setup.schema.entity(wanted.entity).name);
        let by = (&self.writer, self.detects, self.attributes(of));
        let wrote = conditional::write(by, (request, verb, tag), (wanted, name), slip, record)?;
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
