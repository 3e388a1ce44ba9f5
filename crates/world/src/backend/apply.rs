//! Judges the mutations that devices push: each is committed, refused with a conflict, or rejected
//! permanently.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

use super::commit::{Draft, Fact, Written};
use super::content::Content;
use super::database::Database;
use super::index::Slot;
use super::named::Named;
use super::options::{Authorisation, BackendOptions, Commits, Idempotency, RejectedEdits, StampedBy, Writes};
use super::sight::Sight;
use super::table::Record;
use crate::base::{EntityId, Key, Seed, Stamp, Time, Value};
use crate::contract::{
    Author, ColumnKind, EditKind, Entity, Guard, Mutation, NamedBy, Outcome, Refusal, Row, ScopeRule, image,
};

/// The decision on a mutation. A repeated mutation gets it again. A conflict then shows the row's
/// current state.
#[derive(Clone, Debug)]
enum Verdict {
    Applied(Stamp),
    /// The backend created the row under a key of its own, which replaces the device's key.
    Named(Stamp, Slot),
    Conflict(Refusal, Option<Slot>),
    Rejected(String),
    /// The response says "committed" with the present row's stamp, but nothing was written.
    Ignored(Stamp),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Verdicts(FxHashMap<Box<str>, (Time, Verdict)>);

#[derive(Clone, Copy)]
struct Case<'c> {
    sight: Sight<'c>,
    attributes: &'c [Value],
    mutation: &'c Mutation,
    /// All mutations of the same transaction.
    beside: &'c [&'c Mutation],
}

#[derive(Default)]
struct Together {
    held: Option<Held>,
    /// Indices of mutations that have a verdict of their own.
    own: BTreeSet<usize>,
}

/// The reason why a whole family (the mutations of a row and of its parts) is not committed.
enum Held {
    /// One mutation is deferred, or has a conflict that its device must resolve first.
    Later,
    /// One mutation is rejected permanently, for this reason.
    Refused(String),
}

impl Verdicts {
    pub(super) fn push(
        &mut self,
        (database, now): (&mut Database, Time),
        attributes: &[Value],
        mutations: &[Mutation],
        facts: &mut Vec<Fact>,
    ) -> Vec<Outcome> {
        let mut put_off: Vec<Key> = Vec::new();
        let mut outcomes = Vec::with_capacity(mutations.len());
        let mut named = Named::new(&database.content.schema);
        let families = families(Sight { database, now }, mutations);
        let mut judged: BTreeMap<usize, Together> = BTreeMap::new();
        for (place, mutation) in mutations.iter().enumerate() {
            let sight = Sight { database, now };
            let members = (mutations, families.as_slice(), families[place]);
            let together =
                judged.entry(families[place]).or_insert_with(|| self.together(sight, attributes, members));
            let mutation = &*named.follow(mutation);
            let waits =
                |value: &Value| matches!(value, Value::Text(key) if put_off.iter().any(|k| k.0 == *key));
            let held = together.held.as_ref().filter(|_| !together.own.contains(&place));
            let outcome = match held {
                _ if mutation.values.iter().any(|(_, value)| waits(value)) => {
                    put_off_for_now(mutation, facts)
                }
                None => self.apply((&mut *database, now), attributes, mutation, facts),
                Some(Held::Later) => put_off_for_now(mutation, facts),
                Some(Held::Refused(reason)) => {
                    let verdict =
                        Verdict::Rejected(format!("it goes with an edit that is refused: {reason}"));
                    self.refuse(Case { sight, attributes, mutation, beside: &[] }, verdict, facts)
                }
            };
            if outcome == Outcome::Later {
                put_off.push(mutation.key.clone());
            }
            named.note(mutation, &outcome);
            outcomes.push(outcome);
        }
        outcomes
    }

