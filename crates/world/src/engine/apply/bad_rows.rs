//! Simulates rows that cannot be applied when they arrive.
//!
//! A row's key decides whether the row fails. A failing row fails a given number of times per
//! process incarnation (from its start to its end). A row on the durable list of deferred rows is
//! not lost when a cursor moves past it. The row leaves the list when an equal or newer version is
//! applied.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::base::{EntityId, Key, Ppm};
use crate::contract::Machine;
use crate::engine::options::{BadRowOptions, MissingParent, OnBadRow, PullOptions};
use crate::protocol::WireRow;
use crate::store::{StoreError, Stored, Tx};

/// A separate seed, so that other random choices by key select other rows.
const SEED: u64 = 0x0062_6164_726f_7773;

pub(crate) struct BadRows {
    options: BadRowOptions,
    /// Whether the list of deferred rows also has rows that wait for other rows.
    waits: bool,
    machine: Rc<dyn Machine>,
    failed: RefCell<BTreeMap<(EntityId, Key), u32>>,
}

impl BadRows {
    /// `keys` says whether SQLite checks references. If it does, a deletion waits until no other
    /// row refers to the deleted row.
    pub(crate) fn new(options: &PullOptions, keys: bool, machine: Rc<dyn Machine>) -> BadRows {
        let waits = keys || options.missing_parent == MissingParent::Wait;
        BadRows { options: options.bad_rows, waits, machine, failed: RefCell::default() }
    }

    pub(crate) fn has_list(&self) -> bool {
        let any = self.options.share > Ppm(0) || self.machine.has_bad_rows();
        self.waits || any && self.options.then == OnBadRow::RetryList
    }

    pub(crate) fn fails(&self, entity: EntityId, key: &str) -> bool {
        let BadRowOptions { share, tries, .. } = self.options;
        if xxh3_64_with_seed(key.as_bytes(), SEED) % 1_000_000 >= u64::from(share.0) {
            return !self.machine.can_read(entity, key);
        }
        let mut failed = self.failed.borrow_mut();
        let failed = failed.entry((entity, Key::new(key))).or_default();
        *failed += 1;
        *failed <= tries
    }

    pub(crate) fn judge(&self, tx: &Tx<'_>, entity: EntityId, row: WireRow<'_>) -> Stored<Verdict> {
        if !self.fails(entity, row.key) {
            if self.has_list() {
                tx.drop_late(entity, row.key, row.stamp)?;
            }
            return Ok(Verdict::Apply);
        }
        match self.options.then {
            OnBadRow::Stop => Err(StoreError::Damaged(format!("row {} cannot be applied", row.key))),
            OnBadRow::Skip => Ok(Verdict::Skip),
            OnBadRow::RetryList => {
                tx.defer_row(entity, row.key, row.stamp, row.values)?;
                Ok(Verdict::Listed)
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Apply,
    Skip,
    Listed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Stamp, Time};
    use crate::contract::{Entity, Work};
    use crate::engine::options::EngineOptions;
    use crate::store::Store;

    struct Good;

    impl Machine for Good {
        fn take_on(&self, _: Work) -> Time {
            Time::ZERO
        }
        fn can_decode(&self, _: u64) -> bool {
            true
        }
    }

    #[test]
    fn a_version_that_waits_stays_where_an_older_one_goes_well() {
        let store = Store::of(vec![Entity::new("task", Vec::new())]);
        let options = PullOptions { missing_parent: MissingParent::Wait, ..EngineOptions::default().pull };
        let bad = BadRows::new(&options, false, Rc::new(Good));
        let waits = |came: i64| {
            let left = store.transaction(|tx| {
                tx.create_deferred_table()?;
                tx.defer_row(EntityId(0), "k", Stamp(9), None)?;
                let row = WireRow { key: "k", stamp: Stamp(came), values: Some(&[]), part: None };
                assert_eq!(bad.judge(tx, EntityId(0), row)?, Verdict::Apply);
                tx.deferred_stamp(EntityId(0), "k")
            });
            left.unwrap().is_some()
        };
        assert_eq!([5, 9, 12].map(waits), [true, false, false]);
    }
}
