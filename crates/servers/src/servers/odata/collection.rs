//! Entity collections in pages, and the changes since a delta link.

use serde_json::{Map, Value as Json, json};

use super::super::call::Call;
use super::super::conditional::prefers;
use super::super::paging::{self, Position};
use super::super::rows::{self, Version};
use super::super::web::{Address, bad, response};
use super::{OData, error, tag};
use crate::contract::http::{HeaderValue, Response};
use crate::contract::{EntityId, Key, Row, ServerError};

impl OData {
    pub(super) fn collection(
        &self,
        id: EntityId,
        address: &Address,
        call: &mut Call<'_>,
    ) -> Result<Response, ServerError> {
        if let Some(other) = address.names().find(|name| !["$skiptoken", "$deltatoken"].contains(name)) {
            return Ok(error(501, "not_implemented", &format!("the query option {other} is not supported")));
        }
        let (next, delta) = (address.get("$skiptoken"), address.get("$deltatoken"));
        let wrong = || bad("the token is none of this service's");
        // The first letter of a `nextLink` token is the kind of paging: `l` for a load, `t` for a
        // load with change tracking, `c` for changes.
        let (kind, token) = match (next, delta) {
            (Some(next), _) => next.split_at_checked(1).ok_or_else(wrong)?,
            (None, Some(delta)) => ("c", delta),
            (None, None) if prefers(call.request, "track-changes").is_some() => ("t", ""),
            (None, None) => ("l", ""),
        };
        let mut position = match token {
            "" => None,
            token => Some(Position::of(token).ok_or_else(wrong)?),
        };
        let asked = prefers(call.request, "maxpagesize").and_then(|size| size.parse::<usize>().ok());
        let room = asked.unwrap_or(self.0.page).clamp(1, self.0.page);
        let (found, is_all) = paging::after((&self.0.setup, id), &mut position, room, call)?;
        let told: Vec<Json> = found.iter().map(|row| self.told(id, row, call)).collect();
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

    fn told(&self, id: EntityId, (key, stamp, values): &Version, call: &mut Call<'_>) -> Json {
        let row = Row { key: key.clone(), stamp: *stamp, values: values.clone() };
        call.brings(id, key, &row);
        if row.values.is_some() {
            return Json::Object(self.object(id, &row));
        }
        // The row exists, but it has left this phone's set of rows.
        let is_there = call.record.get(id, key).is_some_and(|row| row.values.is_some());
        let reason = if is_there { "changed" } else { "deleted" };
        json!({ "@removed": { "reason": reason }, "@odata.id": self.address_of(id, key), "id": key.as_str() })
    }
    /// The address of an entity. Quotes in its key are doubled.
    pub(super) fn address_of(&self, id: EntityId, key: &Key) -> String {
        format!("{}('{}')", self.name(id), key.as_str().replace('\'', "''"))
    }

    /// An entity with its entity tag.
    pub(super) fn object(&self, id: EntityId, row: &Row) -> Map<String, Json> {
        let entity = self.0.schema_of(id);
        let mut object = rows::with_id(entity, row.key.as_str(), row.values.as_deref().unwrap_or_default());
        object.insert("@odata.etag".to_owned(), json!(tag(row.stamp)));
        object
    }
}
