//! The backend's rows, in the form in which the oracle reads them.

use std::cell::RefCell;
use std::sync::Arc;

use super::watch::Wanted;
use crate::backend::{Backend, Loaded};
use crate::base::{EntityId, Key, Stamp, Value};
use crate::oracle::Truth;

type Version = (Key, Stamp, Arc<[Value]>);

pub(super) struct Initial(pub(super) Vec<Vec<Version>>);

impl Initial {
    pub(super) fn add(&mut self, entity: EntityId, row: &Loaded, precision: impl Fn(Stamp) -> Stamp) {
        if row.deleted.is_none() {
            let version = (row.key.clone(), precision(row.updated), row.values.clone());
            self.0[usize::from(entity.0)].push(version);
        }
    }
    /// Sorts the rows. Call it after all rows are added.
    pub(super) fn sorted(mut self) -> Initial {
        for rows in &mut self.0 {
            rows.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        }
        self
    }
}

impl Truth for Initial {
    fn row(&self, entity: EntityId, key: &str) -> Option<(Stamp, Vec<Value>)> {
        let rows = &self.0[usize::from(entity.0)];
        let at = rows.binary_search_by(|row| row.0.as_str().cmp(key)).ok()?;
        Some((rows[at].1, rows[at].2.to_vec()))
    }
    fn for_each(&self, entity: EntityId, f: &mut dyn FnMut(&Key, Stamp, &[Value])) {
        for (key, stamp, values) in &self.0[usize::from(entity.0)] {
            f(key, *stamp, values);
        }
    }
}

/// The present backend. Reads end early if the function in the second field returns true.
pub(super) struct Now<'b>(pub(super) &'b RefCell<Backend>, pub(super) &'b dyn Fn() -> bool);

impl Truth for Now<'_> {
    fn row(&self, entity: EntityId, key: &str) -> Option<(Stamp, Vec<Value>)> {
        let backend = self.0.borrow();
        let record = backend.row(entity, &Key::new(key)).filter(|record| !record.deleted)?;
        Some((record.stamp, record.values.to_vec()))
    }
    fn for_each(&self, entity: EntityId, f: &mut dyn FnMut(&Key, Stamp, &[Value])) {
        let backend = self.0.borrow();
        let rows = Wanted { rows: backend.rows(entity), given: 0, stops: self.1 };
        for record in rows.filter(|record| !record.deleted) {
            f(&record.key, record.stamp, &record.values);
        }
    }
}
