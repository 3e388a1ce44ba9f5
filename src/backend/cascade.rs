//! What a delete does to rows that refer to the deleted one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::commit::Draft;
use super::content::Content;
use super::index::Slot;
use super::tuple::Part;
use crate::base::{EntityId, Key, Value};
use crate::contract::{Author, OnDelete, Reference};

/// All references that the backend looks after, each with the index of its column.
#[derive(Debug)]
pub(super) struct Cascades(Vec<(Reference, usize)>);

impl Cascades {
    pub(super) fn new(content: &mut Content) -> Cascades {
        let schema = Arc::clone(&content.schema);
        let indexed = |reference: &Reference| {
            (*reference, content.index_by(reference.of, vec![Part::Whole(reference.column)]))
        };
        Cascades(schema.references.iter().map(indexed).collect())
    }

    fn referring<'c>(
        &'c self,
        content: &'c Content,
        entity: EntityId,
        key: &'c Key,
    ) -> impl Iterator<Item = (Reference, Slot)> + 'c {
        let to = self.0.iter().filter(move |(reference, _)| reference.to == entity);
        to.flat_map(move |(reference, index)| {
            let rows = content.table(reference.of).index(*index).of(&Value::Text(Arc::clone(&key.0)));
            rows.iter().map(move |&slot| (*reference, slot))
        })
    }

    /// Whose rows keep a row from being deleted, if any do.
    pub(super) fn holder(&self, content: &Content, entity: EntityId, key: &Key) -> Option<EntityId> {
        let mut holders = self.referring(content, entity, key);
        holders.find(|(reference, _)| reference.on_delete == OnDelete::Restrict).map(|(by, _)| by.of)
    }

    /// Adds to `drafts` what follows from the deletes among them, however deep.
    pub(super) fn follow(&self, content: &Content, drafts: &mut Vec<Draft>) {
        if self.0.is_empty() {
            return;
        }
        let deletes = drafts.iter().filter(|draft| draft.values.is_none());
        let mut queue: Vec<(EntityId, Key)> = deletes.map(|d| (d.entity, d.key.clone())).collect();
        let mut known: BTreeSet<(EntityId, Slot)> =
            drafts.iter().filter_map(|draft| Some((draft.entity, draft.slot?))).collect();
        let mut nulls: BTreeMap<(EntityId, Slot), Vec<Value>> = BTreeMap::new();
        while let Some((entity, key)) = queue.pop() {
            for (reference, slot) in self.referring(content, entity, &key) {
                let record = content.table(reference.of).record(slot);
                match reference.on_delete {
                    OnDelete::Cascade if known.insert((reference.of, slot)) => {
                        let row = (record.key.clone(), Some(slot));
                        drafts.push(Draft::by(Author::Derived, reference.of, row, None));
                        queue.push((reference.of, record.key.clone()));
                    }
                    OnDelete::SetNull => {
                        let values = nulls.entry((reference.of, slot));
                        values.or_insert_with(|| record.values.to_vec())[reference.column] = Value::Null;
                    }
                    OnDelete::Cascade | OnDelete::Restrict | OnDelete::Nothing => {}
                }
            }
        }
        for ((entity, slot), values) in nulls.into_iter().filter(|(row, _)| !known.contains(row)) {
            let row = (content.table(entity).record(slot).key.clone(), Some(slot));
            drafts.push(Draft::by(Author::Derived, entity, row, Some(values.into())));
        }
    }
}
