//! A device view without the columns that an older version of the app does not have.

use crate::base::{EntityId, Stamp, ValueRef};
use crate::contract::{
    BlobId, DeviceView, EachExcerpt, Listed, LocalQuery, LogEntry, OpenConflict, PendingEdit, RowWait, Schema,
};

/// Forwards methods of a view unchanged.
macro_rules! as_the_view_says {
    () => { as_the_view_says! {
        pending() -> Vec<PendingEdit>,
        open_conflicts() -> Vec<OpenConflict>,
        held_up() -> Vec<PendingEdit>,
        held_back() -> u64,
        waits_for() -> Option<RowWait>,
        attachments() -> Vec<BlobId>,
        log() -> Vec<LogEntry>,
        doing() -> String,
        damage(all: bool) -> Option<String>,
    } };
    ($($name:ident($($of:ident: $kind:ty)?) -> $out:ty),+ $(,)?) => {
        $(fn $name(&self $(, $of: $kind)?) -> $out { self.view.$name($($of)?) })+
    };
}
pub(crate) use as_the_view_says;

pub(crate) struct Narrow<'v> {
    pub(crate) view: &'v dyn DeviceView,
    pub(crate) schema: &'v Schema,
}

impl DeviceView for Narrow<'_> {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        let width = self.schema.entity(entity).projection.len();
        self.view.rows(entity, &mut |key, stamp, values| f(key, stamp, &values[..width.min(values.len())]));
    }
    fn excerpts(&self, entity: EntityId, f: &mut EachExcerpt<'_>) {
        self.view.excerpts(entity, f);
    }
    as_the_view_says! {}
    fn list(&self, query: &LocalQuery, nth: u64) -> Option<Listed> {
        self.view.list(query, nth)
    }
}
