//! A phone's database. It has the rows with the waiting edits applied, and the changeset of each
//! edit.

use syncdyno::contract::{
    Cell, Database, DeviceSetup, DeviceView, EditError, EditKind, EngineError, EntityId, Key, LocalEdit,
    Mutation, PendingEdit, Stamp, Value, ValueRef,
};
use syncdyno::rusqlite::{self, Connection, OptionalExtension};

use super::Policy;
use super::frame::Answer;
use super::raw::{self, Choice, Met};
use super::tables::Tables;
use crate::document::Verdict;
use crate::phone::{Edited, Keeps, Meta, Waiting, unsaved};

const LAYOUT: &str = "PRAGMA journal_mode=TRUNCATE;
    CREATE TABLE IF NOT EXISTS waiting(id INTEGER PRIMARY KEY, edit TEXT, changes BLOB);
    CREATE TABLE IF NOT EXISTS meta(id INTEGER PRIMARY KEY, runs INTEGER, open INTEGER, cursor INTEGER);";

pub(super) struct Kept {
    pub(super) database: Connection,
    tables: Tables,
    policy: Policy,
    /// The waiting edits, each with its changeset.
    pub(super) waiting: Vec<Waiting>,
    pub(super) meta: Meta,
}

/// A row from the server.
pub(super) struct Came {
    pub(super) entity: EntityId,
    pub(super) key: Key,
    pub(super) stamp: Stamp,
    pub(super) gone: bool,
}

/// The rows of a response, and the edits with verdicts.
#[derive(Default)]
pub(super) struct Stored {
    pub(super) rows: Vec<Came>,
    pub(super) settled: Vec<(Mutation, Verdict)>,
}

pub(super) fn connect(at: &Database, tables: &Tables) -> rusqlite::Result<Connection> {
    let database = syncdyno::open_database(at)?;
    database.execute_batch(LAYOUT)?;
    database.execute_batch(&tables.layout())?;
    Ok(database)
}

impl Kept {
    pub(super) fn open(at: &Database, setup: &DeviceSetup, policy: Policy) -> Result<Kept, EngineError> {
        let tables = Tables::new(&setup.schema);
        let database = connect(at, &tables).map_err(EngineError::of)?;
        let (waiting, meta) = Default::default();
        let mut kept = Kept { database, tables, policy, waiting, meta };
        kept.load().map_err(EngineError::of)?;
        Ok(kept)
    }
    pub(super) fn load(&mut self) -> rusqlite::Result<()> {
        let mut asked = self.database.prepare_cached("SELECT id, edit, changes FROM waiting ORDER BY id")?;
        self.waiting = asked.query_map([], Waiting::of)?.collect::<rusqlite::Result<_>>()?;
        let asked = "SELECT runs, open, cursor FROM meta";
        self.meta = self.database.query_row(asked, [], Meta::of).optional()?.unwrap_or_default();
        Ok(())
    }

    /// Saves a person's edit. `made_at` is the time on the phone's clock.
    pub(super) fn edit(&mut self, edit: &LocalEdit, made_at: Stamp) -> Result<Edited, EditError> {
        self.atomically(|kept| kept.put_edit(edit, made_at)).map_err(unsaved)?
    }
    fn put_edit(&mut self, edit: &LocalEdit, made_at: Stamp) -> rusqlite::Result<Result<Edited, EditError>> {
        let (row, at) = ((edit.entity, &edit.key), &self.database);
        let there = self.tables.get(at, row.0, row.1)?;
        match (edit.kind, &there) {
            (EditKind::Create, Some(_)) => return Ok(Err(EditError::Exists)),
            (EditKind::Update | EditKind::Delete, None) => return Ok(Err(EditError::NoSuchRow)),
            _ => {}
        }
        let projection = &self.tables.schema.entity(edit.entity).projection;
        let place = |column: &usize| projection.binary_search(column).expect("a phone holds it");
        let places = edit.values.iter().map(|(column, value)| (place(column), value));
        let ((), changes) = raw::record(at, self.tables.names(), || match edit.kind {
            EditKind::Delete => self.tables.delete(at, row.0, row.1),
            EditKind::Update => self.tables.update(at, row, places),
            EditKind::Create => {
                let mut values = vec![Value::Null; projection.len()];
                places.for_each(|(place, value)| values[place] = value.clone());
                self.tables.insert(at, row, Stamp(0), &values)
            }
        })?;
        // If the row already has these values, the session has recorded nothing.
        if changes.is_empty() {
            return Ok(Ok(Edited::Unchanged));
        }
        let edit = Mutation::of(edit, there.map(|(stamp, _)| stamp), made_at);
        let put = "INSERT INTO waiting(edit, changes) VALUES(?1, ?2)";
        self.waiting.push(Waiting::put(at, put, edit, changes)?);
        Ok(Ok(Edited::Waits))
    }

