//! Keeps the store and the record (the backend) equal. Changes of phones become rows; writes by
//! others become cells.

use super::super::notes::At;
use super::super::rows;
use super::super::writing::Wanted;
use super::content::Told;
use super::store::{Store, rows_of};
use crate::contract::{
    DeviceId, EditKind, EntityId, Key, Mutation, Outcome, Refusal, Row, RowVersion, ServerError, ServerSetup,
    Slip, SystemOfRecord,
};

/// The store, the setup and the time for one piece of work.
pub(super) struct Beside<'a> {
    pub(super) setup: &'a ServerSetup,
    pub(super) store: &'a mut Store,
    pub(super) now: u64,
}

impl Beside<'_> {
    /// Reads the record's changes since the last read. Returns the cells that changed.
    pub(super) fn ingest(&mut self, record: &mut dyn SystemOfRecord) -> Result<Vec<Told>, ServerError> {
        let mut changed = Vec::new();
        let notes = self.store.notes.clone();
        notes.ingest(self.setup, record, |at, version| {
            changed.extend(self.store.take(at, version, (self.now, false))?);
            Ok(())
        })?;
        Ok(changed)
    }

    /// Merges cells of a phone and writes the changed rows to the record. Returns the cells in
    /// which the record replaced the phone's value, or which others had changed meanwhile.
    pub(super) fn merge(
        &mut self,
        of: DeviceId,
        (told, slip): (Vec<Told>, &Slip),
        record: &mut dyn SystemOfRecord,
    ) -> Result<Vec<Told>, ServerError> {
        self.store.notes.note_names(slip)?;
        let schema = self.setup.schema.clone();
        let rows = rows_of(&told).into_iter();
        let rows: Vec<(EntityId, Key)> =
            rows.filter_map(|(table, key)| Some((rows::table(&schema, &table)?, key))).collect();
        let mut changed = Vec::new();
        for (id, key) in &rows {
            if let Some(Row { stamp, values, .. }) = record.get(*id, key) {
                let at = (*id, schema.entity(*id), key);
                changed.extend(self.store.take(at, (stamp, values.as_deref()), (self.now, false))?);
            }
        }
        let lost = |told: &&Told| self.store.content.cell(&told.at).is_some_and(|cell| cell.hlc > told.hlc);
        let lost = rows_of(&told.iter().filter(lost).cloned().collect::<Vec<_>>());
        let won = rows_of(&self.store.put(told)?);
        for (id, key) in rows {
            let at = (id, schema.entity(id), &key);
            let place = (at.1.name.clone(), key.clone());
            if won.contains(&place) {
                changed.extend(self.decide(of, at, slip, record)?);
            } else if let Some(edit) = slip.of(id, &key).last().filter(|_| lost.contains(&place)) {
                record.refused(&Mutation::new(*edit, id, &key, EditKind::Update), Some(Refusal::Stale));
            }
        }
        Ok(changed)
    }

    /// Writes a merged row, unless the record already has it.
    fn decide(
        &mut self,
        of: DeviceId,
        at: At<'_>,
        slip: &Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Vec<Told>, ServerError> {
        let (id, _, key) = at;
        let now = record.get(id, key);
        let wanted = Wanted { entity: id, key: key.clone(), values: self.store.values(at) };
        if wanted.is_met(now.as_ref()) {
            return Ok(Vec::new());
        }
        let edit = self.store.notes.edit(slip, id, key)?;
        let Some(edit) = edit else { return self.overrule(at, now.as_ref(), record) };
        let mut mutation = wanted.mutation(edit, now.as_ref(), record.clock());
        mutation.id = format!("{edit}/{}", self.store.newest(at));
        match record.write(&self.setup.attributes[of.0 as usize], &[mutation]).remove(0) {
            Outcome::Applied { stamp } | Outcome::Named { stamp, .. } => {
                self.store.notes.note_known(id, key, stamp)?;
                Ok(Vec::new())
            }
            _ => self.overrule(at, now.as_ref(), record),
        }
    }

    /// Puts the record's row back into the store after the record refused a write.
    fn overrule(
        &mut self,
        at: At<'_>,
        now: Option<&Row>,
        record: &dyn SystemOfRecord,
    ) -> Result<Vec<Told>, ServerError> {
        let (stamp, values) = now.map_or((record.clock(), None), |row| (row.stamp, row.values.as_deref()));
        self.store.take(at, (stamp, values), (self.now, true))
    }
}

/// The stamps of these cells' rows. A row is left out if the store has another version of one of
/// its cells.
pub(super) fn versions(setup: &ServerSetup, store: &Store, told: &[Told]) -> Slip {
    let mut slip = Slip::default();
    for (table, key) in rows_of(told) {
        let Some(id) = setup.schema.find(&table) else { continue };
        let of_row = told.iter().filter(|told| told.at.table == table && told.at.row == key.as_str());
        let mut of_row = of_row.map(|told| (store.content.cell(&told.at), told));
        if of_row.any(|(cell, told)| cell.is_none_or(|cell| cell.hlc != told.hlc)) {
            continue;
        }
        let Ok(Some(stamp)) = store.notes.known(id, &key) else { continue };
        let removed = store.values((id, setup.schema.entity(id), &key)).is_none();
        slip.rows.push(RowVersion { entity: id, key, stamp, removed });
    }
    slip
}
