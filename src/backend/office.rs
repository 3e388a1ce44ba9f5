//! What the office and imports do to the content.
//!
//! They work on the backend itself: no queue, no window of no service, no idempotency key, no base version. What they write
//! wins over what was there; only a natural key that another row holds stops them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::commit::{Commit, Committing, Draft};
use super::index::Slot;
use super::machine::Backend;
use crate::base::{EntityId, Key, Time, Value};
use crate::contract::{Author, Refusal};

/// An import whose rows are taken in.
#[derive(Debug)]
pub struct Importing {
    entity: EntityId,
    keys: BTreeSet<Key>,
    names: BTreeSet<Vec<u8>>,
    drafts: Vec<Draft>,
}

impl Importing {
    /// Of rows of `entity`, none of which is there yet.
    pub fn new(entity: EntityId) -> Importing {
        Importing { entity, keys: BTreeSet::new(), names: BTreeSet::new(), drafts: Vec::new() }
    }
}

impl Backend {
    /// The office sets some columns of a row.
    ///
    /// # Errors
    /// [`Refusal::Gone`] if there is no such live row, [`Refusal::Taken`] if another row has the natural key.
    pub fn office_write(
        &mut self,
        now: Time,
        entity: EntityId,
        key: &Key,
        values: &[(usize, Value)],
    ) -> Result<Vec<Commit>, Refusal> {
        let slot = self.live_row(entity, key).ok_or(Refusal::Gone)?;
        let values = self.with(entity, slot, values);
        if self.holder(entity, &values, Some(slot)).is_some() {
            return Err(Refusal::Taken);
        }
        let draft = Draft {
            entity,
            key: key.clone(),
            slot: Some(slot),
            values: Some(values),
            author: Author::Office,
            written: None,
        };
        Ok(self.commit(now, vec![draft]))
    }

    /// The office makes a row with all its columns.
    ///
    /// # Errors
    /// [`Refusal::Exists`] if the key was ever used, [`Refusal::Taken`] if another row has the natural key.
    pub fn office_create(
        &mut self,
        now: Time,
        entity: EntityId,
        key: Key,
        values: Vec<Value>,
    ) -> Result<Vec<Commit>, Refusal> {
        if self.table(entity).find(&key).is_some() {
            return Err(Refusal::Exists);
        }
        if self.holder(entity, &values, None).is_some() {
            return Err(Refusal::Taken);
        }
        let values = Some(self.complete(entity, values));
        Ok(self.commit(
            now,
            vec![Draft { entity, key, slot: None, values, author: Author::Office, written: None }],
        ))
    }

    /// The office deletes a row.
    ///
    /// # Errors
    /// [`Refusal::Gone`] if there is no such live row.
    pub fn office_delete(&mut self, now: Time, entity: EntityId, key: &Key) -> Result<Vec<Commit>, Refusal> {
        let slot = self.live_row(entity, key).ok_or(Refusal::Gone)?;
        let draft = Draft {
            entity,
            key: key.clone(),
            slot: Some(slot),
            values: None,
            author: Author::Office,
            written: None,
        };
        Ok(self.commit(now, vec![draft]))
    }

    /// An import writes whole rows of `entity`, new and old ones, all with one stamp. Of two rows with one key or one
    /// natural key the first counts; rows whose natural key another row has are left out.
    pub fn import(
        &mut self,
        now: Time,
        entity: EntityId,
        rows: impl IntoIterator<Item = (Key, Vec<Value>)>,
    ) -> Vec<Commit> {
        let mut import = Importing::new(entity);
        self.take_in(&mut import, rows);
        let mut committing = self.begin_import(now, import);
        self.go_on(&mut committing, usize::MAX)
    }

    /// Takes rows of an import in, of which nothing is written yet.
    pub fn take_in(&self, import: &mut Importing, rows: impl IntoIterator<Item = (Key, Vec<Value>)>) {
        let Importing { entity, keys, names, drafts } = import;
        let entity = *entity;
        for (key, values) in rows {
            let slot = self.table(entity).find(&key);
            let name = self.natural_key(entity, &values);
            let taken =
                self.holder(entity, &values, slot).is_some() || name.is_some_and(|name| !names.insert(name));
            if !taken && keys.insert(key.clone()) {
                let values = Some(self.complete(entity, values));
                drafts.push(Draft { entity, key, slot, values, author: Author::Import, written: None });
            }
        }
    }

    /// Begins to write what was taken in; it is one transaction, and nothing else may come between.
    pub fn begin_import(&mut self, now: Time, import: Importing) -> Committing {
        self.begin_commit(now, None, import.drafts)
    }

    fn complete(&self, entity: EntityId, values: Vec<Value>) -> Arc<[Value]> {
        let entity = self.schema.entity(entity);
        assert_eq!(values.len(), entity.columns.len(), "a row of {} has all its columns", entity.name);
        values.into()
    }

    fn live_row(&self, entity: EntityId, key: &Key) -> Option<Slot> {
        let table = self.table(entity);
        table.find(key).filter(|&slot| !table.record(slot).deleted)
    }

    /// The row's values with some replaced.
    pub(super) fn with(&self, entity: EntityId, slot: Slot, values: &[(usize, Value)]) -> Arc<[Value]> {
        let mut all = self.table(entity).record(slot).values.to_vec();
        for (column, value) in values {
            all[*column] = value.clone();
        }
        all.into()
    }

    /// The live row other than `but` that has the natural key of `values`.
    pub(super) fn holder(&self, entity: EntityId, values: &[Value], but: Option<Slot>) -> Option<Slot> {
        let index = self.table(entity).index(self.unique[usize::from(entity.0)]?);
        index.like(index.parts(), values).iter().copied().find(|&slot| Some(slot) != but)
    }

    /// The natural key of `values` as bytes, if there is one.
    fn natural_key(&self, entity: EntityId, values: &[Value]) -> Option<Vec<u8>> {
        let index = self.table(entity).index(self.unique[usize::from(entity.0)]?);
        let mut name = Vec::new();
        super::tuple::write(index.parts(), values, &mut name).then_some(name)
    }
}
