//! The server half.

use std::collections::BTreeMap;

use syncdyno::contract::{
    DeviceId, EachServed, Key, Outcome, Reply, ServerError, ServerPorts, ServerSetup, SyncServer,
    SystemOfRecord,
};

use super::{Answer, Ask, Rows, Snapshot};

pub(super) struct Server {
    pub(super) setup: ServerSetup,
    pub(super) ports: ServerPorts,
}

impl SyncServer for Server {
    fn serve(
        &mut self,
        of: DeviceId,
        ask: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        let bad = |why: String| ServerError::BadRequest(why);
        let ask: Ask = serde_json::from_slice(ask).map_err(|error| bad(error.to_string()))?;
        let attributes = &self.setup.attributes[of.0 as usize];
        let outcomes = if ask.edits.is_empty() { Vec::new() } else { record.write(attributes, &ask.edits) };
        // If it is killed here, phones never learn what was written.
        _ = self.ports.crash.reached("tiny.written");
        let stamp = |outcome| if let Outcome::Applied { stamp } = outcome { Some(stamp) } else { None };
        let taken = outcomes.into_iter().map(stamp).collect();
        let mut rows = BTreeMap::new();
        for entity in ask.pull {
            let schema = self.setup.schema.entities.get(usize::from(entity.0));
            let schema = schema.ok_or_else(|| bad("no such entity".to_owned()))?;
            let mut found = Rows::new();
            record.changes(entity, attributes, None, &mut |key, stamp, values| {
                found.extend(values.map(|values| (Key::new(key), (stamp, schema.project(values)))));
            })?;
            rows.insert(entity, found);
        }
        Ok(bytes(&Ok(Snapshot { taken, rows })).into())
    }

    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        bytes(&Err(error.to_string()))
    }

    fn rows_in(&self, answer: &[u8], f: &mut EachServed<'_>) {
        let Ok(Ok(Snapshot { rows, .. })) = serde_json::from_slice::<Answer>(answer) else { return };
        for (entity, rows) in rows {
            rows.iter().for_each(|(key, (stamp, _))| f(entity, key.as_str(), *stamp, false));
        }
    }
}

fn bytes(answer: &Answer) -> Vec<u8> {
    serde_json::to_vec(answer).expect("an answer can be written")
}
