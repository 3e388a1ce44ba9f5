//! Writes by the office (employees who work directly on the backend) and by imports.
//!
//! Both need no queue, no idempotency key and no base version. Outages do not stop them.

use std::collections::BTreeSet;

use super::commit::{Commit, Committing, Draft};
use super::database::Database;
use crate::base::{DeviceId, EntityId, Key, Time, Value, word_enums};
use crate::contract::{Author, Refusal};

word_enums! {
    /// How a forced upload of a phone's copy treats rows that the backend has too.
    pub enum ForcedUpload {
        /// The phone's version replaces the backend's row, even a newer or deleted one.
        #[default]
        Overwrite: "overwrite",
        /// The backend's rows stay. The upload only creates rows that the backend never had.
        Merge: "merge",
    }
}

/// A row of a device's copy: its key, and its values by the backend's column.
#[derive(Clone, Debug)]
pub struct CopiedRow {
    /// The row's key.
    pub key: Key,
    /// Its values, each with its column.
    pub values: Vec<(usize, Value)>,
}

/// An import that still collects its rows.
#[derive(Debug)]
pub struct Importing {
    entity: EntityId,
    keys: BTreeSet<Key>,
    names: BTreeSet<Vec<u8>>,
    drafts: Vec<Draft>,
}

impl Importing {
    pub fn new(entity: EntityId) -> Importing {
        Importing { entity, keys: BTreeSet::new(), names: BTreeSet::new(), drafts: Vec::new() }
    }
}

/// The commits of a change, or the reason why it was not made.
type OfficeResult = Result<Vec<Commit>, Refusal>;

/// Write access of the office.
#[derive(Debug)]
pub struct Office<'b>(pub(super) &'b mut Database);

impl Office<'_> {
    /// Updates columns of a live row. Fails if the row, or a row that it refers to, is missing
    /// (`Gone`), or if another row has its natural key (`Taken`).
    pub fn write(
        &mut self,
        now: Time,
        entity: EntityId,
        key: &Key,
        values: &[(usize, Value)],
    ) -> OfficeResult {
        let content = &self.0.content;
        let slot = content.live_slot(entity, key).ok_or(Refusal::Gone)?;
        self.refers_to_what_is_there(entity, values.iter().map(|(column, value)| (*column, value)))?;
        let values = content.with(entity, slot, values);
        if content.holder(entity, &values, Some(slot)).is_some() {
            return Err(Refusal::Taken);
        }
        let draft = Draft::by(Author::Office, entity, (key.clone(), Some(slot)), Some(values));
        Ok(self.0.commit(now, None, vec![draft]))
    }

    /// Writes the rows of a device's copy to the backend. Leaves out rows with another row's
    /// natural key, and rows with an enforced reference to a missing row.
    pub(crate) fn upload(
        &mut self,
        now: Time,
        (entity, by): (EntityId, DeviceId),
        rows: Vec<CopiedRow>,
        how: ForcedUpload,
    ) -> Vec<Commit> {
        let content = &self.0.content;
        let columns = content.schema.entity(entity).columns.len();
        let draft = |CopiedRow { key, values }: CopiedRow| {
            let slot = content.table(entity).find(&key);
            if how == ForcedUpload::Merge && slot.is_some() {
                return None;
            }
            let live = slot.map(|slot| content.table(entity).record(slot)).filter(|row| !row.deleted);
            let mut all = live.map_or_else(|| vec![Value::Null; columns], |row| row.values.to_vec());
            values.into_iter().for_each(|(column, value)| all[column] = value);
            let is_same = live.is_some_and(|row| *row.values == all[..]);
            let fits = content.holder(entity, &all, slot).is_none()
                && self.refers_to_what_is_there(entity, all.iter().enumerate()).is_ok();
            (!is_same && fits).then(|| {
                Draft::by(Author::Upload(by), entity, (key, slot), Some(content.complete(entity, all)))
            })
        };
        let drafts: Vec<Draft> = rows.into_iter().filter_map(draft).collect();
        if drafts.is_empty() { Vec::new() } else { self.0.commit(now, None, drafts) }
    }

    /// Creates a row. Fails if the key exists (`Exists`), or for a reason of [`Office::write`].
    pub fn create(&mut self, now: Time, entity: EntityId, key: Key, values: Vec<Value>) -> OfficeResult {
        let content = &self.0.content;
        if content.table(entity).find(&key).is_some() {
            return Err(Refusal::Exists);
        }
        self.refers_to_what_is_there(entity, values.iter().enumerate())?;
        if content.holder(entity, &values, None).is_some() {
            return Err(Refusal::Taken);
        }
        let values = Some(content.complete(entity, values));
        Ok(self.0.commit(now, None, vec![Draft::by(Author::Office, entity, (key, None), values)]))
    }

    /// Deletes a live row. Fails if there is none (`Gone`) or a reference forbids it (`Exists`).
    pub fn delete(&mut self, now: Time, entity: EntityId, key: &Key) -> OfficeResult {
        let slot = self.0.content.live_slot(entity, key).ok_or(Refusal::Gone)?;
        if self.0.effects.holder(&self.0.content, entity, key).is_some() {
            return Err(Refusal::Exists);
        }
        let draft = Draft::by(Author::Office, entity, (key.clone(), Some(slot)), None);
        Ok(self.0.commit(now, None, vec![draft]))
    }

    fn refers_to_what_is_there<'v>(
        &self,
        entity: EntityId,
        values: impl Iterator<Item = (usize, &'v Value)>,
    ) -> Result<(), Refusal> {
        let Database { effects, content, .. } = &*self.0;
        let nowhere = effects.points_nowhere(content, entity, values, |_, _| false);
        if nowhere { Err(Refusal::Gone) } else { Ok(()) }
    }

    /// Adds new and existing rows to an import, but writes nothing yet. Of two rows with the same
    /// key or natural key, the first counts. Leaves out rows whose natural key another row has, and
    /// rows with an enforced reference to a missing row.
    pub fn take_in(&self, import: &mut Importing, rows: impl IntoIterator<Item = (Key, Vec<Value>)>) {
        let Importing { entity, keys, names, drafts } = import;
        let (entity, Database { effects, content, .. }) = (*entity, &*self.0);
        for (key, values) in rows {
            let slot = content.table(entity).find(&key);
            let name = content.natural_key(entity, &values);
            let comes_too = |of: EntityId, key: &Key| of == entity && keys.contains(key);
            if !effects.points_nowhere(content, entity, values.iter().enumerate(), comes_too)
                && content.holder(entity, &values, slot).is_none()
                && name.is_none_or(|name| names.insert(name))
                && keys.insert(key.clone())
            {
                let values = Some(content.complete(entity, values));
                drafts.push(Draft::by(Author::Import, entity, (key, slot), values));
            }
        }
    }

    /// Begins to write an import. All its rows get one stamp. Until all are written, make no other
    /// call.
    pub fn begin_import(&mut self, now: Time, import: Importing) -> Committing {
        self.0.begin(now, None, import.drafts)
    }

    /// Writes up to `most` more rows of an import; an empty result means that all are written.
    pub fn go_on(&mut self, committing: &mut Committing, most: usize) -> Vec<Commit> {
        self.0.go_on(committing, most)
    }
}
