//! A line to a database: open while it is used and for a while after, closed when others need the
//! room.
//!
//! An open connection costs up to 250 KB of page cache and some 40 KB of prepared statements; a
//! fleet's devices are idle most of the day. So a thread keeps as many caches and connections as
//! [`CACHES`] and [`CONNECTIONS`] say, and gives back one that was not used for longest, or nearly
//! so. To open it again takes tens of microseconds, and nobody can tell by what is on disk.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use rusqlite::Connection;

use super::connection;
use super::error::Result;
use super::options::{Journal, StoreOptions};
use crate::contract::Database;

/// Page caches that a thread keeps besides those in use.
const CACHES: usize = 256;
/// Connections that a thread keeps open besides those in use.
const CONNECTIONS: usize = 512;

#[derive(Debug)]
pub(super) struct StoreConnection {
    database: Database,
    pub(super) options: StoreOptions,
    connection: RefCell<Option<Rc<Connection>>>,
    /// Its place among those that keep their cache, and among those that stay open.
    turns: [Turn; 2],
}

#[derive(Debug, Default)]
struct Turn {
    is_listed: Cell<bool>,
    is_used: Cell<bool>,
}

/// Lines that keep something, in the order in which they are looked at when one has to give it back
/// ("second chance").
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

    /// The connection, opened if need be. It stays open for as long as it is held.
    pub(super) fn connection(self: &Rc<StoreConnection>) -> Result<Rc<Connection>> {
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

    /// Gives back what only speed needs. A database whose journal tells a connection's end from its
    /// rest stays open.
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
            // Fails only for a page that cannot be written, and that the next commit reports.
            _ = connection.release_memory();
        }
    }

    fn is_in_use(&self) -> bool {
        self.connection.borrow().as_ref().is_some_and(|connection| Rc::strong_count(connection) > 1)
    }

    /// Notes that the line is used; one that was not in the ring comes into it, perhaps in the
    /// place of the one returned.
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

    /// Takes out a line that was not used since it was last looked at; `None` if one that is no
    /// more made room.
    fn one_out(&mut self, ring: usize) -> Option<Rc<StoreConnection>> {
        // After a round nobody counts as having been used.
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
