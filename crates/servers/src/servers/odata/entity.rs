//! One entity: read, made, changed, deleted.

use serde_json::{Value as Json, json};

use super::super::conditional::{self, Verb, Wrote, brings, names, prefers};
use super::super::rows;
use super::super::web::{Answer, bytes, response};
use super::super::writing::Wanted;
use super::{OData, error, tag};
use crate::contract::http::{HeaderValue, Request, header};
use crate::contract::{DeviceId, EntityId, Key, Row, ServerError, Slip, SystemOfRecord};

fn bad(why: &str) -> ServerError {
    ServerError::BadRequest(why.to_owned())
}

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
                brings(slip, &Wanted { entity: id, key: key.clone(), values: None }, &row);
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
            // A key that no header can have is told in the body alone.
            if let Some(value) = HeaderValue::from_str(&value).ok().filter(|_| is_new) {
                answer.headers_mut().insert(name, value);
            }
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
        let object = body.as_object().ok_or_else(|| bad("the body must be an entity"))?;
        let key = object.get("id").and_then(Json::as_str).filter(|key| !key.is_empty());
        let key = Key::new(key.ok_or_else(|| bad("an entity has an `id`, which is a text"))?);
        let values = Some(rows::all_values(self.setup.schema.entity(id), object));
        let wanted = Wanted { entity: id, key, values };
        self.write(of, (request, Verb::Create), &wanted, slip, record)
    }

    pub(super) fn change(
        &self,
        (of, id, key): (DeviceId, EntityId, Key),
        (request, body, whole): (&Request, &Json, bool),
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Answer, ServerError> {
        let object = body.as_object().ok_or_else(|| bad("the body must be an entity"))?;
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
        let (id, name) = (wanted.entity, self.name(wanted.entity));
        let by = (&self.writer, self.detects, self.attributes(of));
        let wrote = conditional::write(by, (request, verb, tag), (wanted, name), slip, record)?;
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