    /// Judges all mutations of a family before any of them is committed.
    fn together(
        &self,
        sight: Sight<'_>,
        attributes: &[Value],
        (mutations, families, family): (&[Mutation], &[usize], usize),
    ) -> Together {
        let of_family = || (0..mutations.len()).filter(|&place| families[place] == family);
        let beside: Vec<&Mutation> = of_family().map(|place| &mutations[place]).collect();
        let mut together = Together::default();
        if beside.len() < 2 {
            return together;
        }
        for place in of_family() {
            let mutation = &mutations[place];
            let case = Case { sight, attributes, mutation, beside: &beside };
            let judged = match self.known(case) {
                Some(verdict) => Some(Err(verdict.clone())),
                None if case.is_put_off() => None,
                None => Some(case.judge().map(drop)),
            };
            // The device's next request leaves out a rejected mutation. Without this rule, the rest
            // of the family would then be committed.
            let refuses_all = sight.database.options.commits == Commits::Families;
            let held = match judged {
                Some(Ok(())) => continue,
                Some(Err(Verdict::Rejected(reason))) if refuses_all => Some(Held::Refused(reason)),
                Some(Err(Verdict::Conflict(..) | Verdict::Rejected(_))) | None => Some(Held::Later),
                Some(Err(Verdict::Applied(_) | Verdict::Named(..) | Verdict::Ignored(_))) => None,
            };
            together.own.insert(place);
            if !matches!(together.held, Some(Held::Refused(_))) {
                together.held = held.or(together.held);
            }
        }
        together
    }

    fn refuse(&mut self, case: Case<'_>, verdict: Verdict, facts: &mut Vec<Fact>) -> Outcome {
        facts.push(case.refused(&verdict));
        self.remember(case, verdict)
    }

    /// The verdict on an earlier arrival of the mutation; `None` if the backend does not remember
    /// one.
    fn known(&self, case: Case<'_>) -> Option<&Verdict> {
        let idempotency = case.sight.database.options.idempotency;
        let (given, verdict) = self.0.get(case.mutation.id.as_str())?;
        idempotency.remembers(*given, case.sight.now).then_some(verdict)
    }

    fn remember(&mut self, case: Case<'_>, verdict: Verdict) -> Outcome {
        let outcome = case.outcome(&verdict);
        if case.sight.database.options.idempotency != Idempotency::None {
            self.0.insert(case.mutation.id.as_str().into(), (case.sight.now, verdict));
        }
        outcome
    }

    pub(super) fn apply(
        &mut self,
        (database, now): (&mut Database, Time),
        attributes: &[Value],
        mutation: &Mutation,
        facts: &mut Vec<Fact>,
    ) -> Outcome {
        let case = Case { sight: Sight { database, now }, attributes, mutation, beside: &[] };
        if let Some(verdict) = self.known(case) {
            facts.push(Fact::Replayed(mutation.edit));
            return case.outcome(verdict);
        }
        if case.is_put_off() {
            return put_off_for_now(mutation, facts);
        }
        let verdict = match case.judge() {
            Ok(mut draft) => {
                let gives = case.gives_key();
                if gives {
                    (draft.key, draft.slot) = (database.give_key(mutation.entity), None);
                }
                let date = (database.options.stamped_by == StampedBy::Device).then_some(mutation.made_at);
                let commits = database.commit(now, date, vec![draft]);
                let stamp = commits[0].stamp;
                let slot = gives.then(|| database.content.table(mutation.entity).find(&commits[0].key));
                facts.extend(commits.into_iter().map(Fact::Committed));
                slot.flatten().map_or(Verdict::Applied(stamp), |slot| Verdict::Named(stamp, slot))
            }
            Err(verdict) => return self.refuse(case, verdict, facts),
        };
        let case = Case { sight: Sight { database, now }, attributes, mutation, beside: &[] };
        self.remember(case, verdict)
    }
}

