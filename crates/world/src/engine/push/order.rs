//! Rules that send edits in another order than the outbox.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::{EntityId, Key, Value};
use crate::engine::options::{PushOptions, PushOrder, PushUnit};
use crate::engine::rules::{Correct, SendRule};
use crate::store::{Entry, Stored, Tx};

pub(crate) fn rule(options: &PushOptions) -> Rc<dyn SendRule> {
    if options.unit == PushUnit::Family {
        return Rc::new(WholeFamilies);
    }
    match options.order {
        PushOrder::TopDown => Rc::new(Correct),
        PushOrder::AsMade => Rc::new(AsMade),
        PushOrder::BottomUp => Rc::new(BottomUp),
    }
}

/// Sends the oldest edit of each row, oldest first, without regard to references between rows.
struct AsMade;

impl SendRule for AsMade {
    fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Stored<Vec<Entry>> {
        let mut batch = Vec::new();
        for (entity, key) in tx.dirty()?.into_iter().filter(|(entity, _)| entities.contains(entity)) {
            batch.extend(tx.entries_for(entity, &key)?.into_iter().next().filter(|entry| !entry.parked));
        }
        batch.sort_by_key(|entry| entry.seq);
        batch.truncate(limit);
        Ok(batch)
    }
}

/// Sends the oldest edit of each row, newest first. So rows that refer to a new row are sent before
/// that row.
pub(crate) struct BottomUp;

impl SendRule for BottomUp {
    fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Stored<Vec<Entry>> {
        let mut batch = tx.outbox(entities, usize::MAX)?;
        batch.reverse();
        batch.truncate(limit);
        Ok(batch)
    }
}

/// Sends edits by family (a row and the rows that are part of it), oldest first. A request has as
/// many whole families as fit, at least one. A retry sends a family unchanged. Newer edits of that
/// family wait until the sent edits get a verdict.
struct WholeFamilies;

impl SendRule for WholeFamilies {
    fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Stored<Vec<Entry>> {
        let waiting = tx.outbox(entities, usize::MAX)?;
        let families = of(tx, &waiting)?;
        let mut members: BTreeMap<usize, Vec<Entry>> = BTreeMap::new();
        for (entry, family) in waiting.into_iter().zip(families) {
            members.entry(family).or_default().push(entry);
        }
        let mut batch: Vec<Entry> = Vec::new();
        for mut family in members.into_values() {
            if family.iter().any(Entry::is_sealed) {
                family.retain(Entry::is_sealed);
            }
            if !batch.is_empty() && batch.len() + family.len() > limit {
                break;
            }
            batch.extend(family);
        }
        Ok(batch)
    }
}

/// For each family, the number of edits up to the family's end. The edits of a family must be
/// contiguous.
pub(crate) fn ends(tx: &Tx<'_>, batch: &[Entry]) -> Stored<Vec<usize>> {
    let families = of(tx, batch)?;
    let is_end = |place: &usize| families.get(*place) != families.get(place - 1);
    Ok((1..=batch.len()).filter(is_end).collect())
}

/// The number of edits to send if `fitting` edits fit. A request ends at the end of a family, and
/// has at least one family.
pub(crate) fn up_to_an_end(ends: &[usize], fitting: usize) -> usize {
    let whole = ends.iter().rev().find(|end| **end <= fitting);
    whole.or(ends.first()).copied().unwrap_or(fitting)
}

fn of(tx: &Tx<'_>, edits: &[Entry]) -> Stored<Vec<usize>> {
    let schema = tx.schema();
    let mut set: BTreeMap<(EntityId, &Key), &Entry> = BTreeMap::new();
    for edit in edits {
        set.insert((edit.entity, &edit.key), edit);
    }
    let mut first: BTreeMap<(EntityId, Key), usize> = BTreeMap::new();
    let mut families = Vec::with_capacity(edits.len());
    for (place, edit) in edits.iter().enumerate() {
        let mut failed = None;
        let parent = |entity: EntityId, key: &Key, column: usize| {
            let set =
                set.get(&(entity, key)).and_then(|edit| edit.values.iter().find(|(at, _)| *at == column));
            let value = match set {
                Some((_, value)) => Some(value.clone()),
                None => held(tx, (entity, key), column).unwrap_or_else(|error| {
                    failed = Some(error);
                    None
                }),
            };
            match value? {
                Value::Text(key) => Some(Key(key)),
                _ => None,
            }
        };
        let top = schema.top((edit.entity, edit.key.clone()), parent);
        if let Some(error) = failed {
            return Err(error);
        }
        families.push(*first.entry(top).or_insert(place));
    }
    Ok(families)
}

