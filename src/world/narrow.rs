//! What a device holds, as an older version of its app would show it.

use crate::base::{EntityId, Stamp, ValueRef};
use crate::contract::{
    BlobId, DeviceView, EachExcerpt, Listed, LocalQuery, LogEntry, OpenConflict, PendingEdit, RowWait, Schema,
};

/// A view without the columns that this schema has not.
pub(super) struct Narrow<'v> {
    pub(super) view: &'v dyn DeviceView,
    pub(super) schema: &'v Schema,
}

impl DeviceView for Narrow<'_> {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        let width = self.schema.entity(entity).projection.len();
        self.view.rows(entity, &mut |key, stamp, values| f(key, stamp, &values[..width.min(values.len())]));
    }
    fn excerpts(&self, entity: EntityId, f: &mut EachExcerpt<'_>) {
        self.view.excerpts(entity, f);
    }
    fn pending(&self) -> Vec<PendingEdit> {
        self.view.pending()
    }
    fn open_conflicts(&self) -> Vec<OpenConflict> {
        self.view.open_conflicts()
    }
    fn held_up(&self) -> Vec<PendingEdit> {
        self.view.held_up()
    }
    fn held_back(&self) -> u64 {
        self.view.held_back()
    }
    fn waits_for(&self) -> Option<RowWait> {
        self.view.waits_for()
    }
    fn attachments(&self) -> Vec<BlobId> {
        self.view.attachments()
    }
    fn log(&self) -> Vec<LogEntry> {
        self.view.log()
    }
    fn list(&self, query: &LocalQuery, nth: u64) -> Option<Listed> {
        self.view.list(query, nth)
    }
    fn doing(&self) -> String {
        self.view.doing()
    }
    fn damage(&self, all: bool) -> Option<String> {
        self.view.damage(all)
    }
}