impl<'c> Case<'c> {
    fn content(self) -> &'c Content {
        &self.sight.database.content
    }

    fn gives_key(self) -> bool {
        let Mutation { entity, kind, .. } = self.mutation;
        *kind == EditKind::Create && self.content().schema.naming(*entity).by == NamedBy::Server
    }

    /// True if chance defers the mutation this time.
    fn is_put_off(self) -> bool {
        let Sight { database, now } = self.sight;
        let Database { options, seed, .. } = database;
        let share = database.rejected_share(RejectedEdits::Deferred, options.deferred_share, now);
        let draw = seed.hash("backend.partial", xxh3_64(self.mutation.id.as_bytes()), now.0);
        draw % 1_000_000 < u64::from(share.0)
    }

    fn keeps_row(self) -> bool {
        let Sight { database, now } = self.sight;
        let share = database.rejected_share(RejectedEdits::Deletes, database.options.refused_deletes, now);
        let draw = Seed(xxh3_64(self.mutation.id.as_bytes())).hash("refused-delete", 0, 0);
        self.mutation.kind == EditKind::Delete && draw % 1_000_000 < u64::from(share.0)
    }

    fn judge(self) -> Result<Draft, Verdict> {
        let Case { sight, attributes, mutation, .. } = self;
        let entity = self.accepts().map_err(Verdict::Rejected)?;
        self.is_allowed(entity)?;
        let Mutation { entity: id, key, .. } = mutation;
        let known = sight.remembered_row(*id, key);
        let (content, table) = (self.content(), self.content().table(*id));
        let conflict = |why| Err(Verdict::Conflict(why, known));
        let values = match (mutation.kind, known.map(|slot| (slot, table.record(slot)))) {
            (EditKind::Create, None) => Some(self.created(entity)),
            (EditKind::Create, Some((_, record))) if !record.deleted => return conflict(Refusal::Exists),
            // The mutation's base is the deletion: the device has seen the deletion and undoes it.
            (EditKind::Create, Some((_, record))) if mutation.base == Some(record.stamp) => {
                Some(self.created(entity))
            }
            (EditKind::Create, Some(_)) | (_, None) => return conflict(Refusal::Gone),
            (_, Some((_, record))) if record.deleted => return conflict(Refusal::Gone),
            (_, Some((_, record))) if !may_change(&sight.database.options, entity, mutation, record) => {
                return conflict(Refusal::Stale);
            }
            (EditKind::Update, Some((slot, _))) => Some(content.with(*id, slot, &mutation.values)),
            (EditKind::Delete, Some(_)) => None,
        };
        if values.is_none()
            && let Some(by) = sight.database.effects.holder(content, *id, key)
        {
            let name = &content.schema.entity(by).name;
            return Err(Verdict::Rejected(format!("a {name} refers to it")));
        }
        if let Some(values) = &values {
            if let Some((target, key)) = self.missing(entity) {
                let name = &content.schema.entity(target).name;
                return Err(Verdict::Rejected(format!("there is no {name} {key}")));
            }
            if let Some(holder) = content.holder(*id, values, known) {
                return Err(Verdict::Conflict(Refusal::Taken, Some(holder)));
            }
        }
        // A create may reuse the slot of a row that the backend forgot.
        let slot = known.or_else(|| table.find(key));
        let (key, author) = (key.clone(), Author::Device(mutation.edit));
        let written = Written { by: attributes.into(), at: mutation.made_at };
        Ok(Draft { entity: *id, key, slot, values, author, written: Some(written), unnoted: false })
    }

    /// Checks that the row belongs to the device: the stored row, or the row that a create would
    /// add.
    fn is_allowed(self, entity: &Entity) -> Result<(), Verdict> {
        let Case { sight, attributes, mutation, .. } = self;
        let authorisation = sight.database.options.authorisation;
        if authorisation == Authorisation::None {
            return Ok(());
        }
        let table = self.content().table(mutation.entity);
        let record = sight.remembered_row(mutation.entity, &mutation.key).map(|slot| table.record(slot));
        let own = match (record, mutation.kind) {
            (Some(record), _) if !record.deleted => entity.is_of(&record.values, attributes),
            (_, EditKind::Create) => entity.is_of(&self.created(entity), attributes),
            _ => true,
        };
        let there = record.map_or(sight.database.clock.latest, |record| record.stamp);
        match authorisation {
            _ if own => Ok(()),
            Authorisation::Filter => Err(Verdict::Ignored(there)),
            Authorisation::Refuse | Authorisation::None => {
                Err(Verdict::Rejected(format!("this {} is not of the user's scope", entity.name)))
            }
        }
    }

    fn created(self, entity: &Entity) -> Arc<[Value]> {
        let mut values = vec![Value::Null; entity.columns.len()];
        // A device cannot send columns that it does not hold. Its attributes fill the scope
        // columns.
        for (column, attribute) in entity.scope.iter().filter_map(ScopeRule::attribute) {
            values[column] = self.attributes[attribute].clone();
        }
        for (column, value) in &self.mutation.values {
            values[*column] = value.clone();
        }
        values.into()
    }

    /// Returns the mutation's entity, or the reason for a rejection that does not depend on the
    /// row.
    fn accepts(self) -> Result<&'c Entity, String> {
        let mutation = self.mutation;
        let entities = &self.content().schema.entities;
        let entity = entities
            .get(usize::from(mutation.entity.0))
            .ok_or_else(|| format!("there is no entity {}", mutation.entity.0))?;
        if !entity.delivery.is_on_devices() {
            return Err(format!("{} is not for devices", entity.name));
        }
        for (column, value) in &mutation.values {
            if entity.projection.binary_search(column).is_err() {
                return Err(format!("{} has no column {column} on devices", entity.name));
            }
            let Some(wanted) = misfit(&entity.columns[*column].kind, value) else { continue };
            return Err(format!("{} takes {wanted}, not {value}", entity.columns[*column].name));
        }
        if is_poisoned(mutation, &self.sight.database.options) {
            return Err(format!("a rule of the backend refuses this {}", entity.name));
        }
        if self.keeps_row() {
            return Err(format!("something else refers to this {}", entity.name));
        }
        Ok(entity)
    }

    /// The first reference to a missing row; `None` if there is none or the backend does not check.
    fn missing(self, entity: &Entity) -> Option<(EntityId, Key)> {
        let values = self.mutation.values.iter().map(|(column, value)| (*column, value));
        if !self.sight.database.options.foreign_keys {
            return None;
        }
        let mut targets = entity.references(values).map(|(target, key)| (target, Key::new(key)));
        let made = |target: EntityId, key: &Key| {
            let makes = |of: &&Mutation| of.kind == EditKind::Create && (of.entity, &of.key) == (target, key);
            self.beside.iter().any(makes)
        };
        targets.find(|(target, key)| self.content().live(*target, key).is_none() && !made(*target, key))
    }

    fn refused(self, verdict: &Verdict) -> Fact {
        let Mutation { edit, entity, key, kind, .. } = self.mutation;
        if let Verdict::Ignored(_) = verdict {
            return Fact::Ignored { edit: *edit, entity: *entity, key: key.clone() };
        }
        let (conflict, row) = match verdict {
            Verdict::Conflict(why, row) => (Some(*why), *row),
            _ => (None, None),
        };
        let holder = row.filter(|_| conflict == Some(Refusal::Taken));
        let holder = holder.map(|slot| self.content().table(*entity).record(slot).key.clone());
        let refers = conflict.is_none() && *kind != EditKind::Delete;
        let known = self.content().schema.entities.get(usize::from(entity.0)).filter(|_| refers);
        let holder = holder.or_else(|| self.missing(known?).map(|(_, key)| key));
        Fact::Refused { edit: *edit, entity: *entity, key: key.clone(), kind: *kind, conflict, holder }
    }

    fn outcome(self, verdict: &Verdict) -> Outcome {
        let Case { sight, mutation, .. } = self;
        let show = |slot: Slot| self.shown(slot);
        match verdict {
            Verdict::Applied(stamp) | Verdict::Ignored(stamp) => Outcome::Applied { stamp: *stamp },
            Verdict::Named(stamp, slot) => Outcome::Named { stamp: *stamp, row: show(*slot) },
            Verdict::Conflict(why, row) => {
                let edited_at = row.map(|slot| self.content().table(mutation.entity).record(slot).edited_at);
                Outcome::Conflict { why: *why, current: row.map(show), edited_at }
            }
            Verdict::Rejected(reason) => {
                let known = self.content().entity(mutation.entity).is_ok();
                let row = known.then(|| sight.remembered_row(mutation.entity, &mutation.key)).flatten();
                Outcome::Rejected { reason: reason.clone(), current: row.map(show) }
            }
        }
    }

    /// The mutation's row as its device may see it. A row that is deleted or outside the device's
    /// scope has no values.
    fn shown(self, slot: Slot) -> Row {
        let entity = self.content().schema.entity(self.mutation.entity);
        let record = self.content().table(self.mutation.entity).record(slot);
        let theirs = !record.deleted && entity.in_scope(&record.values, self.attributes);
        let values = theirs.then(|| entity.project(&record.values));
        Row { key: record.key.clone(), stamp: record.stamp, values }
    }
}

