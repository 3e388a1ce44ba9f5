//! What the device has moved past, and does not go back to.
//!
//! Who reads from a copy that lags, or from a gateway that went back to a backup, is told what was
//! before: a row as it was before the edit of this device that is acknowledged, or one that this
//! device has deleted. A row's stamps only grow, so a version that is dated before the one that is
//! held is older, and stays out. Of a row that is gone nothing is held: its end is noted beside the
//! rows, as a tombstone in its shadow, until it comes down itself.
//!
//! There is one who does go back: a backend that was put back to a backup shows versions that are
//! older, and they hold. Its pages say which life of it they are of, by the latest stamp that was
//! given before: what is dated up to that may be of another history, and gives way to any version.
//! What came since does not, be it an edit of this device that the new life has.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::base::{EntityId, Key, Stamp};
use crate::store::{StoreError, Tx};

/// Nothing is dated before it.
const NEVER: Stamp = Stamp(i64::MIN);

/// Rows that this device saw end, with the stamps of their ends.
type Gone = BTreeMap<(EntityId, Key), Stamp>;

/// What one life of a process knows of it.
#[derive(Default)]
pub(super) struct Passed {
    /// As the shadows have it; `None` until they were asked.
    gone: RefCell<Option<Gone>>,
    /// By entity: the latest life of the backend that was heard of.
    lives: RefCell<FxHashMap<EntityId, u64>>,
}

impl Passed {
    /// The stamp up to which versions give way to any other, now that a page is of this `life`.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn gives_way(&self, tx: &Tx<'_>, entity: EntityId, life: u64) -> Result<Stamp, StoreError> {
        let known = self.lives.borrow().get(&entity).copied().unwrap_or_default();
        if life > known {
            self.forget_up_to(tx, entity, begin_of(life))?;
            self.lives.borrow_mut().insert(entity, life);
        }
        Ok(begin_of(life.max(known)))
    }

    /// Up to which stamp versions may be of another history, as far as pages have told.
    pub(super) fn begin(&self, entity: EntityId) -> Stamp {
        begin_of(self.lives.borrow().get(&entity).copied().unwrap_or_default())
    }

    /// When the row ended, if that is known and has not come down yet.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn end_of(
        &self,
        tx: &Tx<'_>,
        entity: EntityId,
        key: &str,
    ) -> Result<Option<Stamp>, StoreError> {
        self.with(tx, |gone| if gone.is_empty() { None } else { gone.get(&(entity, Key::new(key))).copied() })
    }

    /// The row ended, as of this stamp: the answer to a push says so.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn ended(
        &self,
        tx: &Tx<'_>,
        entity: EntityId,
        key: &Key,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        tx.set_shadow(entity, key.as_str(), stamp, None)?;
        self.with(tx, |gone| _ = gone.insert((entity, key.clone()), stamp))
    }

    /// The end of the row has come down, or a later beginning of it.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn forget(&self, tx: &Tx<'_>, entity: EntityId, key: &str) -> Result<(), StoreError> {
        self.with(tx, |gone| _ = gone.remove(&(entity, Key::new(key))))?;
        tx.drop_end(entity, key)
    }

    /// What ended up to then may have done so in another history.
    ///
    /// # Errors
    /// When the database fails.
    fn forget_up_to(&self, tx: &Tx<'_>, entity: EntityId, upto: Stamp) -> Result<(), StoreError> {
        let of_entity = |gone: &mut Gone| -> Vec<Key> {
            let ended = gone.iter().filter(|((of, _), stamp)| *of == entity && **stamp <= upto);
            ended.map(|((_, key), _)| key.clone()).collect()
        };
        let keys = self.with(tx, of_entity)?;
        keys.iter().try_for_each(|key| self.forget(tx, entity, key.as_str()))
    }

    fn with<R>(&self, tx: &Tx<'_>, f: impl FnOnce(&mut Gone) -> R) -> Result<R, StoreError> {
        let mut gone = self.gone.borrow_mut();
        let gone = match &mut *gone {
            Some(gone) => gone,
            None => gone.insert(tx.ends()?.into_iter().collect()),
        };
        Ok(f(gone))
    }
}

/// Versions of this life are dated later.
fn begin_of(life: u64) -> Stamp {
    if life == 0 { NEVER } else { Stamp(life as i64) }
}
