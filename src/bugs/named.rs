//! Bugs in which edits go as one, and in how rows get their keys.

use super::bug::{Bug, bug};
use crate::base::{EntityId, Key};
use crate::contract::EditKind;
use crate::engine::{OutboxRule, SendRule, SquashRule, joined};
use crate::store::{Entry, Reach, StoreError, Tx, first_key, take_any_key};

/// Those that this file plants.
pub(super) const BUGS: &[Bug] = &[
    bug!(
        "squashes-into-what-was-sent" caught by "acknowledged-without-commit",
        "an edit is written over the one of its row that waits, though that was sent: the verdict on the first counts for both",
        "a queue that keeps one entry a row",
        squash: SquashRule(()) {
            fn takes_in(&self, _: &Entry, _: &Entry) -> bool {
                true
            }
            fn joined(&self, first: &Entry, later: &Entry) -> Entry {
                let one = joined(first, later);
                if first.is_sealed() { Entry { id: first.id.clone(), ..one } } else { one }
            }
        }
    ),
    bug!(
        "takes-back-what-was-sent" caught by "lost-edit",
        "a row that is made and deleted before a verdict on it is forgotten, though its create was sent: it comes back",
        "Azure/azure-mobile-services #413",
        squash: SquashRule::takes_in(first: &Entry, later: &Entry) -> bool {
            let ends = first.kind == EditKind::Create && later.kind == EditKind::Delete;
            ends || !first.is_sealed()
        }
    ),
    bug!(
        "sends-the-last-update-alone" caught by "lost-edit",
        "of the updates of a row that go as one only the last is sent, not what the others set besides",
        "a debounced save of changed columns",
        squash: SquashRule::joined(first: &Entry, later: &Entry) -> Entry {
            let one = joined(first, later);
            let updates = (first.kind, later.kind) == (EditKind::Update, EditKind::Update);
            if updates { Entry { values: later.values.clone(), ..one } } else { one }
        }
    ),
    bug!(
        "rename-forgets-edits" caught by "dangling-id",
        "when the backend names a row, edits that wait still refer to it by the key that it was made with",
        "temporary ids that are replaced in tables and not in the queue",
        outbox: OutboxRule::renames() -> Reach { Reach { edits: false, ..Reach::ALL } }
    ),
    bug!(
        "rename-forgets-rows" caught by "dangling-id",
        "when the backend names a row, rows that refer to it keep the key that it was made with",
        "temporary ids that are replaced in one table alone",
        outbox: OutboxRule::renames() -> Reach { Reach { rows: false, ..Reach::ALL } }
    ),
    bug!(
        "rename-forgets-newer" caught by "stale",
        "the answer to a create was lost, the row comes down and changes, and the create's answer puts the old one in its place",
        "an insert that is told again after its row was pulled",
        outbox: OutboxRule::renames() -> Reach { Reach { newer: false, ..Reach::ALL } }
    ),
    bug!(
        "pool-gives-again" caught by "id-twice",
        "the next key of a pool is worked out from its first one, not from the last that was given",
        "a counter that lives in memory while its block lives on disk",
        send: SendRule::new_key(tx: &Tx<'_>, entity: EntityId) -> Result<Option<Key>, StoreError> {
            let key = first_key(tx, entity)?;
            if let Some(key) = &key {
                tx.remove(entity, key.as_str())?;
            }
            Ok(key)
        }
    ),
    bug!(
        "keeps-anothers-pool" caught by "id-twice",
        "a copy of a phone's storage takes keys out of the pool that came with it, as the first phone does",
        "a block of numbers in the app's database, which a device transfer takes along",
        send: SendRule::new_key(tx: &Tx<'_>, entity: EntityId) -> Result<Option<Key>, StoreError> {
            take_any_key(tx, entity)
        }
    ),
];
