//! Formats that mark each field of a message: XML by its name, protobuf by its number.

use std::borrow::Cow;

use super::answer::{Page, Rows};
use super::damaged::Damaged;
use super::format::{Facts, Format, Head, PageEnd};
use super::message::{Asked, PullRequest, Want};
use super::raw_answer::{RawAnswer, RawError, RawResult, VerdictShape};
use super::raw_request::{RawFetch, RawMutation, RawRequest};
use crate::base::{Cell, DeviceId, EntityId, Stamp, Undone, UnitId, ValueRef};
use crate::contract::Guard;

/// The name and the number of a field.
pub(super) type Field = (&'static str, u32);

// The fields of each kind of message, numbered from 1.
pub(super) const ROOTS: &[&str] = &["request", "answer", "error"];
const REQUEST: &[&str] = &["device", "clock", "unit", "pull", "push", "fetch"];
const PULL: &[&str] = &["rows", "bytes", "run", "zone", "get", "want"];
const WANT: &[&str] = &["e", "cursor", "ids"];
const FETCH: &[&str] = &["e", "of", "rows"];
const EDIT: &[&str] = &["id", "edit", "by", "e", "key", "op", "base", "at", "guard", "image", "set"];
const ANSWER: &[&str] = &["for", "results", "page"];
const RESULT: &[&str] = &["id", "ok", "conflict", "rejected", "later", "queued", "row", "edited"];
const PAGE: &[&str] = &["e", "cursor", "more", "undone", "unseen", "key", "row", "first", "count"];
const ERROR: &[&str] = &["kind", "number", "text"];

/// Writes a format that marks each field.
pub(super) trait Marked: Sync {
    const FACTS: Facts;
    /// True if plain fields come before nested messages, in a head (like XML attributes).
    const HAS_HEADS: bool;
    type Fields<'a>: Fields<'a>;
    fn open(out: &mut Vec<u8>, message: Field);
    /// Ends the head, if the format has heads.
    fn end_head(_: &mut Vec<u8>) {}
    fn close(out: &mut Vec<u8>, message: Field);
    /// Ends a message that has only a head.
    fn close_head(out: &mut Vec<u8>, message: Field) {
        Self::close(out, message);
    }
    fn text(out: &mut Vec<u8>, field: Field, text: &str);
    fn signed(out: &mut Vec<u8>, field: Field, number: i64);
    fn number(out: &mut Vec<u8>, field: Field, number: u64);
    /// Writes a number that may be left out if it is 0.
    fn count(out: &mut Vec<u8>, field: Field, number: u64) {
        Self::number(out, field, number);
    }
    /// Writes one of a fixed set of words; each word has a number.
    fn word(out: &mut Vec<u8>, field: Field, word: (&str, u64));
    fn cell(out: &mut Vec<u8>, place: usize, value: ValueRef<'_>);
    fn columns(out: &mut Vec<u8>, set: &[(usize, Cell<'_>)]);
    fn end_page(out: &mut Vec<u8>, end: &PageEnd);
}

/// Reads a format that marks each field, field by field.
pub(super) trait Fields<'a>: Sized {
    /// Begins to read the message in these bytes. Also returns the kind of the message.
    fn of(bytes: &'a [u8]) -> Result<(Self, &'static str), Damaged>;
    /// The next field; `None` at the end of the message. After a field that is a message, the next
    /// call returns the first field of that message.
    fn next(&mut self, known: &[&'static str]) -> Result<Option<(&'static str, Held<'a>)>, Damaged>;
    /// Reads a row after its start.
    fn row(&mut self, rows: &mut Rows<'a>) -> Result<(), Damaged>;
    /// Reads columns and their values after their start.
    fn columns(&mut self, set: &mut Vec<(usize, Cell<'a>)>) -> Result<(), Damaged>;
    fn end(self) -> Result<(), Damaged>;
}

pub(super) enum Held<'a> {
    Number(u64),
    Real(f64),
    Text(Cow<'a, str>),
    Message,
}

pub(super) fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

pub(super) fn unexpected(field: &str) -> Damaged {
    Damaged(format!("{field} where it has no place"))
}

impl<'a> Held<'a> {
    pub(super) fn text(self) -> Result<Cow<'a, str>, Damaged> {
        if let Held::Text(text) = self { Ok(text) } else { Err(unexpected("what is no text")) }
    }
    pub(super) fn signed(self) -> Result<i64, Damaged> {
        match self {
            Held::Number(number) => Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed()),
            other => parsed(&other.text()?),
        }
    }
    fn stamp(self) -> Result<Stamp, Damaged> {
        self.signed().map(Stamp)
    }
    pub(super) fn number<T: TryFrom<u64>>(self) -> Result<T, Damaged> {
        let number = if let Held::Number(number) = self { number } else { parsed(&self.text()?)? };
        T::try_from(number).map_err(|_| Damaged(format!("{number} is beyond what may stand there")))
    }
    fn flag(self) -> Result<bool, Damaged> {
        match self {
            Held::Number(number) => Ok(number == 1),
            other => parsed(&other.text()?),
        }
    }
    fn letter(self) -> Result<char, Damaged> {
        match self {
            Held::Number(number) => u32::try_from(number).ok().and_then(char::from_u32),
            other => other.text()?.parse().ok(),
        }
        .ok_or_else(|| unexpected("what is no letter"))
    }
}

pub(super) fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, Damaged> {
    text.parse().map_err(|_| Damaged(format!("{text:?} is not what may stand there")))
}

impl<M: Marked> Format for M {
    fn facts(&self) -> Facts {
        M::FACTS
    }
    fn write_request(&self, request: &RawRequest<'_>) -> Vec<u8> {
        let (mut bytes, root) = (Vec::new(), ("request", 1));
        let out = &mut bytes;
        M::open(out, root);
        M::count(out, ("device", 1), request.device.0.into());
        M::signed(out, ("clock", 2), request.clock.0);
        M::count(out, ("unit", 3), request.unit.0.into());
        M::end_head(out);
        if let Some(pull) = &request.pull {
            put_pull::<M>(out, pull);
        }
        if let Some(push) = &request.push {
            M::open(out, ("push", 5));
            M::end_head(out);
            push.iter().for_each(|mutation| put_edit::<M>(out, mutation));
            M::close(out, ("push", 5));
        }
        if let Some(RawFetch { e, of, rows }) = &request.fetch {
            M::open(out, ("fetch", 6));
            M::count(out, ("e", 1), e.0.into());
            M::text(out, ("of", 2), of);
            M::count(out, ("rows", 3), u64::from(*rows));
            M::close_head(out, ("fetch", 6));
        }
        M::close(out, root);
        bytes
    }
    fn read_request<'a>(&self, bytes: &'a [u8]) -> Result<RawRequest<'a>, Damaged> {
        let (mut fields, "request") = M::Fields::of(bytes)? else { return Err(unexpected("another")) };
        let mut request = RawRequest::default();
        while let Some(field) = fields.next(REQUEST)? {
            match field {
                ("device", held) => request.device = DeviceId(held.number()?),
                ("clock", held) => request.clock = held.stamp()?,
                ("unit", held) => request.unit = UnitId(held.number()?),
                ("pull", Held::Message) if request.pull.is_none() => {
                    request.pull = Some(Cow::Owned(pull(&mut fields)?))
                }
                ("push", Held::Message) if request.push.is_none() => {
                    request.push = Some(list(&mut fields, "edit", edit)?);
                }
                ("fetch", Held::Message) if request.fetch.is_none() => {
                    let (e, of, rows) = wanted(&mut fields, FETCH)?;
                    request.fetch = Some(RawFetch { e, of: of.unwrap_or_default(), rows });
                }
                (other, _) => return Err(unexpected(other)),
            }
        }
        fields.end()?;
        Ok(request)
    }
    fn write_refusal(&self, error: &RawError) -> Vec<u8> {
        let mut out = Vec::new();
        M::open(&mut out, ("error", 3));
        M::text(&mut out, ("kind", 1), &error.kind);
        M::count(&mut out, ("number", 2), error.number);
        M::text(&mut out, ("text", 3), &error.text);
        M::close_head(&mut out, ("error", 3));
        out
    }
    fn read_answer<'a>(&self, bytes: &'a [u8]) -> Result<RawAnswer<'a>, Damaged> {
        let (mut fields, root) = M::Fields::of(bytes)?;
        let mut answer = RawAnswer::default();
        match root {
            "error" => answer.error = Some(error(&mut fields)?),
            "answer" => {
                let mut pages = Vec::new();
                while let Some(field) = fields.next(ANSWER)? {
                    match field {
                        ("for", held) => answer.asked = Asked(held.signed()?),
                        ("results", Held::Message) if answer.results.is_none() => {
                            answer.results = Some(list(&mut fields, "result", result)?);
                        }
                        ("page", Held::Message) => pages.push(page(&mut fields)?),
                        (other, _) => return Err(unexpected(other)),
                    }
                }
                answer.pages = Some(pages);
            }
            other => return Err(unexpected(other)),
        }
        fields.end()?;
        Ok(answer)
    }
    fn begin(&self, out: &mut Vec<u8>, asked: Asked) {
        M::open(out, ("answer", 2));
        M::signed(out, ("for", 1), asked.0);
        M::end_head(out);
    }
    fn result(&self, out: &mut Vec<u8>, _: bool, id: &str, told: &VerdictShape<'_>) {
        let VerdictShape { ok, no, not_yet, row, edited } = told;
        let field = |word: &'static str| {
            let before = RESULT.iter().take_while(|name| **name != word).count();
            (word, 1 + before as u32)
        };
        M::open(out, ("result", 1));
        M::text(out, ("id", 1), id);
        put_stamp::<M>(out, ("ok", 2), *ok);
        if let Some(word) = *not_yet {
            M::word(out, field(word), ("true", 1));
        }
        if let Some((word, text)) = *no {
            M::text(out, field(word), text);
        }
        let edited = |out: &mut Vec<u8>| put_stamp::<M>(out, ("edited", 8), *edited);
        if M::HAS_HEADS {
            edited(out);
        }
        M::end_head(out);
        row.flatten().iter().for_each(|row| self.row_of_verdict(out, row));
        if !M::HAS_HEADS {
            edited(out);
        }
        M::close(out, ("result", 1));
    }
    fn begin_page(&self, out: &mut Vec<u8>, _: bool, entity: EntityId) {
        M::open(out, ("page", 3));
        M::count(out, ("e", 1), entity.0.into());
        M::end_head(out);
    }
    fn begin_row(&self, out: &mut Vec<u8>, head: &Head<'_>) {
        M::open(out, ("row", 7));
        if let Some(part) = head.part {
            M::signed(out, ("columns", 1), part.columns as i64);
            M::signed(out, ("base", 2), part.base.0);
        }
        M::text(out, ("key", 3), head.key);
        M::signed(out, ("stamp", 4), head.stamp.0);
        M::end_head(out);
    }
    fn value(&self, out: &mut Vec<u8>, place: usize, value: ValueRef<'_>) {
        M::cell(out, place, value);
    }
    fn end_page(&self, out: &mut Vec<u8>, end: &PageEnd) {
        <M as Marked>::end_page(out, end);
    }
}

fn put_pull<M: Marked>(out: &mut Vec<u8>, pull: &PullRequest) {
    let PullRequest { rows, bytes, run, zone, by_address, wants, .. } = pull;
    M::open(out, ("pull", 4));
    M::count(out, ("rows", 1), u64::from(*rows));
    M::count(out, ("bytes", 2), *bytes);
    M::count(out, ("run", 3), *run);
    if *zone != 0 || !M::HAS_HEADS {
        M::signed(out, ("zone", 4), i64::from(*zone));
    }
    if *by_address {
        M::word(out, ("get", 5), ("true", 1));
    }
    M::end_head(out);
    for Want { entity, cursor, ids } in wants {
        M::open(out, ("want", 6));
        M::count(out, ("e", 1), entity.0.into());
        if let Some(cursor) = cursor {
            M::text(out, ("cursor", 2), cursor);
        }
        if *ids > 0 {
            M::count(out, ("ids", 3), u64::from(*ids));
        }
        M::close_head(out, ("want", 6));
    }
    M::close(out, ("pull", 4));
}

fn put_edit<M: Marked>(out: &mut Vec<u8>, edit: &RawMutation<'_>) {
    let RawMutation { id, edit, by, e, key, op, base, at, set, guard } = edit;
    M::open(out, ("edit", 1));
    M::text(out, ("id", 1), id);
    M::count(out, ("edit", 2), u64::from(*edit));
    if let Some(DeviceId(by)) = by {
        M::number(out, ("by", 3), u64::from(*by));
    }
    M::count(out, ("e", 4), e.0.into());
    M::text(out, ("key", 5), key);
    M::word(out, ("op", 6), (op.encode_utf8(&mut [0; 4]), u64::from(*op)));
    put_stamp::<M>(out, ("base", 7), *base);
    M::signed(out, ("at", 8), at.0);
    match guard {
        Guard::Base => {}
        Guard::Since => M::word(out, ("guard", 9), ("since", 1)),
        Guard::Image(image) => M::number(out, ("image", 10), *image),
    }
    M::end_head(out);
    M::columns(out, set);
    M::close(out, ("edit", 1));
}

fn put_stamp<M: Marked>(out: &mut Vec<u8>, field: Field, stamp: Option<Stamp>) {
    stamp.iter().for_each(|stamp| M::signed(out, field, stamp.0));
}

/// Reads a list of messages of one kind. Each has field number 1.
fn list<'a, F: Fields<'a>, T>(
    fields: &mut F,
    name: &'static str,
    item: impl Fn(&mut F) -> Result<T, Damaged>,
) -> Result<Vec<T>, Damaged> {
    let mut items = Vec::new();
    while let Some((field, held)) = fields.next(&[name])? {
        let Held::Message = held else { return Err(unexpected(field)) };
        items.push(item(fields)?);
    }
    Ok(items)
}

fn pull<'a>(fields: &mut impl Fields<'a>) -> Result<PullRequest, Damaged> {
    let mut pull = PullRequest::default();
    while let Some(field) = fields.next(PULL)? {
        match field {
            ("rows", held) => pull.rows = held.number()?,
            ("bytes", held) => pull.bytes = held.number()?,
            ("run", held) => pull.run = held.number()?,
            ("zone", held) => pull.zone = i32::try_from(held.signed()?).map_err(|_| unexpected("zone"))?,
            ("get", held) => pull.by_address = held.flag()?,
            ("want", Held::Message) => {
                let (entity, cursor, ids) = wanted(fields, WANT)?;
                pull.wants.push(Want { entity, cursor: cursor.map(Cow::into_owned), ids });
            }
            (other, _) => return Err(unexpected(other)),
        }
    }
    Ok(pull)
}

/// Reads an entity, a text and a count, which `want` and `fetch` contain.
fn wanted<'a>(
    fields: &mut impl Fields<'a>,
    known: &[&'static str],
) -> Result<(EntityId, Option<Cow<'a, str>>, u32), Damaged> {
    let (mut e, mut text, mut count) = (EntityId(0), None, 0);
    while let Some(field) = fields.next(known)? {
        match field {
            ("e", held) => e = EntityId(held.number()?),
            ("cursor" | "of", held) => text = Some(held.text()?),
            (_, held) => count = held.number()?,
        }
    }
    Ok((e, text, count))
}

fn edit<'a>(fields: &mut impl Fields<'a>) -> Result<RawMutation<'a>, Damaged> {
    let mut edit = RawMutation::default();
    while let Some(field) = fields.next(EDIT)? {
        match field {
            ("id", held) => edit.id = held.text()?,
            ("edit", held) => edit.edit = held.number()?,
            ("by", held) => edit.by = Some(DeviceId(held.number()?)),
            ("e", held) => edit.e = EntityId(held.number()?),
            ("key", held) => edit.key = held.text()?,
            ("op", held) => edit.op = held.letter()?,
            ("base", held) => edit.base = Some(held.stamp()?),
            ("at", held) => edit.at = held.stamp()?,
            ("guard", Held::Number(1)) => edit.guard = Guard::Since,
            ("guard", Held::Text(word)) if word == "since" => edit.guard = Guard::Since,
            ("guard", Held::Text(image)) => edit.guard = Guard::Image(parsed(&image)?),
            ("image", held) => edit.guard = Guard::Image(held.number()?),
            ("set", Held::Message) => fields.columns(&mut edit.set)?,
            (other, _) => return Err(unexpected(other)),
        }
    }
    Ok(edit)
}

