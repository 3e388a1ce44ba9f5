//! Answers of the gateway, as they are read.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

use super::damaged::Damaged;
use super::message::Asked;
use crate::base::{Cell, EntityId, Key, Stamp, Undone, Value};
use crate::contract::{Outcome, Row};

/// An answer, borrowed from the bytes that came.
#[derive(Debug, Default)]
pub struct Answer<'a> {
    /// Which request it answers.
    pub asked: Asked,
    /// Pages of a pull or fetch, in the order in which they were asked for; entities whose turn did
    /// not come are missing.
    pub pages: Vec<Page<'a>>,
    /// Results of a push, one for each mutation, in order.
    pub results: Vec<PushResult<'a>>,
}

/// Rows of one entity.
#[derive(Debug, Deserialize)]
pub struct Page<'a> {
    /// The entity.
    #[serde(rename = "e")]
    pub entity: EntityId,
    /// The rows.
    #[serde(borrow)]
    pub rows: Rows<'a>,
    /// Where this page ended.
    #[serde(borrow)]
    pub cursor: Cow<'a, str>,
    /// There may be more behind it.
    pub more: bool,
    /// Where versions lie of histories that the backend had left by then, the last one last.
    #[serde(default, deserialize_with = "stretches")]
    pub undone: Vec<Undone>,
    /// From which stamp on there may be versions that it does not show, if it is behind.
    pub unseen: Option<Stamp>,
    /// Keys of rows that are there and of which neither this page tells nor those of its load
    /// before it: who holds one keeps it.
    #[serde(default, borrow)]
    pub withheld: Vec<Cow<'a, str>>,
    /// A block of keys for new rows: the number of its first, and how many.
    pub ids: Option<(u64, u32)>,
}

fn stretches<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Undone>, D::Error> {
    let ends = Vec::<(Stamp, Stamp)>::deserialize(deserializer)?;
    Ok(ends.into_iter().map(|(from, until)| Undone { from, until }).collect())
}

/// What became of one mutation.
#[derive(Debug)]
pub struct PushResult<'a> {
    /// The mutation's idempotency key.
    pub id: Cow<'a, str>,
    /// The verdict.
    pub outcome: Outcome,
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
    /// A bit for each column of the device that comes, the first being the lowest; at least one, of
    /// the first 63.
    pub columns: u64,
}

impl Part {
    /// Whether the column at this place comes.
    pub fn has(self, place: usize) -> bool {
        place < 63 && self.columns >> place & 1 == 1
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
    /// Adds a row that was read before and kept.
    pub fn push(&mut self, key: String, stamp: Stamp, part: Option<Part>, values: Vec<Cell<'a>>) {
        if let Some(Part { base, columns }) = part {
            self.cells.extend([Cell::Int(columns.cast_signed()), Cell::Int(base.0)]);
        }
        self.cells.extend([Cell::Text(Cow::Owned(key)), Cell::Int(stamp.0)]);
        self.cells.extend(values);
        self.ends.push(self.cells.len() as u32);
    }
    /// Calls `f` with each value and its place among the device's columns; it may put another
    /// there.
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
            // The cells come first: behind the last of a part there is no other place.
            row[head..].iter_mut().zip((0..).filter(has)).for_each(|(cell, place)| f(place, cell));
            start = end;
        }
    }
    pub(super) fn add(&mut self, cell: Cell<'a>) {
        self.cells.push(cell);
    }
    /// Ends the row that is being read: its key and its stamp, then its values; before them of a
    /// part its columns and the version that it is one of.
    ///
    /// # Errors
    /// [`Damaged`] if what was added is no row.
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
    /// Its one row, owned; `None` if it has none.
    pub(super) fn owned(&self) -> Option<Row> {
        (!self.is_empty()).then(|| {
            let row = self.get(0);
            let values = row.values.map(|cells| cells.iter().map(Cell::to_value).collect());
            Row { key: Key::new(row.key), stamp: row.stamp, values }
        })
    }
}

/// A row's values as the gateway has them, and which of them devices hold.
#[derive(Clone, Copy, Debug)]
pub struct Projected<'v> {
    /// In the order of the backend's columns.
    pub values: &'v [Value],
    /// Positions in them, in the order of the device's columns.
    pub columns: &'v [usize],
}

impl<'v> Projected<'v> {
    /// The values in the order of the device's columns.
    pub fn iter(self) -> impl Iterator<Item = &'v Value> {
        self.columns.iter().map(move |&column| &self.values[column])
    }
}
