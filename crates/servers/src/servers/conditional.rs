//! Halves whose rows have addresses: a row is written if it is still the version the phone has.

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
    /// Committed, with the row as it is now, if it is there.
    Done(Option<Row>),
    /// No such row was ever created.
    Missing,
    /// The row existed and was deleted.
    Gone,
    /// The key is taken, or was before: a create must use another key.
    Exists(Row),
    /// The row has changed since.
    Changed(Row),
    /// The record refuses it, with a status and a reason.
    Refused(u16, String),
}

/// The kind of write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    /// Changes a row that exists.
    Change,
    Delete,
}

/// Whether a header with entity tags names this one; `None` if the header is absent.
pub(super) fn names(request: &Request, header: &HeaderName, tag: Option<&str>) -> Option<bool> {
    let said = request.headers().get(header)?.to_str().unwrap_or_default();
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let is_it = |one: &str| tag.is_some_and(|tag| one.trim() == "*" || opaque(one) == opaque(tag));
    Some(said.split(',').any(is_it))
}

/// The entity tag of a version.
type Tag = fn(Stamp) -> String;

/// The state of such a half, whatever its protocol.
pub(super) struct Addressed {
    pub(super) setup: ServerSetup,
    pub(super) ports: ServerPorts,
    /// Rows per page.
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
    /// The write that a request asks for, on an entity (`POST`) or on one row of it (`PATCH`,
    /// `PUT`, `DELETE`); `None` for another method.
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
    /// Writes a row. Overwrites any version without `If-Match`, or if conflicts are not detected.
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
    /// The refusal if the `If-Match` condition does not hold, if there is no such row, or if a
    /// created row already exists.
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

/// The value of a `Prefer` preference; `None` if the request does not have it.
pub(super) fn prefers<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    let all = request.headers().get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|list| list.split([',', ';'])).find_map(|one| {
        let (of, value) = one.split_once('=').unwrap_or((one, ""));
        let of = of.trim();
        let is_it = of.eq_ignore_ascii_case(name) || of.strip_prefix("odata.") == Some(name);
        is_it.then(|| value.trim().trim_matches('"'))
    })
}
