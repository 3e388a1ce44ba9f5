//! Rows that come as a record is opened: what a device holds of them is as old as that, and must be
//! what the backend had at some time.

use super::history::History;
use super::truth::{RowHash, Truth};
use crate::base::{EntityId, Stamp, ValueRef};
use crate::contract::{Delivery, DeviceView, Schema};

/// Rows that a device holds of an entity that is delivered on open.
pub(super) struct Opened<'a> {
    pub(super) schema: &'a Schema,
    pub(super) history: &'a History,
    pub(super) truth: &'a dyn Truth,
    /// Whether versions are known by their stamps.
    pub(super) by_stamps: bool,
}

impl Opened<'_> {
    /// Looks at each such row and tells the key of each that reads as no version of it did; gives
    /// how many rows it looked at.
    pub(super) fn compare(&self, entity: EntityId, view: &dyn DeviceView, tell: &mut dyn FnMut(&str)) -> u64 {
        if !matches!(self.schema.entity(entity).delivery, Delivery::OnOpen { .. }) {
            return 0;
        }
        let (mut rows, mut hash) = (0, RowHash::default());
        view.rows(entity, &mut |key, stamp, values| {
            rows += 1;
            if !self.was(entity, key, stamp, values, &mut hash) {
                tell(key);
            }
        });
        rows
    }

    /// Whether the backend ever had this content; of versions of this stamp, if there are any.
    fn was(
        &self,
        entity: EntityId,
        key: &str,
        stamp: Stamp,
        values: &[ValueRef<'_>],
        hash: &mut RowHash,
    ) -> bool {
        let content = hash.shown(values);
        let schema = self.schema.entity(entity);
        let Some(id) = self.history.find(entity, key) else {
            // Nothing happened to it since the start.
            let there = self.truth.row(entity, key);
            return there.is_some_and(|(_, values)| hash.projected(schema, &values) == content);
        };
        let first = self.history.at_the_start(entity, key);
        let first = first.map(|(stamp, values)| (stamp, hash.projected(schema, &values)));
        let later = self.history.row(id).versions.iter().filter(|version| !version.gone);
        let versions: Vec<(Stamp, u64)> =
            first.into_iter().chain(later.map(|version| (version.stamp, version.content))).collect();
        let dated = self.by_stamps && versions.iter().any(|version| version.0 == stamp);
        versions.iter().any(|version| version.1 == content && (!dated || version.0 == stamp))
    }
}
