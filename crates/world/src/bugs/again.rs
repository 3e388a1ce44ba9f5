//! Planted bugs in retries of edits, and in the treatment of refused edits.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::bug::bugs;
use crate::base::{EntityId, Key, Value};
use crate::contract::{EditKind, Mutation, Outcome};
use crate::engine::{ApplyRule, Correct, OutboxRule, SendRule};
use crate::store::{Entry, StoreError, Tx};

/// The edits of the last request, and edits that left the outbox.
#[derive(Default)]
struct Sent {
    last: Vec<Entry>,
    gone: Vec<Entry>,
    drafts: BTreeMap<(EntityId, Key), Vec<(usize, Value)>>,
    rounds: u32,
}

bugs! {
    "sends-rows-as-shown" caught by "unasked-commit",
    seen in "a form that is saved whole, with the value that the server refused":
        "a refused value stays on the screen, and the next edit of its row sends it again: an update is sent as a snapshot of the row"
        { (outbox: OutboxRule::shows_what_was_refused(kind: EditKind) -> bool { kind != EditKind::Update })
          (next |tx, entities, limit| {
            let mut batch = tx.outbox(entities, limit)?;
            for entry in batch.iter_mut().filter(|entry| entry.kind == EditKind::Update) {
                let Some(row) = tx.row(entry.entity, entry.key.as_str())? else { continue };
                let columns = tx.schema().entity(entry.entity).projection.iter().copied();
                entry.values = columns.zip(row.values).collect();
            }
            Ok(batch)
        }) }
    "keeps-refused-drafts" caught by "unasked-commit",
    seen in "a draft of a record that is not cleared by a refusal":
        "refused values stay in a draft of their row, and every later edit of that row sends them again"
        { send: SendRule(RefCell<Sent>) {
            fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Result<Vec<Entry>, StoreError> {
                let mut batch = tx.outbox(entities, limit)?;
                let mut sent = self.0.borrow_mut();
                for entry in sent.gone_from(tx, &batch)? {
                    if !shows(tx, &entry)? {
                        sent.drafts.insert((entry.entity, entry.key.clone()), entry.values);
                    }
                }
                for entry in batch.iter_mut().filter(|entry| entry.kind == EditKind::Update) {
                    let draft = sent.drafts.get(&(entry.entity, entry.key.clone()));
                    draft.iter().for_each(|draft| take_along(entry, draft));
                }
                Ok(batch)
            }
        } }
    "hands-on-what-was-refused" caught by "unasked-commit",
    seen in "an outbox that merges a failed job into the next one of its record":
        "an edit that waits behind a refused one takes over its values"
        { send: SendRule(RefCell<Sent>) {
            fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Result<Vec<Entry>, StoreError> {
                let mut batch = tx.outbox(entities, limit)?;
                let gone = self.0.borrow_mut().gone_from(tx, &batch)?;
                for entry in gone {
                    let refused = !shows(tx, &entry)?;
                    let next = |other: &&mut Entry| (other.entity, &other.key) == (entry.entity, &entry.key);
                    if let Some(next) = batch.iter_mut().find(next).filter(|_| refused) {
                        take_along(next, &entry.values);
                    }
                }
                Ok(batch)
            }
        } }
    "one-line-a-row" caught by "silent-discard",
    seen in "a log of conflicts with the record as its key":
        "the log has one line per row: the user reads nothing about a second conflict there"
        { outbox: OutboxRule(RefCell<BTreeMap<Key, u32>>) {
            fn tells(&self, outcome: &Outcome) -> bool {
                let Outcome::Conflict { current: Some(row), .. } = outcome else { return true };
                let mut told = self.0.borrow_mut();
                let told = told.entry(row.key.clone()).or_default();
                *told += 1;
                // The edit is reported twice: once for the decision, once for the log line.
                *told <= 2
            }
        } }
    "one-message-a-session" caught by "silent-discard",
    seen in "a toast that is shown once, so as not to annoy anybody":
        "the user sees a message about the first conflict of a session, and about no other"
        { outbox: OutboxRule(RefCell<u32>) {
            fn tells(&self, outcome: &Outcome) -> bool {
                if !matches!(outcome, Outcome::Conflict { .. }) {
                    return true;
                }
                *self.0.borrow_mut() += 1;
                *self.0.borrow() <= 2
            }
        } }
    "wins-once-wins-for-ever" caught by "silent-discard",
    seen in "a conflict that is marked as closed for its record":
        "after an edit has won over a row, later edits of that row overwrite newer versions, unread"
        { apply |tx, place, row| {
            let won = place.dirty && tx.log_entries()?.iter().any(|line| line.key.as_str() == row.key);
            if won && row.values.is_some() {
                tx.rebase(place.id, row.key, row.stamp)?;
            }
            Correct.apply(tx, place, row)
        } }
    "name-of-the-one-before" caught by "not-taken",
    seen in "a form whose fields are not cleared for the next record":
        "a create is sent with the natural key of the previous one, and is superseded by that row"
        { next |tx, entities, limit| {
            let mut batch = tx.outbox(entities, limit)?;
            for place in 1..batch.len() {
                let (before, after) = batch.split_at_mut(place);
                let (before, after) = (&before[place - 1], &mut after[0]);
                let creates = [before.kind, after.kind] == [EditKind::Create; 2];
                if creates && before.entity == after.entity {
                    let unique = &tx.schema().entity(after.entity).unique;
                    let named = before.values.iter().filter(|(column, _)| unique.contains(column));
                    named.cloned().for_each(|named| set(after, named));
                }
            }
            Ok(batch)
        } }
    "days-as-names" caught by "not-taken",
    seen in "a time that is sent as a date, and is part of a unique key":
        "the instants of a natural key are sent as days: another row of that day is taken for the same row"
        { next |tx, entities, limit| {
            coarse(tx, tx.outbox(entities, limit)?, EditKind::Create)
        } }
    "moves-by-days" caught by "not-taken",
    seen in "a time that is sent as a date, and is part of a unique key":
        "a change of an instant that is part of a natural key is sent as a day"
        { next |tx, entities, limit| {
            coarse(tx, tx.outbox(entities, limit)?, EditKind::Update)
        } }
    "tries-what-was-refused" caught by "refused-and-committed",
    seen in "a retry that makes a new job of a failed one":
        "a permanently refused edit is reported as refused, and sent once more under another identity"
        { send: SendRule(RefCell<Sent>) {
            fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Result<Vec<Entry>, StoreError> {
                let mut batch = tx.outbox(entities, limit)?;
                for entry in self.0.borrow_mut().gone_from(tx, &batch)? {
                    let row = tx.row(entry.entity, entry.key.as_str())?;
                    if entry.kind == EditKind::Update && entry.seq > 0 && !shows(tx, &entry)? {
                        let base = row.map(|row| row.stamp);
                        batch.push(Entry { seq: 0, id: format!("{}-", entry.id), base, ..entry });
                    }
                }
                Ok(batch)
            }
        } }
    "asks-twice" caught by "refused-and-committed",
    seen in "a queue that two workers process":
        "each edit is sent twice in a request, under two identities: one may be refused and the other accepted"
        { next |tx, entities, limit| {
            let mut batch = tx.outbox(entities, limit)?;
            let twice: Vec<Entry> = batch.iter().map(|entry| Entry { seq: 0, id: format!("{}-", entry.id), ..entry.clone() }).collect();
            batch.extend(twice);
            Ok(batch)
        } }
    "updates-under-another-name" caught by "refused-and-committed",
    seen in "an idempotency key that is generated when a request is sent":
        "an update that is sent again has another identity: if its response was lost, it is on the backend and may be refused all the same"
        { mutation |entry, attempt| {
            let sent = Correct.mutation(entry, attempt);
            let id = format!("{}/{attempt}", sent.id);
            if entry.kind == EditKind::Update { Mutation { id, ..sent } } else { sent }
        } }
    "restores-its-own-word" caught by "old-over-new",
    seen in "a two-way mirror that takes a newer value for a lost write":
        "an edit that is on the backend is sent once more if its row has other values since"
        { send: SendRule(RefCell<Sent>) {
            fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Result<Vec<Entry>, StoreError> {
                let mut batch = tx.outbox(entities, limit)?;
                let mut sent = self.0.borrow_mut();
                let gone = sent.gone_from(tx, &batch)?;
                for entry in gone {
                    if entry.kind == EditKind::Update && entry.seq > 0 && shows(tx, &entry)? {
                        sent.gone.push(entry);
                    }
                }
                let mut kept = Vec::new();
                for entry in std::mem::take(&mut sent.gone) {
                    let clean = tx.entries_for(entry.entity, entry.key.as_str())?.is_empty();
                    if clean && !shows(tx, &entry)? { batch.extend(once_more(tx, entry)?) } else { kept.push(entry) }
                }
                sent.gone = kept;
                Ok(batch)
            }
        } }
    "sends-its-tail-again" caught by "old-over-new",
    seen in "a queue whose end is moved back after a restart":
        "each fifth request repeats the oldest sent edit, as if it still waited"
        { send: SendRule(RefCell<Sent>) {
            fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Result<Vec<Entry>, StoreError> {
                let mut batch = tx.outbox(entities, limit)?;
                let mut sent = self.0.borrow_mut();
                let gone = sent.gone_from(tx, &batch)?;
                sent.gone.extend(gone.into_iter().filter(|entry| entry.kind == EditKind::Update && entry.seq > 0));
                sent.rounds += 1;
                if sent.rounds.is_multiple_of(5) && !sent.gone.is_empty() {
                    let oldest = sent.gone.remove(0);
                    if tx.entries_for(oldest.entity, oldest.key.as_str())?.is_empty() {
                        batch.extend(once_more(tx, oldest)?);
                    }
                }
                Ok(batch)
            }
        } }
    "tries-over-what-came" caught by "old-over-new",
    seen in "a retry that reads the row again and keeps its own value":
        "an edit whose response was lost is rebased onto the version that came meanwhile, and sent under another identity"
        { (apply |tx, place, row| {
            if place.dirty && row.values.is_some() {
                tx.rebase(place.id, row.key, row.stamp)?;
            }
            Correct.apply(tx, place, row)
        }) (mutation |entry, attempt| {
            let sent = Correct.mutation(entry, attempt);
            let id = format!("{}/{attempt}", sent.id);
            if entry.kind == EditKind::Update { Mutation { id, ..sent } } else { sent }
        }) }
}

