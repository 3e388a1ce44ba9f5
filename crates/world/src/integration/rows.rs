//! Turns the rows that a worker has read into writes, and responses into results.

use std::sync::Arc;

use crate::base::{EntityId, Key, Stamp, Value};
use crate::gateway::FeedRow;

/// A record to be written to the destination.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Write {
    pub(crate) entity: EntityId,
    /// The record's key in the source.
    pub(crate) key: Key,
    /// The stamp of the record's version.
    pub(crate) stamp: Stamp,
    /// The values; `None` deletes the record.
    pub(crate) values: Option<Arc<[Value]>>,
    /// The destination's own id, if the worker knows one.
    pub(crate) own: Option<u64>,
}

/// The destination's result for a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// The record is there, under this id.
    There(u64),
    /// The record no longer exists, or never did.
    Gone,
    /// The destination did not accept the record this time.
    Rejected,
}

/// The results that a worker records after a call with a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// The ids of records; `None` for records that are gone.
    pub(crate) ids: Vec<(Key, Option<u64>)>,
    pub(crate) rejected: Vec<Key>,
}

/// The destination's own id of a row, if it gave one.
pub(crate) type OwnId<'o> = &'o dyn Fn(&Key) -> Option<u64>;

/// The writes for these rows. If only own ids identify records (`own`), a delete of a record
/// without a known id is left out.
pub(crate) fn writes(entity: EntityId, rows: &[FeedRow], own: Option<OwnId<'_>>) -> Vec<Write> {
    let write = |row: &FeedRow| {
        let id = own.and_then(|own| own(&row.key));
        let is_for_nothing = own.is_some() && id.is_none() && row.values.is_none();
        let FeedRow { key, stamp, values } = row.clone();
        (!is_for_nothing).then_some(Write { entity, key, stamp, values, own: id })
    };
    rows.iter().filter_map(write).collect()
}

/// The results of these writes.
pub(crate) fn settled(writes: &[Write], answers: &[Written]) -> Settled {
    let mut settled = Settled::default();
    for (write, answer) in writes.iter().zip(answers) {
        match answer {
            Written::There(id) => settled.ids.push((write.key.clone(), Some(*id))),
            Written::Gone => settled.ids.push((write.key.clone(), None)),
            Written::Rejected => settled.rejected.push(write.key.clone()),
        }
    }
    settled
}
