//! Consequences of a commit: copied columns, counters, and the effect of a delete on rows that
//! refer to the deleted row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::commit::Draft;
use super::content::Content;
use super::index::{Part, Slot};
use super::options::{BackendOptions, Copies, Effect};
use crate::base::{EntityId, Key, Value};
use crate::contract::{Author, OnDelete, Reference};

/// An [`Effect`], with the indexes to find its rows.
#[derive(Debug)]
struct Derivation {
    effect: Effect,
    /// The index that finds the rows to change.
    index: usize,
    /// The columns of a counted row that form the look-up key.
    parts: Vec<Part>,
}

/// Other rows that a commit changes. Each occurs once, in the order of (entity, slot).
#[derive(Default)]
struct Followers(BTreeMap<(EntityId, Slot), Follower>);

/// The new values of a row. `is_written` is false if only copied columns change.
struct Follower {
    values: Vec<Value>,
    is_written: bool,
}

impl Followers {
    /// Adds a row in which copied columns change.
    fn copy(&mut self, content: &Content, entity: EntityId, slot: Slot) -> &mut Follower {
        let values = || content.table(entity).record(slot).values.to_vec();
        self.0.entry((entity, slot)).or_insert_with(|| Follower { values: values(), is_written: false })
    }
    fn row(&mut self, content: &Content, entity: EntityId, slot: Slot) -> &mut Vec<Value> {
        let follower = self.copy(content, entity, slot);
        follower.is_written = true;
        &mut follower.values
    }

    /// Drafts of the rows whose values differ in the end. If a booking moves within a day, the
    /// day's counter changes back, and the counter's row gets no draft.
    fn drafts(self, content: &Content, copies: Copies) -> impl Iterator<Item = Draft> + '_ {
        self.0.into_iter().filter_map(move |((entity, slot), follower)| {
            let Follower { values, is_written } = follower;
            let record = content.table(entity).record(slot);
            let row = (record.key.clone(), Some(slot));
            let unnoted = copies == Copies::Unstamped && !is_written;
            (*values != *record.values)
                .then(|| Draft { unnoted, ..Draft::by(Author::Derived, entity, row, Some(values.into())) })
        })
    }
}

impl Derivation {
    fn new(effect: &Effect, content: &mut Content) -> Derivation {
        let (index, parts) = match *effect {
            Effect::Fold { from, to, via, .. } => {
                assert_ne!(from, to, "a row is not folded into its own kind");
                (content.index_by(to, vec![Part::Whole(via)]), Vec::new())
            }
            Effect::Count { of, to, ref on, by_day, day_offset, .. } => {
                assert_ne!(of, to, "a row does not count its own kind");
                let part = |position, column| match by_day {
                    Some(day) if day == position => Part::Day(column, day_offset),
                    _ => Part::Whole(column),
                };
                let theirs = on.iter().enumerate().map(|(i, &(_, column))| part(i, column)).collect();
                let parts = on.iter().enumerate().map(|(i, &(column, _))| part(i, column)).collect();
                (content.index_by(to, theirs), parts)
            }
        };
        Derivation { effect: effect.clone(), index, parts }
    }

