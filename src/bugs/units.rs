//! Bugs in what units have of their own: a part of an entity, a cursor, a date.

use super::bug::{Bug, bug};
use crate::base::Value;
use crate::engine::{ApplyRule, CursorRule, Part, Place};
use crate::protocol::WireRow;
use crate::store::{StoreError, Tx};

/// Those that this file plants.
pub(super) const BUGS: &[Bug] = &[
    bug!(
        "part-over-whole" caught by "contradiction",
        "what a light sync brings of a row is written over the whole of it, and what it did not bring is null",
        "CreateOrUpdate of a local entity with the attributes that the server action returned",
        apply: ApplyRule(()) {
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
        }
    ),
    bug!(
        "part-moves-all" caught by "stranger",
        "a unit that brings some columns of some rows moves the cursor of those that bring all: they pass over what it left out",
        "one LastSyncOn an entity, with a splash screen that syncs its own list",
        cursor: CursorRule::is_own_of_a_part() -> bool { false }
    ),
    bug!(
        "dates-all-units" caught by "stranger",
        "whichever unit completes sets the date of the last sync of all units",
        "SyncProperties with one row in place of one a SyncUnit",
        cursor: CursorRule::dates_all() -> bool { true }
    ),
];
