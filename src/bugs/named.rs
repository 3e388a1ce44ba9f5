//! Bugs in how rows get their keys.

use std::rc::Rc;

use crate::base::{EntityId, Key};
use crate::engine::{OutboxRule, SendRule};
use crate::store::{Reach, StoreError, Tx, first_key, take_any_key};

/// A row is renamed, but not everywhere.
struct ShortOf(Reach);

impl OutboxRule for ShortOf {
    fn renames(&self) -> Reach {
        self.0
    }
}

/// Edits that wait refer to the row by its first key.
pub(super) fn forgets_waiting_edits() -> Rc<dyn OutboxRule> {
    Rc::new(ShortOf(Reach { edits: false, ..Reach::ALL }))
}

/// Rows refer to the row by its first key.
pub(super) fn forgets_other_rows() -> Rc<dyn OutboxRule> {
    Rc::new(ShortOf(Reach { rows: false, ..Reach::ALL }))
}

/// A newer version that came down under the new key makes way for the old one.
pub(super) fn forgets_what_came() -> Rc<dyn OutboxRule> {
    Rc::new(ShortOf(Reach { newer: false, ..Reach::ALL }))
}

/// The pool's next key is its first, whatever was taken, and a row that has it gives way.
pub(super) fn gives_keys_again() -> Rc<dyn SendRule> {
    struct Broken;
    impl SendRule for Broken {
        fn new_key(&self, tx: &Tx<'_>, entity: EntityId) -> Result<Option<Key>, StoreError> {
            let key = first_key(tx, entity)?;
            if let Some(key) = &key {
                tx.remove(entity, key.as_str())?;
            }
            Ok(key)
        }
    }
    Rc::new(Broken)
}

/// Keys are taken from whatever block lies in the database, though that is a copy.
pub(super) fn keeps_anothers_pool() -> Rc<dyn SendRule> {
    struct Broken;
    impl SendRule for Broken {
        fn new_key(&self, tx: &Tx<'_>, entity: EntityId) -> Result<Option<Key>, StoreError> {
            take_any_key(tx, entity)
        }
    }
    Rc::new(Broken)
}