/// True if the backend can never commit this mutation.
pub(super) fn is_poisoned(mutation: &Mutation, options: &BackendOptions) -> bool {
    let draw = Seed(xxh3_64(mutation.id.as_bytes())).hash("poison", 0, 0) % 1_000_000;
    mutation.kind != EditKind::Delete && draw < u64::from(options.poison_ppm)
}

fn put_off_for_now(mutation: &Mutation, facts: &mut Vec<Fact>) -> Outcome {
    facts.push(Fact::PutOff(mutation.edit));
    Outcome::Later
}

fn is_text_of(kind: &ColumnKind, value: &Value) -> bool {
    let Value::Text(text) = value else { return false };
    kind.canonical(text).as_deref() == Some(&**text)
}

/// The expected type if `value` does not fit the column; otherwise `None`. Null always fits.
fn misfit(kind: &ColumnKind, value: &Value) -> Option<&'static str> {
    let (fits, wanted) = match kind {
        ColumnKind::Text => (matches!(value, Value::Text(_) | Value::Fat(_)), "a text"),
        ColumnKind::Int => (matches!(value, Value::Int(_)), "a whole number"),
        ColumnKind::Real => (matches!(value, Value::Real(_)), "a number with a fraction"),
        ColumnKind::Bool => (matches!(value, Value::Int(0 | 1)), "0 or 1"),
        ColumnKind::Timestamp => (matches!(value, Value::Int(_)), "a timestamp"),
        ColumnKind::Date => (is_text_of(kind, value), "a date"),
        ColumnKind::Decimal { .. } => (is_text_of(kind, value), "a decimal"),
        ColumnKind::Blob => (matches!(value, Value::Text(_) | Value::Fat(_)), "base64"),
        ColumnKind::Ref(_) => (matches!(value, Value::Text(_)), "a key"),
    };
    (!fits && *value != Value::Null).then_some(wanted)
}

