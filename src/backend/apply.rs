//! Mutations of devices: each is committed once, refused once, or rejected for good.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::commit::{Draft, Fact, Written};
use super::index::Slot;
use super::machine::Backend;
use super::options::StampedBy;
use crate::base::{EntityId, Key, Seed, Stamp, Time, Value};
use crate::contract::{Author, ColumnKind, EditKind, Entity, Mutation, Outcome, Refusal, Row, ScopeRule};

/// What became of a mutation, as it is remembered; rows in the way are shown as they are when it is asked again.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    Applied(Stamp),
    Conflict(Refusal, Option<Slot>),
    Rejected(String),
}

impl Backend {
    /// Applies the mutations of a push of a device with these attributes in their order, and adds to `facts` what happened.
    ///
    /// One that is put off takes with it those that point to its row: they would be rejected for good.
    pub fn push(
        &mut self,
        now: Time,
        attributes: &[Value],
        mutations: &[Mutation],
        facts: &mut Vec<Fact>,
    ) -> Vec<Outcome> {
        let mut put_off: Vec<&Key> = Vec::new();
        let mut outcomes = Vec::with_capacity(mutations.len());
        for mutation in mutations {
            let waits =
                |value: &Value| matches!(value, Value::Text(key) if put_off.iter().any(|k| k.0 == *key));
            let outcome = if mutation.values.iter().any(|(_, value)| waits(value)) {
                put_off_for_now(mutation, facts)
            } else {
                self.apply(now, attributes, mutation, facts)
            };
            if outcome == Outcome::Later {
                put_off.push(&mutation.key);
            }
            outcomes.push(outcome);
        }
        outcomes
    }

    /// Applies one mutation of a device with these attributes, and adds to `facts` what happened.
    ///
    /// A mutation whose idempotency key was seen before is answered with the verdict of that time, whatever it says now and
    /// whatever the verdict was: a device that changes its mind after a conflict makes a new mutation with a new key. One
    /// that is put off has had no verdict.
    pub fn apply(
        &mut self,
        now: Time,
        attributes: &[Value],
        mutation: &Mutation,
        facts: &mut Vec<Fact>,
    ) -> Outcome {
        if let Some(verdict) = self.remembered.get(mutation.id.as_str()) {
            facts.push(Fact::Replayed(mutation.edit));
            return self.outcome(now, attributes, mutation, verdict);
        }
        if self.puts_off(now, mutation) {
            return put_off_for_now(mutation, facts);
        }
        let verdict = match self.judge(now, attributes, mutation) {
            Ok(draft) => {
                let date = (self.options.stamped_by == StampedBy::Device).then_some(mutation.made_at);
                let commits = self.commit_dated(now, date, vec![draft]);
                let stamp = commits[0].stamp;
                facts.extend(commits.into_iter().map(Fact::Committed));
                Verdict::Applied(stamp)
            }
            Err(verdict) => {
                let conflict = match &verdict {
                    Verdict::Conflict(why, _) => Some(*why),
                    _ => None,
                };
                let Mutation { edit, entity, key, kind, .. } = mutation;
                facts.push(Fact::Refused {
                    edit: *edit,
                    entity: *entity,
                    key: key.clone(),
                    kind: *kind,
                    conflict,
                });
                verdict
            }
        };
        let outcome = self.outcome(now, attributes, mutation, &verdict);
        self.remembered.insert(mutation.id.as_str().into(), verdict);
        outcome
    }

    /// Whether a mutation is put off, by chance, this time.
    fn puts_off(&self, now: Time, mutation: &Mutation) -> bool {
        let share = self.options.partial;
        share.0 > 0
            && self.seed.hash("backend.partial", xxh3_64(mutation.id.as_bytes()), now.0) % 1_000_000
                < u64::from(share.0)
    }

    fn judge(&self, now: Time, attributes: &[Value], mutation: &Mutation) -> Result<Draft, Verdict> {
        let entity = self.accepts(mutation).map_err(Verdict::Rejected)?;
        let Mutation { entity: id, key, .. } = mutation;
        let known = self.remembered_row(now, *id, key);
        let values = match (mutation.kind, known) {
            (EditKind::Create, None) => Some(self.created(entity, attributes, mutation)),
            (EditKind::Create, Some(slot)) => {
                let record = self.table(*id).record(slot);
                let why = if record.deleted { Refusal::Gone } else { Refusal::Exists };
                // Who names the very deletion that is undone has seen it.
                if !record.deleted || mutation.base != Some(record.stamp) {
                    return Err(Verdict::Conflict(why, known));
                }
                Some(self.created(entity, attributes, mutation))
            }
            (EditKind::Update | EditKind::Delete, None) => {
                return Err(Verdict::Conflict(Refusal::Gone, None));
            }
            (EditKind::Update | EditKind::Delete, Some(slot)) => {
                let record = self.table(*id).record(slot);
                if record.deleted {
                    return Err(Verdict::Conflict(Refusal::Gone, known));
                }
                if mutation.base != Some(record.stamp) {
                    return Err(Verdict::Conflict(Refusal::Stale, known));
                }
                (mutation.kind == EditKind::Update).then(|| self.with(*id, slot, &mutation.values))
            }
        };
        if let Some(values) = &values {
            self.points_to_rows(entity, mutation)?;
            if let Some(holder) = self.holder(*id, values, known) {
                return Err(Verdict::Conflict(Refusal::Taken, Some(holder)));
            }
        }
        // A create may take over the place of a row that is forgotten.
        let slot = known.or_else(|| self.table(*id).find(key));
        let (key, author) = (key.clone(), Author::Device(mutation.edit));
        let written = Written { by: attributes.into(), at: mutation.made_at };
        Ok(Draft { entity: *id, key, slot, values, author, written: Some(written) })
    }

