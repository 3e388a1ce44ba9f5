//! Partial rows: a page has only some of their columns. A partial row names its base version, which
//! has the other columns. The device uses the partial row only if it has the base version without
//! local edits. Otherwise it does not use the page and does not save the cursor. The next request
//! then returns the full row.

use std::collections::BTreeMap;

use crate::base::{Cell, Value};
use crate::engine::apply::chunks::Segment;
use crate::engine::apply::page_changes::Dirty;
use crate::protocol::{Page, WireRow};
use crate::store::{Stored, StoredRow, Tx};

#[derive(Debug, Default)]
pub(crate) struct Completed(BTreeMap<(usize, usize), Vec<Value>>);

impl Completed {
    pub(crate) fn of(
        tx: &Tx<'_>,
        pages: &[Page<'_>],
        segments: &[Segment],
        dirty: &Dirty,
    ) -> Stored<Option<Completed>> {
        let mut completed = Completed::default();
        for segment in segments {
            let page = &pages[segment.page];
            for index in segment.from..segment.until {
                let row = page.rows.get(index);
                let Some(part) = row.part else { continue };
                let fits = |held: &StoredRow| held.stamp == part.base && !dirty.has(page.entity, row.key);
                let held = tx.row(page.entity, row.key)?.filter(fits);
                let values = held.and_then(|held| merged(held.values, row));
                let Some(values) = values else { return Ok(None) };
                completed.0.insert((segment.page, index), values);
            }
        }
        Ok(Some(completed))
    }

    pub(crate) fn with<R>(
        &self,
        place: (usize, usize),
        row: WireRow<'_>,
        f: impl FnOnce(WireRow<'_>) -> R,
    ) -> R {
        match self.0.get(&place) {
            None => f(row),
            Some(values) => {
                let cells: Vec<Cell<'_>> = values.iter().map(Cell::of).collect();
                f(WireRow { values: Some(&cells), part: None, ..row })
            }
        }
    }
}

/// The local values, with the pulled columns replaced. `None` if the device lacks one of these
/// columns.
fn merged(mut held: Vec<Value>, row: WireRow<'_>) -> Option<Vec<Value>> {
    let (part, cells) = (row.part?, row.values?);
    let places = (0..held.len()).filter(|&place| part.has(place));
    if places.clone().count() != cells.len() {
        return None;
    }
    for (place, cell) in places.zip(cells) {
        held[place] = cell.to_value();
    }
    Some(held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Stamp;
    use crate::protocol::Part;

    fn merge(columns: u64, cells: &[Cell<'_>]) -> Option<Vec<Value>> {
        let part = Some(Part { base: Stamp(1), columns });
        let held = vec![Value::Int(1), Value::Null, Value::Int(3)];
        merged(held, WireRow { key: "k", stamp: Stamp(2), values: Some(cells), part })
    }

    #[test]
    fn columns_that_came_replace_those_that_are_held() {
        let cells = [Cell::Int(7), Cell::Null];
        assert_eq!(merge(0b101, &cells), Some(vec![Value::Int(7), Value::Null, Value::Null]));
        assert_eq!(merge(0b1001, &cells), None, "the device has no fourth column");
    }
}
