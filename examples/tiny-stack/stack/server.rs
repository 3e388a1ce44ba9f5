//! The half that answers.

use syncdyno::base::{DeviceId, EditId, Key};
use syncdyno::contract::{
    EachServed, EditKind, Mutation, Outcome, RecordPort, ServerError, ServerSetup, SyncServer,
};

use super::{Answer, Ask, Edit, Row, from_json, to_json};

pub(super) struct Server(pub(super) ServerSetup);

impl SyncServer for Server {
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut RecordPort,
    ) -> Result<Vec<u8>, ServerError> {
        let ask: Ask = serde_json::from_slice(request)
            .map_err(|damaged| ServerError::BadRequest(damaged.to_string()))?;
        let attributes = &self.0.attributes[from.0 as usize];
        let mutations: Vec<Mutation> = ask.edits.iter().map(mutation).collect();
        let outcomes = if mutations.is_empty() { Vec::new() } else { record.write(attributes, &mutations) };
        let stamp = |outcome: &Outcome| match outcome {
            Outcome::Applied { stamp } => Some(*stamp),
            _ => None,
        };
        let mut rows = Vec::new();
        for &entity in &ask.pull {
            let schema = self.0.schema.entity(entity);
            record.changes(entity, attributes, None, &mut |key, stamp, values| {
                let Some(values) = values else { return };
                let held = schema.project(values).iter().map(|value| value.with_ref(to_json)).collect();
                rows.push(Row(entity, key.to_owned(), stamp, held));
            })?;
        }
        let taken = outcomes.iter().map(stamp).collect();
        Ok(serde_json::to_vec(&Answer::Done { taken, rows }).expect("an answer can be written"))
    }

    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        serde_json::to_vec(&Answer::No(error.to_string())).expect("an answer can be written")
    }

    fn rows_in(&self, answer: &[u8], f: &mut EachServed<'_>) {
        let Ok(Answer::Done { rows, .. }) = serde_json::from_slice(answer) else { return };
        rows.iter().for_each(|Row(entity, key, stamp, _)| f(*entity, key, *stamp, false));
    }
}

fn mutation(edit: &Edit) -> Mutation {
    let by = EditId { device: DeviceId(edit.by), number: edit.number };
    Mutation {
        id: by.to_string(),
        edit: by,
        entity: edit.entity,
        key: Key::new(&edit.key),
        kind: match edit.kind.as_str() {
            "create" => EditKind::Create,
            "update" => EditKind::Update,
            _ => EditKind::Delete,
        },
        values: edit.values.iter().map(|(column, value)| (*column, from_json(value))).collect(),
        base: edit.base,
        made_at: edit.made_at,
    }
}
