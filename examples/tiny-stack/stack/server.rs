//! The half that answers.

use syncdyno::contract::{
    DeviceId, EachServed, Key, Outcome, RecordPort, Row, ServerError, ServerSetup, SyncServer,
};

use super::{Answer, Ask, Snapshot};

pub(super) struct Server(pub(super) ServerSetup);

impl SyncServer for Server {
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut RecordPort,
    ) -> Result<Vec<u8>, ServerError> {
        let ask: Ask =
            serde_json::from_slice(request).map_err(|bad| ServerError::BadRequest(bad.to_string()))?;
        let attributes = &self.0.attributes[from.0 as usize];
        let outcomes = if ask.edits.is_empty() { Vec::new() } else { record.write(attributes, &ask.edits) };
        let stamp = |outcome: &Outcome| match outcome {
            Outcome::Applied { stamp } => Some(*stamp),
            _ => None,
        };
        let taken = outcomes.iter().map(stamp).collect();
        let mut rows = Vec::new();
        for entity in ask.pull {
            let schema = self.0.schema.entities.get(usize::from(entity.0));
            let schema = schema.ok_or_else(|| ServerError::BadRequest("no such entity".to_owned()))?;
            record.changes(entity, attributes, None, &mut |key, stamp, values| {
                let values = values.map(|values| schema.project(values));
                rows.push((entity, Row { key: Key::new(key), stamp, values }));
            })?;
        }
        Ok(bytes(&Ok(Snapshot { taken, rows })))
    }

    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        bytes(&Err(error.to_string()))
    }

    fn rows_in(&self, answer: &[u8], f: &mut EachServed<'_>) {
        let Ok(Ok(Snapshot { rows, .. })) = serde_json::from_slice::<Answer>(answer) else { return };
        rows.iter().for_each(|(entity, row)| f(*entity, row.key.as_str(), row.stamp, false));
    }
}

fn bytes(answer: &Answer) -> Vec<u8> {
    serde_json::to_vec(answer).expect("an answer can be written")
}
