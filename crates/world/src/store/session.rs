//! The store and its transactions.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use rusqlite::types::FromSql;
use rusqlite::{CachedStatement, Connection, Params, StatementStatus};

use super::connection;
use super::error::{StoreError, Stored};
use super::layout::{self, Layout, RowStatement};
use super::line::StoreConnection;
use super::options::StoreOptions;
use crate::base::{DeviceId, EntityId};
use crate::contract::{Database, EditError, Entity, Schema, Work};

/// A device's database.
#[derive(Debug)]
pub struct Store {
    line: Rc<StoreConnection>,
    layout: Rc<Layout>,
    /// Steps of SQLite's virtual machine since the last call of `work`.
    steps: Cell<u64>,
    /// The highest number of an outbox entry so far. It is not used again after the entry was
    /// removed.
    pub(super) last_seq: Cell<i64>,
    pub(super) added: Cell<i64>,
    pub(super) owner: Cell<DeviceId>,
}

/// One transaction. It ends when its closure returns.
pub struct Tx<'s> {
    store: &'s Store,
    connection: &'s Connection,
    writes: bool,
    ready: RefCell<Vec<Ready<'s>>>,
}

struct Ready<'s> {
    entity: EntityId,
    which: RowStatement,
    counted: Counted<'s>,
}

/// A statement that adds its steps to the store's count when it is dropped. It reads SQLite's
/// counter only once, because a read takes longer than a step.
pub(super) struct Counted<'s> {
    pub(super) statement: CachedStatement<'s>,
    store: &'s Store,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let steps = self.statement.reset_status(StatementStatus::VmStep);
        self.store.steps.set(self.store.steps.get() + steps as u64);
    }
}

impl Store {
    /// Creates all tables in an empty database.
    pub fn create(db: &Database, schema: &Schema, options: &StoreOptions) -> Stored<()> {
        connection::open(db, schema, options).map(drop)
    }

    /// Opens a database. Creates the tables if it is empty; `:memory:` is always empty at first.
    pub fn open(db: &Database, schema: Arc<Schema>, options: &StoreOptions) -> Stored<Store> {
        let connection = connection::open(db, &schema, options)?;
        Ok(Store {
            line: StoreConnection::new(db.clone(), options.clone(), connection),
            layout: Layout::of(&schema),
            steps: Cell::new(0),
            last_seq: Cell::new(0),
            owner: Cell::default(),
            added: Cell::new(0),
        })
    }

    /// Turns off foreign keys for all later writes.
    pub(super) fn trust_references(&self) -> Stored<()> {
        Ok(self.connection()?.execute_batch("PRAGMA foreign_keys=OFF")?)
    }

