//! The databases of one phone or server. The bench (the simulator) also writes into them: its
//! journal of edits goes into the engine's own transactions.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::contract::{Database, Files};
use crate::runtime::{Spent, attach_nothing, count_steps};

/// Statements of the bench. They run in one transaction with the engine's next write of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// The key of the row. The engine's write must contain it; with `None`, any write will do.
    pub(crate) key: Option<String>,
    pub(crate) text: String,
}

/// Returns the statement that stores one more name of an edit. The app chose that name.
pub(crate) fn named(number: u32, name: &str) -> String {
    let name = name.replace('\'', "''");
    format!("UPDATE bench_edits SET names = coalesce(names, '') || '{name}\n' WHERE number = {number};")
}

const NAMES: &str = "CREATE TABLE IF NOT EXISTS bench_main(name TEXT)";

pub(crate) struct Disk {
    at: Database,
    /// The database in which the bench writes. It is also the first database that the engine opens.
    pub(crate) main: Rc<Connection>,
    others: RefCell<Vec<Rc<Connection>>>,
    notes: RefCell<Vec<Note>>,
    /// The number of the edit that is being saved, and the statements that store its names.
    naming: RefCell<Option<(u32, String)>>,
    /// Notes of an open transaction: the database's number, the number of open savepoints, the
    /// note.
    unsure: RefCell<Vec<(u32, usize, Note)>>,
    /// Names of the open savepoints, by database.
    savepoints: RefCell<BTreeMap<u32, Vec<String>>>,
    /// True if one transaction contains all writes until the end of the turn.
    whole: Cell<bool>,
    /// Counts the steps of SQLite; must outlive the connections.
    spent: Rc<RefCell<Spent>>,
}

/// Opens a database. A locked database fails at once, because no other thread could unlock it.
fn connect(at: &Database, path: &str) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match at.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs)?,
        None => Connection::open_with_flags(path, flags)?,
    };
    attach_nothing(&connection);
    connection.busy_timeout(Duration::ZERO)?;
    // With the default journal, a power loss may undo the last transaction.
    connection.execute_batch("PRAGMA journal_mode=TRUNCATE")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Opens a database in memory. Its clock is the clock of the phone's disk.
fn in_memory(at: &Database) -> rusqlite::Result<Connection> {
    let connection = match at.vfs {
        Some(vfs) => Connection::open_in_memory_with_flags_and_vfs(OpenFlags::default(), vfs)?,
        None => Connection::open_in_memory()?,
    };
    attach_nothing(&connection);
    Ok(connection)
}

impl Disk {
    pub(crate) fn open(at: Database, spent: Rc<RefCell<Spent>>) -> rusqlite::Result<Disk> {
        let main = Rc::new(connect(&at, &at.path)?);
        count_steps(&main, &spent);
        let (others, notes, naming, unsure, savepoints, whole) = Default::default();
        Ok(Disk { at, main, others, notes, naming, unsure, savepoints, whole, spent })
    }
    pub(super) fn files(&self) -> Option<&Rc<dyn Files>> {
        self.at.files.as_ref()
    }

    /// Opens a database of the engine by name, and returns its number. The first database that was
    /// ever opened is the main database (0). The others are separate files or in memory.
    pub(super) fn open_named(&self, name: &str) -> rusqlite::Result<u32> {
        if name == ":memory:" || name.is_empty() {
            return Ok(self.keep(in_memory(&self.at)?));
        }
        let name: String =
            name.rsplit('/').next().unwrap_or(name).chars().filter(|c| !c.is_control()).collect();
        self.main.execute_batch(NAMES)?;
        let main: Option<String> =
            self.main.query_row("SELECT name FROM bench_main", [], |row| row.get(0)).optional()?;
        match main {
            None => _ = self.main.execute("INSERT INTO bench_main VALUES(?1)", [&name])?,
            Some(main) if main == name => {}
            // A bundle (the app's code) that is only examined before a run has no disk.
            Some(_) if self.at.vfs.is_none() => return Ok(self.keep(in_memory(&self.at)?)),
            Some(_) => {
                let folder = self.at.path.rsplit_once('/').map_or("", |(folder, _)| folder);
                let beside = connect(&self.at, &format!("{folder}/js-{name}"))?;
                return Ok(self.keep(beside));
            }
        }
        Ok(0)
    }
    fn keep(&self, connection: Connection) -> u32 {
        count_steps(&connection, &self.spent);
        let mut others = self.others.borrow_mut();
        others.push(Rc::new(connection));
        others.len() as u32
    }
    pub(super) fn of(&self, number: u32) -> Option<Rc<Connection>> {
        match number {
            0 => Some(self.main.clone()),
            number => self.others.borrow().get(number as usize - 1).cloned(),
        }
    }