    /// Adds to `followers` the consequences of one row's change from `before`.
    fn follow(&self, content: &Content, draft: &Draft, before: Option<&[Value]>, followers: &mut Followers) {
        let after = draft.values.as_deref();
        let index = |to: EntityId| content.table(to).index(self.index);
        match &self.effect {
            Effect::Fold { from, to, columns, .. } if *from == draft.entity => {
                let Some((before, after)) = before.zip(after) else { return };
                if columns.iter().all(|&(from, _)| before[from] == after[from]) {
                    return;
                }
                for &slot in index(*to).of(&Value::Text(draft.key.0.clone())) {
                    let copy = followers.copy(content, *to, slot);
                    for &(from, to) in columns {
                        copy.values[to] = after[from].clone();
                    }
                }
            }
            Effect::Count { of, to, counter, step, .. } if *of == draft.entity => {
                let counts = before.map(|row| (row, -step)).into_iter().chain(after.map(|row| (row, *step)));
                for (counted, step) in counts {
                    for &slot in index(*to).like(&self.parts, counted) {
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

#[derive(Debug)]
pub(super) struct Effects {
    derivations: Vec<Derivation>,
    /// The references that the backend enforces, and for each the index of its column.
    references: Vec<(Reference, usize)>,
    copies: Copies,
}

impl Effects {
    pub(super) fn new(options: &BackendOptions, content: &mut Content) -> Effects {
        let schema = Arc::clone(&content.schema);
        let follows =
            |effect: &&Effect| options.copies != Copies::AsMade || !matches!(effect, Effect::Fold { .. });
        let effects = options.effects.iter().filter(follows);
        let derivations = effects.map(|effect| Derivation::new(effect, content)).collect();
        let indexed = |reference: &Reference| {
            (*reference, content.index_by(reference.of, vec![Part::Whole(reference.column)]))
        };
        let references = schema.references.iter().map(indexed).collect();
        Effects { derivations, references, copies: options.copies }
    }

    fn referring(
        &self,
        content: &Content,
        to: EntityId,
        key: &Key,
    ) -> impl Iterator<Item = (Reference, Slot)> {
        let theirs = self.references.iter().filter(move |(reference, _)| reference.to == to);
        theirs.flat_map(move |(reference, index)| {
            let rows = content.table(reference.of).index(*index).of(&Value::Text(Arc::clone(&key.0)));
            rows.iter().map(move |&slot| (*reference, slot))
        })
    }

    /// The entity whose reference forbids to delete this row, or a row that would be deleted with
    /// it, if any.
    pub(super) fn holder(&self, content: &Content, entity: EntityId, key: &Key) -> Option<EntityId> {
        let restricts = |reference: &Reference| reference.on_delete == OnDelete::Restrict;
        if !self.references.iter().any(|(reference, _)| restricts(reference)) {
            return None;
        }
        let mut holder = None;
        self.descend(content, vec![(entity, key.clone())], &mut BTreeSet::new(), |reference, _| {
            holder = holder.or(Some(reference.of).filter(|_| restricts(&reference)));
        });
        holder
    }

    /// True if one of these new values of an `entity` row refers to a missing row, and the backend
    /// enforces the reference. `beside` is true for a row that comes in the same request.
    pub(super) fn points_nowhere<'v>(
        &self,
        content: &Content,
        entity: EntityId,
        mut values: impl Iterator<Item = (usize, &'v Value)>,
        beside: impl Fn(EntityId, &Key) -> bool,
    ) -> bool {
        values.any(|(column, value)| {
            let Value::Text(key) = value else { return false };
            let is_of =
                |of: &Reference| (of.of, of.column) == (entity, column) && of.on_delete != OnDelete::Nothing;
            let looked_after = self.references.iter().find(|(reference, _)| is_of(reference));
            let key = Key(Arc::clone(key));
            looked_after.is_some_and(|(of, _)| content.live(of.to, &key).is_none() && !beside(of.to, &key))
        })
    }

    /// Adds all deletes that follow from `drafts`, then the rows that any draft changes. These
    /// derived changes have no further consequences.
    pub(super) fn follow(&self, content: &Content, drafts: &mut Vec<Draft>) {
        self.cascade(content, drafts);
        let mut followers = Followers::default();
        for draft in &*drafts {
            let record = draft.slot.map(|slot| content.table(draft.entity).record(slot));
            let before = record.filter(|record| !record.deleted).map(|record| &*record.values);
            self.derivations.iter().for_each(|effect| effect.follow(content, draft, before, &mut followers));
        }
        drafts.extend(followers.drafts(content, self.copies));
    }

    fn cascade(&self, content: &Content, drafts: &mut Vec<Draft>) {
        if self.references.is_empty() {
            return;
        }
        let deletes = drafts.iter().filter(|draft| draft.values.is_none());
        let queue: Vec<(EntityId, Key)> = deletes.map(|d| (d.entity, d.key.clone())).collect();
        let mut known: BTreeSet<(EntityId, Slot)> =
            drafts.iter().filter_map(|draft| Some((draft.entity, draft.slot?))).collect();
        let mut nulls = Followers::default();
        self.descend(content, queue, &mut known, |reference, slot| match reference.on_delete {
            OnDelete::Cascade => {
                let row = (content.table(reference.of).record(slot).key.clone(), Some(slot));
                drafts.push(Draft::by(Author::Derived, reference.of, row, None));
            }
            OnDelete::SetNull => {
                nulls.row(content, reference.of, slot)[reference.column] = Value::Null;
            }
            OnDelete::Restrict | OnDelete::Nothing => {}
        });
        nulls.0.retain(|row, _| !known.contains(row));
        drafts.extend(nulls.drafts(content, self.copies));
    }

    /// Calls `meets` once per reference to a deleted row: a row of `queue`, or one deleted by
    /// cascade. Adds the cascade's rows to `known`.
    fn descend(
        &self,
        content: &Content,
        mut queue: Vec<(EntityId, Key)>,
        known: &mut BTreeSet<(EntityId, Slot)>,
        mut meets: impl FnMut(Reference, Slot),
    ) {
        while let Some((entity, key)) = queue.pop() {
            for (reference, slot) in self.referring(content, entity, &key) {
                let goes = reference.on_delete == OnDelete::Cascade;
                if goes && !known.insert((reference.of, slot)) {
                    continue;
                }
                meets(reference, slot);
                if goes {
                    queue.push((reference.of, content.table(reference.of).record(slot).key.clone()));
                }
            }
        }
    }
}
