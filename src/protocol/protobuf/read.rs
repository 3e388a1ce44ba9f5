//! Messages, read.

use std::borrow::Cow;

use super::super::answer::{Page, Rows};
use super::super::damaged::Damaged;
use super::super::message::{Asked, Want};
use super::super::raw::answer::{RawAnswer, RawError, RawResult};
use super::super::raw::request::{RawFetch, RawMutation, RawPull, RawRequest};
use super::wire::{ANSWER, ERROR, Fields, Held, REQUEST, column, signed, small, unexpected, value};
use crate::base::{DeviceId, EntityId, Stamp, Undone, UnitId};
use crate::contract::Guard;

pub(super) fn request(bytes: &[u8]) -> Result<RawRequest<'_>, Damaged> {
    let (mut fields, REQUEST) = Fields::of(bytes)? else {
        return Err(Damaged("no request".to_owned()));
    };
    let (device, clock, unit) = (DeviceId(0), Stamp(0), UnitId(0));
    let mut request = RawRequest { device, clock, unit, pull: None, push: None, fetch: None };
    while let Some(field) = fields.next()? {
        match field {
            (1, Held::Number(number)) => request.device = DeviceId(small(number)?),
            (2, Held::Number(number)) => request.clock = Stamp(signed(number)),
            (3, Held::Number(number)) => request.unit = UnitId(small(number)?),
            (4, Held::Message) if request.pull.is_none() => request.pull = Some(pull(&mut fields)?),
            (5, Held::Message) if request.push.is_none() => request.push = Some(list(&mut fields, edit)?),
            (6, Held::Message) if request.fetch.is_none() => {
                let (e, of, rows) = wanted(&mut fields)?;
                request.fetch = Some(RawFetch { e, of: there(of)?, rows });
            }
            (other, _) => return Err(unexpected(other)),
        }
    }
    fields.end()?;
    Ok(request)
}

/// Messages of one kind, as the field 1 each.
fn list<'a, T>(
    fields: &mut Fields<'a>,
    item: impl Fn(&mut Fields<'a>) -> Result<T, Damaged>,
) -> Result<Vec<T>, Damaged> {
    let mut items = Vec::new();
    while let Some((field, held)) = fields.next()? {
        let (1, Held::Message) = (field, held) else { return Err(unexpected(field)) };
        items.push(item(fields)?);
    }
    Ok(items)
}

fn pull<'a>(fields: &mut Fields<'a>) -> Result<RawPull<'a>, Damaged> {
    let mut wants = Vec::new();
    let mut pull = RawPull { rows: 0, bytes: 0, run: 0, zone: 0, get: false, wants: Cow::default() };
    while let Some(field) = fields.next()? {
        match field {
            (1, Held::Number(number)) => pull.rows = small(number)?,
            (2, Held::Number(number)) => pull.bytes = number,
            (3, Held::Number(number)) => pull.run = number,
            (4, Held::Number(number)) => {
                pull.zone = i32::try_from(signed(number)).map_err(|_| unexpected(4))?;
            }
            (5, Held::Number(number)) => pull.get = number == 1,
            (6, Held::Message) => {
                let (entity, cursor, ids) = wanted(fields)?;
                wants.push(Want { entity, cursor: cursor.map(Cow::into_owned), ids });
            }
            (other, _) => return Err(unexpected(other)),
        }
    }
    Ok(RawPull { wants: Cow::Owned(wants), ..pull })
}

/// An entity, a text and a count: what is wanted, and what is fetched.
fn wanted<'a>(fields: &mut Fields<'a>) -> Result<(EntityId, Option<Cow<'a, str>>, u32), Damaged> {
    let (mut e, mut text, mut count) = (EntityId(0), None, 0);
    while let Some(field) = fields.next()? {
        match field {
            (1, Held::Number(number)) => e = EntityId(small(number)?),
            (2, Held::Text(said)) => text = Some(Cow::Borrowed(said)),
            (3, Held::Number(number)) => count = small(number)?,
            (other, _) => return Err(unexpected(other)),
        }
    }
    Ok((e, text, count))
}

fn edit<'a>(fields: &mut Fields<'a>) -> Result<RawMutation<'a>, Damaged> {
    let (mut id, mut key, mut op, mut at, mut set) = (None, None, None, None, Vec::new());
    let (mut edit, mut by, mut e, mut base, mut guard) = (0, None, EntityId(0), None, Guard::Base);
    while let Some(field) = fields.next()? {
        match field {
            (1, Held::Text(text)) => id = Some(Cow::Borrowed(text)),
            (2, Held::Number(number)) => edit = small(number)?,
            (3, Held::Number(number)) => by = Some(DeviceId(small(number)?)),
            (4, Held::Number(number)) => e = EntityId(small(number)?),
            (5, Held::Text(text)) => key = Some(Cow::Borrowed(text)),
            (6, Held::Number(number)) => op = char::from_u32(small(number)?),
            (7, Held::Number(number)) => base = Some(Stamp(signed(number))),
            (8, Held::Number(number)) => at = Some(Stamp(signed(number))),
            (9, Held::Number(1)) => guard = Guard::Since,
            (10, Held::Number(number)) => guard = Guard::Image(number),
            (11, Held::Message) => {
                while let Some((field, held)) = fields.next()? {
                    set.push(column(field, held)?);
                }
            }
            (other, _) => return Err(unexpected(other)),
        }
    }
    let (id, key, op, at) = (there(id)?, there(key)?, there(op)?, there(at)?);
    Ok(RawMutation { id, edit, by, e, key, op, base, at, set, guard })
}

