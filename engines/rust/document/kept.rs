//! A phone's database. It has the parts of the document, the waiting edits, and stamps of rows.

use std::collections::BTreeMap;
use std::rc::Rc;

use syncdyno::contract::{
    Cell, Database, DeviceSetup, DeviceView, EditError, EditKind, EngineError, EntityId, Key, LocalEdit,
    Mutation, PendingEdit, Slip, Stamp, Value, ValueRef,
};
use syncdyno::rusqlite::{self, Connection, OptionalExtension};

use super::frame::Answer;
use super::{Actor, Document, Touched};
use crate::phone::{Edited, Keeps, Meta, Waiting, unsaved};

const LAYOUT: &str = "PRAGMA journal_mode=TRUNCATE;
    CREATE TABLE IF NOT EXISTS part(id INTEGER PRIMARY KEY, bytes BLOB);
    CREATE TABLE IF NOT EXISTS waiting(id INTEGER PRIMARY KEY, edit TEXT, mark BLOB);
    CREATE TABLE IF NOT EXISTS stamp(entity INTEGER, key TEXT, stamp INTEGER, PRIMARY KEY(entity, key))
        WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS meta(id INTEGER PRIMARY KEY, runs INTEGER, open INTEGER, read INTEGER,
        peer BLOB);";

/// The number of parts at which they are joined into one.
const COMPACT_AT: usize = 200;

pub(super) struct Kept<D> {
    setup: Rc<DeviceSetup>,
    actor: Actor,
    pub(super) database: Connection,
    pub(super) document: D,
    /// The waiting edits, each with its position in the document's history.
    pub(super) waiting: Vec<Waiting>,
    stamps: BTreeMap<(EntityId, Key), Stamp>,
    pub(super) meta: Meta,
    /// The last known state of the server's document, encoded.
    pub(super) peer: Vec<u8>,
    parts: usize,
}

pub(super) fn connect(at: &Database) -> rusqlite::Result<Connection> {
    let database = syncdyno::open_database(at)?;
    database.execute_batch(LAYOUT)?;
    Ok(database)
}

