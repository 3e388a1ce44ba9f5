//! The views that the oracle (the judge) gets: rows of the backend, and devices at the end.

use std::collections::BTreeMap;

use super::perform::State;
use super::recorded::Row;
use crate::base::{Cell, EntityId, Key, Stamp, Value, ValueRef};
use crate::contract::{Attributes, DeviceView, Entity, LogEntry, PendingEdit, ScopeRule};
use crate::oracle::Truth;

#[derive(Clone, Debug, Default)]
pub(super) struct Rows(Vec<BTreeMap<Key, (Stamp, Vec<Value>)>>);

impl Rows {
    pub(super) fn new(entities: usize) -> Rows {
        Rows(vec![BTreeMap::new(); entities])
    }
    pub(super) fn set(&mut self, (entity, key): &Row, stamp: Stamp, state: State) {
        let rows = &mut self.0[usize::from(entity.0)];
        match state {
            Some(values) => _ = rows.insert(key.clone(), (stamp, values)),
            None => _ = rows.remove(key),
        }
    }
    pub(super) fn get(&self, entity: EntityId, key: &str) -> Option<&(Stamp, Vec<Value>)> {
        self.0[usize::from(entity.0)].get(key)
    }
    pub(super) fn of(&self, entity: EntityId) -> &BTreeMap<Key, (Stamp, Vec<Value>)> {
        &self.0[usize::from(entity.0)]
    }
}

impl Truth for Rows {
    fn row(&self, entity: EntityId, key: &str) -> Option<(Stamp, Vec<Value>)> {
        self.get(entity, key).cloned()
    }
    fn for_each(&self, entity: EntityId, f: &mut dyn FnMut(&Key, Stamp, &[Value])) {
        self.of(entity).iter().for_each(|(key, (stamp, values))| f(key, *stamp, values));
    }
}

/// True if a row belongs on a device with these attributes.
pub(super) fn is_in_scope(entity: &Entity, values: &[Value], attributes: &Attributes) -> bool {
    entity.scope.iter().all(|rule: &ScopeRule| rule.is_met(&values[rule.column()], attributes))
}

pub(super) type ShownRow = (Key, Stamp, Vec<Value>);

/// The rows, waiting edits and log of a device at the end.
#[derive(Debug, Default)]
pub(super) struct View {
    /// By entity, in key order.
    pub(super) rows: Vec<Vec<ShownRow>>,
    pub(super) pending: Vec<PendingEdit>,
    /// Edits that are not committed, of a device whose waiting edits nobody recorded.
    pub(super) unknown: Vec<PendingEdit>,
    pub(super) log: Vec<LogEntry>,
}

impl DeviceView for View {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        for (key, stamp, values) in &self.rows[usize::from(entity.0)] {
            let cells: Vec<Cell<'_>> = values.iter().map(Cell::of).collect();
            let cells: Vec<ValueRef<'_>> = cells.iter().map(Cell::as_ref).collect();
            f(key.as_str(), *stamp, &cells);
        }
    }
    fn pending(&self) -> Vec<PendingEdit> {
        self.pending.clone()
    }
    fn held_up(&self) -> Vec<PendingEdit> {
        self.unknown.clone()
    }
    fn log(&self) -> Vec<LogEntry> {
        self.log.clone()
    }
}