    /// Stores a response. The waiting edits are undone first and applied again afterwards.
    pub(super) fn take(&mut self, answer: &Answer) -> rusqlite::Result<Stored> {
        self.atomically(|kept| {
            let mut stored = Stored::default();
            if !answer.changes.is_empty() || !answer.verdicts.is_empty() {
                let waiting = std::mem::take(&mut kept.waiting);
                for it in waiting.iter().rev() {
                    raw::apply(&kept.database, &raw::invert(&it.bytes)?, |_| Choice::Abort)?;
                }
                raw::apply(&kept.database, &answer.changes, |_| Choice::Abort)?;
                stored.rows = kept.came(answer)?;
                for it in waiting {
                    let verdict = answer.verdicts.iter().find(|(edit, _)| *edit == it.edit.edit);
                    match verdict {
                        Some((_, verdict)) => kept.settle(it, verdict.clone(), &mut stored)?,
                        None => kept.again(it, answer, &mut stored)?,
                    }
                }
            }
            kept.meta.read = answer.cursor;
            kept.put_meta()?;
            Ok(stored)
        })
    }
    fn came(&self, answer: &Answer) -> rusqlite::Result<Vec<Came>> {
        let mut rows = Vec::new();
        for row in raw::changed(&answer.changes)? {
            let Some(entity) = self.tables.entity(&row.table) else { continue };
            let stamp = match row.gone {
                true => gone_at(answer, entity, &row.key),
                false => self.tables.get(&self.database, entity, &row.key)?.map(|(stamp, _)| stamp),
            };
            let (key, stamp, gone) = (row.key, stamp.unwrap_or_default(), row.gone);
            rows.push(Came { entity, key, stamp, gone });
        }
        Ok(rows)
    }
    fn settle(&self, it: Waiting, verdict: Verdict, stored: &mut Stored) -> rusqlite::Result<()> {
        self.database.execute("DELETE FROM waiting WHERE id = ?1", [it.id])?;
        stored.settled.push((it.edit, verdict));
        Ok(())
    }
    /// Applies an edit again that the server has not seen, on top of the new rows. If it changes
    /// nothing any more, it gets a verdict here.
    fn again(&mut self, it: Waiting, answer: &Answer, stored: &mut Stored) -> rusqlite::Result<()> {
        let mut met = None;
        let (at, policy) = (&self.database, self.policy);
        let ((), changes) = raw::record(at, self.tables.names(), || {
            raw::apply(at, &it.bytes, |what| {
                met = Some(what);
                policy.choice()
            })
        })?;
        if changes.is_empty() {
            let (entity, key) = (it.edit.entity, &it.edit.key);
            let now = self.tables.get(at, entity, key)?.map(|(stamp, _)| stamp);
            let stamp = now.or_else(|| gone_at(answer, entity, key)).unwrap_or_default();
            let verdict = match (met, it.edit.kind, policy) {
                (Some(Met::Nothing), EditKind::Delete, _) => Verdict::Done(stamp),
                (Some(Met::Other), _, Policy::Replace) | (None, ..) => Verdict::Same(stamp),
                _ => Verdict::GaveWay(stamp),
            };
            return self.settle(it, verdict, stored);
        }
        if changes != it.bytes {
            let mut put = at.prepare_cached("UPDATE waiting SET changes = ?2 WHERE id = ?1")?;
            put.execute((it.id, &changes))?;
        }
        self.waiting.push(Waiting { bytes: changes, ..it });
        Ok(())
    }
}

fn gone_at(answer: &Answer, entity: EntityId, key: &Key) -> Option<Stamp> {
    let gone = answer.gone.iter().find(|(of, at, _)| *of == entity && at == key);
    gone.map(|(.., stamp)| *stamp)
}

impl DeviceView for Kept {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        for (key, (stamp, values)) in self.tables.all(&self.database, entity).unwrap_or_default() {
            let cells: Vec<_> = values.iter().map(Cell::of).collect();
            f(&key, stamp, &cells.iter().map(Cell::as_ref).collect::<Vec<_>>());
        }
    }
    fn pending(&self) -> Vec<PendingEdit> {
        self.edits_waiting()
    }
}
