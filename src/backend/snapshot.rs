//! Everything there is: what can be asked of a backend that keeps no stamps.

use super::delta::{Change, Fetched, Scope};
use super::machine::Backend;
use super::table::Record;
use crate::base::{EntityId, Key};
use crate::contract::ServerError;

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
}
