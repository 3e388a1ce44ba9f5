//! Writes of the protocols with one address per row (`odata`, `datasync`). A write succeeds if the
//! row still has the version that the phone knows.

use serde_json::Value as Json;

use super::call::Call;
use super::rows;
use super::web::{self, bad};
use super::writing::{self, Wanted, Writer};
use crate::contract::http::{HeaderName, Method, Request, header};
use crate::contract::{
    Chosen, EditKind, Entity, EntityId, Key, Refusal, Row, ServerError, ServerPorts, ServerSetup,
    StackOption, Stamp,
};

/// The result of a write.
pub(super) enum Wrote {
    /// Committed. Has the current row, unless it was deleted.
    Done(Option<Row>),
    Missing,
    Gone,
    /// The key is in use, or was used before. A create must use another key.
    Exists(Row),
    /// The row has another version than the phone expects.
    Changed(Row),
    /// The record (the backend) refuses the write, with an HTTP status and a reason.
    Refused(u16, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    /// Changes an existing row.
    Change,
    Delete,
}

/// True if the header lists this entity tag; `None` if the header is absent.
pub(super) fn names(request: &Request, header: &HeaderName, tag: Option<&str>) -> Option<bool> {
    let said = request.headers().get(header)?.to_str().unwrap_or_default();
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let is_it = |one: &str| tag.is_some_and(|tag| one.trim() == "*" || opaque(one) == opaque(tag));
    Some(said.split(',').any(is_it))
}

/// Makes the entity tag of a version.
type Tag = fn(Stamp) -> String;

/// The state of a half with one address per row.
pub(super) struct Addressed {
    pub(super) setup: ServerSetup,
    pub(super) ports: ServerPorts,
    pub(super) page: usize,
    writer: Writer,
    tag: Tag,
}

impl Addressed {
    pub(super) fn options() -> Vec<StackOption> {
        vec![writing::conflicts(), writing::idempotent(), writing::page()]
    }
    pub(super) fn open(chosen: &Chosen, setup: ServerSetup, ports: ServerPorts, tag: Tag) -> Addressed {
        let writer = Writer::open(chosen, &ports, "");
        let page = usize::try_from(chosen.int("page")).unwrap_or(1).max(1);
        Addressed { setup, ports, page, writer, tag }
    }
    pub(super) fn schema_of(&self, id: EntityId) -> &Entity {
        self.setup.schema.entity(id)
    }
    /// Reads the write that a request asks for. `POST` goes to an entity; `PATCH`, `PUT` and
    /// `DELETE` go to one row. `None` for another method.
    ///
    /// # Errors
    /// The body is not an object, or creates a row without an `id`.
    pub(super) fn asked(
        &self,
        request: &Request,
        (id, key): (EntityId, Option<Key>),
    ) -> Result<Option<(Verb, Wanted)>, ServerError> {
        let entity = self.schema_of(id);
        let body = || match web::body(request)? {
            Json::Object(object) => Ok(object),
            _ => Err(bad("the body must be an object: the members of an entity")),
        };
        let (verb, key, values) = match (request.method(), key) {
            (&Method::POST, None) => {
                let object = body()?;
                let key = object.get("id").and_then(Json::as_str).filter(|key| !key.is_empty());
                let key = Key::new(key.ok_or_else(|| bad("an entity has an `id`, which is a text"))?);
                (Verb::Create, key, Some(rows::all_values(entity, &object)))
            }
            (&Method::PUT, Some(key)) => (Verb::Change, key, Some(rows::all_values(entity, &body()?))),
            (&Method::PATCH, Some(key)) => (Verb::Change, key, Some(rows::values(entity, &body()?))),
            (&Method::DELETE, Some(key)) => (Verb::Delete, key, None),
            _ => return Ok(None),
        };
        Ok(Some((verb, Wanted { entity: id, key, values })))
    }
    /// Writes a row. Without `If-Match`, or if conflicts are not detected, the write overwrites any
    /// version.
    ///
    /// # Errors
    /// Errors of the record and of the half's own database.
    pub(super) fn write(
        &self,
        (verb, wanted): (Verb, &Wanted),
        call: &mut Call<'_>,
    ) -> Result<Wrote, ServerError> {
        let Wanted { entity, key, .. } = wanted;
        let number = self.writer.begin()?;
        let Ok((edit, is_known)) = self.writer.edit(wanted, call.slip) else {
            let table = &self.schema_of(*entity).name;
            return Ok(Wrote::Refused(500, format!("no edit is named for {table} {key}")));
        };
        let now = call.record.get(*entity, key);
        let mut mutation = self.writer.mutation((number, edit), wanted, now.as_ref(), call);
        if !is_known {
            if let Some(refused) = self.refused(verb, now.as_ref(), call.request) {
                let current = match &refused {
                    Wrote::Changed(row) | Wrote::Exists(row) => Some(row),
                    _ => None,
                };
                let why = if current.is_some() { Refusal::Stale } else { Refusal::Gone };
                call.record.refused(&mutation, Some(why));
                current.into_iter().for_each(|row| call.brings(*entity, key, row));
                return Ok(refused);
            }
            if verb == Verb::Create {
                mutation.kind = EditKind::Create;
            }
        }
        let outcome = call.record.write(call.attributes(&self.setup), &[mutation]).remove(0);
        Ok(match self.writer.settle(wanted, &outcome, call.slip) {
            Ok(_) => {
                let row = call.record.get(*entity, key);
                row.iter().for_each(|row| call.brings(*entity, key, row));
                Wrote::Done(row)
            }
            Err((status, why)) => Wrote::Refused(status, why),
        })
    }
    /// Returns a refusal in 3 cases: the `If-Match` condition does not hold, the row does not
    /// exist, or the created row already exists.
    fn refused(&self, verb: Verb, now: Option<&Row>, request: &Request) -> Option<Wrote> {
        let row = match (verb, now) {
            (_, None) => return (verb != Verb::Create).then_some(Wrote::Missing),
            (Verb::Create, Some(row)) => return Some(Wrote::Exists(row.clone())),
            (_, Some(row)) if row.values.is_none() => return Some(Wrote::Gone),
            (_, Some(row)) => row,
        };
        let holds = names(request, &header::IF_MATCH, Some(&(self.tag)(row.stamp))).unwrap_or(true);
        (self.writer.detects && !holds).then(|| Wrote::Changed(row.clone()))
    }
}

/// Returns the value of a preference in the header `Prefer`; `None` if the header lacks it.
pub(super) fn prefers<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    let all = request.headers().get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|list| list.split([',', ';'])).find_map(|one| {
        let (of, value) = one.split_once('=').unwrap_or((one, ""));
        let of = of.trim();
        let is_it = of.eq_ignore_ascii_case(name) || of.strip_prefix("odata.") == Some(name);
        is_it.then(|| value.trim().trim_matches('"'))
    })
}
