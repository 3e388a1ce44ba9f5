//! Edits of a row that wait go out as one: others see the last version alone.
//!
//! An edit that was sent is never changed: its answer may be lost, and the backend knows its
//! idempotency key. What its row gets meanwhile waits behind it. What goes as one is the last edit,
//! made on what the first was made on.

use super::process::Process;
use crate::base::{EditId, EntityId, Key, Value};
use crate::contract::{EditKind, Entity, Event};
use crate::store::{self, Entry, StoreError, Tx};

/// Which edits go as one.
pub trait SquashRule {
    /// Whether a later edit of its row may go with this one.
    fn takes_in(&self, first: &Entry, later: &Entry) -> bool {
        let _ = later;
        !first.is_sealed()
    }
    /// What the two say as one.
    fn joined(&self, first: &Entry, later: &Entry) -> Entry {
        joined(first, later)
    }
}

/// Edits that go as one.
struct Squashed {
    edit: EditId,
    entity: EntityId,
    key: Key,
    with: Vec<EditId>,
    stays: bool,
}

/// The edits of these entities that go out next, at most `limit`: squashed and sealed.
///
/// # Errors
/// When the database fails.
pub(super) async fn next(
    process: &Process,
    entities: &[EntityId],
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let written = process.write(|tx| {
        let mut told = Vec::new();
        for (entity, key) in store::edited_again(tx, entities)? {
            while let Some(squashed) = squash(process, tx, entity, &key)? {
                told.push(squashed);
            }
        }
        let mut batch = process.rules.send.next(tx, entities, limit)?;
        batch.iter_mut().try_for_each(|entry| store::seal(tx, entry))?;
        Ok((told, batch))
    });
    let (told, batch) = written.await.0?;
    for Squashed { edit, entity, key, with, stays } in &told {
        let (edit, entity, stays) = (*edit, *entity, *stays);
        process.emit(Event::EditsSquashed { edit, entity, key, with, stays });
    }
    Ok(batch)
}

/// Makes one of the first edits of a row; `None` if they stay as they are.
fn squash(
    process: &Process,
    tx: &Tx<'_>,
    entity: EntityId,
    key: &Key,
) -> Result<Option<Squashed>, StoreError> {
    let rule = &process.rules.squash;
    let entries = tx.entries_for(entity, key.as_str())?;
    let Some(mut whole) = entries.first().filter(|first| !first.parked).cloned() else {
        return Ok(None);
    };
    let (mut with, mut stays) = (Vec::new(), false);
    for later in entries[1..].iter().take_while(|later| !later.parked && !later.is_sealed()) {
        let ends = whole.kind == EditKind::Create && later.kind == EditKind::Delete;
        let goes = rule.takes_in(&whole, later)
            && match ends {
                true => is_nobodys(tx, &whole)?,
                false => may_join(tx, process.setup.schema.entity(entity), &whole, later)?,
            };
        if !goes {
            break;
        }
        with.push(whole.edit);
        whole = rule.joined(&whole, later);
        stays = ends;
        if stays {
            break;
        }
    }
    if with.is_empty() {
        return Ok(None);
    }
    let places: Vec<i64> = entries[..=with.len()].iter().map(|entry| entry.seq).collect();
    store::fold(tx, &places, Some(&whole).filter(|_| !stays))?;
    Ok(Some(Squashed { edit: whole.edit, entity, key: key.clone(), with, stays }))
}

/// Whether nobody but its maker knows of a row that was made here.
fn is_nobodys(tx: &Tx<'_>, create: &Entry) -> Result<bool, StoreError> {
    let Entry { entity, key, base, .. } = create;
    Ok(base.is_none() && !store::is_referred_to(tx, *entity, key)? && !store::has_shadow(tx, *entity, key)?)
}

/// Whether an edit may go in the place of an earlier one: neither a row that it names nor a natural
/// key that it takes may depend on what others do in between.
fn may_join(tx: &Tx<'_>, entity: &Entity, first: &Entry, later: &Entry) -> Result<bool, StoreError> {
    let known = match (first.kind, later.kind) {
        (EditKind::Create | EditKind::Update, EditKind::Update) => true,
        (EditKind::Update, EditKind::Delete) => true,
        (EditKind::Delete, EditKind::Create) => first.base.is_some() && first.made_on.is_some(),
        (EditKind::Create, _) | (EditKind::Update, EditKind::Create) | (EditKind::Delete, _) => false,
    };
    if !known || store::names_behind(tx, later.entity, &later.values, first.seq)? {
        return Ok(false);
    }
    let names = |entry: &Entry| entry.values.iter().any(|(column, _)| entity.unique.contains(column));
    let moves = names(later) || later.kind == EditKind::Delete && names(first);
    Ok(!moves || !store::others_between(tx, later.entity, &later.key, (first.seq, later.seq))?)
}

/// What two edits of a row say as one: the later one, made on what the first was made on. It has
/// the place of the first among the edits of all rows, unless it deletes.
pub fn joined(first: &Entry, later: &Entry) -> Entry {
    let kind = match (first.kind, later.kind) {
        (EditKind::Create, EditKind::Update) => EditKind::Create,
        (EditKind::Delete, _) => EditKind::Update,
        (_, kind) => kind,
    };
    let values = match kind {
        EditKind::Delete => Vec::new(),
        EditKind::Create | EditKind::Update => over(&first.values, &later.values),
    };
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

/// Values by column in the order of columns, those of `upper` where both have one.
fn over(lower: &[(usize, Value)], upper: &[(usize, Value)]) -> Vec<(usize, Value)> {
    let is_below = |(column, _): &&(usize, Value)| upper.iter().all(|(of, _)| of != column);
    let mut values: Vec<_> = lower.iter().filter(is_below).chain(upper).cloned().collect();
    values.sort_by_key(|(column, _)| *column);
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, Stamp};

    fn entry(seq: i64, kind: EditKind, values: &[(usize, i64)], made_on: &[(usize, i64)]) -> Entry {
        let own = |all: &[(usize, i64)]| all.iter().map(|(column, n)| (*column, Value::Int(*n))).collect();
        let edit = EditId { device: DeviceId(1), number: seq as u32 };
        Entry {
            seq,
            id: edit.to_string(),
            edit,
            entity: EntityId(0),
            key: Key::new("a"),
            kind,
            values: own(values),
            base: (kind != EditKind::Create).then_some(Stamp(seq)),
            made_on: (kind != EditKind::Create).then(|| own(made_on)),
            made_at: Stamp(seq),
            attempts: 0,
            last_error: None,
            parked: false,
        }
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
