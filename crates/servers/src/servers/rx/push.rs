//! The request `POST /rx/NAME/push`. Each document is written if the row still has the state that
//! the phone assumed.

use serde_json::{Value as Json, json};

use super::super::call::Call;
use super::super::rows;
use super::super::web::{bad, error, response};
use super::super::writing::Wanted;
use super::Rx;
use super::pull::document;
use crate::contract::http::Response;
use crate::contract::{Entity, EntityId, Key, Refusal, Row, ServerError};

impl Rx {
    pub(super) fn push(
        &self,
        id: EntityId,
        changes: &Json,
        call: &mut Call<'_>,
    ) -> Result<Response, ServerError> {
        let entity = self.site.setup.schema.entity(id);
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
            let now = call.record.get(id, &key);
            let master = |row: &Row| document(entity, row.key.as_str(), row.values.as_deref());
            let against = now.as_ref().filter(|_| self.writer.detects).map(|row| (row, master(row)));
            // RxDB can push a document that it read before the edit's outcome was known. Then the
            // slip (the bench's hidden note on a message) may name no edit.
            let named = self.writer.edit(&wanted, call.slip).ok();
            let named = named.map(|(edit, is_known)| {
                (self.writer.mutation((request, edit), &wanted, now.as_ref(), call), is_known)
            });
            let is_known = named.as_ref().is_some_and(|(_, is_known)| *is_known);
            if let Some((row, master)) = &against
                && !is_known
                && !is_same_state(entity, master, assumed)
            {
                let why = if row.values.is_none() { Refusal::Gone } else { Refusal::Stale };
                if is_same_state(entity, master, new) {
                    // An earlier push wrote this state, or somebody else wrote the same.
                    call.settles(id, &key, Some(row.stamp));
                } else if let Some((mutation, _)) = &named {
                    call.record.refused(mutation, Some(why));
                }
                call.brings(id, &key, row);
                conflicts.push(master.clone());
                continue;
            }
            let Some((mutation, _)) = named else {
                return Ok(error(500, &format!("no edit is named for {} {key}", entity.name)));
            };
            if is_deleted && !is_known && now.as_ref().is_none_or(|row| row.values.is_none()) {
                call.record.refused(&mutation, Some(Refusal::Gone));
                continue;
            }
            let outcome = &call.record.write(self.site.attributes(call.from), &[mutation])[0];
            if let Err((status, why)) = self.writer.settle(&wanted, outcome, call.slip) {
                return Ok(error(status, &format!("{} {key}: {why}", entity.name)));
            }
            // Somebody else has written since the first attempt. A concurrent pull may have brought
            // that version while the row waited for this push. RxDB skips such a version, so this
            // response reports it.
            if let Some((row, master)) = against
                && is_known
                && !is_same_state(entity, &master, new)
            {
                call.brings(id, &key, row);
                conflicts.push(master);
            }
        }
        Ok(response(200, &Json::Array(conflicts)))
    }
}

/// True if two documents have the same state. All deleted documents are equal.
fn is_same_state(entity: &Entity, a: &Json, b: &Json) -> bool {
    let is_gone = |document: &Json| document["_deleted"] == json!(true);
    let read = |document: &Json, at: usize| {
        let column = &entity.columns[at];
        rows::from_json(&column.kind, &document[&column.name])
    };
    let is_equal = |at: &usize| read(a, *at) == read(b, *at);
    b.is_object() && is_gone(a) == is_gone(b) && (is_gone(a) || entity.projection.iter().all(is_equal))
}
