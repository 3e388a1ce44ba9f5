//! Rows as JSON, read without an allocation a row.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};

use super::super::answer::{Part, Rows};
use crate::base::json::{Sink, write_value};
use crate::base::{Stamp, Value, ValueRef};

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
        while let Some(cell) = seq.next_element()? {
            self.0.add(cell);
        }
        self.0.end_row().map_err(|damaged| A::Error::custom(damaged.0))
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

/// Appends a row whose values a database kept.
pub(super) fn write_kept_row<S: Sink>(out: &mut S, key: &str, stamp: Stamp, cells: &[u8]) {
    out.put(b"[");
    write_value(out, ValueRef::Text(key));
    out.put(b",");
    write_value(out, ValueRef::Int(stamp.0));
    out.put(cells);
    out.put(b"]");
}
