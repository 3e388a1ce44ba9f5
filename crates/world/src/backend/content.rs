//! The content: the rows of all entities, as writers and as readers see them.

use std::sync::Arc;

use super::commit::{Commit, Draft};
use super::cut::Cut;
use super::index::{Index, Part, Slot, write_tuple};
use super::options::{BackendOptions, Provisioning};
use super::partition::Scope;
use super::stream::{Log, PendingVersion, PendingVersions, Place};
use super::table::{Noted, Record, Table};
use crate::base::{EntityId, Key, Span, Stamp, Time, Value};
use crate::contract::{CommitKind, Delivery, Entity, Schema, ServerError};

#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) schema: Arc<Schema>,
    pub(super) provisioning: Provisioning,
    pub(super) replica_lag: Span,
    lists_moves: bool,
    /// The schema at the start of the simulation.
    first_schema: Arc<Schema>,
    pub(super) tables: Vec<Table>,
    /// For each entity, the number of the index on its natural key.
    unique: Vec<Option<usize>>,
    /// For each entity that a device fetches when a person opens a record: the number of its index
    /// by that record.
    on_open: Vec<Option<usize>>,
    pub(super) unshown: PendingVersions,
    log: Option<Log>,
    pub(super) cuts: Vec<Cut>,
}

impl Content {
    pub(super) fn new(schema: Arc<Schema>, options: &BackendOptions) -> Content {
        let mut tables: Vec<Table> =
            schema.entities.iter().map(|entity| Table::new(entity, options)).collect();
        let parts = |columns: &[usize]| columns.iter().map(|&c| Part::Whole(c)).collect();
        let mut unique = Vec::new();
        let mut on_open = Vec::new();
        for (id, (entity, table)) in schema.ids().zip(schema.entities.iter().zip(&mut tables)) {
            let holds = !entity.unique.is_empty() && !schema.naming(id).doubles;
            unique.push(holds.then(|| table.index_by(parts(&entity.unique))));
            let by = if let Delivery::OnOpen { by } = entity.delivery { Some(by) } else { None };
            on_open.push(by.map(|by| table.index_by(parts(&[by]))));
        }
        Content {
            cuts: Cut::all(&schema),
            first_schema: Arc::clone(&schema),
            lists_moves: options.lists_moves,
            schema,
            provisioning: options.provisioning,
            replica_lag: options.replica_lag,
            tables,
            unique,
            on_open,
            unshown: PendingVersions::default(),
            log: options.change_log.map(Log::new),
        }
    }

    pub(super) fn index_by(&mut self, entity: EntityId, parts: Vec<Part>) -> usize {
        self.tables[usize::from(entity.0)].index_by(parts)
    }

    pub(super) fn table(&self, entity: EntityId) -> &Table {
        &self.tables[usize::from(entity.0)]
    }

    pub(super) fn entity(&self, id: EntityId) -> Result<&Entity, ServerError> {
        let entity = self.schema.entities.get(usize::from(id.0));
        entity.ok_or_else(|| ServerError::BadRequest(format!("there is no entity {}", id.0)))
    }

    /// The entity, if a reader of this scope can pull its changes; otherwise an error.
    pub(super) fn pulled(&self, id: EntityId, scope: Scope<'_>) -> Result<&Entity, ServerError> {
        let entity = self.entity(id)?;
        if entity.delivery != Delivery::Delta && scope != Scope::Whole {
            return Err(ServerError::BadRequest(format!("{} is not pulled", entity.name)));
        }
        Ok(entity)
    }

    /// An entity that a device fetches when a person opens a record, and its index by that record's
    /// key.
    pub(super) fn on_open(&self, id: EntityId) -> Result<(&Entity, &Index), ServerError> {
        let entity = self.entity(id)?;
        match self.on_open[usize::from(id.0)] {
            Some(index) => Ok((entity, self.table(id).index(index))),
            None => Err(ServerError::BadRequest(format!("{} is not fetched on open", entity.name))),
        }
    }

