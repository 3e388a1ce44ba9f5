//! Responses of the gateway, as a client reads them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::damaged::Damaged;
use super::message::Asked;
use crate::base::{Cell, EntityId, Key, Stamp, Undone, Value};
use crate::contract::{Outcome, Row};

/// A response with pages, verdicts, or both.
#[derive(Debug, Default)]
pub struct Answer<'a> {
    pub asked: Asked,
    /// Pages in the order of the request; pages that did not fit are missing.
    pub pages: Vec<Page<'a>>,
    pub results: Vec<PushResult<'a>>,
}

/// A page of rows of one entity.
#[derive(Debug, Default, Deserialize)]
pub struct Page<'a> {
    #[serde(rename = "e")]
    pub entity: EntityId,
    #[serde(borrow)]
    pub rows: Rows<'a>,
    /// The cursor at the end of this page.
    #[serde(borrow)]
    pub cursor: Cow<'a, str>,
    pub more: bool,
    /// Stamp ranges of versions that the backend lost when it was restored from a backup. The
    /// latest range is last.
    #[serde(default, deserialize_with = "stretches")]
    pub undone: Vec<Undone>,
    /// The page may lack versions with this stamp or a later one. `None` if no version is missing.
    pub unseen: Option<Stamp>,
    /// Keys of rows that exist but are on no page of the load. A client keeps such a row if it has
    /// it.
    #[serde(default, borrow)]
    pub withheld: Vec<Cow<'a, str>>,
    /// A block of keys for new rows: the number of the first key, and the count of keys.
    pub ids: Option<(u64, u32)>,
}

fn stretches<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Undone>, D::Error> {
    let ends = Vec::<(Stamp, Stamp)>::deserialize(deserializer)?;
    Ok(ends.into_iter().map(|(from, until)| Undone { from, until }).collect())
}

/// The verdict on a pushed mutation (an edit). `id` is the mutation's idempotency key.
#[derive(Debug)]
pub struct PushResult<'a> {
    pub id: Cow<'a, str>,
    pub outcome: Outcome,
}

/// Rows of a page in one flat list of cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows<'a> {
    cells: Vec<Cell<'a>>,
    /// For each row, the end of its cells.
    ends: Vec<u32>,
}

/// A row in a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WireRow<'r> {
    pub key: &'r str,
    pub stamp: Stamp,
    /// Values of the device's columns, or of the columns in `part`. `None` for a tombstone (a
    /// deletion).
    pub values: Option<&'r [Cell<'r>]>,
    /// The columns of a partial row; `None` for a full row.
    pub part: Option<Part>,
}

/// The columns of a partial row. The reader has the others already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The version that the reader must have to use the partial row.
    pub base: Stamp,
    /// A bit per sent column, for the first 63 columns, lowest bit first; at least one bit is set.
    pub columns: u64,
}

impl Part {
    /// True if the row has the column at this position of the device's columns.
    pub fn has(self, place: usize) -> bool {
        place < 63 && self.columns >> place & 1 == 1
    }
}

impl<'a> Rows<'a> {
    pub fn len(&self) -> usize {
        self.ends.len()
    }
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
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
    pub fn iter(&self) -> impl ExactSizeIterator<Item = WireRow<'_>> {
        (0..self.len()).map(|index| self.get(index))
    }
    pub fn push(&mut self, key: String, stamp: Stamp, part: Option<Part>, values: Vec<Cell<'a>>) {
        if let Some(Part { base, columns }) = part {
            self.cells.extend([Cell::Int(columns.cast_signed()), Cell::Int(base.0)]);
        }
        self.cells.extend([Cell::Text(Cow::Owned(key)), Cell::Int(stamp.0)]);
        self.cells.extend(values);
        self.ends.push(self.cells.len() as u32);
    }
    /// Calls `f` with each value and its column's position. `f` may replace the value.
    pub fn each_value(&mut self, mut f: impl FnMut(usize, &mut Cell<'a>)) {
        let mut start = 0;
        for end in self.ends.iter().map(|end| *end as usize) {
            let row = &mut self.cells[start..end];
            let (columns, head) = match row {
                [Cell::Int(columns), ..] => (*columns as u64, 4),
                _ => (u64::MAX, 2),
            };
            let is_part = head == 4;
            let has = |place: &usize| !is_part || *place < 64 && columns >> *place & 1 == 1;
            // The cells come first in this `zip`: after the last cell of a partial row, `filter`
            // would search forever for another position.
            row[head..].iter_mut().zip((0..).filter(has)).for_each(|(cell, place)| f(place, cell));
            start = end;
        }
    }
    pub(super) fn add(&mut self, cell: Cell<'a>) {
        self.cells.push(cell);
    }
    /// Checks and ends a row that was read: key, stamp, then values. A partial row has its columns
    /// and its base version before the key.
    pub(super) fn end_row(&mut self) -> Result<(), Damaged> {
        let start = self.ends.last().map_or(0, |end| *end as usize);
        match &self.cells[start..] {
            [Cell::Text(_), Cell::Int(_), ..] => {}
            [Cell::Int(columns), Cell::Int(_), Cell::Text(_), Cell::Int(_), values @ ..]
                if *columns > 0 && columns.count_ones() as usize == values.len() => {}
            _ => return Err(Damaged("a row starts with its key and its stamp".to_owned())),
        }
        self.ends.push(self.cells.len() as u32);
        Ok(())
    }
    pub(super) fn owned(&self) -> Option<Row> {
        (!self.is_empty()).then(|| {
            let row = self.get(0);
            let values = row.values.map(|cells| cells.iter().map(Cell::to_value).collect());
            Row { key: Key::new(row.key), stamp: row.stamp, values }
        })
    }
}

/// A row's values at the gateway, with the columns that devices have.
#[derive(Clone, Copy, Debug)]
pub struct Projected<'v> {
    /// The backend's values of a row.
    pub values: &'v [Value],
    /// The positions of the columns that are sent.
    pub columns: &'v [usize],
}

impl<'v> Projected<'v> {
    /// The values that are sent, in order.
    pub fn iter(self) -> impl Iterator<Item = &'v Value> {
        self.columns.iter().map(move |&column| &self.values[column])
    }
}

/// The position of a name in a row object. The names have a fixed order.
fn place_of(name: &str) -> Option<usize> {
    match ["columns", "base", "key", "stamp"].iter().position(|known| *known == name) {
        Some(place) => Some(place + 1),
        None => name.strip_prefix("column")?.parse().ok().map(|number: usize| number.saturating_add(4)),
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
        let mut before = 0;
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let follows = |place: &usize| match before {
                0 => [1, 3].contains(place),
                1..4 => *place == before + 1,
                _ => *place > before,
            };
            before = place_of(&name)
                .filter(follows)
                .ok_or_else(|| A::Error::custom(format!("{name} is out of place")))?;
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