fn error<'a>(fields: &mut impl Fields<'a>) -> Result<RawError, Damaged> {
    let mut error = RawError::default();
    while let Some(field) = fields.next(ERROR)? {
        match field {
            ("kind", held) => error.kind = held.text()?.into_owned(),
            ("number", held) => error.number = held.number()?,
            (_, held) => error.text = held.text()?.into_owned(),
        }
    }
    Ok(error)
}

fn result<'a>(fields: &mut impl Fields<'a>) -> Result<RawResult<'a>, Damaged> {
    let mut result = RawResult::default();
    while let Some(field) = fields.next(RESULT)? {
        match field {
            ("id", held) => result.id = held.text()?,
            ("ok", held) => result.ok = Some(held.stamp()?),
            ("conflict", held) => result.conflict = Some(held.text()?.into_owned()),
            ("rejected", held) => result.rejected = Some(held.text()?.into_owned()),
            ("later", held) => result.later = held.flag()?,
            ("queued", held) => result.queued = held.flag()?,
            ("edited", held) => result.edited = Some(held.stamp()?),
            ("row", Held::Message) => fields.row(&mut result.row)?,
            (other, _) => return Err(unexpected(other)),
        }
    }
    Ok(result)
}

fn page<'a>(fields: &mut impl Fields<'a>) -> Result<Page<'a>, Damaged> {
    let (mut page, mut bounds) = (Page::default(), Vec::new());
    let (mut first, mut count) = (None, None);
    while let Some(field) = fields.next(PAGE)? {
        match field {
            ("e", held) => page.entity = EntityId(held.number()?),
            ("cursor", held) => page.cursor = held.text()?,
            ("more", held) => page.more = held.flag()?,
            ("undone", held) => bounds.push(held.stamp()?),
            ("unseen", held) => page.unseen = Some(held.stamp()?),
            ("key", held) => page.withheld.push(held.text()?),
            ("row", Held::Message) => fields.row(&mut page.rows)?,
            ("first", held) => first = Some(held.number()?),
            ("count", held) => count = Some(held.number()?),
            (other, _) => return Err(unexpected(other)),
        }
    }
    let (undone, []) = bounds.as_chunks() else { return Err(unexpected("one end alone")) };
    page.undone = undone.iter().map(|&[from, until]| Undone { from, until }).collect();
    Ok(Page { ids: first.zip(count), ..page })
}