    /// Queues statements for the engine's next write of a row.
    pub(crate) fn note(&self, note: Note) {
        self.notes.borrow_mut().push(note);
    }
    /// Writes the remaining notes with this text. With `None`, writes the notes that wait for any
    /// write.
    pub(crate) fn write_left(&self, text: Option<&str>) -> rusqlite::Result<()> {
        let is_meant = |note: &mut Note| text.map_or(note.key.is_none(), |text| note.text == text);
        let left: Vec<Note> = self.notes.borrow_mut().extract_if(.., is_meant).collect();
        let text: String = left.into_iter().map(|note| note.text).collect();
        if text.is_empty() { Ok(()) } else { self.write(&text) }
    }
    /// Starts to collect names for this edit: each name that the app draws from now on belongs to
    /// it.
    pub(crate) fn begin_naming(&self, number: u32) {
        self.naming.replace(Some((number, String::new())));
    }
    pub(super) fn name(&self, name: &str) {
        if let Some((number, names)) = self.naming.borrow_mut().as_mut() {
            *names += &named(*number, name);
        }
    }
    /// Returns the statements for names that no write has stored yet.
    pub(crate) fn end_naming(&self) -> String {
        self.naming.take().map(|(_, names)| names).unwrap_or_default()
    }
    /// Drops the notes with this text, because their edit failed. Returns true if no note was left:
    /// then the note is already written, and the caller must undo it.
    pub(crate) fn forget(&self, text: &str) -> bool {
        let mut notes = self.notes.borrow_mut();
        let (all, is_other) = (notes.len(), |note: &Note| note.text != text);
        notes.retain(is_other);
        self.unsure.borrow_mut().retain(|(.., note)| is_other(note));
        notes.len() == all
    }
    /// Adds lines to the log that the person can read. Returns the numbers of the logged edits, or
    /// `None` if the phone knows no such edit.
    ///
    /// With `edit`, logs that edit. A line of kind `rejected` also covers uncommitted edits of the
    /// group that the phone sent as one with it. Without `edit`, logs edits of the row `key`: those
    /// that the server did not take, or those without a decision. The caller must store the
    /// decisions of the current response first.
    pub(super) fn log(
        &self,
        key: &str,
        edit: Option<&str>,
        kind: &str,
    ) -> rusqlite::Result<Option<Vec<u32>>> {
        const OF_ROW: &str = "INSERT OR REPLACE INTO bench_log SELECT number, entity, key, ?2 FROM bench_edits \
            WHERE key = ?1 AND ?3 IS NULL AND (?2 <> 'rejected' OR \
            gave IS NOT NULL AND perhaps IS NULL OR \
            said IS NULL AND NOT EXISTS (SELECT 1 FROM bench_edits WHERE key = ?1 AND gave IS NOT NULL) OR \
            NOT EXISTS (SELECT 1 FROM bench_edits WHERE key = ?1 AND said IS NULL)) RETURNING number";
        const OF_EDIT: &str = "WITH named AS (SELECT number, entity, key, went FROM bench_edits \
            WHERE number = ?3 OR instr(char(10) || names, char(10) || ?1 || char(10)) > 0) \
            INSERT OR REPLACE INTO bench_log SELECT number, entity, key, ?2 FROM bench_edits AS it \
            WHERE number IN (SELECT number FROM named) OR ?2 = 'rejected' AND said IS NULL AND EXISTS \
            (SELECT 1 FROM named WHERE (entity, key, went) = (it.entity, it.key, it.went)) RETURNING number";
        // A name that is not of the bench's form gets a number that no edit has.
        let number_of = |edit: &str| {
            let (device, number) = edit.strip_prefix('d')?.split_once(".e")?;
            device.parse::<u32>().ok().and_then(|_| number.parse::<u32>().ok())
        };
        let number = edit.map(|edit| number_of(edit).unwrap_or(u32::MAX));
        let (text, of) = edit.map_or((OF_ROW, key), |edit| (OF_EDIT, edit));
        let written = self.writing(
            (0, &self.main),
            |_| false,
            || {
                let mut asked = self.main.prepare_cached(text)?;
                let numbers = asked.query_map(params![of, kind, number], |row| row.get(0))?;
                numbers.collect::<rusqlite::Result<Vec<u32>>>()
            },
        )?;
        let was_logged = "SELECT EXISTS (SELECT 1 FROM bench_log WHERE key = ?1 OR number = ?2)";
        let is_known = !written.is_empty()
            || self.main.prepare_cached(was_logged)?.query_row(params![key, number], |row| row.get(0))?;
        Ok(is_known.then_some(written))
    }
    pub(crate) fn write(&self, text: &str) -> rusqlite::Result<()> {
        if self.main.is_autocommit() {
            return self.main.execute_batch(&format!("BEGIN;{text}COMMIT;"));
        }
        self.main.execute_batch(text)
    }