impl Sent {
    /// The edits of the last request that no longer wait in the outbox. `now` has the edits of the
    /// next request.
    fn gone_from(&mut self, tx: &Tx<'_>, now: &[Entry]) -> Result<Vec<Entry>, StoreError> {
        let mut gone = Vec::new();
        for entry in std::mem::replace(&mut self.last, now.to_vec()) {
            let waits = tx.entries_for(entry.entity, entry.key.as_str())?;
            if waits.iter().all(|other| other.seq != entry.seq) {
                gone.push(entry);
            }
        }
        Ok(gone)
    }
}

/// Whether the row has the values that the edit sets.
fn shows(tx: &Tx<'_>, entry: &Entry) -> Result<bool, StoreError> {
    let Some(row) = tx.row(entry.entity, entry.key.as_str())? else { return Ok(false) };
    let projection = &tx.schema().entity(entry.entity).projection;
    let said: BTreeSet<usize> = entry.values.iter().map(|(column, _)| *column).collect();
    let mut columns = projection.iter().zip(&row.values).filter(|(column, _)| said.contains(column));
    Ok(columns.all(|(column, value)| entry.values.iter().any(|(of, own)| of == column && own == value)))
}

/// A repetition of the edit, based on the current version of its row. `None` if the row is gone.
fn once_more(tx: &Tx<'_>, entry: Entry) -> Result<Option<Entry>, StoreError> {
    let row = tx.row(entry.entity, entry.key.as_str())?;
    Ok(row.map(|row| Entry { seq: 0, id: format!("{}-", entry.id), base: Some(row.stamp), ..entry }))
}

fn take_along(entry: &mut Entry, values: &[(usize, Value)]) {
    for (column, value) in values {
        if entry.values.iter().all(|(of, _)| of != column) {
            entry.values.push((*column, value.clone()));
        }
    }
}

fn set(entry: &mut Entry, (column, value): (usize, Value)) {
    entry.values.iter_mut().filter(|(of, _)| *of == column).for_each(|(_, own)| *own = value.clone());
}

fn coarse(tx: &Tx<'_>, mut batch: Vec<Entry>, kind: EditKind) -> Result<Vec<Entry>, StoreError> {
    batch.iter_mut().filter(|entry| entry.kind == kind).for_each(|entry| coarsen(tx, entry));
    Ok(batch)
}

/// Rounds the natural key down: timestamps to days, other numbers to even numbers.
fn coarsen(tx: &Tx<'_>, entry: &mut Entry) {
    const DAY: i64 = 86_400_000_000;
    let unique = &tx.schema().entity(entry.entity).unique;
    for (_, value) in entry.values.iter_mut().filter(|(column, _)| unique.contains(column)) {
        if let Value::Int(n) = value {
            let step = if *n > DAY { DAY } else { 2 };
            *n -= n.rem_euclid(step);
        }
    }
}
