//! Rows on the wire, read without an allocation a row.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};

use super::sink::Sink;
use crate::base::{Stamp, Value, ValueRef};

/// One value of a row, borrowed from the message where it holds no escapes.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Real(f64),
    /// A text.
    Text(Cow<'a, str>),
}

/// Rows in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows<'a> {
    cells: Vec<Cell<'a>>,
    /// For each row the end of its cells.
    ends: Vec<u32>,
}

/// One row, borrowed from its message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WireRow<'r> {
    /// The row's key.
    pub key: &'r str,
    /// The backend's stamp.
    pub stamp: Stamp,
    /// The device's columns, or those of `part`; `None` for a tombstone.
    pub values: Option<&'r [Cell<'r>]>,
    /// Set if only some columns came.
    pub part: Option<Part>,
}

/// Which columns of a row are sent to a reader that holds the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The version that the reader must hold, or else it cannot use the part.
    pub base: Stamp,
    /// A bit for each column of the device that comes, the first being the lowest; at least one, of the first 63.
    pub columns: u64,
}

impl Part {
    /// Whether the column at this place comes.
    pub fn has(self, place: usize) -> bool {
        place < 63 && self.columns >> place & 1 == 1
    }
}

impl Cell<'_> {
    /// A value as a cell, borrowed where it can be.
    pub fn of(value: &Value) -> Cell<'_> {
        match value {
            Value::Null => Cell::Null,
            Value::Int(n) => Cell::Int(*n),
            Value::Real(x) => Cell::Real(*x),
            Value::Text(t) => Cell::Text(Cow::Borrowed(t)),
            Value::Fat(fat) => Cell::Text(Cow::Owned(fat.text())),
        }
    }
    /// The value, borrowed.
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Cell::Null => ValueRef::Null,
            Cell::Int(n) => ValueRef::Int(*n),
            Cell::Real(x) => ValueRef::Real(*x),
            Cell::Text(t) => ValueRef::Text(t),
        }
    }
    /// The value, owned.
    pub fn to_value(&self) -> Value {
        self.as_ref().to_value()
    }
}

impl<'a> Rows<'a> {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
    /// The row at `index`.
    pub fn get(&self, index: usize) -> WireRow<'_> {
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        let cells = &self.cells[start..self.ends[index] as usize];
        match cells {
            [Cell::Text(key), Cell::Int(stamp), values @ ..] => {
                let values = (!values.is_empty()).then_some(values);
                WireRow { key, stamp: Stamp(*stamp), values, part: None }
            }
            [Cell::Int(columns), Cell::Int(base), Cell::Text(key), Cell::Int(stamp), values @ ..] => {
                let part = Some(Part { base: Stamp(*base), columns: *columns as u64 });
                WireRow { key, stamp: Stamp(*stamp), values: Some(values), part }
            }
            _ => unreachable!("a row is read only with a key and a stamp"),
        }
    }
    /// The rows in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = WireRow<'_>> {
        (0..self.len()).map(|index| self.get(index))
    }
}

struct RowSeed<'r, 'a>(&'r mut Rows<'a>);

impl<'de> DeserializeSeed<'de> for RowSeed<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_, 'de> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row: [key, stamp, value, …]")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let start = self.0.cells.len();
        while let Some(cell) = seq.next_element()? {
            self.0.cells.push(cell);
        }
        let row = &self.0.cells[start..];
        match row {
            [Cell::Text(_), Cell::Int(_), ..] => {}
            [Cell::Int(columns), Cell::Int(_), Cell::Text(_), Cell::Int(_), values @ ..]
                if *columns > 0 && columns.count_ones() as usize == values.len() => {}
            _ => return Err(A::Error::custom("a row starts with its key and its stamp")),
        }
        self.0.ends.push(self.0.cells.len() as u32);
        Ok(())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Rows<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Rows<'a>, D::Error> {
        struct RowsVisitor;
        impl<'de> Visitor<'de> for RowsVisitor {
            type Value = Rows<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of rows")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Rows<'de>, A::Error> {
                let mut rows = Rows::default();
                while seq.next_element_seed(RowSeed(&mut rows))?.is_some() {}
                Ok(rows)
            }
        }
        deserializer.deserialize_seq(RowsVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Cell<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cell<'a>, D::Error> {
        struct CellVisitor;
        impl<'de> Visitor<'de> for CellVisitor {
            type Value = Cell<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("null, a number or a text")
            }
            fn visit_unit<E: Error>(self) -> Result<Cell<'de>, E> {
                Ok(Cell::Null)
            }
            fn visit_i64<E: Error>(self, n: i64) -> Result<Cell<'de>, E> {
                Ok(Cell::Int(n))
            }
            fn visit_u64<E: Error>(self, n: u64) -> Result<Cell<'de>, E> {
                i64::try_from(n).map(Cell::Int).map_err(|_| E::custom("a number beyond 63 bits"))
            }
            fn visit_f64<E: Error>(self, x: f64) -> Result<Cell<'de>, E> {
                Ok(Cell::Real(x))
            }
            fn visit_borrowed_str<E: Error>(self, t: &'de str) -> Result<Cell<'de>, E> {
                Ok(Cell::Text(Cow::Borrowed(t)))
            }
            fn visit_str<E: Error>(self, t: &str) -> Result<Cell<'de>, E> {
                Ok(Cell::Text(Cow::Owned(t.to_owned())))
            }
        }
        deserializer.deserialize_any(CellVisitor)
    }
}

