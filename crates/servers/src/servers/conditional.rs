//! Halves whose rows have addresses: each is written by itself, on the condition that it is still
//! the version that the phone has.

use std::rc::Rc;

use serde_json::Value as Json;

use super::writing::{self, Wanted, Writer};
use super::{kept, rows, web};
use crate::contract::http::{HeaderName, Method, Request, header};
use crate::contract::{
    Attributes, Chosen, DeviceId, EditKind, Entity, EntityId, Key, Mutation, Refusal, Row, RowVersion,
    ServerError, ServerPorts, ServerSetup, Slip, StackOption, Stamp, SystemOfRecord,
};

/// What became of a write.
pub(super) enum Wrote {
    /// It was committed; the row as it is now, if it is there.
    Done(Option<Row>),
    /// Nobody has made it.
    Missing,
    /// It was there and was deleted.
    Gone,
    /// It is there already, or was: who makes it takes another key.
    Exists(Row),
    /// Somebody has changed it since.
    Changed(Row),
    /// The record says no, with a status and its words.
    Refused(u16, String),
}

/// How a row may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    /// Of a row that is there.
    Change,
    Delete,
}

/// Whether a header with entity tags names this one; `None` if it is not there.
pub(super) fn names(request: &Request, header: &HeaderName, tag: Option<&str>) -> Option<bool> {
    let said = request.headers().get(header)?.to_str().unwrap_or_default();
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let is_it = |one: &str| tag.is_some_and(|tag| one.trim() == "*" || opaque(one) == opaque(tag));
    Some(said.split(',').any(is_it))
}

/// Notes beside an answer that it brings this version of a row.
pub(super) fn brings(slip: &mut Slip, (entity, key): (EntityId, &Key), row: &Row) {
    let (key, removed) = (key.clone(), row.values.is_none());
    slip.rows.push(RowVersion { entity, key, stamp: row.stamp, removed });
}

fn bad(why: &str) -> ServerError {
    ServerError::BadRequest(why.to_owned())
}

/// What such a half has, whatever its protocol.
pub(super) struct Addressed {
    pub(super) setup: ServerSetup,
    pub(super) ports: ServerPorts,
    /// Rows of a page.
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
    /// What a request wants written: of an entity (`POST`), or of one row of it (`PATCH`, `PUT`,
    /// `DELETE`); `None` for another method.
    ///
    /// # Errors
    /// Its body is no object, or makes a row without an `id`.
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
    /// Writes a row. Without `If-Match`, and where conflicts are not detected, over whatever is
    /// there.
    ///
    /// # Errors
    /// As those of the record and of the half's own database.
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

/// Whether the condition does not hold.
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

/// Whether there is no such row, or one where there may be none.
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

/// A preference of a request: its value, or nothing if it has none.
pub(super) fn prefers<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    let all = request.headers().get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|list| list.split([',', ';'])).find_map(|one| {
        let (of, value) = one.split_once('=').unwrap_or((one, ""));
        let of = of.trim();
        let is_it = of.eq_ignore_ascii_case(name) || of.strip_prefix("odata.") == Some(name);
        is_it.then(|| value.trim().trim_matches('"'))
    })
}
