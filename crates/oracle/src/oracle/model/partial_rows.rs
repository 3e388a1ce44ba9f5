//! Partial rows that a device shows beside the rows it holds in full: their values must be those of
//! their version.

use rustc_hash::FxHashSet;
use std::rc::Rc;
use std::sync::Arc;

use crate::base::{DeviceId, EntityId, Key, Stamp, ValueRef};
use crate::contract::{Delivery, DeviceView, Entity, Schema};
use crate::oracle::check::Matter;
use crate::oracle::checks::{CONTRADICTION, contradiction};
use crate::oracle::model::content::{Contents, Difference};
use crate::oracle::model::listener::Oracle;
use crate::oracle::model::truth::{RowHash, Truth, alike};

/// The backend's rows of which units bring parts; read once for all devices.
pub struct Parts(Contents);

impl Oracle {
    /// Reads the rows of which units bring parts, as devices should show them.
    pub fn parts(&self, truth: &dyn Truth) -> Parts {
        Parts(Contents::of(&self.setup.labels.schema, |id| self.is_in_parts(id), truth))
    }

    /// Checks the partial rows that a device shows, where the backend's row has not changed since.
    pub fn look_at_parts(
        &mut self,
        device: DeviceId,
        view: &dyn DeviceView,
        truth: &dyn Truth,
        parts: &mut Parts,
    ) {
        let waits = view.pending().into_iter().chain(view.held_up());
        let dirty: FxHashSet<(EntityId, Key)> = waits.map(|edit| (edit.entity, edit.key)).collect();
        let (schema, places) =
            (Arc::clone(&self.setup.labels.schema), Rc::clone(&self.places[device.0 as usize]));
        for id in schema.ids().filter(|id| self.is_in_parts(*id)).collect::<Vec<_>>() {
            let mut shown = Vec::new();
            view.excerpts(id, &mut |unit, key, stamp, values| {
                let columns =
                    self.setup.labels.units[usize::from(unit.0)].excerpt(id).map(|part| &part.columns[..]);
                let content = parts.0.content(values.iter());
                shown.push((key.to_owned(), stamp, content, columns.unwrap_or_default().to_vec()));
            });
            self.parts_seen += shown.len() as u64;
            for (key, stamp, content, columns) in shown {
                if parts.0.differs(truth, (id, &key), (stamp, content), &columns) {
                    self.contradicts(
                        device,
                        (id, &key),
                        "is a partial row with values that its version does not have",
                    );
                }
            }
            let entity: &Entity = schema.entity(id);
            let mut strange = Vec::new();
            parts.0.compare(id, &places[usize::from(id.0)], view, &mut |difference| match difference {
                Difference::Differs { expected, stamp, .. } if stamp == expected.stamp => {
                    strange.push((expected.key.to_string(), None));
                }
                Difference::Extra { key, stamp, content } => {
                    strange.push((key.to_owned(), Some((stamp, content))));
                }
                _ => (),
            });
            for (key, extra) in strange {
                let is_wrong =
                    extra.is_none_or(|shown| parts.0.differs(truth, (id, &key), shown, &entity.projection));
                if is_wrong && !dirty.contains(&(id, Key::new(&key))) {
                    self.contradicts(
                        device,
                        (id, &key),
                        "is shown in full with values that its version does not have",
                    );
                }
            }
        }
    }

    pub(in crate::oracle) fn look_at_parts_at_rest(&mut self, device: DeviceId, view: &dyn DeviceView) {
        for id in self.setup.labels.schema.ids().filter(|id| self.is_in_parts(*id)).collect::<Vec<_>>() {
            let mut shown = Vec::new();
            view.excerpts(id, &mut |_, key, _, _| shown.push(key.to_owned()));
            self.parts_seen += shown.len() as u64;
            for key in shown {
                self.contradicts(device, (id, &key), "is still a partial row at rest");
            }
        }
    }

