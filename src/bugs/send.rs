//! Bugs in what is sent of the outbox, and in which order.

use std::cell::RefCell;
use std::rc::Rc;

use crate::base::{EntityId, Key, Seed};
use crate::contract::{EditKind, Mutation};
use crate::engine::{BottomUp, Correct, Requests, SendRule};
use crate::store::{Entry, StoreError, Tx};

/// Overrides what an edit is sent as, or which edits go out next.
macro_rules! send_rule {
    ($(#[$doc:meta])* $name:ident: mutation($entry:ident, $attempt:ident) $body:block) => {
        $(#[$doc])*
        pub(super) fn $name() -> Rc<dyn SendRule> {
            struct Broken;
            impl SendRule for Broken {
                fn mutation(&self, $entry: &Entry, $attempt: u64) -> Mutation $body
            }
            Rc::new(Broken)
        }
    };
    ($(#[$doc:meta])* $name:ident: next($tx:ident, $entities:ident, $limit:ident) $body:block) => {
        $(#[$doc])*
        pub(super) fn $name() -> Rc<dyn SendRule> {
            struct Broken;
            impl SendRule for Broken {
                fn next(
                    &self,
                    $tx: &Tx<'_>,
                    $entities: &[EntityId],
                    $limit: usize,
                ) -> Result<Vec<Entry>, StoreError> $body
            }
            Rc::new(Broken)
        }
    };
}

send_rule!(new_identity_each_try: mutation(entry, attempt) {
    let id = format!("{}/{attempt}", entry.id);
    let key = match entry.kind {
        EditKind::Create => Key::uuid(Seed(attempt).stream(&entry.id, 0, 0).bits128()),
        EditKind::Update | EditKind::Delete => entry.key.clone(),
    };
    Mutation { id, key, ..Correct.mutation(entry, attempt) }
});

send_rule!(deletes_as_updates: mutation(entry, attempt) {
    let sent = Correct.mutation(entry, attempt);
    match sent.kind {
        EditKind::Delete => Mutation { kind: EditKind::Update, ..sent },
        EditKind::Create | EditKind::Update => sent,
    }
});

send_rule!(deletes_what_failed: mutation(entry, attempt) {
    let sent = Correct.mutation(entry, attempt);
    if sent.kind != EditKind::Update || entry.attempts == 0 {
        return sent;
    }
    Mutation { kind: EditKind::Delete, values: Vec::new(), ..sent }
});

send_rule!(values_of_the_one_before: next(tx, entities, limit) {
    let mut batch = tx.outbox(entities, limit)?;
    for place in 1..batch.len() {
        let (before, after) = batch.split_at_mut(place);
        let (before, after) = (&before[place - 1], &mut after[0]);
        let alike = before.entity == after.entity && before.kind == after.kind;
        if alike && after.kind == EditKind::Update {
            after.values.clone_from(&before.values);
        }
    }
    Ok(batch)
});

send_rule!(key_of_the_one_before: next(tx, entities, limit) {
    let mut batch = tx.outbox(entities, limit)?;
    let of: Vec<_> = batch.iter().map(|entry| (entry.entity, entry.key.clone(), entry.base)).collect();
    for (entry, (entity, key, base)) in batch.iter_mut().skip(1).zip(of) {
        if entry.kind != EditKind::Create && entry.entity == entity && base.is_some() {
            (entry.key, entry.base) = (key, base);
        }
    }
    Ok(batch)
});

/// Of each row the newest edit, and of those the newest first.
fn newest(tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Result<Vec<Entry>, StoreError> {
    let mut batch = Vec::new();
    for (entity, key) in tx.dirty()?.into_iter().filter(|(entity, _)| entities.contains(entity)) {
        batch.extend(tx.entries_for(entity, &key)?.into_iter().rfind(|entry| !entry.parked));
    }
    batch.sort_by_key(|entry| std::cmp::Reverse(entry.seq));
    batch.truncate(limit);
    Ok(batch)
}

/// Pages are asked for by an address, which a cache on the way may answer.
pub(super) fn asks_caches() -> Rc<dyn SendRule> {
    struct Broken;
    impl SendRule for Broken {
        fn requests(&self, _: Requests) -> Requests {
            Requests::Plain
        }
    }
    Rc::new(Broken)
}

send_rule!(newest_first: next(tx, entities, limit) { newest(tx, entities, limit) });

send_rule!(children_first: next(tx, entities, limit) { BottomUp.next(tx, entities, limit) });

send_rule!(parents_first: next(tx, entities, limit) {
    let mut batch = Vec::new();
    for (entity, key) in tx.dirty()?.into_iter().filter(|(entity, _)| entities.contains(entity)) {
        batch.extend(tx.entries_for(entity, &key)?.into_iter().next().filter(|entry| !entry.parked));
    }
    batch.sort_by_key(|entry| (entry.entity, entry.seq));
    batch.truncate(limit);
    Ok(batch)
});

/// What left the outbox since it was sent goes out once more, as a delete.
pub(super) fn cleans_up_at_the_backend() -> Rc<dyn SendRule> {
    #[derive(Default)]
    struct Broken(RefCell<Vec<Entry>>);
    impl SendRule for Broken {
        fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Result<Vec<Entry>, StoreError> {
            let mut batch = tx.outbox(entities, limit)?;
            let waits = |sent: &Entry| batch.iter().any(|entry| entry.edit == sent.edit);
            let done = self.0.take().into_iter().find(|sent| sent.seq > 0 && !waits(sent));
            self.0.borrow_mut().clone_from(&batch);
            let Some(done) = done else { return Ok(batch) };
            if let Some(row) = tx.row(done.entity, done.key.as_str())? {
                let (kind, base) = (EditKind::Delete, Some(row.stamp));
                let id = format!("{}-", done.id);
                batch.insert(0, Entry { seq: 0, id, kind, base, values: Vec::new(), ..done });
                batch.truncate(limit);
            }
            Ok(batch)
        }
    }
    Rc::new(Broken::default())
}