    pub(super) fn place(&mut self, id: EntityId, scope: Scope<'_>) -> Result<Place, ServerError> {
        self.pulled(id, scope)?;
        Ok(self.tables[usize::from(id.0)].place_of(self.schema.entity(id), scope))
    }

    /// The log. Only code that runs with a log calls this.
    pub(super) fn log(&self) -> &Log {
        self.log.as_ref().expect("who reads the log has it kept")
    }

    pub(super) fn touch(&mut self, now: Time, id: EntityId, slot: Slot) {
        let log = self.log.as_mut().expect("flags need it kept");
        self.tables[usize::from(id.0)].touch(slot, log.show(now, None));
    }

    pub(super) fn row(&self, entity: EntityId, key: &Key) -> Option<&Record> {
        let table = self.table(entity);
        table.find(key).map(|slot| table.record(slot))
    }

    pub(super) fn live(&self, entity: EntityId, key: &Key) -> Option<&Record> {
        self.row(entity, key).filter(|row| !row.deleted)
    }

    pub(super) fn rows(&self, entity: EntityId) -> impl Iterator<Item = &Record> {
        let mut rows: Vec<&Record> = self.table(entity).records().iter().collect();
        rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        rows.into_iter()
    }

    pub(super) fn in_scope(&self, entity: EntityId, attributes: &[Value]) -> impl Iterator<Item = &Record> {
        let table = self.table(entity);
        let partition = table.partition(self.schema.entity(entity), Scope::Of(attributes));
        partition.into_iter().flat_map(|p| p.live.values().flatten()).map(|&slot| table.record(slot))
    }

    pub(super) fn complete(&self, entity: EntityId, values: Vec<Value>) -> Arc<[Value]> {
        let entity = self.schema.entity(entity);
        assert_eq!(values.len(), entity.columns.len(), "a row of {} has all its columns", entity.name);
        values.into()
    }

    pub(super) fn live_slot(&self, entity: EntityId, key: &Key) -> Option<Slot> {
        let table = self.table(entity);
        table.find(key).filter(|&slot| !table.record(slot).deleted)
    }

    pub(super) fn with(&self, entity: EntityId, slot: Slot, values: &[(usize, Value)]) -> Arc<[Value]> {
        let mut all = self.table(entity).record(slot).values.to_vec();
        for (column, value) in values {
            all[*column] = value.clone();
        }
        all.into()
    }

    pub(super) fn holder(&self, entity: EntityId, values: &[Value], but: Option<Slot>) -> Option<Slot> {
        let index = self.table(entity).index(self.unique[usize::from(entity.0)]?);
        index.like(index.parts(), values).iter().copied().find(|&slot| Some(slot) != but)
    }

    pub(super) fn natural_key(&self, entity: EntityId, values: &[Value]) -> Option<Vec<u8>> {
        let index = self.table(entity).index(self.unique[usize::from(entity.0)]?);
        let mut name = Vec::new();
        write_tuple(index.parts(), values, &mut name).then_some(name)
    }

