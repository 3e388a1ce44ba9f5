//! What the device has moved past, and does not go back to.
//!
//! Who reads from a copy that lags, or from a gateway that went back to a backup, is told what was
//! before. A row's stamps only grow, so a version that is dated before the one that is held stays
//! out. Of a row that is gone its end is noted, as a tombstone in its shadow, until it comes down
//! itself.
//!
//! A backend that was put back to a backup shows older versions that hold. Its pages say between
//! which stamps versions lie that it has left: what is dated so gives way to any version.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::rules::Place;
use crate::base::{EntityId, Key, Stamp, Undone};
use crate::contract::Row;
use crate::store::{Stored, Tx};

/// Rows that this device saw end, with the stamps of their ends.
type Gone = BTreeMap<(EntityId, Key), Stamp>;

#[derive(Default)]
pub(super) struct Passed {
    /// As the shadows have it; `None` until they were asked.
    gone: RefCell<Option<Gone>>,
    /// Rows that the backend says have ended, not when: with the latest stamps known of them. A
    /// reader that lags catches up soon, so this process alone keeps them in mind.
    undated: RefCell<Gone>,
    /// By entity: what the backend may have undone, as of the latest life of it that was heard of.
    undone: RefCell<FxHashMap<EntityId, Rc<[Undone]>>>,
}

impl Passed {
    /// A page says what the backend may have undone; gives that as of the latest life of it.
    pub(super) fn hears(&self, tx: &Tx<'_>, entity: EntityId, told: &[Undone]) -> Stored<Rc<[Undone]>> {
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

    /// Which held versions may be of another history, as far as pages have told.
    pub(super) fn undone(&self, entity: EntityId) -> Rc<[Undone]> {
        self.undone.borrow().get(&entity).cloned().unwrap_or_default()
    }

    /// When the row ended, or as of when it was still there, if that has not come down yet.
    pub(super) fn end_of(&self, tx: &Tx<'_>, entity: EntityId, key: &str) -> Stored<Option<Stamp>> {
        let of =
            |gone: &Gone| if gone.is_empty() { None } else { gone.get(&(entity, Key::new(key))).copied() };
        Ok(self.with(tx, |gone| of(gone))?.max(of(&self.undated.borrow())))
    }

    /// The row ended, as of this stamp: the answer to a push says so.
    pub(super) fn ended(&self, tx: &Tx<'_>, entity: EntityId, key: &Key, stamp: Stamp) -> Stored<()> {
        tx.set_shadow(entity, key, stamp, None)?;
        self.with(tx, |gone| _ = gone.insert((entity, key.clone()), stamp))
    }

    /// The row ended after this stamp: the answer to a push says that it is not there.
    pub(super) fn ended_since(&self, entity: EntityId, key: &Key, known: Stamp) {
        let mut undated = self.undated.borrow_mut();
        let latest = undated.entry((entity, key.clone())).or_insert(known);
        *latest = known.max(*latest);
    }

    /// Whether a version is from before an end that nobody dated.
    pub(super) fn is_from_before(&self, entity: EntityId, version: &Row) -> bool {
        let known = self.undated.borrow().get(&(entity, version.key.clone())).copied();
        version.values.is_some() && known.is_some_and(|known| version.stamp <= known)
    }

    /// The end of the row has come down, or a later beginning of it.
    pub(super) fn forget(&self, tx: &Tx<'_>, entity: EntityId, key: &str) -> Stored<()> {
        let row = (entity, Key::new(key));
        self.undated.borrow_mut().remove(&row);
        match self.with(tx, |gone| gone.remove(&row))? {
            Some(_) => tx.drop_end(entity, key),
            None => Ok(()),
        }
    }

    /// What ended so may have done that in another history.
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

/// Whether a version with this stamp may be of another history.
pub(super) fn is_undone(undone: &[Undone], stamp: Stamp) -> bool {
    undone.iter().any(|undone| undone.has(stamp))
}

/// The place of a row where any version gives way that may be undone.
pub(super) fn over_undone(tx: &Tx<'_>, place: Place, key: &str, undone: &[Undone]) -> Stored<Place> {
    let held = if undone.is_empty() { None } else { tx.row(place.id, key)?.map(|held| held.stamp) };
    let over = held.filter(|stamp| is_undone(undone, *stamp)).unwrap_or(place.over);
    Ok(Place { over, ..place })
}
