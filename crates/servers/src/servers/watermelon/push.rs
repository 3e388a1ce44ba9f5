//! The request `POST /push`: all changes of a phone are written, or none.

use serde_json::{Value as Json, json};

use super::super::call::Call;
use super::super::rows;
use super::super::web::{Address, bad, error, response};
use super::super::writing::{Unnamed, Wanted};
use super::Watermelon;
use crate::contract::http::Response;
use crate::contract::{EditKind, Key, Mutation, Refusal, ServerError, Stamp};

/// An HTTP status and the reason why a push was aborted before any write.
type Aborted = (u16, String);

impl Watermelon {
    pub(super) fn push(
        &self,
        address: &Address,
        changes: &Json,
        call: &mut Call<'_>,
    ) -> Result<Response, ServerError> {
        let since = Watermelon::since(address)?;
        let wanted = self.wanted(changes)?;
        self.owed.has_pushed(call.from)?;
        let request = self.writer.begin()?;
        let mut writes = Vec::new();
        let mut mutations = Vec::new();
        for wanted in wanted {
            match self.judged((request, since), &wanted, call) {
                Ok(None) => {}
                Ok(Some(mutation)) => {
                    writes.push(wanted);
                    mutations.push(mutation);
                }
                Err((status, why)) => return Ok(error(status, &why)),
            }
        }
        let outcomes = match mutations.as_slice() {
            [] => Vec::new(),
            mutations => call.record.write(call.attributes(&self.setup), mutations),
        };
        let mut failed = None;
        for (wanted, outcome) in writes.iter().zip(&outcomes) {
            if let Err(why) = self.writer.settle(wanted, outcome, call.slip) {
                failed = failed.or(Some((why, wanted)));
            }
        }
        Ok(match failed {
            None => response(200, &json!({})),
            Some(((status, why), wanted)) => {
                let table = &self.setup.schema.entity(wanted.entity).name;
                error(status, &format!("{table} {}: {why}", wanted.key))
            }
        })
    }

    /// The rows that a push writes. If a row occurs twice, its last change counts.
    fn wanted(&self, changes: &Json) -> Result<Vec<Wanted>, ServerError> {
        let tables = changes.as_object().ok_or_else(|| bad("the body must be an object"))?;
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

    /// Checks one row. Returns its mutation, or `None` if there is nothing to do.
    fn judged(
        &self,
        (request, since): (i64, Option<Stamp>),
        wanted: &Wanted,
        call: &mut Call<'_>,
    ) -> Result<Option<Mutation>, Aborted> {
        let Wanted { entity, key, values } = wanted;
        let table = &self.setup.schema.entity(*entity).name;
        let unnamed = |_: Unnamed| (500, format!("no edit is named for {table} {key}"));
        let (edit, is_known) = self.writer.edit(wanted, call.slip).map_err(unnamed)?;
        let now = call.record.get(*entity, key);
        let mutation = self.writer.mutation((request, edit), wanted, now.as_ref(), call);
        if is_known {
            let noted = self.owed.note(call.from, *entity, key);
            return noted.map(|()| Some(mutation)).map_err(|_| (500, "the server's disk failed".to_owned()));
        }
        let is_there = now.as_ref().is_some_and(|row| row.values.is_some());
        if values.is_none() && !is_there {
            // Rule "push 4" of the documentation: deleting a deleted row succeeds.
            call.record.refused(&mutation, Some(Refusal::Gone));
            return Ok(None);
        }
        let is_newer = now.as_ref().is_some_and(|row| Some(row.stamp) > since);
        let is_gone = now.is_some() && !is_there && mutation.kind == EditKind::Create;
        if self.writer.detects && (is_newer || is_gone) {
            call.record.refused(&mutation, Some(if is_there { Refusal::Stale } else { Refusal::Gone }));
            return Err((409, format!("conflict: {table} {key} was changed")));
        }
        Ok(Some(mutation))
    }
}

fn put(all: &mut Vec<Wanted>, wanted: Wanted) {
    let is_same = |it: &Wanted| (it.entity, &it.key) == (wanted.entity, &wanted.key);
    all.retain(|it| !is_same(it));
    all.push(wanted);
}
