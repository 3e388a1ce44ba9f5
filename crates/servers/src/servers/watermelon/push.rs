//! Pushes: the changes of phones, all or none.

use serde_json::{Value as Json, json};

use super::super::rows;
use super::super::web::{Address, response};
use super::super::writing::{Unnamed, Wanted};
use super::Watermelon;
use crate::contract::http::Response;
use crate::contract::{
    DeviceId, EditKind, Key, Mutation, Refusal, Row, ServerError, Slip, Stamp, SystemOfRecord,
};

/// Why a push is aborted before anything is written.
struct Aborted {
    status: u16,
    why: String,
}

impl Watermelon {
    pub(super) fn push(
        &self,
        of: DeviceId,
        (address, changes): (&Address, &Json),
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Response, ServerError> {
        let since = Watermelon::since(address)?;
        let wanted = self.wanted(changes)?;
        self.owed.has_pushed(of)?;
        let request = self.writer.begin()?;
        let mut writes: Vec<(Wanted, Mutation)> = Vec::new();
        for wanted in wanted {
            match self.judged((of, request, since), &wanted, slip, record) {
                Ok(mutation) => writes.extend(mutation.map(|mutation| (wanted, mutation))),
                Err(Aborted { status, why }) => return Ok(response(status, &json!({ "error": why }))),
            }
        }
        let mutations: Vec<Mutation> = writes.iter().map(|(_, mutation)| mutation.clone()).collect();
        let outcomes = match mutations.as_slice() {
            [] => Vec::new(),
            mutations => record.write(self.attributes(of), mutations),
        };
        let mut failed = None;
        for ((wanted, _), outcome) in writes.iter().zip(&outcomes) {
            if let Err(why) = self.writer.settle(wanted, outcome, slip) {
                failed = failed.or(Some((why, wanted)));
            }
        }
        Ok(match failed {
            None => response(200, &json!({})),
            Some(((status, why), wanted)) => {
                let table = &self.setup.schema.entity(wanted.entity).name;
                response(status, &json!({ "error": format!("{table} {}: {why}", wanted.key) }))
            }
        })
    }

    /// The rows that a push writes, each once; the last change of a row counts.
    fn wanted(&self, changes: &Json) -> Result<Vec<Wanted>, ServerError> {
        let bad = |why: String| ServerError::BadRequest(why);
        let tables = changes.as_object().ok_or_else(|| bad("the body must be an object".to_owned()))?;
        let mut all: Vec<Wanted> = Vec::new();
        for (name, change) in tables {
            let entity = self.table(name)?;
            let list = |of: &str| change[of].as_array().into_iter().flatten();
            for row in list("created").chain(list("updated")) {
                let row = row.as_object().ok_or_else(|| bad(format!("a row of {name} is no object")))?;
                let key = row.get("id").and_then(Json::as_str);
                let key = Key::new(key.ok_or_else(|| bad(format!("a row of {name} has no id")))?);
                let values = Some(rows::values(self.setup.schema.entity(entity), row));
                put(&mut all, Wanted { entity, key, values });
            }
            for key in list("deleted") {
                let key = key.as_str().ok_or_else(|| bad(format!("an id of {name} is no text")))?;
                put(&mut all, Wanted { entity, key: Key::new(key), values: None });
            }
        }
        Ok(all)
    }

    /// The mutation for a row; `None` if there is nothing to do.
    fn judged(
        &self,
        (of, request, since): (DeviceId, i64, Option<Stamp>),
        wanted: &Wanted,
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Option<Mutation>, Aborted> {
        let Wanted { entity, key, values } = wanted;
        let table = &self.setup.schema.entity(*entity).name;
        let unnamed =
            |_: Unnamed| Aborted { status: 500, why: format!("no edit is named for {table} {key}") };
        let (edit, is_known) = self.writer.edit(wanted, slip).map_err(unnamed)?;
        let now = record.get(*entity, key);
        let mutation = self.writer.mutation(request, wanted, edit, (now.as_ref(), &*record));
        if is_known {
            let disk = |_| Aborted { status: 500, why: "the server's disk failed".to_owned() };
            self.owed.note(of, *entity, key).map_err(disk)?;
            return Ok(Some(mutation));
        }
        let is_there = now.as_ref().is_some_and(|row: &Row| row.values.is_some());
        if values.is_none() && !is_there {
            // Push 4: deleting a row that is already deleted succeeds.
            record.refused(&mutation, Some(Refusal::Gone));
            return Ok(None);
        }
        let is_newer = now.as_ref().is_some_and(|row| Some(row.stamp) > since);
        let is_gone = now.is_some() && !is_there && mutation.kind == EditKind::Create;
        if self.detects && (is_newer || is_gone) {
            record.refused(&mutation, Some(if is_there { Refusal::Stale } else { Refusal::Gone }));
            return Err(Aborted { status: 409, why: format!("conflict: {table} {key} was changed") });
        }
        Ok(Some(mutation))
    }
}

fn put(all: &mut Vec<Wanted>, wanted: Wanted) {
    let is_same = |it: &Wanted| (it.entity, &it.key) == (wanted.entity, &wanted.key);
    all.retain(|it| !is_same(it));
    all.push(wanted);
}
