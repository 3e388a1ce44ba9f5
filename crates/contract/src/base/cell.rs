//! A value that is converted between JSON text and a row.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

use super::value::{Value, ValueRef};

/// One value of a row. It borrows from the source text, unless escapes must be decoded.
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

impl Cell<'_> {
    /// A value as a cell, borrowed if possible.
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
    /// The same cell with an owned text.
    pub fn into_owned(self) -> Cell<'static> {
        match self {
            Cell::Null => Cell::Null,
            Cell::Int(n) => Cell::Int(n),
            Cell::Real(x) => Cell::Real(x),
            Cell::Text(t) => Cell::Text(Cow::Owned(t.into_owned())),
        }
    }
    /// The value, owned.
    pub fn to_value(&self) -> Value {
        self.as_ref().to_value()
    }
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Null => serializer.serialize_none(),
            Cell::Int(n) => serializer.serialize_i64(*n),
            Cell::Real(x) => serializer.serialize_f64(*x),
            Cell::Text(t) => serializer.serialize_str(t),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Cell::of(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        Cell::deserialize(deserializer).map(|cell| cell.to_value())
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
            fn visit_none<E: Error>(self) -> Result<Cell<'de>, E> {
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
