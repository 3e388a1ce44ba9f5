//! SQLite's session extension as safe functions. They record the changes of some work as a
//! changeset, and apply, invert and join changesets (<https://sqlite.org/sessionintro.html>).
//!
//! The bindings come from the crate that contains SQLite. The build script compiles the extension's
//! code.
#![allow(unsafe_code, reason = "the extension is a C interface")]

use std::ffi::{CStr, CString, c_int, c_void};
use std::ptr;

use libsqlite3_sys as ffi;
use syncdyno::contract::Key;
use syncdyno::rusqlite::{self, Connection};

/// The position of the stamp among the columns of a table.
const STAMP: c_int = 1;

/// The reason why a change cannot simply be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// The row differs from the row on which the change was made.
    Other,
    /// The row does not exist.
    Nothing,
    /// A row with this key exists already.
    Taken,
    /// A constraint is violated; the tables here have none.
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Omit,
    /// Applies the change. After [`Met::Nothing`], there is no row to change.
    Replace,
    /// Applies nothing of the changeset.
    Abort,
}

/// A row that a changeset changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) table: String,
    pub(super) key: Key,
    /// True if the row is deleted.
    pub(super) gone: bool,
}

fn checked(code: c_int) -> rusqlite::Result<()> {
    match code {
        ffi::SQLITE_OK => Ok(()),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}

/// Bytes that SQLite has allocated.
struct Given {
    at: *mut c_void,
    len: c_int,
}

impl Given {
    fn by(give: impl FnOnce(*mut c_int, *mut *mut c_void) -> c_int) -> rusqlite::Result<Vec<u8>> {
        let mut given = Given { at: ptr::null_mut(), len: 0 };
        checked(give(&raw mut given.len, &raw mut given.at))?;
        Ok(given.bytes())
    }
    fn bytes(&self) -> Vec<u8> {
        if self.at.is_null() {
            return Vec::new();
        }
        // SAFETY: SQLite returned this length, and the bytes belong to us until they are freed.
        unsafe { std::slice::from_raw_parts(self.at.cast::<u8>(), self.len as usize) }.to_vec()
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        // SAFETY: the pointer is null, or comes from SQLite's allocator.
        unsafe { ffi::sqlite3_free(self.at) }
    }
}

struct Session(*mut ffi::sqlite3_session);

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: `record` made the session, and nobody uses it after this.
        unsafe { ffi::sqlite3session_delete(self.0) }
    }
}

/// Runs `work`. Returns its changes in these tables as a changeset.
///
/// # Errors
/// Errors of SQLite, or of `work`.
pub(super) fn record<'t, T>(
    database: &Connection,
    tables: impl Iterator<Item = &'t str>,
    work: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<(T, Vec<u8>)> {
    let mut made = ptr::null_mut();
    // SAFETY: the connection outlives the session, which ends with this function.
    checked(unsafe { ffi::sqlite3session_create(handle(database), c"main".as_ptr(), &raw mut made) })?;
    let session = Session(made);
    for table in tables {
        let name = CString::new(table).expect("a name has no zero");
        // SAFETY: the session is alive, and SQLite copies the name.
        checked(unsafe { ffi::sqlite3session_attach(session.0, name.as_ptr()) })?;
    }
    let done = work()?;
    // SAFETY: the session is alive.
    let changes = Given::by(|len, at| unsafe { ffi::sqlite3session_changeset(session.0, len, at) })?;
    Ok((done, changes))
}

/// Applies a changeset. Calls `decide` for each change that cannot simply be applied.
///
/// # Errors
/// Errors of SQLite, and an abort.
pub(super) fn apply(
    database: &Connection,
    changes: &[u8],
    mut decide: impl FnMut(Met) -> Choice,
) -> rusqlite::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut decide: &mut dyn FnMut(Met) -> Choice = &mut decide;
    let (len, at) = parts(changes);
    // SAFETY: the bytes are only read. The pointer for `met` is valid for the whole call.
    checked(unsafe {
        let context = (&raw mut decide).cast();
        ffi::sqlite3changeset_apply(handle(database), len, at, None, Some(met), context)
    })
}

