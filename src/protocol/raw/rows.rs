//! Rows as lists of values, or as objects, read without an allocation a row.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::super::answer::Rows;

/// How far a row that is an object was read: its names come in one order.
#[derive(Clone, Copy)]
enum ReadUpTo {
    Begin,
    Columns,
    Base,
    Key,
    Stamp,
    Column(usize),
}

impl ReadUpTo {
    /// What comes with this name; `None` if that has no place here.
    fn next(self, name: &str) -> Option<ReadUpTo> {
        match (self, name) {
            (ReadUpTo::Begin, "columns") => Some(ReadUpTo::Columns),
            (ReadUpTo::Columns, "base") => Some(ReadUpTo::Base),
            (ReadUpTo::Begin | ReadUpTo::Base, "key") => Some(ReadUpTo::Key),
            (ReadUpTo::Key, "stamp") => Some(ReadUpTo::Stamp),
            (ReadUpTo::Stamp | ReadUpTo::Column(_), _) => {
                let number: usize = name.strip_prefix("column")?.parse().ok()?;
                let before = if let ReadUpTo::Column(before) = self { before } else { 0 };
                (number > before).then_some(ReadUpTo::Column(number))
            }
            _ => None,
        }
    }
}

struct RowSeed<'r, 'a>(&'r mut Rows<'a>);

impl<'de> DeserializeSeed<'de> for RowSeed<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_, 'de> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row: [key, stamp, value, …] or {\"key\": …, \"stamp\": …, \"column1\": …}")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(cell) = seq.next_element()? {
            self.0.add(cell);
        }
        self.0.end_row().map_err(|damaged| A::Error::custom(damaged.0))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut place = ReadUpTo::Begin;
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            place = place.next(&name).ok_or_else(|| A::Error::custom(format!("{name} is out of place")))?;
            self.0.add(map.next_value()?);
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
