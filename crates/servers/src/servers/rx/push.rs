//! Applies pushed documents, after a check against the state that the phone assumed.

use serde_json::{Value as Json, json};

use super::super::rows;
use super::super::web::{Answer, response};
use super::super::writing::Wanted;
use super::Rx;
use super::pull::document;
use crate::contract::{
    DeviceId, Entity, EntityId, Key, Refusal, Row, RowEdits, RowVersion, ServerError, Slip, Stamp,
    SystemOfRecord,
};

impl Rx {
    pub(super) fn push(
        &self,
        (of, id): (DeviceId, EntityId),
        changes: &Json,
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Answer, ServerError> {
        let entity = self.site.setup.schema.entity(id);
        let bad = |why: &str| ServerError::BadRequest(why.to_owned());
        let changes = changes.as_array().ok_or_else(|| bad("the body must be a list of rows"))?;
        let request = self.writer.begin()?;
        let mut conflicts = Vec::new();
        for change in changes {
            let (new, assumed) = (&change["newDocumentState"], &change["assumedMasterState"]);
            let state = new.as_object().ok_or_else(|| bad("a row has no `newDocumentState`"))?;
            let key = Key::new(new["id"].as_str().ok_or_else(|| bad("a document has no `id`"))?);
            let is_deleted = new["_deleted"] == json!(true);
            let values = (!is_deleted).then(|| rows::all_values(entity, state));
            let wanted = Wanted { entity: id, key: key.clone(), values };
            let now = record.get(id, &key);
            // A replication may send what it read earlier; its edit may be settled by now.
            let named = self.writer.edit(&wanted, slip).ok();
            let named = named.map(|(edit, is_known)| {
                (self.writer.mutation(request, &wanted, edit, (now.as_ref(), &*record)), is_known)
            });
            let is_known = named.as_ref().is_some_and(|(_, is_known)| *is_known);
            if let Some(row) = now.as_ref().filter(|_| self.detects && !is_known) {
                let master = master(entity, row);
                if !is_same_state(entity, &master, assumed) {
                    let removed = row.values.is_none();
                    let why = if removed { Refusal::Gone } else { Refusal::Stale };
                    if is_same_state(entity, &master, new) {
                        // It came before, or someone else wrote the same.
                        tell(slip, (id, &key), row.stamp);
                    } else if let Some((mutation, _)) = &named {
                        record.refused(mutation, Some(why));
                    }
                    slip.rows.push(RowVersion { entity: id, key, stamp: row.stamp, removed });
                    conflicts.push(master);
                    continue;
                }
            }
            let Some((mutation, _)) = named else {
                return Ok(failed(500, &format!("no edit is named for {} {key}", entity.name)));
            };
            if is_deleted && !is_known && now.as_ref().is_none_or(|row| row.values.is_none()) {
                record.refused(&mutation, Some(Refusal::Gone));
                continue;
            }
            let outcome = &record.write(self.site.attributes(of), &[mutation])[0];
            if let Err((status, why)) = self.writer.settle(&wanted, outcome, slip) {
                return Ok(failed(status, &format!("{} {key}: {why}", entity.name)));
            }
            // Others have written since the first attempt. A pull beside this push may have brought
            // that while the row waited, and RxDB then skipped it, so this response must report it.
            if let Some(row) = now.as_ref().filter(|_| self.detects && is_known) {
                let master = master(entity, row);
                if !is_same_state(entity, &master, new) {
                    let removed = row.values.is_none();
                    slip.rows.push(RowVersion { entity: id, key, stamp: row.stamp, removed });
                    conflicts.push(master);
                }
            }
        }
        Ok(response(200, &Json::Array(conflicts)))
    }
}

/// Notes on the slip that the content of a row's edits is committed.
fn tell(slip: &mut Slip, (entity, key): (EntityId, &Key), stamp: Stamp) {
    let of = |row: &&mut RowEdits| (row.entity, &row.key) == (entity, key);
    slip.edits.iter_mut().filter(of).for_each(|row| row.stamp = Some(stamp));
}

fn failed(status: u16, why: &str) -> Answer {
    response(status, &json!({ "error": why }))
}

fn master(entity: &Entity, row: &Row) -> Json {
    document(entity, row.key.as_str(), row.values.as_deref())
}

/// Whether two documents have the same state. Deleted documents are equal.
fn is_same_state(entity: &Entity, a: &Json, b: &Json) -> bool {
    let is_gone = |document: &Json| document["_deleted"] == json!(true);
    let read = |document: &Json, at: usize| {
        let column = &entity.columns[at];
        rows::from_json(&column.kind, &document[&column.name])
    };
    let is_equal = |at: &usize| read(a, *at) == read(b, *at);
    b.is_object() && is_gone(a) == is_gone(b) && (is_gone(a) || entity.projection.iter().all(is_equal))
}
