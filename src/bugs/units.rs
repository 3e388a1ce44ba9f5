//! Bugs in what units have of their own: a part of an entity, a cursor, a date.

use std::rc::Rc;

use super::bug::{Breaks, Bug};
use crate::base::Value;
use crate::engine::{ApplyRule, CursorRule, Part, Place, Rules};
use crate::protocol::WireRow;
use crate::store::{StoreError, Tx};

pub(super) const PART_OVER_WHOLE: Bug = Bug {
    id: "part-over-whole",
    check: "contradiction",
    mechanism: "what a light sync brings of a row is written over the whole of it, and what it did not bring is null",
    seen_in: "CreateOrUpdate of a local entity with the attributes that the server action returned",
    breaks: Breaks::Rule(|rules| Rules { apply: part_over_whole(), ..rules }),
};

pub(super) const PART_MOVES_ALL: Bug = Bug {
    id: "part-moves-all",
    check: "stranger",
    mechanism: "a unit that brings some columns of some rows moves the cursor of those that bring all: they pass over what it left out",
    seen_in: "one LastSyncOn an entity, with a splash screen that syncs its own list",
    breaks: Breaks::Rule(|rules| Rules { cursor: a_part_moves_all(), ..rules }),
};

pub(super) const DATES_ALL_UNITS: Bug = Bug {
    id: "dates-all-units",
    check: "stranger",
    mechanism: "whichever unit completes sets the date of the last sync of all units",
    seen_in: "SyncProperties with one row in place of one a SyncUnit",
    breaks: Breaks::Rule(|rules| Rules { cursor: dates_all_units(), ..rules }),
};

/// What came of a row is written over the whole of it, and what did not come is null.
fn part_over_whole() -> Rc<dyn ApplyRule> {
    struct Broken;
    impl ApplyRule for Broken {
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
    Rc::new(Broken)
}

/// A unit that brings a part of an entity moves the cursor of those that bring all of it.
fn a_part_moves_all() -> Rc<dyn CursorRule> {
    struct Broken;
    impl CursorRule for Broken {
        fn is_own_of_a_part(&self) -> bool {
            false
        }
    }
    Rc::new(Broken)
}

/// Whichever unit completes sets the date of the last sync of all.
fn dates_all_units() -> Rc<dyn CursorRule> {
    struct Broken;
    impl CursorRule for Broken {
        fn dates_all(&self) -> bool {
            true
        }
    }
    Rc::new(Broken)
}
