//! Halves whose rows have addresses: a row is written if it is still the version the phone has.

use std::rc::Rc;

use serde_json::Value as Json;

use super::writing::{self, Wanted, Writer};
use super::{kept, rows, web};
use crate::contract::http::{HeaderName, Method, Request, header};
use crate::contract::{
    Attributes, Chosen, DeviceId, EditKind, Entity, EntityId, Key, Mutation, Refusal, Row, RowVersion,
    ServerError, ServerPorts, ServerSetup, Slip, StackOption, Stamp, SystemOfRecord,
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

/// Notes on the slip that a response brings this version of a row.
pub(super) fn brings(slip: &mut Slip, (entity, key): (EntityId, &Key), row: &Row) {
    let (key, removed) = (key.clone(), row.values.is_none());
    slip.rows.push(RowVersion { entity, key, stamp: row.stamp, removed });
}

fn bad(why: &str) -> ServerError {
    ServerError::BadRequest(why.to_owned())
}

/// The state of such a half, whatever its protocol.
pub(super) struct Addressed {
    pub(super) setup: ServerSetup,
    pub(super) ports: ServerPorts,
    /// Rows per page.
    pub(super) page: usize,
    writer: Writer,
    detects: bool,
    /// The entity tag of a version.
    tag: fn(Stamp) -> String,
}

impl Addressed {
    pub(super) fn options() -> Vec<StackOption> {
        vec![writing::conflicts(), writing::idempotent(), writing::page()]
    }
    pub(super) fn open(
        chosen: &Chosen,
        setup: ServerSetup,
        ports: ServerPorts,
        tag: fn(Stamp) -> String,
    ) -> Addressed {
        let database = Rc::new(kept::open(&ports.database, writing::TABLES));
        let writer = Writer::new(&database, chosen.text("idempotent") == "by-edit");
        let page = usize::try_from(chosen.int("page")).unwrap_or(1).max(1);
        Addressed { setup, ports, page, writer, detects: chosen.text("conflicts") == "detect", tag }
    }
    pub(super) fn attributes(&self, of: DeviceId) -> &Attributes {
        &self.setup.attributes[of.0 as usize]
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
        (of, request): (DeviceId, &Request),
        (verb, wanted): (Verb, &Wanted),
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Wrote, ServerError> {
        let number = self.writer.begin()?;
        let Ok((edit, is_known)) = self.writer.edit(wanted, slip) else {
            let table = &self.schema_of(wanted.entity).name;
            return Ok(Wrote::Refused(500, format!("no edit is named for {table} {}", wanted.key)));
        };
        let now = record.get(wanted.entity, &wanted.key);
        let mut mutation = self.writer.mutation(number, wanted, edit, (now.as_ref(), &*record));
        let held_against = now.as_ref().filter(|_| self.detects);
        if let Some(refused) = refused((request, verb, self.tag), held_against, is_known)
            .or_else(|| absent(verb, now.as_ref(), is_known))
        {
            return Ok(says_no(refused, (wanted, &mutation), slip, record));
        }
        if verb == Verb::Create && !is_known {
            mutation.kind = EditKind::Create;
        }
        let outcome = record.write(self.attributes(of), std::slice::from_ref(&mutation)).remove(0);
        Ok(match self.writer.settle(wanted, &outcome, slip) {
            Ok(_) => {
                let row = record.get(wanted.entity, &wanted.key);
                row.iter().for_each(|row| brings(slip, (wanted.entity, &wanted.key), row));
                Wrote::Done(row)
            }
            Err((status, why)) => Wrote::Refused(status, why),
        })
    }
}

/// The refusal if the `If-Match` condition does not hold.
fn refused(
    (request, verb, tag): (&Request, Verb, fn(Stamp) -> String),
    now: Option<&Row>,
    is_known: bool,
) -> Option<Wrote> {
    let row = now.filter(|_| verb != Verb::Create && !is_known)?;
    let tag = row.values.is_some().then(|| tag(row.stamp));
    let holds = names(request, &header::IF_MATCH, tag.as_deref()).unwrap_or(true);
    (!holds).then(|| if row.values.is_some() { Wrote::Changed(row.clone()) } else { Wrote::Gone })
}

/// The result if there is no such row, or if a created row already exists.
fn absent(verb: Verb, now: Option<&Row>, is_known: bool) -> Option<Wrote> {
    match (verb, now) {
        _ if is_known => None,
        (Verb::Create, Some(row)) => Some(Wrote::Exists(row.clone())),
        (Verb::Create, None) => None,
        (_, None) => Some(Wrote::Missing),
        (_, Some(row)) => row.values.is_none().then_some(Wrote::Gone),
    }
}

fn says_no(
    why: Wrote,
    (wanted, mutation): (&Wanted, &Mutation),
    slip: &mut Slip,
    record: &mut dyn SystemOfRecord,
) -> Wrote {
    let reason = match &why {
        Wrote::Changed(_) | Wrote::Exists(_) => Refusal::Stale,
        _ => Refusal::Gone,
    };
    record.refused(mutation, Some(reason));
    if let Wrote::Changed(row) | Wrote::Exists(row) = &why {
        brings(slip, (wanted.entity, &wanted.key), row);
    }
    why
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
