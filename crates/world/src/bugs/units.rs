//! Planted bugs in excerpts, cursors and dates of sync units, in staged pages, and in stored
//! values.

use super::bug::bugs;
use crate::base::{Cell, Value};
use crate::engine::{ApplyRule, Correct, Part, Place, SendRule};
use crate::protocol::WireRow;
use crate::store::{StoreError, Tx};

bugs! {
    "part-over-whole" caught by "contradiction",
    seen in "CreateOrUpdate of a local entity with the attributes that the server action returned":
        "the columns that a light sync brings replace the whole row, and the other columns are null"
        { apply: ApplyRule(()) {
            fn apply_part(
                &self,
                tx: &Tx<'_>,
                part: &Part<'_>,
                place: Place,
                row: WireRow<'_>,
            ) -> Result<(), StoreError> {
                let held = tx.row(place.id, row.key)?;
                if place.dirty || held.is_some_and(|held| held.stamp > row.stamp) {
                    return Ok(());
                }
                let came = row.values.unwrap_or_default();
                let value = |column| {
                    let at = part.of.columns.iter().position(|own| own == column);
                    at.map_or(Value::Null, |at| came[at].to_value())
                };
                let values: Vec<Value> = part.entity.projection.iter().map(value).collect();
                tx.put_values(place.id, row.key, row.stamp, tx.generation(place.id)?, &values)
            }
        } }
    "part-moves-all" caught by "stranger",
    seen in "one LastSyncOn an entity, with a splash screen that syncs its own list":
        "a unit that brings some columns of some rows moves the cursor of the units that bring all: they miss the rows that it left out"
        { flaw PartMovesAll }
    "dates-all-units" caught by "stranger",
    seen in "SyncProperties with a single row instead of one per SyncUnit":
        "any unit that completes sets the date of the last sync of all units"
        { flaw DatesAllUnits }
    "dates-what-was-cut" caught by "lost",
    seen in "a date that is written in the block that always runs":
        "an interrupted sync sets the date of the last sync, like a successful one"
        { flaw DatesWhatWasCut }
    "forgets-what-waits" caught by "lost",
    seen in "a staging table that is temporary, beside a cursor that is not":
        "rows wait for the rest of their sync in a temporary table that is lost with the process, and its cursor stays"
        { flaw ForgetsWhatWaits }
    "cuts-long-texts" caught by "bent-value",
    seen in "MySQL without strict mode: a VARCHAR keeps what fits, and returns a warning that nobody reads":
        "only the first 16 characters of a text are stored, and the response is a success"
        { mutation |entry, attempt| {
            let mut sent = Correct.mutation(entry, attempt);
            for (_, value) in &mut sent.values {
                if let Value::Text(text) = value
                    && let Some((end, _)) = text.char_indices().nth(16)
                    // Keys also have more than 16 characters, but no space. They must not be cut.
                    && text.contains(' ')
                {
                    *value = Value::text(&text[..end]);
                }
            }
            sent
        } }
    "misses-the-last-column" caught by "divergent",
    seen in "an UPDATE of changed columns, whose loop ends one too soon":
        "if a pulled version changed several columns, the last one stays as it was"
        { apply |tx, place, row| {
            let held = if place.dirty { None } else { tx.row(place.id, row.key)? };
            let (Some(values), Some(held)) = (row.values, held) else {
                return Correct.apply(tx, place, row);
            };
            let changed = |column: &usize| !held.values[*column].reads_as(values[*column].as_ref());
            let changed: Vec<usize> = (0..values.len()).filter(changed).collect();
            let mut written = values.to_vec();
            if let [_, .., last] = changed[..] {
                written[last] = super::pull::owned(&held.values[last]);
            }
            let written: Vec<Cell<'_>> = written;
            Correct.apply(tx, place, WireRow { values: Some(&written), ..row })
        } }
}
