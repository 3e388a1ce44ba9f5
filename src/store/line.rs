//! A line to a database: open while it is used and for a while after, closed when others need the room.
//!
//! An open connection costs its page cache and its prepared statements, some 100 to 300 KB; a fleet's devices are idle most of
//! the day. So a thread keeps a few hundred connections open, and closes one that was not used for longest, or nearly so, when
//! one more is opened. To open it again takes some ten microseconds and writes nothing: nobody can tell by what is on disk.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use rusqlite::Connection;

use super::connection;
use super::error::Result;
use super::options::{Journal, Options};
use crate::contract::Database;

/// Connections of a thread that stay open besides those in use.
const OPEN_MAX: usize = 256;

/// One store's connection, open or not.
#[derive(Debug)]
pub(super) struct Line {
    database: Database,
    options: Options,
    connection: RefCell<Option<Rc<Connection>>>,
    /// It stands in [`OPEN`].
    listed: Cell<bool>,
    /// It was used since the last look.
    used: Cell<bool>,
}

thread_local! {
    /// Open lines, in the order in which they are looked at when one has to be closed ("second chance").
    static OPEN: RefCell<VecDeque<Weak<Line>>> = const { RefCell::new(VecDeque::new()) };
}

impl Line {
    /// A line that is open.
    pub(super) fn new(database: Database, options: Options, connection: Connection) -> Rc<Line> {
        let connection = RefCell::new(Some(Rc::new(connection)));
        Rc::new(Line { database, options, connection, listed: Cell::new(false), used: Cell::new(true) })
    }

    /// The connection, opened if need be. It stays open for as long as it is held.
    pub(super) fn connection(self: &Rc<Line>) -> Result<Rc<Connection>> {
        self.used.set(true);
        if !self.listed.get() {
            self.line_up();
        }
        let mut connection = self.connection.borrow_mut();
        if let Some(open) = &*connection {
            return Ok(Rc::clone(open));
        }
        let opened = Rc::new(connection::reopen(&self.database, &self.options)?);
        Ok(Rc::clone(connection.insert(opened)))
    }

    /// Gives back what only speed needs. A database whose journal tells a connection's end from its rest stays open.
    pub(super) fn rest(&self) {
        let rolls_back = matches!(self.options.journal, Journal::Truncate | Journal::Persist);
        if rolls_back && self.database.path != ":memory:" {
            drop(self.connection.take());
        } else if let Some(connection) = &*self.connection.borrow() {
            connection.flush_prepared_statement_cache();
            // Fails only for a page that cannot be written, and that the next commit reports.
            _ = connection.release_memory();
        }
    }

    fn is_in_use(&self) -> bool {
        self.connection.borrow().as_ref().is_some_and(|connection| Rc::strong_count(connection) > 1)
    }

    fn line_up(self: &Rc<Line>) {
        self.listed.set(true);
        let resting = OPEN.with_borrow_mut(|open| {
            let resting = if open.len() < OPEN_MAX { None } else { one_to_rest(open) };
            open.push_back(Rc::downgrade(self));
            resting
        });
        if let Some(line) = resting {
            line.rest();
        }
    }
}

/// Takes out a line that was not used since it was last looked at; `None` if one that is no more made room.
fn one_to_rest(open: &mut VecDeque<Weak<Line>>) -> Option<Rc<Line>> {
    // After a round nobody counts as having been used.
    for _ in 0..2 * open.len() {
        let line = open.pop_front()?.upgrade()?;
        if !line.is_in_use() && !line.used.replace(false) {
            line.listed.set(false);
            return Some(line);
        }
        open.push_back(Rc::downgrade(&line));
    }
    None
}