fn held(tx: &Tx<'_>, (entity, key): (EntityId, &Key), column: usize) -> Stored<Option<Value>> {
    let Ok(place) = tx.schema().entity(entity).projection.binary_search(&column) else { return Ok(None) };
    Ok(tx.row(entity, key)?.map(|row| row.values[place].clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, EditId};
    use crate::contract::{
        Column, ColumnKind, Database, EditKind, Entity, LocalEdit, OnDelete, Reference, Schema,
    };
    use crate::store::{Journal, Store, StoreOptions, seal};

    const ORDER: EntityId = EntityId(0);
    const LINE: EntityId = EntityId(1);

    fn store() -> Store {
        let entity = |name: &str, kind| Entity::new(name, vec![Column { name: "of".to_owned(), kind }]);
        let part = Reference { of: LINE, column: 0, to: ORDER, on_delete: OnDelete::Cascade };
        let entities = vec![entity("order", ColumnKind::Text), entity("line", ColumnKind::Ref(ORDER))];
        let schema = Schema { entities, references: vec![part], ..Schema::default() };
        let options = StoreOptions { journal: Journal::Memory, ..StoreOptions::default() };
        Store::open(&Database::memory(), schema.into(), &options).unwrap()
    }

    /// A store with creates of rows with these keys, in this order. A line's key is "line.order".
    fn waiting(keys: &[&str]) -> Store {
        let store = store();
        for (number, key) in (0..).zip(keys) {
            let id = EditId { device: DeviceId(0), number };
            let (entity, says) = match key.split_once('.') {
                Some((_, order)) => (LINE, order),
                None => (ORDER, "a title"),
            };
            let (kind, values) = (EditKind::Create, vec![(0, Value::text(says))]);
            let edit = LocalEdit { id, entity, key: Key::new(key), kind, values };
            store.edit(&edit, &id.to_string(), crate::base::Stamp(1)).unwrap();
        }
        store
    }

    fn next(store: &Store, limit: usize) -> Vec<String> {
        let batch = store.read(|tx| WholeFamilies.next(tx, &[ORDER, LINE], limit)).unwrap();
        batch.iter().map(|entry| entry.key.as_str().to_owned()).collect()
    }

    #[test]
    fn families_go_whole_as_many_as_fit_and_one_in_any_case() {
        let store = waiting(&["a", "b", "1.a", "2.b", "3.a", "c"]);
        for (limit, keys) in [(1, "a 1.a 3.a"), (4, "a 1.a 3.a"), (5, "a 1.a 3.a b 2.b")] {
            assert_eq!(next(&store, limit).join(" "), keys, "{limit}");
        }
        let ends = store.read(|tx| ends(tx, &WholeFamilies.next(tx, &[ORDER, LINE], 9)?)).unwrap();
        assert_eq!(ends, [3, 5, 6]);
        assert_eq!([1, 3, 4, 5, 9].map(|fits| up_to_an_end(&ends, fits)), [3, 3, 3, 5, 6]);
        assert_eq!(up_to_an_end(&[], 4), 4);
    }

    #[test]
    fn what_came_to_a_family_that_is_out_does_not_go_with_it() {
        let store = waiting(&["a", "1.a"]);
        let sealed = store.transaction(|tx| {
            tx.outbox(&[ORDER, LINE], 9)?.iter_mut().try_for_each(|entry| seal(tx, entry).map(drop))
        });
        sealed.unwrap();
        let id = EditId { device: DeviceId(0), number: 9 };
        let (kind, values) = (EditKind::Create, vec![(0, Value::text("a"))]);
        let late = LocalEdit { id, entity: LINE, key: Key::new("2.a"), kind, values };
        store.edit(&late, &id.to_string(), crate::base::Stamp(1)).unwrap();
        assert_eq!(next(&store, 9), ["a", "1.a"]);
    }
}
