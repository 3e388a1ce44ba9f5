//! The wire format of protobuf: fields have numbers instead of names.
//!
//! There is no compiled schema. Each kind of value has its own wire type, so a row describes
//! itself. The field number of a column is [`FIRST_COLUMN`] plus the column's position. An integer
//! is a `sint64`, a fraction a `double`, a text a `string`. A null column is listed by its
//! position. Nested messages are groups: they have a start and an end mark instead of a length. So
//! they can be written in parts. The whole message also has both marks, so a truncated message is
//! detected.

use std::borrow::Cow;

use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};

use super::answer::Rows;
use super::coding::Costs;
use super::damaged::Damaged;
use super::format::{Facts, PageEnd};
use super::marked::{Field, Fields, Held, Marked, ROOTS, unexpected, zigzag};
use super::weight::Frames;
use crate::base::{Cell, ValueRef};

/// The number of the field that has the position of a null column.
const NULL: u32 = 5;
/// The field number of the first column; lower numbers have a fixed meaning in a row.
const FIRST_COLUMN: u32 = 6;

pub(super) struct Protobuf;

// The start mark of a nested message is 8 times its field number, plus 3. The end mark is plus 4.
impl Marked for Protobuf {
    const FACTS: Facts = Facts {
        name: "protobuf",
        about: "binary, with numbers of fields in place of names",
        content_type: "application/x-protobuf",
        costs: Costs { written: 571, read: 667 },
        frames: Frames { edit: 32, column: 1, text: 2, number: 4, null: 1, head: 60, verdict: 25 },
        // The start of field 3, a message.
        no: b"\x1b",
        results: [b"\x13", b"\x14"],
        pages: [b"", b""],
        end_of_row: b"\x3c",
        end: b"\x14",
        as_kept: false,
    };
    const HAS_HEADS: bool = false;
    type Fields<'a> = Bytes<'a>;
    fn open(out: &mut Vec<u8>, message: Field) {
        put_key(out, message, WireType::StartGroup);
    }
    fn close(out: &mut Vec<u8>, message: Field) {
        put_key(out, message, WireType::EndGroup);
    }
    fn text(out: &mut Vec<u8>, field: Field, text: &str) {
        put_key(out, field, WireType::LengthDelimited);
        put(out, |rest| encode_varint(text.len() as u64, rest));
        out.extend(text.as_bytes());
    }
    fn signed(out: &mut Vec<u8>, field: Field, number: i64) {
        Protobuf::number(out, field, zigzag(number));
    }
    fn number(out: &mut Vec<u8>, field: Field, number: u64) {
        put_key(out, field, WireType::Varint);
        put(out, |rest| encode_varint(number, rest));
    }
    fn count(out: &mut Vec<u8>, field: Field, number: u64) {
        if number != 0 {
            Protobuf::number(out, field, number);
        }
    }
    fn word(out: &mut Vec<u8>, field: Field, (_, number): (&str, u64)) {
        Protobuf::number(out, field, number);
    }
    fn cell(out: &mut Vec<u8>, place: usize, value: ValueRef<'_>) {
        let field = ("", FIRST_COLUMN + place as u32);
        match value {
            ValueRef::Null => Protobuf::number(out, ("", NULL), place as u64),
            ValueRef::Int(number) => Protobuf::signed(out, field, number),
            ValueRef::Real(number) => {
                put_key(out, field, WireType::SixtyFourBit);
                out.extend(&number.to_le_bytes());
            }
            ValueRef::Text(text) => Protobuf::text(out, field, text),
        }
    }
    fn columns(out: &mut Vec<u8>, set: &[(usize, Cell<'_>)]) {
        Protobuf::open(out, ("set", 11));
        set.iter().for_each(|(column, cell)| Protobuf::cell(out, *column, cell.as_ref()));
        Protobuf::close(out, ("set", 11));
    }
    fn end_page(out: &mut Vec<u8>, end: &PageEnd) {
        let PageEnd { cursor, more, undone, unseen, withheld, ids } = end;
        Protobuf::text(out, ("cursor", 2), cursor);
        Protobuf::count(out, ("more", 3), u64::from(*more));
        for span in undone {
            Protobuf::signed(out, ("from", 4), span.from.0);
            Protobuf::signed(out, ("until", 4), span.until.0);
        }
        unseen.iter().for_each(|unseen| Protobuf::signed(out, ("unseen", 5), unseen.0));
        withheld.iter().for_each(|key| Protobuf::text(out, ("key", 6), key));
        if let Some((first, count)) = ids {
            Protobuf::number(out, ("first", 8), *first);
            Protobuf::number(out, ("count", 9), u64::from(*count));
        }
        Protobuf::close(out, ("page", 3));
    }
}

/// Appends the bytes that `encode` writes, at most 10.
fn put(out: &mut Vec<u8>, encode: impl FnOnce(&mut &mut [u8])) {
    let mut bytes = [0; 10];
    let mut rest = &mut bytes[..];
    encode(&mut rest);
    let written = 10 - rest.len();
    out.extend(&bytes[..written]);
}

fn put_key(out: &mut Vec<u8>, (_, field): Field, wire: WireType) {
    put(out, |rest| encode_key(field, wire, rest));
}

/// A parser of a message.
pub(super) struct Bytes<'a> {
    rest: &'a [u8],
    open: Vec<u32>,
}

impl<'a> Fields<'a> for Bytes<'a> {
    fn of(bytes: &'a [u8]) -> Result<(Bytes<'a>, &'static str), Damaged> {
        let mut fields = Bytes { rest: bytes, open: Vec::new() };
        match fields.next(ROOTS)? {
            Some((root, Held::Message)) => Ok((fields, root)),
            _ => Err(Damaged("no message".to_owned())),
        }
    }
    fn next(&mut self, known: &[&'static str]) -> Result<Option<(&'static str, Held<'a>)>, Damaged> {
        let Some((field, held)) = self.field()? else { return Ok(None) };
        let known = known.get(field as usize - 1).ok_or_else(|| no_place(field))?;
        Ok(Some((*known, held)))
    }
    fn row(&mut self, rows: &mut Rows<'a>) -> Result<(), Damaged> {
        let mut before = 0;
        while let Some((field, held)) = self.field()? {
            let (field, cell) = value(field, held)?;
            if field <= before {
                return Err(no_place(field));
            }
            before = field;
            rows.add(cell);
        }
        rows.end_row()
    }

    fn columns(&mut self, set: &mut Vec<(usize, Cell<'a>)>) -> Result<(), Damaged> {
        while let Some((field, held)) = self.field()? {
            let (field, cell) = value(field, held)?;
            set.push((field.checked_sub(FIRST_COLUMN).ok_or_else(|| no_place(field))? as usize, cell));
        }
        Ok(())
    }
    fn end(self) -> Result<(), Damaged> {
        if self.rest.is_empty() { Ok(()) } else { Err(unexpected("a byte after its end")) }
    }
}

impl<'a> Bytes<'a> {
    fn field(&mut self) -> Result<Option<(u32, Held<'a>)>, Damaged> {
        let (field, wire) = decode_key(&mut self.rest).map_err(damaged)?;
        let held = match wire {
            WireType::Varint => Held::Number(decode_varint(&mut self.rest).map_err(damaged)?),
            WireType::SixtyFourBit => {
                let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(cut)?;
                self.rest = rest;
                Held::Real(f64::from_le_bytes(*bytes))
            }
            WireType::LengthDelimited => {
                let length = decode_varint(&mut self.rest).map_err(damaged)?;
                let length = usize::try_from(length).map_err(|_| cut())?;
                let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(cut)?;
                self.rest = rest;
                Held::Text(Cow::Borrowed(std::str::from_utf8(bytes).map_err(damaged)?))
            }
            WireType::StartGroup => {
                self.open.push(field);
                Held::Message
            }
            WireType::EndGroup if self.open.pop() == Some(field) => return Ok(None),
            WireType::EndGroup | WireType::ThirtyTwoBit => return Err(no_place(field)),
        };
        Ok(Some((field, held)))
    }
}

/// The value in a field, and the field number of the value's column.
fn value<'a>(field: u32, held: Held<'a>) -> Result<(u32, Cell<'a>), Damaged> {
    Ok(match held {
        Held::Number(place) if field == NULL => {
            let field = u32::try_from(place).ok().and_then(|place| place.checked_add(FIRST_COLUMN));
            (field.ok_or_else(|| Damaged(format!("no column {place}")))?, Cell::Null)
        }
        number @ Held::Number(_) => (field, Cell::Int(number.signed()?)),
        Held::Real(number) => (field, Cell::Real(number)),
        Held::Text(text) => (field, Cell::Text(text)),
        Held::Message => return Err(no_place(field)),
    })
}

fn no_place(field: u32) -> Damaged {
    Damaged(format!("field {field} has no place here"))
}

fn cut() -> Damaged {
    Damaged("it ends within a field".to_owned())
}

fn damaged(error: impl std::fmt::Display) -> Damaged {
    Damaged(error.to_string())
}
