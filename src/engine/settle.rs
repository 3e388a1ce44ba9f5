//! Settling: each edit of a request by the backend's verdict, a conflict by the policy.

use std::rc::Rc;

use super::conflict::{Conflict, Resolution, kind_of};
use super::options::Compared;
use super::passed::is_undone;
use super::process::{Process, damaged};
use super::rules::overlay;
use crate::base::{EditId, EntityId, Key, Span, Stamp, UnitId, Value};
use crate::contract::{
    AppliedChange, ConflictKind, EditKind, Entity, Event, LogEntry, LogKind, Outcome, Row, Sides, SyncError,
};
use crate::protocol::PushResult;
use crate::store::{Entry, StoreError, Tx};

/// What a batch came to.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    /// Edits that left the outbox.
    pub(super) left: usize,
    /// Edits that the server put off.
    pub(super) put_off: usize,
    /// Edits that wait at the server for a verdict.
    pub(super) queued: usize,
}

/// What settling an edit did, kept until it is committed and can be told.
enum Settled {
    Acknowledged {
        edit: EditId,
        entity: EntityId,
        key: Key,
        stamp: Stamp,
    },
    Decided {
        edit: EditId,
        entity: EntityId,
        key: Key,
        kind: ConflictKind,
        resolution: Resolution,
        sides: Sides,
    },
    Logged {
        edit: EditId,
        entity: EntityId,
        key: Key,
        kind: LogKind,
    },
    /// The row has the backend's version now.
    Holds {
        entity: EntityId,
        key: Key,
        stamp: Stamp,
        removed: bool,
    },
}

/// Who settles edits.
pub(super) struct Settler {
    pub(super) process: Rc<Process>,
}