/// Appends a value as JSON.
pub(super) fn write_value<S: Sink>(out: &mut S, value: ValueRef<'_>) {
    let written = match value {
        ValueRef::Null => {
            out.put(b"null");
            Ok(())
        }
        ValueRef::Int(n) => serde_json::to_writer(&mut *out, &n),
        ValueRef::Real(x) => {
            assert!(x.is_finite(), "JSON has no word for {x}");
            serde_json::to_writer(&mut *out, &x)
        }
        ValueRef::Text(t) if is_plain(t) => {
            out.put(b"\"");
            out.put(t.as_bytes());
            out.put(b"\"");
            Ok(())
        }
        ValueRef::Text(t) => serde_json::to_writer(&mut *out, t),
    };
    written.expect("writing to memory does not fail");
}

/// Whether JSON takes the text as it is. Without a branch a byte this is done many bytes at once, and answers are mostly text.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| plain & (byte >= 0x20) & (byte != b'"') & (byte != b'\\'))
}

/// Appends a row as JSON.
pub(super) fn write_row<'v, S: Sink>(
    out: &mut S,
    key: &str,
    stamp: Stamp,
    values: impl Iterator<Item = &'v Value>,
) {
    out.put(b"[");
    write_value(out, ValueRef::Text(key));
    out.put(b",");
    write_value(out, ValueRef::Int(stamp.0));
    for value in values {
        out.put(b",");
        value.with_ref(|v| write_value(out, v));
    }
    out.put(b"]");
}

/// Appends as JSON those of a row's values that `part` names.
pub(super) fn write_part<'v, S: Sink>(
    out: &mut S,
    part: Part,
    key: &str,
    stamp: Stamp,
    values: impl Iterator<Item = &'v Value>,
) {
    out.put(b"[");
    write_value(out, ValueRef::Int(part.columns as i64));
    out.put(b",");
    write_value(out, ValueRef::Int(part.base.0));
    out.put(b",");
    write_value(out, ValueRef::Text(key));
    out.put(b",");
    write_value(out, ValueRef::Int(stamp.0));
    for (_, value) in values.enumerate().filter(|(place, _)| part.has(*place)) {
        out.put(b",");
        value.with_ref(|v| write_value(out, v));
    }
    out.put(b"]");
}

/// Values as they stand in a row behind its stamp, to be kept and sent again: `,value,value,…`.
pub fn encode_cells<'v>(values: impl Iterator<Item = &'v Value>) -> Vec<u8> {
    let mut out = Vec::new();
    for value in values {
        out.put(b",");
        value.with_ref(|v| write_value(&mut out, v));
    }
    out
}

/// Appends a row whose values are encoded.
pub(super) fn write_encoded_row<S: Sink>(out: &mut S, key: &str, stamp: Stamp, cells: &[u8]) {
    out.put(b"[");
    write_value(out, ValueRef::Text(key));
    out.put(b",");
    write_value(out, ValueRef::Int(stamp.0));
    out.put(cells);
    out.put(b"]");
}

/// Reads one row into its owned form.
pub(super) fn owned_row(rows: &Rows<'_>) -> Option<crate::contract::Row> {
    (!rows.is_empty()).then(|| {
        let row = rows.get(0);
        crate::contract::Row {
            key: crate::base::Key::new(row.key),
            stamp: row.stamp,
            values: row.values.map(|cells| cells.iter().map(Cell::to_value).collect()),
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encoded_cells_make_the_row_that_they_were_of() {
        for values in [vec![], vec![Value::text("a,\"b\""), Value::Null, Value::Int(-3), Value::Real(0.5)]] {
            let cells = encode_cells(values.iter());
            let (mut encoded, mut written) = (Vec::new(), Vec::new());
            write_encoded_row(&mut encoded, "k", Stamp(7), &cells);
            write_row(&mut written, "k", Stamp(7), values.iter());
            assert_eq!(encoded, written);
        }
    }

    proptest! {
        #[test]
        fn a_text_is_written_as_json_asks_for(text in r#"[ -~\x00-\x1f"\\é\u{2028}𝄞]{0,40}"#) {
            let mut out = Vec::new();
            write_value(&mut out, ValueRef::Text(&text));
            prop_assert_eq!(out, serde_json::to_vec(&text).unwrap());
        }
    }
}
