//! Fields.

use std::borrow::Cow;

use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};

use super::super::damaged::Damaged;
use crate::base::json::Sink;
use crate::base::{Cell, Stamp, ValueRef};

/// All of a message, by what it is.
pub(super) const REQUEST: u32 = 1;
pub(super) const ANSWER: u32 = 2;
pub(super) const ERROR: u32 = 3;
/// Of a list of values: the place of a column that holds nothing.
const NULL: u32 = 5;
/// The field of the first column; what is before has a meaning of its own in a row.
const FIRST_COLUMN: u32 = 6;

/// Appends what `encode` writes, ten bytes at most.
fn put<S: Sink>(out: &mut S, encode: impl FnOnce(&mut &mut [u8])) {
    let mut bytes = [0; 10];
    let mut rest = &mut bytes[..];
    encode(&mut rest);
    let written = 10 - rest.len();
    out.put(&bytes[..written]);
}

fn put_key<S: Sink>(out: &mut S, field: u32, wire: WireType) {
    put(out, |rest| encode_key(field, wire, rest));
}

pub(super) fn put_number<S: Sink>(out: &mut S, field: u32, number: u64) {
    put_key(out, field, WireType::Varint);
    put(out, |rest| encode_varint(number, rest));
}

/// Appends a number that need not be said if it is 0.
pub(super) fn put_some<S: Sink>(out: &mut S, field: u32, number: impl Into<u64>) {
    let number = number.into();
    if number != 0 {
        put_number(out, field, number);
    }
}

/// Appends a number that may be below 0, as an `sint64`.
pub(super) fn put_signed<S: Sink>(out: &mut S, field: u32, number: i64) {
    put_number(out, field, (number << 1 ^ number >> 63).cast_unsigned());
}

/// The same for one that may be missing.
pub(super) fn put_stamp<S: Sink>(out: &mut S, field: u32, stamp: Option<Stamp>) {
    if let Some(Stamp(stamp)) = stamp {
        put_signed(out, field, stamp);
    }
}

pub(super) fn put_text<S: Sink>(out: &mut S, field: u32, text: &str) {
    put_key(out, field, WireType::LengthDelimited);
    put(out, |rest| encode_varint(text.len() as u64, rest));
    out.put(text.as_bytes());
}

pub(super) fn put_value<S: Sink>(out: &mut S, place: usize, value: ValueRef<'_>) {
    let field = FIRST_COLUMN + place as u32;
    match value {
        ValueRef::Null => put_number(out, NULL, place as u64),
        ValueRef::Int(number) => put_signed(out, field, number),
        ValueRef::Real(number) => {
            put_key(out, field, WireType::SixtyFourBit);
            out.put(&number.to_le_bytes());
        }
        ValueRef::Text(text) => put_text(out, field, text),
    }
}

pub(super) fn begin<S: Sink>(out: &mut S, field: u32) {
    put_key(out, field, WireType::StartGroup);
}

pub(super) fn end<S: Sink>(out: &mut S, field: u32) {
    put_key(out, field, WireType::EndGroup);
}

#[derive(Debug)]
pub(super) enum Held<'a> {
    Number(u64),
    Real(f64),
    Text(&'a str),
    Message,
}

pub(super) struct Fields<'a> {
    rest: &'a [u8],
    /// The messages that are begun, the innermost last.
    open: Vec<u32>,
}

impl<'a> Fields<'a> {
    /// Of the one message that is in these bytes, whatever it is.
    pub(super) fn of(bytes: &'a [u8]) -> Result<(Fields<'a>, u32), Damaged> {
        let mut fields = Fields { rest: bytes, open: Vec::new() };
        match fields.next()? {
            Some((field, Held::Message)) => Ok((fields, field)),
            _ => Err(Damaged("no message".to_owned())),
        }
    }

    /// The next field; `None` where the message ends that is being read.
    pub(super) fn next(&mut self) -> Result<Option<(u32, Held<'a>)>, Damaged> {
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
                Held::Text(std::str::from_utf8(bytes).map_err(damaged)?)
            }
            WireType::StartGroup => {
                self.open.push(field);
                Held::Message
            }
            WireType::EndGroup if self.open.pop() == Some(field) => return Ok(None),
            WireType::EndGroup | WireType::ThirtyTwoBit => {
                return Err(Damaged(format!("field {field} has no place here")));
            }
        };
        Ok(Some((field, held)))
    }

    pub(super) fn end(self) -> Result<(), Damaged> {
        if self.rest.is_empty() { Ok(()) } else { Err(Damaged("bytes after its end".to_owned())) }
    }
}

/// The value that a field holds, and the field that it is of.
pub(super) fn value<'a>(field: u32, held: Held<'a>) -> Result<(u32, Cell<'a>), Damaged> {
    Ok(match held {
        Held::Number(place) if field == NULL => {
            let field = small::<u32>(place)?.checked_add(FIRST_COLUMN);
            (field.ok_or_else(|| Damaged(format!("no column {place}")))?, Cell::Null)
        }
        Held::Number(number) => (field, Cell::Int(signed(number))),
        Held::Real(number) => (field, Cell::Real(number)),
        Held::Text(text) => (field, Cell::Text(Cow::Borrowed(text))),
        Held::Message => return Err(unexpected(field)),
    })
}

/// The same of a column, by its place.
pub(super) fn column<'a>(field: u32, held: Held<'a>) -> Result<(usize, Cell<'a>), Damaged> {
    let (field, cell) = value(field, held)?;
    Ok((field.checked_sub(FIRST_COLUMN).ok_or_else(|| unexpected(field))? as usize, cell))
}

pub(super) fn signed(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

pub(super) fn small<T: TryFrom<u64>>(number: u64) -> Result<T, Damaged> {
    T::try_from(number).map_err(|_| Damaged(format!("{number} is beyond what may stand there")))
}

pub(super) fn unexpected(field: u32) -> Damaged {
    Damaged(format!("field {field} is unexpected"))
}

fn cut() -> Damaged {
    Damaged("it ends within a field".to_owned())
}

fn damaged(error: impl std::fmt::Display) -> Damaged {
    Damaged(error.to_string())
}