    /// Writes one row of a transaction. The row gets its stamp now; the transaction commits at
    /// `ends`.
    pub(super) fn write(&mut self, now: Time, draft: Draft, stamp: Stamp, ends: Time) -> Commit {
        let Draft { entity: id, key, slot, values, author, written, unnoted } = draft;
        let listed = stamp;
        let own = slot.filter(|_| unnoted).map(|slot| self.table(id).record(slot));
        let (stamp, kept) = own.map_or((stamp, None), |own| (own.stamp, Some(own.edited_at)));
        let unnoted = unnoted && !self.lists_moves;
        let listed = if unnoted { stamp } else { listed };
        // An edit without a date gets the date of its commit.
        let edited_at = kept.or(written.as_ref().map(|written| written.at)).unwrap_or(stamp);
        let writer = written.map(|written| written.by);
        let entity = self.schema.entity(id);
        let table = &mut self.tables[usize::from(id.0)];
        let before = slot.map(|slot| table.record(slot)).filter(|record| !record.deleted);
        let replaced = before.map(|record| record.stamp);
        let kind = match (&before, &values) {
            (None, _) => CommitKind::Insert,
            (Some(_), Some(_)) => CommitKind::Update,
            (Some(_), None) => CommitKind::Delete,
        };
        let after =
            values.clone().unwrap_or_else(|| Arc::clone(&before.expect("only a live row is deleted").values));
        let slot = slot.unwrap_or_else(|| table.insert(entity, key.clone()));
        let number = self.log.as_mut().filter(|_| !unnoted).and_then(Log::write);
        let showing = PendingVersion {
            entity: id,
            slot,
            stamp,
            listed,
            begun: now,
            values,
            writer,
            author,
            number,
            unnoted,
        };
        let deleted = showing.values.is_none();
        // Transactions on one row are serial: the next one waits for the lock of the previous one.
        let lag = self.replica_lag;
        let before = table.hidden_until(slot).map_or(now, |until| Time(until.0.saturating_sub(lag.0)));
        let ends = ends.max(before);
        let shown_at = ends + lag;
        if shown_at > now {
            table.hide(slot, shown_at);
            self.unshown.add(shown_at, showing);
        } else {
            self.show(now, &showing);
        }
        let table = &mut self.tables[usize::from(id.0)];
        table.write(slot, (stamp, edited_at), Arc::clone(&after), deleted);
        let visible_at = (ends > now).then_some(ends);
        Commit { entity: id, key, stamp, kind, values: after, author, replaced, visible_at }
    }

    /// Moves the time windows of scopes to this day. A row that enters or leaves a scope is listed
    /// as changed at `stamp`, if the backend lists such moves.
    pub(super) fn begin_day(&mut self, now: Time, day: u32, stamp: Option<Stamp>) {
        if self.first_schema.moving_windows.is_empty() {
            return;
        }
        self.schema = Arc::new(self.first_schema.on_day(day).cut_as(&self.schema));
        let log = &mut self.log;
        for moving in &self.first_schema.moving_windows {
            let entity = self.schema.entity(moving.entity);
            let listing = || stamp.map(|stamp| (stamp, log.as_mut().map_or(0, |log| log.show(now, None))));
            self.tables[usize::from(moving.entity.0)].place_again(entity, None, listing);
        }
    }

    /// Makes a version visible to readers. If it moves a cut (the end of a scope with a limited
    /// number of rows), other rows enter or leave the scope.
    fn show(&mut self, now: Time, showing: &PendingVersion) {
        let id = usize::from(showing.entity.0);
        let before = Arc::clone(&self.schema);
        for cut in self.cuts.iter_mut().filter(|cut| cut.entity == showing.entity) {
            self.tables[id].seen(showing.slot).iter().for_each(|(_, row)| cut.take(row));
            showing.values.iter().for_each(|row| cut.add(row));
            self.schema = cut.moved(&self.schema).unwrap_or(Arc::clone(&self.schema));
        }
        let schema = Arc::clone(&self.schema);
        let entity = schema.entity(showing.entity);
        let noted = noted(&mut self.log, now, showing);
        self.tables[id].show(entity, showing, noted);
        if !Arc::ptr_eq(&before, &schema) {
            let listed = self.lists_moves.then_some(showing.listed);
            let log = &mut self.log;
            let listing = || Some((listed?, log.as_mut().map_or(0, |log| log.show(now, None))));
            self.tables[id].place_again(entity, Some(showing.slot), listing);
        }
    }

    pub(super) fn show_due(&mut self, now: Time) {
        while let Some(showing) = self.unshown.due(now) {
            self.show(now, &showing);
        }
    }
}

fn noted(log: &mut Option<Log>, now: Time, showing: &PendingVersion) -> Noted {
    if showing.unnoted {
        return Noted::default();
    }
    let noted =
        |log: &mut Log| Noted { number: log.show(now, showing.number), arms: log.arms(showing.author) };
    log.as_mut().map(noted).unwrap_or_default()
}
