//! Planted bugs that are visible only between syncs, and planted bugs in the engine's reports.

use std::cell::RefCell;

use super::bug::bugs;
use crate::base::{Cell, EntityId, Stamp, Value};
use crate::engine::{Applied, ApplyRule, Correct, Place};
use crate::protocol::WireRow;
use crate::store::{StoreError, Tx};

/// A pulled row whose write is delayed until the next row arrives.
#[derive(Clone, Debug)]
struct Late {
    entity: EntityId,
    key: String,
    stamp: Stamp,
    generation: u32,
    values: Option<Vec<Value>>,
}

bugs! {
    "writes-one-row-behind" caught by "flicker",
    seen in "a batch that is flushed only when it is full":
        "a newer version of a row is written with the next row that comes: until then the older version is shown"
        { apply: ApplyRule(RefCell<Option<Late>>) {
            fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
                behind(&self.0, tx, place, row, Applied::Put)
            }
        } }
    "takes-away-before-it-writes" caught by "flicker",
    seen in "an update that is a delete and an insert in two transactions":
        "a row is removed when its newer version comes, and that version is written with the next row"
        { apply: ApplyRule(RefCell<Option<Late>>) {
            fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
                let done = behind(&self.0, tx, place, row, Applied::Put)?;
                if self.0.borrow().is_some() {
                    tx.remove(place.id, row.key)?;
                }
                Ok(done)
            }
        } }
    "removes-one-row-behind" caught by "flicker",
    seen in "a list that is notified of a removal and reads its rows again":
        "a deleted row is still shown until the next row comes"
        { apply: ApplyRule(RefCell<Option<Late>>) {
            fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
                behind(&self.0, tx, place, row, Applied::Removed)
            }
        } }
    "acknowledges-without-a-stamp" caught by "empty-report",
    seen in "an adapter that has no stamp at hand and fills in a zero":
        "an acknowledgement is reported without a stamp"
        { flaw AcknowledgesWithoutAStamp }
    "names-no-rows" caught by "empty-report", seen in "a listener that is called with a count":
        "the engine reports that rows of a page came, and not which"
        { flaw NamesNoRows }
    "stamps-rows-with-nothing" caught by "empty-report",
    seen in "a column of stamps that an upsert does not write":
        "rows are written without a stamp"
        { apply |tx, place, row| {
            let done = Correct.apply(tx, place, row)?;
            if done == Applied::Put {
                tx.restamp(place.id, row.key, Stamp(0))?;
            }
            Ok(done)
        } }
}

impl Late {
    fn of(place: Place, row: WireRow<'_>) -> Late {
        let values = row.values.map(|values| values.iter().map(Cell::to_value).collect());
        let (key, stamp) = (row.key.to_owned(), row.stamp);
        Late { entity: place.id, key, stamp, generation: place.generation, values }
    }
}

/// Writes the delayed row in `late`, then applies `row`. If `row` has the effect `delayed` on an
/// existing row, it is delayed instead.
fn behind(
    late: &RefCell<Option<Late>>,
    tx: &Tx<'_>,
    place: Place,
    row: WireRow<'_>,
    delayed: Applied,
) -> Result<Applied, StoreError> {
    match late.take() {
        Some(Late { entity, key, stamp, generation, values: Some(values) }) => {
            tx.put_values(entity, &key, stamp, generation, &values)?;
        }
        Some(Late { entity, key, .. }) => _ = tx.remove(entity, &key)?,
        None => {}
    }
    let removes = delayed == Applied::Removed;
    if place.dirty || row.values.is_none() != removes || tx.row(place.id, row.key)?.is_none() {
        return Correct.apply(tx, place, row);
    }
    *late.borrow_mut() = Some(Late::of(place, row));
    Ok(delayed)
}
