//! Bugs in how pulled rows are written.

use std::borrow::Cow;
use std::rc::Rc;

use crate::base::{Cell, Stamp};
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

fn owned(value: &crate::base::Value) -> Cell<'static> {
    value.with_ref(|value| match value {
        crate::base::ValueRef::Null => Cell::Null,
        crate::base::ValueRef::Int(n) => Cell::Int(n),
        crate::base::ValueRef::Real(x) => Cell::Real(x),
        crate::base::ValueRef::Text(t) => Cell::Text(Cow::Owned(t.to_owned())),
    })
}
