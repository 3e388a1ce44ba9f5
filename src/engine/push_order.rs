//! In which order edits that wait go out, where an app sends them in another than the outbox does.

use std::rc::Rc;

use super::families::WholeFamilies;
use super::options::{PushOptions, PushOrder, PushUnit};
use super::rules::{Correct, SendRule};
use crate::base::EntityId;
use crate::store::{Entry, StoreError, Tx};

/// The rule by which edits go out as these options have it.
pub(super) fn rule(options: &PushOptions) -> Rc<dyn SendRule> {
    if options.unit == PushUnit::Family {
        return Rc::new(WholeFamilies);
    }
    match options.order {
        PushOrder::TopDown => Rc::new(Correct),
        PushOrder::AsMade => Rc::new(AsMade),
        PushOrder::BottomUp => Rc::new(BottomUp),
    }
}

/// The oldest edit of each row, oldest first, whatever refers to it.
struct AsMade;

impl SendRule for AsMade {
    fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Result<Vec<Entry>, StoreError> {
        let mut batch = Vec::new();
        for (entity, key) in tx.dirty()?.into_iter().filter(|(entity, _)| entities.contains(entity)) {
            batch.extend(tx.entries_for(entity, &key)?.into_iter().next().filter(|entry| !entry.parked));
        }
        batch.sort_by_key(|entry| entry.seq);
        batch.truncate(limit);
        Ok(batch)
    }
}

/// The oldest edit of each row, newest first: what refers to a new row goes before it.
pub struct BottomUp;

impl SendRule for BottomUp {
    fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Result<Vec<Entry>, StoreError> {
        let mut batch = tx.outbox(entities, usize::MAX)?;
        batch.reverse();
        batch.truncate(limit);
        Ok(batch)
    }
}