unsafe extern "C" fn met(context: *mut c_void, what: c_int, walk: *mut ffi::sqlite3_changeset_iter) -> c_int {
    // SAFETY: `apply` passes this pointer, and nobody else uses it during the call.
    let decide = unsafe { &mut *context.cast::<&mut dyn FnMut(Met) -> Choice>() };
    let met = match what {
        // SAFETY: SQLite passes the iterator. It is at the change that conflicts.
        ffi::SQLITE_CHANGESET_DATA if unsafe { deletes_the_same(walk) } => {
            return ffi::SQLITE_CHANGESET_REPLACE;
        }
        ffi::SQLITE_CHANGESET_DATA => Met::Other,
        ffi::SQLITE_CHANGESET_NOTFOUND => Met::Nothing,
        ffi::SQLITE_CHANGESET_CONFLICT => Met::Taken,
        _ => Met::Refused,
    };
    match (decide(met), met) {
        (Choice::Abort, _) => ffi::SQLITE_CHANGESET_ABORT,
        (Choice::Replace, Met::Other | Met::Taken) => ffi::SQLITE_CHANGESET_REPLACE,
        (Choice::Replace | Choice::Omit, _) => ffi::SQLITE_CHANGESET_OMIT,
    }
}

/// True if a change deletes a row that has the same values and another stamp. For a delete, SQLite
/// compares all columns. One of them is the stamp, which the server changes with each edit and
/// which the app does not have.
///
/// # Safety
/// The iterator must be at a change that conflicts with a row.
unsafe fn deletes_the_same(walk: *mut ffi::sqlite3_changeset_iter) -> bool {
    let (mut table, mut columns, mut op, mut indirect) = (ptr::null(), 0, 0, 0);
    // SAFETY: the caller guarantees that the iterator is valid. A delete has all old values.
    unsafe {
        let (count, indirect) = (&raw mut columns, &raw mut indirect);
        let code = ffi::sqlite3changeset_op(walk, &raw mut table, count, &raw mut op, indirect);
        let is_equal = |column| {
            let (mut old, mut there) = (ptr::null_mut(), ptr::null_mut());
            ffi::sqlite3changeset_old(walk, column, &raw mut old) == ffi::SQLITE_OK
                && ffi::sqlite3changeset_conflict(walk, column, &raw mut there) == ffi::SQLITE_OK
                && !old.is_null()
                && !there.is_null()
                && held(old) == held(there)
        };
        code == ffi::SQLITE_OK
            && op == ffi::SQLITE_DELETE
            && (0..columns).all(|column| column == STAMP || is_equal(column))
    }
}

/// The type of a value, and its bytes.
///
/// # Safety
/// The value must belong to a changeset.
unsafe fn held(value: *mut ffi::sqlite3_value) -> (c_int, Vec<u8>) {
    // SAFETY: the caller guarantees that the value is valid. A number is not read as text, which
    // would convert it.
    unsafe {
        let kind = ffi::sqlite3_value_type(value);
        let bytes = match kind {
            ffi::SQLITE_INTEGER => ffi::sqlite3_value_int64(value).to_le_bytes().to_vec(),
            ffi::SQLITE_FLOAT => ffi::sqlite3_value_double(value).to_le_bytes().to_vec(),
            ffi::SQLITE_TEXT => text(value),
            _ => Vec::new(),
        };
        (kind, bytes)
    }
}

/// # Safety
/// The value must be a text of a changeset.
unsafe fn text(value: *mut ffi::sqlite3_value) -> Vec<u8> {
    // SAFETY: the caller guarantees that the value is valid. A text has the length that SQLite
    // returns.
    unsafe {
        let (at, len) = (ffi::sqlite3_value_text(value), ffi::sqlite3_value_bytes(value));
        if at.is_null() { Vec::new() } else { std::slice::from_raw_parts(at, len as usize).to_vec() }
    }
}

/// Returns the changeset that undoes another.
///
/// # Errors
/// The bytes are not a changeset.
pub(super) fn invert(changes: &[u8]) -> rusqlite::Result<Vec<u8>> {
    let (len, from) = parts(changes);
    // SAFETY: the bytes are only read.
    Given::by(|out, at| unsafe { ffi::sqlite3changeset_invert(len, from, out, at) })
}

