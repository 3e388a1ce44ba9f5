//! Bugs in how pulled rows are written.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use crate::base::{Cell, EntityId, Key, Seed, Stamp};
use crate::contract::EditKind;
use crate::engine::{Applied, ApplyRule, Correct, CursorMoment, CursorRule, Place};
use crate::protocol::WireRow;
use crate::store::{StoreError, Tx};

pub(super) fn cursor_before_rows() -> Rc<dyn CursorRule> {
    struct Broken;
    impl CursorRule for Broken {
        fn moment(&self) -> CursorMoment {
            CursorMoment::BeforeFirstRow
        }
    }
    Rc::new(Broken)
}

pub(super) fn passes_what_failed() -> Rc<dyn CursorRule> {
    struct Broken;
    impl CursorRule for Broken {
        fn passes_what_failed(&self) -> bool {
            true
        }
    }
    Rc::new(Broken)
}

/// Where a sync ends its cursor stays where the last page began.
pub(super) fn cursor_before_the_last_page() -> Rc<dyn CursorRule> {
    struct Broken;
    impl CursorRule for Broken {
        fn is_saved(&self, more: bool) -> bool {
            more
        }
    }
    Rc::new(Broken)
}

pub(super) fn one_date_for_all() -> Rc<dyn CursorRule> {
    struct Broken;
    impl CursorRule for Broken {
        fn is_shared(&self) -> bool {
            true
        }
    }
    Rc::new(Broken)
}

pub(super) fn inserts_only() -> Rc<dyn ApplyRule> {
    struct Broken;
    impl ApplyRule for Broken {
        fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
            if row.values.is_some() && tx.row(place.id, row.key)?.is_some() {
                return Ok(Applied::Kept);
            }
            Correct.apply(tx, place, row)
        }
    }
    Rc::new(Broken)
}

/// Writing a row fails for one key in twelve, and nobody looks at the errors of single rows.
pub(super) fn passes_over_errors() -> Rc<dyn ApplyRule> {
    struct Broken;
    impl ApplyRule for Broken {
        fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
            let fails = Seed(0).hash(row.key, 0, 0).is_multiple_of(12);
            if fails && row.values.is_some() && tx.row(place.id, row.key)?.is_none() {
                return Ok(Applied::Kept);
            }
            Correct.apply(tx, place, row)
        }
    }
    Rc::new(Broken)
}

/// Of a page so many rows are written, in one batch, and nobody writes the next.
pub(super) fn first_batch_of_a_page() -> Rc<dyn ApplyRule> {
    struct Broken;
    impl ApplyRule for Broken {
        fn takes(&self, place: usize) -> bool {
            place < 3
        }
    }
    Rc::new(Broken)
}

/// A new row with the stamp of the one before it is taken for that one, coming twice.
pub(super) fn one_row_a_stamp() -> Rc<dyn ApplyRule> {
    #[derive(Default)]
    struct Broken(RefCell<Option<(EntityId, Stamp, String)>>);
    impl ApplyRule for Broken {
        fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
            let own = (place.id, row.stamp, row.key.to_owned());
            let before = self.0.replace(Some(own.clone()));
            let is_again =
                before.is_some_and(|(id, stamp, key)| (id, stamp) == (own.0, own.1) && key != own.2);
            if is_again && row.values.is_some() && tx.row(place.id, row.key)?.is_none() {
                return Ok(Applied::Kept);
            }
            Correct.apply(tx, place, row)
        }
    }
    Rc::new(Broken::default())
}

/// Of what went from the device a note is kept, and what is noted never comes again.
pub(super) fn tombstones_for_ever() -> Rc<dyn ApplyRule> {
    struct Broken;
    impl ApplyRule for Broken {
        fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
            if place.dirty {
                return Correct.apply(tx, place, row);
            }
            // Beside the row's own, which the engine keeps for as long as it needs it.
            let note = format!("{} is gone", row.key);
            if row.values.is_none() {
                tx.set_shadow(place.id, &note, row.stamp, None)?;
                return Correct.apply(tx, place, row);
            }
            let Some(gone) = tx.take_shadow(place.id, &note)? else { return Correct.apply(tx, place, row) };
            tx.set_shadow(place.id, &note, gone.stamp, None)?;
            Ok(Applied::Kept)
        }
    }
    Rc::new(Broken)
}

/// What comes down for a row with edits is passed over, as its edits are newer.
pub(super) fn ignores_what_comes_meanwhile() -> Rc<dyn ApplyRule> {
    struct Broken;
    impl ApplyRule for Broken {
        fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
            if place.dirty { Ok(Applied::Kept) } else { Correct.apply(tx, place, row) }
        }
    }
    Rc::new(Broken)
}

/// Edits that wait are told to be made on the version that came down meanwhile.
pub(super) fn goes_over_what_came_meanwhile() -> Rc<dyn ApplyRule> {
    struct Broken;
    impl ApplyRule for Broken {
        fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
            if place.dirty && row.values.is_some() {
                tx.rebase(place.id, row.key, row.stamp)?;
            }
            Correct.apply(tx, place, row)
        }
    }
    Rc::new(Broken)
}