/// True if the mutation may change this row. A [`Guard::Image`] is checked under every [`Writes`]
/// rule.
fn may_change(options: &BackendOptions, entity: &Entity, mutation: &Mutation, record: &Record) -> bool {
    let grace = options.writes_grace.as_micros() as i64;
    let cut = |stamp: Stamp| stamp.truncated(options.stamp_precision).0;
    // The sum saturates because a device may send any date.
    let is_newer = || mutation.made_at.0.saturating_add(grace) > record.edited_at.0;
    match (options.writes, mutation.guard) {
        (Writes::NewerDate, Guard::Base | Guard::Since) => is_newer(),
        (_, Guard::Image(held)) => {
            let reads_so = image(entity.projection.iter().map(|column| &record.values[*column])) == held;
            reads_so && (options.writes != Writes::NewerDate || is_newer())
        }
        (Writes::Blind, _) => true,
        (Writes::Checked, Guard::Base) => mutation.base == Some(record.stamp),
        (Writes::Checked, Guard::Since) => mutation.base.is_some_and(|base| record.stamp <= base),
        (Writes::Dated, guard) => mutation.base.is_some_and(|base| {
            let later = cut(record.stamp).saturating_sub(cut(base));
            later <= grace && (guard == Guard::Since || later >= -grace)
        }),
    }
}

/// For each mutation of a request, the index of the first mutation in the same family.
fn families(sight: Sight<'_>, mutations: &[Mutation]) -> Vec<usize> {
    match sight.database.options.commits {
        Commits::Rows => return (0..mutations.len()).collect(),
        Commits::Requests => return vec![0; mutations.len()],
        Commits::Families => {}
    }
    let schema = &sight.database.content.schema;
    let known = |entity: EntityId| usize::from(entity.0) < schema.entities.len();
    let top = |of: &Mutation| {
        let row = (of.entity, of.key.clone());
        let parent =
            |entity: EntityId, key: &Key, column: usize| part_of(sight, mutations, (entity, key), column);
        if known(of.entity) { schema.top(row, parent) } else { row }
    };
    let tops: Vec<_> = mutations.iter().map(top).collect();
    let first = |top| tops.iter().position(|other| other == top).expect("it is its own");
    tops.iter().map(first).collect()
}

/// The parent's key in the row's `column`. A mutation of the same request overrides the stored
/// value.
fn part_of(
    sight: Sight<'_>,
    mutations: &[Mutation],
    (entity, key): (EntityId, &Key),
    column: usize,
) -> Option<Key> {
    let own = mutations.iter().rfind(|of| (of.entity, &of.key) == (entity, key));
    let set = own.and_then(|own| own.values.iter().find(|(at, _)| *at == column));
    let there = || {
        let slot = sight.remembered_row(entity, key)?;
        Some(&sight.database.content.table(entity).record(slot).values[column])
    };
    match set.map(|(_, value)| value).or_else(there)? {
        Value::Text(key) => Some(Key(key.clone())),
        _ => None,
    }
}