struct Group(*mut ffi::sqlite3_changegroup);

impl Drop for Group {
    fn drop(&mut self) {
        // SAFETY: `join` made the group, and nobody uses it after this.
        unsafe { ffi::sqlite3changegroup_delete(self.0) }
    }
}

/// Returns one changeset with the effect of these, in order.
///
/// # Errors
/// The bytes are not changesets.
pub(super) fn join(all: impl Iterator<Item = Vec<u8>>) -> rusqlite::Result<Vec<u8>> {
    let mut made = ptr::null_mut();
    // SAFETY: the group is deleted at the end of this function.
    checked(unsafe { ffi::sqlite3changegroup_new(&raw mut made) })?;
    let group = Group(made);
    for changes in all {
        let (len, at) = parts(&changes);
        // SAFETY: the bytes are copied.
        checked(unsafe { ffi::sqlite3changegroup_add(group.0, len, at) })?;
    }
    // SAFETY: the group is alive.
    Given::by(|len, at| unsafe { ffi::sqlite3changegroup_output(group.0, len, at) })
}

struct Walk(*mut ffi::sqlite3_changeset_iter);

impl Drop for Walk {
    fn drop(&mut self) {
        // SAFETY: `changed` made the iterator, and nobody uses it after this.
        unsafe { ffi::sqlite3changeset_finalize(self.0) };
    }
}

/// Returns the rows of a changeset. The first column of each table must be the key, a text.
///
/// # Errors
/// The bytes are not a changeset.
pub(super) fn changed(changes: &[u8]) -> rusqlite::Result<Vec<Changed>> {
    let mut found = Vec::new();
    let mut made = ptr::null_mut();
    let (len, at) = parts(changes);
    // SAFETY: the bytes outlive the iterator, which ends with this function.
    checked(unsafe { ffi::sqlite3changeset_start(&raw mut made, len, at) })?;
    let walk = Walk(made);
    loop {
        // SAFETY: the iterator is alive.
        match unsafe { ffi::sqlite3changeset_next(walk.0) } {
            ffi::SQLITE_ROW => found.push(at_walk(&walk)?),
            ffi::SQLITE_DONE => return Ok(found),
            code => checked(code)?,
        }
    }
}

fn at_walk(walk: &Walk) -> rusqlite::Result<Changed> {
    let (mut table, mut columns, mut op, mut indirect) = (ptr::null(), 0, 0, 0);
    let mut key = ptr::null_mut();
    // SAFETY: the iterator is at a change. The table's name and the values are valid until its next
    // step.
    unsafe {
        let (columns, indirect) = (&raw mut columns, &raw mut indirect);
        checked(ffi::sqlite3changeset_op(walk.0, &raw mut table, columns, &raw mut op, indirect))?;
        checked(match op {
            ffi::SQLITE_INSERT => ffi::sqlite3changeset_new(walk.0, 0, &raw mut key),
            _ => ffi::sqlite3changeset_old(walk.0, 0, &raw mut key),
        })?;
        if key.is_null() || ffi::sqlite3_value_type(key) != ffi::SQLITE_TEXT {
            checked(ffi::SQLITE_CORRUPT)?;
        }
        let key = String::from_utf8_lossy(&text(key)).into_owned();
        let table = CStr::from_ptr(table).to_string_lossy().into_owned();
        Ok(Changed { table, key: Key::new(&key), gone: op == ffi::SQLITE_DELETE })
    }
}

/// The length and the pointer in the form that SQLite takes. SQLite declares the bytes mutable, but
/// only reads them.
fn parts(changes: &[u8]) -> (c_int, *mut c_void) {
    let len = c_int::try_from(changes.len()).expect("a changeset is smaller than 2 GiB");
    (len, changes.as_ptr().cast_mut().cast())
}

fn handle(database: &Connection) -> *mut ffi::sqlite3 {
    // SAFETY: nothing here closes the connection.
    unsafe { database.handle() }
}
