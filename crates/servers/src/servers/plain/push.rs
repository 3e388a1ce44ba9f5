//! Applies pushed edits one by one.

use serde_json::{Value as Json, json};

use super::super::call::Call;
use super::super::rows;
use super::super::web::{bad, response};
use super::Plain;
use crate::base::Word;
use crate::contract::http::Response;
use crate::contract::{DeviceId, EditId, EditKind, Mutation, Outcome, ServerError, Stamp, SystemOfRecord};

struct Edit {
    id: Option<String>,
    mutation: Mutation,
}

impl Plain {
    pub(super) fn push(&mut self, body: &Json, call: &mut Call<'_>) -> Result<Response, ServerError> {
        let list = body["edits"].as_array();
        let list = list.ok_or_else(|| bad("the body must be {\"edits\": […]}"))?;
        self.pushes += 1;
        let (mut edits, mut named) = (Vec::new(), Vec::new());
        for (at, edit) in list.iter().enumerate() {
            edits.push(self.read((at, edit), call.record)?);
        }
        // The slip is the bench's hidden note on a message. Its edits of a row are matched from the
        // end. The last edit in the request is the slip's last edit.
        for (at, Edit { mutation, .. }) in edits.iter().enumerate() {
            let of_row = |other: &&Edit| other.mutation.is_of(mutation.entity, &mutation.key);
            let behind = edits[at + 1..].iter().filter(of_row).count();
            let last = call.slip.name(mutation.entity, &mutation.key);
            let all = call.slip.of(mutation.entity, &mutation.key);
            let own = all.len().checked_sub(behind + 1).and_then(|at| all.get(at)).copied().or(last);
            let table = &self.setup.schema.entity(mutation.entity).name;
            named.push(own.ok_or_else(|| bad(format!("no edit is named for {table} {}", mutation.key)))?);
        }
        let edits = edits.into_iter().zip(named);
        let results: Vec<Json> = edits.map(|(edit, name)| self.done(edit, name, call)).collect();
        Ok(response(200, &json!({ "results": results })))
    }

    /// Parses one edit of a request.
    fn read(&self, (at, said): (usize, &Json), record: &dyn SystemOfRecord) -> Result<Edit, ServerError> {
        let schema = &self.setup.schema;
        let text = |name: &str| said[name].as_str().ok_or_else(|| bad(format!("edit {at} has no `{name}`")));
        let name = text("entity")?;
        let found = rows::table(schema, name);
        let id = found.ok_or_else(|| bad(format!("edit {at}: there is no entity {name:?}")))?;
        let kind = text("kind")?;
        let wrong = || bad(format!("edit {at}: a kind is create, update or delete, not {kind:?}"));
        let kind = EditKind::of_word(kind).ok_or_else(wrong)?;
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

    fn done(&self, Edit { id, mut mutation }: Edit, name: EditId, call: &mut Call<'_>) -> Json {
        mutation.edit = name;
        if !self.detects || mutation.base.is_none() {
            let now = call.record.get(mutation.entity, &mutation.key);
            mutation.base = now.as_ref().map(|row| row.stamp);
            let is_there = now.is_some_and(|row| row.values.is_some());
            if mutation.kind == EditKind::Create && is_there && !self.detects {
                mutation.kind = EditKind::Update;
            }
        }
        let attributes = call.attributes(&self.setup);
        let outcome = call.record.write(attributes, std::slice::from_ref(&mutation)).remove(0);
        let mut result = match &outcome {
            Outcome::Applied { stamp } | Outcome::Named { stamp, .. } => {
                call.settles(mutation.entity, &mutation.key, Some(*stamp));
                json!({ "status": "done", "stamp": stamp.0 })
            }
            Outcome::Conflict { why, .. } => {
                json!({ "status": "conflict", "reason": format!("the row is {}", why.word()) })
            }
            Outcome::Rejected { reason, .. } => json!({ "status": "refused", "reason": reason }),
            Outcome::Later | Outcome::Queued => json!({ "status": "later" }),
        };
        if matches!(outcome, Outcome::Conflict { .. } | Outcome::Rejected { .. }) {
            let now = call.record.get(mutation.entity, &mutation.key);
            let row = now.map(|row| self.row(mutation.entity, (row.key, row.stamp, row.values)));
            result["row"] = json!(row);
        }
        result["id"] = json!(id);
        result
    }
}
