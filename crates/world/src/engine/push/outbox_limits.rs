//! Limits of the outbox by number and age of edits, and the drop of edits beyond them.

use std::collections::BTreeMap;

use crate::base::{EditId, EntityId, Stamp, UnitId};
use crate::contract::{EngineEvent, LogKind, Outcome, SyncError};
use crate::engine::limits::{OnFull, OutboxLimits};
use crate::engine::process::Process;
use crate::engine::push::settle::settling;
use crate::store::{Entry, Stored};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Waiting {
    seq: i64,
    entity: EntityId,
    made_at: Stamp,
}

impl From<&Entry> for Waiting {
    fn from(entry: &Entry) -> Waiting {
        Waiting { seq: entry.seq, entity: entry.entity, made_at: entry.made_at }
    }
}

/// Whether an edit that was made at `made_at` has waited too long.
fn is_too_old(limits: OutboxLimits, now: Stamp, made_at: Stamp) -> bool {
    limits.keep_for.is_some_and(|keep_for| now > made_at.plus(keep_for))
}

/// The edits beyond the limits, oldest first. `waiting` must also be sorted, oldest first.
fn excess(limits: OutboxLimits, now: Stamp, waiting: &[Waiting]) -> Vec<i64> {
    let mut newer = BTreeMap::<EntityId, u32>::new();
    let mut beyond: Vec<i64> = Vec::new();
    for one in waiting.iter().rev() {
        let count = newer.entry(one.entity).or_default();
        *count += 1;
        let is_one_too_many = limits.keep_most.is_some_and(|most| *count > most);
        if is_one_too_many || is_too_old(limits, now, one.made_at) {
            beyond.push(one.seq);
        }
    }
    beyond.reverse();
    beyond
}

/// Whether the app refuses a new edit of `entity`: the outbox is full or has an edit that has
/// waited too long.
pub(crate) fn refuses(process: &Process, entity: EntityId) -> Stored<bool> {
    let limits = process.options.push.outbox;
    if limits.on_full != OnFull::Refuse || !limits.exist() {
        return Ok(false);
    }
    let now = process.ports.clock.wall();
    let waiting = process.store.read(|tx| tx.unparked())?;
    let of_entity = waiting.iter().filter(|entry| entry.entity == entity).count();
    let is_full = limits.keep_most.is_some_and(|most| of_entity >= most as usize);
    Ok(is_full || waiting.iter().any(|entry| is_too_old(limits, now, entry.made_at)))
}

/// Drops the edits beyond the limits and all other edits of their rows. The rows return to their
/// values before these edits.
pub(crate) async fn trim(process: &Process, unit: Option<UnitId>) -> Result<(), SyncError> {
    let limits = process.options.push.outbox;
    if limits.on_full == OnFull::Refuse || !limits.exist() {
        return Ok(());
    }
    let now = process.ports.clock.wall();
    let mut waiting = process.store.read(|tx| tx.unparked())?;
    let looked: Vec<Waiting> = waiting.iter().map(Waiting::from).collect();
    let beyond = excess(limits, now, &looked);
    if beyond.is_empty() {
        return Ok(());
    }
    let first = |row: &Entry| (row.entity, row.key.clone());
    let rows: Vec<_> = waiting.iter().filter(|entry| beyond.contains(&entry.seq)).map(first).collect();
    waiting.retain(|entry| rows.contains(&first(entry)));
    let said = limits.on_full == OnFull::Tell;
    let outcome = Outcome::Rejected { reason: "it waited for too long".to_owned(), current: None };
    let dropped = settling(process, unit, |settling| {
        settling.keeping(&waiting, |settling| {
            waiting.iter().rev().try_for_each(|entry| {
                if said {
                    settling.log(entry, &outcome, LogKind::Rejected, None)?;
                }
                settling.take_back(entry)
            })
        })
    });
    dropped.await?;
    let edits: Vec<EditId> = waiting.iter().map(|entry| entry.edit).collect();
    process.emit(EngineEvent::OutboxTrimmed { edits: &edits, said });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    fn waiting(seq: i64, entity: u16, made_at: i64) -> Waiting {
        Waiting { seq, entity: EntityId(entity), made_at: Stamp(made_at * 1_000_000) }
    }

    #[test]
    fn edits_beyond_the_number_or_the_age_are_the_oldest() {
        let all = [waiting(1, 0, 10), waiting(2, 1, 20), waiting(3, 0, 30), waiting(4, 0, 40)];
        let now = Stamp(100 * 1_000_000);
        let of = |keep_for: Option<u64>, keep_most| {
            let keep_for = keep_for.map(Span::secs);
            excess(OutboxLimits { keep_for, keep_most, on_full: OnFull::Drop }, now, &all)
        };
        assert_eq!(of(None, None), [0; 0]);
        assert_eq!(of(None, Some(2)), [1], "two of each entity stay");
        assert_eq!(of(Some(80), None), [1], "after 80 s, but not at 80 s");
        assert_eq!(of(Some(75), Some(1)), [1, 2, 3]);
    }
}
