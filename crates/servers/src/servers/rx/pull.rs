//! The request `GET /rx/NAME/pull`: the next documents after a checkpoint.

use serde_json::{Map, Value as Json, json};

use super::super::call::Call;
use super::super::kept::SETTLED;
use super::super::rows;
use super::super::web::{Address, response};
use super::site::Site;
use crate::contract::http::Response;
use crate::contract::{
    DeviceId, Entity, EntityId, Key, RowVersion, ServerError, Stamp, SystemOfRecord, Value,
};

/// The last document that a phone has pulled, in the order of time and id.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Checkpoint {
    pub(super) updated_at: i64,
    pub(super) id: String,
}

pub(super) struct Page {
    pub(super) documents: Vec<Json>,
    pub(super) checkpoint: Checkpoint,
    versions: Vec<RowVersion>,
}

impl Page {
    pub(super) fn json(&self) -> Json {
        let Checkpoint { updated_at, id } = &self.checkpoint;
        json!({ "documents": self.documents, "checkpoint": { "id": id, "updatedAt": updated_at } })
    }
}

/// Converts a row to a document. A deleted row has only its id.
pub(super) fn document(entity: &Entity, key: &str, values: Option<&[Value]>) -> Json {
    let mut document = values.map_or_else(Map::new, |values| rows::object(entity, values));
    document.insert("id".to_owned(), json!(key));
    document.insert("_deleted".to_owned(), json!(values.is_none()));
    Json::Object(document)
}

impl Site {
    pub(super) fn pull(
        &self,
        entity: EntityId,
        address: &Address,
        call: &mut Call<'_>,
    ) -> Result<Response, ServerError> {
        let of = call.from;
        let id = address.get("id").unwrap_or_default().to_owned();
        let checkpoint = Checkpoint { updated_at: address.number("updatedAt")?.unwrap_or(0), id };
        let limit = address.number("limit")?.or(address.number("batchSize")?);
        let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(0).max(1));
        let day_before = call.record.clock().minus(SETTLED).0;
        // During the first load, a phone's checkpoint is as old as the rows. After it, the
        // checkpoint is at most a day old when a pull ends.
        let is_old = checkpoint.updated_at < day_before - SETTLED.as_micros() as i64;
        let loads = checkpoint.updated_at == 0 || is_old && self.is_loading((of, entity))?;
        self.loads((of, entity), loads)?;
        let mut page = self.page((of, entity), &checkpoint, limit, call.record)?;
        call.slip.rows.append(&mut page.versions);
        if page.documents.len() < limit {
            // The checkpoint advances at least to a day ago. Otherwise it would expire if the table
            // never changes.
            let settled = Checkpoint { updated_at: day_before, id: String::new() };
            page.checkpoint = page.checkpoint.max(settled);
        }
        Ok(response(200, &page.json()))
    }

    /// Reads at most `limit` documents after a checkpoint.
    pub(super) fn page(
        &self,
        (of, id): (DeviceId, EntityId),
        after: &Checkpoint,
        limit: usize,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Page, ServerError> {
        let entity = self.setup.schema.entity(id);
        // The phone may not have all documents with the checkpoint's own time.
        let since = after.updated_at - i64::from(!self.by_time);
        let since = (after.updated_at > 0 && !self.is_loading((of, id))?).then_some(Stamp(since));
        let mut found: Vec<(Checkpoint, bool, Json)> = Vec::new();
        record.changes(id, self.attributes(of), since, &mut |key, stamp, values| {
            let at = Checkpoint { updated_at: stamp.0, id: key.to_owned() };
            let is_new = if self.by_time { at.updated_at > after.updated_at } else { at > *after };
            if is_new {
                found.push((at, values.is_none(), document(entity, key, values)));
            }
        })?;
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found.truncate(limit);
        let mut page = Page { documents: Vec::new(), checkpoint: after.clone(), versions: Vec::new() };
        for (at, removed, document) in found {
            let (key, stamp) = (Key::new(&at.id), Stamp(at.updated_at));
            page.versions.push(RowVersion { entity: id, key, stamp, removed });
            page.documents.push(document);
            page.checkpoint = at;
        }
        Ok(page)
    }
}
