//! Planted bugs in the choice of edits to send, and in their order.

use std::cell::RefCell;

use super::bug::bugs;
use crate::base::{EntityId, Key, Seed};
use crate::contract::{EditKind, Mutation};
use crate::engine::{BottomUp, Correct, SendRule};
use crate::store::{Entry, StoreError, Tx};

bugs! {
    "new-identity-each-try" caught by "duplicate", seen in "forcedotcom/SalesforceMobileSDK-iOS #2632, dartway #105":
        "a create that is sent again gets a new idempotency key and a new row key"
        { mutation |entry, attempt| {
            let id = format!("{}/{attempt}", entry.id);
            let key = match entry.kind {
                EditKind::Create => Key::uuid(Seed(attempt).stream(&entry.id, 0, 0).bits128()),
                EditKind::Update | EditKind::Delete => entry.key.clone(),
            };
            Mutation { id, key, ..Correct.mutation(entry, attempt) }
        } }
    "asks-caches" caught by "lost", seen in "a GET without Cache-Control behind a company's proxy":
        "pages are requested by a URL without a time: a proxy on the path responds from its cache"
        { flaw AsksCaches }
    "deletes-as-updates" caught by "unasked-commit",
    seen in "a record flag that the service does not map":
        "a delete is sent as an update that sets a device's own marker column: the backend keeps the row"
        { mutation |entry, attempt| {
            let sent = Correct.mutation(entry, attempt);
            match sent.kind {
                EditKind::Delete => Mutation { kind: EditKind::Update, ..sent },
                EditKind::Create | EditKind::Update => sent,
            }
        } }
    "deletes-what-failed" caught by "unasked-commit",
    seen in "flags of an upload queue that are not those of the service":
        "a record flag means both that an upload failed and that the row is deleted: the retry of an update deletes its row"
        { mutation |entry, attempt| {
            let sent = Correct.mutation(entry, attempt);
            if sent.kind != EditKind::Update || entry.attempts == 0 {
                return sent;
            }
            Mutation { kind: EditKind::Delete, values: Vec::new(), ..sent }
        } }
    "cleans-up-at-the-backend" caught by "unasked-commit",
    seen in "change tracking that records the sync's own writes":
        "an uploaded row is removed from the upload table, and this removal is sent as a delete of the row"
        { send: SendRule(RefCell<Vec<Entry>>) {
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
        } }
    "values-of-the-one-before" caught by "unasked-commit",
    seen in "a record object that is reused in a loop":
        "a buffer is not cleared between the edits of a request: an update is sent with the values of the previous one"
        { next |tx, entities, limit| {
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
        } }
    "key-of-the-one-before" caught by "unasked-commit",
    seen in "two lists of a request that are matched by position, one of them filtered":
        "an edit is sent under the key and version of the previous one in the request"
        { next |tx, entities, limit| {
            let mut batch = tx.outbox(entities, limit)?;
            let of: Vec<_> = batch.iter().map(|entry| (entry.entity, entry.key.clone(), entry.base)).collect();
            for (entry, (entity, key, base)) in batch.iter_mut().skip(1).zip(of) {
                if entry.kind != EditKind::Create && entry.entity == entity && base.is_some() {
                    (entry.key, entry.base) = (key, base);
                }
            }
            Ok(batch)
        } }
    "newest-first" caught by "reordered", seen in "an outbox that is read from its end":
        "the newest edit of a row is sent first, each on the version that the previous one made: the last value is lost"
        { next |tx, entities, limit| { newest(tx, entities, limit) } }
    "children-first" caught by "reordered", seen in "Azure/azure-mobile-apps-net-client #161":
        "the newest rows are sent first: a row that refers to another new row goes before it, and is refused"
        { next |tx, entities, limit| { BottomUp.next(tx, entities, limit) } }
    "parents-first" caught by "reordered", seen in "uploads in the order of foreign keys":
        "rows are sent table by table, parents first, which is right for creates: a delete of a row goes before the deletes of the rows that refer to it"
        { next |tx, entities, limit| {
            let mut batch = Vec::new();
            for (entity, key) in tx.dirty()?.into_iter().filter(|(entity, _)| entities.contains(entity)) {
                batch.extend(tx.entries_for(entity, &key)?.into_iter().next().filter(|entry| !entry.parked));
            }
            batch.sort_by_key(|entry| (entry.entity, entry.seq));
            batch.truncate(limit);
            Ok(batch)
        } }
}

fn newest(tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Result<Vec<Entry>, StoreError> {
    let mut batch = Vec::new();
    for (entity, key) in tx.dirty()?.into_iter().filter(|(entity, _)| entities.contains(entity)) {
        batch.extend(tx.entries_for(entity, &key)?.into_iter().rfind(|entry| !entry.parked));
    }
    batch.sort_by_key(|entry| std::cmp::Reverse(entry.seq));
    batch.truncate(limit);
    Ok(batch)
}
