//! Writes of one row each, on the condition that it is still the version that the phone has.

use super::writing::{Wanted, Writer};
use crate::contract::http::{HeaderName, Request, header};
use crate::contract::{
    Attributes, EditKind, Mutation, Refusal, Row, RowVersion, ServerError, Slip, Stamp, SystemOfRecord,
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
pub(super) fn brings(slip: &mut Slip, wanted: &Wanted, row: &Row) {
    let (key, removed) = (wanted.key.clone(), row.values.is_none());
    slip.rows.push(RowVersion { entity: wanted.entity, key, stamp: row.stamp, removed });
}

/// Writes a row. Without `If-Match`, and where conflicts are not detected, over whatever is there.
///
/// # Errors
/// As those of the record and of the half's own database.
pub(super) fn write(
    (writer, detects, attributes): (&Writer, bool, &Attributes),
    (request, verb, tag): (&Request, Verb, fn(Stamp) -> String),
    (wanted, table): (&Wanted, &str),
    slip: &mut Slip,
    record: &mut dyn SystemOfRecord,
) -> Result<Wrote, ServerError> {
    let number = writer.begin()?;
    let Ok((edit, is_known)) = writer.edit(wanted, slip) else {
        return Ok(Wrote::Refused(500, format!("no edit is named for {table} {}", wanted.key)));
    };
    let now = record.get(wanted.entity, &wanted.key);
    let mut mutation = writer.mutation(number, wanted, edit, (now.as_ref(), &*record));
    if let Some(refused) = refused((request, verb, tag), now.as_ref().filter(|_| detects), is_known)
        .or_else(|| absent(verb, now.as_ref(), is_known))
    {
        return Ok(says_no(refused, (wanted, &mutation), slip, record));
    }
    if verb == Verb::Create && !is_known {
        mutation.kind = EditKind::Create;
    }
    let outcome = record.write(attributes, std::slice::from_ref(&mutation)).remove(0);
    Ok(match writer.settle(wanted, &outcome, slip) {
        Ok(_) => {
            let row = record.get(wanted.entity, &wanted.key);
            row.iter().for_each(|row| brings(slip, wanted, row));
            Wrote::Done(row)
        }
        Err((status, why)) => Wrote::Refused(status, why),
    })
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
        brings(slip, wanted, row);
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