    /// The values of a new row.
    fn created(&self, entity: &Entity, attributes: &[Value], mutation: &Mutation) -> Arc<[Value]> {
        let mut values = vec![Value::Null; entity.columns.len()];
        for rule in &entity.scope {
            // What a device does not hold it cannot send; the row is made where the device belongs.
            if let ScopeRule::Attribute { column, attribute } = rule {
                values[*column] = attributes[*attribute].clone();
            }
        }
        for (column, value) in &mutation.values {
            values[*column] = value.clone();
        }
        values.into()
    }

    /// The mutation's entity, unless the backend would never accept such a mutation, whatever its content; then why.
    fn accepts(&self, mutation: &Mutation) -> Result<&Entity, String> {
        let entity = self
            .entity(mutation.entity)
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
        let draw = Seed(xxh3_64(mutation.id.as_bytes())).hash("poison", 0, 0) % 1_000_000;
        if mutation.kind != EditKind::Delete && draw < u64::from(self.options.poison_ppm) {
            return Err(format!("a rule of the backend refuses this {}", entity.name));
        }
        Ok(entity)
    }

    /// Rejects references to rows that are not there.
    fn points_to_rows(&self, entity: &Entity, mutation: &Mutation) -> Result<(), Verdict> {
        for (column, value) in &mutation.values {
            if let (ColumnKind::Ref(target), Value::Text(key)) = (&entity.columns[*column].kind, value) {
                let row = self.row(*target, &Key(key.clone()));
                if row.is_none_or(|row| row.deleted) {
                    let name = &self.schema.entity(*target).name;
                    return Err(Verdict::Rejected(format!("there is no {name} {key}")));
                }
            }
        }
        Ok(())
    }

    fn outcome(&self, now: Time, attributes: &[Value], mutation: &Mutation, verdict: &Verdict) -> Outcome {
        let show = |slot: Slot| self.shown(mutation.entity, slot, attributes);
        match verdict {
            Verdict::Applied(stamp) => Outcome::Applied { stamp: *stamp },
            Verdict::Conflict(why, row) => {
                let edited_at = row.map(|slot| self.table(mutation.entity).record(slot).edited_at);
                Outcome::Conflict { why: *why, current: row.map(show), edited_at }
            }
            Verdict::Rejected(reason) => {
                let known = self.entity(mutation.entity).is_some();
                let row = known.then(|| self.remembered_row(now, mutation.entity, &mutation.key)).flatten();
                Outcome::Rejected { reason: reason.clone(), current: row.map(show) }
            }
        }
    }

    /// A row as a device with these attributes may see it.
    fn shown(&self, id: EntityId, slot: Slot, attributes: &[Value]) -> Row {
        let entity = self.schema.entity(id);
        let record = self.table(id).record(slot);
        let theirs = !record.deleted && entity.in_scope(&record.values, attributes);
        let values = theirs.then(|| entity.project(&record.values));
        Row { key: record.key.clone(), stamp: record.stamp, values }
    }
}

fn put_off_for_now(mutation: &Mutation, facts: &mut Vec<Fact>) -> Outcome {
    facts.push(Fact::PutOff(mutation.edit));
    Outcome::Later
}

/// What a column of this kind takes, if it does not take `value`. Every column takes null.
fn misfit(kind: &ColumnKind, value: &Value) -> Option<&'static str> {
    let (fits, wanted) = match kind {
        ColumnKind::Text => (matches!(value, Value::Text(_) | Value::Fat(_)), "a text"),
        ColumnKind::Int => (matches!(value, Value::Int(_)), "a whole number"),
        ColumnKind::Real => (matches!(value, Value::Real(_)), "a number with a fraction"),
        ColumnKind::Bool => (matches!(value, Value::Int(0 | 1)), "0 or 1"),
        ColumnKind::Timestamp => (matches!(value, Value::Int(_)), "a timestamp"),
        ColumnKind::Ref(_) => (matches!(value, Value::Text(_)), "a key"),
    };
    (!fits && *value != Value::Null).then_some(wanted)
}