impl Settler {
    /// Settles each edit of the batch in one transaction, by the result in its place.
    ///
    /// # Errors
    /// When the database fails: then nothing is settled.
    pub(super) async fn settle(
        &self,
        unit: UnitId,
        batch: &[Entry],
        results: &[PushResult<'_>],
    ) -> Result<Counts, SyncError> {
        let settled = self.process.write(|tx| {
            let mut told = Vec::new();
            let mut counts = Counts::default();
            for (entry, result) in batch.iter().zip(results) {
                counts.put_off += usize::from(result.outcome == Outcome::Later);
                counts.left += usize::from(self.settle_one(tx, entry, &result.outcome, &mut told)?);
            }
            Ok((told, counts))
        });
        let (settled, took) = settled.await;
        let (told, counts) = settled.map_err(damaged)?;
        self.tell(unit, told, took);
        Ok(counts)
    }

    /// Tells that edits are done of which nothing is known, as a broken rule has it.
    pub(super) fn take_as_done(&self, unit: UnitId, batch: &[Entry]) {
        self.tell(unit, batch.iter().map(|entry| acknowledged(entry, Stamp(0))).collect(), Span::ZERO);
    }

    /// Settles one edit. True if it left the outbox.
    fn settle_one(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        outcome: &Outcome,
        told: &mut Vec<Settled>,
    ) -> Result<bool, StoreError> {
        match outcome {
            Outcome::Applied { stamp } => {
                told.push(acknowledged(entry, *stamp));
                self.acknowledge(tx, entry, *stamp, told)?;
                Ok(true)
            }
            Outcome::Later if self.process.rules.outbox.takes_later_for_done() => {
                tx.drop_entry(entry.seq)?;
                told.push(acknowledged(entry, entry.base.unwrap_or(Stamp(0))));
                Ok(true)
            }
            Outcome::Later => {
                tx.attempted(entry.seq, Some("put off by the server"))?;
                Ok(false)
            }
            Outcome::Queued => {
                tx.attempted(entry.seq, None)?;
                Ok(false)
            }
            Outcome::Rejected { .. } if !self.process.rules.outbox.lets_rejected_go() => {
                tx.attempted(entry.seq, Some("refused by the server"))?;
                Ok(false)
            }
            Outcome::Rejected { current, .. } => {
                self.give_up(tx, entry)?;
                self.log(tx, entry, outcome, LogKind::Rejected, None, told)?;
                if self.process.rules.outbox.shows_what_was_refused(entry.kind) {
                    self.take_over(tx, entry, current.as_ref(), told)?;
                }
                Ok(true)
            }
            Outcome::Conflict { why, current, edited_at } => {
                let entity = self.process.setup.schema.entity(entry.entity);
                let (why, current) = (*why, current.as_ref());
                let edited_at = match self.process.options.conflict.compares {
                    Compared::Edited => *edited_at,
                    Compared::Committed => None,
                };
                let conflict = Conflict { entry, entity, why, current, edited_at };
                self.decide(tx, conflict, outcome, told)
            }
        }
    }

    /// The edit is on the backend: the row has its stamp, later edits of the row build on it.
    fn acknowledge(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        stamp: Stamp,
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        self.process.rules.outbox.lets_go(tx, entry)?;
        tx.restamp(entry.entity, entry.key.as_str(), stamp)?;
        tx.rebase(entry.entity, entry.key.as_str(), stamp)?;
        self.process.remember(entry.entity, &entry.key, stamp, entry.kind == EditKind::Create);
        self.lift_shadow(tx, entry.entity, &entry.key, stamp, told)?;
        if entry.kind == EditKind::Delete { self.ended(tx, entry, stamp) } else { Ok(()) }
    }

    /// The row ended on the backend: what comes down may be older than that.
    fn ended(&self, tx: &Tx<'_>, entry: &Entry, stamp: Stamp) -> Result<(), StoreError> {
        let (entity, key) = (entry.entity, &entry.key);
        let waits = !tx.entries_for(entity, key.as_str())?.is_empty();
        if waits || tx.row(entity, key.as_str())?.is_some() {
            return Ok(());
        }
        self.process.passed.ended(tx, entity, key, stamp)
    }

    /// A newer version that was pulled while the row had local edits comes to light when the last
    /// of them is settled. One that is no news any more does not wait for that.
    fn lift_shadow(
        &self,
        tx: &Tx<'_>,
        entity: EntityId,
        key: &Key,
        settled: Stamp,
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        let waits = !tx.entries_for(entity, key.as_str())?.is_empty();
        let Some(shadow) = tx.take_shadow(entity, key.as_str())? else { return Ok(()) };
        if !self.process.rules.outbox.lifts_shadow(is_news(&shadow, settled)) {
            return Ok(());
        }
        if waits {
            return tx.keep_shadow(entity, &shadow);
        }
        told.push(holds(entity, &shadow));
        overlay(tx, self.process.setup.schema.entity(entity), entity, &shadow)
    }

    fn decide(
        &self,
        tx: &Tx<'_>,
        conflict: Conflict<'_>,
        outcome: &Outcome,
        told: &mut Vec<Settled>,
    ) -> Result<bool, StoreError> {
        let entry = conflict.entry;
        let resolution = match self.process.rules.resolve.decide(conflict) {
            // It would bring a row back that a later edit of this device deletes.
            Resolution::Local { onto } if self.has_nothing_to_create(tx, conflict, &onto)? => {
                Resolution::Remote
            }
            resolution => resolution,
        };
        let remote = conflict.current.map_or(Stamp(0), |row| row.stamp);
        if self.process.rules.outbox.tells(outcome) {
            told.push(Settled::Decided {
                edit: entry.edit,
                entity: entry.entity,
                key: entry.key.clone(),
                kind: kind_of(conflict),
                resolution: resolution.clone(),
                sides: Sides { local: entry.made_at, remote, edited: conflict.edited_at },
            });
        }
        match resolution {
            Resolution::Same => {
                tx.drop_entry(entry.seq)?;
                told.push(acknowledged(entry, remote));
                if self.has_moved_past(tx, entry, remote)? {
                    return Ok(true);
                }
                self.take_over(tx, entry, conflict.current, told)?;
                Ok(true)
            }
            Resolution::Remote if conflict.wants_taken_key() => {
                self.log(tx, entry, outcome, LogKind::Superseded, Some(remote), told)?;
                self.take_back(tx, entry, told)?;
                Ok(true)
            }
            Resolution::Remote => {
                self.give_up(tx, entry)?;
                self.log(tx, entry, outcome, LogKind::Superseded, Some(remote), told)?;
                self.take_over(tx, entry, conflict.current, told)?;
                Ok(true)
            }
            Resolution::Local { onto } => {
                self.log(tx, entry, outcome, LogKind::Overwrote, Some(remote), told)?;
                self.send_onto(tx, entry, &onto, conflict.current)?;
                Ok(false)
            }
            Resolution::Merged { columns, line } => {
                if let Some(kind) = line {
                    self.log(tx, entry, outcome, kind, Some(remote), told)?;
                }
                let mut kept = entry.clone();
                kept.values.retain(|(column, _)| columns.contains(column));
                self.send_onto(tx, &kept, &entry.key, conflict.current)?;
                Ok(false)
            }
        }
    }

    /// Whether the row is here as of later than this version: a verdict may have waited at a
    /// gateway while the device heard of others.
    fn has_moved_past(&self, tx: &Tx<'_>, entry: &Entry, version: Stamp) -> Result<bool, StoreError> {
        let held = tx.row(entry.entity, entry.key.as_str())?.map(|row| row.stamp);
        let undone = self.process.passed.undone(entry.entity);
        Ok(held.is_some_and(|held| held > version && !is_undone(&undone, held)))
    }

    /// Whether an edit of a row that is gone would have to create it and finds no row on the
    /// device.
    fn has_nothing_to_create(
        &self,
        tx: &Tx<'_>,
        conflict: Conflict<'_>,
        onto: &Key,
    ) -> Result<bool, StoreError> {
        let live = conflict.current.is_some_and(|row| row.values.is_some());
        let creates = conflict.entry.kind == EditKind::Update && !live;
        Ok(creates && tx.row(conflict.entry.entity, onto.as_str())?.is_none())
    }

    /// The edit goes out again as a change of the row `onto`, over its current version.
    fn send_onto(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        onto: &Key,
        current: Option<&Row>,
    ) -> Result<(), StoreError> {
        let live = current.filter(|row| row.values.is_some());
        let kind = match (entry.kind, live) {
            (EditKind::Delete, _) => EditKind::Delete,
            (_, Some(_)) => EditKind::Update,
            (_, None) => EditKind::Create,
        };
        let narrows = self.process.rules.outbox.sends_own_values();
        let values = match kind {
            EditKind::Delete => Vec::new(),
            EditKind::Create if entry.kind != EditKind::Create => self.as_of(tx, entry, onto)?,
            // What was to make its row again has all of that, and others write there.
            EditKind::Update if narrows => entry.own_values().cloned().collect(),
            EditKind::Create | EditKind::Update => entry.values.clone(),
        };
        // The backend remembers its verdict on the old idempotency key: another try is another
        // mutation.
        let id = format!("{}+", entry.id);
        tx.rewrite(entry.seq, &id, onto, (kind, &values), current)?;
        if *onto != entry.key {
            tx.remove(entry.entity, entry.key.as_str())?;
        }
        // What is created again takes the row as it is here.
        let Some(current) = live else { return Ok(()) };
        overlay(tx, self.process.setup.schema.entity(entry.entity), entry.entity, current)
    }

    /// All that the row has with an edit that makes it again. Later edits of it follow as they are.
    fn as_of(&self, tx: &Tx<'_>, entry: &Entry, key: &Key) -> Result<Vec<(usize, Value)>, StoreError> {
        let entity = self.process.setup.schema.entity(entry.entity);
        let shown = tx.row(entry.entity, key.as_str())?.map(|row| row.values);
        let mut later = tx.entries_for(entry.entity, key.as_str())?;
        later.retain(|other| other.seq > entry.seq);
        let values = beneath(entity, shown, &later);
        let values = values.ok_or_else(|| StoreError::Damaged(format!("no row {key} to create")))?;
        Ok(entity.projection.iter().copied().zip(values).collect())
    }

    /// The edit leaves: what later edits of its row were made on never was.
    fn give_up(&self, tx: &Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
        let entity = self.process.setup.schema.entity(entry.entity);
        let shown = tx.row(entry.entity, entry.key.as_str())?.map(|row| row.values);
        let edits = tx.entries_for(entry.entity, entry.key.as_str())?;
        tx.drop_entry(entry.seq)?;
        let Some(mut values) = beneath(entity, shown, &edits) else { return Ok(()) };
        for later in edits.iter().filter(|later| later.seq != entry.seq) {
            tx.make_on(later, &values)?;
            for (column, value) in &later.values {
                if let Ok(place) = entity.projection.binary_search(column) {
                    values[place] = value.clone();
                }
            }
        }
        Ok(())
    }

    /// The edit leaves, and its row is as if it had not been made: the backend, which speaks of
    /// another row, has the version that the edit was made on.
    fn take_back(&self, tx: &Tx<'_>, entry: &Entry, told: &mut Vec<Settled>) -> Result<(), StoreError> {
        let (id, key) = (entry.entity, &entry.key);
        let entity = self.process.setup.schema.entity(id);
        let shown = tx.row(id, key.as_str())?.map(|row| row.values);
        let values = beneath(entity, shown, &tx.entries_for(id, key.as_str())?);
        let version = Row { key: key.clone(), stamp: entry.base.unwrap_or(Stamp(0)), values };
        tx.drop_entry(entry.seq)?;
        overlay(tx, entity, id, &version)?;
        self.lift_shadow(tx, id, key, version.stamp, told)?;
        // It was to make its row again, as that had ended.
        if version.values.is_none() && entry.base.is_some() {
            self.ended(tx, entry, version.stamp)?;
        }
        Ok(())
    }

    /// The backend's version takes the place of the local one, below the edits that still wait.
    /// Those keep their base: they were made without knowledge of this version, and meet it in a
    /// conflict of their own.
    fn take_over(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        current: Option<&Row>,
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        let entity = self.process.setup.schema.entity(entry.entity);
        match current {
            Some(row) if row.key == entry.key => {
                overlay(tx, entity, entry.entity, row)?;
                told.push(holds(entry.entity, row));
                self.lift_shadow(tx, entry.entity, &entry.key, row.stamp, told)?;
                if row.values.is_none() { self.ended(tx, entry, row.stamp) } else { Ok(()) }
            }
            // Another row has the natural key, or the backend has none: the local row never was,
            // unless it was made since and has come down.
            _ => {
                tx.remove(entry.entity, entry.key.as_str())?;
                self.lift_shadow(tx, entry.entity, &entry.key, entry.base.unwrap_or(Stamp(0)), told)
            }
        }
    }

    fn log(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        outcome: &Outcome,
        kind: LogKind,
        met: Option<Stamp>,
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        if !self.process.rules.outbox.tells(outcome) {
            return Ok(());
        }
        let (entity, key) = (entry.entity, entry.key.clone());
        tx.log(&LogEntry { edit: Some(entry.edit), entity, key: key.clone(), kind, met })?;
        told.push(Settled::Logged { edit: entry.edit, entity, key, kind });
        Ok(())
    }

    fn tell(&self, unit: UnitId, told: Vec<Settled>, took: Span) {
        let mut changes = Vec::new();
        for settled in &told {
            self.process.emit(match settled {
                Settled::Holds { entity, key, stamp, removed } => {
                    let (entity, stamp, removed) = (*entity, *stamp, *removed);
                    changes.push(AppliedChange { entity, key: key.as_str(), stamp, removed });
                    continue;
                }
                Settled::Acknowledged { edit, entity, key, stamp } => {
                    Event::EditAcknowledged { edit: *edit, entity: *entity, key, stamp: *stamp }
                }
                Settled::Decided { edit, entity, key, kind, resolution, sides } => Event::ConflictDecided {
                    edit: *edit,
                    entity: *entity,
                    key,
                    kind: *kind,
                    decision: resolution.decision(),
                    sides: *sides,
                },
                Settled::Logged { edit, entity, key, kind } => {
                    Event::EditLogged { edit: *edit, entity: *entity, key, kind: *kind }
                }
            });
        }
        if !changes.is_empty() {
            self.process.emit(Event::ChunkApplied { unit: Some(unit), changes: &changes, echoed: 0, took });
        }
    }
}

/// Whether what waited in a shadow is unknown to who has settled the version of this stamp. That
/// version itself is not; that it is out of the device's reach is.
fn is_news(shadow: &Row, settled: Stamp) -> bool {
    shadow.stamp > settled || shadow.stamp == settled && shadow.values.is_none()
}

/// What a row was before all its `edits`, in the order in which they were made, by what it is
/// `shown` as with them.
fn beneath(entity: &Entity, shown: Option<Vec<Value>>, edits: &[Entry]) -> Option<Vec<Value>> {
    let mut values = shown;
    for Entry { kind, made_on, .. } in edits.iter().rev() {
        match kind {
            EditKind::Create => values = None,
            EditKind::Delete => {
                values = made_on.as_ref().map(|all| all.iter().map(|(_, value)| value.clone()).collect());
            }
            EditKind::Update => {
                for (column, value) in made_on.iter().flatten() {
                    let place = entity.projection.binary_search(column).ok();
                    if let Some(slot) = values.as_mut().zip(place).and_then(|(v, at)| v.get_mut(at)) {
                        *slot = value.clone();
                    }
                }
            }
        }
    }
    values
}

fn acknowledged(entry: &Entry, stamp: Stamp) -> Settled {
    Settled::Acknowledged { edit: entry.edit, entity: entry.entity, key: entry.key.clone(), stamp }
}

fn holds(entity: EntityId, row: &Row) -> Settled {
    Settled::Holds { entity, key: row.key.clone(), stamp: row.stamp, removed: row.values.is_none() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, EditId};
    use crate::contract::{Column, ColumnKind, Database, Delivery, LocalEdit, Schema};
    use crate::store::{Journal, Options, Store};

    /// Of whose three columns devices hold the first and the last.
    fn entity() -> Entity {
        let column = |name: &str| Column { name: name.to_owned(), kind: ColumnKind::Text };
        Entity {
            name: "task".to_owned(),
            key: "id".to_owned(),
            columns: ["due", "hidden", "title"].map(column).to_vec(),
            projection: vec![0, 2],
            scope: Vec::new(),
            delivery: Delivery::Delta,
            unique: vec![0],
        }
    }

    const TASK: EntityId = EntityId(0);

    fn texts(texts: [&str; 2]) -> Vec<Value> {
        texts.map(Value::text).to_vec()
    }

    /// Makes edits of row k, which is `[due one, title a]` as of 5: each sets a column, or deletes.
    fn edited(edits: &[(EditKind, usize, &str)]) -> Store {
        let database = Database { path: ":memory:".to_owned(), vfs: None };
        let options = Options { journal: Journal::Memory, ..Options::default() };
        let store = Store::open(&database, Schema { entities: vec![entity()] }.into(), &options).unwrap();
        store.transaction(|tx| tx.put_values(TASK, "k", Stamp(5), 0, &texts(["one", "a"]))).unwrap();
        for (number, &(kind, column, text)) in (0..).zip(edits) {
            let values = if kind == EditKind::Delete { vec![] } else { vec![(column, Value::text(text))] };
            let id = EditId { device: DeviceId(0), number };
            let edit = LocalEdit { id, entity: TASK, key: Key::new("k"), kind, values };
            store.edit(&edit, &number.to_string(), Stamp(7)).unwrap();
        }
        store
    }

    #[test]
    fn beneath_its_edits_a_row_is_what_it_was_before_them() {
        use EditKind::{Delete, Update};
        for edits in [
            &[(Update, 0, "two"), (Update, 2, "b"), (Update, 0, "three")][..],
            &[(Update, 0, "two"), (Delete, 0, "")],
        ] {
            let (shown, entries) = edited(edits)
                .read(|tx| Ok((tx.row(TASK, "k")?.map(|row| row.values), tx.entries_for(TASK, "k")?)))
                .unwrap();
            assert_eq!(beneath(&entity(), shown, &entries), Some(texts(["one", "a"])), "{edits:?}");
            let made = Entry { kind: EditKind::Create, ..entries[0].clone() };
            assert_eq!(beneath(&entity(), Some(texts(["one", "a"])), &[made]), None);
        }
    }

    #[test]
    fn edits_behind_one_that_is_gone_are_made_on_what_it_was_made_on() {
        use EditKind::{Delete, Update};
        let store = edited(&[(Update, 0, "two"), (Update, 0, "three"), (Update, 2, "b"), (Delete, 0, "")]);
        let version = Row { key: Key::new("k"), stamp: Stamp(5), values: Some(texts(["one", "a"])) };
        let made_on = |other_stamp: Option<i64>| {
            store
                .transaction(|tx| {
                    let stamp = other_stamp.map_or(version.stamp, Stamp);
                    overlay(tx, &entity(), TASK, &Row { stamp, ..version.clone() })?;
                    tx.entries_for(TASK, "k")
                })
                .unwrap()
                .into_iter()
                .map(|entry| entry.made_on.unwrap())
                .collect::<Vec<_>>()
        };
        let first = store.read(|tx| tx.entries_for(TASK, "k")).unwrap().remove(0);
        store.transaction(|tx| tx.drop_entry(first.seq)).unwrap();
        let of = |column: usize, text| (column, Value::text(text));
        assert_eq!(made_on(Some(9))[0], [of(0, "two")], "of another version they know nothing");
        let expected = [vec![of(0, "one")], vec![of(2, "a")], vec![of(0, "three"), of(2, "b")]];
        assert_eq!(made_on(None), expected);
        assert_eq!(store.read(|tx| tx.row(TASK, "k")).unwrap(), None, "the last one deletes it");
    }

    #[test]
    fn a_version_that_was_settled_is_no_news_unless_its_row_went_out_of_reach_with_it() {
        let shadow = |stamp: i64, values| Row { key: Key::new("a"), stamp: Stamp(stamp), values };
        for (stamp, there, gone) in [(4, false, false), (5, false, true), (6, true, true)] {
            assert_eq!(is_news(&shadow(stamp, Some(Vec::new())), Stamp(5)), there, "{stamp}, there");
            assert_eq!(is_news(&shadow(stamp, None), Stamp(5)), gone, "{stamp}, gone");
        }
    }
}
