//! Translates keys of rows that the server later gives another key.
//!
//! The oracle identifies a row by its first key, the one from its create. It translates the keys in
//! each event to first keys when the event arrives. So no check has to know later keys.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::base::{EditId, EntityId, Key, Stamp, Value, ValueRef};
use crate::contract::{
    AppliedChange, Author, BlobId, ColumnKind, CommitKind, ConflictKind, DeviceView, EditKind, EngineEvent,
    Event, LocalEdit, LogEntry, NamedBy, OpenConflict, PageEvent, PendingEdit, Schema,
};
use crate::oracle::model::Truth;

#[derive(Clone, Debug)]
struct First {
    key: Key,
    sent: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) schema: Arc<Schema>,
    first: BTreeMap<(EntityId, Key), First>,
    later: BTreeMap<(EntityId, Key), Key>,
    pub(crate) creates: BTreeMap<EditId, Key>,
    /// Creates that were merged into another row with the same natural key. Later edits of the
    /// created row go to that other row.
    met: BTreeSet<EditId>,
    twice: BTreeSet<(EntityId, Key, Key)>,
    outdated: BTreeSet<(EntityId, Key)>,
    made: BTreeMap<(EntityId, Key), Key>,
    /// Rows from a create that had already made another row. The oracle keeps them apart.
    second: BTreeSet<(EntityId, Key)>,
}

#[derive(Default)]
pub(crate) struct FirstKeys {
    key: OnceCell<Key>,
    holder: OnceCell<Key>,
    values: OnceCell<Vec<Value>>,
    edits: OnceCell<Vec<LocalEdit>>,
    keys: OnceCell<Vec<Key>>,
}

pub(crate) struct Twice {
    pub(crate) entity: EntityId,
    pub(crate) given: Key,
    pub(crate) rows: [Key; 2],
}

impl Names {
    pub(crate) fn new(schema: Arc<Schema>) -> Names {
        Names { schema, ..Names::default() }
    }

    /// Notes which rows have new keys. Returns a key that two rows have, if there is one.
    pub(crate) fn learn(&mut self, event: &Event<'_>) -> Option<Twice> {
        match *event {
            Event::EditMade { edit, .. } | Event::EditMissed { edit, .. } => self.created(edit),
            Event::BecameCopy { unseen, .. } => unseen.iter().for_each(|edit| self.created(edit)),
            Event::Engine(EngineEvent::Renamed { entity, from, to })
                if self.gives_keys(entity) && !self.second.contains(&(entity, to.clone())) =>
            {
                return self.is_called(entity, to, from, false);
            }
            Event::Engine(
                EngineEvent::ConflictDecided { edit, kind: ConflictKind::InsertInsert, .. }
                | EngineEvent::Page(PageEvent::Resolved { edit, kind: ConflictKind::InsertInsert, .. }),
            ) => _ = self.met.insert(edit),
            Event::Engine(EngineEvent::EditSent { edit, entity, key, .. }) if !self.met.contains(&edit) => {
                let first = self.creates.get(&edit)?.clone();
                return self.is_called(entity, key, &first, true);
            }
            Event::Committed { entity, key, author: Author::Device(edit), replaced: None, .. } => {
                let first = self.creates.get(&edit)?.clone();
                if first != *key {
                    self.outdated.insert((entity, first.clone()));
                    let made = self.made.entry((entity, first.clone())).or_insert_with(|| key.clone());
                    if made != key {
                        self.second.insert((entity, key.clone()));
                        return None;
                    }
                }
                return self.is_called(entity, key, &first, true);
            }
            // A row that is not in the backup does not exist after the restore.
            Event::Committed { entity, key, author: Author::Backup, kind: CommitKind::Delete, .. } => {
                let first = self.other(entity, key)?;
                self.made.remove(&(entity, first));
            }
            _ => {}
        }
        None
    }

