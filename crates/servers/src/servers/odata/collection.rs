//! Entity collections in pages, and changes since a delta link.

use serde_json::{Map, Value as Json, json};

use super::super::conditional::prefers;
use super::super::paging::{self, Position};
use super::super::rows::{self, Version};
use super::super::web::{Address, Answer, response};
use super::{OData, error, tag};
use crate::contract::http::{HeaderValue, Request};
use crate::contract::{DeviceId, EntityId, Row, RowVersion, ServerError, Slip, SystemOfRecord};

impl OData {
    pub(super) fn collection(
        &self,
        (of, id): (DeviceId, EntityId),
        (request, address): (&Request, &Address),
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Answer, ServerError> {
        if let Some(other) = address.names().find(|name| !["$skiptoken", "$deltatoken"].contains(name)) {
            return Ok(error(501, "not_implemented", &format!("the query option {other} is not supported")));
        }
        let (next, delta) = (address.get("$skiptoken"), address.get("$deltatoken"));
        let wrong = || ServerError::BadRequest("the token is none of this service's".to_owned());
        // The first letter of a `nextLink` token says what is paged: a load, a tracked one, or
        // changes.
        let (kind, token) = match (next, delta) {
            (Some(next), _) => next.split_at_checked(1).ok_or_else(wrong)?,
            (None, Some(delta)) => ("c", delta),
            (None, None) if prefers(request, "track-changes").is_some() => ("t", ""),
            (None, None) => ("l", ""),
        };
        let mut position = match token {
            "" => None,
            token => Some(Position::of(token).ok_or_else(wrong)?),
        };
        let asked = prefers(request, "maxpagesize").and_then(|size| size.parse::<usize>().ok());
        let room = asked.unwrap_or(self.0.page).clamp(1, self.0.page);
        let of_phone = (self.0.attributes(of), id);
        let (found, is_all) = paging::after(of_phone, &mut position, room, record)?;
        let told: Vec<Json> = found.iter().map(|row| self.told((id, row), slip, record)).collect();
        let name = self.name(id);
        let context =
            if kind == "c" { format!("$metadata#{name}/$delta") } else { format!("$metadata#{name}") };
        let mut page = json!({ "@odata.context": context, "value": told });
        let token = position.map(|position| position.text()).unwrap_or_default();
        if !is_all {
            page["@odata.nextLink"] = json!(format!("{name}?$skiptoken={kind}{token}"));
        } else if kind != "l" {
            page["@odata.deltaLink"] = json!(format!("{name}?$deltatoken={token}"));
        }
        let mut answer = response(200, &page);
        if kind == "t" {
            let applied = HeaderValue::from_static("odata.track-changes");
            answer.headers_mut().insert("preference-applied", applied);
        }
        Ok(answer)
    }

    fn told(
        &self,
        (id, (key, stamp, values)): (EntityId, &Version),
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Json {
        let removed = values.is_none();
        slip.rows.push(RowVersion { entity: id, key: key.clone(), stamp: *stamp, removed });
        if !removed {
            let row = Row { key: key.clone(), stamp: *stamp, values: values.clone() };
            return Json::Object(self.object(id, &row));
        }
        // A row that exists but is not for this phone has left the phone's set.
        let is_there = record.get(id, key).is_some_and(|row| row.values.is_some());
        let reason = if is_there { "changed" } else { "deleted" };
        let at = format!("{}('{}')", self.name(id), key.as_str().replace('\'', "''"));
        json!({ "@removed": { "reason": reason }, "@odata.id": at, "id": key.as_str() })
    }

    /// An entity with its entity tag.
    pub(super) fn object(&self, id: EntityId, row: &Row) -> Map<String, Json> {
        let entity = self.0.schema_of(id);
        let mut object = rows::with_id(entity, row.key.as_str(), row.values.as_deref().unwrap_or_default());
        object.insert("@odata.etag".to_owned(), json!(tag(row.stamp)));
        object
    }
}
