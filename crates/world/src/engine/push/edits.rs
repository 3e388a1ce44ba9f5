//! Computations with edits of a row: merges 2 edits into one, and computes a row's values without
//! some of its edits.

use crate::base::{Key, Value};
use crate::contract::{EditKind, Entity};
use crate::store::{Entry, StoreError, Stored, Tx};

/// Merges 2 edits of a row: the later edit, with the base of the first. The result has the first
/// edit's outbox position, unless it deletes the row.
pub(crate) fn joined(first: &Entry, later: &Entry) -> Entry {
    let kind = match (first.kind, later.kind) {
        (EditKind::Create, EditKind::Update) => EditKind::Create,
        (EditKind::Delete, _) => EditKind::Update,
        (_, kind) => kind,
    };
    let values = if kind == EditKind::Delete { Vec::new() } else { over(&first.values, &later.values) };
    let made_on = match (kind, &first.made_on, &later.made_on) {
        (EditKind::Create, own, _) => own.clone(),
        (_, Some(first), Some(later)) => Some(over(later, first)),
        (_, Some(first), None) if later.kind == EditKind::Create => Some(first.clone()),
        _ => None,
    };
    let seq = if kind == EditKind::Delete { later.seq } else { first.seq };
    let attempts = first.attempts.max(later.attempts);
    Entry { seq, kind, values, made_on, base: first.base, attempts, ..later.clone() }
}

/// Merges values by column, in column order. `upper` wins if both have a value.
fn over(lower: &[(usize, Value)], upper: &[(usize, Value)]) -> Vec<(usize, Value)> {
    let is_below = |(column, _): &&(usize, Value)| upper.iter().all(|(of, _)| of != column);
    let mut values: Vec<_> = lower.iter().filter(is_below).chain(upper).cloned().collect();
    values.sort_by_key(|(column, _)| *column);
    values
}

/// The values of a row before its `edits` (oldest first). `shown` has the values after all of them.
pub(crate) fn beneath(entity: &Entity, shown: Option<Vec<Value>>, edits: &[Entry]) -> Option<Vec<Value>> {
    let mut values = shown;
    for Entry { kind, made_on, .. } in edits.iter().rev() {
        match kind {
            EditKind::Create => values = None,
            EditKind::Delete => {
                values = made_on.as_ref().map(|all| all.iter().map(|(_, value)| value.clone()).collect());
            }
            EditKind::Update => {
                if let Some(values) = &mut values {
                    set(entity, values, made_on.iter().flatten());
                }
            }
        }
    }
    values
}

pub(crate) fn set<'v>(entity: &Entity, row: &mut [Value], values: impl Iterator<Item = &'v (usize, Value)>) {
    for (column, value) in values {
        if let Some(slot) = entity.projection.binary_search(column).ok().and_then(|place| row.get_mut(place))
        {
            slot.clone_from(value);
        }
    }
}

/// All values of the row after this edit and before later edits, with their positions in the
/// backend's columns.
pub(crate) fn as_of(tx: &Tx<'_>, entity: &Entity, entry: &Entry, key: &Key) -> Stored<Vec<(usize, Value)>> {
    let shown = tx.row(entry.entity, key)?.map(|row| row.values);
    let mut later = tx.entries_for(entry.entity, key)?;
    later.retain(|other| other.seq > entry.seq);
    let values = beneath(entity, shown, &later);
    let values = values.ok_or_else(|| StoreError::Damaged(format!("no row {key} to send")))?;
    Ok(entity.projection.iter().copied().zip(values).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Stamp;

    fn entry(seq: u32, kind: EditKind, values: &[(usize, i64)], made_on: &[(usize, i64)]) -> Entry {
        let own = |all: &[(usize, i64)]| all.iter().map(|(column, n)| (*column, Value::Int(*n))).collect();
        let made_on = (kind != EditKind::Create).then(|| own(made_on));
        let base = made_on.is_some().then_some(Stamp(seq.into()));
        Entry { base, made_on, ..Entry::made(seq, kind, own(values)) }
    }

    #[test]
    fn two_edits_say_what_the_later_says_on_what_the_first_was_made_on() {
        use EditKind::{Create, Delete, Update};
        let first = entry(1, Update, &[(0, 1), (2, 1)], &[(0, 0), (2, 0)]);
        let cases = [
            (first.clone(), entry(2, Update, &[(2, 2), (1, 2)], &[(2, 1), (1, 0)]), 1, Update),
            (first, entry(2, Delete, &[], &[(0, 1), (1, 0), (2, 1)]), 2, Delete),
            (entry(1, Create, &[(0, 1)], &[]), entry(2, Update, &[(0, 2)], &[(0, 1)]), 1, Create),
            (entry(1, Delete, &[], &[(0, 0)]), entry(2, Create, &[(0, 2)], &[]), 1, Update),
        ];
        for (first, later, seq, kind) in cases {
            let one = joined(&first, &later);
            assert_eq!((one.seq, one.kind, one.edit, one.base), (seq, kind, later.edit, first.base));
            let said = one.made_on.iter().flatten().all(|(_, value)| *value == Value::Int(0));
            assert!(said, "base images are those of the first: {:?}", one.made_on);
            let last = one.values.iter().all(|(column, value)| {
                let says = |entry: &Entry| entry.values.iter().find(|(of, _)| of == column).cloned();
                says(&later).or(says(&first)) == Some((*column, value.clone()))
            });
            assert!(last, "{:?}", one.values);
        }
    }
}
