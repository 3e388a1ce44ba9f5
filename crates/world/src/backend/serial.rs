//! Rows as texts, in the styles of different serialisers. Styles differ in column order, in the
//! placeholder for null, and in the format of fractions and timestamps.
//!
//! A text is written unchanged, but a text that starts with a backslash gets a second one in front.
//! Null is a backslash and another character, so it differs from the empty text. A backslash also
//! begins a value that does not fit its timestamp or number column.

use crate::base::{Decimal, Key, Stamp, Value, ValueRef};
use crate::contract::{ColumnKind, Entity};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style(u8);

const STYLES: u64 = 3;
/// The names of the two extra columns: the key and the version. No other column name starts with
/// `#`.
const KEY: &str = "#key";
const STAMP: &str = "#version";

impl Style {
    pub(crate) fn of(occasion: u64) -> Style {
        Style((occasion % STYLES) as u8)
    }

    fn order(self, entity: &Entity) -> impl Iterator<Item = usize> {
        let count = entity.columns.len();
        (0..count).map(move |place| match self.0 {
            0 => place,
            1 => count - 1 - place,
            _ => (place + 1) % count,
        })
    }

    /// The names of all columns: the key, the version that an edit names as its base, and the
    /// entity's own columns.
    pub(crate) fn heads(self, entity: &Entity) -> Vec<String> {
        let own = self.order(entity).map(|column| entity.columns[column].name.as_str());
        [KEY, STAMP].into_iter().chain(own).map(str::to_owned).collect()
    }

    pub(crate) fn cells(self, entity: &Entity, key: &Key, stamp: Stamp, values: &[Value]) -> Vec<String> {
        let own = self.order(entity).map(|column| self.cell(&entity.columns[column].kind, &values[column]));
        [key.as_str().to_owned(), stamp.0.to_string()].into_iter().chain(own).collect()
    }

    fn cell(self, kind: &ColumnKind, value: &Value) -> String {
        value.with_ref(|value| match (kind, value) {
            (_, ValueRef::Null) => if self.0 == 1 { "\\null" } else { "\\N" }.to_owned(),
            (ColumnKind::Decimal { .. }, ValueRef::Text(text)) if is_own(kind, text) => self.decimal(text),
            (ColumnKind::Date | ColumnKind::Blob, ValueRef::Text(text)) if is_own(kind, text) => {
                text.to_owned()
            }
            (ColumnKind::Text | ColumnKind::Ref(_), ValueRef::Text(text)) => match text.strip_prefix('\\') {
                Some(_) => format!("\\{text}"),
                None => text.to_owned(),
            },
            (ColumnKind::Real, ValueRef::Real(x)) => self.real(x),
            (ColumnKind::Timestamp, ValueRef::Int(micros)) => self.timestamp(micros),
            (ColumnKind::Bool, ValueRef::Int(n @ (0 | 1))) if self.0 == 1 => (n == 1).to_string(),
            (ColumnKind::Int | ColumnKind::Bool, ValueRef::Int(n)) => n.to_string(),
            (_, ValueRef::Int(n)) => format!("\\i{n}"),
            (_, ValueRef::Real(x)) => format!("\\r{x}"),
            (_, ValueRef::Text(text)) => format!("\\t{text}"),
        })
    }

    fn decimal(self, text: &str) -> String {
        match (self.0, Decimal::read(text)) {
            (1, Some(number)) => number.shortest().to_string(),
            (2, Some(_)) if !text.contains('.') => format!("{text}.0"),
            _ => text.to_owned(),
        }
    }

    fn real(self, x: f64) -> String {
        match self.0 {
            0 => x.to_string(),
            1 => format!("{x:e}"),
            _ if x.fract() == 0.0 => format!("{x}.00"),
            _ => format!("{x}0"),
        }
    }

    fn timestamp(self, micros: i64) -> String {
        match (self.0, jiff::Timestamp::from_microsecond(micros)) {
            (1, Ok(at)) => at.to_string(),
            (2, Ok(at)) => at.display_with_offset(jiff::tz::Offset::constant(1)).to_string(),
            _ => micros.to_string(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Reader<'e> {
    entity: &'e Entity,
    places: Vec<usize>,
}

impl<'e> Reader<'e> {
    /// Makes a reader of rows with these column names; `None` if they do not belong to `entity`.
    pub(crate) fn new<'h>(
        entity: &'e Entity,
        heads: impl Iterator<Item = &'h str> + Clone,
    ) -> Option<Reader<'e>> {
        let own = heads.clone().skip(2);
        let place = |name: &str| Some(own.clone().position(|head| head == name)? + 2);
        let places = entity.columns.iter().map(|column| place(&column.name)).collect::<Option<Vec<_>>>()?;
        heads.take(2).eq([KEY, STAMP]).then_some(Reader { entity, places })
    }

    pub(crate) fn row(&self, cells: &[&str]) -> Option<(Key, Stamp, Vec<Value>)> {
        if cells.len() != self.places.len() + 2 {
            return None;
        }
        let columns = self.entity.columns.iter().zip(&self.places);
        let values =
            columns.map(|(column, &place)| read(&column.kind, cells[place])).collect::<Option<_>>()?;
        Some((Key::new(cells[0]), Stamp(cells[1].parse().ok()?), values))
    }
}

fn is_own(kind: &ColumnKind, text: &str) -> bool {
    kind.canonical(text).as_deref() == Some(text)
}

fn read(kind: &ColumnKind, cell: &str) -> Option<Value> {
    if let Some(marked) = cell.strip_prefix('\\') {
        let (mark, rest) = marked.split_at_checked(1)?;
        return match mark {
            _ if marked == "N" || marked == "null" => Some(Value::Null),
            "\\" => Some(Value::text(marked)),
            "i" => Some(Value::Int(rest.parse().ok()?)),
            "r" => Some(Value::Real(rest.parse().ok()?)),
            "t" => Some(Value::text(rest)),
            _ => None,
        };
    }
    let whole = || cell.parse().ok();
    match kind {
        ColumnKind::Text | ColumnKind::Ref(_) => Some(Value::text(cell)),
        ColumnKind::Date | ColumnKind::Decimal { .. } | ColumnKind::Blob => {
            kind.canonical(cell).map(|text| Value::text(&text))
        }
        ColumnKind::Int => whole().map(Value::Int),
        ColumnKind::Real => cell.parse().ok().map(Value::Real),
        ColumnKind::Bool => match cell {
            "true" => Some(Value::Int(1)),
            "false" => Some(Value::Int(0)),
            _ => whole().map(Value::Int),
        },
        ColumnKind::Timestamp => {
            let dated = || Some(cell.parse::<jiff::Timestamp>().ok()?.as_microsecond());
            whole().or_else(dated).map(Value::Int)
        }
    }
}