impl<D: Document> Kept<D> {
    pub(super) fn open(at: &Database, actor: Actor, setup: Rc<DeviceSetup>) -> Result<Kept<D>, EngineError> {
        let database = connect(at).map_err(EngineError::of)?;
        let document = D::new(actor, &setup.schema);
        let (waiting, stamps, meta, peer) = Default::default();
        let mut kept = Kept { setup, actor, database, document, waiting, stamps, meta, peer, parts: 0 };
        kept.load()?;
        Ok(kept)
    }
    /// Reads everything from the database again, for example after a failed transaction.
    pub(super) fn load(&mut self) -> Result<(), EngineError> {
        let parts = self.read().map_err(EngineError::of)?;
        self.document = D::new(self.actor, &self.setup.schema);
        self.parts = parts.len();
        self.document.load(&parts).map_err(EngineError)
    }
    /// Reads everything except the document. Returns the document's parts.
    fn read(&mut self) -> rusqlite::Result<Vec<Vec<u8>>> {
        let database = &self.database;
        let mut asked = database.prepare_cached("SELECT bytes FROM part ORDER BY id")?;
        let parts = asked.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mut asked = database.prepare_cached("SELECT id, edit, mark FROM waiting ORDER BY id")?;
        self.waiting = asked.query_map([], Waiting::of)?.collect::<rusqlite::Result<_>>()?;
        let stamp = |row: &rusqlite::Row<'_>| {
            let key: String = row.get(1)?;
            Ok(((EntityId(row.get(0)?), Key::new(&key)), Stamp(row.get(2)?)))
        };
        let mut asked = database.prepare_cached("SELECT entity, key, stamp FROM stamp")?;
        self.stamps = asked.query_map([], stamp)?.collect::<rusqlite::Result<_>>()?;
        let meta = |row: &rusqlite::Row<'_>| Ok((Meta::of(row)?, row.get(3)?));
        let asked = "SELECT runs, open, read, peer FROM meta";
        (self.meta, self.peer) = database.query_row(asked, [], meta).optional()?.unwrap_or_default();
        Ok(parts)
    }

    fn put_part(&mut self) -> rusqlite::Result<()> {
        let fresh = self.document.pack();
        if fresh.is_empty() {
            return Ok(());
        }
        let put = "INSERT INTO part(bytes) VALUES(?1)";
        if self.parts < COMPACT_AT {
            self.parts += self.database.prepare_cached(put)?.execute([fresh])?;
            return Ok(());
        }
        self.database.execute("DELETE FROM part", [])?;
        self.parts = self.database.execute(put, [self.document.whole()])?;
        Ok(())
    }
    /// Saves a person's edit. `made_at` is the time on the phone's clock.
    pub(super) fn edit(&mut self, edit: &LocalEdit, made_at: Stamp) -> Result<Edited, EditError> {
        let row = (edit.entity, &edit.key);
        let there = self.document.row(row);
        let projection = &self.setup.schema.entity(edit.entity).projection;
        match (edit.kind, &there) {
            (EditKind::Create, Some(_)) => return Err(EditError::Exists),
            (EditKind::Update | EditKind::Delete, None) => return Err(EditError::NoSuchRow),
            (EditKind::Update, Some(there)) => {
                let says = |(column, value): &(usize, Value)| {
                    let place = projection.binary_search(column);
                    place.is_ok_and(|place| value.with_ref(|value| there[place].reads_as(value)))
                };
                // An edit with the current values can still matter: the server may replace a
                // waiting edit, and its values with it.
                let is_settled = self.waiting.iter().all(|it| (it.edit.entity, &it.edit.key) != row);
                if is_settled && edit.values.iter().all(says) {
                    return Ok(Edited::Unchanged);
                }
            }
            _ => {}
        }
        match edit.kind {
            EditKind::Delete => self.document.remove(row),
            EditKind::Create | EditKind::Update => self.document.put(row, &edit.values),
        }
        let mark = self.document.own_clock();
        let base = self.stamps.get(&(edit.entity, edit.key.clone())).copied().filter(|_| there.is_some());
        let edit = Mutation::of(edit, base, made_at);
        let saved = self.atomically(|kept| {
            kept.put_part()?;
            let put = "INSERT INTO waiting(edit, mark) VALUES(?1, ?2)";
            kept.waiting.push(Waiting::put(&kept.database, put, edit, mark)?);
            Ok(Edited::Waits)
        });
        saved.map_err(unsaved)
    }

    /// Stores a response and its changes of the document. Edits with a verdict do not wait any
    /// more.
    pub(super) fn take(&mut self, answer: &Answer, slip: &Slip, peer: Vec<u8>) -> rusqlite::Result<()> {
        self.atomically(|kept| {
            kept.put_part()?;
            for row in &slip.rows {
                let mut put = kept.database.prepare_cached("REPLACE INTO stamp VALUES(?1, ?2, ?3)")?;
                put.execute((row.entity.0, row.key.as_str(), row.stamp.0))?;
                drop(put);
                kept.stamps.insert((row.entity, row.key.clone()), row.stamp);
            }
            let (done, waiting) = std::mem::take(&mut kept.waiting)
                .into_iter()
                .partition(|it: &Waiting| answer.verdicts.iter().any(|(edit, _)| *edit == it.edit.edit));
            kept.waiting = waiting;
            for Waiting { id, .. } in done {
                kept.database.execute("DELETE FROM waiting WHERE id = ?1", [id])?;
            }
            kept.meta.read = answer.read.max(kept.meta.read);
            kept.peer = peer;
            kept.put_meta()
        })
    }

    /// The current rows that were changed, or whose version the server reported.
    pub(super) fn now(&self, mut touched: Touched, slip: &Slip) -> Vec<Now> {
        touched.extend(slip.rows.iter().map(|row| (row.entity, row.key.clone())));
        let now = |(entity, key): (EntityId, Key)| {
            let stamp = *self.stamps.get(&(entity, key.clone()))?;
            let values = self.document.row((entity, &key));
            let values = values.map(|values| values.iter().map(|it| Cell::of(it).into_owned()).collect());
            Some(Now { entity, key, stamp, values })
        };
        touched.into_iter().filter_map(now).collect()
    }
}

/// The current state of a row. A deleted row has no values.
pub(super) struct Now {
    pub(super) entity: EntityId,
    pub(super) key: Key,
    pub(super) stamp: Stamp,
    pub(super) values: Option<Vec<Cell<'static>>>,
}

impl<D: Document> DeviceView for Kept<D> {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        for key in self.document.keys(entity) {
            let Some(values) = self.document.row((entity, &key)) else { continue };
            let cells: Vec<_> = values.iter().map(Cell::of).collect();
            let stamp = self.stamps.get(&(entity, key.clone())).copied().unwrap_or_default();
            f(&key, stamp, &cells.iter().map(Cell::as_ref).collect::<Vec<_>>());
        }
    }
    fn pending(&self) -> Vec<PendingEdit> {
        self.edits_waiting()
    }
}
