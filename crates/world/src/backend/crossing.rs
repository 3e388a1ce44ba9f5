//! Changes of a reader's scope. The rows themselves do not change then, so pages of changes do not
//! contain these rows. The reader gets the rows here.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

use super::index::Slot;
use super::partition::{Change, Scope};
use super::sight::{Fetched, Sight};
use crate::base::{EntityId, Key};
use crate::contract::ServerError;

/// A reader that moves from one scope to another, and its progress.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crossing<'q> {
    pub(crate) entity: EntityId,
    pub(crate) from: Scope<'q>,
    pub(crate) to: Scope<'q>,
    /// Continues after this key; `None`: at the beginning.
    pub(crate) after: Option<&'q Key>,
    /// Delivers at most this many rows, at least 1.
    pub(crate) limit: usize,
}

impl Sight<'_> {
    /// Delivers each row of the new scope as it is now. Delivers a tombstone for each row that is
    /// or was in the old scope only. Rows come in the order of keys. Ends at `limit` or when `take`
    /// breaks; the last row counts as taken.
    pub(crate) fn crossing(
        self,
        crossing: Crossing<'_>,
        mut take: impl FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<Fetched, ServerError> {
        let Crossing { entity: id, from, to, after, limit } = crossing;
        let content = &self.database.content;
        let entity = content.pulled(id, to)?;
        let table = content.table(id);
        let mut rows: BTreeMap<&Key, Option<Slot>> = BTreeMap::new();
        if let Some(old) = table.partition(entity, from) {
            rows.extend(old.live.keys().chain(&old.gone).map(|(_, key)| (key, None)));
        }
        let new = table.partition(entity, to).into_iter().flat_map(|new| &new.live);
        rows.extend(new.filter_map(|((_, key), slot)| Some((key, Some((*slot)?)))));
        let head = self.head();
        let beyond = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut crossed = Fetched::default();
        for (key, there) in rows.range::<Key, _>((beyond, Bound::Unbounded)) {
            if crossed.delivered >= limit as u64 || crossed.more {
                crossed.more = true;
                break;
            }
            crossed.scanned += 1;
            crossed.delivered += 1;
            let change = match there {
                Some(slot) => {
                    let (stamp, values) = table.seen(*slot).unwrap_or((head, table.shown(*slot)));
                    Change { key, stamp, values: Some(values), is_new: false }
                }
                None => Change { key, stamp: head, values: None, is_new: false },
            };
            crossed.more = take(change).is_break();
        }
        Ok(crossed)
    }
}
