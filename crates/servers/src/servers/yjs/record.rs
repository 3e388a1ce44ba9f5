//! Keeps the document and the record (the backend) equal. Changes of phones become rows; writes by
//! others become updates.

use super::super::notes::At;
use super::super::rows;
use super::super::writing::Wanted;
use super::document::Document;
use crate::contract::{
    DeviceId, Key, Outcome, Refusal, Row, RowVersion, ServerError, ServerSetup, Slip, Stamp, SystemOfRecord,
    Value, image,
};

pub(super) struct Beside<'a> {
    pub(super) setup: &'a ServerSetup,
    pub(super) document: &'a Document,
}

/// An update for clients. `is_of_client` is true if a client sent it.
pub(super) struct News {
    pub(super) bytes: Vec<u8>,
    pub(super) is_of_client: bool,
}

/// Updates for clients, with their slip (the bench's hidden note on a message).
#[derive(Default)]
pub(super) struct Merged {
    pub(super) updates: Vec<News>,
    pub(super) slip: Slip,
}

impl Merged {
    fn add(&mut self, update: Option<Vec<u8>>, version: RowVersion) {
        self.updates.extend(update.map(|bytes| News { bytes, is_of_client: false }));
        self.note(version);
    }
    fn note(&mut self, version: RowVersion) {
        self.slip.rows.retain(|row| (row.entity, &row.key) != (version.entity, &version.key));
        self.slip.rows.push(version);
    }
}

impl Beside<'_> {
    /// Reads the record's changes since the last read.
    pub(super) fn ingest(&self, record: &mut dyn SystemOfRecord) -> Result<Merged, ServerError> {
        let (mut merged, notes) = (Merged::default(), &self.document.notes);
        notes.ingest(self.setup, record, |at, (stamp, values)| {
            match notes.known(at.0, at.2)?.is_none_or(|known| stamp >= known) {
                true => self.take(at, (stamp, values), &mut merged),
                false => Ok(()),
            }
        })?;
        Ok(merged)
    }

    /// Sets a row of the document to the record's version.
    fn take(
        &self,
        (id, entity, key): At<'_>,
        (stamp, values): (Stamp, Option<&[Value]>),
        merged: &mut Merged,
    ) -> Result<(), ServerError> {
        let says = values.map(|values| rows::object(entity, values));
        let update = self.document.say((&entity.name, key), says.as_ref())?;
        self.document.notes.note_known(id, key, stamp)?;
        merged.add(update, RowVersion { entity: id, key: key.clone(), stamp, removed: says.is_none() });
        Ok(())
    }

    /// Applies a phone's update and writes the changed rows to the record; `None` if it is
    /// malformed.
    pub(super) fn merge(
        &self,
        of: DeviceId,
        (bytes, slip): (&[u8], &Slip),
        record: &mut dyn SystemOfRecord,
    ) -> Result<Option<Merged>, ServerError> {
        self.document.notes.note_names(slip)?;
        // The record's changes are read first, so the update is merged into the current rows.
        let mut merged = self.ingest(record)?;
        let Some((touched, is_news)) = self.document.apply(bytes)? else { return Ok(None) };
        if is_news {
            merged.updates.push(News { bytes: bytes.to_vec(), is_of_client: true });
        }
        for (table, key) in touched {
            if let Some(id) = rows::table(&self.setup.schema, &table) {
                let at = (id, self.setup.schema.entity(id), &Key::new(&key));
                self.decide(of, at, (slip, &mut merged), record)?;
            }
        }
        Ok(Some(merged))
    }

    fn decide(
        &self,
        of: DeviceId,
        at: At<'_>,
        (slip, merged): (&Slip, &mut Merged),
        record: &mut dyn SystemOfRecord,
    ) -> Result<(), ServerError> {
        let (id, entity, key) = at;
        let (now, notes) = (record.get(id, key), &self.document.notes);
        let values = self.document.row(&entity.name, key).map(|says| rows::all_values(entity, &says));
        let wanted = Wanted { entity: id, key: key.clone(), values };
        if wanted.is_met(now.as_ref()) {
            return Ok(());
        }
        let edit = notes.edit(slip, id, key)?;
        let Some(edit) = edit else { return self.overrule(at, now.as_ref(), merged, record) };
        let mut mutation = wanted.mutation(edit, now.as_ref(), record.clock());
        // Somebody committed a version that readers cannot see yet, so this edit conflicts with it.
        if mutation.base > notes.known(id, key)? && now.is_some() {
            record.refused(&mutation, Some(Refusal::Stale));
            return self.overrule(at, now.as_ref(), merged, record);
        }
        mutation.id = format!("{edit}/{:x}", image(mutation.values.iter().map(|(_, value)| value)));
        let removed = mutation.values.is_empty();
        match record.write(&self.setup.attributes[of.0 as usize], &[mutation]).remove(0) {
            Outcome::Applied { stamp } | Outcome::Named { stamp, .. } => {
                notes.note_known(id, key, stamp)?;
                merged.note(RowVersion { entity: id, key: key.clone(), stamp, removed });
                let rows = slip.edits.iter().filter(|row| row.entity == id && row.key == *key);
                merged.slip.edits.extend(rows.cloned().map(|mut row| {
                    row.stamp = Some(stamp);
                    row
                }));
                Ok(())
            }
            _ => self.overrule(at, now.as_ref(), merged, record),
        }
    }

    /// Puts the record's row back into the document after the record refused a write.
    fn overrule(
        &self,
        at: At<'_>,
        now: Option<&Row>,
        merged: &mut Merged,
        record: &dyn SystemOfRecord,
    ) -> Result<(), ServerError> {
        let (stamp, values) = now.map_or((record.clock(), None), |row| (row.stamp, row.values.as_deref()));
        self.take(at, (stamp, values), merged)
    }
}

pub(super) fn versions(setup: &ServerSetup, document: &Document) -> Slip {
    let mut slip = Slip::default();
    for (table, key) in document.rows(&setup.schema) {
        let Some(entity) = setup.schema.find(&table) else { continue };
        let Ok(Some(stamp)) = document.notes.known(entity, &key) else { continue };
        slip.rows.push(RowVersion { entity, key: Key::new(&key), stamp, removed: false });
    }
    slip
}
