//! Rows that cannot be applied when they come, and what is done about them.
//!
//! A row fails by its key, a number of times in one life of the process, and then goes well: as if something was locked, or
//! another row was missing that has come by then. A cursor may pass a row that failed only if the row is kept on a durable list, from
//! which it is tried again with each pull of its entity. That it is dropped from the list when a newer version of it is applied, and
//! when a load begins that brings it again, keeps the list from bringing back what is gone.

use std::cell::RefCell;
use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::builtin::Builtin;
use super::pull::{Told, damaged};
use super::rules::Place;
use crate::base::{EntityId, Key, Ppm, UnitId, in_words};
use crate::contract::{Event, SyncError};
use crate::protocol::WireRow;
use crate::store::{StoreError, Tx};

/// Which rows fail, and what then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRowOptions {
    /// Share of the keys whose rows fail.
    pub share: Ppm,
    /// So often each of them fails in one life of the process.
    pub tries: u32,
    /// What is done about it.
    pub then: OnBadRow,
}

/// What is done about a row that cannot be applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnBadRow {
    /// The run ends, the cursor stays before the row.
    #[default]
    Stop,
    /// Nothing: the cursor passes it.
    Skip,
    /// It is kept on a durable list and tried again with the next pull; the cursor passes it.
    RetryList,
}
in_words!(OnBadRow { Stop: "stop", Skip: "skip", RetryList: "retry-list" });

impl Default for BadRowOptions {
    fn default() -> BadRowOptions {
        BadRowOptions { share: Ppm(0), tries: 3, then: OnBadRow::default() }
    }
}

/// A seed of its own: other choices by key are not the same rows.
const SEED: u64 = 0x0062_6164_726f_7773;

/// How often each bad row has failed.
#[derive(Debug)]
pub(super) struct BadRows {
    pub(super) options: BadRowOptions,
    failed: RefCell<BTreeMap<(EntityId, Key), u32>>,
}

impl BadRows {
    pub(super) fn new(options: BadRowOptions) -> BadRows {
        BadRows { options, failed: RefCell::default() }
    }

    /// Whether there may be a list.
    pub(super) fn has_list(&self) -> bool {
        self.options.share > Ppm(0) && self.options.then == OnBadRow::RetryList
    }

    /// Whether the row fails now.
    fn fails(&self, entity: EntityId, key: &str) -> bool {
        let BadRowOptions { share, tries, .. } = self.options;
        if xxh3_64_with_seed(key.as_bytes(), SEED) % 1_000_000 >= u64::from(share.0) {
            return false;
        }
        let mut failed = self.failed.borrow_mut();
        let failed = failed.entry((entity, Key::new(key))).or_default();
        *failed += 1;
        *failed <= tries
    }

    /// Whether a pulled row is to be applied: it does not fail, or else what is done about it is done.
    pub(super) fn passes(
        &self,
        tx: &Tx<'_>,
        entity: EntityId,
        row: WireRow<'_>,
        told: &mut Told,
    ) -> Result<bool, StoreError> {
        let list = self.has_list();
        if !self.fails(entity, row.key) {
            if list {
                tx.drop_late(entity, row.key)?;
            }
            return Ok(true);
        }
        match self.options.then {
            OnBadRow::Stop => {
                return Err(StoreError::Damaged(format!("row {} cannot be applied", row.key)));
            }
            OnBadRow::Skip => told.skipped += 1,
            OnBadRow::RetryList => {
                tx.set_late(entity, row.key, row.stamp, row.values)?;
                told.listed += 1;
            }
        }
        Ok(false)
    }
}

impl Builtin {
    /// Tries again what waits on the list of these entities.
    pub(super) async fn retry_late(&self, unit: UnitId, entities: &[EntityId]) -> Result<(), SyncError> {
        if !self.bad_rows.has_list() {
            return Ok(());
        }
        let told = self.store.transaction(|tx| {
            tx.keep_late_rows()?;
            let mut told = Told::default();
            for &entity in entities {
                self.retry_entity(tx, entity, &mut told)?;
            }
            Ok(told)
        });
        let took = self.ports.work(self.store.work()).await;
        self.tell_applied(Some(unit), &told.map_err(damaged)?, took);
        Ok(())
    }

    fn retry_entity(&self, tx: &Tx<'_>, entity: EntityId, told: &mut Told) -> Result<(), StoreError> {
        let dirty = tx.dirty()?;
        for late in tx.late(entity)? {
            let key = late.key.as_str();
            if self.bad_rows.fails(entity, key) {
                continue;
            }
            let dirty = dirty.iter().any(|(of, other)| *of == entity && other == key);
            let place = Place { id: entity, generation: tx.generation(entity)?, dirty };
            late.with(|values| {
                let row = WireRow { key, stamp: late.stamp, values, part: None };
                let applied = self.rules.apply.apply(tx, place, row)?;
                told.note(entity, row, applied);
                Ok(())
            })?;
            tx.drop_late(entity, key)?;
        }
        Ok(())
    }

    /// Says what became of bad rows.
    pub(super) fn tell_bad_rows(&self, told: &Told) {
        let Told { skipped, listed, .. } = *told;
        if skipped + listed > 0 {
            self.ports.emit(Event::RowsFailed { skipped, listed });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_row_fails_so_often_and_then_goes_well() {
        let rows = BadRows::new(BadRowOptions { share: Ppm(1_000_000), tries: 2, then: OnBadRow::Skip });
        let said: Vec<bool> = (0..4).map(|_| rows.fails(EntityId(0), "k")).collect();
        assert_eq!(said, [true, true, false, false]);
        assert!(rows.fails(EntityId(1), "k"));
        assert!(!BadRows::new(BadRowOptions::default()).fails(EntityId(0), "k"));
    }

    #[test]
    fn a_share_of_the_keys_is_bad() {
        let rows = BadRows::new(BadRowOptions { share: Ppm(250_000), ..BadRowOptions::default() });
        let bad = (0..1_000).filter(|n| rows.fails(EntityId(0), &format!("key {n}"))).count();
        assert!((200..300).contains(&bad), "{bad}");
    }
}
