//! Versions that the device has moved past and does not return to.
//!
//! A replica that lags, or a gateway restored from a backup, shows an earlier state. A row's stamps
//! only grow, so a version older than the held one is ignored. The end of a deleted row is noted,
//! as a tombstone in its shadow, until the deletion itself is pulled.
//!
//! A backend restored from a backup shows older versions that are valid. Its pages name the ranges
//! of stamps that the backend has undone: a held version in such a range gives way to any version.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::base::{EntityId, Key, Stamp, Undone};
use crate::contract::Row;
use crate::engine::rules::Place;
use crate::store::{Stored, Tx};

/// Rows that ended on this device, with the stamps of their ends.
type Gone = BTreeMap<(EntityId, Key), Stamp>;

#[derive(Default)]
pub(crate) struct Passed {
    /// The ends that the shadows hold; `None` before the first read.
    gone: RefCell<Option<Gone>>,
    /// Rows that the backend reported as gone without a date, with their latest known stamps. Only
    /// this process remembers them: a reader that lags catches up soon.
    undated: RefCell<Gone>,
    /// Per entity: the ranges that the backend may have undone, by its latest epoch in pages.
    undone: RefCell<FxHashMap<EntityId, Rc<[Undone]>>>,
}

impl Passed {
    /// Takes in the undone ranges that a page names; returns the ranges of the latest epoch.
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

    /// The stamps that the backend may have undone, as far as pages have named them.
    pub(crate) fn undone(&self, entity: EntityId) -> Rc<[Undone]> {
        self.undone.borrow().get(&entity).cloned().unwrap_or_default()
    }

    /// The stamp at which the row ended or was last known; `None`: no end is noted.
    pub(crate) fn end_of(&self, tx: &Tx<'_>, entity: EntityId, key: &str) -> Stored<Option<Stamp>> {
        let of =
            |gone: &Gone| if gone.is_empty() { None } else { gone.get(&(entity, Key::new(key))).copied() };
        Ok(self.with(tx, |gone| of(gone))?.max(of(&self.undated.borrow())))
    }

    /// Notes that the row ended at this stamp, as the response to a push reported.
    pub(crate) fn ended(&self, tx: &Tx<'_>, entity: EntityId, key: &Key, stamp: Stamp) -> Stored<()> {
        tx.set_shadow(entity, key, stamp, None)?;
        self.with(tx, |gone| _ = gone.insert((entity, key.clone()), stamp))
    }

    /// Notes that the row ended after this stamp: the response to a push says that it is gone.
    pub(crate) fn ended_since(&self, entity: EntityId, key: &Key, known: Stamp) {
        let mut undated = self.undated.borrow_mut();
        let latest = undated.entry((entity, key.clone())).or_insert(known);
        *latest = known.max(*latest);
    }

    /// Whether a version is older than an end without a date.
    pub(crate) fn is_from_before(&self, entity: EntityId, version: &Row) -> bool {
        let known = self.undated.borrow().get(&(entity, version.key.clone())).copied();
        version.values.is_some() && known.is_some_and(|known| version.stamp <= known)
    }

    /// Forgets the end of a row: the deletion, or a later version, has been pulled.
    pub(crate) fn forget(&self, tx: &Tx<'_>, entity: EntityId, key: &str) -> Stored<()> {
        let row = (entity, Key::new(key));
        self.undated.borrow_mut().remove(&row);
        let was_dated = self.with(tx, |gone| gone.remove(&row))?.is_some();
        if was_dated { tx.drop_end(entity, key) } else { Ok(()) }
    }

    /// Forgets noted ends of an entity's rows: all without a date, and those that may be undone.
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

/// `place`, changed so that a held version that may be undone gives way to any other.
pub(crate) fn yielding_if_undone(tx: &Tx<'_>, place: Place, key: &str, undone: &[Undone]) -> Stored<Place> {
    let held = if undone.is_empty() { None } else { tx.row(place.id, key)?.map(|held| held.stamp) };
    let over = held.filter(|stamp| is_undone(undone, *stamp)).unwrap_or(place.over);
    Ok(Place { over, ..place })
}
