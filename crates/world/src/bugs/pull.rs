//! Planted bugs in the writes of pulled rows.

use std::borrow::Cow;
use std::cell::RefCell;

use super::bug::bugs;
use crate::base::{Cell, EntityId, Key, Seed, Stamp, Value, ValueRef};
use crate::contract::EditKind;
use crate::engine::{Applied, ApplyRule, Correct, Place};
use crate::protocol::WireRow;
use crate::store::{StoreError, Tx};

bugs! {
    "cursor-before-rows" caught by "lost", seen in "apache/pouchdb #1240":
        "the cursor is saved when a page arrives, its rows later: a kill in between loses them"
        { flaw CursorBeforeRows }
    "one-date-for-all" caught by "stale",
    seen in "RocketChat/Rocket.Chat.ReactNative PR 7506, alex-soldatkin/payload-expo-tauri #9":
        "one date of the last sync for all units: any unit's sync moves it past rows that other units lack"
        { flaw OneDateForAll }
    "cursor-before-the-last-page" caught by "delivered-again",
    seen in "a cursor that is read before the page and saved after it":
        "the cursor points to the first row of a sync's last page instead of behind its last row: that page comes again each time"
        { flaw CursorBeforeTheLastPage }
    "passes-over-errors" caught by "lost", seen in "apache/pouchdb #1087":
        "writing a row fails for one key in twelve, errors of single rows are ignored, and the cursor moves on"
        { apply |tx, place, row| {
            let fails = Seed(0).hash(row.key, 0, 0).is_multiple_of(12);
            if fails && row.values.is_some() && tx.row(place.id, row.key)?.is_none() {
                return Ok(Applied::Kept);
            }
            Correct.apply(tx, place, row)
        } }
    "first-batch-of-a-page" caught by "lost", seen in "apache/pouchdb #6809":
        "the rows of a page are written in batches of three, and the second batch is never written"
        { apply: ApplyRule::takes(place: usize) -> bool { place < 3 } }
    "one-row-a-stamp" caught by "lost", seen in "a deduplication by last modification":
        "a new row with the stamp of the previous one is taken for that row, coming twice"
        { apply: ApplyRule(RefCell<Option<(EntityId, Stamp, String)>>) {
            fn apply(&self, tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
                let own = (place.id, row.stamp, row.key.to_owned());
                let before = self.0.replace(Some(own.clone()));
                let is_again =
                    before.is_some_and(|(id, stamp, key)| (id, stamp) == (own.0, own.1) && key != own.2);
                if is_again && row.values.is_some() && tx.row(place.id, row.key)?.is_none() {
                    return Ok(Applied::Kept);
                }
                Correct.apply(tx, place, row)
            }
        } }
    "inserts-only" caught by "stale", seen in "pubkey/rxdb #5571":
        "a pulled row that the device already has is ignored"
        { apply |tx, place, row| {
            if row.values.is_some() && tx.row(place.id, row.key)?.is_some() {
                return Ok(Applied::Kept);
            }
            Correct.apply(tx, place, row)
        } }
    "ignores-tombstones" caught by "undetected-delete", seen in "RocketChat/Rocket.Chat.ReactNative PR 7506":
        "tombstones are skipped"
        { apply |tx, place, row| { skips_tombstones(tx, place, row) } }
    "never-sweeps" caught by "undetected-delete", seen in "apache/couchdb 0d2002dbc: purges that were trimmed":
        "after a cursor expired all rows come again, and rows that no longer exist stay"
        { apply: ApplyRule::sweep(_: &Tx<'_>, _: EntityId, _: u32) -> Result<Vec<Key>, StoreError> {
            Ok(Vec::new())
        } }
    "sweeps-what-waits" caught by "lost-edit", seen in "3lvis/SwiftSync PR 625":
        "rows that a full load did not bring are removed, also rows created here and never sent"
        { apply: ApplyRule::sweep(tx: &Tx<'_>, entity: EntityId, generation: u32) -> Result<Vec<Key>, StoreError> {
            for (_, key) in tx.dirty()?.into_iter().filter(|(of, _)| *of == entity) {
                let entries = tx.entries_for(entity, &key)?;
                if entries.iter().any(|entry| entry.kind == EditKind::Create) {
                    entries.iter().try_for_each(|entry| tx.drop_entry(entry.seq))?;
                }
            }
            tx.sweep(entity, generation)
        } }
    "sweeps-what-is-withheld" caught by "went-back",
    seen in "the built-in engine, before its loads reported what they leave out":
        "rows that a full load did not bring are removed at once, also rows whose latest version is not yet visible"
        { flaw SweepsWhatIsWithheld }
    "takes-anothers-page" caught by "lost",
    seen in "pages requested by URL, with responses that name no request":
        "any response that can be read as a page is taken for the requested one, with its cursor"
        { flaw TakesAnothersPage }
    "tombstones-for-ever" caught by "lost", seen in "vlcn-io/cr-sqlite #271, apache/couchdb #1418":
        "the engine remembers rows that left the device, and skips a row that comes back"
        { apply |tx, place, row| {
            if place.dirty {
                return Correct.apply(tx, place, row);
            }
            // The note needs another key, because the engine uses the shadow under the row's own
            // key.
            let note = format!("{} is gone", row.key);
            if row.values.is_none() {
                tx.set_shadow(place.id, &note, row.stamp, None)?;
                return Correct.apply(tx, place, row);
            }
            let Some(gone) = tx.take_shadow(place.id, &note)? else { return Correct.apply(tx, place, row) };
            tx.set_shadow(place.id, &note, gone.stamp, None)?;
            Ok(Applied::Kept)
        } }
    "keeps-what-left-scope" caught by "orphan",
    seen in "one-way sync by last modification: a change of scope is invisible to it":
        "tombstones are skipped for rows that moved to another group"
        { apply |tx, place, row| { skips_tombstones(tx, place, row) } }
    "merges-without-nulls" caught by "bent-value", seen in "powersync-ja/powersync-sqlite-core PR 45":
        "a pulled null or empty text does not replace the old value"
        { apply |tx, place, row| {
            let (Some(values), Some(old), false) = (row.values, tx.row(place.id, row.key)?, place.dirty)
            else {
                return Correct.apply(tx, place, row);
            };
            let merged: Vec<Cell<'_>> = values
                .iter()
                .zip(&old.values)
                .map(|(new, old)| match new {
                    Cell::Null => owned(old),
                    Cell::Text(text) if text.is_empty() => owned(old),
                    other => other.clone(),
                })
                .collect();
            Correct.apply(tx, place, WireRow { values: Some(&merged), ..row })
        } }
    "pulls-over-edits" caught by "lost-edit",
    seen in "adrianco/the-goodies #69, Azure/azure-mobile-apps #817":
        "a pulled row replaces a row with edits, and the edits are forgotten"
        { apply |tx, place, row| {
            if place.dirty {
                for entry in tx.entries_for(place.id, row.key)? {
                    tx.drop_entry(entry.seq)?;
                }
            }
            Correct.apply(tx, Place { dirty: false, ..place }, row)
        } }
    "ignores-what-comes-meanwhile" caught by "stale", seen in "pubkey/rxdb #5571":
        "pulled versions of rows with edits are skipped, and the cursor moves on"
        { apply |tx, place, row| {
            if place.dirty { Ok(Applied::Kept) } else { Correct.apply(tx, place, row) }
        } }
    "goes-over-what-came" caught by "silent-discard",
    seen in "orbitinghail/graft 281cf052, turtl/tracker #317":
        "waiting edits are rebased onto the version that came meanwhile, and overwrite it unseen"
        { apply |tx, place, row| {
            if place.dirty && row.values.is_some() {
                tx.rebase(place.id, row.key, row.stamp)?;
            }
            Correct.apply(tx, place, row)
        } }
    "one-bad-row-drops-page" caught by "lost", seen in "a loop over a page inside one handler of errors":
        "a page with one unreadable row is discarded with all its rows, and its cursor is saved"
        { flaw OneBadRowDropsPage }
    "takes-older-versions" caught by "went-back", seen in "reads from a replica without a session token":
        "a pulled version always counts as newer than the local one, also from a lagging copy of the backend"
        { apply |tx, place, row| {
            Correct.apply(tx, Place { over: Stamp(i64::MAX), ..place }, row)
        } }
    "takes-older-tombstones" caught by "went-back",
    seen in "reads from a replica without a session token":
        "a tombstone removes every version, also a newer one of a row that came back"
        { apply |tx, place, row| {
            let over = if row.values.is_none() { Stamp(i64::MAX) } else { place.over };
            Correct.apply(tx, Place { over, ..place }, row)
        } }
    "forgets-ends" caught by "own-write-vanished", seen in "reads from a replica without a session token":
        "a row that was deleted here and on the backend comes once more in its old version, and is shown"
        { apply |tx, place, row| {
            Correct.apply(tx, Place { ended: None, ..place }, row)
        } }
}

fn skips_tombstones(tx: &Tx<'_>, place: Place, row: WireRow<'_>) -> Result<Applied, StoreError> {
    if row.values.is_none() { Ok(Applied::Kept) } else { Correct.apply(tx, place, row) }
}

pub(super) fn owned(value: &Value) -> Cell<'static> {
    value.with_ref(|value| match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Int(n) => Cell::Int(n),
        ValueRef::Real(x) => Cell::Real(x),
        ValueRef::Text(t) => Cell::Text(Cow::Owned(t.to_owned())),
    })
}