    /// Runs `f` in one transaction: commits if `f` returns `Ok`, and rolls back otherwise.
    pub fn transaction<R>(&self, f: impl FnOnce(&Tx<'_>) -> Stored<R>) -> Stored<R> {
        self.transact("BEGIN IMMEDIATE", true, f)
    }

    /// Runs `f`, which saves a person's edit, in one transaction.
    pub fn save<R>(&self, f: impl FnOnce(&Tx<'_>) -> Result<R, EditError>) -> Result<R, EditError> {
        self.transact("BEGIN IMMEDIATE", true, f)
    }

    /// Sets the device that owns the database. Keys for new rows come from the blocks of this
    /// device.
    pub fn belongs_to(&self, device: DeviceId) {
        self.owner.set(device);
    }

    /// Runs `f`, which only reads, in one transaction.
    pub fn read<R>(&self, f: impl FnOnce(&Tx<'_>) -> Stored<R>) -> Stored<R> {
        self.transact("BEGIN", false, f)
    }

    fn transact<R, E: From<StoreError>>(
        &self,
        begin: &str,
        writes: bool,
        f: impl FnOnce(&Tx<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        let connection = self.connection()?;
        assert!(connection.is_autocommit(), "a transaction holds no other");
        say(&connection, begin)?;
        let tx = Tx { store: self, connection: &connection, writes, ready: RefCell::default() };
        let added = self.added.get();
        let result = f(&tx);
        drop(tx);
        let result = result.and_then(|r| say(&connection, "COMMIT").map(|()| r).map_err(E::from));
        if result.is_err() {
            self.added.set(added);
            if !connection.is_autocommit() {
                // If the rollback fails, the next process rolls back.
                _ = say(&connection, "ROLLBACK");
            }
        }
        result
    }

    /// The number of edits added to the outbox minus those removed, since this store was opened.
    /// This call costs the device nothing.
    pub fn added(&self) -> i64 {
        self.added.get()
    }

    /// The options that the database was opened with.
    pub fn options(&self) -> &StoreOptions {
        &self.line.options
    }

    /// The work of transactions since the last call, including those that were rolled back.
    pub fn work(&self) -> Work {
        Work { steps: self.steps.take(), ..Work::default() }
    }

    /// Releases caches and may close the database. The next use opens it again. With many stores,
    /// this happens automatically to unused ones.
    pub fn rest(&self) {
        self.line.rest();
    }

    pub(super) fn connection(&self) -> Stored<Rc<Connection>> {
        self.line.connection()
    }

    pub(super) fn sql(&self, entity: EntityId, which: RowStatement) -> &str {
        self.layout.sql(entity, which)
    }
    pub(super) fn schema(&self) -> &Schema {
        &self.layout.schema
    }

    pub(super) fn names(&self, entity: EntityId) -> (String, Vec<String>) {
        layout::names(entity, self.entity(entity))
    }

    pub(super) fn entity(&self, entity: EntityId) -> &Entity {
        self.layout.schema.entity(entity)
    }
}

fn say(connection: &Connection, sql: &str) -> Stored<()> {
    connection.prepare_cached(sql)?.raw_execute()?;
    Ok(())
}

impl<'s> Tx<'s> {
    pub(super) fn store(&self) -> &'s Store {
        self.store
    }

    /// The entities and their columns.
    pub fn schema(&self) -> &'s Schema {
        self.store.schema()
    }

    pub(crate) fn checks_references(&self) -> bool {
        self.store.options().checks_references()
    }

    pub(super) fn prepare(&self, sql: &str) -> Stored<Counted<'s>> {
        Ok(Counted { statement: self.connection.prepare_cached(sql)?, store: self.store })
    }

    /// Calls `f` with a statement for an entity's table. Looks the statement up by its text only
    /// once per transaction.
    #[inline]
    pub(super) fn with<R>(
        &self,
        entity: EntityId,
        which: RowStatement,
        f: impl FnOnce(&mut CachedStatement<'s>) -> Stored<R>,
    ) -> Stored<R> {
        let mut ready = self.ready.borrow_mut();
        let index = match ready.iter().position(|r| r.entity == entity && r.which == which) {
            Some(index) => index,
            None => {
                let counted = self.prepare(self.store.sql(entity, which))?;
                ready.push(Ready { entity, which, counted });
                ready.len() - 1
            }
        };
        f(&mut ready[index].counted.statement)
    }

    #[inline]
    pub(super) fn writes(&self) {
        assert!(self.writes, "what only reads does not write");
    }

    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Stored<()> {
        self.changes(sql, params).map(drop)
    }

    pub(super) fn changes(&self, sql: &str, params: impl Params) -> Stored<usize> {
        self.writes();
        Ok(self.prepare(sql)?.statement.execute(params)?)
    }

    /// Creates tables and indexes by these statements.
    pub fn make(&self, tables: &[&str]) -> Stored<()> {
        tables.iter().try_for_each(|sql| self.execute(sql, []))
    }

    pub(super) fn first<R>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> Stored<R>,
    ) -> Stored<Option<R>> {
        Ok(self.query(sql, params, read)?.into_iter().next())
    }

    pub(super) fn finds(&self, sql: &str, params: impl Params) -> Stored<bool> {
        Ok(!self.query(sql, params, |_| Ok(()))?.is_empty())
    }

    /// The value that a query with one row and one column returns.
    pub(super) fn value<V: FromSql>(&self, sql: &str, params: impl Params) -> Stored<V> {
        Ok(self.query(sql, params, |row| Ok(row.get(0)?))?.swap_remove(0))
    }

    pub(super) fn query<R>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&rusqlite::Row<'_>) -> Stored<R>,
    ) -> Stored<Vec<R>> {
        let mut counted = self.prepare(sql)?;
        let mut rows = counted.statement.query(params)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }
}

#[cfg(test)]
impl Store {
    /// An empty store in memory.
    pub fn of(entities: Vec<Entity>) -> Store {
        let options = StoreOptions { journal: super::Journal::Memory, ..StoreOptions::default() };
        let schema = Schema { entities, ..Schema::default() };
        Store::open(&Database::memory(), schema.into(), &options).unwrap()
    }
}