/// Rows that a full load did not bring stay.
pub(super) fn never_sweeps() -> Rc<dyn CursorRule> {
    struct Broken;
    impl CursorRule for Broken {
        fn sweep(&self, _: &Tx<'_>, _: EntityId, _: u32) -> Result<Vec<Key>, StoreError> {
            Ok(Vec::new())
        }
    }
    Rc::new(Broken)
}

/// What can be read as a page is the one that was asked for.
pub(super) fn takes_anothers_page() -> Rc<dyn CursorRule> {
    struct Broken;
    impl CursorRule for Broken {
        fn takes_anothers_page(&self) -> bool {
            true
        }
    }
    Rc::new(Broken)
}

/// Whatever a full load did not bring goes, also what comes a moment later in a newer version.
pub(super) fn sweeps_what_is_withheld() -> Rc<dyn CursorRule> {
    struct Broken;
    impl CursorRule for Broken {
        fn keeps_what_is_withheld(&self) -> bool {
            false
        }
    }
    Rc::new(Broken)
}

/// Whatever a full load did not bring goes, also what was made here and never sent.
pub(super) fn sweeps_what_waits() -> Rc<dyn CursorRule> {
    struct Broken;
    impl CursorRule for Broken {
        fn sweep(&self, tx: &Tx<'_>, entity: EntityId, generation: u32) -> Result<Vec<Key>, StoreError> {
            for (_, key) in tx.dirty()?.into_iter().filter(|(of, _)| *of == entity) {
                let entries = tx.entries_for(entity, &key)?;
                if entries.iter().any(|entry| entry.kind == EditKind::Create) {
                    entries.iter().try_for_each(|entry| tx.drop_entry(entry.seq))?;
                }
            }
            tx.sweep(entity, generation)
        }
    }
    Rc::new(Broken)
}

pub(super) fn ignores_tombstones() -> Rc<dyn ApplyRule> {
    struct Broken;
    impl ApplyRule for Broken {
        fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
            if row.values.is_none() {
                return Ok(Applied::Kept);
            }
            Correct.apply(tx, place, row)
        }
    }
    Rc::new(Broken)
}

/// Whatever comes down is taken for newer than what is there.
pub(super) fn takes_older_versions() -> Rc<dyn ApplyRule> {
    struct Broken;
    impl ApplyRule for Broken {
        fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
            Correct.apply(tx, Place { over: Stamp(i64::MAX), ..place }, row)
        }
    }
    Rc::new(Broken)
}

/// A tombstone takes whatever is there.
pub(super) fn takes_older_tombstones() -> Rc<dyn ApplyRule> {
    struct Broken;
    impl ApplyRule for Broken {
        fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
            let over = if row.values.is_none() { Stamp(i64::MAX) } else { place.over };
            Correct.apply(tx, Place { over, ..place }, row)
        }
    }
    Rc::new(Broken)
}

/// That a row ended here is forgotten as soon as the backend has heard of it.
pub(super) fn forgets_ends() -> Rc<dyn ApplyRule> {
    struct Broken;
    impl ApplyRule for Broken {
        fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
            Correct.apply(tx, Place { ended: None, ..place }, row)
        }
    }
    Rc::new(Broken)
}

/// A pulled row takes the place of the local one, and the edits that wait are taken for old.
pub(super) fn pulls_over_edits() -> Rc<dyn ApplyRule> {
    struct Broken;
    impl ApplyRule for Broken {
        fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
            if place.dirty {
                for entry in tx.entries_for(place.id, row.key)? {
                    tx.drop_entry(entry.seq)?;
                }
            }
            Correct.apply(tx, Place { dirty: false, ..place }, row)
        }
    }
    Rc::new(Broken)
}

pub(super) fn merges_without_nulls() -> Rc<dyn ApplyRule> {
    struct Broken;
    impl ApplyRule for Broken {
        fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
            let (Some(values), Some(old), false) = (row.values, tx.row(place.id, row.key)?, place.dirty)
            else {
                return Correct.apply(tx, place, row);
            };
            let merged: Vec<Cell<'_>> = values
                .iter()
                .zip(&old.values)
                .map(|(new, old)| match new {
                    Cell::Null => owned(old),
                    Cell::Text(text) if text.is_empty() => owned(old),
                    other => other.clone(),
                })
                .collect();
            Correct.apply(tx, place, WireRow { values: Some(&merged), ..row })
        }
    }
    Rc::new(Broken)
}

pub(super) fn owned(value: &crate::base::Value) -> Cell<'static> {
    value.with_ref(|value| match value {
        crate::base::ValueRef::Null => Cell::Null,
        crate::base::ValueRef::Int(n) => Cell::Int(n),
        crate::base::ValueRef::Real(x) => Cell::Real(x),
        crate::base::ValueRef::Text(t) => Cell::Text(Cow::Owned(t.to_owned())),
    })
}
