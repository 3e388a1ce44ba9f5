//! What follows from a commit: folded columns and counters.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::commit::Draft;
use super::index::Slot;
use super::machine::Backend;
use super::options::Effect;
use super::table::Table;
use super::tuple::Part;
use crate::base::{EntityId, Value};
use crate::contract::Author;

/// An [`Effect`] with the indexes that it needs.
#[derive(Debug)]
pub(super) enum Derivation {
    Fold {
        from: EntityId,
        to: EntityId,
        /// Of `to`, by the column that points to `from`.
        index: usize,
        columns: Vec<(usize, usize)>,
    },
    Count {
        of: EntityId,
        to: EntityId,
        /// Of `to`, by the columns that must be equal.
        index: usize,
        /// The same columns of `of`.
        parts: Vec<Part>,
        counter: usize,
        step: i64,
    },
}

/// Rows that change with others, each once, in the order of (entity, slot).
type Followers = BTreeMap<(EntityId, Slot), Vec<Value>>;

impl Derivation {
    /// # Panics
    /// When an effect goes from an entity to itself.
    pub(super) fn new(effect: &Effect, tables: &mut [Table]) -> Derivation {
        let mut index_by = |entity: EntityId, parts| tables[usize::from(entity.0)].index_by(parts);
        match *effect {
            Effect::Fold { from, to, via, ref columns } => {
                assert_ne!(from, to, "a row is not folded into its own kind");
                let index = index_by(to, vec![Part::Whole(via)]);
                Derivation::Fold { from, to, index, columns: columns.clone() }
            }
            Effect::Count { of, to, ref on, by_day, day_offset, counter, step } => {
                assert_ne!(of, to, "a row does not count its own kind");
                let part = |position, column| match by_day {
                    Some(day) if day == position => Part::Day(column, day_offset),
                    _ => Part::Whole(column),
                };
                let parts = on.iter().enumerate().map(|(i, &(column, _))| part(i, column)).collect();
                let theirs = on.iter().enumerate().map(|(i, &(_, column))| part(i, column)).collect();
                Derivation::Count { of, to, index: index_by(to, theirs), parts, counter, step }
            }
        }
    }
}

impl Backend {
    /// Adds to `drafts` the rows that change because of them. What follows from those is not followed further.
    pub(super) fn derive(&self, drafts: &mut Vec<Draft>) {
        let mut followers = Followers::new();
        for draft in &*drafts {
            let record = draft.slot.map(|slot| self.table(draft.entity).record(slot));
            let before = record.filter(|record| !record.deleted).map(|record| &*record.values);
            let after = draft.values.as_deref();
            for derivation in &self.derivations {
                match derivation {
                    Derivation::Fold { from, .. } if *from == draft.entity => {
                        self.fold(derivation, draft, before.zip(after), &mut followers);
                    }
                    Derivation::Count { of, step, .. } if *of == draft.entity => {
                        self.count(derivation, before, -step, &mut followers);
                        self.count(derivation, after, *step, &mut followers);
                    }
                    _ => {}
                }
            }
        }
        for ((entity, slot), values) in followers {
            let record = self.table(entity).record(slot);
            // A booking moved within its day is taken off its counter and put back.
            if *values != *record.values {
                let (key, values) = (record.key.clone(), Some(Arc::from(values)));
                drafts.push(Draft {
                    entity,
                    key,
                    slot: Some(slot),
                    values,
                    author: Author::Derived,
                    written: None,
                });
            }
        }
    }

    fn follower<'f>(&self, followers: &'f mut Followers, entity: EntityId, slot: Slot) -> &'f mut Vec<Value> {
        followers.entry((entity, slot)).or_insert_with(|| self.table(entity).record(slot).values.to_vec())
    }

    fn fold(
        &self,
        fold: &Derivation,
        draft: &Draft,
        update: Option<(&[Value], &[Value])>,
        followers: &mut Followers,
    ) {
        let (Derivation::Fold { to, index, columns, .. }, Some((before, after))) = (fold, update) else {
            return;
        };
        if columns.iter().all(|&(from, _)| before[from] == after[from]) {
            return;
        }
        for &slot in self.table(*to).index(*index).of(&Value::Text(draft.key.0.clone())) {
            let values = self.follower(followers, *to, slot);
            for &(from, to) in columns {
                values[to] = after[from].clone();
            }
        }
    }

    fn count(&self, count: &Derivation, counted: Option<&[Value]>, step: i64, followers: &mut Followers) {
        let (Derivation::Count { to, index, parts, counter, .. }, Some(counted)) = (count, counted) else {
            return;
        };
        for &slot in self.table(*to).index(*index).like(parts, counted) {
            let values = self.follower(followers, *to, slot);
            if let Value::Int(n) = &mut values[*counter] {
                *n = n.saturating_add(step);
            }
        }
    }
}