    fn gives_keys(&self, entity: EntityId) -> bool {
        matches!(self.schema.naming(entity).by, NamedBy::Server | NamedBy::Pool)
    }
    fn created(&mut self, edit: &LocalEdit) {
        if edit.kind == EditKind::Create && self.gives_keys(edit.entity) {
            self.creates.insert(edit.id, edit.key.clone());
        }
    }
    fn is_called(&mut self, entity: EntityId, key: &Key, first: &Key, sent: bool) -> Option<Twice> {
        if key == first {
            return None;
        }
        let known = self.first.get(&(entity, key.clone())).cloned();
        if let Some(known) = known.filter(|known| known.sent && known.key != *first) {
            let rows = [known.key, first.clone()];
            let is_news = sent && self.twice.insert((entity, key.clone(), first.clone()));
            return is_news.then(|| Twice { entity, given: key.clone(), rows });
        }
        self.later.insert((entity, first.clone()), key.clone());
        self.first.insert((entity, key.clone()), First { key: first.clone(), sent });
        None
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
    pub(crate) fn is_outdated(&self, entity: EntityId, key: &str) -> bool {
        !self.outdated.is_empty() && self.outdated.contains(&(entity, Key::new(key)))
    }
    pub(crate) fn first(&self, entity: EntityId, key: &Key) -> Key {
        self.other(entity, key).unwrap_or_else(|| key.clone())
    }
    fn other(&self, entity: EntityId, key: &Key) -> Option<Key> {
        self.first.get(&(entity, key.clone())).map(|first| first.key.clone())
    }
    fn later(&self, entity: EntityId, first: &str) -> Option<&Key> {
        self.later.get(&(entity, Key::new(first)))
    }
    fn value(&self, kind: &ColumnKind, value: &mut Value) {
        if let (ColumnKind::Ref(target), Value::Text(key)) = (kind, &*value)
            && let Some(first) = self.other(*target, &Key(Arc::clone(key)))
        {
            *value = Value::Text(first.0);
        }
    }
    fn edit(&self, edit: &LocalEdit) -> LocalEdit {
        let mut edit = LocalEdit { key: self.first(edit.entity, &edit.key), ..edit.clone() };
        let columns = &self.schema.entity(edit.entity).columns;
        edit.values.iter_mut().for_each(|(column, value)| self.value(&columns[*column].kind, value));
        edit
    }
    fn row(&self, entity: EntityId, values: &[Value]) -> Vec<Value> {
        let mut values = values.to_vec();
        let columns = &self.schema.entity(entity).columns;
        columns.iter().zip(&mut values).for_each(|(column, value)| self.value(&column.kind, value));
        values
    }

    pub(crate) fn told<'t>(
        &self,
        mut event: Event<'t>,
        own: &'t FirstKeys,
        changes: &'t OnceCell<Vec<AppliedChange<'t>>>,
    ) -> Event<'t> {
        match &mut event {
            Event::EditMade { edit, .. }
            | Event::EditRefused { edit, .. }
            | Event::EditMissed { edit, .. }
            | Event::EditPrevented { edit, .. } => {
                *edit = &own.edits.get_or_init(|| vec![self.edit(edit)])[0]
            }
            Event::BecameCopy { unseen, .. } => {
                *unseen = own.edits.get_or_init(|| unseen.iter().map(|edit| self.edit(edit)).collect());
            }
            Event::Engine(
                EngineEvent::EditSent { entity, key, .. }
                | EngineEvent::EditAcknowledged { entity, key, .. }
                | EngineEvent::ConflictDecided { entity, key, .. }
                | EngineEvent::EditLogged { entity, key, .. },
            )
            | Event::CommitDelayed { entity, key, .. }
            | Event::Engine(EngineEvent::Page(
                PageEvent::Open { entity, key, .. } | PageEvent::Resolved { entity, key, .. },
            )) => *key = own.key.get_or_init(|| self.first(*entity, key)),
            Event::Committed { entity, key, values, .. } => {
                *key = own.key.get_or_init(|| self.first(*entity, key));
                *values = own.values.get_or_init(|| self.row(*entity, values));
            }
            Event::MutationRefused { entity, key, conflict, holder, .. } => {
                *key = own.key.get_or_init(|| self.first(*entity, key));
                let named = holder.filter(|_| conflict.is_some());
                *holder = named.map(|to| own.holder.get_or_init(|| self.first(*entity, to)));
            }
            Event::Engine(EngineEvent::ChunkApplied { changes: told, .. }) => {
                let first = |change: &AppliedChange<'_>| self.first(change.entity, &Key::new(change.key));
                let keys = own.keys.get_or_init(|| told.iter().map(first).collect());
                let named = |(change, key): (&AppliedChange<'t>, &'t Key)| AppliedChange {
                    key,
                    values: None,
                    ..*change
                };
                *told = changes.get_or_init(|| told.iter().zip(keys).map(named).collect());
            }
            _ => {}
        }
        event
    }
}

