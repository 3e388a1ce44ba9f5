//! A connection to a device's database. It is opened on use, and closed when other connections need
//! the memory.
//!
//! An open connection uses up to 250 KB of page cache and about 40 KB for prepared statements.
//! Simulated devices are idle most of the day. So a thread keeps at most [`CACHES`] idle caches and
//! [`CONNECTIONS`] idle connections. Beyond these limits it closes approximately the least recently
//! used ones. To open a connection again takes tens of microseconds and writes nothing to disk.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use rusqlite::Connection;

use super::connection;
use super::error::Stored;
use super::options::{Journal, StoreOptions};
use crate::contract::Database;

/// The most page caches that a thread keeps for connections that are not in use.
const CACHES: usize = 256;
/// The most connections that a thread keeps open while they are not in use.
const CONNECTIONS: usize = 512;

#[derive(Debug)]
pub(super) struct StoreConnection {
    database: Database,
    pub(super) options: StoreOptions,
    connection: RefCell<Option<Rc<Connection>>>,
    /// Its state in the ring of page caches and in the ring of open connections.
    turns: [Turn; 2],
}

#[derive(Debug, Default)]
struct Turn {
    is_listed: Cell<bool>,
    is_used: Cell<bool>,
}

/// A ring of connections that hold a resource. The "second chance" algorithm takes the resource
/// from them in this order.
struct Ring {
    max: usize,
    lines: VecDeque<Weak<StoreConnection>>,
}

/// The rings, in the order of [`StoreConnection::turns`].
const CACHE: usize = 0;
const OPEN: usize = 1;

thread_local! {
    static RINGS: [RefCell<Ring>; 2] = const { [Ring::of(CACHES), Ring::of(CONNECTIONS)] };
}

impl StoreConnection {
    pub(super) fn new(
        database: Database,
        options: StoreOptions,
        connection: Connection,
    ) -> Rc<StoreConnection> {
        let connection = RefCell::new(Some(Rc::new(connection)));
        Rc::new(StoreConnection { database, options, connection, turns: Default::default() })
    }

    /// Returns the connection, and opens it if necessary. It stays open while the caller holds it.
    pub(super) fn connection(self: &Rc<StoreConnection>) -> Stored<Rc<Connection>> {
        if let Some(line) = self.use_turn(CACHE) {
            line.drop_cache();
        }
        if let Some(line) = self.use_turn(OPEN) {
            line.rest();
        }
        let mut connection = self.connection.borrow_mut();
        if let Some(open) = &*connection {
            return Ok(Rc::clone(open));
        }
        let opened = Rc::new(connection::reopen(&self.database, &self.options)?);
        Ok(Rc::clone(connection.insert(opened)))
    }

    /// Releases caches. Closes the database if it has a rollback journal. With other journals,
    /// closing would write to disk, so the database stays open.
    pub(super) fn rest(&self) {
        let rolls_back = matches!(self.options.journal, Journal::Truncate | Journal::Persist);
        if rolls_back && self.database.path != ":memory:" {
            drop(self.connection.take());
        } else if let Some(connection) = &*self.connection.borrow() {
            connection.flush_prepared_statement_cache();
        }
        self.drop_cache();
    }

    fn drop_cache(&self) {
        if let Some(connection) = &*self.connection.borrow() {
            // This fails only if a page cannot be written. The next commit reports that error.
            _ = connection.release_memory();
        }
    }

    fn is_in_use(&self) -> bool {
        self.connection.borrow().as_ref().is_some_and(|connection| Rc::strong_count(connection) > 1)
    }

    /// Marks the connection as used, and adds it to the ring if it is new. Returns the connection
    /// that must release its resource in exchange, if any.
    fn use_turn(self: &Rc<StoreConnection>, ring: usize) -> Option<Rc<StoreConnection>> {
        let turn = &self.turns[ring];
        turn.is_used.set(true);
        if turn.is_listed.replace(true) {
            return None;
        }
        RINGS.with(|rings| {
            let mut kept = rings[ring].borrow_mut();
            let out = if kept.lines.len() < kept.max { None } else { kept.one_out(ring) };
            kept.lines.push_back(Rc::downgrade(self));
            out
        })
    }
}

impl Ring {
    const fn of(max: usize) -> RefCell<Ring> {
        RefCell::new(Ring { max, lines: VecDeque::new() })
    }

    /// Removes and returns a connection that was not used since its last check. Returns `None` if
    /// it removed the entry of a dropped store, or if all connections are in use.
    fn one_out(&mut self, ring: usize) -> Option<Rc<StoreConnection>> {
        // The first round resets the `is_used` flags of idle connections. So 2 rounds are enough.
        for _ in 0..2 * self.lines.len() {
            let line = self.lines.pop_front()?.upgrade()?;
            if !line.is_in_use() && !line.turns[ring].is_used.replace(false) {
                line.turns[ring].is_listed.set(false);
                return Some(line);
            }
            self.lines.push_back(Rc::downgrade(&line));
        }
        None
    }
}