    /// Runs a write of the engine. The notes that belong to it run in the same transaction.
    pub(super) fn writing<T>(
        &self,
        (number, connection): (u32, &Connection),
        says: impl Fn(&str) -> bool,
        write: impl FnOnce() -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let goes = |note: &mut Note| note.key.as_deref().is_none_or(&says);
        let mut notes: Vec<Note> = self.notes.borrow_mut().extract_if(.., goes).collect();
        if let (Some(key), Some((_, names))) =
            (notes.iter().find_map(|note| note.key.clone()), self.naming.borrow_mut().as_mut())
            && !names.is_empty()
        {
            notes.push(Note { key: Some(key), text: std::mem::take(names) });
        }
        if notes.is_empty() {
            return write();
        }
        let alone = connection.is_autocommit();
        if alone {
            connection.execute_batch("BEGIN")?;
        }
        let written = notes.iter().try_for_each(|note| self.main.execute_batch(&note.text));
        let done = written.and_then(|()| write());
        if !alone {
            let within = self.savepoints.borrow().get(&number).map_or(0, Vec::len);
            self.unsure.borrow_mut().extend(notes.into_iter().map(|note| (number, within, note)));
            return done;
        }
        let ended = connection.execute_batch(if done.is_ok() { "COMMIT" } else { "ROLLBACK" });
        if done.is_err() || ended.is_err() {
            self.notes.borrow_mut().extend(notes);
        }
        ended.and(done)
    }
    /// Called when the engine has ended its own transaction; `well` means that it committed.
    pub(super) fn ended(&self, number: u32, well: bool) {
        self.savepoints.borrow_mut().remove(&number);
        let ended: Vec<_> = self.unsure.borrow_mut().extract_if(.., |(of, ..)| *of == number).collect();
        if !well {
            self.notes.borrow_mut().extend(ended.into_iter().map(|(.., note)| note));
        }
    }
    pub(super) fn savepoint(&self, number: u32, name: &str) {
        self.savepoints.borrow_mut().entry(number).or_default().push(name.to_owned());
    }
    /// Finds the last savepoint of this name, and drops those inside it.
    fn found(&self, number: u32, name: &str) -> Option<usize> {
        let mut savepoints = self.savepoints.borrow_mut();
        let names = savepoints.get_mut(&number)?;
        let at = names.iter().rposition(|of| of == name)?;
        names.truncate(at + 1);
        Some(at)
    }
    /// Releases a savepoint: its notes now belong to the enclosing savepoint or transaction.
    pub(super) fn released(&self, number: u32, name: &str) {
        let Some(at) = self.found(number, name) else { return };
        self.savepoints.borrow_mut().entry(number).or_default().truncate(at);
        let mut unsure = self.unsure.borrow_mut();
        let of_it = unsure.iter_mut().filter(|(of, ..)| *of == number);
        of_it.for_each(|(_, within, _)| *within = at.min(*within));
    }
    /// Rolls back to a savepoint: notes written since then are queued again.
    pub(super) fn back_to(&self, number: u32, name: &str) {
        let Some(at) = self.found(number, name) else { return };
        let is_undone = |(of, within, _): &mut (u32, usize, Note)| *of == number && *within > at;
        let undone: Vec<_> = self.unsure.borrow_mut().extract_if(.., is_undone).collect();
        self.notes.borrow_mut().extend(undone.into_iter().map(|(.., note)| note));
    }

    /// Starts one transaction for all writes until the end of the turn.
    pub(super) fn begin_whole(&self) -> rusqlite::Result<()> {
        if self.main.is_autocommit() {
            self.main.execute_batch("BEGIN")?;
            self.whole.set(true);
        }
        Ok(())
    }
    /// Ends the turn. Returns true if it committed something.
    pub(crate) fn end_turn(&self) -> rusqlite::Result<bool> {
        if !self.whole.replace(false) || self.main.is_autocommit() {
            return Ok(false);
        }
        self.main.execute_batch("COMMIT")?;
        self.ended(0, true);
        Ok(true)
    }
}