pub(crate) struct NamedTruth<'a> {
    pub(crate) names: Rc<Names>,
    pub(crate) truth: &'a dyn Truth,
}

impl Truth for NamedTruth<'_> {
    fn row(&self, entity: EntityId, key: &str) -> Option<(Stamp, Vec<Value>)> {
        if self.names.is_empty() {
            return self.truth.row(entity, key);
        }
        let later = self.names.later(entity, key);
        let found = later.and_then(|later| self.truth.row(entity, later.as_str()));
        let (stamp, values) = found.or_else(|| self.truth.row(entity, key))?;
        Some((stamp, self.names.row(entity, &values)))
    }
    fn for_each(&self, entity: EntityId, f: &mut dyn FnMut(&Key, Stamp, &[Value])) {
        if self.names.is_empty() {
            return self.truth.for_each(entity, f);
        }
        self.truth.for_each(entity, &mut |key, stamp, values| {
            f(&self.names.first(entity, key), stamp, &self.names.row(entity, values));
        });
    }
}

pub(crate) struct NamedView<'a> {
    pub(crate) names: &'a Names,
    pub(crate) view: &'a dyn DeviceView,
}

impl NamedView<'_> {
    fn named(&self, mut edits: Vec<PendingEdit>) -> Vec<PendingEdit> {
        edits.iter_mut().for_each(|edit| edit.key = self.names.first(edit.entity, &edit.key));
        edits
    }
}

impl DeviceView for NamedView<'_> {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        if self.names.is_empty() {
            return self.view.rows(entity, f);
        }
        let columns: Vec<_> = self.names.schema.entity(entity).projected().collect();
        let mut rows: Vec<(Key, Stamp, Vec<Value>)> = Vec::new();
        self.view.rows(entity, &mut |key, stamp, values| {
            let mut values: Vec<Value> = values.iter().map(|value| value.to_value()).collect();
            let pairs = columns.iter().zip(&mut values);
            pairs.for_each(|(column, value)| self.names.value(&column.kind, value));
            rows.push((self.names.first(entity, &Key::new(key)), stamp, values));
        });
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        for (key, stamp, values) in &rows {
            let values: Vec<ValueRef<'_>> = values.iter().map(shown).collect();
            f(key.as_str(), *stamp, &values);
        }
    }

    fn pending(&self) -> Vec<PendingEdit> {
        self.named(self.view.pending())
    }
    fn open_conflicts(&self) -> Vec<OpenConflict> {
        let mut open = self.view.open_conflicts();
        open.iter_mut().for_each(|of| of.key = self.names.first(of.entity, &of.key));
        open
    }
    fn held_up(&self) -> Vec<PendingEdit> {
        self.named(self.view.held_up())
    }
    fn attachments(&self) -> Vec<BlobId> {
        self.view.attachments()
    }
    fn log(&self) -> Vec<LogEntry> {
        let mut log = self.view.log();
        log.iter_mut().for_each(|line| line.key = self.names.first(line.entity, &line.key));
        log
    }
    fn doing(&self) -> String {
        self.view.doing()
    }
}

pub(crate) fn shown(value: &Value) -> ValueRef<'_> {
    match value {
        Value::Null => ValueRef::Null,
        Value::Int(n) => ValueRef::Int(*n),
        Value::Real(x) => ValueRef::Real(*x),
        Value::Text(text) => ValueRef::Text(text),
        Value::Fat(_) => unreachable!("what is shown has been read"),
    }
}
