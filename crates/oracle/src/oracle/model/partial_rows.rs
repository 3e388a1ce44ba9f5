//! Checks partial rows: rows of which a device has only some columns. Their values must be those of
//! their version.

use std::rc::Rc;

use crate::base::{DeviceId, EntityId, Key, Stamp};
use crate::contract::{Delivery, DeviceView, Schema};
use crate::oracle::checks::CONTRADICTION;
use crate::oracle::model::{Contents, Difference, Oracle, RowHash, Truth, alike};
use crate::oracle::watch::with_waiting_edits;
use crate::oracle::{Matter, OracleSetup};

/// The backend's rows of all entities that a device may hold as partial rows. They are read once
/// for all devices.
pub struct Parts(Contents);

impl Oracle {
    /// Reads the rows from the backend, with the values that devices should show.
    pub fn parts(&self, truth: &dyn Truth) -> Parts {
        let wanted: Vec<EntityId> = in_parts(&self.setup).collect();
        Parts(Contents::of(&self.setup.labels.schema, |id| wanted.contains(&id), truth))
    }

    /// Checks the partial rows on a device. `parts` has the backend's rows, which must not have
    /// changed since.
    pub fn look_at_parts(
        &mut self,
        device: DeviceId,
        view: &dyn DeviceView,
        truth: &dyn Truth,
        parts: &mut Parts,
    ) {
        let dirty = with_waiting_edits(view);
        let setup = Rc::clone(&self.setup);
        let places = Rc::clone(&self.places[device.0 as usize]);
        for id in in_parts(&setup) {
            let mut shown = Vec::new();
            view.excerpts(id, &mut |unit, key, stamp, values| {
                let part = setup.labels.units[usize::from(unit.0)].excerpt(id);
                let columns = part.map_or(&[][..], |part| &part.columns);
                let content = parts.0.hash.own(values.iter());
                shown.push((key.to_owned(), stamp, content, columns));
            });
            self.parts_seen += shown.len() as u64;
            for (key, stamp, content, columns) in shown {
                if parts.0.differs(truth, (id, &key), (stamp, content), columns) {
                    let how = "is a partial row with values that its version does not have";
                    self.contradicts(device, (id, &key), how);
                }
            }
            let columns = &setup.labels.schema.entity(id).projection;
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
                let is_wrong = extra.is_none_or(|shown| parts.0.differs(truth, (id, &key), shown, columns));
                if is_wrong && !dirty.contains(&(id, Key::new(&key))) {
                    let how = "is shown in full with values that its version does not have";
                    self.contradicts(device, (id, &key), how);
                }
            }
        }
    }

    pub(crate) fn look_at_parts_at_rest(&mut self, device: DeviceId, view: &dyn DeviceView) {
        for id in in_parts(&Rc::clone(&self.setup)) {
            view.excerpts(id, &mut |_, key, _, _| {
                self.parts_seen += 1;
                self.contradicts(device, (id, key), "is still a partial row at rest");
            });
        }
    }

    /// Checks the columns that a newer version of the app added. A row must have the values of the
    /// backend's current version, if it has its stamp.
    pub(crate) fn look_at_columns(
        &mut self,
        device: DeviceId,
        view: &dyn DeviceView,
        truth: &dyn Truth,
        newer: &Schema,
    ) {
        let dirty = with_waiting_edits(view);
        for id in newer.ids() {
            let held = self.setup.labels.schema.entity(id).projection.len();
            let new = &newer.entity(id).projection[held..];
            if new.is_empty() {
                continue;
            }
            view.rows(id, &mut |key, stamp, shown| {
                self.parts_seen += 1;
                let present = truth.row(id, key).filter(|(present, _)| *present == stamp);
                let other = present.and_then(|(_, says)| {
                    let mut pairs = new.iter().zip(&shown[held..]);
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

    pub(crate) fn unseen(&self) -> Vec<Matter> {
        let seen = [
            (Matter::Parts, self.parts_seen > 0),
            (Matter::Looks, self.looks.taken > 0),
            (Matter::Attachments, !self.attachments.made.is_empty()),
        ];
        seen.into_iter().filter(|(_, seen)| !seen).map(|(matter, _)| matter).collect()
    }
    fn contradicts(&mut self, device: DeviceId, (entity, key): (EntityId, &str), how: &str) {
        let record = self.setup.labels.record(entity, key);
        let text = || format!("on {device} {record} {how}");
        self.findings.add(&CONTRADICTION, (Some(device), Some((entity, key))), text);
    }

    /// Checks rows that a device fetched when a person opened them. Each must equal some version of
    /// the backend; `tell` gets the key of each other row. Returns how many rows were checked.
    pub(crate) fn compare_opened(
        &self,
        truth: &dyn Truth,
        entity: EntityId,
        view: &dyn DeviceView,
        tell: &mut dyn FnMut(&str),
    ) -> u64 {
        if !matches!(self.setup.labels.schema.entity(entity).delivery, Delivery::OnOpen { .. }) {
            return 0;
        }
        let schema = self.setup.labels.schema.entity(entity);
        let mut hash = RowHash::default();
        // True if the backend ever had this content. If a version has this stamp, only that version
        // counts.
        let mut was = |key: &str, stamp: Stamp, content: u64| {
            let Some(id) = self.history.find(entity, key) else {
                let there = truth.row(entity, key);
                return there.is_some_and(|(_, values)| hash.projected(schema, &values) == content);
            };
            let later = self.history.row(id).versions.iter().filter(|version| !version.gone);
            let later = later.map(|version| (version.stamp, version.content));
            let versions: Vec<_> = self.history.first(entity, key).into_iter().chain(later).collect();
            let dated = self.findings.by_stamps() && versions.iter().any(|version| version.0 == stamp);
            versions.iter().any(|version| version.1 == content && (!dated || version.0 == stamp))
        };
        let (mut rows, mut shown) = (0, RowHash::default());
        view.rows(entity, &mut |key, stamp, values| {
            rows += 1;
            if !was(key, stamp, shown.shown(values)) {
                tell(key);
            }
        });
        rows
    }
}

fn in_parts(setup: &OracleSetup) -> impl Iterator<Item = EntityId> {
    let has_part = |id: &EntityId| setup.labels.units.iter().any(|unit| unit.excerpt(*id).is_some());
    setup.labels.schema.ids().filter(has_part)
}