    fn is_in_parts(&self, id: EntityId) -> bool {
        self.setup.labels.units.iter().any(|unit| unit.excerpt(id).is_some())
    }

    /// Checks the columns that a newer app added: a current version must have its values.
    pub(in crate::oracle) fn look_at_columns(
        &mut self,
        device: DeviceId,
        view: &dyn DeviceView,
        truth: &dyn Truth,
        newer: &Schema,
    ) {
        let waits = view.pending().into_iter().chain(view.held_up());
        let dirty: FxHashSet<(EntityId, Key)> = waits.map(|edit| (edit.entity, edit.key)).collect();
        for id in newer.ids() {
            let (held, all) =
                (self.setup.labels.schema.entity(id).projection.len(), &newer.entity(id).projection);
            if held == all.len() {
                continue;
            }
            view.rows(id, &mut |key, stamp, shown| {
                self.parts_seen += 1;
                let present = truth.row(id, key).filter(|(present, _)| *present == stamp);
                let other = present.and_then(|(_, says)| {
                    let mut pairs = all[held..].iter().zip(&shown[held..]);
                    pairs.find(|(column, own)| !alike(&says[**column], &own.to_value()))
                });
                if let Some((&column, _)) = other
                    && !dirty.contains(&(id, Key::new(key)))
                {
                    let name = &newer.entity(id).columns[column].name;
                    let how = format!("has another value in `{name}`, a column of the new version of the app, than its version");
                    self.contradicts(device, (id, key), &how);
                }
            });
        }
    }

    pub(in crate::oracle) fn unseen(&self) -> Vec<Matter> {
        let seen = [
            (Matter::Parts, self.parts_seen > 0),
            (Matter::Looks, self.looks.taken > 0),
            (Matter::Attachments, !self.attachments.is_empty()),
        ];
        seen.into_iter().filter(|(_, seen)| !seen).map(|(matter, _)| matter).collect()
    }
    fn contradicts(&mut self, device: DeviceId, (entity, key): (EntityId, &str), how: &str) {
        let text = contradiction(&self.setup.labels, device, (entity, key), how);
        self.findings.add(&CONTRADICTION, (Some(device), Some((entity, key))), || text);
    }
}

/// Rows fetched on open: each must equal some version of the backend.
impl Oracle {
    /// Reports the key of each row that equals no version; returns the number of rows checked.
    pub(in crate::oracle) fn compare_opened(
        &self,
        truth: &dyn Truth,
        entity: EntityId,
        view: &dyn DeviceView,
        tell: &mut dyn FnMut(&str),
    ) -> u64 {
        if !matches!(self.setup.labels.schema.entity(entity).delivery, Delivery::OnOpen { .. }) {
            return 0;
        }
        let (mut rows, mut hash) = (0, RowHash::default());
        view.rows(entity, &mut |key, stamp, values| {
            rows += 1;
            if !self.was(truth, (entity, key), stamp, values, &mut hash) {
                tell(key);
            }
        });
        rows
    }

    /// Whether the backend ever had this content, in versions with this stamp if there are any.
    fn was(
        &self,
        truth: &dyn Truth,
        (entity, key): (EntityId, &str),
        stamp: Stamp,
        values: &[ValueRef<'_>],
        hash: &mut RowHash,
    ) -> bool {
        let content = hash.shown(values);
        let schema = self.setup.labels.schema.entity(entity);
        let Some(id) = self.history.find(entity, key) else {
            let there = truth.row(entity, key);
            return there.is_some_and(|(_, values)| hash.projected(schema, &values) == content);
        };
        let first = self.history.first(entity, key);
        let later = self.history.row(id).versions.iter().filter(|version| !version.gone);
        let versions: Vec<(Stamp, u64)> =
            first.into_iter().chain(later.map(|version| (version.stamp, version.content))).collect();
        let dated = self.findings.by_stamps() && versions.iter().any(|version| version.0 == stamp);
        versions.iter().any(|version| version.1 == content && (!dated || version.0 == stamp))
    }
}
