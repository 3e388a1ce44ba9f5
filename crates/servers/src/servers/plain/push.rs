//! Applies pushed edits one by one.

use serde_json::{Value as Json, json};

use super::super::rows;
use super::super::web::response;
use super::Plain;
use crate::base::Word;
use crate::contract::http::Response;
use crate::contract::{
    DeviceId, EditId, EditKind, EntityId, Key, Mutation, Outcome, Row, ServerError, Slip, Stamp,
    SystemOfRecord,
};

struct Edit {
    id: Option<String>,
    mutation: Mutation,
}

fn bad(why: String) -> ServerError {
    ServerError::BadRequest(why)
}

impl Plain {
    pub(super) fn push(
        &mut self,
        of: DeviceId,
        body: &Json,
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Response, ServerError> {
        let list = body["edits"].as_array();
        let list = list.ok_or_else(|| bad("the body must be {\"edits\": […]}".to_owned()))?;
        self.pushes += 1;
        let (mut edits, mut named) = (Vec::new(), Vec::new());
        for (at, edit) in list.iter().enumerate() {
            edits.push(self.read((at, edit), record)?);
        }
        // Edits of a row are matched from the end: the last edit here is the last named one.
        for (at, Edit { mutation, .. }) in edits.iter().enumerate() {
            let of_row = |other: &&Edit| other.mutation.is_of(mutation.entity, &mutation.key);
            let behind = edits[at + 1..].iter().filter(of_row).count();
            let last = slip.name(mutation.entity, &mutation.key);
            let all = slip.of(mutation.entity, &mutation.key);
            let own = all.len().checked_sub(behind + 1).and_then(|at| all.get(at)).copied().or(last);
            let table = &self.setup.schema.entity(mutation.entity).name;
            named.push(own.ok_or_else(|| bad(format!("no edit is named for {table} {}", mutation.key)))?);
        }
        let mut results = Vec::new();
        for (mut edit, name) in edits.into_iter().zip(named) {
            results.push(self.done(of, (&mut edit, name), slip, record));
        }
        Ok(response(200, &json!({ "results": results })))
    }

    /// Parses an edit as its phone sends it.
    fn read(&self, (at, said): (usize, &Json), record: &dyn SystemOfRecord) -> Result<Edit, ServerError> {
        let schema = &self.setup.schema;
        let text = |name: &str| said[name].as_str().ok_or_else(|| bad(format!("edit {at} has no `{name}`")));
        let name = text("entity")?;
        let found = schema.find(name).filter(|id| schema.entity(*id).delivery.is_on_devices());
        let id = found.ok_or_else(|| bad(format!("edit {at}: there is no entity {name:?}")))?;
        let kind = match text("kind")? {
            "create" => EditKind::Create,
            "update" => EditKind::Update,
            "delete" => EditKind::Delete,
            other => {
                return Err(bad(format!("edit {at}: a kind is create, update or delete, not {other:?}")));
            }
        };
        let values = match (&said["values"], kind) {
            (_, EditKind::Delete) => Vec::new(),
            (Json::Object(values), EditKind::Create) => rows::all_values(schema.entity(id), values),
            (Json::Object(values), EditKind::Update) => rows::values(schema.entity(id), values),
            _ => return Err(bad(format!("edit {at} has no `values`"))),
        };
        let base = match &said["base"] {
            Json::Null => None,
            Json::Number(n) if n.is_i64() => n.as_i64().map(Stamp),
            other => return Err(bad(format!("edit {at}: `base` is a stamp, not {other}"))),
        };
        let given = match &said["id"] {
            Json::Null => None,
            Json::String(id) if !id.is_empty() => Some(id.clone()),
            other => return Err(bad(format!("edit {at}: `id` is a text, not {other}"))),
        };
        let mut mutation = Mutation::new(EditId { device: DeviceId(0), number: 0 }, id, text("key")?, kind);
        (mutation.values, mutation.base, mutation.made_at) = (values, base, record.clock());
        mutation.id = match &given {
            Some(id) => format!("plain {id}"),
            None => format!("{} push {} edit {at}", self.ports.seed.0, self.pushes),
        };
        Ok(Edit { id: given, mutation })
    }

    fn done(
        &self,
        of: DeviceId,
        (edit, name): (&mut Edit, EditId),
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Json {
        let Edit { id, mutation } = edit;
        mutation.edit = name;
        if !self.detects || mutation.base.is_none() {
            let now = record.get(mutation.entity, &mutation.key);
            mutation.base = now.as_ref().map(|row| row.stamp);
            let is_there = now.is_some_and(|row| row.values.is_some());
            if mutation.kind == EditKind::Create && is_there && !self.detects {
                mutation.kind = EditKind::Update;
            }
        }
        let outcome = record.write(self.attributes(of), std::slice::from_ref(mutation)).remove(0);
        let mut result = match &outcome {
            Outcome::Applied { stamp } | Outcome::Named { stamp, .. } => {
                let is_its = |row: &&mut crate::contract::RowEdits| mutation.is_of(row.entity, &row.key);
                slip.edits.iter_mut().filter(is_its).for_each(|row| row.stamp = Some(*stamp));
                json!({ "status": "done", "stamp": stamp.0 })
            }
            Outcome::Conflict { why, .. } => {
                json!({ "status": "conflict", "reason": format!("the row is {}", why.word()) })
            }
            Outcome::Rejected { reason, .. } => json!({ "status": "refused", "reason": reason }),
            Outcome::Later | Outcome::Queued => json!({ "status": "later" }),
        };
        if matches!(outcome, Outcome::Conflict { .. } | Outcome::Rejected { .. }) {
            let now = record.get(mutation.entity, &mutation.key);
            result["row"] = json!(now.map(|row| self.in_the_way(mutation.entity, &row)));
        }
        result["id"] = json!(id);
        result
    }

    fn in_the_way(&self, id: EntityId, row: &Row) -> Json {
        let entity = self.setup.schema.entity(id);
        let key: &Key = &row.key;
        let mut told = json!({ "entity": entity.name, "key": key.as_str(), "stamp": row.stamp.0 });
        told["deleted"] = json!(row.values.is_none());
        if let Some(values) = &row.values {
            told["values"] = Json::Object(rows::object(entity, values));
        }
        told
    }
}