pub(super) fn answer(bytes: &[u8]) -> Result<RawAnswer<'_>, Damaged> {
    let (mut fields, root) = Fields::of(bytes)?;
    let mut answer = RawAnswer { asked: Asked(0), pages: None, results: None, error: None };
    match root {
        ERROR => answer.error = Some(error(&mut fields)?),
        ANSWER => {
            let (mut asked, mut pages) = (None, Vec::new());
            while let Some(field) = fields.next()? {
                match field {
                    (1, Held::Number(number)) => asked = Some(Asked(signed(number))),
                    (2, Held::Message) if answer.results.is_none() => {
                        answer.results = Some(list(&mut fields, result)?);
                    }
                    (3, Held::Message) => pages.push(page(&mut fields)?),
                    (other, _) => return Err(unexpected(other)),
                }
            }
            (answer.asked, answer.pages) = (there(asked)?, Some(pages));
        }
        other => return Err(unexpected(other)),
    }
    fields.end()?;
    Ok(answer)
}

fn error(fields: &mut Fields<'_>) -> Result<RawError, Damaged> {
    let (mut kind, mut number, mut text) = (None, 0, None);
    while let Some(field) = fields.next()? {
        match field {
            (1, Held::Text(word)) => kind = Some(word.to_owned()),
            (2, Held::Number(said)) => number = said,
            (3, Held::Text(said)) => text = Some(said.to_owned()),
            (other, _) => return Err(unexpected(other)),
        }
    }
    Ok(RawError { kind: there(kind)?, number, text: there(text)? })
}

fn result<'a>(fields: &mut Fields<'a>) -> Result<RawResult<'a>, Damaged> {
    let (mut id, mut ok, mut conflict, mut rejected, mut edited) = (None, None, None, None, None);
    let (mut later, mut queued, mut rows) = (false, false, Rows::default());
    while let Some(field) = fields.next()? {
        match field {
            (1, Held::Text(text)) => id = Some(Cow::Borrowed(text)),
            (2, Held::Number(number)) => ok = Some(Stamp(signed(number))),
            (3, Held::Text(text)) => conflict = Some(text.to_owned()),
            (4, Held::Text(text)) => rejected = Some(text.to_owned()),
            (5, Held::Number(number)) => later = number == 1,
            (6, Held::Number(number)) => queued = number == 1,
            (7, Held::Message) => row(fields, &mut rows)?,
            (8, Held::Number(number)) => edited = Some(Stamp(signed(number))),
            (other, _) => return Err(unexpected(other)),
        }
    }
    Ok(RawResult { id: there(id)?, ok, conflict, rejected, later, queued, row: rows, edited })
}

fn page<'a>(fields: &mut Fields<'a>) -> Result<Page<'a>, Damaged> {
    let (mut entity, mut rows, mut cursor, mut more) = (EntityId(0), Rows::default(), None, false);
    let (mut bounds, mut unseen, mut withheld) = (Vec::new(), None, Vec::new());
    let (mut first, mut count) = (None, None);
    while let Some(field) = fields.next()? {
        match field {
            (1, Held::Number(number)) => entity = EntityId(small(number)?),
            (2, Held::Text(text)) => cursor = Some(Cow::Borrowed(text)),
            (3, Held::Number(number)) => more = number == 1,
            (4, Held::Number(number)) => bounds.push(Stamp(signed(number))),
            (5, Held::Number(number)) => unseen = Some(Stamp(signed(number))),
            (6, Held::Text(text)) => withheld.push(Cow::Borrowed(text)),
            (7, Held::Message) => row(fields, &mut rows)?,
            (8, Held::Number(number)) => first = Some(number),
            (9, Held::Number(number)) => count = Some(small(number)?),
            (other, _) => return Err(unexpected(other)),
        }
    }
    let (undone, []) = bounds.as_chunks() else { return Err(unexpected(4)) };
    let undone = undone.iter().map(|[from, until]| Undone { from: *from, until: *until }).collect();
    let (cursor, ids) = (there(cursor)?, first.zip(count));
    Ok(Page { entity, rows, cursor, more, undone, unseen, withheld, ids })
}

/// A row, whose fields come by their numbers.
fn row<'a>(fields: &mut Fields<'a>, rows: &mut Rows<'a>) -> Result<(), Damaged> {
    let mut before = 0;
    while let Some((field, held)) = fields.next()? {
        let (field, cell) = value(field, held)?;
        if field <= before {
            return Err(Damaged(format!("field {field} is out of place")));
        }
        before = field;
        rows.add(cell);
    }
    rows.end_row()
}

fn there<T>(value: Option<T>) -> Result<T, Damaged> {
    value.ok_or_else(|| Damaged("a message lacks a field".to_owned()))
}
