//! Protects newer versions of rows on the device from older pulled versions.
//!
//! A replica that lags, or a gateway restored from a backup, sends an earlier state. The stamp of a
//! version is the time of its commit. A pulled version with a lower stamp than the local one is
//! ignored. If a push response says that a row is deleted, the device stores a tombstone (a record
//! of the deletion). It keeps the tombstone until it pulls the deletion.
//!
//! A backend restored from a backup sends older versions that are valid. Its pages name the ranges
//! of stamps that the backend has undone. A local version in such a range is replaced by any pulled
//! version.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::base::{EntityId, Key, Stamp, Undone};
use crate::contract::Row;
use crate::engine::rules::Place;
use crate::store::{Stored, Tx};

/// Deleted rows, with the stamps of their deletions.
type Gone = BTreeMap<(EntityId, Key), Stamp>;

#[derive(Default)]
pub(crate) struct Passed {
    /// A copy of the tombstones in the database; `None` before the first read.
    gone: RefCell<Option<Gone>>,
    /// Rows that the backend reported as deleted without a date, with their latest known stamps.
    /// They are not written to disk: a replica lags only for a short time.
    undated: RefCell<Gone>,
    /// Per entity: the ranges of stamps that the backend may have undone, from the page that knows
    /// of the backend's latest restore.
    undone: RefCell<FxHashMap<EntityId, Rc<[Undone]>>>,
}

impl Passed {
    /// Stores the undone ranges that a page names, unless newer ranges are known. Returns the
    /// newest ranges.
    pub(crate) fn hears(&self, tx: &Tx<'_>, entity: EntityId, told: &[Undone]) -> Stored<Rc<[Undone]>> {
        let end = |undone: &[Undone]| undone.last().map(|last| last.until);
        let known = self.undone(entity);
        if end(told) < end(&known) || *told == *known {
            return Ok(known);
        }
        if end(told) > end(&known) {
            self.forget_all(tx, entity, told)?;
        }
        self.undone.borrow_mut().insert(entity, told.into());
        Ok(told.into())
    }

    /// The ranges of stamps that the backend may have undone, from the pages received.
    pub(crate) fn undone(&self, entity: EntityId) -> Rc<[Undone]> {
        self.undone.borrow().get(&entity).cloned().unwrap_or_default()
    }

    /// The stamp of a deleted row's deletion, or its latest known stamp before that. `None` if no
    /// deletion is recorded.
    pub(crate) fn end_of(&self, tx: &Tx<'_>, entity: EntityId, key: &str) -> Stored<Option<Stamp>> {
        let of =
            |gone: &Gone| if gone.is_empty() { None } else { gone.get(&(entity, Key::new(key))).copied() };
        Ok(self.with(tx, |gone| of(gone))?.max(of(&self.undated.borrow())))
    }

    /// Records that a push response reported the row's deletion at this stamp.
    pub(crate) fn ended(&self, tx: &Tx<'_>, entity: EntityId, key: &Key, stamp: Stamp) -> Stored<()> {
        tx.set_shadow(entity, key, stamp, None)?;
        self.with(tx, |gone| _ = gone.insert((entity, key.clone()), stamp))
    }

    /// Records that a push response reported the row as deleted, at an unknown time after stamp
    /// `known`.
    pub(crate) fn ended_since(&self, entity: EntityId, key: &Key, known: Stamp) {
        let mut undated = self.undated.borrow_mut();
        let latest = undated.entry((entity, key.clone())).or_insert(known);
        *latest = known.max(*latest);
    }

    /// Whether a version is older than the row's recorded deletion. Looks only at deletions without
    /// a date.
    pub(crate) fn is_from_before(&self, entity: EntityId, version: &Row) -> bool {
        let known = self.undated.borrow().get(&(entity, version.key.clone())).copied();
        version.values.is_some() && known.is_some_and(|known| version.stamp <= known)
    }

    /// Forgets the recorded deletion of a row. Called after the deletion or a later version was
    /// pulled.
    pub(crate) fn forget(&self, tx: &Tx<'_>, entity: EntityId, key: &str) -> Stored<()> {
        let row = (entity, Key::new(key));
        self.undated.borrow_mut().remove(&row);
        let was_dated = self.with(tx, |gone| gone.remove(&row))?.is_some();
        if was_dated { tx.drop_end(entity, key) } else { Ok(()) }
    }

    /// Forgets recorded deletions of an entity's rows: all without a date, and those that may be
    /// undone.
    fn forget_all(&self, tx: &Tx<'_>, entity: EntityId, undone: &[Undone]) -> Stored<()> {
        self.undated.borrow_mut().retain(|(of, _), _| *of != entity);
        let of_entity = |gone: &mut Gone| -> Vec<Key> {
            let ended = gone.iter().filter(|((of, _), stamp)| *of == entity && is_undone(undone, **stamp));
            ended.map(|((_, key), _)| key.clone()).collect()
        };
        let keys = self.with(tx, of_entity)?;
        keys.iter().try_for_each(|key| self.forget(tx, entity, key.as_str()))
    }

    fn with<R>(&self, tx: &Tx<'_>, f: impl FnOnce(&mut Gone) -> R) -> Stored<R> {
        let mut gone = self.gone.borrow_mut();
        let gone = match &mut *gone {
            Some(gone) => gone,
            None => gone.insert(tx.ends()?.into_iter().collect()),
        };
        Ok(f(gone))
    }
}

/// Whether a version with this stamp may be undone.
pub(crate) fn is_undone(undone: &[Undone], stamp: Stamp) -> bool {
    undone.iter().any(|undone| undone.has(stamp))
}

/// Changes `place` so that any pulled version replaces a local version that may be undone.
pub(crate) fn yielding_if_undone(tx: &Tx<'_>, place: Place, key: &str, undone: &[Undone]) -> Stored<Place> {
    let held = if undone.is_empty() { None } else { tx.row(place.id, key)?.map(|held| held.stamp) };
    let over = held.filter(|stamp| is_undone(undone, *stamp)).unwrap_or(place.over);
    Ok(Place { over, ..place })
}
