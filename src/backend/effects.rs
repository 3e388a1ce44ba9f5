//! What follows from a commit: folded columns and counters.

use std::collections::BTreeMap;

use super::commit::Draft;
use super::content::Content;
use super::index::Slot;
use super::options::Effect;
use super::tuple::Part;
use crate::base::{EntityId, Value};
use crate::contract::Author;

/// An [`Effect`] with the indexes that it needs.
#[derive(Debug)]
enum Derivation {
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
#[derive(Default)]
struct Followers(BTreeMap<(EntityId, Slot), Vec<Value>>);

impl Followers {
    fn row(&mut self, content: &Content, entity: EntityId, slot: Slot) -> &mut Vec<Value> {
        let values = || content.table(entity).record(slot).values.to_vec();
        self.0.entry((entity, slot)).or_insert_with(values)
    }
}

impl Derivation {
    /// # Panics
    /// When an effect goes from an entity to itself.
    fn new(effect: &Effect, content: &mut Content) -> Derivation {
        match *effect {
            Effect::Fold { from, to, via, ref columns } => {
                assert_ne!(from, to, "a row is not folded into its own kind");
                let index = content.index_by(to, vec![Part::Whole(via)]);
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
                Derivation::Count { of, to, index: content.index_by(to, theirs), parts, counter, step }
            }
        }
    }

    /// Changes in `followers` what the change of a row from `before` changes.
    fn follow(&self, content: &Content, draft: &Draft, before: Option<&[Value]>, followers: &mut Followers) {
        let after = draft.values.as_deref();
        match self {
            Derivation::Fold { from, to, index, columns } if *from == draft.entity => {
                let Some((before, after)) = before.zip(after) else { return };
                if columns.iter().all(|&(from, _)| before[from] == after[from]) {
                    return;
                }
                for &slot in content.table(*to).index(*index).of(&Value::Text(draft.key.0.clone())) {
                    let values = followers.row(content, *to, slot);
                    for &(from, to) in columns {
                        values[to] = after[from].clone();
                    }
                }
            }
            Derivation::Count { of, to, index, parts, counter, step } if *of == draft.entity => {
                let counts = before.map(|row| (row, -step)).into_iter().chain(after.map(|row| (row, *step)));
                for (counted, step) in counts {
                    for &slot in content.table(*to).index(*index).like(parts, counted) {
                        if let Value::Int(n) = &mut followers.row(content, *to, slot)[*counter] {
                            *n = n.saturating_add(step);
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

/// All of a backend.
#[derive(Debug)]
pub(super) struct Effects(Vec<Derivation>);

impl Effects {
    pub(super) fn new(effects: &[Effect], content: &mut Content) -> Effects {
        Effects(effects.iter().map(|effect| Derivation::new(effect, content)).collect())
    }

    /// Adds to `drafts` the rows that change because of them. What follows from those is not
    /// followed further.
    pub(super) fn derive(&self, content: &Content, drafts: &mut Vec<Draft>) {
        let mut followers = Followers::default();
        for draft in &*drafts {
            let record = draft.slot.map(|slot| content.table(draft.entity).record(slot));
            let before = record.filter(|record| !record.deleted).map(|record| &*record.values);
            self.0.iter().for_each(|effect| effect.follow(content, draft, before, &mut followers));
        }
        for ((entity, slot), values) in followers.0 {
            let record = content.table(entity).record(slot);
            // A booking moved within its day is taken off its counter and put back.
            if *values != *record.values {
                let row = (record.key.clone(), Some(slot));
                drafts.push(Draft::by(Author::Derived, entity, row, Some(values.into())));
            }
        }
    }
}
