//! Rows of which a device shows a part, beside those that it holds in full: what it says of a
//! version must be what that version said.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{Check, Subject};
use super::model::Oracle;
use super::truth::Truth;
use super::words;
use crate::base::{DeviceId, EntityId, Key, Stamp, UnitId, Value};
use crate::contract::{DeviceView, Entity, Schema};

impl Oracle {
    /// Looks at what a device shows of entities of which units bring parts. Versions that the
    /// backend has left behind by now are not looked at. `at_rest` all that is there has come in
    /// full, and no part is shown.
    pub fn look_at_parts(
        &mut self,
        device: DeviceId,
        view: &dyn DeviceView,
        truth: &dyn Truth,
        at_rest: bool,
    ) {
        let in_parts = |id: &EntityId| self.units.iter().any(|unit| unit.excerpt(*id).is_some());
        let entities: Vec<EntityId> = self.schema.ids().filter(in_parts).collect();
        if entities.is_empty() {
            return;
        }
        let waits = view.pending().into_iter().chain(view.held_up());
        let dirty: Vec<(EntityId, Key)> = waits.map(|edit| (edit.entity, edit.key)).collect();
        for id in entities {
            let mut parts: BTreeMap<String, (UnitId, Stamp, Vec<Value>)> = BTreeMap::new();
            view.excerpts(id, &mut |unit, key, stamp, values| {
                parts.insert(key.to_owned(), (unit, stamp, values.to_vec()));
            });
            self.parts_seen += parts.len() as u64;
            for (key, (unit, stamp, values)) in &parts {
                let columns = self.units[usize::from(unit.0)].excerpt(id).map(|part| &part.columns[..]);
                if at_rest {
                    self.contradicts(device, (id, key), "at rest is shown in part");
                } else if differs(truth, (id, key), *stamp, (columns.unwrap_or_default(), values)) {
                    self.contradicts(device, (id, key), "shows in part what its version does not say");
                }
            }
            let schema = std::sync::Arc::clone(&self.schema);
            let entity: &Entity = schema.entity(id);
            view.rows(id, &mut |key, stamp, values| {
                let values: Vec<Value> = values.iter().map(|value| value.to_value()).collect();
                let is_dirty = dirty.iter().any(|(of, own)| *of == id && own.as_str() == key);
                if !is_dirty && differs(truth, (id, key), stamp, (&entity.projection, &values)) {
                    self.contradicts(device, (id, key), "shows in full what its version does not say");
                }
            });
        }
    }

    /// Looks at the columns that a newer version of the app has brought to a device: each row that
    /// is of the backend's present version must say what that says.
    pub(super) fn look_at_columns(
        &mut self,
        device: DeviceId,
        view: &dyn DeviceView,
        truth: &dyn Truth,
        newer: &Schema,
    ) {
        let waits = view.pending().into_iter().chain(view.held_up());
        let dirty: BTreeSet<(EntityId, Key)> = waits.map(|edit| (edit.entity, edit.key)).collect();
        for id in newer.ids() {
            let (held, all) = (self.schema.entity(id).projection.len(), &newer.entity(id).projection);
            if held == all.len() {
                continue;
            }
            view.rows(id, &mut |key, stamp, values| {
                let values: Vec<Value> = values.iter().skip(held).map(|value| value.to_value()).collect();
                self.parts_seen += 1;
                let is_dirty = dirty.contains(&(id, Key::new(key)));
                if !is_dirty && differs(truth, (id, key), stamp, (&all[held..], &values)) {
                    self.contradicts(device, (id, key), "lacks in a new column what its version says");
                }
            });
        }
    }

    /// Of what units have of their own, what nobody saw any of.
    pub(super) fn unseen(&self) -> Vec<Subject> {
        let seen = [(Subject::Cursors, self.strangers.has_seen()), (Subject::Parts, self.parts_seen > 0)];
        seen.into_iter().filter(|(_, seen)| !seen).map(|(subject, _)| subject).collect()
    }

    fn contradicts(&mut self, device: DeviceId, (entity, key): (EntityId, &str), how: &str) {
        let record = words::record(&self.schema, entity, key);
        let concerns = (Some(device), Some((entity, key)));
        self.findings.add(Check::Contradiction, concerns, || format!("on {device} {record} {how}"));
    }
}

/// Whether the backend's version of this stamp, if it is the present one, has other values in these
/// columns.
fn differs(
    truth: &dyn Truth,
    (entity, key): (EntityId, &str),
    stamp: Stamp,
    (columns, shown): (&[usize], &[Value]),
) -> bool {
    truth.row(entity, key).filter(|(present, _)| *present == stamp).is_some_and(|(_, values)| {
        columns.len() != shown.len()
            || columns.iter().zip(shown).any(|(column, own)| !same(&values[*column], own))
    })
}

/// A text is told from one that is made of its seed by what it says.
fn same(backend: &Value, shown: &Value) -> bool {
    crate::base::Cell::of(backend).to_value() == crate::base::Cell::of(shown).to_value()
}
