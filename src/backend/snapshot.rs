//! Everything there is: what can be asked of a backend that keeps no stamps.

use super::delta::{Change, Fetched, Scope};
use super::index::Slot;
use super::machine::Backend;
use super::table::Record;
use crate::base::{EntityId, Key, Stamp, Time, Value};
use crate::contract::{Delivery, ServerError};

impl Backend {
    /// Delivers the live rows of `entity` in `scope`, in the order of keys after `after`, at most `limit`. Looks at every row, for each page anew.
    ///
    /// # Errors
    /// [`ServerError::BadRequest`] if there is no such entity.
    pub fn everything(
        &self,
        entity: EntityId,
        scope: Scope<'_>,
        after: Option<&Key>,
        limit: usize,
        mut take: impl FnMut(Change<'_>),
    ) -> Result<Fetched, ServerError> {
        let Some(schema) = self.entity(entity) else {
            return Err(ServerError::BadRequest(format!("there is no entity {}", entity.0)));
        };
        let records = self.table(entity).records();
        let wanted = |record: &&Record| {
            !record.deleted
                && after.is_none_or(|after| record.key > *after)
                && match scope {
                    Scope::Of(attributes) => schema.in_scope(&record.values, attributes),
                    Scope::Whole => true,
                }
        };
        let mut rows: Vec<&Record> = records.iter().filter(wanted).collect();
        rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let more = rows.len() > limit;
        rows.truncate(limit);
        for record in &rows {
            take(Change { key: &record.key, stamp: record.stamp, values: Some(&record.values) });
        }
        Ok(Fetched { scanned: records.len() as u64, delivered: rows.len() as u64, more })
    }

    /// Delivers to `take` all rows of `entity` in `scope` that readers see at `now`, in the order of keys: what one transaction
    /// reads that is isolated from all others. Gives how many rows the backend looked at, which is all it has.
    ///
    /// # Errors
    /// [`ServerError::BadRequest`] if there is no such entity, or the devices of the scope do not pull it.
    pub fn all(
        &mut self,
        now: Time,
        entity: EntityId,
        scope: Scope<'_>,
        mut take: impl FnMut(Change<'_>),
    ) -> Result<u64, ServerError> {
        self.show_due(now);
        let Some(schema) = self.entity(entity) else {
            return Err(ServerError::BadRequest(format!("there is no entity {}", entity.0)));
        };
        let table = self.table(entity);
        let mut rows: Vec<(&Key, Stamp, &[Value])> = match scope {
            Scope::Of(_) if schema.delivery != Delivery::Delta => {
                return Err(ServerError::BadRequest(format!("{} is not pulled", schema.name)));
            }
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
            take(Change { key, stamp, values: Some(values) });
        }
        Ok(table.read_by_all() as u64)
    }
}
