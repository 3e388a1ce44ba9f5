//! What can be asked of a backend that keeps no stamps: everything, and the details of a record.

use super::delta::Sight;
use super::index::Slot;
use super::partition::Scope;
use super::position::Change;
use super::table::Record;
use crate::base::{EntityId, Key, Stamp, Value};
use crate::contract::ServerError;

/// How the rows of a record were delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Rows looked at.
    pub scanned: u64,
    /// Rows delivered.
    pub delivered: u64,
    /// There are more than were asked for.
    pub more: bool,
}

impl Sight<'_> {
    /// Delivers the live rows of an entity fetched on open that belong to the record `of` and to a
    /// device with these attributes, in the order of their creation, at most `limit`.
    ///
    /// # Errors
    /// [`ServerError::BadRequest`] if the entity is not fetched on open.
    pub fn fetch(
        self,
        entity: EntityId,
        attributes: &[Value],
        of: &Key,
        limit: usize,
        mut take: impl FnMut(Change<'_>),
    ) -> Result<Fetched, ServerError> {
        let (schema, index) = self.database.content.on_open(entity)?;
        let table = self.database.content.table(entity);
        let mut fetched = Fetched { scanned: 0, delivered: 0, more: false };
        for &slot in index.of(&Value::Text(of.0.clone())) {
            if fetched.delivered >= limit as u64 {
                fetched.more = true;
                break;
            }
            fetched.scanned += 1;
            let record = table.record(slot);
            if schema.in_scope(&record.values, attributes) {
                fetched.delivered += 1;
                let is_new = table.is_new(slot);
                take(Change { key: &record.key, stamp: record.stamp, values: Some(&record.values), is_new });
            }
        }
        Ok(fetched)
    }

    /// All rows that readers see, as [`Backend::all`](super::Backend::all) gives them.
    pub(super) fn all(
        self,
        entity: EntityId,
        scope: Scope<'_>,
        mut take: impl FnMut(Change<'_>),
    ) -> Result<u64, ServerError> {
        let content = &self.database.content;
        let (schema, table) = (content.pulled(entity, scope)?, content.table(entity));
        let mut rows: Vec<(&Key, Stamp, &[Value])> = match scope {
            // Those are sorted by scope already.
            Scope::Of(_) => {
                let live = table.partition(schema, scope).into_iter().flat_map(|p| &p.live);
                live.filter_map(|((stamp, key), slot)| Some((key, *stamp, table.shown((*slot)?)))).collect()
            }
            Scope::Whole => {
                let row = |(slot, record)| {
                    let (stamp, values) = table.seen(slot as Slot)?;
                    let record: &Record = record;
                    Some((&record.key, stamp, values))
                };
                table.records().iter().enumerate().filter_map(row).collect()
            }
        };
        rows.sort_unstable_by(|a, b| a.0.cmp(b.0));
        for (key, stamp, values) in rows {
            take(Change { key, stamp, values: Some(values), is_new: false });
        }
        Ok(table.read_by_all() as u64)
    }
}
