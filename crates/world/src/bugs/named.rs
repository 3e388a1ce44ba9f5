//! Planted bugs in the merge of waiting edits, and in the keys of new rows.

use super::bug::bugs;
use crate::base::{EntityId, Key};
use crate::contract::EditKind;
use crate::engine::{OutboxRule, SendRule, joined};
use crate::store::{Entry, Reach, StoreError, Tx, first_key, take_any_key};

bugs! {
    "squashes-into-what-was-sent" caught by "acknowledged-without-commit",
    seen in "a queue that keeps one entry per row":
        "an edit replaces the waiting edit of its row, though that was already sent: the result of the first counts for both"
        { send: SendRule(()) {
            fn takes_in(&self, _: &Entry, _: &Entry) -> bool {
                true
            }
            fn joined(&self, first: &Entry, later: &Entry) -> Entry {
                let one = joined(first, later);
                if first.is_sealed() { Entry { id: first.id.clone(), ..one } } else { one }
            }
        } }
    "takes-back-what-was-sent" caught by "lost-edit", seen in "Azure/azure-mobile-services #413":
        "a row that is created and deleted before a response is forgotten, though its create was sent: it comes back"
        { send: SendRule::takes_in(first: &Entry, later: &Entry) -> bool {
            let ends = first.kind == EditKind::Create && later.kind == EditKind::Delete;
            ends || !first.is_sealed()
        } }
    "sends-the-last-update-alone" caught by "lost-edit", seen in "a debounced save of changed columns":
        "when updates of a row are merged into one, only the last is sent, without the columns that only the others set"
        { send: SendRule::joined(first: &Entry, later: &Entry) -> Entry {
            let one = joined(first, later);
            let updates = (first.kind, later.kind) == (EditKind::Update, EditKind::Update);
            if updates { Entry { values: later.values.clone(), ..one } } else { one }
        } }
    "rename-forgets-edits" caught by "dangling-id",
    seen in "temporary ids that are replaced in tables and not in the queue":
        "when the backend assigns a key, waiting edits still refer to the row by its temporary key"
        { outbox: OutboxRule::renames() -> Reach { Reach { edits: false, ..Reach::ALL } } }
    "rename-forgets-rows" caught by "dangling-id",
    seen in "temporary ids that are replaced in only one table":
        "when the backend assigns a key, rows that refer to the row keep its temporary key"
        { outbox: OutboxRule::renames() -> Reach { Reach { rows: false, ..Reach::ALL } } }
    "rename-forgets-newer" caught by "stale",
    seen in "an insert that is reported again after its row was pulled":
        "the response to a create was lost, the row is pulled and changes, and a repeated response to the create puts the old values back"
        { outbox: OutboxRule::renames() -> Reach { Reach { newer: false, ..Reach::ALL } } }
    "pool-gives-again" caught by "id-twice",
    seen in "a counter that lives in memory while its block lives on disk":
        "the next key of a pool is computed from its first key, not from the last one used"
        { send: SendRule::new_key(tx: &Tx<'_>, entity: EntityId) -> Result<Option<Key>, StoreError> {
            let key = first_key(tx, entity)?;
            if let Some(key) = &key {
                tx.remove(entity, key.as_str())?;
            }
            Ok(key)
        } }
    "keeps-anothers-pool" caught by "id-twice",
    seen in "a block of numbers in the app's database, which a device transfer copies":
        "a copy of a phone's storage uses keys of the copied pool, as the first phone does"
        { send: SendRule::new_key(tx: &Tx<'_>, entity: EntityId) -> Result<Option<Key>, StoreError> {
            take_any_key(tx, entity)
        } }
}
