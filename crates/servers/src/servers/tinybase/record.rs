//! Keeps store and record in step: changes of phones become rows, writes of others become cells.

use super::super::rows;
use super::content::Told;
use super::store::{At, Store, rows_of};
use crate::contract::{
    DeviceId, EditKind, Entity, EntityId, Key, Mutation, Outcome, Refusal, Row, RowVersion, ServerError,
    ServerSetup, Slip, SystemOfRecord,
};

/// The store with its surroundings.
pub(super) struct Beside<'a> {
    pub(super) setup: &'a ServerSetup,
    pub(super) store: &'a mut Store,
    /// The server's clock in milliseconds.
    pub(super) now: u64,
}

impl Beside<'_> {
    /// Reads the changes of the record since the last read; returns the cells that changed.
    pub(super) fn ingest(&mut self, record: &mut dyn SystemOfRecord) -> Result<Vec<Told>, ServerError> {
        let mut changed = Vec::new();
        let schema = self.setup.schema.clone();
        for id in schema.ids() {
            let entity = schema.entity(id);
            let attributes = self.setup.attributes.first().map_or(&[][..], Vec::as_slice);
            let since = self.store.notes.read_upto(id)?;
            let found = match rows::changed(record, id, attributes, since) {
                Err(ServerError::CursorExpired(_)) => rows::changed(record, id, attributes, None)?,
                Err(ServerError::BadRequest(_)) => continue,
                found => found?,
            };
            let mut upto = since;
            for (key, stamp, values) in &found {
                let at = (id, entity, key.as_str());
                changed.extend(self.store.take(at, (*stamp, values.as_deref()), (self.now, false))?);
                upto = upto.max(Some(*stamp));
            }
            if let Some(upto) = upto.filter(|upto| Some(*upto) != since) {
                self.store.notes.note_read(id, upto)?;
            }
        }
        Ok(changed)
    }

    /// Merges cells of a phone and writes the rows that they change. Returns the cells that the
    /// record overruled, or that others had changed meanwhile.
    pub(super) fn merge(
        &mut self,
        of: DeviceId,
        (told, slip): (Vec<Told>, &Slip),
        record: &mut dyn SystemOfRecord,
    ) -> Result<Vec<Told>, ServerError> {
        self.store.notes.note_names(slip)?;
        let schema = self.setup.schema.clone();
        let known = |name: &str| schema.find(name).filter(|id| schema.entity(*id).delivery.is_on_devices());
        let rows = rows_of(&told);
        let rows: Vec<(EntityId, Key)> =
            rows.into_iter().filter_map(|(table, key)| Some((known(&table)?, key))).collect();
        let mut changed = Vec::new();
        for (id, key) in &rows {
            if let Some(Row { stamp, values, .. }) = record.get(*id, key) {
                let at = (*id, schema.entity(*id), key.as_str());
                changed.extend(self.store.take(at, (stamp, values.as_deref()), (self.now, false))?);
            }
        }
        let lost = |told: &&Told| self.store.content.cell(&told.at).is_some_and(|cell| cell.hlc > told.hlc);
        let lost = rows_of(&told.iter().filter(lost).cloned().collect::<Vec<_>>());
        let won = rows_of(&self.store.put(told)?);
        for (id, key) in rows {
            let at = (id, schema.entity(id), key.as_str());
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
        let (id, entity, key) = (at.0, at.1, Key::new(at.2));
        let now = record.get(id, &key);
        let values = self.store.values(at);
        let there = now.as_ref().and_then(|row| row.values.as_deref());
        let kind = match (&values, there) {
            (None, None) => return Ok(Vec::new()),
            (Some(values), Some(there)) if values.iter().all(|(column, value)| there[*column] == *value) => {
                return Ok(Vec::new());
            }
            (None, Some(_)) => EditKind::Delete,
            (Some(_), Some(_)) => EditKind::Update,
            (Some(_), None) => EditKind::Create,
        };
        let named = slip.of(id, &key).last().copied();
        let Some(edit) = named.map_or_else(|| self.store.notes.named(id, &key), |edit| Ok(Some(edit)))?
        else {
            return self.overrule((id, entity, at.2), now.as_ref(), record);
        };
        let mut mutation = Mutation::new(edit, id, &key, kind);
        mutation.id = format!("{edit}/{}", self.store.newest(at));
        mutation.base = now.as_ref().map(|row| row.stamp);
        mutation.values = values.unwrap_or_default();
        mutation.made_at = record.clock();
        match record.write(&self.setup.attributes[of.0 as usize], &[mutation]).remove(0) {
            Outcome::Applied { stamp } | Outcome::Named { stamp, .. } => {
                self.store.notes.note_known(id, &key, stamp)?;
                Ok(Vec::new())
            }
            _ => self.overrule((id, entity, at.2), now.as_ref(), record),
        }
    }

    /// Restores the record's row in the store after the record refused a write.
    fn overrule(
        &mut self,
        at: (EntityId, &Entity, &str),
        now: Option<&Row>,
        record: &dyn SystemOfRecord,
    ) -> Result<Vec<Told>, ServerError> {
        let (stamp, values) = now.map_or((record.clock(), None), |row| (row.stamp, row.values.as_deref()));
        self.store.take(at, (stamp, values), (self.now, true))
    }
}

/// The row stamps of these cells, for rows whose cells the store has exactly.
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
        let removed = store.values((id, setup.schema.entity(id), key.as_str())).is_none();
        slip.rows.push(RowVersion { entity: id, key, stamp, removed });
    }
    slip
}
